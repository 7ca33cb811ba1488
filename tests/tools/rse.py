"""Makes the shipped survey `rse` and its published figures from the folder rse-international.

    python3 tests/tools/rse.py --source FOLDER [--check]

FOLDER holds the public files of the International survey of Research Software Engineers and the figures of its
published tables (columns.csv, expected.csv, data/uk2017.csv). Everything written here is committed, so the folder is
needed only to make the files again; --check makes them in memory and exits 1 when a committed file differs.

Before anything is written or compared, every figure that the tests will play is counted anew from the generated data
and layout, by rules as plain as possible. A definition that loses one answer never gets out of this script.
"""

import argparse
import csv
import io
import json
import re
import sys
import textwrap
from collections import Counter
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WAVE = "uk2017"
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

# The sections and the order of the questions are those of the source's questionnaire; it has no section titles and no
# short titles, so these are ours.
SECTIONS = [
    ("work", "You and your work", {
        "socio1": "Country",
        "edu1": "Highest qualification",
        "edu2": "Subject of the qualification",
        "rse1": "Writes code",
        "rse3": "Users of the code",
        "soft2can": "Professional developer",
        "soft1can": "Years of experience",
        "time1can": "Use of working time",
    }),
    ("employment", "Current employment", {
        "currentEmp1": "Type of organisation",
        "currentEmp12": "Full time or part time",
        "currentEmp10": "Type of contract",
        "currentEmp11": "Months of contract",
        "currentEmp13": "Disciplines",
    }),
    ("previous", "Previous employment", {
        "prevEmp1": "Previous employer",
    }),
    ("software", "Software and projects", {
        "currentWork1": "Same researchers or changing",
        "currentWork2": "In a Research Software Group",
        "paper": "Credit in papers",
        "conf1can": "Presented at a conference",
        "proj1can": "Number of projects",
        "stability1": "Bus factor",
        "stability2": "Hand-over plan",
        "proj4can": "Testing",
        "open01can": "Released as open source",
        "open1can": "How often open source",
        "open03can": "Has used a DOI",
        "open3can": "How often a DOI",
        "train1": "Has trained researchers",
        "train2": "Trainings a year",
        "fund1": "Knows the funding",
        "fund2": "Funding of the position",
        "fund3": "Funding of the project",
        "fund4": "Funding three years ago",
    }),
    ("satisfaction", "Job satisfaction", {
        "perfCheck": "Feedback on the work",
        "turnOver": "Thoughts of leaving",
        "turnOverAgree": "Reasons to stay or leave",
        "affRec": "Recognition by the manager",
        "percEmp": "Chances on the labour market",
        "affSat": "Enjoyment of the job",
        "satisGen": "Satisfaction in general",
    }),
    ("person", "About you", {
        "socio2": "Gender",
        "socio3": "Age",
    }),
    ("tools", "Tools and community", {
        "tool2": "Operating system",
        "tool4can": "Programming languages",
        "ukrse1": "Member of the UK RSE Association",
        "ukrse2": "Ways to meet other RSEs",
    }),
]

# The source names a grid after its items; a question number here is also part of a column name, so it is short.
GRIDS = {
    "time1can": "time1can",
    "paper": "paper1_2_3_4_5",
    "perfCheck": "perfCheck1_2_3_4_5_6_7",
    "turnOver": "turnOver1_2_3_4",
    "turnOverAgree": "turnOver5_6",
    "affRec": "affRec1_2_3_4_5",
    "percEmp": "percEmp1_2_3_4",
    "affSat": "affSat1_2_3_4",
    "satisGen": "satisGen1",
}

NUMBERS = ["soft1can", "currentEmp11", "proj1can", "train2"]

# A question whose published options are exactly those of a scale takes its options, and their order, from it.
SCALES = {
    "yes_no": ["Yes", "No"],
    "frequency": ["Never", "Sometimes", "Often", "Very Often", "Always"],
    "agreement": ["Strongly disagree", "Disagree", "Neither agree or disagree", "Agree", "Strongly Agree"],
    "share_of_time": ["1 (None at all)", *"23456789", "10 (All my time)"],
    "satisfaction": ["0 - Not at all satisfied", *"123456789", "10 - Completely satisfied"],
}

# Both questions were asked with one list of subjects; only the several-answer question shows its order (its columns).
LIST_OF = {"edu2": "currentEmp13"}

