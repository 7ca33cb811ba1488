//! Ranks that items were given, by item or by rank.

use std::collections::HashMap;

use shukei_schemas::definition::{Question, TiedRule};
use shukei_schemas::{Code, State};
use smallvec::smallvec;

use crate::answer::{Answer, PerRow, Value};

/// One item with the place of its rank.
pub(crate) type Ranked = (usize, usize);

/// The answers of a ranking, one per item. Nobody ranked: no answer. Somebody did: an item without a rank is nothing
/// marked. An item with two ranks is invalid, and so are two items with one rank unless the rule keeps them.
pub(crate) fn answers(question: &Question, ranked: &[Ranked]) -> (PerRow, Vec<Code>) {
    let rows = question.rows().len();
    if ranked.is_empty() {
        return (smallvec![Answer::none(); rows], Vec::new());
    }
    let mut answers: PerRow = smallvec![Answer::of(State::NothingMarked); rows];
    let mut codes = Vec::new();
    let mut holders: HashMap<usize, usize> = HashMap::new();
    for (item, rank) in ranked {
        let Some(code) = question.options().get(*rank).map(|option| option.code) else { continue };
        let Some(answer) = answers.get(*item).cloned() else { continue };
        let tied = holders.insert(*rank, *item).filter(|other| other != item);
        if answer.state != State::NothingMarked && answer.value != Value::Code(code) {
            codes.push(Code::ItemRepeated);
            answers[*item] = Answer::invalid();
        } else if let Some(other) = tied {
            codes.push(Code::RankRepeated);
            if question.rules.tied_ranks == TiedRule::Invalid {
                answers[other] = Answer::invalid();
                answers[*item] = Answer::invalid();
            } else {
                answers[*item] = Answer::answered(Value::Code(code));
            }
        } else {
            answers[*item] = Answer::answered(Value::Code(code));
        }
    }
    codes.dedup();
    (answers, codes)
}
