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
    questionnaire = yaml.safe_load((source / "questionnaire-2023.yaml").read_text(encoding="utf-8"))
    report = (source / "report-fy2023.txt").read_text(encoding="utf-8")
    closed = [question for question in questionnaire["questions"] if question["kind"] in ("single", "multiple")]

    survey = {
        "survey.yaml": survey_yaml(questionnaire["survey"]),
        "sectors/fy2023.yaml": sectors_yaml(),
        f"forms/{FORM}.yaml": form_yaml(closed),
        f"forms/{FINANCE}.yaml": finance_form_yaml(),
        f"mappings/{FINANCE}.yaml": mapping_yaml(),
        "data/groups-2023.csv": csv_text(["group", "answers", "invited"], groups_table(closed)),
        "data/README.md": DATA_README,
    }
    units = make_units(closed)
    form_lines, finance_lines, extra_lines = play(units)
    for path, lines in zip(DATASETS, (form_lines, finance_lines, extra_lines)):
        survey[path] = "".join(line + "\n" for line in lines)

    expected = verify(survey, questionnaire, closed, report)
    figures = {
        f"expected-{WAVE}.csv": csv_text(["question", "option", "count", "base"], expected),
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
    return [(group[0], count, group[5]) for group, count in zip(GROUPS, answers)]


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
        f"names: {words('重要インフラにおける安全基準等の浸透状況に関する調査 調査票（2023年度）', 'Survey on how far safety standards have penetrated critical infrastructure, form of FY2023')}",
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


def finance_form_yaml():
    lines = [
        GENERATED.rstrip("\n"),
        "# MADE UP. No form of another organisation is known; this one is shaped so that a mapping has something to do.",
        f"form: {FINANCE}",
        "version: 1",
        f"names: {words('外部調査（合成）', 'External survey (synthetic)')}",
        "scales:",
        "  risk:",
        *option_lines("    ", RISK_SCALE),
        "sections:",
        "  - section: all",
        f"    title: {words('外部調査（合成）', 'External survey (synthetic)')}",
        "    questions:",
    ]
    for number, kind, short, text, options in FINANCE_QUESTIONS:
        lines += [
            f"      - number: {number}",
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
        f"    reason: {words('外部調査が尋ねているのはCSIRT等の有無だけである。他の役職・担当者は尋ねていない。', 'The source asks only about a CSIRT or equivalent, not about other posts and officers.')}",
        "    options:",
        "      - option: 2",
        f"        reason: {words('自社の組織（専任・兼任）でも共同の組織でも、設置しているものとする。', 'A team of one’s own, full-time or part-time, or one shared with others counts as set up.')}",
        "        any: [{question: f1, codes: [1, 2]}, {question: f2, codes: [1, 2]}]",
        '  - question: "31"',
        f"    reason: {words('外部調査は脆弱性診断、ペネトレーションテスト、その他の評価を尋ねており、全ての選択肢に読み替えられる。', 'The source asks about vulnerability tests, penetration tests and other evaluations, so every option can be fed.')}",
        "    options:",
    ]
    for option, rule, ja, en in EVALUATION_RULES:
        lines += [f"      - option: {option}", f"        reason: {words(ja, en)}", f"        {rule}"]
    lines += [
        '  - question: "42"',
        f"    reason: {words('二度尋ねられたうち、取組の進んでいない方を組織の状態とする。定期的か導入時かは設問42では区別しない。', 'Asked twice; the less advanced of the two answers is the organisation’s. Regular or at introduction makes no difference in question 42.')}",
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
        "調査主体の文言ではない。外部調査の調査票と読み替えも当方の作。回答は全て合成であり、実際の回答ではない。"
    )
    source_en = (
        f"Questionnaire and counts per group from the FY2023 report, 「{cited}」. Option lists that the report printed as "
        "pictures are reconstructed by us (origin: reconstructed) and are not the issuer's wording; so are the external "
        "form and its mapping. ALL ANSWERS ARE SYNTHETIC; nobody gave them."
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
waves:
  - wave: "{WAVE}"
    names: {words("2023年度（令和5年度）", "FY2023")}
    reference_date: "{about["reference_date"]}"
    sectors: {{sectors: fy2023, version: 1}}
    forms: [{{form: {FORM}, version: 1}}]
    mappings: [{{mapping: {FINANCE}, version: 1}}]
    datasets: [{", ".join(DATASETS)}]
    headline: ["24", "31", "42"]
"""


def sectors_yaml():
    closed_labels = yaml_labels()
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
            f"    label: {words(*closed_labels[group])}",
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
