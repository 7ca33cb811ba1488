//! What marks come to under the rules of a question.

use shukei_schemas::definition::{
    Choice, ExclusiveRule, Kind, OtherRule, Question, TooManyRule, TwoMarksRule,
};
use shukei_schemas::{Code, State};

use crate::answer::{Answer, Value, is_marked, mask_of, nothing_marked, places_of};

/// The answer to a multiple-answer question with these places marked.
pub(crate) fn multiple(question: &Question, places: &[usize]) -> (Answer, Option<Code>) {
    let options = question.options();
    if places.is_empty() {
        return (nothing_marked(options), None);
    }
    let is_exclusive = |place: &&usize| options.get(**place).is_some_and(|option| option.exclusive);
    if places.len() == 1 || !places.iter().any(|place| is_exclusive(&place)) {
        return most(question, places, None);
    }
    let kept: Vec<usize> = match question.rules.exclusive_with_others {
        ExclusiveRule::Invalid => Vec::new(),
        ExclusiveRule::ExclusiveWins => {
            places.iter().filter(is_exclusive).min().copied().into_iter().collect()
        }
        ExclusiveRule::Keep => places.to_vec(),
        ExclusiveRule::OthersWin => places.iter().filter(|place| !is_exclusive(place)).copied().collect(),
    };
    match kept.is_empty() {
        true => (Answer::invalid(), Some(Code::ExclusiveWithOthers)),
        false => most(question, &kept, Some(Code::ExclusiveWithOthers)),
    }
}

/// Marks that count, unless they are more than the question takes.
fn most(question: &Question, places: &[usize], code: Option<Code>) -> (Answer, Option<Code>) {
    let answer = Answer::answered(Value::Mask(mask_of(question.options().len(), places)));
    match question.max_marks {
        Some(most) if places.len() > most => match question.rules.too_many_marks {
            TooManyRule::Invalid => (Answer::invalid(), Some(Code::TooManyMarks)),
            TooManyRule::Keep => (answer, Some(Code::TooManyMarks)),
        },
        _ => (answer, code),
    }
}

/// The answer to a single-answer question with these places marked.
pub(crate) fn single(question: &Question, places: &[usize]) -> (Answer, Option<Code>) {
    let options = question.options();
    let answer = |place: Option<usize>| match place.and_then(|place| options.get(place)) {
        Some(option) => Answer::answered(Value::Code(option.code)),
        None => Answer::invalid(),
    };
    let (first, last) = (places.iter().min().copied(), places.iter().max().copied());
    match (first, last) {
        (None, _) | (_, None) => (Answer::none(), None),
        (Some(first), Some(last)) if first == last => (answer(Some(first)), None),
        (first, last) => {
            let counts = match question.rules.two_marks {
                TwoMarksRule::Invalid => None,
                TwoMarksRule::First => first,
                TwoMarksRule::Last => last,
            };
            (answer(counts), Some(Code::TwoMarks))
        }
    }
}

/// The marks of a question, by its kind.
pub(crate) fn marks(question: &Question, places: &[usize]) -> (Answer, Option<Code>) {
    match question.kind {
        Kind::Multiple { .. } => multiple(question, places),
        _ => single(question, places),
    }
}

/// Puts words of one's own beside an answer. Without the mark that they belong to, the question's rule decides.
pub(crate) fn with_other(question: &Question, answer: &mut Answer, text: &str) -> Option<Code> {
    let text = text.trim();
    if text.is_empty() || !question.keeps_other() {
        return None;
    }
    let options = question.options();
    let marked =
        options.iter().enumerate().any(|(place, option)| option.other && is_marked(options, answer, place));
    if marked {
        answer.other = Some(join(answer.other.take(), text));
        return None;
    }
    match question.rules.other_without_mark {
        OtherRule::Ignore => {}
        OtherRule::Issue => answer.other = Some(text.into()),
        OtherRule::Mark => {
            mark(question, options, answer);
            answer.other = Some(text.into());
        }
    }
    Some(Code::OtherWithoutMark)
}

fn join(before: Option<Box<str>>, text: &str) -> Box<str> {
    match before {
        Some(before) => format!("{before}; {text}").into(),
        None => text.into(),
    }
}

/// Marks the option that asks for words, where that contradicts nothing.
fn mark(question: &Question, options: &[Choice], answer: &mut Answer) {
    let printed = options.iter().position(|option| option.other && !option.implied);
    let Some(place) = printed.or_else(|| options.iter().position(|option| option.other)) else { return };
    let empty = matches!(answer.state, State::NoAnswer | State::NothingMarked);
    match question.kind {
        Kind::Multiple { .. } if empty || answer.state == State::Answered => {
            let mut places = places_of(answer);
            if places.iter().any(|place| options.get(*place).is_some_and(|option| option.exclusive)) {
                return;
            }
            places.push(place);
            *answer = Answer::answered(Value::Mask(mask_of(options.len(), &places)));
        }
        Kind::Single { .. } | Kind::Rating { .. } if empty => {
            *answer = Answer::answered(Value::Code(options[place].code));
        }
        _ => {}
    }
}
