"""The forms and layouts of survey `rse`, wave by wave, from the headers of the public files and the published tables."""

import json
import re

from rse_waves import BLANK, GENERATED, LIST_OF, NUMBERS, NUMBERS_OF, SCALES, SECTIONS, SPLIT, TEXTS, WAVES


class NotSo(Exception):
    """A promise of the source, or of ours, that does not hold."""


def require(condition, promise):
    if not condition:
        raise NotSo(promise)


def tidy(cell):
    """A text without what is no part of it: blanks and byte order marks around it."""
    return cell.strip().strip("\ufeff").strip()


class Wave:
    """One wave: its data as published, less the columns that no closed question needs, its form and its layout."""

    def __init__(self, name, raw_header, respondents, columns, figures):
        self.name = name
        self.layout_id = WAVES[name][2]
        self.columns = columns
        self.raw_header = raw_header
        self._shorten(respondents)
        self._make_form(figures)
        self._make_layout()
        self._make_aliases()

    # ---- the data ---------------------------------------------------------------------------------------------------

    def _shorten(self, respondents):
        """Keeps closed and number columns, names them by what stands before the text; cells stay as they are."""
        kept = {row["column"] for row in self.columns}
        self.numbers = NUMBERS.get(self.name, [])
        names = {0: "respondent"}
        for index, column in enumerate(self.raw_header):
            if column in kept or split_header(column)[0] in self.numbers:
                names[index] = split_header(column)[0]
        require(len(set(names.values())) == len(names), f"{self.name}: short column names are unique")
        require(len(names) == 1 + len(kept) + len(self.numbers), f"{self.name}: columns.csv and the raw file agree")
        self.short = {self.raw_header[index]: name for index, name in names.items()}
        self.data = [{name: row[index] for index, name in names.items()} for row in respondents]

    # ---- the form ---------------------------------------------------------------------------------------------------

    def number_of(self, question, item=""):
        """Our number of a question of the published tables."""
        if question in SPLIT:
            return item.split(".")[0]
        return NUMBERS_OF.get(question, question.replace("_", ""))

    def _make_form(self, figures):
        """number -> question, in the order of the form."""
        own = {}
        for row in self.columns:
            own.setdefault(self.number_of(row["question"], row["item"]), []).append(row)
        for number in self.numbers:
            own[number] = []
        published = {}
        for figure in figures:
            if figure["measure"] == "count":
                number = self.number_of(figure["question"], figure["question_text"])
                published.setdefault(number, []).append(figure)
        ordered = [number for _, _, questions in SECTIONS for number in questions if number in own]
        require(set(ordered) == set(own), f"{self.name}: no question is forgotten: {set(own) - set(ordered)}")
        require(len({number.lower() for number in own}) == len(own), "numbers are unique ignoring case")
        self.form = {number: self._question(number, own[number], published.get(number, [])) for number in ordered}
        for number, owner in LIST_OF.items():
            if number in self.form and owner in self.form:
                order = self.form[owner]["labels"]
                labels = self.form[number]["labels"]
                labels.sort(key=lambda label: order.index(label) if label in order else len(order))

    def _question(self, number, own, published):
        question = {"rows": [], "labels": [], "scale": None, "ranks": 0}
        if not own:
            cells = [row[number].strip() for row in self.data if row[number].strip()]
            require(all(re.fullmatch(r"\d+(\.\d+)?", cell) for cell in cells), f"{number} holds only numbers")
            text = next(text for name, text, _ in map(split_header, self.raw_header) if name == number)
            return question | {
                "kind": "number",
                "decimals": max(len(cell.partition(".")[2]) for cell in cells),
                "text": text,
                "origin": "published",
            }
        kind = "SA" if own[0]["question"] in SPLIT else own[0]["kind"]
        question["kind"] = {"SA": "single", "MA": "multiple", "GRID": "grid", "RANK": "ranking"}[kind]
        texts = {split_header(row["column"])[1] for row in own}
        one = texts.pop() if len(texts) == 1 else ""
        question["text"] = one or TEXTS[number]
        question["origin"] = "published" if one else "reconstructed"
        labels = list(dict.fromkeys(tidy(figure["option"]) for figure in published))
        labels = [label for label in labels if label != BLANK]
        if kind == "RANK":
            items = [label.rsplit(": Rank ", 1)[0] for label in labels]
            question["rows"] = [item for item in dict.fromkeys(items) if item != BLANK]
            question["ranks"] = len(own)
            return question
        if kind == "MA":
            # The columns of the raw file stand in the order in which the questionnaire showed the options.
            ordered = [row["option"] for row in sorted(own, key=lambda row: self.raw_header.index(row["column"]))]
            require(set(ordered) == set(labels), f"{self.name} {number}: columns and published options agree")
            labels = ordered
        if kind == "GRID":
            question["rows"] = [row["item"] for row in own]
        if labels and all(label[0].isdigit() for label in labels):
            labels.sort(key=lambda label: int(re.match(r"\d+", label)[0]))
        question["labels"] = labels
        for scale, scale_labels in SCALES.items():
            if set(labels) == set(scale_labels):
                question["scale"], question["labels"] = scale, scale_labels
        return question

    def form_yaml(self):
        lines = [GENERATED.rstrip("\n"), f"form: {self.name}", "version: 1"]
        lines.append(f"names: {quoted('Research Software Engineers, ' + WAVES[self.name][0])}")
        lines.append("scales:")
        used = {question["scale"] for question in self.form.values()}
        for scale, labels in SCALES.items():
            if scale in used:
                lines += [f"  {scale}:", *option_lines("    ", labels)]
        lines.append("sections:")
        for section, title, questions in SECTIONS:
            asked = [number for number in questions if number in self.form]
            if asked:
                lines += [f"  - section: {section}", f"    title: {quoted(title)}", "    questions:"]
            for number in asked:
                lines += question_lines(number, questions[number], self.form[number])
        return "\n".join(lines) + "\n"

    # ---- the layout -------------------------------------------------------------------------------------------------

    def _make_layout(self):
        """One line per data column: column, question, row code, option code, rank."""
        described = {row["column"]: row for row in self.columns}
        self.layout = []
        for raw_column in self.raw_header:
            name = self.short.get(raw_column)
            if name in self.numbers:
                self.layout.append((name, name, "", "", ""))
            elif raw_column in described:
                line = described[raw_column]
                number = self.number_of(line["question"], line["item"])
                question = self.form[number]
                row = option = rank = ""
                if question["kind"] == "grid":
                    row = question["rows"].index(line["item"]) + 1
                if question["kind"] == "multiple":
                    option = question["labels"].index(line["option"]) + 1
                if question["kind"] == "ranking":
                    rank = int(re.search(r"\[Rank (\d+)\]$", raw_column)[1])
                self.layout.append((name, number, row, option, rank))

    def _make_aliases(self):
        """Cells that are a label but for a trailing `.0`, or `5.0` for `5+`; what is no label else fails the recount."""
        self.aliases = {}
        for column, number, *_ in self.layout:
            question = self.form[number]
            if question["kind"] in ("single", "grid"):
                for text in sorted({tidy(row[column]) for row in self.data} - {"", *question["labels"]}):
                    bare = text.removesuffix(".0")
                    label = bare if bare in question["labels"] else bare + "+"
                    if label in question["labels"]:
                        self.aliases[number, text] = question["labels"].index(label) + 1

    def layout_yaml(self):
        lines = [
            GENERATED.rstrip("\n"),
            f"layout: {self.layout_id}",
            "version: 1",
            f"form: {{form: {self.name}, version: 1}}",
            f"columns: {self.layout_id}.csv",
        ]
        if any(question["kind"] == "multiple" for question in self.form.values()):
            lines.append('marks: {chosen: ["Yes"], not_chosen: ["No"]}')
        lines.append("aliases:" if self.aliases else "aliases: []")
        for (number, text), code in self.aliases.items():
            lines.append(f"  - {{question: {number}, text: {quoted(text)}, code: {code}}}")
        lines.append("ignore: [respondent]")
        # The source numbers the rows of each file from its top, so only country and number name a respondent.
        lines.append("file: {submission: {key: [socio1, respondent], group: socio1}}")
        return "\n".join(lines) + "\n"


def split_header(column):
    """`time1can[time2can]. In an average month, ..: [Research]` -> name, text, item."""
    match = re.fullmatch(r"([^.]+)\. (.*?) ?(?:\[([^\]]*)\])?", column)
    return match.groups() if match else ("", "", None)


def row_label(item):
    """Items that were questions of their own carry their code: `paper1. Has your software ..`."""
    return re.sub(r"^[A-Za-z]+\d+[a-z]*\. ", "", item)


def question_lines(number, short, question):
    lines = [
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
    if question["ranks"]:
        lines.append(f"        ranks: {question['ranks']}")
    # A heading that nobody printed is ours, and is marked wherever it is shown.
    return [*lines, f"        origin: {question['origin']}"]


def option_lines(indent, labels):
    return [f"{indent}- {{code: {code}, label: {quoted(label)}}}" for code, label in enumerate(labels, 1)]


def quoted(text):
    """A JSON string is a YAML string: labels such as `Yes` or `10` never turn into something else."""
    return json.dumps(text, ensure_ascii=False)