# The five questions about papers were asked one by one: the grid, and so this text, exists in the tables only.
TEXTS = {"paper": "Papers that your software has contributed to"}

BLANK = "(blank)"
RANKING = "rankings come later"
MENTIONS = "percent of all mentions of the question"
SCALE_POINT = "percent of all answers at one scale point of the grid"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--source", type=Path, required=True)
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()

    files = make(options.source)
    different = [path for path, text in files.items() if committed(path) != text]
    if options.check:
        for path in different:
            print(f"differs from what {options.source.name} gives: {path}")
        sys.exit(1 if different else 0)
    for path in different:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(files[path].encode())
    print(f"{len(files)} files, {len(different)} written")


def make(source):
    """All files as path -> text, checked."""
    raw_header, *respondents = read_rows(source / f"data/{WAVE}.csv")
    columns = [row for row in read_dicts(source / "columns.csv") if row["wave"] == WAVE and row["kind"] != "RANK"]
    figures = [row for row in read_dicts(source / "expected.csv") if row["wave"] == WAVE and row["status"] == "exact"]

    header, data = shorten(raw_header, respondents, columns)
    form = make_form(raw_header, data, columns, figures)
    layout = make_layout(raw_header, header, columns, form)
    aliases = make_aliases(data, layout, form)
    expected = make_expected(figures, form)
    not_played = [(row["id"], reason) for row in expected if (reason := reason_not_to_play(row))]

    layout_header = ["column", "question", "row", "option"]
    files = {
        f"{SURVEY}/data/{WAVE}.csv": csv_text(data[0].keys(), [row.values() for row in data]),
        f"{SURVEY}/data/README.md": data_readme(raw_header, data),
        f"{SURVEY}/survey.yaml": survey_yaml(),
        f"{SURVEY}/forms/{WAVE}.yaml": form_yaml(form),
        f"{SURVEY}/layouts/public-file.yaml": layout_yaml(aliases),
        f"{SURVEY}/layouts/public-file.csv": csv_text(layout_header, layout),
        f"{FIGURES}/expected-{WAVE}.csv": csv_text(expected[0].keys(), [row.values() for row in expected]),
        f"{FIGURES}/not-played.csv": csv_text(["id", "reason"], not_played),
        f"{FIGURES}/README.md": figures_readme(expected, not_played),
    }
    verify(files, form, aliases)
    return files


# ---- the data -------------------------------------------------------------------------------------------------------


def shorten(raw_header, respondents, columns):
    """Keeps closed and number columns, names them by what stands before the text; cells stay as they are."""
    kept = {row["column"] for row in columns}
    names = {0: "respondent"}
    for index, column in enumerate(raw_header):
        if column in kept or split_header(column)[0] in NUMBERS:
            names[index] = split_header(column)[0]
    require(len(set(names.values())) == len(names), "short column names are unique")
    require(len(names) == 1 + len(kept) + len(NUMBERS), "every column of columns.csv stands in the raw file")
    header = {raw_header[index]: name for index, name in names.items()}
    return header, [{name: row[index] for index, name in names.items()} for row in respondents]


def split_header(column):
    """`time1can[time2can]. In an average month, ..: [Research]` -> name, text, item."""
    match = re.fullmatch(r"([^.]+)\. (.*?)(?: \[([^\]]*)\])?", column)
    return match.groups() if match else ("", "", None)


# ---- the form -------------------------------------------------------------------------------------------------------


