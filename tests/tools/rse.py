"""Makes the shipped survey `rse` and its published figures from the folder rse-international.

    python3 tests/tools/rse.py --source FOLDER [--check]

FOLDER holds the public files of the International survey of Research Software Engineers and the figures of its
published tables (columns.csv, expected.csv, data/*.csv). Everything written here is committed, so the folder is needed
only to make the files again; --check makes them in memory and exits 1 when a committed file differs.

Before anything is written or compared, every figure that the tests will play is counted anew from the generated data
and layouts, by rules as plain as possible. A definition that loses one answer never gets out of this script.
"""

import argparse
import csv
import sys
from pathlib import Path

from rse_figures import Figures, csv_text, recount
from rse_forms import NotSo, Wave, quoted, require
from rse_merged import Merged
from rse_notes import data_readme, figures_readme
from rse_waves import (
    ATTRIBUTION, COMMIT, DOI, FIGURES, GENERATED, LICENCE, LICENCE_URL, MERGED, SURVEY, WAVES, COUNTRIES,
)

ROOT = Path(__file__).resolve().parents[2]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--source", type=Path, required=True)
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()

    try:
        files = make(options.source)
    except NotSo as promise:
        sys.exit(f"not so: {promise}")
    different = [path for path, text in files.items() if committed(path) != text]
    if options.check:
        for path in different:
            print(f"differs from what {options.source.name} gives: {path}")
        sys.exit(1 if different else 0)
    for path in different:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(files[path].encode())
    print(f"{len(files)} files, {len(different)} written, {sum(map(len, files.values())):,} characters in all")


def make(source):
    """All files as path -> text, checked."""
    columns = read_dicts(source / "columns.csv")
    lines = read_dicts(source / "expected.csv")
    counted = ("exact", "published_error")
    waves = {}
    for name in WAVES:
        raw_header, *respondents = read_rows(source / f"data/{name}.csv")
        own = [row for row in columns if row["wave"] == name]
        figures = [line for line in lines if line["wave"] == name and line["status"] in counted]
        waves[name] = Wave(name, raw_header, respondents, own, figures)
    merged = Merged(waves, [line for line in lines if line["wave"] == MERGED])
    figures = Figures(lines, waves, merged)

    files = {f"{SURVEY}/survey.yaml": survey_yaml()}
    for name, wave in waves.items():
        layout_header = ["column", "question", "row", "option", "rank"]
        files |= {
            f"{SURVEY}/data/{name}.csv": csv_text(wave.data[0].keys(), [row.values() for row in wave.data]),
            f"{SURVEY}/forms/{name}.yaml": wave.form_yaml(),
            f"{SURVEY}/layouts/{wave.layout_id}.yaml": wave.layout_yaml(),
            f"{SURVEY}/layouts/{wave.layout_id}.csv": csv_text(layout_header, wave.layout),
        }
    files |= merged.files(SURVEY) | figures.files(FIGURES)
    played = recount(files, SURVEY, FIGURES, waves, merged)
    require(played.total() + len(figures.listed) == len(lines), "every published figure is played or listed")
    files[f"{SURVEY}/data/README.md"] = data_readme(waves)
    files[f"{FIGURES}/README.md"] = figures_readme(played, figures.listed, len(lines))
    return files


def survey_yaml():
    source = (
        f"International survey of Research Software Engineers, softwaresaved/international-survey, commit {COMMIT}, "
        f"DOI {DOI}. Licence: {LICENCE} ({LICENCE_URL}). Attribution: {ATTRIBUTION} Changed here: closed and number "
        "questions only, column names shortened; see data/README.md."
    )
    waves = "".join(
        f"""\
  - wave: {wave}
    names: {quoted(name)}
    forms: [{{form: {wave}, version: 1}}]
    layouts: [{{layout: {layout}, version: 1}}]
    dataset: {{file: data/{wave}.csv, layout: {layout}, respondent: respondent}}
    headline: [{", ".join(headline)}]
"""
        for wave, (name, _, layout, headline) in WAVES.items()
    )
    layouts = ", ".join(f"{{layout: {WAVES[wave][2]}, version: 1}}" for wave in COUNTRIES.values())
    mappings = ", ".join(f"{{mapping: {wave}, version: 1}}" for wave in COUNTRIES.values())
    return GENERATED + f"""\
survey: rse
version: 1
languages: [en]
names: "International survey of Research Software Engineers"
issuer: "Software Sustainability Institute"
source: {quoted(source)}
unit: respondent
decimals: 6
# 5 of 8 was published as 62 percent.
rounding: half_even
# The published percentages of one-answer questions leave the unanswered out and list them on a line of their own.
states:
  no_answer: {{in_base: false, prints: true}}
  invalid: {{in_base: false, prints: true}}
  nothing_marked: {{in_base: true, prints: true}}
waves:
{waves}\
  # No data of its own: the files of the countries, submitted to this wave, are read across into one form.
  - wave: {MERGED}
    names: "Five countries, 2017"
    forms: [{{form: {MERGED}, version: 1}}]
    layouts: [{layouts}]
    mappings: [{mappings}]
    sectors: {{sectors: countries, version: 1}}
    headline: [tool2, proj4can]
"""


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def read_dicts(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def committed(path):
    file = ROOT / path
    return file.read_bytes().decode() if file.exists() else None


if __name__ == "__main__":
    main()
