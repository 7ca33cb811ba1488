//! In which order options stand, which is that of their codes: the same texts in the same order wherever they come.

use std::collections::BTreeMap;

/// The orders given so far, by the texts as a set.
#[derive(Debug, Default)]
pub(super) struct Orders(BTreeMap<Vec<String>, Vec<String>>);

impl Orders {
    /// Options, given by their frequency, in their order: that of an earlier question with the same texts, so that one
    /// scale has the same codes everywhere; else by the numbers in them, if nearly all have some.
    pub(super) fn ordered(&mut self, mut options: Vec<(String, u64)>) -> Vec<(String, u64)> {
        let mut key: Vec<String> = options.iter().map(|(label, _)| label.to_lowercase()).collect();
        key.sort_unstable();
        if let Some(known) = self.0.get(&key) {
            let place = |label: &str| known.iter().position(|other| *other == label.to_lowercase());
            options.sort_by_key(|(label, _)| place(label));
            return options;
        }
        let numbered = options.iter().filter(|(label, _)| number(label).is_some()).count();
        if numbered >= 3 && options.len() - numbered <= 2 {
            options.sort_by_key(|(label, _)| {
                let found = number(label);
                (found.is_none(), found.unwrap_or(0), side(label))
            });
        }
        self.0.insert(key, options.iter().map(|(label, _)| label.to_lowercase()).collect());
        options
    }
}

/// The first number in a text, in hundredths.
fn number(text: &str) -> Option<i64> {
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let rest = text[begin..].replace(',', "");
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let found: f64 = rest[..end].trim_end_matches('.').parse().ok()?;
    (found < 1e15).then_some((found * 100.0).round() as i64)
}

/// Which of two texts with the same number comes first: what lies below it, then what begins there, then what lies
/// above.
fn side(text: &str) -> i8 {
    let text = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if has(&["less", "under", "below", "fewer", "younger", "up to", "未満", "以下"]) => -1,
        () if has(&["more", "over", "above", "older", "+", "以上", "超"]) => 1,
        () => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_scale_has_one_order_and_numbers_theirs() {
        let mut orders = Orders::default();
        let mut of = |labels: &[&str]| -> Vec<String> {
            let options = labels.iter().map(|label| ((*label).to_owned(), 1)).collect();
            orders.ordered(options).into_iter().map(|(label, _)| label).collect()
        };
        assert_eq!(of(&["Often", "Never", "Rarely"]), ["Often", "Never", "Rarely"]);
        assert_eq!(of(&["rarely", "Never", "Often"]), ["Often", "Never", "rarely"]);
        assert_eq!(of(&["Never", "Often"]), ["Never", "Often"]);
        assert_eq!(
            of(&["$50,000 or more", "Prefer not to say", "$10,000 to $49,999", "Under $10,000"]),
            ["Under $10,000", "$10,000 to $49,999", "$50,000 or more", "Prefer not to say"]
        );
        assert_eq!(of(&["30代", "70歳以上", "20歳未満", "20代"]), ["20歳未満", "20代", "30代", "70歳以上"]);
        assert_eq!(of(&["Class 2", "Other", "Class 1"]), ["Class 2", "Other", "Class 1"]);
    }
}
