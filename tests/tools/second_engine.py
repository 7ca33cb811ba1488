"""A second opinion on a data folder that holds the survey `rse`: other reader, other language, no SQL.

    python3 tests/tools/second_engine.py DATA_DIR

Reads the Delta tables with the Python packages deltalake and pyarrow, and counts in plain loops. It shares no code with
the programs that wrote them; it knows the names of tables and columns, and the published figures in tests/data/rse.
Prints one line and exits 0 when all agree, else every difference and exits 1.
"""

import csv
import sys
from collections import Counter
from pathlib import Path

from deltalake import DeltaTable

FIGURES = Path(__file__).resolve().parents[1] / "data" / "rse"
RESPONSES = "responses/uk2017-1"
OPTIONS_PER_COLUMN = 63


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: second_engine.py DATA_DIR")
    folder = Path(sys.argv[1])
    build = folder / "refined" / (folder / "refined" / "current").read_text(encoding="utf-8").strip()
    raw = read_table(folder / "raw", ["kind"])
    outcomes = read_table(build / "outcomes", ["generation", "partition", "offset", "kind", "target"])
    responses = read_table(build / RESPONSES)
    figures, respondents_published = played_counts()

    differences = []
    records = raw["kind"].count("record")
    if records != len(outcomes["kind"]):
        differences.append(f"raw holds {records} records, outcomes {len(outcomes['kind'])} rows")
    differences += compare_positions(outcomes, responses)

    respondents = len(set(responses["respondent"]))
    if respondents != respondents_published:
        differences.append(f"{respondents} respondents, published {respondents_published}")
    if len(responses["respondent"]) != respondents:
        # Which of several submissions counts is decided elsewhere; the counts below take every row.
        differences.append(f"{len(responses['respondent'])} rows of {respondents} respondents")

    for figure in figures:
        ours = count(responses, figure)
        if ours != int(figure["published"]):
            name = " ".join(filter(None, [figure["number"], figure["row"], figure["option"]]))
            differences.append(f"{figure['id']} {name}: {ours}, published {figure['published']}")

    if differences:
        print("\n".join(differences))
        sys.exit(1)
    print(f"{len(figures)} counts agree, {respondents} respondents")


def read_table(path, columns=None):
    """Column name -> values; a column that is not there is an error of its own."""
    table = DeltaTable(str(path)).to_pyarrow_table(columns=columns)
    return {name: table.column(name).to_pylist() for name in table.column_names}


def played_counts():
    published = read_csv("expected-uk2017.csv")
    respondents = next(int(line["published"]) for line in published if line["measure"] == "n")
    return [line for line in published if line["measure"] == "count"], respondents


def read_csv(name):
    with open(FIGURES / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def compare_positions(outcomes, responses):
    """Each row stands where an outcome says so, once, and no outcome is without its row."""
    said = Counter(
        position
        for position, kind, target in zip(positions(outcomes), outcomes["kind"], outcomes["target"])
        if kind == "response" and target == RESPONSES
    )
    done = Counter(positions(responses))
    lines = [f"outcome without a row in {RESPONSES}: {position} x {n}" for position, n in sorted((said - done).items())]
    lines += [f"row of {RESPONSES} without an outcome: {position} x {n}" for position, n in sorted((done - said).items())]
    return lines


def positions(table):
    return zip(table["generation"], table["partition"], table["offset"])


def count(responses, figure):
    column = "q" + figure["number"].lower()
    if figure["qtype"] == "MA":
        # Codes are 1.. in the order of the form, and so the bits: the 64th option is bit 0 of the second column.
        block, bit = divmod(int(figure["code"]) - 1, OPTIONS_PER_COLUMN)
        masks = responses[column if block == 0 else f"{column}_{block + 1}"]
        return sum(mask is not None and mask >> bit & 1 for mask in masks)
    if figure["qtype"] == "RANK" and not figure["row"]:
        # Those who gave no item this rank.
        rank = int(figure["code"])
        is_item = lambda name: name.startswith(column + "_") and name[len(column) + 1 :].isdigit()
        items = [values for name, values in responses.items() if is_item(name)]
        return sum(rank not in given for given in zip(*items))
    if figure["qtype"] in ("GRID", "RANK"):
        column += "_" + figure["row"]
    code = int(figure["code"]) if figure["code"] else None  # no code is the published line `(blank)`
    return sum(value == code for value in responses[column])


if __name__ == "__main__":
    main()
