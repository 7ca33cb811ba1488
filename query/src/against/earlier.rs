//! What is asked of the later wave, as it is asked of the earlier one: questions, options and groups under the names that
//! they had.

use std::collections::BTreeMap;

use shukei_schemas::WaveId;
use shukei_schemas::definition::{
    Concordance, ConcordedQuestion, Grade, Question, Survey, SurveyDefinition, Wave, Where,
};

use super::pairs::Pairs;
use super::shared::Shared;
use super::words::Why;
use crate::break_by::{Unknown, WITH_UNKNOWN};
use crate::error::QueryError;
use crate::measure::{BaseRule, Flag};
use crate::request::TabulateRequest;

/// The language of errors, whatever that of the labels.
const MESSAGES: &str = "en";

/// Two waves and what is known of their questions.
pub(super) struct Between<'a> {
    pub(super) definition: &'a SurveyDefinition,
    pub(super) concordance: Option<&'a Concordance>,
    pub(super) against: &'a WaveId,
    pub(super) rules_later: Rules<'a>,
    pub(super) rules_earlier: Rules<'a>,
    pub(super) language: String,
    pub(super) asked_later: Vec<&'a Question>,
    pub(super) asked_earlier: Vec<&'a Question>,
    pub(super) has_own_base: bool,
}

/// Who is in the bases of a wave, which may say of its own.
pub(super) struct Rules<'a> {
    survey: Survey,
    wave: &'a Wave,
}

impl<'a> Rules<'a> {
    pub(super) fn of(definition: &SurveyDefinition, wave: &'a Wave) -> Self {
        Self { survey: definition.survey.in_wave(wave), wave }
    }

    fn base(&self, question: &Question) -> BaseRule {
        BaseRule::of(&self.survey, &question.in_wave(self.wave))
    }
}

/// A question of both waves.
pub(super) struct Matched<'a> {
    pub(super) question: &'a Question,
    pub(super) was: &'a Question,
    pub(super) entry: Option<&'a ConcordedQuestion>,
    pub(super) pairs: Pairs,
}

