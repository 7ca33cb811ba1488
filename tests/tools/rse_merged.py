"""The wave `merged2017`: a form of ours into which the five countries' forms of 2017 are read by mappings."""

from rse_forms import option_lines, quoted, require
from rse_waves import COUNTRIES, FOLDED, GENERATED, MERGED, MERGED_QUESTIONS, SECTIONS

SIGNED = '{by: "the makers of this example", on: "2026-11-25"}'
REASON_SAME = "The same question, with the same options in the same words."
REASON_FOLDED = "The same question; words that differ by country only in spelling, or in the name of the institution, are one option."
REASON_LEFT = "Not among the nine questions of the merged form."


class Merged:
    """Our form, and per country which of its options become which of ours."""

    def __init__(self, waves, figures):
        self.waves = waves
        self.form = {}
        shorts = {number: short for _, _, questions in SECTIONS for number, short in questions.items()}
        for number in MERGED_QUESTIONS:
            text = next(row["question_text"] for row in figures if row["question"] == number)
            forms = [waves[wave].form[number] for wave in COUNTRIES.values() if number in waves[wave].form]
            labels = list(dict.fromkeys(self.folded(number, label) for form in forms for label in form["labels"]))
            if "Other" in labels:
                labels.append(labels.pop(labels.index("Other")))
            kinds = {form["kind"] for form in forms}
            require(len(kinds) == 1, f"{number} is of one kind in all countries")
            self.form[number] = {
                "kind": kinds.pop(),
                "text": text.removeprefix(f"{number}. "),
                "short": shorts[number],
                "labels": labels,
            }

    @staticmethod
    def folded(number, label):
        return FOLDED.get(number, {}).get(label, label)

    def code(self, number, label):
        """Our code of a country's label."""
        return self.form[number]["labels"].index(self.folded(number, label)) + 1

    def files(self, survey):
        files = {
            f"{survey}/forms/{MERGED}.yaml": self.form_yaml(),
            f"{survey}/sectors/countries.yaml": sectors_yaml(),
        }
        for country, wave in COUNTRIES.items():
            files[f"{survey}/mappings/{wave}.yaml"] = self.mapping_yaml(country, wave)
        return files

    def form_yaml(self):
        lines = [GENERATED.rstrip("\n"), f"form: {MERGED}", "version: 1"]
        lines.append(f"names: {quoted('Research Software Engineers, five countries, 2017')}")
        lines += ["sections:", "  - section: all", f"    title: {quoted('What all were asked')}", "    questions:"]
        for number, question in self.form.items():
            lines += [
                f"      - number: {number}",
                f"        short: {quoted(question['short'])}",
                f"        kind: {question['kind']}",
                f"        text: {quoted(question['text'])}",
                "        options:",
                *option_lines("          ", question["labels"]),
                "        origin: published",
            ]
        return "\n".join(lines) + "\n"

    def mapping_yaml(self, country, wave):
        form = self.waves[wave].form
        lines = [
            GENERATED.rstrip("\n"),
            f"mapping: {wave}",
            "version: 1",
            f"names: {quoted('The national form of ' + country)}",
            "method: national",
            f"source: {{form: {wave}, version: 1}}",
            f"target: {{form: {MERGED}, version: 1}}",
            f"signed_off: {SIGNED}",
            f"exclusion_note: {quoted('without ' + country)}",
            "questions:",
        ]
        for number in self.form:
            if number in form:
                labels = form[number]["labels"]
                same = all(self.folded(number, label) == label for label in labels)
                codes = ", ".join(f"{code}: {self.code(number, label)}" for code, label in enumerate(labels, 1))
                lines += [
                    f"  - question: {number}",
                    f"    reason: {quoted(REASON_SAME if same else REASON_FOLDED)}",
                    f"    from: {number}",
                    f"    map: {{{codes}}}",
                ]
        lines.append("unmapped:")
        for number, question in form.items():
            if number not in self.form and (question["labels"] or question["ranks"]):
                lines.append(f"  - {{question: {number}, reason: {quoted(REASON_LEFT)}}}")
        return "\n".join(lines) + "\n"


def sectors_yaml():
    lines = [
        GENERATED.rstrip("\n"),
        "sectors: countries",
        "version: 1",
        "fields:",
        "  - {field: countries, label: Countries}",
        "groups:",
    ]
    for country, wave in COUNTRIES.items():
        name = quoted(country)
        lines.append(f"  - {{group: {name}, field: countries, label: {name}, collected_by: {wave}}}")
    return "\n".join(lines) + "\n"
