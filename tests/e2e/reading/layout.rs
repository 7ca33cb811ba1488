//! How cross tables and charts are laid out, from figures made by hand.

use shukei_doors::{Format, Shown, bars_in, render_measures_in};
use shukei_query::{BaseRule, BreakPart, Flag, Measure, MeasureKind};
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
