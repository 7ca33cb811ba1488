//! What follows from other answers: derived answers, who was asked what, and soft checks.

use shukei_schemas::codes::known_part;
use shukei_schemas::columns::MASK_BITS;
use shukei_schemas::definition::{
    Choice, Form, Kind, Precision, Premise, PremiseTest, Question, RoutingRule, UnknownRule, is_unknown,
};
use shukei_schemas::{Code, Issue, State};
use smallvec::smallvec;

use crate::answer::{Answer, PerRow, Value, is_marked, mask_of, nothing_marked, places_of};
use crate::derive;

/// What is known of a submission beside its answers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    /// The group that is answered for.
    pub(crate) group: Option<&'a str>,
    /// When the respondent sent the answers, in microseconds.
    pub(crate) submitted_at: Option<i64>,
    /// The wave's reference date, in days.
    pub(crate) reference_date: Option<i32>,
}

/// Works out everything that a form says of its own answers, in an order in which each step finds what it needs.
pub(crate) fn work_out(
    form: &Form,
    known: Known<'_>,
    answers: &mut [PerRow],
    path: &str,
    issues: &mut Vec<Issue>,
) {
    if !form.has_logic {
        return;
    }
    for &place in &form.order {
        let question = &form.questions[place];
        let at = |row: Option<i16>| {
            let row = row.map(|row| format!("/{row}")).unwrap_or_default();
            format!("{path}{}{row}", known_part(question.number.as_str()))
        };
        if let Some(derived) = &question.derived {
            let (answer, code) = derive::answer(form, derived, question, known, answers);
            answers[place] = smallvec![answer];
            issues.extend(code.map(|code| Issue::new(code, at(None))));
        }
        let asked = |premise: &Option<Premise>, answers: &[PerRow]| match premise {
            None => true,
            Some(premise) => {
                let holds = premise
                    .holds(known.group, &|question, row, test| test_of(form, answers, question, row, test));
                holds.unwrap_or(question.rules.unknown == UnknownRule::Asked)
            }
        };
        if !asked(&question.ask_if, answers) {
            for (row, answer) in answers[place].iter_mut().enumerate() {
                let code = question.rows().get(row).map(|row| row.code);
                issues.extend(not_asked(question, answer).map(|issue| Issue::new(issue, at(code))));
            }
            continue;
        }
        for (at_row, row) in question.rows().iter().enumerate() {
            if !asked(&row.ask_if, answers) {
                let code = not_asked(question, &mut answers[place][at_row]);
                issues.extend(code.map(|code| Issue::new(code, at(Some(row.code)))));
            }
        }
        if question.has_routed_options() {
            let options = question.options();
            let offered: Vec<usize> =
                (0..options.len()).filter(|option| asked(&options[*option].ask_if, answers)).collect();
            for answer in &mut answers[place] {
                let code = offer(question, options, &offered, answer);
                issues.extend(code.map(|code| Issue::new(code, at(None))));
            }
        }
    }
    for check in &form.checks {
        let holds = check
            .premise
            .holds(known.group, &|question, row, test| test_of(form, answers, question, row, test));
        if holds == Some(true) {
            let message = check.message.in_language("en");
            issues.push(Issue::with_hint(Code::CheckFailed, format!("checks/{}", check.id), message));
            for &place in &check.invalidates {
                answers[place].iter_mut().for_each(|answer| *answer = Answer::invalid());
            }
        }
    }
}

/// Only the derived answers, after answers were read across from another form.
pub(crate) fn derive_again(form: &Form, known: Known<'_>, answers: &mut [PerRow]) {
    if !form.has_logic {
        return;
    }
    for &place in &form.order {
        let question = &form.questions[place];
        if let Some(derived) = &question.derived {
            answers[place] = smallvec![derive::answer(form, derived, question, known, answers).0];
        }
    }
}

