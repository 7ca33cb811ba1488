//! Answers on somebody else's form, read across into ours (読み替え).

use std::collections::HashMap;

use shukei_schemas::definition::{
    Condition, ExclusiveRule, Form, Kind, Mapping, OptionRule, Question, RuleKind, Source, Test, When,
};
use shukei_schemas::{State, moment};
use smallvec::smallvec;

use crate::answer::{Answer, PerRow, Value, blank, marked, mask_of, places_of};
use crate::settle;

/// The answers on the target form that the source answers come to. What no rule covers is not mapped.
pub(crate) fn read_across(
    mapping: &Mapping,
    source: &Form,
    target: &Form,
    answers: &[PerRow],
) -> Vec<PerRow> {
    let mut across = blank(target);
    for (place, rows) in across.iter_mut().enumerate() {
        for answer in rows.iter_mut() {
            *answer = state(State::NotMapped);
        }
        let Some(rule) = mapping.rule(place) else { continue };
        let reader = Reader { mapping, source, answers };
        if let RuleKind::Same { from, codes, rows: pairs } = &rule.kind {
            reader.same(*from, codes, pairs, &target.questions[place], rows);
            continue;
        }
        let answer = match &rule.kind {
            // Done above: it may have several rows.
            RuleKind::Same { .. } => Answer::none(),
            RuleKind::Options(rules) => reader.options(rules, target, place),
            RuleKind::Codes { from, map } => {
                let places: Result<Vec<usize>, State> = from
                    .iter()
                    .map(|&source| {
                        let code = reader.code(source)?;
                        map.get(&code).copied().ok_or(State::NotMapped)
                    })
                    .collect();
                single(target, place, places.map(|places| places.into_iter().max()))
            }
            RuleKind::Priority { from, order, otherwise } => {
                let marks = reader.marks(*from);
                single(
                    target,
                    place,
                    marks.map(|codes| {
                        order
                            .iter()
                            .find(|(code, _)| codes.contains(code))
                            .map(|(_, place)| *place)
                            .or(*otherwise)
                    }),
                )
            }
        };
        *rows = smallvec![answer];
    }
    across
}

fn state(state: State) -> Answer {
    Answer::of(state)
}

fn single(target: &Form, question: usize, place: Result<Option<usize>, State>) -> Answer {
    match place {
        Err(unknown) => state(unknown),
        Ok(place) => place
            .and_then(|place| target.questions[question].options().get(place))
            .map_or_else(Answer::none, |option| Answer::answered(Value::Code(option.code))),
    }
}

struct Reader<'a> {
    mapping: &'a Mapping,
    source: &'a Form,
    answers: &'a [PerRow],
}

