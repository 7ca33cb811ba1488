"""The published figures of survey `rse`, joined to our numbers and codes, and counted anew from what was generated.

The recount is as plain as it can be and shares nothing with the program that it is there to check: it reads the text of
the CSV files that were made, and the labels of the forms.
"""

import csv
import io
from collections import Counter
from decimal import Decimal

from rse_forms import require, tidy
from rse_waves import BLANK, COUNTRIES, FOLDED, MERGED

COLUMNS = ["id", "question", "qtype", "option", "measure", "published", "decimals", "base", "number", "row", "code", "group"]

BASES = {
    "MENTIONS": "mentions",
    "SCALE POINT": "scale_point",
    "ranks given to that ITEM": "rank",
    "respondents who answered": "answered",
    "Yes + No": "answered",
}

# Two lines that the list takes as right although it says of the lines beside them that 5+ fell out of this table.
FELL_OUT = (
    "the answer 5+ stands as 5.0 in the file and fell out of the published table, as is said of the other options of this "
    "question; with the 21 who gave it, it is 21 of 271"
)
OVERRULED = {"rse00362": ("21", FELL_OUT), "rse00363": ("7.7491", FELL_OUT)}

WITHHELD = "the column was left out of the public file"
UNMATCHED = "the published table could not be matched to the columns of the public file"
STALE = "made from an earlier extract of 592 rows; the table paper2_4_5 is the current one, and played"


class Figures:
    """Every line of expected.csv, either to be played or listed with its reason."""

    def __init__(self, lines, waves, merged):
        self.waves, self.merged = waves, merged
        self.played = {}  # wave -> lines
        self.errors = []
        self.listed = []
        for line in lines:
            status = line["status"]
            if line["id"] in OVERRULED:
                self.error(line, *OVERRULED[line["id"]])
            elif status == "exact":
                self.played.setdefault(line["wave"], []).append(self.joined(line))
            elif status == "published_error":
                self.error(line, line["recomputed"], line["denominator"].partition("[")[2].rstrip("]"))
            else:
                self.listed.append((line["id"], line["wave"], line["question"], self.reason(line)))
        require(all(reason for *_, reason in self.listed), "every line that is not played has its reason")

    def error(self, line, recomputed, why):
        self.errors.append({"wave": line["wave"]} | self.joined(line) | {"recomputed": recomputed, "why": why})

    def reason(self, line):
        if line["status"] == "stale_output":
            return STALE
        names = {tidy(column).split(".")[0].split("[")[0] for column in self.waves[line["wave"]].raw_header}
        inner = {column.partition("[")[2].partition("]")[0] for column in self.waves[line["wave"]].raw_header}
        first = line["question"].split("_")[0]
        return UNMATCHED if first in names | inner else WITHHELD

    def joined(self, line):
        """A line with our question number, row, option code and group, and with its base in one word."""
        number = row = code = group = ""
        option = tidy(line["option"])
        if line["wave"] == MERGED:
            number, group = line["question"], line["segment"].removeprefix("Country=")
            code = self.merged.code(number, option)
        elif line["qtype"] != "N":
            wave = self.waves[line["wave"]]
            number = wave.number_of(line["question"], line["question_text"])
            question = wave.form[number]
            if question["kind"] == "grid":
                row = question["rows"].index(line["question_text"]) + 1
            if question["kind"] == "ranking":
                item, rank = option.rsplit(": Rank ", 1)
                # The published line of blanks is of nobody's item: it has a rank and no row.
                row = question["rows"].index(item) + 1 if item != BLANK else ""
                code = int(rank)
            elif option != BLANK:
                code = question["labels"].index(option) + 1
        base = ""
        if line["measure"] == "percent":
            base = next(word for words, word in BASES.items() if words in line["denominator"])
        return {key: line[key] for key in ("id", "question", "qtype", "option", "measure", "published", "decimals")} | {
            "base": base, "number": number, "row": row, "code": code, "group": group,
        }

    def files(self, folder):
        files = {
            f"{folder}/expected-{wave}.csv": csv_text(COLUMNS, [line.values() for line in lines])
            for wave, lines in self.played.items()
        }
        header = ["wave", *COLUMNS, "recomputed", "why"]
        files[f"{folder}/published-errors.csv"] = csv_text(header, [line.values() for line in self.errors])
        files[f"{folder}/not-played.csv"] = csv_text(["id", "wave", "question", "reason"], self.listed)
        return files


