"""Makes the shipped survey `nisc` and the figures that its tests compare with from the folder of the questionnaire.

    python3 tests/tools/nisc.py --source FOLDER [--check] [--out DIR] [--figures DIR]

FOLDER holds questionnaire-2023.yaml and the report that it was read from (report-fy2023.txt). Everything written here is
committed, so the folder is needed only to make the files again; --check makes them in memory and exits 1 when a committed
file differs. Needs PyYAML, and nothing else outside the standard library.

Wording and counts per group are the report's; every answer is made up here by a seeded generator. Before anything is
written or compared, the files are read back and counted by rules as plain as possible, which share no code with the
generator: wording against the report, units per group, the external mapping, and the figures of expected-2023.csv.
"""

import argparse
import csv
import io
import json
import random
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SURVEY = "nisc"
WAVE = "2023"
FORM = "nisc2023"
FINANCE = "finance2023"
SEED = "shukei nisc 2023"
GENERATED = "# Made by tests/tools/nisc.py from the questionnaire of the FY2023 report; change the script, not this file.\n"
DATASETS = ["data/2023-form.jsonl", "data/2023-finance.jsonl", "data/2023-extra.jsonl"]
LINES_MAX_BYTES = 1_400_000

# The hand-checked figures of facts.md, section 10, hold in the made-up answers: so many of the office's form and of the
# external survey have a CSIRT, and so many of the form choose the option of question 31 that bias is shown with.
CSIRT_FORM, CSIRT_FINANCE = 1000, 600
SELF_ASSESSMENT_FORM = 602


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--source", type=Path, required=True)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--out", type=Path, default=ROOT / "schemas/surveys")
    arguments.add_argument("--figures", type=Path, default=ROOT / "tests/data")
    options = arguments.parse_args()

    made = make(options.source)
    files = {options.out / SURVEY / path: text for path, text in made["survey"].items()}
    files |= {options.figures / SURVEY / path: text for path, text in made["figures"].items()}
    different = [path for path, text in files.items() if not path.is_file() or path.read_bytes() != text.encode()]
    if options.check:
        for path in different:
            print(f"differs from what {options.source.name} gives: {path}")
        sys.exit(1 if different else 0)
    for path in different:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[path].encode())
    print(f"{len(files)} files, {len(different)} written")


def make(source):
    """All files as path -> text, by the folder that they belong to, checked."""
    # They import this file; nothing of theirs may be needed while it is read.
    import nisc_2022
    import nisc_changes

    questionnaire = yaml.safe_load((source / "questionnaire-2023.yaml").read_text(encoding="utf-8"))
    report = (source / "report-fy2023.txt").read_text(encoding="utf-8")
    closed = [question for question in questionnaire["questions"] if question["kind"] in ("single", "multiple")]

    survey = {
        "survey.yaml": survey_yaml(questionnaire["survey"]),
        "sectors/fy2023.yaml": sectors_yaml(closed),
        f"forms/{FORM}.yaml": form_yaml(closed),
        f"forms/{FINANCE}.yaml": finance_form_yaml(),
        f"mappings/{FINANCE}.yaml": mapping_yaml(),
        "data/groups-2023.csv": csv_text(["group", "answers"], groups_table(closed)),
        f"frame/{WAVE}.csv": csv_text(["group", "invited"], [(group[0], group[5]) for group in GROUPS]),
        "data/README.md": DATA_README,
    }
    units = make_units(closed)
    form_lines, finance_lines, extra_lines = play(units)
    for path, lines in zip(DATASETS, (form_lines, finance_lines, extra_lines)):
        survey[path] = "".join(line + "\n" for line in lines)

    survey |= nisc_2022.files(closed)

    expected = verify(survey, questionnaire, closed, report)
    figures = {
        f"expected-{WAVE}.csv": csv_text(["question", "option", "count", "base"], expected),
        "changes-2022-2023.csv": csv_text(nisc_changes.HEADER, nisc_changes.recount(survey)),
        "README.md": FIGURES_README,
    }
    return {"survey": survey, "figures": figures}


# ---- groups (facts.md 1.3) ------------------------------------------------------------------------------------------

FIELDS = [
    ("ict", "情報通信", "Information and communications"),
    ("finance", "金融", "Finance"),
    ("aviation", "航空", "Aviation"),
    ("airports", "空港", "Airports"),
    ("railways", "鉄道", "Railways"),
    ("electricity", "電力", "Electricity"),
    ("gas", "ガス", "Gas"),
    ("government", "政府・行政サービス", "Government and administrative services"),
    ("medical", "医療", "Medical"),
    ("water", "水道", "Water"),
    ("logistics", "物流", "Logistics"),
    ("chemical", "化学", "Chemical"),
    ("credit", "クレジット", "Credit"),
    ("petroleum", "石油", "Petroleum"),
]

MINISTRIES = {
    "mic": ("総務省", "Ministry of Internal Affairs and Communications"),
    "fsa": ("金融庁", "Financial Services Agency"),
    "mlit": ("国土交通省", "Ministry of Land, Infrastructure, Transport and Tourism"),
    "meti": ("経済産業省", "Ministry of Economy, Trade and Industry"),
    "mhlw": ("厚生労働省", "Ministry of Health, Labour and Welfare"),
}

# Group, field, target as printed, its translation, ministry at the reference date, invited (made up), maturity and the
# share with a control system (for the generator). In the order of question 1, whose option texts are the labels.
GROUPS = [
    ("telecom", "ict", "主要な電気通信事業者", "Major telecommunications carriers", "mic", 30, 0.62, 0.3),
    ("broadcasting", "ict", "主要な地上基幹放送事業者", "Major terrestrial broadcasters", "mic", 120, 0.52, 0.3),
    ("cabletv", "ict", "主要なケーブルテレビ事業者", "Major cable television operators", "mic", 150, 0.42, 0.2),
    ("finance", "finance", "銀行等、生命保険、損害保険、証券会社",
     "Banks and the like, life insurers, non-life insurers, securities firms", "fsa", 700, 0.66, 0.0),
    ("payment", "finance", "主要な資金決済事業者", "Major payment service providers", "fsa", 80, 0.60, 0.05),
    ("aviation", "aviation", "主たる定期航空運送事業者", "Principal scheduled air carriers", "mlit", 10, 0.74, 0.6),
    ("airports", "airports", "主要な空港・空港ビル事業者", "Major airport and terminal operators", "mlit", 10, 0.60, 0.8),
    ("railways", "railways", "大手民間鉄道事業者の主要な鉄道事業者",
     "Printed: major railway operators of the large private railway operators", "mlit", 25, 0.66, 0.9),
    ("electricity", "electricity", "一般送配電事業者、主要な発電事業者",
     "General transmission and distribution operators, major generators", "meti", 30, 0.76, 1.0),
    ("gas", "gas", "主要なガス事業者", "Major gas utilities", "meti", 20, 0.70, 1.0),
    ("government", "government", "都道府県及び市区町村", "Prefectures and municipalities", "mic", 1000, 0.50, 0.35),
    ("medical", "medical", "医療情報システムを導入している主要な事業者",
     "Major operators that use medical information systems", "mhlw", 40, 0.44, 0.2),
    ("water", "water", "主要な水道事業者及び水道用水供給事業者", "Major water utilities and bulk water suppliers", "mhlw", 100, 0.48, 0.95),
    ("logistics", "logistics", "大手物流事業者", "Large logistics operators", "mlit", 20, 0.62, 0.4),
    ("chemical", "chemical", "主要な石油化学事業者", "Major petrochemical producers", "meti", 10, 0.66, 1.0),
    ("credit", "credit", "主要なクレジットカード会社、主要な決済代行業者、指定信用情報機関等",
     "Major credit card companies, major payment agents, designated credit bureaus and the like", "meti", 30, 0.70, 0.0),
    ("petroleum", "petroleum", "主要な石油精製・元売事業者", "Major oil refiners and distributors", "meti", 10, 0.72, 1.0),
]
GROUP_IDS = [group[0] for group in GROUPS]
EXTERNAL = "finance"


def label_of_group(closed, group):
    option = closed[0]["options"][GROUP_IDS.index(group)]
    return option["ja"], option["en"]


def groups_table(closed):
    answers = [option["respondents_fy2023"] for option in closed[0]["options"]]
    return [(group[0], count) for group, count in zip(GROUPS, answers)]


# ---- wording that the questionnaire has in Japanese only ------------------------------------------------------------

SECTIONS = {
    "基礎情報": ("base", "Base information"),
    "組織統治": ("governance", "Organisational governance"),
    "リスクマネジメント": ("risk", "Risk management"),
    "組織的対策": ("organisational", "Organisational measures"),
    "人的対策": ("people", "People"),
    "物理的対策": ("physical", "Physical measures"),
    "技術的対策": ("technical", "Technical measures"),
    "管理策の内規整備": ("rules", "Internal rules for the controls"),
    "動向を踏まえた対策": ("trends", "Measures in view of trends"),
    "継続的な見直し": ("review", "Continual review"),
}

