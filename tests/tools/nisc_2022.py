"""The wave `2022` of survey `nisc`: made up from end to end, so that a year can be held against the one before.

Nothing of the real survey of FY2022 is known or claimed: no report of it was read. The form takes over some questions of the
FY2023 report under numbers of its own and changes some of them on purpose; the classification, the external form, its mapping,
the counts and the answers are made up. Used by nisc.py, which has no other way to run it.
"""

from datetime import datetime, timedelta

import nisc

WAVE = "2022"
FORM = "nisc2022"
FINANCE = "finance2022"
SECTORS = "fy2022"
SEED = "shukei nisc 2022"
CONCORDANCE = "2022-2023"
DATASETS = ["data/2022-form.jsonl", "data/2022-finance.jsonl", "data/2022-extra.jsonl"]
MADE_UP = "# MADE UP: nothing here is known of the survey of FY2022, whose questionnaire and figures were not read.\n"

# ---- the classification ---------------------------------------------------------------------------------------------

# Group, field, label, the groups of 2023 that such units would be in, units and invited of each (all made up). A quarter of
# the size of 2023, with the ratio of the two methods kept. There is no payment group: 2023 has it new.
GROUPS = [
    ("telecom", "ict", None, [("telecom", 6)], 8),
    ("broadcast", "ict", ("放送・ケーブルテレビ", "Broadcasting and cable television"), [("broadcasting", 24), ("cabletv", 26)], 70),
    ("finance", "finance", ("金融", "Finance"), [("finance", 164)], 175),
    ("aviation", "aviation", None, [("aviation", 3)], 3),
    ("airports", "airports", None, [("airports", 2)], 3),
    ("railways", "railways", None, [("railways", 5)], 7),
    ("electricity", "electricity", None, [("electricity", 6)], 8),
    ("gas", "gas", None, [("gas", 3)], 5),
    ("government", "government", None, [("government", 178)], 260),
    ("medical", "medical", None, [("medical", 5)], 10),
    ("waterworks", "water", ("水道（給水）", "Water (supply to users)"), [("water", 13)], 18),
    ("bulkwater", "water", ("水道（用水供給）", "Water (bulk supply)"), [("water", 5)], 8),
    ("transport", "logistics", ("運輸", "Transport"), [("logistics", 3)], 5),
    ("chemical", "chemical", None, [("chemical", 2)], 3),
    ("credit", "credit", None, [("credit", 6)], 8),
    ("petroleum", "petroleum", None, [("petroleum", 2)], 3),
]
# What became of them, with the reason; the later group, the earlier ones.
CHANGED_GROUPS = [
    ("broadcasting", ["broadcast"], ("放送・ケーブルテレビを2つに分けた。", "Broadcasting and cable television became two groups.")),
    ("cabletv", ["broadcast"], ("放送・ケーブルテレビを2つに分けた。", "Broadcasting and cable television became two groups.")),
    ("water", ["waterworks", "bulkwater"], ("水道の2つの区分を1つにした。", "The two water groups became one.")),
    ("logistics", ["transport"], ("区分の名称を改めた。", "The group was renamed.")),
    ("payment", [], ("2023年度に新しく加わった区分。", "A group that is new in FY2023.")),
]
CHANGED_ON = "2023-04-01"


def label_of(group, closed):
    """A label of its own, or that of the group of 2023 with the same name."""
    name, _, label, _, _ = group
    return label or nisc.label_of_group(closed, name)


def sectors_yaml(closed):
    like = {group[0]: group for group in nisc.GROUPS}
    lines = [
        nisc.GENERATED.rstrip("\n"), MADE_UP.rstrip("\n"),
        f"sectors: {SECTORS}", "version: 1", "ministry_origin: synthetic", "fields:",
        *[f"  - {{field: {field}, label: {nisc.words(ja, en)}}}" for field, ja, en in nisc.FIELDS],
        "groups:",
    ]
    for group in GROUPS:
        name, field, _, of, _ = group
        lines += [
            f"  - group: {name}",
            f"    field: {field}",
            f"    label: {nisc.words(*label_of(group, closed))}",
            f"    ministry: {nisc.words(*nisc.MINISTRIES[like[of[0][0]][4]])}",
            f"    collected_by: {FINANCE if name == nisc.EXTERNAL else 'form'}",
        ]
    return "\n".join(lines) + "\n"