impl<'a> Between<'a> {
    pub(super) fn survey(&self) -> &'a Survey {
        &self.definition.survey
    }

    /// The question of the earlier wave that a later one is held against, or why there is none.
    pub(super) fn matched(&self, question: &'a Question) -> Result<Matched<'a>, (Flag, String)> {
        self.matched_in(question, &self.language)
    }

    fn matched_in(&self, question: &'a Question, language: &str) -> Result<Matched<'a>, (Flag, String)> {
        let number = question.number.as_str();
        let entries = self.concordance.map_or(&[][..], |known| &known.questions);
        let entry = entries.iter().find(|entry| entry.question == number);
        if let Some(entry) = entry.filter(|entry| entry.grade == Grade::Break) {
            return Err((Flag::Broken, entry.reason.in_language(language).to_owned()));
        }
        let not_compared = |why: Why| (Flag::NotCompared, why.in_language(language).to_owned());
        let was = entry.and_then(|entry| entry.was.as_deref());
        // A number that another question had is no counterpart by itself.
        let is_taken = || entries.iter().any(|entry| entry.was.as_deref() == Some(number));
        if entry.is_none() && is_taken() {
            return Err(not_compared(Why::NoQuestion));
        }
        let number = was.unwrap_or(number);
        let was = self.asked_earlier.iter().find(|known| known.number.as_str() == number);
        let was = *was.ok_or_else(|| not_compared(Why::NoQuestion))?;
        let has_same_base =
            self.has_own_base || self.rules_later.base(question) == self.rules_earlier.base(was);
        let pairs = Pairs::of(question, was, entry, has_same_base).map_err(not_compared)?;
        Ok(Matched { question, was, entry, pairs })
    }

    /// The same of a question that breaks, conditions and weights name.
    fn named(&self, number: &str) -> Result<Option<Matched<'a>>, QueryError> {
        let Some(question) = self.asked_later.iter().find(|known| known.number.as_str() == number) else {
            // The tabulation of the later wave says so, with the nearest name.
            return Ok(None);
        };
        let refused = |(_, why): (Flag, String)| self.refused(number, &why);
        self.matched_in(question, MESSAGES).map(Some).map_err(refused)
    }

    fn refused(&self, name: &str, why: &str) -> QueryError {
        QueryError::Request {
            problem: format!("`{name}` cannot be asked of wave `{}` too: {why}", self.against),
            hint: "break down, filter and weight by what both waves ask alike, or leave `--against` out"
                .to_owned(),
        }
    }

    /// The request as it is asked of the earlier wave, without its questions and sets.
    pub(super) fn request(
        &self,
        later: &TabulateRequest,
        shared: &Shared<'_>,
    ) -> Result<TabulateRequest, QueryError> {
        let mut earlier = TabulateRequest { wave: self.against.clone(), questions: None, ..later.clone() };
        earlier.by = later.by.iter().map(|by| self.by(by)).collect::<Result<_, _>>()?;
        let condition = |given: &Option<Where>| given.as_ref().map(|given| self.condition(given, shared));
        earlier.how.filter = condition(&later.how.filter).transpose()?;
        earlier.how.numerator = condition(&later.how.numerator).transpose()?;
        if let Some(weight) = &later.how.weight
            && let Some(matched) = self.named(weight)?
        {
            earlier.how.weight = Some(matched.was.number.to_string());
        }
        Ok(earlier)
    }

    pub(super) fn by(&self, by: &str) -> Result<String, QueryError> {
        let names = by.split('*').map(str::trim).map(|name| {
            let bare = name.trim_end_matches(WITH_UNKNOWN);
            let (name, unknown) = (bare, &name[bare.len()..]);
            let (number, row) =
                name.split_once('.').map_or((name, ""), |(number, _)| (number, &name[number.len()..]));
            let found = if is_of_unit(name) { None } else { self.named(number)? };
            let was = found.map_or_else(|| name.to_owned(), |matched| format!("{}{row}", matched.was.number));
            Ok(was + unknown)
        });
        Ok(names.collect::<Result<Vec<_>, QueryError>>()?.join("*"))
    }

    pub(super) fn condition(&self, given: &Where, shared: &Shared<'_>) -> Result<Where, QueryError> {
        let mut was = given.clone();
        let each =
            |all: &[Where]| all.iter().map(|one| self.condition(one, shared)).collect::<Result<Vec<_>, _>>();
        was.all = each(&given.all)?;
        was.any = each(&given.any)?;
        was.not = match &given.not {
            Some(not) => Some(Box::new(self.condition(not, shared)?)),
            None => None,
        };
        if !given.group.is_empty() {
            let found = shared.earlier_groups(&given.group);
            was.group =
                found.ok_or_else(|| self.refused(&given.to_string(), Why::NoSet.in_language(MESSAGES)))?;
        }
        let Some(number) = &given.question else { return Ok(was) };
        let Some(matched) = self.named(number)? else { return Ok(was) };
        was.question = Some(matched.was.number.to_string());
        let refused = |why: Why| self.refused(&given.to_string(), why.in_language(MESSAGES));
        let codes = |codes: &[i16]| matched.pairs.translate(codes).ok_or_else(|| refused(Why::NoSet));
        was.codes = codes(&given.codes)?;
        was.not_codes = codes(&given.not_codes)?;
        if (given.at_least.is_some() || given.at_most.is_some()) && !matched.pairs.keep_codes() {
            return Err(refused(Why::NoLevel));
        }
        Ok(was)
    }

    /// How the parts of breaks read in the earlier wave.
    pub(super) fn parts(&self, by: &[String], shared: &Shared<'_>) -> Parts {
        let mut parts = Parts::default();
        for name in by.iter().flat_map(|by| by.split('*')).map(str::trim) {
            if name == "group" {
                let blocks = shared.blocks.iter().flatten().filter(|block| !block.is_joined());
                let names = blocks
                    .filter_map(|block| block.later.first().cloned().zip(block.earlier.first().cloned()));
                parts.known.insert(name.to_owned(), (name.to_owned(), names.collect()));
            } else if !is_of_unit(name) {
                let number = name.split_once('.').map_or(name, |(number, _)| number);
                let number = number.trim_end_matches(WITH_UNKNOWN);
                let Ok(Some(matched)) = self.named(number) else { continue };
                let alike = matched.pairs.alike.iter().filter(|pair| !pair.is_joined());
                let code = |codes: &[i16]| codes.iter().map(ToString::to_string).collect::<String>();
                let codes = alike.map(|pair| (code(&pair.later), code(&pair.earlier)));
                let unknown = Unknown::ALL.map(|unknown| unknown.as_str().to_owned());
                let codes = codes.chain(unknown.map(|name| (name.clone(), name))).collect();
                let was = format!("{}{}", matched.was.number, &name[number.len()..]);
                parts.known.insert(name.to_owned(), (was, codes));
            }
        }
        parts
    }
}

fn is_of_unit(name: &str) -> bool {
    matches!(name, "group" | "method")
}

/// Per thing that figures are broken down by, its name in the earlier wave with its parts.
#[derive(Default)]
pub(super) struct Parts {
    known: BTreeMap<String, (String, BTreeMap<String, String>)>,
}

impl Parts {
    /// Whether the answer to a question is among the breaks that has no part of its own in the earlier wave.
    pub(super) fn lacks(&self, breaks: &str) -> bool {
        breaks.split("; ").filter_map(|part| part.split_once('=')).any(|(name, category)| {
            let known = self.known.get(name).filter(|_| !is_of_unit(name));
            known.is_some_and(|(_, parts)| !parts.contains_key(category))
        })
    }

    /// The breaks of the earlier wave; none if there are no such.
    pub(super) fn earlier(&self, breaks: &str) -> Option<String> {
        if breaks.is_empty() {
            return Some(String::new());
        }
        let part = |part: &str| {
            let (name, category) = part.split_once('=')?;
            match self.known.get(name) {
                Some((was, parts)) => Some(format!("{was}={}", parts.get(category)?)),
                None => Some(part.to_owned()),
            }
        };
        Some(breaks.split("; ").map(part).collect::<Option<Vec<_>>>()?.join("; "))
    }
}