# Translations are ours; the report is in Japanese only.
TEXTS = {
    1: "Critical infrastructure sector that your company (or organisation) belongs to",
    6: "Number of employees of your company (or organisation)",
    7: "Capital of your company",
    9: "Do the documents that amount to organisational policy (management policy, risk management policy and the like) "
       "include matters of securing the cybersecurity of critical infrastructure?",
    11: "Choose what your cybersecurity policy, drawn up in line with organisational policy, contains.",
    13: "Do you document the cybersecurity requirements placed on your organisation by ministries, customers, suppliers, "
        "contractors and others?",
    15: "Do you know the safety standards that concern your organisation?",
    17: "Do you regularly communicate on cybersecurity risks, incidents and related information?",
    19: "Is cybersecurity risk (*1) recognised as a management risk (*2)?",
    21: "Have you decided which department and which employees are in charge of cybersecurity, and assigned "
        "responsibility and authority to them?",
    23: "Choose the measures that you carry out on assigning responsibility and authority for cybersecurity.",
    24: "Choose everything that is set up in your organisation.",
    27: "Do you feel that the people and the budget needed for cybersecurity are made clear and properly allocated in "
        "your organisation?",
    29: "Do you carry out audits of your organisation's cybersecurity efforts?",
    31: "Choose all security evaluations that your organisation carries out.",
    34: "Have you established criteria for disclosing information when a cybersecurity incident or accident (service "
        "stop, information leak, falsification and the like) happens?",
    36: "Choose everything that triggers a review of your cybersecurity efforts.",
    38: "Have you laid out the external and internal environment of your critical infrastructure service, including the "
        "near future?",
    40: "From the viewpoint of mission assurance, choose which of the following characteristics of your organisation you "
        "have laid out and know.",
    42: "When carrying out cybersecurity efforts, do you carry out a risk assessment (identification, analysis and "
        "evaluation of risks) that aims not only at protecting information but at keeping up the critical infrastructure "
        "service (business continuity)?",
    44: "Choose all risk assessment methods that your organisation uses.",
    46: "Do you carry out risk assessments of cybersecurity regularly?",
    48: "Choose everything that you consult for securing control systems.",
    50: "Choose what your organisation does when it considers security measures.",
    52: "Answer how your organisation deals with individual security measures.",
    54: "Answer about your risk treatment plan for cybersecurity efforts.",
    56: "Answer about the present state of the supply chain of your important systems and functions.",
    59: "Choose all risks of the supply chain that your organisation recognises.",
    61: "Choose all risk mitigation measures that you carry out for risks of your supply chain.",
    64: "Have you drawn up a contingency plan for a failure of the critical infrastructure service?",
    66: "Have you drawn up a business continuity plan for a failure of the critical infrastructure service? And have you "
        "drawn up a business recovery plan?",
    68: "Choose everything that your organisation does for training security staff and raising the awareness of employees.",
    72: "Does your organisation promote the qualification Registered Information Security Specialist among those who work "
        "on security measures?",
    74: "Choose the state of carrying out the risk treatment plan.",
    76: "From the viewpoint of providing the critical infrastructure service safely and continuously, choose all parties "
        "with whom you share information or exchange views.",
    79: "Choose which faults of your information systems you share information on with the ministry in charge and others.",
    81: "Choose all sources of information that your organisation uses.",
    83: "Choose what your organisation practises in information sharing.",
    85: "Answer about the state of your crisis management structure.",
    87: "Choose all exercises and drills on cybersecurity that you carry out or take part in.",
    90: "Choose the measures that you carry out on managing assets, information and data.",
    91: "Choose the measures that you carry out on managing suppliers.",
    92: "Choose the measures that you carry out on security management in operation.",
    93: "Choose the measures that you carry out to defend against malware.",
    94: "Choose the measures that you carry out on backup.",
    95: "Choose the measures that you carry out on log management.",
    96: "Choose the measures that you carry out on managing operational software.",
    97: "Choose the measures that you carry out on vulnerability management.",
    98: "Choose the measures that you carry out on acquiring, developing and maintaining systems.",
    99: "Choose the measures that you carry out on incident management.",
    100: "Choose the measures that you carry out on people and outsourcing.",
    101: "Choose the measures that you carry out on physical and environmental security.",
    102: "Choose the measures that you carry out on account management.",
    103: "Choose the measures that you carry out on access control.",
    104: "Choose the measures that you carry out on cryptography.",
    105: "Choose the measures that you carry out on communication security.",
    106: "Have you compiled as internal rules (procedures, manuals and the like*) the cybersecurity efforts marked as "
         "carried out under organisational measures in the questions above and under people, physical and technical "
         "measures on this answer page?",
    108: "Choose the measures and operating arrangements that you have against ransomware attacks.",
    109: "Choose everything that you check with cloud service providers when your organisation uses cloud services.",
    111: "Choose the operational measures that your organisation takes when it uses cloud services.",
    113: "Choose everything that you review continually to improve your cybersecurity efforts.",
}

# Notes that the report prints under a question, as printed, and their translation.
PRINTED_NOTES = {
    7: "(* Local governments choose 5: none applies.)",
    9: "* Example: \"Damage from threats to cybersecurity is one of the risks that hinder the provision of the service\"; "
       "\"Matters of cybersecurity are included among what risk management covers\"",
    15: "* \"Mandatory standards\" set by the state by law, \"recommended standards\" and \"guidelines\" set by the state "
        "in line with law, cross-industry \"industry standards\" and \"guidelines\" set by industry bodies, and the like",
    19: "*1 What makes uncertain the operation of the information systems needed for the critical infrastructure service, "
        "of control systems using IT, and the like. *2 What may hinder reaching management goals, such as natural "
        "disasters and infectious diseases",
}

# What we say ourselves, told apart by its first word.
OUR_NOTE = ("編注：", "Our note: ")
HEADING = ("短い題名は報告書になく、当方が付けたもの。", "The short title is ours; the report prints none. ")
OUR_NOTES = {
    1: (HEADING[0] + "選択肢は報告書の回答数の表の行見出しによる（調査票の選択肢は画像で、14分野か17区分かは不明）。回答は区分から補う。",
        HEADING[1] + "The options are the row labels of the report's table of answers (the form's own list was a picture; "
        "whether it had 14 or 17 choices is not known). The answer is filled in from the group."),
    6: HEADING,
    7: HEADING,
    13: ("本文の「※」に対する注は報告書に印刷されていない。", "The text carries a mark whose footnote the report does not print."),
    23: (HEADING[0] + "この設問は報告書の目次にない。", HEADING[1] + "The question is missing from the report's contents list."),
    46: ("「定期的実施」は印刷どおり（「に」が抜けていると思われる）。", "Printed with a particle missing; kept as printed."),
    93: ("報告書の目次は「保護」、設問は「防御」。", "The report's contents list and the question use different words."),
    104: ("報告書の目次は「暗号技術」、設問は「暗号」。", "The report's contents list and the question use different words."),
    106: ("本文の「*」に対する注は報告書に印刷されていない。", "The text carries a mark whose footnote the report does not print."),
}
OUR_OPTION_NOTES = {
    (9, 3): ("「組み入れてはいるが」は印刷どおり。文意からは「組み入れてはいないが」と思われる。",
             "Printed as \"is included\"; the sense asks for \"is not included\". Kept as printed."),
    (52, 3): ("「取り決めていますが」は印刷どおり（文体が他と異なる）。", "Printed in another style than the rest; kept as printed."),
}

# The printed notes about the base. They are held against what is computed, and never feed it.
EXCLUDED = ("※金融分野（資金決済以外）を除く", "* Without finance (other than payment)")
PRINTED_BASE = {
    24: ("(※「セキュリティインシデント管理担当 (CSIRT等)」のみ全金融分野を含む)",
         "(* Only \"security incident management (CSIRT or equivalent)\" includes all of finance)"),
    31: ("(※全金融分野を含む)", "(* Includes all of finance)"),
} | {number: EXCLUDED for number in (17, 19, 27, 34, 56, 61, 108, 111, 113)}


# ---- the form -------------------------------------------------------------------------------------------------------


def is_no_answer(option):
    """The report draws no answer as a row of two charts; it is a state, not an option to choose."""
    return bool(option.get("no_answer"))


def options_of(question):
    return [option for option in question["options"] if not is_no_answer(option)]


def origin_of(option):
    """Only wording that the report prints is the report's."""
    return "reconstructed" if "reconstructed" in (option["source"], option.get("label_source")) else "report"


def note_of(question):
    number = question["number"]
    parts = []
    if number in PRINTED_NOTES:
        parts.append((" ".join(note["ja"] for note in question["notes"]), PRINTED_NOTES[number]))
    if number in OUR_NOTES:
        parts.append(tuple(mark + text for mark, text in zip(OUR_NOTE, OUR_NOTES[number])))
    return tuple(" ".join(part[at].strip() for part in parts) for at in (0, 1)) if parts else None