# ---- the form -------------------------------------------------------------------------------------------------------

# The number in 2023 and the one here. Number 9 is not used, so that nobody takes a made-up question for the printed one.
NUMBERS = {1: 1, 6: 4, 7: 5, 17: 12, 19: 14, 24: 18, 27: 20, 29: 22, 31: 23, 34: 26, 42: 32, 56: 40, 61: 44, 64: 46, 66: 48,
           108: 72, 111: 75, 113: 78}
WORDED_ANEW = {
    17: ("インシデント発生時に、サイバーセキュリティに関するコミュニケーションを行っていますか。",
         "Do you communicate on cybersecurity when an incident has happened?"),
    111: ("クラウドサービスを利用している組織のみお答えください。事業者に求めている対策を選択してください。",
          "Only if you use cloud services: choose the measures that you ask of your providers."),
}
# Options that were others: code here, the label in place of that of 2023 (none: the same), the codes of 2023.
OPTIONS = {
    24: [(1, None, [1]), (2, None, [2]), (3, None, [3]), (4, None, [4]), (5, None, [5]), (6, None, [7]), (7, None, [8]),
         (8, None, [9])],
    61: [(1, None, [1]), (2, None, [2]), (3, None, [3]), (4, None, [4]),
         (5, ("調達・委託時のセキュリティ要求事項の提示", "Security requirements are stated in procurement"), [5]),
         (6, ("契約へのセキュリティ要求事項の明記", "Security requirements are written into contracts"), [5]),
         (7, None, [6]), (8, None, [7]), (9, None, [8]), (10, None, [9])],
    64: [(1, ("コンティンジェンシープランを策定している", "A plan exists"), [1, 2]), (2, None, [3]), (3, None, [4])],
}


def options_of(number, question, closed):
    """(code, label in both languages, flags, whether the words are those of 2023, group)"""
    if number == 1:
        return [(at, label_of(group, closed), {}, False, group[0]) for at, group in enumerate(GROUPS, 1)]
    known = {option["code"]: option for option in nisc.options_of(question)}
    listed = OPTIONS.get(number) or [(code, None, [code]) for code in known]
    return [
        (code, label or (known[of[0]]["ja"], known[of[0]]["en"]), known[of[0]], label is None, None)
        for code, label, of in listed
    ]


def form_yaml(closed):
    lines = [
        nisc.GENERATED.rstrip("\n"), MADE_UP.rstrip("\n"),
        "# `origin: reconstructed`: the words of the FY2023 report, or of our list there, taken over. `origin: synthetic`: changed",
        "# on purpose, so that the years differ.",
        f"form: {FORM}",
        "version: 1",
        f"names: {nisc.words('安全基準等の浸透状況に関する調査 調査票（2022年度・合成）', 'Penetration of safety standards, form of FY2022 (synthetic)')}",
        "sections:",
    ]
    section = None
    for question in closed:
        number = question["number"]
        if number not in NUMBERS:
            continue
        if question["section"] != section:
            section = question["section"]
            name, title = nisc.SECTIONS[section]
            lines += [f"  - section: {name}", f"    title: {nisc.words(section, title)}", "    questions:"]
        text = WORDED_ANEW.get(number)
        lines += [
            f'      - number: "{NUMBERS[number]}"',
            f"        short: {nisc.words(question['title']['ja'], question['title']['en'])}",
            f"        kind: {question['kind']}",
            f"        text: {nisc.words(*(text or (question['text']['ja'], nisc.TEXTS[number])))}",
            f"        origin: {'synthetic' if text else 'reconstructed'}",
        ]
        if number == 1:
            lines.append("        filled_from: group")
        lines.append("        options:")
        for code, label, flags, is_same, group in options_of(number, question, closed):
            parts = [f"code: {code}", f"label: {nisc.words(*label)}", f"origin: {'reconstructed' if is_same else 'synthetic'}"]
            parts += [f"group: {group}"] if group else []
            parts += [f"{flag}: true" for flag in ("exclusive", "other") if flags.get(flag)]
            lines.append(f"          - {{{', '.join(parts)}}}")
    return "\n".join(lines) + "\n"