# ---- the recount ----------------------------------------------------------------------------------------------------


def recount(files, survey, folder, waves, merged):
    """Counts every played figure anew. Returns how many there are by wave and measure."""
    counts = {name: count(parse(files[f"{survey}/data/{name}.csv"]), layout_of(files, survey, wave), wave)
              for name, wave in waves.items()}
    played = Counter()
    for wave in [*waves, MERGED]:
        for figure in parse(files[f"{folder}/expected-{wave}.csv"]):
            meets(figure, figure["published"], int(figure["decimals"]), counts, wave, merged)
            played[wave, figure["measure"]] += 1
    for figure in parse(files[f"{folder}/published-errors.csv"]):
        places = len(figure["recomputed"].partition(".")[2])
        meets(figure, figure["recomputed"], places, counts, figure["wave"], merged)
        require(figure["published"] != figure["recomputed"], f"{figure['id']} differs from what was published")
        played["errors", figure["measure"]] += 1
    return played


def layout_of(files, survey, wave):
    return parse(files[f"{survey}/layouts/{wave.layout_id}.csv"])


def count(data, layout, wave):
    """(number, row) -> code -> respondents; code "" is no answer. Of a ranking the row is the item, the code its rank;
    the row "" holds how many named no item for a rank. None -> respondents."""
    require([line["column"] for line in layout] == list(data[0])[1:], "the layout names every column, in order")
    counts = {None: len(data)}
    for line in layout:
        question = wave.form[line["question"]]
        for respondent in data:
            cell = tidy(respondent[line["column"]])
            if question["kind"] == "multiple":
                require(cell in ("Yes", "No", ""), f"{line['column']}: `{cell}` is a mark")
                counter(counts, line["question"], "")[line["option"]] += cell == "Yes"
            elif question["kind"] == "ranking":
                require(cell in ("", *question["rows"]), f"{line['column']}: `{cell}` is an item")
                row = str(question["rows"].index(cell) + 1) if cell else ""
                counter(counts, line["question"], row)[line["rank"]] += 1
            elif question["kind"] != "number":
                counter(counts, line["question"], line["row"])[code_of(line["question"], wave, cell)] += 1
    return counts


def counter(counts, number, row):
    return counts.setdefault((number, row), Counter())


def code_of(number, wave, cell):
    if cell == "":
        return ""
    if (number, cell) in wave.aliases:
        return str(wave.aliases[number, cell])
    labels = wave.form[number]["labels"]
    require(cell in labels, f"{wave.name} {number}: `{cell}` is a label or an alias")
    return str(labels.index(cell) + 1)


def meets(figure, wanted, places, counts, wave, merged):
    number, row, code = figure["number"], figure["row"], figure["code"]
    if wave == MERGED:
        # Our option takes every option of the country's form whose words are folded into it.
        source = counts[COUNTRIES[figure["group"]]][number, ""]
        form = merged.waves[COUNTRIES[figure["group"]]].form[number]
        words = merged.form[number]["labels"][int(code) - 1]
        parts = [n for n, label in enumerate(form["labels"], 1) if FOLDED.get(number, {}).get(label, label) == words]
        ours = sum(source[str(part)] for part in parts)
    elif figure["measure"] == "n":
        ours = counts[wave][None]
    elif figure["measure"] == "count":
        ours = counts[wave][number, row][code]
    else:
        own = counts[wave][number, row]
        answered = own.total() - own[""]
        of_point = sum(of[code] for key, of in counts[wave].items() if key and key[0] == number)
        base = of_point if figure["base"] == "scale_point" else answered
        ours = percent(own[code], base, places)
    require(Decimal(wanted) == ours, f"{figure['id']}: {wanted}, recounted {ours}")


def percent(part, base, places):
    """Integers up to the one rounding; halves to even, as the source's tables have it (5 of 8 is 62 there)."""
    scale = 10**places
    whole, rest = divmod(part * 100 * scale, base)
    up = 2 * rest > base or (2 * rest == base and whole % 2 == 1)
    return Decimal(whole + up) / scale


# ---- CSV ------------------------------------------------------------------------------------------------------------


def parse(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def csv_text(header, rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()