def form_yaml(closed):
    lines = [
        GENERATED.rstrip("\n"),
        "# Texts stand as the report prints them, slips included. `origin: report` means that the wording is printed there;",
        "# `reconstructed` option lists are ours, because the report printed them as pictures. They are not the issuer's",
        "# wording. The English is our translation throughout. Free-text questions, whose numbers the report skips, are left",
        "# out. The sections base, rules and review have no heading in the report.",
        f"form: {FORM}",
        "version: 1",
        f"names: {words('安全基準等の浸透状況に関する調査 調査票（2023年度）', 'Penetration of safety standards, form of FY2023')}",
        "sections:",
    ]
    section = None
    for question in closed:
        number = question["number"]
        if question["section"] != section:
            section = question["section"]
            name, title = SECTIONS[section]
            lines += [f"  - section: {name}", f"    title: {words(section, title)}", "    questions:"]
        lines += [
            f'      - number: "{number}"',
            f"        short: {words(question['title']['ja'], question['title']['en'])}",
            f"        kind: {question['kind']}",
            f"        text: {words(question['text']['ja'], TEXTS[number])}",
        ]
        if number == 1:
            lines.append("        filled_from: group")
        if note := note_of(question):
            lines.append(f"        note: {words(*note)}")
        if number in PRINTED_BASE:
            lines.append(f"        printed_base: {words(*PRINTED_BASE[number])}")
        lines.append("        options:")
        for at, option in enumerate(options_of(question)):
            parts = [f"code: {option['code']}", f"label: {words(option['ja'], option['en'])}", f"origin: {origin_of(option)}"]
            if number == 1:
                parts.append(f"group: {GROUP_IDS[at]}")
            parts += [f"{flag}: true" for flag in ("exclusive", "other") if option.get(flag)]
            if (number, option["code"]) in OUR_OPTION_NOTES:
                note = OUR_OPTION_NOTES[number, option["code"]]
                parts.append(f"note: {words(*(mark + text for mark, text in zip(OUR_NOTE, note)))}")
            lines.append(f"          - {{{', '.join(parts)}}}")
        lines.append(f"        origin: {question['text']['source']}")
    return "\n".join(lines) + "\n"


# ---- the external form and its mapping (both made up) ---------------------------------------------------------------

MARK_ALL = ("（該当するものを全て選択。なければ選択しない）", " (mark all that apply; leave empty if none)")

# number, kind, short, text, options.
FINANCE_QUESTIONS = [
    ("f1", "multiple", ("インシデント対応組織", "Incident response team"),
     ("自社に設けているインシデント対応組織" + MARK_ALL[0], "Incident response teams of your own" + MARK_ALL[1]),
     [(1, "専任の要員を置く常設の組織", "Standing team with full-time staff"),
      (2, "兼任の要員による組織", "Team of part-time staff"),
      (9, "その他の体制", "Some other arrangement")]),
    ("f2", "multiple", ("共同のインシデント対応組織", "Shared incident response team"),
     ("他社と共同で利用しているインシデント対応組織" + MARK_ALL[0],
      "Incident response teams that you share with others" + MARK_ALL[1]),
     [(1, "グループ会社の共同組織", "Team shared inside the group of companies"),
      (2, "業態の共同組織", "Team shared inside the line of business"),
      (8, "該当しない（共同の対象となる業務がない）", "Not applicable (no business that could be shared)")]),
    ("f3", "number", ("脆弱性診断の回数（インターネット接続）", "Vulnerability tests a year (internet-facing)"),
     ("インターネットに接続するシステムに対する脆弱性診断の年間回数",
      "Vulnerability tests a year of systems that face the internet"), None),
    ("f4", "number", ("脆弱性診断の回数（その他）", "Vulnerability tests a year (others)"),
     ("インターネットに接続しないシステムに対する脆弱性診断の年間回数",
      "Vulnerability tests a year of systems that do not face the internet"), None),
    ("f5", "multiple", ("その他の評価", "Other evaluations"),
     ("過去1年間に実施した評価" + MARK_ALL[0], "Evaluations carried out in the past year" + MARK_ALL[1]),
     [(1, "所定の自己評価票による自己評価", "Self-assessment by a given sheet"),
      (2, "自社で作成したチェックリストによる点検", "Check by a list of your own"),
      (3, "外部の専門家による評価", "Evaluation by outside experts"),
      (4, "ISMS認証の取得・維持", "ISMS certification obtained or kept"),
      (5, "その他の認証の取得・維持", "Another certification obtained or kept"),
      (6, "上記以外の評価", "An evaluation other than these"),
      (9, "回答できない", "Cannot be answered")]),
    ("f6", "multiple", ("ペネトレーションテスト", "Penetration tests"),
     ("過去1年間に実施したペネトレーションテスト" + MARK_ALL[0],
      "Penetration tests carried out in the past year" + MARK_ALL[1]),
     [(1, "インターネットに接続するシステムを対象に実施した", "Carried out on systems that face the internet"),
      (2, "インターネットに接続しないシステムを対象に実施した", "Carried out on systems that do not face the internet"),
      (3, "自社に対する脅威情報に基づくシナリオで実施した", "Carried out on a scenario from threat intelligence about yourselves"),
      (4, "独立した攻撃チームが実施した", "Carried out by an independent attack team"),
      (9, "該当しない（対象となるシステムがない）", "Not applicable (no system to test)")]),
    ("f7", "single", ("リスク評価（インターネット接続）", "Risk assessment (internet-facing)"),
     ("インターネットに接続するシステムのリスク評価", "Risk assessment of systems that face the internet"), "risk"),
    ("f8", "single", ("リスク評価（その他）", "Risk assessment (others)"),
     ("インターネットに接続しないシステムのリスク評価", "Risk assessment of systems that do not face the internet"), "risk"),
    ("f9", "multiple", ("リスク評価の目的", "Aims of risk assessment"),
     ("リスク評価の目的" + MARK_ALL[0], "Aims of the risk assessment" + MARK_ALL[1]),
     [(1, "業務の継続", "Business continuity"),
      (2, "情報の保護", "Protection of information"),
      (3, "法令等の遵守", "Compliance"),
      (4, "実施していないが検討している", "Not carried out, but under consideration")]),
]
RISK_SCALE = [
    (1, "業務の継続を目的に含めて実施している", "Carried out, with business continuity among its aims"),
    (2, "情報の保護を目的に定期的に実施している", "Carried out regularly, for protecting information"),
    (3, "情報の保護を目的に導入時等に限り実施している", "Carried out at introduction only, for protecting information"),
    (4, "実施を検討している", "Under consideration"),
    (5, "実施していない", "Not carried out"),
    (9, "該当しない（対象となるシステムがない）", "Not applicable (no such system)"),
]


EXTERNAL_NAMES = ("外部調査（合成）", "External survey (synthetic)")


def finance_form_yaml(form=FINANCE, names=EXTERNAL_NAMES, numbers=None):
    """`numbers`: the questions of an edition that asks fewer, under the numbers that they have there."""
    listed = [question for question in FINANCE_QUESTIONS if numbers is None or question[0] in numbers]
    has_scale = any(question[4] == "risk" for question in listed)
    lines = [
        GENERATED.rstrip("\n"),
        "# MADE UP. No form of another organisation is known; this one is shaped so that a mapping has something to do.",
        f"form: {form}",
        "version: 1",
        f"names: {words(*names)}",
        *(["scales:", "  risk:", *option_lines("    ", RISK_SCALE)] if has_scale else []),
        "sections:",
        "  - section: all",
        f"    title: {words(*names)}",
        "    questions:",
    ]
    for number, kind, short, text, options in listed:
        lines += [
            f"      - number: {numbers[number] if numbers else number}",
            f"        short: {words(*short)}",
            f"        kind: {kind}",
            f"        text: {words(*text)}",
        ]
        if kind == "number":
            lines += ["        decimals: 0", "        min: 0", "        max: 366"]
        elif isinstance(options, str):
            lines.append(f"        scale: {options}")
        else:
            lines += ["        options:", *option_lines("          ", options)]
        lines.append("        origin: synthetic")
    return "\n".join(lines) + "\n"


def option_lines(indent, options):
    return [f"{indent}- {{code: {code}, label: {words(ja, en)}, origin: synthetic}}" for code, ja, en in options]


POSTS_REASON = (
    "外部調査が尋ねているのはCSIRT等の有無だけである。他の役職・担当者は尋ねていない。",
    "The source asks only about a CSIRT or equivalent, not about other posts and officers.",
)
CSIRT_REASON = (
    "自社の組織（専任・兼任）でも共同の組織でも、設置しているものとする。",
    "A team of one's own, full-time or part-time, or one shared with others counts as set up.",
)
EVALUATION_REASON = (
    "外部調査は脆弱性診断、ペネトレーションテスト、その他の評価を尋ねており、全ての選択肢に読み替えられる。",
    "The source asks about vulnerability tests, penetration tests and other evaluations, so every option can be fed.",
)
RISK_REASON = (
    "二度尋ねられたうち、取組の進んでいない方を組織の状態とする。定期的か導入時かは設問42では区別しない。",
    "Asked twice; the less advanced of the two answers is that of the organisation. Regular or at introduction makes no "
    "difference in question 42.",
)

# Target option of question 31, what it is fed by, why.
EVALUATION_RULES = [
    (1, "any: [{question: f3, at_least: 1}, {question: f4, at_least: 1}]",
     "どちらのシステムでも年1回以上の脆弱性診断があれば、実施しているものとする。",
     "One test a year of either kind of system means that vulnerability assessment is carried out."),
    (2, "any: [{question: f6, codes: [1, 2]}]",
     "対象のシステムを問わず、ペネトレーションテストの実施とする。",
     "A penetration test of either kind of system counts."),
    (3, "all: [{question: f6, codes: [3]}, {question: f6, codes: [4]}]",
     "脅威情報に基づくシナリオと独立した攻撃チームの両方があるものに限り、TLPTとする。",
     "Threat-led only where both a scenario from threat intelligence and an independent attack team are there."),
    (4, "any: [{question: f5, codes: [1, 2]}]",
     "自己評価票も自社のチェックリストも自己評価に当たる。",
     "A given sheet and a list of one's own are both self-assessment."),
    (5, "any: [{question: f5, codes: [3]}]",
     "選択肢の意味が一致する。", "The two options mean the same."),
    (6, "any: [{question: f5, codes: [4, 5]}]",
     "ISMSもその他の認証も「認証制度（ISMS等）」に当たる。",
     "ISMS and other certifications both fall under the option."),
    (7, "any: [{question: f5, codes: [6]}]",
     "他の選択肢に当たらない評価はその他とする。", "What fits no other option is other."),
    (8, "none: true",
     "他のどの選択肢にも当たらず、外部調査の全ての回答が分かる場合に限り、実施していないものとする。",
     "Not done only where no other option is chosen and all of the source's answers are known."),
]
RISK_MAP = {1: 1, 2: 2, 3: 2, 4: 3, 5: 4}