# ---- the external form and its mapping ------------------------------------------------------------------------------

# The number on the form of 2023 and the one here.
FINANCE_NUMBERS = {"f1": "f1", "f2": "f2", "f3": "f3", "f4": "f4", "f9": "f5"}
PRIORITY = ((1, 1), (2, 2), (3, 2), (4, 3))
OTHERWISE = 4


def finance_form_yaml():
    return nisc.finance_form_yaml(FINANCE, ("外部調査 2022年版（合成）", "External survey, 2022 edition (synthetic)"), FINANCE_NUMBERS)


def mapping_yaml():
    tests_reason = (
        "2022年版が尋ねているのは脆弱性診断の回数だけである。他の評価は尋ねていない。",
        "The 2022 edition asks only how many vulnerability tests there were, not about other evaluations.",
    )
    aims_reason = (
        "2022年版はリスク評価の有無を尋ねていないため、目的の回答から優先順で読み替える。",
        "The 2022 edition does not ask whether risks are assessed; the aims are read by priority instead.",
    )
    unmapped = [
        ("f1", 9, ("CSIRT等に当たるか判断できない。", "Whether this amounts to a CSIRT cannot be told.")),
        ("f2", 8, nisc.NOT_APPLICABLE),
    ]
    order = ", ".join(f"{{code: {code}, to: {to}}}" for code, to in PRIORITY)
    lines = [
        nisc.GENERATED.rstrip("\n"), MADE_UP.rstrip("\n"),
        f"mapping: {FINANCE}", "version: 1",
        f"names: {nisc.words('外部調査 2022年版（合成）からの読み替え', 'Reading across from the external survey, 2022 edition (synthetic)')}",
        f"organisation: {nisc.words('外部調査機関（合成）', 'External survey body (synthetic)')}",
        'reference_date: "2022-03-31"', "method: external",
        f"source: {{form: {FINANCE}, version: 1}}", f"target: {{form: {FORM}, version: 1}}",
        'signed_off: {by: "読み替え担当（合成・架空） / mapping officer (synthetic, made up)", on: "2023-02-01"}',
        f"exclusion_note: {nisc.words('金融分野を除く', 'without finance')}",
        "questions:",
        f'  - question: "{NUMBERS[24]}"', f"    reason: {nisc.words(*nisc.POSTS_REASON)}", "    options:",
        "      - option: 2", f"        reason: {nisc.words(*nisc.CSIRT_REASON)}",
        "        any: [{question: f1, codes: [1, 2]}, {question: f2, codes: [1, 2]}]",
        f'  - question: "{NUMBERS[31]}"', f"    reason: {nisc.words(*tests_reason)}", "    options:",
        "      - option: 1", f"        reason: {nisc.words(*nisc.EVALUATION_RULES[0][2:])}",
        f"        {nisc.EVALUATION_RULES[0][1]}",
        f'  - question: "{NUMBERS[42]}"', f"    reason: {nisc.words(*aims_reason)}",
        "    from: f5", f"    priority: [{order}]", f"    otherwise: {OTHERWISE}",
        "unmapped:",
        *[f"  - {{question: {question}, code: {code}, reason: {nisc.words(*reason)}}}" for question, code, reason in unmapped],
    ]
    return "\n".join(lines) + "\n"


# ---- what corresponds to what ---------------------------------------------------------------------------------------

