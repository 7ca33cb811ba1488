//! Known traps of the reference survey that a table of a few units shows.

use shukei_query::{Measure, MeasureKind};

use super::tabulation::{asked, formed, lines, shares};

/// Options, then no answer, of question `a`.
const QUESTION: (&str, &str) = ("question", "a");

#[test]
fn trap_03_no_answer_prints_where_it_is_in_the_base_even_if_nobody_gave_none() {
    // One of six gave no answer: out of the base of this survey, counted all the same.
    let counts =
        |asks: &[(&str, &str)]| lines(asks, |m| m.measure == MeasureKind::Count && m.option.is_none());
    assert_eq!(counts(&[QUESTION]), ["no_answer count 1 1/5"]);
    // In the base it has a share of its own.
    assert_eq!(shares(&[QUESTION, ("base", "all")]).last().unwrap(), "no_answer share 16.7 1/6");
    // Nobody: the row stays and says so.
    let answered = [QUESTION, ("where", "a=1,2,3")];
    assert_eq!(counts(&answered), ["no_answer count 0 0/5"]);
    assert_eq!(
        shares(&[QUESTION, ("where", "a=1,2,3"), ("base", "all")]).last().unwrap(),
        "no_answer share 0.0 0/5"
    );
}

#[test]
fn trap_47_the_mean_of_shares_is_a_figure_of_its_own_and_names_groups_without_a_base() {
    let of = |asks: &[(&str, &str)]| -> Vec<Measure> {
        formed(&asked(asks)).into_iter().filter(|m| m.option == Some(1) && m.measure.is_share()).collect()
    };
    let value = |all: &[Measure], kind: MeasureKind| {
        all.iter().find(|m| m.measure == kind).map(|m| (m.value.clone(), m.base_rule.to_string())).unwrap()
    };
    // 2 of 3 in one group, none of 2 in the other: 2 of 5 pooled, a third on the mean.
    let all = of(&[QUESTION, ("equal_groups", "true"), ("measure", "share")]);
    assert_eq!(value(&all, MeasureKind::Share), ("40.0".to_owned(), "answered".to_owned()));
    let mean = formed(&asked(&[QUESTION, ("equal_groups", "true")]));
    let mean = mean.iter().find(|m| m.measure == MeasureKind::ShareEqualGroups).unwrap();
    assert_eq!((mean.value.as_str(), mean.base_rule.to_string().as_str()), ("33.3", "groups"));
    assert!(mean.remarks().is_empty(), "{:?}", mean.remarks());
    // A group that has nobody in the base is no share of 0: it is left out, and named.
    let mean = formed(&asked(&[("question", "y"), ("equal_groups", "true")]));
    let mean = mean.iter().find(|m| m.measure == MeasureKind::ShareEqualGroups).unwrap();
    assert_eq!(mean.value, "100.0");
    assert!(mean.remarks().iter().any(|remark| remark.contains("g2")), "{:?}", mean.remarks());
}

#[test]
fn trap_49_options_print_in_the_order_of_the_form_whatever_their_shares() {
    // Points, and a filter under which the second option leads the first and the third.
    for asks in [&[("question", "r")][..], &[QUESTION, ("where", "a=2,3")]] {
        let all = formed(&asked(asks));
        let options: Vec<i16> =
            all.iter().filter(|m| m.measure == MeasureKind::Share).filter_map(|m| m.option).collect();
        assert!(options.len() > 2 && options.is_sorted(), "{asks:?}: {options:?}");
        let counts: Vec<u64> = all
            .iter()
            .filter(|m| m.measure == MeasureKind::Share && m.option.is_some())
            .map(|m| m.count)
            .collect();
        let falls = counts.is_sorted_by(|left, right| left >= right);
        assert!(!falls && !counts.is_sorted(), "{asks:?}: an order by share would look the same: {counts:?}");
        // No answer stands behind them.
        let last = all.iter().rfind(|m| m.measure == MeasureKind::Count).unwrap();
        assert!(last.option.is_none(), "{asks:?}: {last:?}");
    }
}