def make_form(raw_header, data, columns, figures):
    """number -> question, in the order of the form."""
    source_of = {number: GRIDS.get(number, number) for _, _, questions in SECTIONS for number in questions}
    require(len({number.lower() for number in source_of}) == len(source_of), "numbers are unique ignoring case")
    require({row["question"] for row in columns} | set(NUMBERS) == set(source_of.values()), "no question is forgotten")

    form = {}
    for number, source in source_of.items():
        own = [row for row in columns if row["question"] == source]
        published = [row for row in figures if row["question"] == source and row["measure"] == "count"]
        labels = list(dict.fromkeys(row["option"].strip() for row in published if row["option"] != BLANK))
        question = {"source": source, "rows": [], "labels": labels, "scale": None}
        if number in NUMBERS:
            cells = [row[number].strip() for row in data if row[number].strip()]
            require(all(re.fullmatch(r"\d+(\.\d+)?", cell) for cell in cells), f"{number} holds only numbers")
            question["kind"] = "number"
            question["decimals"] = max(len(cell.partition(".")[2]) for cell in cells)
            text = next(text for name, text, _ in map(split_header, raw_header) if name == number)
        else:
            question["kind"] = {"SA": "single", "MA": "multiple", "GRID": "grid"}[own[0]["kind"]]
            text = split_header(own[0]["column"])[1]
        if question["kind"] == "multiple":
            # The columns of the raw file stand in the order in which the questionnaire showed the options.
            ordered = [row["option"] for row in sorted(own, key=lambda row: raw_header.index(row["column"]))]
            require(set(ordered) == set(labels), f"{number}: columns and published options agree")
            question["labels"] = ordered
        if question["kind"] == "grid":
            question["rows"] = [row["item"] for row in own]
        for scale, scale_labels in SCALES.items():
            if set(labels) == set(scale_labels):
                question["scale"], question["labels"] = scale, scale_labels
        question["text"] = TEXTS.get(number, text)
        form[number] = question
    for number, owner in LIST_OF.items():
        order = form[owner]["labels"]
        form[number]["labels"].sort(key=lambda label: order.index(label) if label in order else len(order))
    return form


def row_label(item):
    """Items that were questions of their own carry their code: `paper1. Has your software ..`."""
    return re.sub(r"^[a-z]+\d\. ", "", item)


# ---- the layout -----------------------------------------------------------------------------------------------------


def make_layout(raw_header, header, columns, form):
    """One line per data column: column, question, row code, option code."""
    number_of = {question["source"]: number for number, question in form.items()}
    described = {row["column"]: row for row in columns}
    layout = []
    for raw_column in raw_header:
        name = header.get(raw_column)
        if name in NUMBERS:
            layout.append((name, name, "", ""))
        elif raw_column in described:
            number = number_of[described[raw_column]["question"]]
            question = form[number]
            row = option = ""
            if question["kind"] == "grid":
                row = question["rows"].index(described[raw_column]["item"]) + 1
            if question["kind"] == "multiple":
                option = question["labels"].index(described[raw_column]["option"]) + 1
            layout.append((name, number, row, option))
    return layout


def make_aliases(data, layout, form):
    """Cells that are a label but for a trailing `.0`. Anything else that is not a label fails in `verify`."""
    aliases = {}
    for column, number, _, _ in layout:
        question = form[number]
        if question["kind"] in ("single", "grid"):
            for text in sorted({row[column].strip() for row in data} - {"", *question["labels"]}):
                bare = text.removesuffix(".0")
                if bare in question["labels"]:
                    aliases[number, text] = question["labels"].index(bare) + 1
    return aliases


# ---- the published figures ------------------------------------------------------------------------------------------


def make_expected(figures, form):
    """The published figures, joined to our question numbers and codes."""
    number_of = {question["source"]: number for number, question in form.items()}
    expected = []
    for figure in figures:
        number = number_of.get(figure["question"], "")
        item = figure["question_text"] if figure["qtype"] == "GRID" else ""
        row = code = ""
        if number:
            row = form[number]["rows"].index(item) + 1 if item else ""
            label = figure["option"].strip()
            code = form[number]["labels"].index(label) + 1 if label != BLANK else ""
        copied = {key: figure[key] for key in ("id", "question")}
        copied["item"] = item
        copied |= {key: figure[key] for key in ("qtype", "option", "measure", "published", "denominator")}
        expected.append(copied | {"number": number, "row": row, "code": code})
    return expected


def reason_not_to_play(figure):
    if figure["qtype"] == "RANK":
        return RANKING
    if figure["measure"] == "percent" and "MENTIONS" in figure["denominator"]:
        return MENTIONS
    if figure["measure"] == "percent" and "SCALE POINT" in figure["denominator"]:
        return SCALE_POINT
    return None


# ---- the recount ----------------------------------------------------------------------------------------------------