NOTE = (
    "指針は2023年7月4日に改定された。2022年度は改定前の指針の下での調査である。",
    "The guideline was revised on 2023-07-04; FY2022 was asked under the edition before.",
)
RENUMBERED = ("設問番号だけが変わった。", "Only the number changed.")
GRADES = {
    17: ("changed", ("2022年度はインシデント発生時だけを尋ねた。", "FY2022 asked about the time of an incident only.")),
    19: ("changed", ("改定後の指針が組織統治を新たに求めた後の回答である。", "Answered after the revised guideline asked for organisational governance.")),
    42: ("changed", ("外部調査の読み替え規則が変わった（目的の優先順から、進んでいない方の回答へ）。",
                     "The rule that reads the external survey across is another: aims by priority became the less advanced of two answers.")),
    111: ("break", ("2022年度はクラウド利用者だけに、事業者に求める対策を尋ねた。",
                    "FY2022 asked users of cloud services only, and about measures of their providers.")),
}
OPTION_REASONS = {
    1: ("区分の分割・統合・新設による。", "By the groups that were split, merged or are new."),
    24: ("設問番号と選択肢の番号が変わった。制御システムの担当は2023年度に加わった。",
         "Numbers of the question and of its options changed; the officer for control systems is new."),
    61: ("2つの選択肢が1つになった。", "Two options became one."),
    64: ("1つの選択肢が、サイバー攻撃への備えの有無で2つに分かれた。", "One option became two, by whether cyber attacks are provided for."),
}


def pairs_of(number, closed):
    """What options of 2023 together are what options of 2022 together; an empty side has no counterpart."""
    if number == 1:
        codes = {group[0]: at for at, group in enumerate(GROUPS, 1)}
        were = {later: earlier for later, earlier, _ in CHANGED_GROUPS}
        joined = {}
        for at, group in enumerate(nisc.GROUP_IDS, 1):
            earlier = tuple(codes[name] for name in were.get(group, [group]))
            joined.setdefault(earlier, []).append(at)
        return [(later, list(earlier)) for earlier, later in joined.items()]
    if number not in OPTIONS:
        return []
    joined = {}
    for code, _, of in OPTIONS[number]:
        joined.setdefault(tuple(of), []).append(code)
    pairs = [(list(later), earlier) for later, earlier in joined.items()]
    question = next(question for question in closed if question["number"] == number)
    reached = {code for later, _ in pairs for code in later}
    return pairs + [([option["code"]], []) for option in nisc.options_of(question) if option["code"] not in reached]


def concordance_yaml(closed):
    lines = [
        nisc.GENERATED.rstrip("\n"), MADE_UP.rstrip("\n"),
        f'concordance: "{CONCORDANCE}"', f'from: "{WAVE}"', f'to: "{nisc.WAVE}"', f"note: {nisc.words(*NOTE)}", "questions:",
    ]
    for number, was in NUMBERS.items():
        grade, reason = GRADES.get(number) or ("same", OPTION_REASONS.get(number, RENUMBERED))
        lines += [f'  - question: "{number}"', f'    was: "{was}"', f"    grade: {grade}", f"    reason: {nisc.words(*reason)}"]
        if pairs := pairs_of(number, closed):
            lines += ["    options:", *[f"      - {{options: {later}, were: {earlier}}}" for later, earlier in pairs]]
    lines.append("groups:")
    for group, were, reason in CHANGED_GROUPS:
        lines.append(f'  - {{group: {group}, were: [{", ".join(were)}], since: "{CHANGED_ON}", reason: {nisc.words(*reason)}}}')
    return "\n".join(lines) + "\n"


# ---- answers --------------------------------------------------------------------------------------------------------


def make_units(closed):
    """The units with the group of 2022 and answers under numbers and codes of 2022."""
    units = []
    for name, _, _, like, _ in GROUPS:
        number = 0
        for group, count in like:
            for _ in range(count):
                number += 1
                unit = nisc.Unit(f"syn-{name}-{number:04}", group, SEED)
                unit.maturity = max(0.05, unit.maturity - 0.08)
                if group == nisc.EXTERNAL:
                    nisc.answer_finance(unit)
                    finance_answers(unit)
                else:
                    nisc.answer_form(unit, closed)
                    form_answers(unit)
                unit.group = name
                units.append(unit)
    return units


def form_answers(unit):
    answers = {}
    for number, was in NUMBERS.items():
        if number not in unit.answers:
            continue
        given = unit.answers[number]
        if number == 24 and 2 not in given and unit.chance(0.55):
            # The figures of 2023 are set by hand and high; without this the year would look like a leap.
            given = sorted(set(given) - {9} | {2})
        for_code = {}
        for code, _, of in OPTIONS.get(number, []):
            for later in of:
                for_code.setdefault(later, []).append(code)
        if number == 111 and 11 in given:
            continue  # Not asked of those without cloud services; the form knows no routing, so it is left blank.
        if not for_code:
            answers[was] = given
        elif isinstance(given, int):
            answers[was] = for_code[given][0]
        else:
            marks = []
            for code in given:
                places = for_code.get(code, [])
                if len(places) == 2:
                    places = [places, places[:1], places[1:]][unit.weighted([40, 35, 25])]
                marks += places
            # Whoever had marked nothing else marked the last option, "none", had the other not been on offer.
            answers[was] = marks or [OPTIONS[number][-1][0]]
    unit.answers = answers


