//! Answers that nobody was asked for: bands, ages, look-ups, written-in words by pattern.

use shukei_schemas::decimal::VALUE_DECIMALS;
use shukei_schemas::definition::{
    AgeOn, Derived, Form, FormedBy, Found, Kind, Period, PeriodOf, PeriodRule, Premise, Question, Steps,
    Unlisted, is_unknown,
};
use shukei_schemas::{Code, State, moment};

use crate::answer::{Answer, PerRow, Value, places_of};
use crate::logic::{Known, compared, precision_of, test_of};
use crate::settle;

/// The answer to a derived question. What is not known of its source is not known of it.
pub(crate) fn answer(
    form: &Form,
    derived: &Derived,
    question: &Question,
    known: Known<'_>,
    answers: &[PerRow],
) -> (Answer, Option<Code>) {
    let source = |place: usize| (&form.questions[place], &answers[place][0]);
    let option = |place: usize| match question.options().get(place) {
        Some(option) => Answer::answered(Value::Code(option.code)),
        None => Answer::invalid(),
    };
    match derived {
        Derived::Bands { from, bands } => {
            let (of, given) = source(*from);
            if given.state != State::Answered {
                return (Answer::of(given.state), None);
            }
            let Some(value) = compared(of, given) else { return (Answer::none(), None) };
            match bands.iter().find(|band| band.holds(value)) {
                Some(band) => (option(band.option), None),
                None => (Answer::invalid(), Some(Code::BandMissed)),
            }
        }
        Derived::Age { birth, on, zone } => {
            let (of, given) = source(*birth);
            if given.state != State::Answered {
                return (Answer::of(given.state), None);
            }
            let birth = match given.value {
                Value::Date(day) => Some(day),
                Value::Number(year) => moment::iso_date(&format!("{year:04}")),
                _ => None,
            };
            let on = match on {
                AgeOn::ReferenceDate => known.reference_date,
                AgeOn::SubmittedAt => known.submitted_at.and_then(|time| moment::day_in(time, zone)),
                AgeOn::Question(place) => match source(*place).1.value {
                    Value::Date(day) => Some(day),
                    Value::Moment(time) => moment::day_in(time, zone),
                    _ => None,
                },
            };
            let Some(on) = on else { return (Answer::none(), None) };
            let age = birth.and_then(|birth| moment::age(birth, precision_of(&of.kind), on));
            match (age, &question.kind) {
                (Some(age), Kind::Number { min, max, .. }) if age >= 0 => {
                    if min.is_some_and(|min| age < min) || max.is_some_and(|max| age > max) {
                        return (Answer::invalid(), Some(Code::NumberOutOfRange));
                    }
                    (Answer::answered(Value::Number(i128::from(age))), None)
                }
                _ => (Answer::invalid(), Some(Code::DateInvalid)),
            }
        }
        Derived::Period(rule) => {
            let answer = match rule.of {
                PeriodOf::SubmittedAt => known.submitted_at.map(Value::Moment),
                PeriodOf::Question(place) => match source(place).1 {
                    given if given.state == State::Answered => Some(given.value.clone()),
                    given => return (Answer::of(given.state), None),
                },
            };
            match answer {
                Some(time) => (period(rule, &time), None),
                None => (Answer::none(), None),
            }
        }
        Derived::Cases { cases, otherwise } if matches!(question.kind, Kind::Multiple { .. }) => {
            match all_cases(form, cases, known, answers) {
                Ok(places) if places.is_empty() => settle::marks(question, otherwise.as_slice()),
                Ok(places) => settle::marks(question, &places),
                Err(state) => (Answer::of(state), None),
            }
        }
        Derived::Cases { cases, otherwise } => match (case(form, cases, known, answers), otherwise) {
            (Ok(Some(place)), _) => (option(place), None),
            (Ok(None), Some(place)) => (option(*place), None),
            (Ok(None), None) => (Answer::none(), None),
            (Err(state), _) => (Answer::of(state), None),
        },
        Derived::Formed { by, parts, known } => formed(form, *by, parts, *known, question, answers),
        Derived::Count { of, options } => (count(&form.questions[*of], &answers[*of], options), None),
        Derived::Lookup { from, table } => {
            let (of, given) = source(*from);
            let Some(key) = looked_up(of, given) else { return (Answer::of(given.state), None) };
            match table.get(Steps::default().key(&key).as_ref()) {
                Some(Found::Option(place)) => (option(*place), None),
                Some(Found::Text(text)) if text.is_empty() => (Answer::none(), None),
                Some(Found::Text(text)) => (Answer::answered(Value::Text(text.clone())), None),
                None => (Answer::invalid(), Some(Code::LookupMissed)),
            }
        }
        Derived::Patterns { from, patterns } => {
            let (_, given) = source(*from);
            let Value::Text(text) = &given.value else { return (Answer::of(given.state), None) };
            let steps = Steps::default();
            let key = steps.key(text);
            // Words may say several things, and of a multiple answer each is one.
            let most = if matches!(question.kind, Kind::Multiple { .. }) { usize::MAX } else { 1 };
            let fitting = patterns.iter().filter(|pattern| pattern.fits(&key)).take(most);
            let mut places: Vec<usize> = fitting.flat_map(|pattern| &pattern.places).copied().collect();
            places.sort_unstable();
            places.dedup();
            match places.is_empty() {
                false => settle::marks(question, &places),
                true => match question.unlisted {
                    Unlisted::Option(place) => {
                        let (mut answer, _) = settle::marks(question, &[place]);
                        settle::with_other(question, &mut answer, text);
                        (answer, Some(Code::Unlisted))
                    }
                    Unlisted::Refuse => (Answer::invalid(), Some(Code::LabelUnknown)),
                },
            }
        }
    }
}