def verify(files, form, aliases):
    """Counts every played figure anew, from the text of the CSV files and the labels and codes of the form."""
    data = parse(files[f"{SURVEY}/data/{WAVE}.csv"])
    layout = parse(files[f"{SURVEY}/layouts/public-file.csv"])
    expected = parse(files[f"{FIGURES}/expected-{WAVE}.csv"])
    not_played = {line["id"] for line in parse(files[f"{FIGURES}/not-played.csv"])}
    require([line["column"] for line in layout] == list(data[0])[1:], "the layout names every column, in order")

    # (number, row) -> code -> respondents; code "" is no answer, and is not counted for a several-answer question.
    counts = {}
    for line in layout:
        question = form[line["question"]]
        counter = counts.setdefault((line["question"], line["row"]), Counter())
        for respondent in data:
            cell = respondent[line["column"]].strip()
            if question["kind"] == "multiple":
                require(cell in ("Yes", "No", ""), f"{line['column']}: `{cell}` is a mark")
                counter[line["option"]] += cell == "Yes"
            elif question["kind"] in ("single", "grid"):
                counter[code_of(line["question"], question, cell, aliases)] += 1

    played = Counter()
    for figure in expected:
        if figure["id"] in not_played:
            continue
        counter = counts.get((figure["number"], figure["row"]))
        if figure["qtype"] == "N":
            ours = len(data)
        elif figure["measure"] == "count":
            ours = counter[figure["code"]]
        else:
            answered = sum(counter.values()) - counter[""]
            ours = millionths_of_percent(counter[figure["code"]], answered)
        scale = 10**6 if figure["measure"] == "percent" else 1
        require(ours == Decimal(figure["published"]) * scale, f"{figure['id']}: {figure['published']}, recounted {ours}")
        played[figure["measure"]] += 1
    require(played == {"count": 505, "percent": 113, "n": 1}, f"505 counts, 113 percents and 1 total, got {played}")
    require(played.total() + len(not_played) == len(expected) == 1141, "every published figure is played or listed")


def code_of(number, question, cell, aliases):
    if cell == "":
        return ""
    if (number, cell) in aliases:
        return str(aliases[number, cell])
    require(cell in question["labels"], f"{number}: `{cell}` is a label or an alias")
    return str(question["labels"].index(cell) + 1)


def millionths_of_percent(count, base):
    """Integers only; halves away from zero."""
    return (2 * count * 10**8 + base) // (2 * base)


# ---- the definition files -------------------------------------------------------------------------------------------

GENERATED = "# Made by tests/tools/rse.py from the public files of the survey; change the script, not this file.\n"


def survey_yaml():
    source = (
        f"International survey of Research Software Engineers, softwaresaved/international-survey, commit {COMMIT}, "
        f"DOI {DOI}. Licence: {LICENCE} ({LICENCE_URL}). Attribution: {ATTRIBUTION} Changed here: closed and number "
        "questions only, column names shortened; see data/README.md."
    )
    return GENERATED + f"""\
survey: rse
version: 1
languages: [en]
names: "International survey of Research Software Engineers"
issuer: "Software Sustainability Institute"
source: {quoted(source)}
unit: respondent
decimals: 6
rounding: half_away
# The published percentages of one-answer questions leave the unanswered out and list them on a line of their own.
states:
  no_answer: {{in_base: false, prints: true}}
  invalid: {{in_base: false, prints: true}}
  nothing_marked: {{in_base: true, prints: true}}
waves:
  - wave: {WAVE}
    names: "United Kingdom, 2017"
    forms: [{{form: {WAVE}, version: 1}}]
    layouts: [{{layout: public-file, version: 1}}]
    dataset: {{file: data/{WAVE}.csv, layout: public-file, respondent: respondent}}
    headline: [tool2, stability1, proj4can]
"""


def form_yaml(form):
    lines = [GENERATED.rstrip("\n"), f"form: {WAVE}", "version: 1"]
    lines.append(f"names: {quoted('Research Software Engineers, United Kingdom, 2017')}")
    lines.append("scales:")
    for scale, labels in SCALES.items():
        lines += [f"  {scale}:", *option_lines("    ", labels)]
    lines.append("sections:")
    for section, title, questions in SECTIONS:
        lines += [f"  - section: {section}", f"    title: {quoted(title)}", "    questions:"]
        for number, short in questions.items():
            question = form[number]
            lines += [
                f"      - number: {number}",
                f"        short: {quoted(short)}",
                f"        kind: {question['kind']}",
            ]
            if question["kind"] == "number":
                lines.append(f"        decimals: {question['decimals']}")
            lines.append(f"        text: {quoted(question['text'])}")
            if question["scale"]:
                lines.append(f"        scale: {question['scale']}")
            elif question["labels"]:
                lines += ["        options:", *option_lines("          ", question["labels"])]
            if question["rows"]:
                lines.append("        rows:")
                for row, item in enumerate(question["rows"], 1):
                    lines.append(f"          - {{row: {row}, label: {quoted(row_label(item))}}}")
            # A heading that nobody printed is ours, and is marked wherever it is shown.
            lines.append(f"        origin: {'reconstructed' if number in TEXTS else 'published'}")
    return "\n".join(lines) + "\n"