NOT_APPLICABLE = ("外部調査の「該当しない」は、無回答でも未実施でもない。",
                  "The source's \"not applicable\" is neither no answer nor not done.")
AIMS = ("設問42は f7 と f8 から読み替える。目的の回答は照合にだけ使い、どの設問にも読み替えない。",
        "Question 42 is read from f7 and f8; the aims are for comparison and feed nothing.")
UNMAPPED = [
    ("f1", 9, ("CSIRT等に当たるか判断できない。", "Whether this amounts to a CSIRT cannot be told.")),
    ("f2", 8, NOT_APPLICABLE),
    ("f5", 9, ("評価の有無が分からない。", "Whether an evaluation was carried out is not known.")),
    ("f6", 9, NOT_APPLICABLE),
    ("f7", 9, NOT_APPLICABLE),
    ("f8", 9, NOT_APPLICABLE),
    *[("f9", code, AIMS) for code in (1, 2, 3, 4)],
]


def mapping_yaml():
    lines = [
        GENERATED.rstrip("\n"),
        "# MADE UP, like the form that it reads: the rules of the real re-reading (読み替え) were not published. What it covers",
        "# follows the report: the CSIRT option of question 24, questions 31 and 42.",
        f"mapping: {FINANCE}",
        "version: 1",
        f"names: {words('外部調査（合成）からの読み替え', 'Reading across from the external survey (synthetic)')}",
        f"organisation: {words('外部調査機関（合成）', 'External survey body (synthetic)')}",
        'reference_date: "2023-03-31"',
        "method: external",
        f"source: {{form: {FINANCE}, version: 1}}",
        f"target: {{form: {FORM}, version: 1}}",
        'signed_off: {by: "読み替え担当（合成・架空） / mapping officer (synthetic, made up)", on: "2024-02-01"}',
        f"exclusion_note: {words('金融分野（資金決済以外）を除く', 'without finance (other than payment)')}",
        "questions:",
        '  - question: "24"',
        f"    reason: {words(*POSTS_REASON)}",
        "    options:",
        "      - option: 2",
        f"        reason: {words(*CSIRT_REASON)}",
        "        any: [{question: f1, codes: [1, 2]}, {question: f2, codes: [1, 2]}]",
        '  - question: "31"',
        f"    reason: {words(*EVALUATION_REASON)}",
        "    options:",
    ]
    for option, rule, ja, en in EVALUATION_RULES:
        lines += [f"      - option: {option}", f"        reason: {words(ja, en)}", f"        {rule}"]
    lines += [
        '  - question: "42"',
        f"    reason: {words(*RISK_REASON)}",
        "    worst: [f7, f8]",
        f"    map: {{{', '.join(f'{code}: {to}' for code, to in RISK_MAP.items())}}}",
        "unmapped:",
        *[f"  - {{question: {question}, code: {code}, reason: {words(*reason)}}}" for question, code, reason in UNMAPPED],
    ]
    return "\n".join(lines) + "\n"


# ---- the other definition files -------------------------------------------------------------------------------------


def survey_yaml(about):
    issuer_en = (
        "Cabinet Secretariat, National center of Incident readiness and Strategy for Cybersecurity (NISC), Critical "
        "Infrastructure Group"
    )
    cited = f"{about['name']['ja']}について［2023年度］（{about['reported_to']}、{about['reported_on']}）"
    source_ja = (
        f"設問と区分ごとの回答数は「{cited}」による。報告書で画像だった選択肢は当方で補ったもの（origin: reconstructed）で、"
        "調査主体の文言ではない。外部調査の調査票と読み替えも当方の作。2022年度の調査回は、設問・区分・回答数まで全て合成であり、"
        "実際の2022年度調査について何も述べるものではない。回答は全て合成であり、実際の回答ではない。"
    )
    source_en = (
        f"Questionnaire and counts per group from the FY2023 report, 「{cited}」. Option lists that the report printed as "
        "pictures are reconstructed by us (origin: reconstructed) and are not the issuer's wording; so are the external "
        "form and its mapping. The wave of FY2022 is made up from end to end, form, groups and counts too, and says nothing of "
        "the real survey of FY2022. ALL ANSWERS ARE SYNTHETIC; nobody gave them."
    )
    return GENERATED + f"""\
survey: {SURVEY}
version: 1
languages: [ja, en]
names: {words(about["name"]["ja"], about["name"]["en"])}
issuer: {words(about["conducted_by"], issuer_en)}
source: {words(source_ja, source_en)}
synthetic: true
unit: respondent_and_group
decimals: 1
rounding: half_away
# The report draws no answer as a row of the charts of questions 9 and 29, in the base; that is done everywhere here.
states:
  no_answer: {{in_base: true, prints: true}}
  invalid: {{in_base: true, prints: true}}
  nothing_marked: {{in_base: true, prints: true}}
published:
  - id: response_rate_{WAVE}
    label: {words("2023年度調査の回答率（報告書による）", "Response rate of the FY2023 survey (from the report)")}
    value: "{about["response_rate_published"].rstrip("%")}"
    unit: percent
    note: {words("分母は報告書に記載なし", "base not stated")}
# The first wave is the one that `demo` plays where none is named.
waves:
  - wave: "{WAVE}"
    names: {words("2023年度（令和5年度）", "FY2023")}
    reference_date: "{about["reference_date"]}"
    sectors: {{sectors: fy2023, version: 1}}
    frame: {{file: frame/{WAVE}.csv}}
    forms: [{{form: {FORM}, version: 1}}]
    mappings: [{{mapping: {FINANCE}, version: 1}}]
    datasets: [{", ".join(DATASETS)}]
    headline: ["24", "31", "42"]
  - wave: "2022"
    names: {words("2022年度（令和4年度、全て合成）", "FY2022 (made up)")}
    sectors: {{sectors: fy2022, version: 1}}
    frame: {{file: frame/2022.csv}}
    forms: [{{form: nisc2022, version: 1}}]
    mappings: [{{mapping: finance2022, version: 1}}]
    datasets: [data/2022-form.jsonl, data/2022-finance.jsonl, data/2022-extra.jsonl]
    headline: ["18", "23", "32"]
"""


def sectors_yaml(closed):
    lines = [
        GENERATED.rstrip("\n"),
        "# Labels and targets stand as the report's table of answers prints them (both kinds of brackets, and the wording of",
        "# the railway row). The ministries in charge at the reference date are not in the report.",
        "sectors: fy2023",
        "version: 1",
        "ministry_origin: not_from_report",
        "fields:",
        *[f"  - {{field: {field}, label: {words(ja, en)}}}" for field, ja, en in FIELDS],
        "groups:",
    ]
    for group, field, target_ja, target_en, ministry, _, _, _ in GROUPS:
        lines += [
            f"  - group: {group}",
            f"    field: {field}",
            f"    label: {words(*label_of_group(closed, group))}",
            f"    target: {words(target_ja, target_en)}",
            f"    ministry: {words(*MINISTRIES[ministry])}",
            f"    collected_by: {FINANCE if group == EXTERNAL else 'form'}",
        ]
    return "\n".join(lines) + "\n"


def words(ja, en):
    """A text in both languages; one string where they are the same, as the definition language has it."""
    return quoted(ja) if ja == en else f"{{ja: {quoted(ja)}, en: {quoted(en)}}}"


def quoted(text):
    """A JSON string is a YAML string: labels such as `None` or `10` never turn into something else."""
    return json.dumps(text, ensure_ascii=False)


# ---- made-up answers ------------------------------------------------------------------------------------------------