def finance_answers(unit):
    m = unit.maturity
    if not unit.chance(0.02):
        unit.answers["f1"] = [code for code, share in ((1, 0.3 + 0.5 * m), (2, 0.4)) if unit.chance(share)]
        unit.answers["f2"] = [code for code, share in ((1, 0.1 + 0.2 * m), (2, 0.1)) if unit.chance(share)]
    unit.answers = {FINANCE_NUMBERS[number]: given for number, given in unit.answers.items() if number in FINANCE_NUMBERS}


def play(units):
    """The lines of the three files: what everybody sent first, and a few marked events that come after."""

    def record(unit, answers, at):
        made = nisc.submission(unit, answers, at) | {"wave": WAVE}
        return made | ({"form": FINANCE, "mapping": FINANCE} if unit.group == nisc.EXTERNAL else {"form": FORM})

    def event(number, unit, answers, note):
        at = datetime(2022, 12, 19, 9, 0, tzinfo=nisc.JST) + timedelta(minutes=17 * number)
        data = record(unit, answers or {}, at) | {"revision": 1, "synthetic_note": note}
        if answers is None:
            data = {key: data[key] for key in ("survey", "wave", "respondent", "group", "revision", "synthetic_note")}
        return nisc.compact({
            "specversion": "1.0", "id": f"syn-2022-{number:04}", "source": nisc.OFFICE,
            "type": "submission.received" if answers is not None else "submission.withdrawn",
            "time": at.isoformat(timespec="seconds"), "datacontenttype": "application/json", "data": data,
        })

    mended = next(unit for unit in units if unit.group == "government" and 2 in unit.answers.get(18, []))
    stranger = nisc.Unit("syn-extra-2022", "gas", SEED)
    stranger.answers = mended.answers
    form, finance = [], []
    for unit in units:
        if unit.group == nisc.EXTERNAL:
            at = datetime(2023, 1, 23, 10, 0, tzinfo=nisc.JST) + timedelta(seconds=len(finance))
            finance.append(nisc.compact(record(unit, unit.answers, at)))
        else:
            at = datetime(2022, 11, 1, 9, 0, tzinfo=nisc.JST) + timedelta(seconds=int(unit.random() * 40 * 86400))
            answers = unit.answers | {18: [8]} if unit is mended else unit.answers
            form.append((at, unit.respondent, nisc.compact(record(unit, answers, at))))
    correction = event(1, mended, mended.answers, "correction: a later revision with changed answers; counts")
    extra = [
        correction,
        correction,
        event(2, stranger, stranger.answers, "sent by mistake for the wrong group, withdrawn next; does not count"),
        event(3, stranger, None, "withdrawal for good"),
    ]
    return [line for *_, line in sorted(form)], finance, extra


def files(closed):
    """Path in the survey's folder -> text."""
    made = {
        f"sectors/{SECTORS}.yaml": sectors_yaml(closed),
        f"forms/{FORM}.yaml": form_yaml(closed),
        f"forms/{FINANCE}.yaml": finance_form_yaml(),
        f"mappings/{FINANCE}.yaml": mapping_yaml(),
        f"concordances/{CONCORDANCE}.yaml": concordance_yaml(closed),
        f"frame/{WAVE}.csv": nisc.csv_text(["group", "invited"], [(group[0], group[4]) for group in GROUPS]),
        f"data/groups-{WAVE}.csv": nisc.csv_text(
            ["group", "answers"], [(group[0], sum(count for _, count in group[3])) for group in GROUPS]
        ),
    }
    for path, lines in zip(DATASETS, play(make_units(closed))):
        made[path] = "".join(line + "\n" for line in lines)
    return made