def option_lines(indent, labels):
    return [f"{indent}- {{code: {code}, label: {quoted(label)}}}" for code, label in enumerate(labels, 1)]


def layout_yaml(aliases):
    lines = [
        GENERATED.rstrip("\n"),
        "layout: public-file",
        "version: 1",
        f"form: {{form: {WAVE}, version: 1}}",
        "columns: public-file.csv",
        'marks: {chosen: ["Yes"], not_chosen: ["No"]}',
        "aliases:" if aliases else "aliases: []",
    ]
    for (number, text), code in aliases.items():
        lines.append(f"  - {{question: {number}, text: {quoted(text)}, code: {code}}}")
    return "\n".join([*lines, "ignore: [respondent]"]) + "\n"


def quoted(text):
    """A JSON string is a YAML string: labels such as `Yes` or `10` never turn into something else."""
    return json.dumps(text, ensure_ascii=False)


# ---- the notes beside the data --------------------------------------------------------------------------------------


def source_note():
    return f"""\
| | |
|---|---|
| Survey | International survey of Research Software Engineers, United Kingdom, 2017 |
| Repository | https://github.com/softwaresaved/international-survey |
| Commit | `{COMMIT}` |
| DOI | {DOI} |
| Licence of the data | {LICENCE}, {LICENCE_URL} |

{textwrap.fill("Attribution: " + ATTRIBUTION, 130)}
"""


def data_readme(raw_header, data):
    return f"""\
# Answers of the wave {WAVE}

{source_note()}
`{WAVE}.csv` is made from `analysis/2017/uk/data/public_data.csv` by `tests/tools/rse.py`: {len(data)} respondents, {len(data[0])} of the
{len(raw_header)} columns. `respondent` is the row number that the source gives. The other columns are called by what stands before the
question text in the source's header; `layouts/public-file.csv` says what each of them is. Cells are the source's, letter for letter.

Left out:

* what people wrote in their own words: subject of study, conferences, training programmes, skills wanted, ways of learning
  (`edu3`, `conf2can`, `train3`, `skill2`, `ukrse3`). Nothing here reads it, and words are what gives people away.
* the day on which the contract began (`currentEmp9`), for the same reason.
* the ranking of reasons for taking the job (`prevEmp2`, eight columns), until rankings can be defined.

University, salary, ethnicity and disability are not in the source's public file.

In the form, texts and labels are the source's; section titles and short titles are ours, and so is the heading of the grid `paper`,
whose five questions were asked one by one. An option list stands in the order of its scale, else in the order of the source's columns
(`edu2` follows `currentEmp13`, which was asked with the same list), else in that of the published table. Options that nobody chose
are included where the published tables name them.
"""


def figures_readme(expected, not_played):
    reasons = Counter(reason for _, reason in not_played)
    listed = "\n".join(f"* {count}: {reason}" for reason, count in reasons.items())
    return f"""\
# Published figures of the wave {WAVE}

{source_note()}
Made by `tests/tools/rse.py`. `expected-{WAVE}.csv` holds the {len(expected):,} counts and percentages of `analysis/2017/uk/output/` that
can be had from the public file; tables about columns that were withheld (university, salary, ethnicity, disability) are not in it.
`published` is the source's figure; `option` is `{BLANK}` for those who gave no answer; `denominator` tells, in words, what a
percentage is of, or how a count was compared. `number`, `row` and `code` are added: the question, grid row and option in
`{SURVEY}/forms/{WAVE}.yaml`. They are empty where there is none.

`not-played.csv` lists the {len(not_played)} figures that no test plays at present, because their base is not formed yet or the question
is not in the form:

{listed}

The other {len(expected) - len(not_played)} are played: 505 counts, 113 percentages, the number of respondents.
"""


# ---- small helpers --------------------------------------------------------------------------------------------------


def require(condition, promise):
    if not condition:
        sys.exit(f"not so: {promise}")


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def read_dicts(path):
    return parse(path.read_text(encoding="utf-8"))


def parse(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def csv_text(header, rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def committed(path):
    file = ROOT / path
    return file.read_bytes().decode() if file.exists() else None


if __name__ == "__main__":
    main()