/// Makes an answer not asked. One that was given all the same is an issue, and counts where the rule trusts it.
fn not_asked(question: &Question, answer: &mut Answer) -> Option<Code> {
    let given = !matches!(answer.state, State::NoAnswer | State::NotAsked | State::NothingMarked);
    // A derived answer was given by nobody.
    let issue = (given && question.derived.is_none()).then_some(Code::AnsweredNotAsked);
    let trusted = given && question.rules.routing == RoutingRule::TrustAnswer;
    if !trusted {
        *answer = Answer::of(State::NotAsked);
    }
    issue
}

/// Takes the options out of an answer that the unit was not offered.
fn offer(question: &Question, options: &[Choice], offered: &[usize], answer: &mut Answer) -> Option<Code> {
    let trusted = question.rules.routing == RoutingRule::TrustAnswer;
    let given =
        (0..options.len()).filter(|place| !offered.contains(place) && is_marked(options, answer, *place));
    let strange: Vec<usize> = given.collect();
    if matches!(question.kind, Kind::Multiple { .. }) {
        if !strange.is_empty() && !trusted {
            let left: Vec<usize> = places_of(answer).into_iter().filter(|at| !strange.contains(at)).collect();
            let other = answer.other.take();
            *answer = match left.is_empty() {
                true => nothing_marked(options),
                false => Answer::answered(Value::Mask(mask_of(options.len(), &left))),
            };
            answer.other = other;
        }
        let mut asked = mask_of(options.len(), offered);
        if trusted {
            for place in &strange {
                asked[place / MASK_BITS] |= 1 << (place % MASK_BITS);
            }
        }
        answer.asked = Some(asked.into_vec().into());
    } else if !strange.is_empty() && !trusted {
        *answer = Answer::invalid();
    }
    (!strange.is_empty()).then_some(Code::AnsweredNotAsked)
}

/// Whether a test of an answer holds; `None` where the answer is not known. One that was not asked for holds nothing.
pub(crate) fn test_of(
    form: &Form,
    answers: &[PerRow],
    place: usize,
    row: usize,
    test: &PremiseTest,
) -> Option<bool> {
    let question = &form.questions[place];
    let answer = answers.get(place)?.get(row)?;
    if let PremiseTest::Answered(wanted) = test {
        return Some((answer.state == State::Answered) == *wanted);
    }
    if is_unknown(answer.state) {
        return None;
    }
    let marked = |codes: &[i16]| {
        let options = question.options();
        codes.iter().any(|code| {
            let place = options.iter().position(|option| option.code == *code);
            place.is_some_and(|place| is_marked(options, answer, place))
        })
    };
    Some(match test {
        PremiseTest::Codes(codes) => marked(codes),
        PremiseTest::NotCodes(codes) => {
            matches!(answer.state, State::Answered | State::NothingMarked) && !marked(codes)
        }
        PremiseTest::AtLeast(bound) => compared(question, answer).is_some_and(|value| value >= *bound),
        PremiseTest::Below(bound) => compared(question, answer).is_some_and(|value| value < *bound),
        PremiseTest::Answered(_) => false,
    })
}

/// What bounds are compared with: see [`Kind::bound`].
pub(crate) fn compared(question: &Question, answer: &Answer) -> Option<i128> {
    match &answer.value {
        Value::Number(number) => Some(*number),
        Value::Date(day) => Some(i128::from(*day)),
        Value::Moment(time) => Some(i128::from(*time)),
        Value::Code(code) => {
            let option = question.options().iter().find(|option| option.code == *code)?;
            question.kind.compared(option)
        }
        Value::Text(text) if matches!(question.kind, Kind::Time) => {
            question.kind.bound(&text[..text.len().min(8)])
        }
        Value::None | Value::Mask(_) | Value::Text(_) => None,
    }
}

/// How exact the date of an answer is; a number is a year.
pub(crate) fn precision_of(kind: &Kind) -> Precision {
    match kind {
        Kind::Date { precision, .. } => *precision,
        _ => Precision::Year,
    }
}