/// All cases that hold. Where none does and one is not known, what is known of it instead; and where nothing of all that
/// decides was asked, that.
fn all_cases(
    form: &Form,
    cases: &[(usize, Premise)],
    known: Known<'_>,
    answers: &[PerRow],
) -> Result<Vec<usize>, State> {
    let (mut places, mut unknown) = (Vec::new(), None);
    for case in cases {
        match self::case(form, std::slice::from_ref(case), known, answers) {
            Ok(place) => places.extend(place),
            Err(state) => unknown = unknown.or((state != State::NotAsked).then_some(state)),
        }
    }
    match (places.is_empty(), unknown) {
        (true, Some(state)) => Err(state),
        (true, None) => self::case(form, cases, known, answers).map(|_| Vec::new()),
        (false, _) => {
            places.sort_unstable();
            places.dedup();
            Ok(places)
        }
    }
}

/// The first case that holds, if any does. Where an answer that decides is not known, what is known of it instead; and
/// where nothing of all that decides was asked, that.
fn case(
    form: &Form,
    cases: &[(usize, Premise)],
    known: Known<'_>,
    answers: &[PerRow],
) -> Result<Option<usize>, State> {
    let states = |premise: &Premise| {
        let mut found = Vec::new();
        premise.questions(&mut |place| found.extend(answers[place].iter().map(|answer| answer.state)));
        found
    };
    for (place, premise) in cases {
        let test = |question, row, test: &_| test_of(form, answers, question, row, test);
        match premise.holds(known.group, &test) {
            Some(true) => return Ok(Some(*place)),
            Some(false) => {}
            None => {
                let unknown = states(premise).into_iter().find(|state| is_unknown(*state));
                return Err(unknown.unwrap_or(State::NoAnswer));
            }
        }
    }
    let all: Vec<State> = cases.iter().flat_map(|(_, premise)| states(premise)).collect();
    match !all.is_empty() && all.iter().all(|state| *state == State::NotAsked) {
        true => Err(State::NotAsked),
        false => Ok(None),
    }
}

