//! How the questions of two waves correspond (対応表).

use schemars::JsonSchema;
use serde::Deserialize;

use super::SurveyDefinition;
use super::concorded_units::ConcordedUnit;
use super::finding::Finding;
use super::fold::Steps;
use super::form::Question;
use super::lines::line_of;
use super::scalar::Scalar;
use super::text::Text;
use crate::ids::WaveId;

/// `concordances/*.yaml`: what of two waves may be compared.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concordance {
    /// The id.
    pub concordance: String,
    /// The earlier wave.
    pub from: WaveId,
    /// The later wave.
    pub to: WaveId,
    /// What a reader of every change between the two waves must know.
    #[serde(default)]
    pub note: Text,
    /// The questions that are not simply the same.
    #[serde(default)]
    pub questions: Vec<ConcordedQuestion>,
    /// The groups that are not simply the same.
    #[serde(default)]
    pub groups: Vec<ConcordedGroup>,
    /// The respondents that are not simply the same, for figures of those who answered in both waves.
    #[serde(default)]
    pub units: Vec<ConcordedUnit>,
    /// More of them, in a CSV file of the survey: `respondent,were,since,reason`, a line for each that it was.
    #[serde(default)]
    pub units_file: Option<String>,
}

/// How one question of the later wave corresponds to one of the earlier.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcordedQuestion {
    /// The number in the later wave.
    #[schemars(with = "Scalar")]
    pub question: String,
    /// The number in the earlier wave; the same if not given.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub was: Option<String>,
    /// Whether figures may be compared.
    pub grade: Grade,
    /// Why.
    pub reason: Text,
    /// The options; those of the same code are the same if none are given.
    #[serde(default)]
    pub options: Vec<ConcordedOptions>,
}

/// Options that were renamed, merged or split: those of the later wave together are those of the earlier together.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcordedOptions {
    /// The codes in the later wave.
    pub options: Vec<i16>,
    /// The codes in the earlier wave.
    pub were: Vec<i16>,
}

/// A group that was renamed, merged from several, split off one that others come from too, or is new.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcordedGroup {
    /// The group in the later wave.
    #[schemars(with = "Scalar")]
    pub group: String,
    /// The groups in the earlier wave; none if the group is new.
    #[schemars(with = "Vec<Scalar>")]
    pub were: Vec<String>,
    /// The first day on which it is so, `YYYY-MM-DD`.
    #[serde(default)]
    pub since: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Text,
}

/// Whether figures of two waves may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// They may.
    Same,
    /// They are shown and marked.
    Changed,
    /// They must not.
    Break,
}

impl SurveyDefinition {
    /// The concordance from an earlier to a later wave, if there is one.
    pub fn concordance(&self, from: &WaveId, to: &WaveId) -> Option<&Concordance> {
        let all = self.concordances.values().map(|used| used.value.as_ref());
        all.into_iter().find(|known| known.from == *from && known.to == *to)
    }
}

