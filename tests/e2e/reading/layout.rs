//! How cross tables and charts are laid out, from figures made by hand.

use shukei_doors::{Format, Shown, bars_in, render_measures_in};
use shukei_query::{BaseRule, BreakPart, Flag, Measure, MeasureKind};
use shukei_schemas::State;
use unicode_width::UnicodeWidthStr;

/// A figure of an option in a part, which is written as `name=category:label`; empty for all units.
fn figure(option: i16, label: &str, part: &str, measure: MeasureKind, value: &str, base: u64) -> Measure {
    let parts: Vec<BreakPart> = part
        .split_once('=')
        .and_then(|(name, rest)| Some((name, rest.split_once(':')?)))
        .map(|(name, (category, label))| BreakPart {
            name: name.to_owned(),
            title: format!("Title of {name}"),
            category: category.to_owned(),
            label: label.to_owned(),
        })
        .into_iter()
        .collect();
    let breaks: Vec<String> = parts.iter().map(|part| format!("{}={}", part.name, part.category)).collect();
    Measure {
        survey: "s".into(),
        wave: "w".into(),
        table: "q".to_owned(),
        question: "q".into(),
        printed: "問1-1".to_owned(),
        title: "Question".to_owned(),
        text: "Question".to_owned(),
        row: None,
        row_label: None,
        option: Some(option),
        label: label.to_owned(),
        state: None,
        breaks: breaks.join("; "),
        parts: parts.into(),
        measure,
        value: value.to_owned(),
        count: 1,
        base,
        base_unweighted: base,
        base_rule: BaseRule::Answered,
        methods: Vec::new(),
        flags: Vec::new(),
        notes: Vec::new(),
        set: None,
        count_weighted: None,
        base_weighted: None,
        exact: None,
        id: String::new(),
    }
}

/// Two options with count and share, in total and in each part; the base of part n is 10 + n.
fn figures(parts: &[&str], labels: [&str; 2]) -> Vec<Measure> {
    let all = std::iter::once(&"").chain(parts).enumerate();
    all.flat_map(|(at, part)| {
        let base = 10 + at as u64;
        labels.into_iter().enumerate().flat_map(move |(option, label)| {
            let code = option as i16 + 1;
            let share = format!("{}{at}.5", code);
            [
                figure(code, label, part, MeasureKind::Count, &code.to_string(), base),
                figure(code, label, part, MeasureKind::Share, &share, base),
            ]
        })
    })
    .collect()
}

