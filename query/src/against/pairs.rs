//! Which options of two questions are the same.

use shukei_schemas::definition::{ConcordedQuestion, Kind, Question};

use super::held::MEAN;
use super::words::Why;
use crate::measure::{Measure, MeasureKind};

/// Options of the later wave that together are those of the earlier.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) later: Vec<i16>,
    pub(super) earlier: Vec<i16>,
}

impl Pair {
    /// Whether one side has several, so that they are counted together.
    pub(super) fn is_joined(&self) -> bool {
        self.later.len() != 1 || self.earlier.len() != 1
    }

    fn has_same_value(&self, later: &Question, earlier: &Question) -> bool {
        let ([now], [then]) = (&self.later[..], &self.earlier[..]) else { return false };
        // The value of a rank is its number.
        let is_ranking = matches!(later.kind, Kind::Ranking { .. });
        let of = |question: &Question, code: i16| {
            let option = question.options().iter().find(|option| option.code == code);
            option.map(|option| (option.value, option.not_applicable))
        };
        of(later, *now) == of(earlier, *then) && (!is_ranking || now == then)
    }

    /// The name in the column `set`.
    pub(super) fn id(&self) -> String {
        let codes: Vec<String> = self.later.iter().map(ToString::to_string).collect();
        format!("options {}", codes.join("+"))
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    pub(super) alike: Vec<Pair>,
    /// Options of the later wave without any of the earlier.
    pub(super) alone: Vec<i16>,
    /// Whether means are of the same scale: each option of either wave has one of the other with the same value.
    pub(super) has_same_values: bool,
}

impl Pairs {
    pub(super) fn of(
        later: &Question,
        earlier: &Question,
        entry: Option<&ConcordedQuestion>,
        has_same_base: bool,
    ) -> Result<Self, Why> {
        let rows = |question: &Question| question.rows().iter().map(|row| row.code).collect::<Vec<_>>();
        if later.kind.as_str() != earlier.kind.as_str() || rows(later) != rows(earlier) {
            return Err(Why::OtherWay);
        }
        if !has_same_base {
            return Err(Why::OtherBase);
        }
        let listed = entry.map_or(&[][..], |entry| &entry.options);
        let mut pairs = Self::default();
        for options in listed {
            if options.options.is_empty() || options.were.is_empty() {
                pairs.alone.extend(&options.options);
            } else {
                pairs.alike.push(Pair { later: options.options.clone(), earlier: options.were.clone() });
            }
        }
        for option in later.options() {
            if listed.iter().any(|options| options.options.contains(&option.code)) {
                continue;
            }
            // What the concordance takes as something else in the earlier wave is no counterpart by its code.
            let is_taken = listed.iter().any(|options| options.were.contains(&option.code));
            // Where a concordance speaks of the question, the code alone says that it is the same option.
            let same = !is_taken
                && earlier
                    .options()
                    .iter()
                    .any(|was| was.code == option.code && (entry.is_some() || was.label == option.label));
            match same {
                true => {
                    pairs.alike.push(Pair { later: vec![option.code], earlier: vec![option.code] });
                }
                false => pairs.alone.push(option.code),
            }
        }
        pairs.has_same_values = pairs.alone.is_empty()
            && pairs.alike.len() == earlier.options().len()
            && pairs.alike.iter().all(|pair| pair.has_same_value(later, earlier));
        Ok(pairs)
    }

    /// The codes of the earlier wave that together are these; none if they are not just these.
    pub(super) fn translate(&self, codes: &[i16]) -> Option<Vec<i16>> {
        let mut found = Vec::new();
        for code in codes {
            let pair = self.alike.iter().find(|pair| pair.later.contains(code))?;
            if !pair.later.iter().all(|code| codes.contains(code)) {
                return None;
            }
            found.extend(
                pair.earlier.iter().filter(|code| !found.contains(*code)).copied().collect::<Vec<_>>(),
            );
        }
        Some(found)
    }

    /// Whether each option that is compared has the code that it had.
    pub(super) fn keep_codes(&self) -> bool {
        self.alone.is_empty() && self.alike.iter().all(|pair| pair.later == pair.earlier)
    }

    /// What a figure of the later wave was in the earlier.
    pub(super) fn earlier_of(&self, now: &Measure) -> Option<String> {
        if now.measure == MeasureKind::Mean {
            return self.has_same_values.then(|| MEAN.to_owned());
        }
        match (&now.set, now.option) {
            (Some(set), _) => Some(format!("set:{set}")),
            (None, Some(code)) => {
                let pair = self.alike.iter().find(|pair| !pair.is_joined() && pair.later == [code])?;
                pair.earlier.first().map(ToString::to_string)
            }
            (None, None) => None,
        }
    }
}