/// A number formed of the parts that are known, if they are enough.
fn formed(
    form: &Form,
    by: FormedBy,
    parts: &[(usize, usize)],
    wanted: usize,
    question: &Question,
    answers: &[PerRow],
) -> (Answer, Option<Code>) {
    let Kind::Number { decimals, min, max } = &question.kind else { return (Answer::invalid(), None) };
    let value = |(of, row): &(usize, usize)| -> Result<i128, State> {
        let (of, given) = (&form.questions[*of], answers[*of].get(*row).ok_or(State::NoAnswer)?);
        if given.state != State::Answered {
            return Err(given.state);
        }
        // What is off the scale is no number.
        compared(of, given).and_then(|value| in_billionths(&of.kind, value)).ok_or(State::NoAnswer)
    };
    let values: Vec<Result<i128, State>> = parts.iter().map(value).collect();
    let known: Vec<i128> = values.iter().filter_map(|value| value.ok()).collect();
    if known.len() < wanted {
        // That a part was not asked is handed on where nothing else is the matter.
        let states = || values.iter().filter_map(|value| value.err());
        let state = states().find(|state| *state != State::NotAsked).or(states().next());
        return (Answer::of(state.unwrap_or(State::NoAnswer)), None);
    }
    let total = match (by, known.as_slice()) {
        (FormedBy::Difference, [one, other]) => one - other,
        _ => known.iter().sum(),
    };
    let parts = if by == FormedBy::Mean { known.len() as i128 } else { 1 };
    let unit = 10i128.pow(VALUE_DECIMALS as u32 - u32::from(*decimals).min(VALUE_DECIMALS as u32)) * parts;
    // Halves away from zero.
    let number = (2 * total.abs() + unit) / (2 * unit) * total.signum();
    let is_out =
        min.is_some_and(|min| number < i128::from(min)) || max.is_some_and(|max| number > i128::from(max));
    match is_out {
        true => (Answer::invalid(), Some(Code::NumberOutOfRange)),
        false => (Answer::answered(Value::Number(number)), None),
    }
}

/// A value as it is compared, in billionths: of a number or an option, of days, of minutes.
fn in_billionths(kind: &Kind, value: i128) -> Option<i128> {
    let one = 10i128.pow(VALUE_DECIMALS as u32);
    match kind {
        Kind::Number { decimals, .. } => Some(value * one / 10i128.pow(u32::from(*decimals))),
        Kind::Date { .. } => Some(value * one),
        Kind::Datetime { .. } => Some(value * one / 60_000_000),
        Kind::Single { .. } | Kind::Rating { .. } | Kind::Grid { .. } => Some(value),
        Kind::Multiple { .. } | Kind::Ranking { .. } | Kind::Time | Kind::Text { .. } => None,
    }
}

/// How many of these options are marked, or in how many rows of a grid one of them was given.
fn count(of: &Question, given: &[Answer], options: &[usize]) -> Answer {
    let number = |count: usize| Answer::answered(Value::Number(count as i128));
    if matches!(of.kind, Kind::Multiple { .. }) {
        return match given.first() {
            Some(answer) if matches!(answer.state, State::Answered | State::NothingMarked) => {
                number(places_of(answer).iter().filter(|place| options.contains(place)).count())
            }
            Some(answer) => Answer::of(answer.state),
            None => Answer::none(),
        };
    }
    if !given.iter().any(|answer| answer.state == State::Answered) {
        return given.first().map_or_else(Answer::none, |answer| Answer::of(answer.state));
    }
    let counts = |answer: &&Answer| match answer.value {
        Value::Code(code) => {
            of.kind.place_of_code(i64::from(code)).is_some_and(|place| options.contains(&place))
        }
        _ => false,
    };
    number(given.iter().filter(counts).count())
}

/// The first day of the period that a date or a time falls into, or the time itself.
fn period(rule: &PeriodRule, of: &Value) -> Answer {
    if rule.period == Period::Moment {
        let time = match of {
            Value::Moment(time) => Some(*time),
            Value::Date(day) => moment::midnight(*day, &rule.zone),
            _ => None,
        };
        return time.map_or_else(Answer::invalid, |time| Answer::answered(Value::Moment(time)));
    }
    let day = match of {
        Value::Moment(time) => moment::day_in(*time, &rule.zone),
        Value::Date(day) => Some(*day),
        _ => None,
    };
    let first = day.and_then(|day| rule.first_day(day));
    first.map_or_else(Answer::invalid, |first| Answer::answered(Value::Date(first)))
}

/// The text that is looked up: words as they are, a number as it is written, an option by its code.
fn looked_up(question: &Question, answer: &Answer) -> Option<String> {
    match (&answer.value, &question.kind) {
        (Value::Text(text), _) => Some(text.clone()),
        (Value::Code(code), _) => Some(code.to_string()),
        (Value::Number(number), Kind::Number { decimals: 0, .. }) => Some(number.to_string()),
        (Value::Number(number), Kind::Number { decimals, .. }) => {
            let scale = 10i128.pow(u32::from(*decimals));
            let (whole, rest) = (number.abs() / scale, number.abs() % scale);
            let sign = if *number < 0 { "-" } else { "" };
            let digits = format!("{rest:0width$}", width = usize::from(*decimals));
            let digits = digits.trim_end_matches('0');
            Some(if digits.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{digits}") })
        }
        _ => None,
    }
}