# Weights of the options of a single-answer question, in printed order; an operator that does more tends to the front.
SINGLE_WEIGHTS = {
    9: [28, 22, 20, 8, 10, 12],
    13: [38, 30, 16, 16],
    15: [54, 35, 11],
    19: [60, 28, 12],
    21: [61, 28, 11],
    27: [14, 6, 12, 45, 23],
    29: [18, 42, 4, 36],
    34: [54, 26, 20],
    38: [25, 34, 16, 25],
    42: [47, 26, 12, 15],
    46: [45, 25, 30],
    52: [38, 24, 16, 22],
    64: [40, 22, 25, 13],
    66: [28, 12, 30, 22, 8],
    72: [18, 12, 25, 45],
    79: [50, 25, 15, 10],
}
SIZE_WEIGHTS = {  # question 6; others as "company"
    "government": [2, 8, 28, 38, 20, 4],
    "medical": [0, 3, 15, 42, 38, 2],
    "water": [18, 20, 30, 24, 8, 0],
    "cabletv": [34, 32, 28, 6, 0, 0],
    "broadcasting": [10, 34, 42, 12, 2, 0],
    "company": [4, 8, 20, 30, 26, 12],
}
CAPITAL_WEIGHTS = {"water": [4, 3, 4, 12, 77], "medical": [20, 8, 8, 14, 50], "company": [6, 12, 18, 62, 2]}
# How often a multiple-answer option is chosen, where the report's prose says low or the general run would be odd.
CHOSEN = {
    (24, 1): 0.62, (24, 3): 0.22, (24, 5): 0.34, (24, 6): 0.18, (31, 1): 0.66, (31, 2): 0.30, (31, 3): 0.10,
    (31, 6): 0.22, (61, 1): 0.42, (61, 2): 0.46, (61, 3): 0.47, (61, 4): 0.38, (108, 5): 0.36, (108, 7): 0.26,
    (108, 8): 0.14, (113, 1): 0.58, (113, 2): 0.60, (113, 3): 0.44, (113, 4): 0.47,
}
NO_ANSWER = {9: 0.024, 29: 0.027}
NO_ANSWER_ELSE = 0.006


class Unit:
    """A respondent in a group, with the answers that it ends up with."""

    def __init__(self, respondent, group, seed=SEED):
        self.respondent = respondent
        self.group = group
        # One stream a unit: a unit more or less changes nobody else's answers. Only `random()` is drawn from it, whose
        # values are the same in every version of Python.
        self.random = random.Random(f"{seed} {respondent} {group}").random
        level = GROUPS[GROUP_IDS.index(group)][6]
        self.maturity = min(0.95, max(0.05, level + (self.random() + self.random() - 1) * 0.45))
        self.answers = {}

    def weighted(self, weights, lean=0.0):
        """A place in the list; `lean` moves the draw to the front for the mature."""
        at = min(0.999999, max(0.0, self.random() + (0.5 - self.maturity) * lean)) * sum(weights)
        for place, weight in enumerate(weights):
            at -= weight
            if at < 0:
                return place
        return len(weights) - 1

    def chance(self, probability):
        return self.random() < probability


def make_units(closed):
    units = []
    for group, question1 in zip(GROUP_IDS, closed[0]["options"]):
        for number in range(1, question1["respondents_fy2023"] + 1):
            respondent = f"syn-{group}-{number:04}"
            # One city answers for its water utility too, and one bank for its payment business: two units each.
            if number == 1 and group in ("water", "payment"):
                respondent = {"water": "syn-government-0001", "payment": "syn-finance-0001"}[group]
            units.append(Unit(respondent, group))
    for unit in units:
        if unit.group == EXTERNAL:
            answer_finance(unit)
        else:
            answer_form(unit, closed)
    settle_counts(units)
    return units


def answer_form(unit, closed):
    has_control = unit.chance(GROUPS[GROUP_IDS.index(unit.group)][7])
    has_cloud = unit.chance(0.86)
    asked = {question["number"]: question for question in closed if question["number"] != 1}
    for number, question in asked.items():
        if unit.chance(NO_ANSWER.get(number, NO_ANSWER_ELSE)) and (unit.group, number) != ("government", 7):
            continue
        if question["kind"] == "single":
            unit.answers[number] = single_answer(unit, number)
        else:
            answer = multiple_answer(unit, question, asked, has_control, has_cloud)
            if answer is not None:
                unit.answers[number] = answer


def single_answer(unit, number):
    if number == 6:
        return unit.weighted(SIZE_WEIGHTS.get(unit.group, SIZE_WEIGHTS["company"])) + 1
    if number == 7:
        # Printed with question 7: local governments choose 5. The city's water utility is one too.
        if unit.respondent.startswith("syn-government"):
            return 5
        return unit.weighted(CAPITAL_WEIGHTS.get(unit.group, CAPITAL_WEIGHTS["company"])) + 1
    if number == 46 and unit.answers.get(42) not in (1, 2):
        return 4
    return unit.weighted(SINGLE_WEIGHTS[number], lean=0.55) + 1


def multiple_answer(unit, question, asked, has_control, has_cloud):
    number = question["number"]
    options = options_of(question)
    nothing = [option["code"] for option in options if option.get("exclusive") and not option.get("not_applicable")]
    not_applicable = [option["code"] for option in options if option.get("not_applicable")]
    if (number == 48 and not has_control) or (number in (109, 111) and not has_cloud):
        return not_applicable
    if number == 44 and unit.answers.get(42) not in (1, 2):
        return [] if unit.chance(0.7) else None
    if number == 74 and unit.answers.get(54) == [7]:
        return [6]
    chosen = []
    for option in options:
        code = option["code"]
        if option.get("exclusive"):
            continue
        usual = 0.03 if option.get("other") else CHOSEN.get((number, code)) or 0.28 + 0.5 * share_of(number, code)
        if number == 106:
            # Only what is done can be compiled as a rule; the topics are questions 90 to 105.
            done = set(unit.answers.get(89 + code, [])) - exclusive_codes(asked[89 + code])
            usual = 0.55 if done else 0.0
        if unit.chance(min(0.97, max(0.0, usual + (unit.maturity - 0.5) * 0.7 * min(1, usual * 3)))):
            chosen.append(code)
    return chosen or nothing


def exclusive_codes(question):
    return {option["code"] for option in question["options"] if option.get("exclusive")}


def share_of(number, code):
    return random.Random(f"{SEED} share {number} {code}").random()


def answer_finance(unit):
    """Answers on the external form; codes that the mapping leaves out are given only in records that do not count."""
    answers = unit.answers
    if not unit.chance(0.01):
        answers["f3"] = unit.weighted([30, 36, 18, 10, 6], lean=-0.7)
        if not unit.chance(0.02):
            answers["f4"] = unit.weighted([62, 24, 9, 5], lean=-0.4)
        m = unit.maturity
        shares = {1: 0.5 + 0.4 * m, 2: 0.2 + 0.3 * m, 3: 0.1 + 0.4 * m, 4: 0.4 * m * m, 5: 0.12 * m, 6: 0.03}
        answers["f5"] = [code for code, share in shares.items() if unit.chance(share * min(1, 0.4 + m))]
        shares = {1: 0.15 + 0.45 * m, 2: 0.05 + 0.2 * m, 3: 0.5 * m * m, 4: 0.45 * m * m}
        answers["f6"] = [code for code, share in shares.items() if unit.chance(share)]
    if not unit.chance(0.008):
        answers["f7"] = unit.weighted([40, 24, 14, 10, 12], lean=0.6) + 1
        answers["f8"] = min(5, max(1, answers["f7"] + unit.weighted([10, 60, 22, 8]) - 1))
        # The aims say the same as the worse of the two answers.
        worst = RISK_MAP[max(answers["f7"], answers["f8"])]
        answers["f9"] = {1: [1], 2: [2], 3: [4], 4: []}[worst]
        answers["f9"] += [code for code in (2, 3) if worst <= 2 and code not in answers["f9"] and unit.chance(0.5)]
        answers["f9"].sort()


def settle_counts(units):
    """Makes the counts of the hand-checked figures exact: those with the highest score are the ones that choose."""

    def ranked(candidates):
        return sorted(candidates, key=lambda unit: (-(unit.maturity + unit.random()), unit.respondent, unit.group))

    form = [unit for unit in units if unit.group != EXTERNAL]
    for number, code, nothing, count in ((24, 2, 9, CSIRT_FORM), (31, 4, 8, SELF_ASSESSMENT_FORM)):
        for place, unit in enumerate(ranked(unit for unit in form if unit.answers.get(number))):
            marks = set(unit.answers[number]) - {code, nothing} | ({code} if place < count else set())
            unit.answers[number] = sorted(marks) or [nothing]

    external = [unit for unit in units if unit.group == EXTERNAL]
    for place, unit in enumerate(ranked(external)):
        if place < CSIRT_FINANCE:
            own = unit.weighted([45, 30, 5, 20])
            unit.answers["f1"] = [[1], [2], [1, 2], []][own]
            shared = unit.weighted([30, 35, 5, 30])
            unit.answers["f2"] = [[1], [2], [1, 2], [1] if own == 3 else []][shared]
            if own == 0 and unit.chance(0.04):
                del unit.answers["f2"]  # Nothing is lost: the first answer says enough.
        else:
            # Most of the rest have none; some gave no answer, a few none to the half that would have decided.
            left = unit.weighted([80, 12, 8])
            if left == 0:
                unit.answers |= {"f1": [], "f2": []}
            elif left == 2:
                unit.answers["f2"] = []


# ---- the events -----------------------------------------------------------------------------------------------------

JST = timezone(timedelta(hours=9))
OFFICE, EXTERNAL_BODY = "urn:synthetic:nisc:office", "urn:synthetic:nisc:external-body"


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def submission(unit, answers, submitted_at):
    record = {"survey": SURVEY, "wave": WAVE, "respondent": unit.respondent, "group": unit.group}
    if unit.group == EXTERNAL:
        record |= {"form": FINANCE, "mapping": FINANCE, "method": "external"}
    else:
        record |= {"form": FORM, "method": "form"}
    ordered = sorted(answers, key=lambda number: (len(str(number)), str(number)))
    return record | {
        "submitted_at": submitted_at.isoformat(timespec="seconds"),
        "answers": {str(number): answers[number] for number in ordered},
    }


