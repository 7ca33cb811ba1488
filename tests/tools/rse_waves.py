"""What is said by hand of the survey `rse`: its waves, sections, scales, and how the merged file's words are folded."""

SURVEY = "schemas/surveys/rse"
FIGURES = "tests/data/rse"

COMMIT = "1033a428692b6652cad3afa50a6efd576583bc21"
DOI = "10.5281/zenodo.1194668"
LICENCE = "CC BY 2.5 UK: Scotland"
LICENCE_URL = "https://creativecommons.org/licenses/by/2.5/scotland/"
ATTRIBUTION = (
    "The University of Edinburgh on behalf of the Software Sustainability Institute, with the collaborators of the "
    "national surveys. Germany: Stephan Janosch, Martin Hammitzsch, Simon Hettrick, Olivier Philippe. Netherlands: "
    "Tom Bakker, Simon Hettrick, Olivier Philippe, Ben van Werkhoven. South Africa: Simon Hettrick, Olivier Philippe, "
    "Anelda van der Walt. United States: Sandra Gesing, Simon Hettrick, Daniel Katz, Olivier Philippe."
)

# wave -> name, folder of the source, layout, questions to show first. The first wave is the one that `demo` plays.
WAVES = {
    "uk2017": ("United Kingdom, 2017", "2017/uk", "public-file", ["tool2", "stability1", "proj4can"]),
    "uk2016": ("United Kingdom, 2016", "2016/uk", "uk2016", ["tool2", "stability1"]),
    "us2017": ("United States, 2017", "2017/us", "us2017", ["tool2", "stability1", "proj4can"]),
    "de2017": ("Germany, 2017", "2017/de", "de2017", ["tool2", "stability1", "proj4can"]),
    "nl2017": ("Netherlands, 2017", "2017/nl", "nl2017", ["stability1", "proj4can"]),
    "zaf2017": ("South Africa, 2017", "2017/zaf", "zaf2017", ["tool2", "stability1", "proj4can"]),
}

# The sections and the order of the questions are those of the source's questionnaires; they have no section titles and
# no short titles, so these are ours. A wave has those of the questions that it asked and that were published.
SECTIONS = [
    ("work", "You and your work", {
        "socio1": "Country",
        "edu1": "Highest qualification",
        "edu2": "Subject of the qualification",
        "rse1": "Writes code",
        "rse4de": "Work around the code",
        "rse16": "Role",
        "rse3": "Users of the code",
        "soft2can": "Professional developer",
        "soft1can": "Years of experience",
        "time1can": "Use of working time",
        "time6zaf": "Wished use of working time",
    }),
    ("employment", "Current employment", {
        "currentEmp1": "Type of organisation",
        "currentEmp2": "University",
        "currentEmp12": "Full time or part time",
        "currentEmp10": "Type of contract",
        "currentEmp11": "Months of contract",
        "currentEmp13": "Disciplines",
        "currentEmp16b": "First job",
    }),
    ("previous", "Previous employment", {
        "prevEmp1": "Previous employer",
        "prevEmp2": "Reasons to choose the job",
        "prevEmp16a": "Worked in the private sector",
        "prevEmp16b": "Reason to leave the private sector",
        "prevEmp16d": "Previous contract",
    }),
    ("software", "Software and projects", {
        "currentWork1": "Same researchers or changing",
        "currentWork2": "In a Research Software Group",
        "paper": "Credit in papers",
        "conf1can": "Presented at a conference",
        "proj1can": "Number of projects",
        "proj2can": "Developers in a project",
        "proj3zaf": "Where fellow programmers are",
        "stability1": "Bus factor",
        "stability2": "Hand-over plan",
        "proj4can": "Testing",
        "proj5zaf": "Version control",
        "proj6zaf": "Repositories",
        "open01can": "Released as open source",
        "open1can": "How often open source",
        "open02zaf": "Licences",
        "open03can": "Has used a DOI",
        "open3can": "How often a DOI",
        "open1de": "ORCID",
        "open2de": "Software or papers cited",
        "train1": "Has trained researchers",
        "train2": "Trainings a year",
        "fund1": "Knows the funding",
        "fund2": "Funding of the position",
        "fund3": "Funding of the project",
        "fund4": "Funding three years ago",
    }),
    ("satisfaction", "Job satisfaction", {
        "perfCheck": "Feedback on the work",
        "perfCheck12": "Feedback on the work, first part",
        "perfCheck4567": "Feedback on the work, second part",
        "turnOver": "Thoughts of leaving",
        "turnOver12": "Frustration and looking forward",
        "turnOver34": "Thoughts of leaving",
        "turnOverAgree": "Reasons to stay or leave",
        "affRec": "Recognition by the manager",
        "affRec12": "Recognition by the manager, first part",
        "affRec345": "Recognition by the manager, second part",
        "percEmp": "Chances on the labour market",
        "affSat": "Enjoyment of the job",
        "affSat4": "Likes the job better than others do",
        "progRSE": "Prospects of a career",
        "progRSE123": "Prospects of a promotion",
        "progRSE45": "Place in the career",
        "satisGen": "Satisfaction in general",
    }),
    ("person", "About you", {
        "socio2": "Gender",
        "socio3": "Age",
        "socio4": "Salary",
    }),
    ("tools", "Tools and community", {
        "tool2": "Operating system",
        "tool4can": "Programming languages",
        "ukrse1": "Member of an RSE association",
        "ukrse10de": "Member of de-RSE",
        "ukrse12de": "Meetings wanted",
        "ukrse2": "Ways to meet other RSEs",
        "org1can": "Would join an organisation",
        "org2can": "Hopes of an organisation",
    }),
]