impl Reader<'_> {
    /// The answer of a source of the same kind, row by row.
    fn same(
        &self,
        from: usize,
        codes: &HashMap<i16, usize>,
        pairs: &[(usize, usize)],
        target: &Question,
        rows: &mut [Answer],
    ) {
        let source = &self.source.questions[from];
        let whole = [(0, 0)];
        for (row, to) in if source.rows().is_empty() { &whole } else { pairs } {
            let (Some(given), Some(answer)) = (self.answers[from].get(*row), rows.get_mut(*to)) else {
                continue;
            };
            *answer = match (&given.value, &source.kind, &target.kind) {
                (Value::Code(code), ..) => match codes.get(code).and_then(|at| target.options().get(*at)) {
                    Some(option) => Answer::answered(Value::Code(option.code)),
                    None => state(State::NotMapped),
                },
                (Value::Mask(_), ..) => self.same_marks(from, given, codes, target),
                (
                    Value::Number(number),
                    Kind::Number { decimals: from, .. },
                    Kind::Number { decimals: to, .. },
                ) => {
                    let scaled = number * 10i128.pow(u32::from(to.saturating_sub(*from)));
                    // A column of numbers keeps 18 digits.
                    match scaled.abs() < 10i128.pow(18) {
                        true => Answer::answered(Value::Number(scaled)),
                        false => Answer::invalid(),
                    }
                }
                (Value::Date(day), _, Kind::Date { precision, .. }) => moment::truncated(*day, *precision)
                    .map_or_else(Answer::invalid, |day| Answer::answered(Value::Date(day))),
                _ => Answer::new(given.state, given.value.clone()),
            };
            answer.other = given.other.clone().filter(|_| target.keeps_other());
        }
    }

    /// Marks, each as the target's option. Marks that feed nothing leave nothing known, as in a rule of options.
    fn same_marks(
        &self,
        from: usize,
        given: &Answer,
        codes: &HashMap<i16, usize>,
        target: &Question,
    ) -> Answer {
        let options = self.source.questions[from].options();
        let marked: Vec<i16> =
            places_of(given).into_iter().filter_map(|at| options.get(at)).map(|o| o.code).collect();
        let mut places: Vec<usize> = marked.iter().filter_map(|code| codes.get(code).copied()).collect();
        places.sort_unstable();
        places.dedup();
        match (places.is_empty(), marked.is_empty()) {
            (true, false) if marked.iter().all(|code| self.mapping.is_unmapped(from, *code)) => {
                state(State::NotMapped)
            }
            (true, true) => Answer::new(given.state, Value::Mask(mask_of(target.options().len(), &[]))),
            _ => settle::multiple(target, &places).0,
        }
    }

    /// The answer of a source question, or of a row of one; none where the form has no such row.
    fn answer(&self, source: Source) -> Option<&Answer> {
        self.answers.get(source.question)?.get(source.row)
    }

    /// The code of a single-answer source question, or why there is none.
    fn code(&self, source: Source) -> Result<i16, State> {
        let answer = self.answer(source).ok_or(State::NotMapped)?;
        match (&answer.state, &answer.value) {
            (State::Answered, Value::Code(code)) if self.mapping.is_unmapped(source.question, *code) => {
                Err(State::NotMapped)
            }
            (State::Answered, Value::Code(code)) => Ok(*code),
            (State::Answered, _) => Err(State::Invalid),
            (unknown, _) => Err(*unknown),
        }
    }

    /// The codes given to a source question, one or several, or why none are known.
    fn marks(&self, source: Source) -> Result<Vec<i16>, State> {
        let answer = self.answer(source).ok_or(State::NotMapped)?;
        let question = source.question;
        match (&self.source.questions[question].kind, &answer.value) {
            (Kind::Multiple { options }, Value::Mask(words)) => {
                let places = 0..options.len();
                let chosen = places
                    .filter(|place| words.get(place / 63).is_some_and(|word| word >> (place % 63) & 1 == 1));
                let codes: Vec<i16> = chosen.map(|place| options[place].code).collect();
                let mapped = codes.iter().filter(|code| !self.mapping.is_unmapped(question, **code)).count();
                // Only codes that feed nothing: nothing is known of what the question feeds.
                if mapped == 0 && !codes.is_empty() { Err(State::NotMapped) } else { Ok(codes) }
            }
            (Kind::Multiple { .. }, _) => Err(answer.state),
            _ => self.code(source).map(|code| vec![code]),
        }
    }

    fn holds(&self, condition: &Condition) -> Result<bool, State> {
        match &condition.test {
            Test::Codes(codes) => Ok(self.marks(condition.source)?.iter().any(|code| codes.contains(code))),
            Test::AtLeast(least) => {
                let answer = self.answer(condition.source).ok_or(State::NotMapped)?;
                match (&answer.value, &self.source.questions[condition.source.question].kind) {
                    (Value::Number(number), Kind::Number { decimals, .. }) => {
                        Ok(*number >= i128::from(*least) * 10i128.pow(u32::from(*decimals)))
                    }
                    _ => Err(answer.state),
                }
            }
        }
    }

    /// Whether an option is chosen: one condition that holds settles `any`, one that does not settles `all`; where
    /// that leaves it open, what is not known stays not known.
    fn chosen(&self, when: &When) -> Result<bool, State> {
        let (conditions, settles) = match when {
            When::Any(conditions) => (conditions, true),
            When::All(conditions) => (conditions, false),
            When::NoOther => return Ok(false),
        };
        let found: Vec<Result<bool, State>> =
            conditions.iter().map(|condition| self.holds(condition)).collect();
        if found.contains(&Ok(settles)) {
            return Ok(settles);
        }
        found.into_iter().find(Result::is_err).unwrap_or(Ok(!settles))
    }

    /// A multiple-answer target. As on a form of our own, what is known to be chosen counts; where nothing is, one
    /// option that is not known makes the question not known.
    fn options(&self, rules: &[OptionRule], target: &Form, question: usize) -> Answer {
        let found: Vec<(usize, Result<bool, State>)> = rules
            .iter()
            .filter(|rule| !matches!(rule.when, When::NoOther))
            .map(|rule| (rule.option, self.chosen(&rule.when)))
            .collect();
        let mut places: Vec<usize> =
            found.iter().filter(|(_, chosen)| *chosen == Ok(true)).map(|(place, _)| *place).collect();
        if places.is_empty() {
            if let Some(unknown) = found.iter().find_map(|(_, chosen)| chosen.err()) {
                return state(unknown);
            }
            places.extend(
                rules.iter().filter(|rule| matches!(rule.when, When::NoOther)).map(|rule| rule.option),
            );
        }
        let question = &target.questions[question];
        let options = question.options();
        let keeps = question.rules.exclusive_with_others == ExclusiveRule::Keep;
        let answer = marked(options, &places).unwrap_or_else(|| match keeps {
            true => Answer::answered(Value::Mask(mask_of(options.len(), &places))),
            false => Answer::invalid(),
        });
        // Nothing is marked of what is covered: the question was answered all the same.
        if places.is_empty() {
            Answer::answered(Value::Mask(smallvec![0; options.len().div_ceil(63).max(1)]))
        } else {
            answer
        }
    }
}