def play(units):
    """The lines of the three files: what everybody sent first, and the marked events that come after."""
    extra = Extra(units)
    tell_stories(extra)
    form, finance = [], []
    for unit in units:
        answers = extra.first.get((unit.respondent, unit.group), unit.answers)
        if unit.group == EXTERNAL:
            at = datetime(2024, 1, 22, 10, 0, tzinfo=JST) + timedelta(seconds=len(finance))
            finance.append(compact(submission(unit, answers, at)))
        else:
            at = datetime(2023, 11, 1, 9, 0, tzinfo=JST) + timedelta(seconds=int(unit.random() * 40 * 86400))
            form.append((at, unit.respondent, unit.group, compact(submission(unit, answers, at))))
    return [line for *_, line in sorted(form)], finance, extra.lines


class Extra:
    """The marked events, in order of arrival."""

    def __init__(self, units):
        self.units = units
        self.used = set()
        self.first = {}
        self.lines = []
        self.ids = 0

    def unit(self, group, fits=lambda unit: True):
        """The next unit of the group that no story is told of yet."""
        for unit in self.units:
            key = (unit.respondent, unit.group)
            if unit.group == group and key not in self.used and not unit.respondent.endswith("-0001") and fits(unit):
                self.used.add(key)
                return unit
        raise AssertionError(f"no unit left in {group}")

    def stranger(self, name, group, like):
        """A respondent that stands in no other file, with somebody's answers."""
        unit = Unit(f"syn-extra-{name}", group)
        unit.answers = dict(like.answers)
        return unit

    def starts_with(self, unit, answers):
        self.first[unit.respondent, unit.group] = answers

    def event(self, unit, answers, note, *, revision=None, event_id=None, change=None, event_type="submission.received"):
        """Adds an event; `answers` None is a withdrawal. `change` may spoil the data. Gives the line back."""
        self.ids += 1
        start = datetime(2023, 12, 18, 9, 0, tzinfo=JST)
        if unit.group == EXTERNAL:
            start = datetime(2024, 2, 5, 9, 0, tzinfo=JST)
        at = start + timedelta(minutes=17 * self.ids)
        data = submission(unit, answers or {}, at)
        if answers is None:
            event_type = "submission.withdrawn"
            data = {key: data[key] for key in ("survey", "wave", "respondent", "group")}
        if revision is not None:
            data["revision"] = revision
        data["synthetic_note"] = note
        if change:
            change(data)
        line = compact({
            "specversion": "1.0",
            "id": event_id or f"syn-ev-{self.ids:04}",
            "source": EXTERNAL_BODY if unit.group == EXTERNAL else OFFICE,
            "type": event_type,
            "time": at.isoformat(timespec="seconds"),
            "datacontenttype": "application/json",
            "data": data,
        })
        self.lines.append(line)
        return line

    def again(self, line):
        self.lines.append(line)


def has_csirt(unit):
    return 2 in unit.answers.get(24, []) and len(unit.answers[24]) > 1 and 19 in unit.answers


def without_csirt(answers):
    """What an operator sends first and mends later: question 24 without the CSIRT, question 19 one step off."""
    return answers | {24: [code for code in answers[24] if code != 2], 19: answers[19] % 3 + 1}


def other_plan(answers):
    """Another answer of the same operator, to tell later revisions apart."""
    return answers | {64: answers.get(64, 1) % 4 + 1}


def tell_stories(extra):
    """Whatever is told here, every unit ends up with its own answers, and strangers with nothing."""
    for group in ("telecom", "government", "water", "electricity"):
        unit = extra.unit(group, has_csirt)
        extra.starts_with(unit, without_csirt(unit.answers))
        extra.event(unit, unit.answers, "correction: a later revision with changed answers; counts", revision=1)

    for group in ("government", "medical"):
        unit = extra.unit(group, has_csirt)
        extra.starts_with(unit, without_csirt(unit.answers))
        line = extra.event(unit, unit.answers, "correction, sent twice with the same bytes; counts once", revision=1)
        extra.again(line)

    unit = extra.unit("credit", has_csirt)
    extra.starts_with(unit, without_csirt(unit.answers))
    early = extra.event(unit, other_plan(unit.answers), "first correction; superseded; its resend comes last", revision=1)
    extra.event(unit, unit.answers, "second correction; counts, though the first is resent after it", revision=2)
    extra.again(early)

    unit = extra.unit("railways", has_csirt)
    extra.starts_with(unit, without_csirt(unit.answers))
    extra.event(unit, unit.answers, "correction of revision 2, arriving before revision 1; counts", revision=2)
    extra.event(unit, other_plan(unit.answers), "correction of revision 1, arriving after revision 2; superseded", revision=1)

    for group in ("gas", "government"):
        unit = extra.unit(group, has_csirt)
        extra.starts_with(unit, without_csirt(unit.answers))
        extra.event(unit, None, "withdrawal, followed by a new submission", revision=1)
        extra.event(unit, unit.answers, "new submission after a withdrawal, with a higher revision; counts", revision=2)

    unit = extra.unit("cabletv")
    extra.event(unit, other_plan(unit.answers), "B of A, B, A: other answers without a revision; superseded")
    extra.event(unit, unit.answers, "A of A, B, A: the first answers again as a new event; counts")

    unit = extra.unit("broadcasting", has_csirt)
    extra.starts_with(unit, without_csirt(unit.answers))
    extra.event(unit, other_plan(unit.answers), "id used twice: first bytes; superseded", event_id="syn-ev-reused")
    extra.event(unit, unit.answers, "id used twice: other bytes under the same id; counts", event_id="syn-ev-reused")

    like = extra.unit("water")
    unit = extra.stranger("0001", "gas", like)
    extra.event(unit, unit.answers, "sent by mistake for the wrong group, withdrawn next; does not count")
    extra.event(unit, None, "withdrawal for good", revision=1)

    unit = extra.unit(EXTERNAL, lambda unit: "f7" in unit.answers and "f1" in unit.answers)
    extra.starts_with(unit, unit.answers | {"f1": [9], "f2": [8], "f7": 9})
    extra.event(unit, unit.answers, "external correction; the first record held codes that the mapping leaves out; counts", revision=1)
    unit = extra.unit(EXTERNAL, lambda unit: unit.answers.get("f3"))
    extra.starts_with(unit, unit.answers | {"f3": 0, "f4": 0})
    extra.event(unit, unit.answers, "external correction of a number; counts", revision=1)
    unit = extra.unit(EXTERNAL)
    extra.event(unit, None, "external withdrawal, followed by a new submission", revision=1)
    extra.event(unit, unit.answers, "external submission after a withdrawal; counts", revision=2)

    bad_records(extra)