/// What is wrong with the concordances of a survey.
pub(super) fn lint(definition: &SurveyDefinition, findings: &mut Vec<Finding>) {
    for used in definition.concordances.values() {
        let concordance = &used.value;
        let at = |keys: &[(&str, &str)]| definition.file(&used.path).and_then(|text| line_of(text, keys));
        let error = |keys: &[(&str, &str)], message: String| Finding::error(&used.path, at(keys), message);
        for (key, wave) in [("from", &concordance.from), ("to", &concordance.to)] {
            if definition.survey.wave(wave).is_none() {
                let known = definition.survey.waves.iter().map(|wave| wave.wave.as_str());
                let finding = error(&[(key, "")], format!("concordance with unknown wave `{wave}`"));
                findings.push(finding.nearest(wave.as_str(), known));
            }
        }
        for question in &concordance.questions {
            let was = question.was.as_ref().unwrap_or(&question.question);
            let keys = [("question", question.question.as_str())];
            let sides = [
                (
                    &concordance.to,
                    &question.question,
                    question.options.iter().flat_map(|o| &o.options).collect(),
                ),
                (&concordance.from, was, question.options.iter().flat_map(|o| &o.were).collect::<Vec<_>>()),
            ];
            for (wave, number, codes) in sides {
                let asked = questions_of(definition, wave);
                if asked.is_empty() {
                    continue;
                }
                let Some(found) = asked.iter().find(|known| known.number.as_str() == number) else {
                    let known = asked.iter().map(|question| question.number.as_str());
                    let finding = error(&keys, format!("unknown question `{number}` in wave `{wave}`"));
                    findings.push(finding.nearest(number, known));
                    continue;
                };
                for code in codes {
                    if !found.options().iter().any(|option| option.code == *code) {
                        let message = format!("question `{number}` of wave `{wave}` has no option {code}");
                        findings.push(error(&keys, message));
                    }
                }
            }
            for (side, codes) in [
                ("options", question.options.iter().flat_map(|o| &o.options).collect::<Vec<_>>()),
                ("were", question.options.iter().flat_map(|o| &o.were).collect()),
            ] {
                if let Some(code) = twice(&codes) {
                    let message = format!(
                        "option {code} stands twice under `{side}` of question `{}`",
                        question.question
                    );
                    let hint = "put all options that belong together into one entry";
                    findings.push(error(&keys, message).hint(hint));
                }
            }
            if question.grade != Grade::Break && question.options.is_empty() {
                let side = |wave: &WaveId, number: &String| {
                    let asked = questions_of(definition, wave);
                    asked.into_iter().find(|known| known.number.as_str() == number)
                };
                let both = side(&concordance.to, &question.question).zip(side(&concordance.from, was));
                if let Some((code, now, then)) = both.and_then(|(now, was)| other_words(now, was)) {
                    let message = format!(
                        "question `{}`: option {code} is `{now}` in wave `{}` and `{then}` in wave `{}`",
                        question.question, concordance.to, concordance.from
                    );
                    let hint = "they are compared by their codes: list `options` and what they `were` if another is meant";
                    findings.push(Finding::warning(&used.path, at(&keys), message).hint(hint));
                }
            }
            if question.reason.is_empty() {
                findings.push(error(&keys, format!("question `{}` has no reason", question.question)));
            }
        }
        let numbers: Vec<&String> = concordance.questions.iter().map(|entry| &entry.question).collect();
        if let Some(number) = twice(&numbers) {
            findings.push(error(&[("question", number)], format!("question `{number}` stands twice")));
        }
        let names: Vec<&String> = concordance.groups.iter().map(|entry| &entry.group).collect();
        if let Some(name) = twice(&names) {
            let hint = "give all groups that it was in one entry";
            findings.push(error(&[("group", name)], format!("group `{name}` stands twice")).hint(hint));
        }
        super::concorded_units::lint(concordance, |unit, message, hint| {
            let finding = match (unit.line, &concordance.units_file) {
                (Some(line), Some(file)) => Finding::error(file, Some(line), message),
                _ => error(&[("respondent", &unit.respondent)], message),
            };
            findings.push(finding.hint(hint));
        });
        for group in &concordance.groups {
            if let Some(since) =
                group.since.as_ref().filter(|since| since.parse::<jiff::civil::Date>().is_err())
            {
                let message = format!("group `{}` is so since `{since}`, which is no day", group.group);
                findings.push(error(&[("group", &group.group)], message).hint("write YYYY-MM-DD"));
            }
            let sides =
                [(&concordance.to, vec![&group.group]), (&concordance.from, group.were.iter().collect())];
            for (wave, groups) in sides {
                let sectors = definition.survey.wave(wave).and_then(|wave| definition.sectors_of(wave));
                let Some(sectors) = sectors else { continue };
                for name in groups.into_iter().filter(|name| sectors.group(name).is_none()) {
                    let known = sectors.groups.iter().map(|known| known.group.as_str());
                    let keys = [("group", group.group.as_str())];
                    let finding = error(&keys, format!("unknown group `{name}` in wave `{wave}`"));
                    findings.push(finding.nearest(name, known));
                }
            }
        }
    }
}

/// The first code that has other words in both questions, whatever their marks and widths.
fn other_words<'a>(now: &'a Question, was: &'a Question) -> Option<(i16, &'a str, &'a str)> {
    let steps = Steps::default();
    now.options().iter().find_map(|option| {
        let before = was.options().iter().find(|known| known.code == option.code)?;
        let same = |a: &str| before.label.wordings().any(|b| steps.key(a) == steps.key(b));
        let (first, second) = (option.label.wordings().next()?, before.label.wordings().next()?);
        (!option.label.wordings().any(same)).then_some((option.code, first, second))
    })
}

/// The first of some things that stands among them again.
fn twice<T: PartialEq + Copy>(all: &[T]) -> Option<T> {
    all.iter().enumerate().find(|(at, one)| all[..*at].contains(one)).map(|(_, one)| *one)
}

fn questions_of<'a>(definition: &'a SurveyDefinition, wave: &WaveId) -> Vec<&'a Question> {
    let forms = definition.survey.wave(wave).into_iter().flat_map(|wave| &wave.forms);
    forms.filter_map(|form| definition.form(form)).flat_map(|form| &form.questions).collect()
}
