"""The READMEs beside the data and the figures of survey `rse`."""

import textwrap
from collections import Counter

from rse_waves import ATTRIBUTION, BLANK, COMMIT, DOI, LICENCE, LICENCE_URL, MERGED, SURVEY, WAVES


def source_note():
    return f"""\
| | |
|---|---|
| Survey | International survey of Research Software Engineers, 2016 and 2017 |
| Repository | https://github.com/softwaresaved/international-survey |
| Commit | `{COMMIT}` |
| DOI | {DOI} |
| Licence of the data | {LICENCE}, {LICENCE_URL} |

{textwrap.fill("Attribution: " + ATTRIBUTION, 130)}
"""


def data_readme(waves):
    rows = "\n".join(
        f"| `{name}.csv` | `analysis/{WAVES[name][1]}/data/public_data.csv` | {len(wave.data)} | {len(wave.data[0])} of "
        f"{len(wave.raw_header)} |"
        for name, wave in waves.items()
    )
    return f"""\
# Answers of the survey rse

{source_note()}
Made by `tests/tools/rse.py`:

| file | from | respondents | columns |
|---|---|---|---|
{rows}

`respondent` is the row number that the source gives. The other columns are called by what stands before the question text in the
source's header; the files under `layouts/` say what each of them is. Cells are the source's, letter for letter, with the byte
order marks, blanks and `5.0` that stand in them.

Left out:

* what people wrote in their own words, and dates. Nothing here reads them, and words are what gives people away.
* numbers, but for those of `uk2017`.
* closed questions of which no published figure could be matched to the public file.

What the source had left out of its public files is not here: most universities, salaries, ethnicity, disability, and in some
countries gender and age.

The wave `{MERGED}` has no data of its own. The files of the five countries of 2017 are submitted to it, and `mappings/` read them
into one form of ours, `forms/{MERGED}.yaml`:

```sh
shukei submit schemas/surveys/rse/data/de2017.csv --survey rse --wave {MERGED} --layout de2017
```

In the forms, texts and labels are the source's; section titles and short titles are ours, and so are the headings of grids whose
lines have none in the source, which are marked as reconstructed. An option list stands in the order of its scale or its numbers,
else in the order of the source's columns (`edu2` follows `currentEmp13`, which was asked with the same list), else in that of the
published table. Options that nobody chose are included where the published tables name them. Two tables of the source that are
parts of one grid, such as `affRec1_2` and `affRec3_4_5` of 2016, are two grids here, since each was published with a base of its own.
"""


def figures_readme(played, listed, total):
    waves = [*WAVES, MERGED]
    rows = "\n".join(
        f"| {wave} | {played[wave, 'count']} | {played[wave, 'percent']} | {played[wave, 'n']} |" for wave in waves
    )
    sums = [sum(played[wave, measure] for wave in waves) for measure in ("count", "percent", "n")]
    reasons = Counter(reason for *_, reason in listed)
    lines = "\n".join(f"* {count}: {reason}" for reason, count in reasons.items())
    errors = played["errors", "count"] + played["errors", "percent"]
    return f"""\
# Published figures of the survey rse

{source_note()}
Made by `tests/tools/rse.py` from a list of {total:,} figures: the counts and percentages of `analysis/<year>/<country>/output/`, the
respondents of each file, and counts by country of the project's merged file (`analysis/2018/data/public_merged.csv`, the
respondents of 2017).

`expected-<wave>.csv` holds what must be met exactly:

| wave | counts | percentages | respondents |
|---|---|---|---|
{rows}
| all | {sums[0]:,} | {sums[1]:,} | {sums[2]} |

| column | meaning |
|---|---|
| `id` | the line of the list |
| `question`, `option` | as the source calls them; `{BLANK}` are those who gave no answer |
| `qtype` | `SA` one answer, `MA` several, `GRID`, `RANK`, `N` respondents |
| `measure`, `published`, `decimals` | the figure, and how many digits were published |
| `base` | what a percentage is of: `answered` those who answered (of a grid: that row), `mentions` all marks of the question, `scale_point` all answers at that point over the rows of the grid, `rank` all ranks given to that item |
| `number`, `row`, `code`, `group` | question, row, option and group in `{SURVEY}` |

In a ranking, the row is the item and the code its rank. The published line `{BLANK}: Rank 3` has no row: it is all respondents
less those who gave some item rank 3.

`published-errors.csv` holds {errors} figures that were published wrong, each with the figure that is right and why. The right one is met.

`not-played.csv` lists the other {len(listed)} with the reason:

{lines}
"""