# The source names a grid after its items; a question number here is also part of a column name, so it is short.
NUMBERS_OF = {
    "time1can": "time1can",
    "time1can_2can_3can_4can_5can": "time1can",
    "time6zaf_7zaf_8zaf_9zaf": "time6zaf",
    "rse16a_b_c_d": "rse16",
    "paper1_2_3_4_5": "paper",
    "paper1_2_3_4": "paper",
    "paper2_4_5": "paper",
    "perfCheck1_2_3_4_5_6_7": "perfCheck",
    "turnOver1_2_3_4": "turnOver",
    "turnOver2_4": "turnOver",
    "turnOver5_6": "turnOverAgree",
    "affRec1_2_3_4_5": "affRec",
    "affRec1_3": "affRec",
    "percEmp1_2_3_4": "percEmp",
    "percEmp1_2_3": "percEmp",
    "affSat1_2_3_4": "affSat",
    "affSat1_2_3": "affSat",
    "affSat1_2": "affSat",
    "progRSE1_2_3_4_5": "progRSE",
    "satisGen1": "satisGen",
    "satisGen1_2": "satisGen",
    "satisgen1_2": "satisGen",
    "ukrse12de_3de": "ukrse12de",
}

# Tables of questions that were asked one by one, and that stay questions of their own here: the merged file needs `rse1`.
SPLIT = {"rse1_4de"}

# Open questions that are numbers; kept in the wave that the documentation computes means of.
NUMBERS = {"uk2017": ["soft1can", "currentEmp11", "proj1can", "train2"]}

# A question whose published options are exactly those of a scale takes its options, and their order, from it.
SCALES = {
    "yes_no": ["Yes", "No"],
    "frequency": ["Never", "Sometimes", "Often", "Very Often", "Always"],
    "agreement": ["Strongly disagree", "Disagree", "Neither agree or disagree", "Agree", "Strongly Agree"],
    "share_of_time": ["1 (None at all)", *"23456789", "10 (All my time)"],
    "never_to_always": ["1 (Never)", *"23456789", "10 (Always)"],
    "users": ["0 - Mostly me", *"1234", "5 - Mostly other people"],
    "satisfaction": ["0 - Not at all satisfied", *"123456789", "10 - Completely satisfied"],
}

# Both questions were asked with one list of subjects; only the several-answer question shows its order (its columns).
LIST_OF = {"edu2": "currentEmp13"}

# Headings of grids whose lines stand without one in the source: these words are ours.
TEXTS = {
    "paper": "Papers that your software has contributed to",
    "rse16": "Your role",
    "time1can": "Use of working time in an average month",
    "time6zaf": "Wished use of working time in an average month",
    "perfCheck": "Feedback on the work",
    "perfCheck12": "Feedback on the work, first part",
    "perfCheck4567": "Feedback on the work, second part",
    "turnOver": "Thoughts of leaving",
    "turnOver12": "Frustration and looking forward",
    "turnOver34": "Thoughts of leaving",
    "turnOverAgree": "Reasons to stay or leave",
    "affRec": "Recognition by the supervisor or line manager",
    "affRec12": "Recognition by the supervisor or line manager, first part",
    "affRec345": "Recognition by the supervisor or line manager, second part",
    "percEmp": "Chances on the labour market",
    "affSat": "Enjoyment of the job",
    "progRSE": "Prospects of a career",
    "progRSE123": "Prospects of a promotion",
    "progRSE45": "Place in the career",
    "satisGen": "Satisfaction in general",
    "ukrse12de": "Meetings about software development in academia",
}

# ---- the merged file ------------------------------------------------------------------------------------------------

MERGED = "merged2017"
# country as the answers say it -> wave, in the order of the wave's table.
COUNTRIES = {
    "United Kingdom": "uk2017",
    "United States": "us2017",
    "Germany": "de2017",
    "Netherlands": "nl2017",
    "South Africa": "zaf2017",
}
MERGED_QUESTIONS = ["edu1", "rse1", "rse3", "currentEmp12", "currentEmp10", "socio3", "tool2", "proj4can", "tool4can"]

# Words of the countries that are one option of our merged form. What is not named here stays as it is.
FOLDED = {
    "edu1": {"PhD": "Doctorate"},
    "currentEmp12": {"Full Time": "Full time", "Part-time": "Part time"},
    "currentEmp10": {
        "Other/Not listed": "Other",
        "Freelance": "Freelancer, consultant or contractor",
        "Freelance consultant/contractor": "Freelancer, consultant or contractor",
        "Freelancer consultant contractor": "Freelancer, consultant or contractor",
        "Permanent -- funded by University core funding": "Permanent -- funded by core funding of the institution",
        "Permanent -- funded by institutional core funding": "Permanent -- funded by core funding of the institution",
        "Permanent -- funded by Institution core funding": "Permanent -- funded by core funding of the institution",
        "Fixed term -- funded by Institution core funding": "Fixed term -- funded by core funding of the institution",
    },
    "proj4can": {"test engineers conduct testing": "Test engineers conduct testing"},
    "tool4can": {"Fortran": "FORTRAN"},
}

BLANK = "(blank)"
GENERATED = "# Made by tests/tools/rse.py from the public files of the survey; change the script, not this file.\n"
