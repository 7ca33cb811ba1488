//! An indicator in the places of a form: what it looks at, and what has to be known of a unit in its base.

use super::finding::nearest;
use super::form::Form;
use super::indicator::{Indicator, IndicatorBase};
use super::mapping::Mapping;
use super::premise::PremiseTest;
use super::table_where::{Filter, WhereProblem};

/// An indicator, resolved against one form.
#[derive(Clone, Debug, PartialEq)]
pub struct IndicatorPlan {
    /// What holds of those who are counted.
    pub holds: Filter,
    /// Everything that it looks at, each question, or row of one, once.
    pub looks: Vec<Look>,
    /// What a unit has to be in the base of; nothing for the base of all.
    pub based_on: Vec<Look>,
    /// Which base it is.
    pub base: IndicatorBase,
    /// What the condition that narrows the base looks at.
    pub among: Vec<Look>,
}

/// A question, or a row of one, that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The question's place in the form.
    pub question: usize,
    /// The place of the row in a grid or a ranking.
    pub row: Option<usize>,
    /// The places of the options that are looked at; none if the answer is, as a whole.
    pub options: Option<Vec<usize>>,
}

impl Look {
    /// Whether what comes through a mapping says anything about all of it.
    pub fn is_covered(&self, form: &Form, mapping: &Mapping) -> bool {
        let Some(question) = form.questions.get(self.question) else { return false };
        // What the group says in the respondent's place is known however the unit was collected.
        if question.filled_from.is_some() {
            return true;
        }
        let options = question.options().len();
        match &self.options {
            Some(places) => places.iter().all(|place| mapping.covers(self.question, *place)),
            None if options == 0 => mapping.covers_some(self.question),
            None => (0..options).all(|place| mapping.covers(self.question, place)),
        }
    }
}

impl IndicatorPlan {
    /// Whether units that came through a mapping are covered for all that the base asks for.
    pub fn has_in_base(&self, form: &Form, mapping: &Mapping) -> bool {
        self.based_on.iter().chain(&self.among).all(|look| look.is_covered(form, mapping))
    }

    /// Whether units that came through a mapping are covered for all that it looks at.
    pub fn is_covered(&self, form: &Form, mapping: &Mapping) -> bool {
        self.looks.iter().all(|look| look.is_covered(form, mapping))
    }
}

impl Indicator {
    /// The indicator in the places of a form.
    ///
    /// # Errors
    /// The first thing that is wrong, with the nearest right name.
    pub fn resolve(&self, form: &Form) -> Result<IndicatorPlan, WhereProblem> {
        let condition = self.condition().ok_or_else(|| WhereProblem {
            message: "it has neither one condition `of` nor a `question` with `options`".to_owned(),
            hint: "write `of: <condition>`, or `question` and `options`".to_owned(),
            unknown_question: false,
        })?;
        let holds = condition.resolve(form)?;
        let mut looks = Vec::new();
        looks_of(&holds, form, &mut looks);
        let base = self.base().clone();
        let based_on = match &base {
            IndicatorBase::All => Vec::new(),
            IndicatorBase::Covered | IndicatorBase::Asked | IndicatorBase::Answered => looks.clone(),
            IndicatorBase::Questions(numbers) => {
                let named: Result<Vec<_>, _> =
                    numbers.iter().map(|number| based_on(number, form, &looks)).collect();
                named?.concat()
            }
        };
        let mut among = Vec::new();
        if let Some(condition) = &self.among {
            looks_of(&condition.resolve(form)?, form, &mut among);
        }
        Ok(IndicatorPlan { holds, looks, based_on, base, among })
    }
}

/// What a question named as a base asks to be known: of what the condition looks at its options, else the whole.
fn based_on(name: &str, form: &Form, looks: &[Look]) -> Result<Vec<Look>, WhereProblem> {
    let (number, row) = name.split_once('.').map_or((name, None), |(number, row)| (number, Some(row)));
    let problem =
        |message: String, hint: String, unknown_question| WhereProblem { message, hint, unknown_question };
    let Some((question, found)) = form.question(number) else {
        let near = nearest(number, form.questions.iter().map(|question| question.number.as_str()));
        let hint = near.map_or_else(
            || "use a question number of the form".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(problem(format!("base on unknown question `{number}`"), hint, true));
    };
    let rows = found.rows();
    let wanted = match row {
        None => None,
        Some(code) => match rows.iter().position(|row| row.code.to_string() == code) {
            Some(at) => Some(at),
            None => {
                let known: Vec<String> = rows.iter().map(|row| row.code.to_string()).collect();
                let message = format!("base on unknown row {code} of question `{number}`");
                return Err(problem(message, format!("rows: {}", known.join(", ")), false));
            }
        },
    };
    let same = |look: &&Look| look.question == question && (wanted.is_none() || look.row == wanted);
    let looked: Vec<Look> = looks.iter().filter(same).cloned().collect();
    if !looked.is_empty() {
        return Ok(looked);
    }
    if wanted.is_none() && !rows.is_empty() {
        let message = format!("base on question `{number}` names no row");
        return Err(problem(message, "write `number.row`".to_owned(), false));
    }
    Ok(vec![Look { question, row: wanted, options: None }])
}

fn looks_of(filter: &Filter, form: &Form, found: &mut Vec<Look>) {
    match filter {
        Filter::All(inner) | Filter::Any(inner) => {
            inner.iter().for_each(|filter| looks_of(filter, form, found))
        }
        Filter::Not(inner) => looks_of(inner, form, found),
        Filter::Answer { question, row, test } => {
            let options = form.questions.get(*question).map_or(&[][..], |question| question.options());
            let codes = match test {
                PremiseTest::Codes(codes) | PremiseTest::NotCodes(codes) => Some(codes),
                PremiseTest::AtLeast(_) | PremiseTest::Below(_) | PremiseTest::Answered(_) => None,
            };
            let place = |code: &i16| options.iter().position(|option| option.code == *code);
            let places = codes.map(|codes| codes.iter().filter_map(place).collect::<Vec<_>>());
            let known = found.iter().position(|look| look.question == *question && look.row == *row);
            let at = known.unwrap_or_else(|| {
                found.push(Look { question: *question, row: *row, options: Some(Vec::new()) });
                found.len() - 1
            });
            // Whatever looks at the answer as a whole needs all of it.
            let options = found[at].options.take().zip(places).map(|(known, more)| [known, more].concat());
            found[at].options = options.map(|mut places| {
                places.sort_unstable();
                places.dedup();
                places
            });
        }
        // What is known of every unit.
        _ => {}
    }
}