def bad_records(extra):
    """What cannot be read or attributed stands alone; a bad answer is mended, or its unit is withdrawn, later on."""
    like = extra.unit("telecom")

    def stranger(number):
        return extra.stranger(number, "telecom", like)

    for number in ("0002", "0003"):
        unit = stranger(number)
        whole = extra.event(unit, unit.answers, "cut")
        extra.lines[-1] = whole[: len(whole) * 3 // 5]
    for number, key, value in (
        ("0004", "survey", "nics"), ("0005", "wave", "2032"), ("0006", "form", "nisc2032"), ("0007", "respondent", ""),
    ):
        unit = stranger(number)
        note = f"bad record: {'no' if value == '' else 'unknown'} {key}; rejected"
        extra.event(unit, unit.answers, note, change=lambda data, key=key, value=value: data.update({key: value}))

    for group, number, answer, what in (
        ("government", 21, [1, 2], "two marks in a single-answer question"),
        ("logistics", 15, 7, "an option that the form does not have"),
    ):
        unit = extra.unit(group, lambda unit, number=number: number in unit.answers)
        extra.event(unit, unit.answers | {number: answer}, f"bad answer: {what}; corrected later", revision=1)
        extra.event(unit, unit.answers, f"correction of a bad answer ({what}); counts", revision=2)

    unit = stranger("0008")
    spoiled = unit.answers | {31: [1, 8]}
    extra.event(unit, spoiled, "bad answer: an exclusive option with others; withdrawn next; does not count")
    extra.event(unit, None, "withdrawal of a record with a bad answer", revision=1)

    unit = extra.stranger("0009", "telecom", like)
    unit.group = "ports"
    extra.event(unit, unit.answers, "bad record: a group that the wave does not have; withdrawn next; does not count")
    extra.event(unit, None, "withdrawal of a record of an unknown group", revision=1)


# ---- the recount ----------------------------------------------------------------------------------------------------

IN_BASE = ("answered", "no_answer", "invalid", "nothing_marked")


def verify(files, questionnaire, closed, report):
    """Reads the files back and holds them against the report and against each other; gives the expected figures."""
    texts = {path: yaml.safe_load(text) for path, text in files.items() if path.endswith(".yaml")}
    form, source = texts[f"forms/{FORM}.yaml"], texts[f"forms/{FINANCE}.yaml"]
    sectors, mapping = texts["sectors/fy2023.yaml"], texts[f"mappings/{FINANCE}.yaml"]
    for path, text in texts.items():
        both_languages(path, text)
    check_wording(form, sectors, closed, report)
    check_sectors(form, sectors)
    questions, source_questions = by_number(form), by_number(source)
    check_mapping(mapping, questions, source_questions)
    require(all(len(files[path].encode()) < LINES_MAX_BYTES for path in DATASETS), "no file of answers is too long")
    require(not any(root in text for text in files.values() for root in ("/home", "/work", "/tmp")), "no machine path")

    counted, rejected = current_units(files, {FORM: form, FINANCE: source})
    known = {"syntax": 2, "survey": 1, "wave": 1, "form": 1, "respondent": 1}
    require(rejected == known, f"rejected are {known}, got {rejected}")
    table = list(csv.DictReader(io.StringIO(files["data/groups-2023.csv"])))
    require([line["group"] for line in table] == [group["group"] for group in sectors["groups"]], "the counts name every group")
    by_group = Counter(data["group"] for data in counted.values())
    require(by_group == {line["group"]: int(line["answers"]) for line in table}, "every group has its units")
    about = questionnaire["survey"]
    require(len(counted) == about["respondents_total"], "the units add up to the report's total")
    ours = [data for data in counted.values() if data["form"] == FORM]
    require(len(ours) == about["respondents_excl_finance_other_than_payment"], "so do the units of the office's form")
    frame = list(csv.DictReader(io.StringIO(files[f"frame/{WAVE}.csv"])))
    require([line["group"] for line in frame] == [line["group"] for line in table], "the frame names every group")
    uninvited = [line["group"] for line, invited in zip(table, frame) if int(invited["invited"]) < int(line["answers"])]
    require(uninvited == [], "nobody answered uninvited")
    for data in ours:
        require(data["group"] != "government" or data["answers"].get("7") == 5, "local governments choose 5 in question 7")

    evaluated = sum(4 in (data["answers"].get("31") or []) for data in ours)
    require(evaluated == SELF_ASSESSMENT_FORM, "as many as facts.md has it choose the option that bias is shown with")
    check_aims(mapping, [data["answers"] for data in counted.values() if data["form"] == FINANCE])
    expected = count(counted.values(), sectors, questions, source_questions, mapping)
    check_bases(expected, questionnaire, closed)
    return expected


def both_languages(path, value):
    if isinstance(value, dict):
        require(not {"ja", "en"} & value.keys() or value.keys() == {"ja", "en"}, f"{path}: {value} is in both languages")
        for inner in value.values():
            require(inner != "", f"{path}: no text is empty")
            both_languages(path, inner)
    elif isinstance(value, list):
        for inner in value:
            both_languages(path, inner)


def in_ja(text):
    return text["ja"] if isinstance(text, dict) else text


def by_number(form):
    questions = {}
    for section in form["sections"]:
        for question in section["questions"]:
            number = question["number"]
            require(isinstance(number, str) and number not in questions, f"{number} is a text and stands once")
            options = question.get("options") or form.get("scales", {}).get(question.get("scale"), [])
            questions[number] = question | {"options": {option["code"]: option for option in options}}
            for language in ("ja", "en"):
                labels = [label if isinstance(label := option["label"], str) else label[language] for option in options]
                require(len(set(labels)) == len(labels), f"{number}: labels are unique")
    return questions


def check_wording(form, sectors, closed, report):
    questions = by_number(form)
    require(list(questions) == [str(question["number"]) for question in closed], "all closed questions, in printed order")
    require(Counter(question["kind"] for question in questions.values()) == {"single": 19, "multiple": 42}, "19 and 42 kinds")
    for printed in closed:
        question = questions[str(printed["number"])]
        require(in_ja(question["text"]) == printed["text"]["ja"], f"{printed['number']}: the text is the questionnaire's")
        require(printed["text"]["source"] != "report" or printed["text"]["ja"] in report, f"{printed['number']}: printed")
        require(question["origin"] == printed["text"]["source"], f"{printed['number']}: the text's origin is kept")
        require(in_ja(question["short"]) == printed["title"]["ja"], f"{printed['number']}: the title is the questionnaire's")
        for note in printed.get("notes", []):
            shown = in_ja(question.get("note", "")) + in_ja(question.get("printed_base", ""))
            require(note["ja"] in report and note["ja"] in shown, f"{printed['number']}: the printed note is shown")
        if "printed_base" in question:
            require(in_ja(question["printed_base"]) in report, f"{printed['number']}: the note about the base is printed")
        listed = [option for option in printed["options"] if option["ja"] != "無回答"]
        require([option["code"] for option in listed] == list(question["options"]), f"{printed['number']}: codes")
        for option in listed:
            ours = question["options"][option["code"]]
            where = f"{printed['number']} option {option['code']}"
            require(in_ja(ours["label"]) == option["ja"], f"{where}: the label is the questionnaire's")
            require(ours["origin"] in ("report", "reconstructed"), f"{where}: has an origin")
            require(ours["origin"] != "report" or option["ja"] in report, f"{where}: said to be printed, and is")
            require(ours["origin"] == "report" or "reconstructed" in option.values(), f"{where}: the origin is kept")
            for flag in ("exclusive", "other"):
                require(ours.get(flag, False) == option.get(flag, False), f"{where}: {flag}")
    for group in sectors["groups"]:
        require(in_ja(group["target"]) in report and in_ja(group["label"]) in report, f"{group['group']} is as printed")


def check_sectors(form, sectors):
    fields = [field["field"] for field in sectors["fields"]]
    groups = [group["group"] for group in sectors["groups"]]
    require(len(set(fields)) == len(fields) == 14 and len(set(groups)) == len(groups) == 17, "14 fields, 17 groups")
    require({group["field"] for group in sectors["groups"]} == set(fields), "every field has a group")
    first = by_number(form)["1"]
    require(first["filled_from"] == "group", "question 1 is filled from the group")
    require([option["group"] for option in first["options"].values()] == groups, "question 1 names every group, in order")
    labels = [option["label"] for option in first["options"].values()]
    require(labels == [group["label"] for group in sectors["groups"]], "labels of groups are those of question 1")


def check_mapping(mapping, questions, source_questions):
    rules = {rule["question"]: rule for rule in mapping["questions"]}
    require(list(rules) == ["24", "31", "42"], "three questions are covered")
    covered = {number: [entry["option"] for entry in rule.get("options", [])] for number, rule in rules.items()}
    require(covered["24"] == [2] and covered["31"] == list(questions["31"]["options"]), "options as the report implies")
    require(set(rules["42"]["map"].values()) == set(questions["42"]["options"]), "every option of 42 can be reached")

    used = set()
    for rule in rules.values():
        require(rule["reason"], f"{rule['question']}: has a reason")
        for entry in rule.get("options", []):
            require(entry["reason"], f"{rule['question']} option {entry['option']}: has a reason")
            require(len({"any", "all", "none"} & entry.keys()) == 1, "one condition an option")
            for condition in entry.get("any", []) + entry.get("all", []):
                used |= {(condition["question"], code) for code in condition.get("codes", ["number"])}
        used |= {(number, code) for number in rule.get("worst", []) for code in rule["map"]}
    unmapped = {(entry["question"], entry["code"]) for entry in mapping["unmapped"]}
    every = set()
    for number, question in source_questions.items():
        every |= {(number, code) for code in question["options"] or ["number"]}
    require(not used & unmapped and used | unmapped == every, f"every source code once: {every ^ (used | unmapped)}")
    require(len(unmapped) == len(mapping["unmapped"]), "no code is left out twice")


def check_aims(mapping, answers):
    """The aims of risk assessment, read by priority, would give question 42 the same answers: a mapping copied for a test
    can swap the one rule for the other."""
    worst = next(rule for rule in mapping["questions"] if rule["question"] == "42")
    for given in answers:
        by_worst = max((worst["map"][given[number]] for number in worst["worst"] if number in given), default=None)
        by_priority = None
        if "f9" in given:
            by_priority = next((to for code, to in ((1, 1), (2, 2), (3, 2), (4, 3)) if code in given["f9"]), 4)
        require(by_worst == by_priority, "aims and risk assessments agree")


def current_units(files, forms, wave=WAVE, paths=DATASETS):
    """(respondent, group) -> the data that counts, and what was rejected. A copy has the same source, id and bytes."""
    rejected, copies, latest = Counter(), set(), {}
    arrival = 0
    for path in paths:
        for line in files[path].splitlines():
            arrival += 1
            try:
                record = json.loads(line)
            except ValueError:
                rejected["syntax"] += 1
                continue
            data, withdrawn = record, False
            if "specversion" in record:
                data, withdrawn = record["data"], record["type"] == "submission.withdrawn"
                require(data["synthetic_note"], "every marked event says what it is")
                key = (record["source"], record["id"], line)
                if key in copies:
                    continue
                copies.add(key)
            wrong = [
                what for what, known in (
                    ("survey", data["survey"] == SURVEY),
                    ("wave", data["wave"] == wave),
                    ("form", withdrawn or data["form"] in forms),
                    ("respondent", data["respondent"] != ""),
                ) if not known
            ]
            if wrong:
                rejected[wrong[0]] += 1
                continue
            unit = (data["respondent"], data["group"])
            order = (data.get("revision", 0), arrival)
            if unit not in latest or latest[unit][0] < order:
                latest[unit] = (order, None if withdrawn else data)
    return {unit: data for unit, (_, data) in latest.items() if data is not None}, rejected


def read_answer(question, given):
    """(state, codes or number) of an answer as it was given."""
    if given is None:
        return "no_answer", None
    if question["kind"] == "number":
        fits = isinstance(given, int) and question["min"] <= given <= question["max"]
        return ("answered", given) if fits else ("invalid", None)
    options = question["options"]
    exclusive = {code for code, option in options.items() if option.get("exclusive")}
    if question["kind"] == "single":
        return ("answered", {given}) if isinstance(given, int) and given in options else ("invalid", None)
    if not isinstance(given, list) or len(set(given)) != len(given) or not set(given) <= options.keys():
        return "invalid", None
    if not given:
        return ("no_answer", None) if exclusive else ("nothing_marked", set())
    if exclusive & set(given) and len(given) > 1:
        return "invalid", None
    return "answered", set(given)


def read_across(mapping, source_questions, answers):
    """Target question -> (state, codes). What is chosen counts; where nothing is and something is not known, neither
    is the question."""
    left_out = {(entry["question"], entry["code"]) for entry in mapping["unmapped"]}
    fed = {condition["question"] for rule in mapping["questions"] for entry in rule.get("options", [])
           for condition in entry.get("any", []) + entry.get("all", [])}
    fed |= {number for rule in mapping["questions"] for number in rule.get("worst", [])}
    source = {}
    for number, question in source_questions.items():
        state, value = read_answer(question, answers.get(number))
        if number in fed and isinstance(value, set):
            # How such an answer reads is for tests with records of their own; the figures here do not hang on it.
            require(not any((number, code) in left_out for code in value), "no unit that counts gave a code left out")
        source[number] = (state, value)

    def holds(condition):
        state, value = source[condition["question"]]
        if state not in ("answered", "nothing_marked"):
            return state
        return value >= condition["at_least"] if "at_least" in condition else bool(value & set(condition["codes"]))

    across = {}
    for rule in mapping["questions"]:
        if "worst" in rule:
            states = [source[number] for number in rule["worst"]]
            unknown = [state for state, _ in states if state != "answered"]
            require(len(unknown) in (0, len(states)), "both or neither of the questions asked twice are answered")
            if unknown:
                across[rule["question"]] = (unknown[0], set())
            else:
                across[rule["question"]] = ("answered", {max(rule["map"][code] for _, codes in states for code in codes)})
            continue
        chosen, unknown, none = set(), [], None
        for entry in rule["options"]:
            if entry.get("none"):
                none = entry["option"]
                continue
            results = [holds(condition) for condition in entry.get("any") or entry["all"]]
            settled = "any" in entry
            if any(result is settled for result in results):
                result = settled
            else:
                result = next((result for result in results if isinstance(result, str)), not settled)
            if result is True:
                chosen.add(entry["option"])
            elif result is not False:
                unknown.append(result)
        if not chosen and unknown:
            across[rule["question"]] = (unknown[0], set())
        else:
            across[rule["question"]] = ("answered", chosen or ({none} if none else set()))
    return across


def count(counted, sectors, questions, source_questions, mapping):
    """Rows of question, option, count, base; then the states of a question, with the base that its options share."""
    covered = {}
    for rule in mapping["questions"]:
        every = set(questions[rule["question"]]["options"])
        covered[rule["question"]] = {entry["option"] for entry in rule["options"]} if "options" in rule else every
    counts, bases, states = Counter(), Counter(), Counter()
    for data in counted:
        across = {}
        if data["form"] == FINANCE:
            across = read_across(mapping, source_questions, data["answers"])
        for number, question in questions.items():
            options = question["options"]
            if question.get("filled_from") == "group":
                state, codes = "answered", {code for code, option in options.items() if option["group"] == data["group"]}
                reached = options
            elif data["form"] == FORM:
                state, codes = read_answer(question, data["answers"].get(number))
                reached = options
            elif number in across:
                state, codes = across[number]
                reached = covered[number]
            else:
                continue
            if state not in IN_BASE:
                continue
            states[number, state] += 1
            for option in reached:
                bases[number, option] += 1
                counts[number, option] += option in (codes or ())
    rows = []
    for number, question in questions.items():
        rows += [(number, option, counts[number, option], bases[number, option]) for option in question["options"]]
        shared = {bases[number, option] for option in question["options"]}
        base = shared.pop() if len(shared) == 1 else ""
        rows += [(number, state, states[number, state], base) for state in IN_BASE[1:] if states[number, state]]
    return rows


def check_bases(expected, questionnaire, closed):
    """Held against the questionnaire's own notes, and the hand-checked figures of facts.md, section 10."""
    figures = {(number, option): (count, base) for number, option, count, base in expected}
    for question in closed:
        stated = {option["code"]: question["denominator"]["base_n"] for option in question["options"]}
        stated |= {entry["option_code"]: entry["base_n"] for entry in question["denominator"].get("per_option", [])}
        for code, base in stated.items():
            if code != "NA":
                require(figures[str(question["number"]), code][1] == base, f"{question['number']} option {code}: base")
    for option in closed[0]["options"]:
        require(figures["1", option["code"]][0] == option["respondents_fy2023"], "question 1 counts the groups")
    require(figures["24", 2][0] == CSIRT_FORM + CSIRT_FINANCE, "question 24 by hand")
    total = questionnaire["survey"]
    require(round(1000 * figures["24", 2][0] / total["respondents_total"]) == 859, "85.9 per cent, as facts.md has it")
    require(any(option == "nothing_marked" for _, option, _, _ in expected), "somebody marked nothing")


# ---- the notes beside the data --------------------------------------------------------------------------------------

DATA_README = f"""\
# Data of the wave {WAVE}

**Every answer here is synthetic.** `tests/tools/nisc.py` makes them with a seeded generator; nobody gave them, respondents do
not exist (`syn-...`), and no share formed from them says anything about any operator, group or sector.

From the report: 重要インフラにおける安全基準等の浸透状況に関する調査について［2023年度］ and 調査結果詳細, 内閣官房 内閣サイバーセキュリティセンター
重要インフラグループ, 資料3 of the 37th サイバーセキュリティ戦略本部 重要インフラ専門調査会, 2024-06-07. It is a publication of the Japanese
government and is quoted here by title, issuer and date; the file that was read prints no terms of use, so look them up before
reusing its text elsewhere.

| what | where it comes from |
|---|---|
| groups, targets, answers per group (`groups-{WAVE}.csv`) | the report's table; the counts stand nowhere else |
| the invited of each group (`../frame/{WAVE}.csv`), and so every response rate | made up, in round numbers: the report prints none, and the response rate it prints has no stated base |
| ministries | not from the report |
| question numbers, texts, printed notes, options with `origin: report` | the report, as printed, slips included |
| options with `origin: reconstructed`, four short titles (said in a note), three section headings | ours |
| English | our translation |
| the external form, its codes, its mapping | made up; the real ones were not published |
| answers, dates, identifiers, corrections | made up |

`{WAVE}-form.jsonl` are bare submissions on the office's form, one a line, `{WAVE}-finance.jsonl` those of the external form. What
is in `{WAVE}-extra.jsonl` comes after them: corrections, withdrawals, resends and bad records as CloudEvents, each saying in
`synthetic_note` what it is (two lines are cut and say nothing). In order of arrival over the three files, the event that counts for
a respondent and a group is the last by revision (none is 0), then arrival; a copy has the same source, id and bytes as an earlier
event; a withdrawal that comes last takes the unit out. Then `groups-{WAVE}.csv` holds exactly.

`syn-government-0001` is a city that answers for its water utility too, `syn-finance-0001` a bank that answers for its payment
business too: two units each. Question 1 is left out of the answers because the group answers it. Local governments give 5 in question
7, as the report's note demands. Two counts of question 24 and one of question 31 are set by hand, so that figures worked out on paper
can be compared.

# Data of the wave 2022

**Everything of the wave 2022 is made up**, so that a year can be held against the one before: classification, form, external form,
mapping, concordance, counts, invited, answers. Nothing is known or claimed of the real survey of FY2022. Wording with `origin:
reconstructed` is that of the FY2023 files taken over under another number; wording with `origin: synthetic` was changed on purpose.
The only fact in it is that the guideline was revised on 2023-07-04, which the report says. The set is about a quarter of the size of
2023, with the ratio of the two methods kept. `2022-extra.jsonl` has a correction that comes twice and a submission that is
withdrawn; then `groups-2022.csv` holds. `tests/tools/nisc_2022.py` makes all of it.
"""

FIGURES_README = f"""\
# Figures of the wave {WAVE} of `nisc`

`expected-{WAVE}.csv` is made by `tests/tools/nisc.py`: an independent naive recount of synthetic data (the three files of answers and
the mapping as they stand in the survey's folder, read back with a YAML and a JSON parser). It is a check on our counting and says
nothing about any operator.

One line an option: units that chose it, and units in its base. The base is everybody in scope whose way of answering covers the
option, with no answer, invalid and nothing marked in it. After the options come the states that occur; their `base` is the one that
the options share, and empty where they share none (question 24).

`changes-2022-2023.csv` is made by `tests/tools/nisc_changes.py` in the same way, of both waves and the concordance between them: per
question, options and group of 2023 the counts and bases of both waves over the groups and methods that both share for these options,
the change in points and per cent, and the difference of the shares that both waves print. `kind` is `value`, `changed` where the
definition changed, `broken` or `not_compared`.
"""


# ---- small helpers --------------------------------------------------------------------------------------------------


def require(condition, promise):
    if not condition:
        sys.exit(f"not so: {promise}")


def csv_text(header, rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


if __name__ == "__main__":
    main()