fn table(figures: &[Measure], shown: &Shown, columns_max: usize) -> String {
    let mut out = Vec::new();
    render_measures_in(figures, shown, Format::Table, columns_max, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn english() -> Shown {
    Shown { decimals: Some(1), ..Shown::default() }
}

/// The words of each line.
fn words(table: &str) -> Vec<String> {
    table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn options_stand_below_each_other_and_parts_beside_the_total() {
    let told = table(&figures(&["a=1:Young", "a=2:Old"], ["Yes", "No"]), &english(), 80);
    let wanted = [
        "問1-1 | Question",
        "by Title of a (a)",
        "total Young Old",
        "base (answered) n 10 11 12",
        "Yes % 10.5 11.5 12.5",
        "n 1 1 1",
        "No % 20.5 21.5 22.5",
        "n 2 2 2",
    ];
    let lines: Vec<String> = words(&told).into_iter().filter(|line| !line.starts_with(['─', '═'])).collect();
    assert_eq!(lines, wanted, "{told}");
    // Numbers end where the heading ends.
    let end = |words: &str| told.lines().find(|line| line.ends_with(words)).map(UnicodeWidthStr::width);
    assert_eq!(end("Old"), end("12.5"), "{told}");
}

#[test]
fn a_cross_table_is_folded_and_cut_to_the_terminal() {
    let long = "とても長い名前のついた地域の区分その";
    let parts: Vec<String> = (1..=17).map(|at| format!("a={at}:{long}{at}")).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let labels = ["とても長い選択肢の文言であって端末の幅には決して収まらないもの", "No"];
    let figures = figures(&parts, labels);
    for columns_max in [200, 100, 80, 60, 40] {
        let told = table(&figures, &english(), columns_max);
        assert!(told.lines().all(|line| line.width() <= columns_max), "{columns_max}\n{told}");
        let blocks = told.matches("by Title of a (a)").count();
        assert_eq!(blocks > 1, columns_max < 300, "{columns_max}: {blocks}\n{told}");
        // Each block has the total and the bases; each part stands in one block.
        let lines = words(&told);
        let bases: Vec<&String> = lines.iter().filter(|line| line.starts_with("base (")).collect();
        assert_eq!(bases.len(), blocks);
        let numbers =
            bases.iter().flat_map(|line| line.split_whitespace().skip_while(|word| *word != "n").skip(1));
        let numbers: Vec<u64> = numbers.map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers.iter().filter(|base| **base == 10).count(), blocks);
        let mut of_parts: Vec<u64> = numbers.into_iter().filter(|base| *base != 10).collect();
        of_parts.dedup();
        assert_eq!(of_parts, (11..28).collect::<Vec<u64>>(), "{told}");
        assert_eq!(
            told.contains("とても長い選択肢の文言であって端末の幅には決して収まらないもの"),
            columns_max == 200
        );
        assert_eq!(
            told.lines().any(|line| line.trim_start().starts_with("とても長い選") && line.contains('…')),
            columns_max < 200
        );
    }
    // Words that are too long for three lines end with the mark.
    let words = "A part with a very long name that nobody can read in the heading of one column of a table";
    let told = table(&self::figures(&[&format!("a=1:{words}")], ["Yes", "No"]), &english(), 60);
    let headings: Vec<&str> = told.lines().skip(3).take(3).collect();
    assert!(headings[0].contains("A part with") && headings[2].ends_with('…'), "{told}");
}

#[test]
fn what_has_another_base_says_so_and_marks_are_explained() {
    let mut all = figures(&["a=1:Young", "a=2:Old", "b=1:Here"], ["Yes", "No"]);
    let options = all.len();
    all.extend(["", "a=1:Young", "a=2:Old", "b=1:Here"].into_iter().enumerate().map(|(at, part)| Measure {
        base_rule: BaseRule::Covered,
        notes: vec!["without some".to_owned()],
        ..figure(3, "Third", part, MeasureKind::Share, "5.0", 3 + at as u64)
    }));
    let told = table(&all, &english(), 100);
    let lines = words(&told);
    let at = lines.iter().position(|line| line == "Third ※1 % 5.0 5.0 5.0").unwrap();
    assert_eq!(lines[at + 1], "base (covered) n 3 4 5");
    assert!(lines.contains(&"※1 without some".to_owned()), "{told}");
    assert_eq!(told.matches("by Title of").count(), 2, "each break has a block of its own\n{told}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("base (answered) n 10 ")).count(), 2);
    // Where no two share a base, none stands on top.
    let apart: Vec<Measure> = all[..options]
        .iter()
        .cloned()
        .map(|mut figure| {
            figure.base += 100 * figure.option.unwrap() as u64;
            figure
        })
        .chain([figure(3, "Third", "", MeasureKind::Share, "1.0", 1)])
        .collect();
    let lines = words(&table(&apart, &english(), 80));
    let first = lines.iter().position(|line| line.starts_with("base (")).unwrap();
    assert!(lines[first - 1].starts_with("n ") || lines[first - 1].contains('%'), "{lines:?}");
    // Small bases, no base, and values that are left out.
    let flagged = |at: usize, flag: Flag, value: &str| {
        let mut all = figures(&["a=1:Young"], ["Yes", "No"]);
        all[at].flags.push(flag);
        value.clone_into(&mut all[at].value);
        table(&all, &english(), 80)
    };
    for (flag, value, cell, legend) in [
        (Flag::Unreliable, "11.5", "Yes % 10.5 11.5*", "* on a small base (unreliable)"),
        (Flag::Blanked, "", "Yes % 10.5 x", "x left out: the base is too small (blanked)"),
        (Flag::BaseZero, "", "Yes % 10.5 -", ""),
    ] {
        let told = flagged(5, flag, value);
        let lines = words(&told);
        assert!(lines.iter().any(|line| line == cell), "{cell}\n{told}");
        assert!(lines.iter().any(|line| line == legend) || legend.is_empty(), "{legend}\n{told}");
    }
}

#[test]
fn weighted_counts_are_rounded_for_people() {
    let mut all = figures(&["a=1:Young"], ["Yes", "No"]);
    for figure in &mut all {
        figure.base_weighted = Some("1614.949999992".to_owned());
        figure.count_weighted = Some("600.650000000".to_owned());
        if figure.measure == MeasureKind::Count {
            figure.value = "600.650000000".to_owned();
        }
    }
    // (digits, the base, the units of it, the count)
    for (decimals, base, count) in
        [(Some(1), "1614.9", "600.7"), (Some(0), "1615", "601"), (None, "1614.949999992", "600.650000000")]
    {
        let shown = Shown { decimals, ..Shown::default() };
        let lines = words(&table(&all, &shown, 80));
        assert!(lines.contains(&format!("base (answered) n {base} {base}")), "{lines:?}");
        assert!(lines.contains(&"units, not weighted n 10 11".to_owned()), "{lines:?}");
        assert!(lines.contains(&format!("n {count} {count}")), "{lines:?}");
    }
}

#[test]
fn charts_have_words_of_their_language_and_of_their_parts() {
    let all = figures(&["a=1:Young"], ["Yes", "No"]);
    let ja = Shown { language: "ja".to_owned(), ..english() };
    let (told, english) = (bars_in(&all, &ja, 80), bars_in(&all, &english(), 80));
    assert!(told.contains("母数 10（回答者）") && told.contains("Young; 母数 11（回答者）"), "{told}");
    assert!(!told.contains("base") && !told.contains("answered"), "{told}");
    assert!(english.contains("Young; base 11 who answered"), "{english}");
}

/// The lines of a table without those that are drawn, in words.
fn told_lines(table: &str) -> Vec<String> {
    words(table).into_iter().filter(|line| !line.starts_with(['─', '═'])).collect()
}

fn crossed() -> Shown {
    Shown { crossed: true, ..english() }
}

fn japanese() -> Shown {
    Shown { language: "ja".to_owned(), ..english() }
}

/// A figure of no option: of those in a state, or a statistic of those who answered.
fn of_state(state: State, label: &str, part: &str, measure: MeasureKind, value: &str, base: u64) -> Measure {
    Measure { option: None, state: Some(state), ..figure(0, label, part, measure, value, base) }
}

/// A net of options.
fn of_set(label: &str, part: &str, value: &str, base: u64) -> Measure {
    let set = Some(label.to_owned());
    Measure { option: None, set, ..figure(0, label, part, MeasureKind::Share, value, base) }
}

#[test]
fn the_parts_of_all_breaks_stand_below_the_total_and_options_across() {
    let mut all = figures(&["a=1:Young", "a=2:Old", "b=1:Here"], ["Yes", "No"]);
    // What is crossed is a break of its own.
    let mut both = figure(1, "Yes", "a=1:Young", MeasureKind::Share, "70.5", 4);
    let other = figure(1, "Yes", "b=1:Here", MeasureKind::Share, "", 4).parts[0].clone();
    both.parts = both.parts.iter().cloned().chain([other]).collect();
    both.breaks = "a=1; b=1".to_owned();
    all.push(both);
    for columns_max in [80, 40] {
        let told = table(&all, &crossed(), columns_max);
        let wanted = [
            "問1-1 | Question",
            "share %; n: base (answered)",
            "n Yes No",
            "total 10 10.5 20.5",
            "Title of a (a)",
            "Young 11 11.5 21.5",
            "Old 12 12.5 22.5",
            "Title of b (b)",
            "Here 13 13.5 23.5",
            "Title of a × Title of b (a*b)",
            "Young × Here 4 70.5",
        ];
        assert_eq!(told_lines(&told), wanted, "{told}");
        // Numbers end where their heading ends, and parts stand further in than the total.
        let end = |words: &str| told.lines().find(|line| line.ends_with(words)).map(UnicodeWidthStr::width);
        assert_eq!(end("No"), end("23.5"), "{told}");
        assert!(told.contains("\n total ") && told.contains("\n   Young "), "{told}");
        assert!(told.contains("\n Title of a (a)\n"), "{told}");
    }
    let told = table(&all, &Shown { crossed: true, ..japanese() }, 80);
    assert!(told.contains("\n構成比 %; n: 母数（回答者）\n") && told.contains("\n 全体 "), "{told}");
    assert!(!told.contains("total") && !told.contains("base") && !told.contains("share"), "{told}");
}

#[test]
fn states_nets_and_means_stand_behind_options_with_their_own_bases() {
    let parts = ["", "a=1:Young"];
    let all: Vec<Measure> = parts
        .into_iter()
        .zip([10, 6])
        .flat_map(|(part, base)| {
            let yes = figure(1, "Yes", part, MeasureKind::Share, "50.0", base);
            let yes_count = figure(1, "Yes", part, MeasureKind::Count, "5", base);
            let no = figure(2, "No", part, MeasureKind::Share, "30.0", base);
            let mean = of_state(State::Answered, "answered", part, MeasureKind::Mean, "1.4", base - 2);
            let silent = of_state(State::NoAnswer, "no answer", part, MeasureKind::Share, "20.0", base);
            let refused = of_state(State::StatedNoAnswer, "refused", part, MeasureKind::Count, "3", base);
            let mut score = of_set("net score", part, "-20.0", base);
            score.measure = MeasureKind::NetScore;
            let net = of_set("Either", part, "80.0", base);
            let asked = [yes_count, yes, no, net, score, silent, refused]
                .map(|figure| Measure { base_rule: BaseRule::Asked, ..figure });
            asked.into_iter().chain([mean])
        })
        .collect();
    let told = table(&all, &crossed(), 100);
    let wanted = [
        "問1-1 | Question",
        "share %; n: base (asked); n2: base (answered)",
        // The last line of each heading stands right above its numbers.
        "refused mean",
        "n n2 Yes No no answer (count) Either net_score (n2)",
        "total 10 8 50.0 30.0 20.0 3 80.0 -20.0 1.4",
        "Title of a (a)",
        "Young 6 4 50.0 30.0 20.0 3 80.0 -20.0 1.4",
    ];
    assert_eq!(told_lines(&told), wanted, "{told}");
    let told = table(&all, &Shown { crossed: true, ..japanese() }, 100);
    for words in ["構成比 %; n: 母数（対象者）; n2: 母数（回答者）", "(度数)", "平均", "ネットスコア"]
    {
        assert!(told.contains(words), "{words}\n{told}");
    }
    assert!(!told.contains("net") && !told.contains("mean") && !told.contains("count"), "{told}");
    // Numbers: how many gave one is the base itself, and stands there once.
    let of_numbers: Vec<Measure> = [("", 7, "7"), ("a=1:Young", 3, "3")]
        .into_iter()
        .flat_map(|(part, base, count)| {
            [
                of_state(State::Answered, "answered", part, MeasureKind::Count, count, base),
                of_state(State::Answered, "answered", part, MeasureKind::Mean, "2.0", base),
                of_state(State::Answered, "answered", part, MeasureKind::Median, "1.5", base),
                of_state(State::NoAnswer, "no answer", part, MeasureKind::Count, "2", base),
            ]
        })
        .collect();
    let told = table(&of_numbers, &crossed(), 80);
    let wanted = [
        "問1-1 | Question",
        "n: base (answered)",
        "no answer",
        "n (count) mean median",
        "total 7 2 2.0 1.5",
        "Title of a (a)",
        "Young 3 2 2.0 1.5",
    ];
    assert_eq!(told_lines(&told), wanted, "{told}");
    // Where only counts are asked for, they need no word of it in each heading.
    let counts: Vec<Measure> = figures(&["a=1:Young"], ["Yes", "No"])
        .into_iter()
        .filter(|figure| figure.measure == MeasureKind::Count)
        .collect();
    let lines = told_lines(&table(&counts, &crossed(), 80));
    assert_eq!(lines[1..4], ["count; n: base (answered)", "n Yes No", "total 10 1 2"]);
}

#[test]
fn weighted_bases_have_their_units_beside_them() {
    let mut all = figures(&["a=1:Young"], ["Yes", "No"]);
    for figure in &mut all {
        figure.base_weighted = Some("1614.949999992".to_owned());
    }
    let told = table(&all, &crossed(), 80);
    let wanted = [
        "n not",
        "n weighted Yes No",
        "total 1614.9 10 10.5 20.5",
        "Title of a (a)",
        "Young 1614.9 11 11.5 21.5",
    ];
    assert_eq!(told_lines(&told)[2..], wanted, "{told}");
    let told = table(&all, &Shown { crossed: true, ..japanese() }, 80);
    assert!(told.contains("加重") && !told.contains("weighted"), "{told}");
}

#[test]
fn long_options_are_folded_then_numbered_and_blocks_repeat_the_base() {
    let long = "とても長い選択肢の文言であって端末の幅には決して収まらないもの";
    let parts: Vec<String> =
        (1..=3).map(|at| format!("a={at}:とても長い名前のついた地域の区分その{at}")).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let few = figures(&parts, [long, "No"]);
    for columns_max in [200, 100, 80, 60, 40] {
        let told = table(&few, &crossed(), columns_max);
        assert!(told.lines().all(|line| line.width() <= columns_max), "{columns_max}\n{told}");
        // At 40 columns the words stand below, at 60 and more they fit above the numbers in several lines.
        assert_eq!(told.contains("\n(1) とても長い選択肢"), columns_max == 40, "{columns_max}\n{told}");
        assert!(!told.contains('…'), "nothing is cut\n{told}");
        assert!(words(&told).iter().any(|line| line.ends_with(" 10 10.5 20.5")), "{told}");
        assert_eq!(told.matches("Title of a (a)").count(), 1, "{told}");
    }
    // Words of narrow letters are not torn apart: where there is no room for them, they have a number.
    let torn = table(&figures(&parts, ["Incomprehensibilities", "No"]), &crossed(), 80);
    assert!(torn.contains("\n(1) Incomprehensibilities\n") && torn.contains("  No"), "{torn}");
    // More columns than fit are several blocks, each with labels and base.
    let many: Vec<Measure> = ["", "a=1:Young"]
        .into_iter()
        .flat_map(|part| {
            (1..=17).map(move |code| {
                figure(code, &format!("Option {code}"), part, MeasureKind::Share, &format!("{code}.25"), 9)
            })
        })
        .collect();
    for columns_max in [60, 80, 100] {
        let told = table(&many, &crossed(), columns_max);
        assert!(told.lines().all(|line| line.width() <= columns_max), "{columns_max}\n{told}");
        let totals: Vec<String> =
            words(&told).into_iter().filter(|line| line.starts_with("total 9 ")).collect();
        assert!(totals.len() > 1, "{told}");
        let numbers: Vec<String> =
            totals.iter().flat_map(|line| line.split(' ').skip(2).map(str::to_owned)).collect();
        let wanted: Vec<String> = (1..=17).map(|code| format!("{code}.25")).collect();
        assert_eq!(numbers, wanted, "each option stands in one block\n{told}");
        assert_eq!(told.matches(" Young ").count(), totals.len(), "{told}");
    }
}

/// Two rows of a grid: two options and the mean of their values, which not all who were asked gave.
fn grid(part: &str) -> Vec<Measure> {
    [(1, "First row", 10), (2, "Second row", 8)]
        .into_iter()
        .flat_map(|(row, label, base)| {
            let figures = [
                figure(1, "Often", part, MeasureKind::Count, "4", base),
                figure(1, "Often", part, MeasureKind::Share, &format!("{row}0.0"), base),
                figure(2, "Never", part, MeasureKind::Count, "5", base),
                figure(2, "Never", part, MeasureKind::Share, &format!("{row}5.0"), base),
                of_state(State::Answered, "answered", part, MeasureKind::Mean, &format!("1.{row}"), base),
            ];
            figures.map(|figure| Measure { row: Some(row), row_label: Some(label.to_owned()), ..figure })
        })
        .collect()
}

#[test]
fn the_rows_of_a_grid_are_one_table_where_nothing_is_broken_down() {
    let wanted = [
        "問1-1 | Question",
        "share %; n: base (answered)",
        "n Often Never mean",
        "First row 10 10.0 15.0 1.1",
        "Second row 8 20.0 25.0 1.2",
    ];
    for shown in [english(), crossed()] {
        let told = table(&grid(""), &shown, 80);
        assert_eq!(told_lines(&told), wanted, "{told}");
    }
    // With a break each row has its table.
    let both: Vec<Measure> = grid("").into_iter().chain(grid("a=1:Young")).collect();
    for (shown, line) in [(english(), "Often % 10.0 10.0"), (crossed(), "Young 10 10.0 15.0 1.1")] {
        let told = table(&both, &shown, 80);
        assert_eq!(told.matches("問1-1 | Question").count(), 2, "{told}");
        let lines = words(&told);
        assert!(
            lines.contains(&"First row".to_owned()) && lines.contains(&"Second row".to_owned()),
            "{told}"
        );
        assert!(lines.contains(&line.to_owned()), "{told}");
    }
    // Long rows are folded and never cut to the first words.
    let mut long = grid("");
    for figure in &mut long {
        figure.row_label = Some(format!(
            "{} in which somebody has written a whole sentence",
            figure.row_label.clone().unwrap()
        ));
    }
    let told = table(&long, &english(), 60);
    assert!(told.lines().all(|line| line.width() <= 60) && !told.contains('…'), "{told}");
    assert!(words(&told).iter().any(|line| line == "whole sentence"), "{told}");
}

#[test]
fn notes_and_flags_stand_where_they_are_true() {
    let note = |figures: &mut [Measure], of: &dyn Fn(&Measure) -> bool, words: &str| {
        figures.iter_mut().filter(|figure| of(figure)).for_each(|figure| figure.notes.push(words.to_owned()));
    };
    let mut all = figures(&["a=1:Young", "a=2:Old"], ["Yes", "No"]);
    note(&mut all, &|_| true, "of all");
    note(&mut all, &|figure| figure.option == Some(2), "of an option");
    note(&mut all, &|figure| figure.breaks == "a=1", "of a part");
    note(&mut all, &|figure| figure.option == Some(1) && figure.breaks == "a=2", "of one figure");
    let lines = told_lines(&table(&all, &crossed(), 80));
    let wanted = [
        "問1-1 | Question",
        "share %; n: base (answered) ※1",
        "n Yes ※4 No ※2",
        "total 10 10.5 20.5",
        "Title of a (a)",
        "Young ※3 11 11.5 21.5",
        "Old 12 12.5 22.5",
        "※1 of all",
        "※2 of an option",
        "※3 of a part",
        "※4 of one figure",
    ];
    assert_eq!(lines, wanted);
    // What all figures have stands on top, what some have below.
    let mut flagged = figures(&["a=1:Young"], ["Yes", "No"]);
    flagged.iter_mut().for_each(|figure| figure.flags.push(Flag::Synthetic));
    flagged[1].flags.push(Flag::WeightMissing);
    flagged[5].flags.push(Flag::Unreliable);
    for shown in [english(), crossed()] {
        let lines = told_lines(&table(&flagged, &shown, 80));
        assert_eq!(lines[1], "synthetic");
        assert!(lines.contains(&"some of the figures: weight_missing".to_owned()), "{lines:?}");
        assert!(lines.contains(&"* on a small base (unreliable)".to_owned()), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("11.5*")), "{lines:?}");
        let lines = told_lines(&table(&flagged, &Shown { language: "ja".to_owned(), ..shown }, 80));
        assert_eq!(lines[1], "合成データ");
        assert!(lines.contains(&"一部の数値：ウェイトのない集計単位がある".to_owned()), "{lines:?}");
    }
    // What the program itself says is said in the language.
    let mut means = figures(&[], ["Yes", "No"]);
    note(&mut means, &|_| true, "without base: gas, water");
    let lines = told_lines(&table(&means, &japanese(), 80));
    assert!(lines.contains(&"※1 母数のないグループ：gas、water".to_owned()), "{lines:?}");
}

#[test]
fn what_is_no_count_has_a_column_of_its_own() {
    let of_numbers = vec![
        of_state(State::Answered, "answered", "", MeasureKind::Count, "7", 7),
        of_state(State::Answered, "answered", "", MeasureKind::Mean, "2.0", 7),
        of_state(State::Answered, "answered", "", MeasureKind::Sum, "14", 7),
        of_state(State::NoAnswer, "no answer", "", MeasureKind::Count, "2", 7),
    ];
    let told = table(&of_numbers, &english(), 80);
    let wanted = [
        "問1-1 | Question",
        "count % measure value base base rule",
        "answered 7 7 answered",
        "mean 2.0 7 answered",
        "sum 14 7 answered",
        "no answer 2 7 answered",
    ];
    assert_eq!(told_lines(&told), wanted, "{told}");
    // The value ends where its heading ends, and not below the counts.
    let end = |line: &str, words: &str| {
        let line = told.lines().find(|other| other.contains(line)).unwrap();
        line[..line.find(words).unwrap()].width() + words.width()
    };
    assert_eq!(end("measure", "value"), end("mean ", "2.0"), "{told}");
    assert!(end("measure", "count") < end("mean ", "2.0") - 5, "{told}");
    let told = table(&of_numbers, &japanese(), 80);
    let wanted = ["度数 % 統計量 値 母数 母数の定義", "answered 7 7 回答者", "平均 2.0 7 回答者"];
    assert_eq!(told_lines(&told)[1..4], wanted, "{told}");
    // Where there is no such thing there is no such column.
    let told = table(&figures(&[], ["Yes", "No"]), &english(), 80);
    assert_eq!(told_lines(&told)[1..3], ["count % base base rule", "Yes 1 10.5 10 answered"], "{told}");
    // Changes have no counts; the option stands once, and so does a net score in one language.
    let mut score = of_set("net score", "", "-5.7", 7);
    score.measure = MeasureKind::NetScore;
    let changes = vec![
        figure(1, "Yes", "", MeasureKind::ChangePoints, "4.4", 7),
        figure(1, "Yes", "", MeasureKind::ChangePercent, "7.7", 7),
        score,
    ];
    for shown in [japanese(), Shown { crossed: true, ..japanese() }] {
        let listed: &[Measure] = if shown.crossed { &changes[..2] } else { &changes };
        let told = table(listed, &shown, 80);
        let wanted = [
            "統計量 値 母数 母数の定義",
            "Yes 増減（ポイント） 4.4 7 回答者",
            "増減率（%） 7.7 7 回答者",
            "ネットスコア -5.7 7 回答者",
        ];
        assert_eq!(told_lines(&told)[1..], wanted[..=listed.len()], "{told}");
    }
}
