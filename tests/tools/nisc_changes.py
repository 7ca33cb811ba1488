"""Counts the waves 2022 and 2023 of survey `nisc` again and forms the changes between them, as plainly as possible.

Shares no code with the program, nor with the generators but for the reading of one answer: files are read back, every figure is a
loop over all units. Groups and options go together as the concordance says.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import yaml

import nisc

HEADER = ["question", "options", "group", "kind", "count", "base", "was_count", "was_base", "points", "percent", "printed"]
# Broken down by group as well: coverage that differs, and an option that was merged.
BY_GROUP = ("31", "61")


class Wave:
    def __init__(self, files, wave):
        self.survey = yaml.safe_load(files["survey.yaml"])
        about = next(known for known in self.survey["waves"] if known["wave"] == wave)
        self.form = about["forms"][0]["form"]
        self.mapping = yaml.safe_load(files[f"mappings/{about['mappings'][0]['mapping']}.yaml"])
        self.questions = nisc.by_number(yaml.safe_load(files[f"forms/{self.form}.yaml"]))
        source = self.mapping["source"]["form"]
        self.source = nisc.by_number(yaml.safe_load(files[f"forms/{source}.yaml"]))
        units, _ = nisc.current_units(files, {self.form: None, source: None}, wave, about["datasets"])
        self.units = [self.read(data) for data in units.values()]
        self.groups = {unit["group"] for unit in self.units}

    def covered(self, number, method):
        """The options of a question that a method says anything about."""
        question = self.questions[number]
        if method == "form" or question.get("filled_from"):
            return set(question["options"])
        rule = next((rule for rule in self.mapping["questions"] if rule["question"] == number), None)
        if rule is None:
            return set()
        return {entry["option"] for entry in rule["options"]} if "options" in rule else set(question["options"])

    def read(self, data):
        """Group, method and per question the state with the codes."""
        answers = {}
        if data["form"] == self.form:
            for number, question in self.questions.items():
                answers[number] = nisc.read_answer(question, data["answers"].get(number))
        else:
            answers = self.across(data["answers"])
        for number, question in self.questions.items():
            if question.get("filled_from"):
                answers[number] = ("answered", {code for code, o in question["options"].items() if o["group"] == data["group"]})
        return {"group": data["group"], "method": data["method"], "answers": answers}

    def across(self, answers):
        by_priority = [rule for rule in self.mapping["questions"] if "priority" in rule]
        others = self.mapping | {"questions": [rule for rule in self.mapping["questions"] if "priority" not in rule]}
        read = nisc.read_across(others, self.source, answers)
        for rule in by_priority:
            state, codes = nisc.read_answer(self.source[rule["from"]], answers.get(rule["from"]))
            if state in ("answered", "nothing_marked"):
                first = (step["to"] for step in rule["priority"] if step["code"] in codes)
                read[rule["question"]] = ("answered", {next(first, rule["otherwise"])})
            else:
                read[rule["question"]] = (state, set())
        return read

    def figure(self, number, options, methods, groups=None):
        """Units that chose any of the options, and units in the base."""
        count = base = 0
        for unit in self.units:
            if unit["method"] not in methods or (groups is not None and unit["group"] not in groups):
                continue
            state, codes = unit["answers"][number]
            if state in nisc.IN_BASE:
                base += 1
                count += bool(set(options) & (codes or set()))
        return count, base

    def covering(self, number, options):
        return {method for method in ("form", "external") if set(options) <= self.covered(number, method)}


def rounded(value):
    """One decimal, halves away from zero, as the survey has it."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    tenth = exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return str(abs(tenth) if tenth == 0 else tenth)


def blocks(concordance, later, earlier):
    """Groups of 2023 with those of 2022 that are the same units, as far as both waves have them."""
    were = {entry["group"]: entry["were"] for entry in concordance["groups"]}
    joined = []
    for group in nisc.GROUP_IDS:
        of = {name for name in were.get(group, [group]) if name in earlier.groups}
        if not of or group not in later.groups:
            continue
        for block in joined:
            if block[1] & of:
                block[0].append(group)
                block[1].update(of)
                break
        else:
            joined.append(([group], of))
    return joined


def recount(files):
    later, earlier = Wave(files, "2023"), Wave(files, "2022")
    concordance = yaml.safe_load(files["concordances/2022-2023.yaml"])
    known = {entry["question"]: entry for entry in concordance["questions"]}
    together = blocks(concordance, later, earlier)
    all_later = {group for block, _ in together for group in block}
    all_earlier = set().union(*(of for _, of in together))
    rows, kinds = [], set()
    for number, question in later.questions.items():
        entry = known.get(number)
        if entry is None or entry["grade"] == "break":
            rows.append([number, "", "", "broken" if entry else "not_compared"] + [""] * 7)
            continue
        was = entry["was"]
        pairs = [(pair["options"], pair["were"]) for pair in entry.get("options", [])]
        listed = {code for codes, _ in pairs for code in codes}
        pairs += [([code], [code]) for code in question["options"] if code not in listed]
        for options, were in sorted(pairs):
            named = "+".join(map(str, options))
            if not were:
                rows.append([number, named, "", "not_compared"] + [""] * 7)
                continue
            covering_later, covering_earlier = later.covering(number, options), earlier.covering(was, were)
            methods = covering_later & covering_earlier
            parts = [("", all_later, all_earlier)]
            if number in BY_GROUP:
                parts += [("+".join(block), set(block), of) for block, of in together]
            for name, of_later, of_earlier in parts:
                count, base = later.figure(number, options, methods, of_later)
                was_count, was_base = earlier.figure(was, were, methods, of_earlier)
                change = points = percent = ""
                if base and was_base:
                    change = Fraction(count, base) - Fraction(was_count, was_base)
                    points = rounded(100 * change)
                    percent = rounded(100 * change / Fraction(was_count, was_base)) if was_count else ""
                printed = ""
                if not name:
                    shares = [
                        Fraction(rounded(100 * Fraction(*wave.figure(of, codes, covering))))
                        for wave, of, codes, covering in (
                            (later, number, options, covering_later), (earlier, was, were, covering_earlier),
                        )
                    ]
                    printed = rounded(shares[0] - shares[1])
                kind = "changed" if entry["grade"] == "changed" else "value"
                rows.append([number, named, name, kind, count, base, was_count, was_base, points, percent, printed])
                kinds.add((kind, bool(name), "+" in named, "+" in name, len(methods)))
    check(rows, kinds, later, earlier)
    return rows


def check(rows, kinds, later, earlier):
    """The file says something: each case that it is for occurs in it."""
    found = {row[3] for row in rows}
    nisc.require(found == {"value", "changed", "broken", "not_compared"}, f"all grades occur: {found}")
    for case in (("value", False, False, False, 2), ("value", False, True, False, 1), ("value", True, False, True, 1)):
        nisc.require(case in kinds, f"the case occurs: {case}")
    moved = [row for row in rows if row[3] == "value" and not row[2] and row[8] != row[10]]
    nisc.require(moved, "somewhere the change is not the difference of what is printed")
    figures = {(row[0], row[1]): row for row in rows if not row[2]}
    nisc.require(figures["24", "2"][5] == 1862 - 54, "question 24: everybody but the new group")
    nisc.require(figures["31", "2"][5] == 1204 - 54, "question 31, option 2: the form alone, less the new group")
    nisc.require(len(earlier.units) == 453 and len(later.units) == 1862, f"units of both waves: {len(earlier.units)}")
