//! Figures of a wave against those of an earlier one: only what both share, each change formed once and rounded once.

use std::collections::{BTreeMap, BTreeSet};

use shukei_schemas::WaveId;
use shukei_schemas::decimal::scaled;
use shukei_schemas::definition::{
    Concordance, ConcordedQuestion, Form, Grade, OptionGroup, Question, Statistic, Survey, SurveyDefinition,
    Text, Where,
};

use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::figures::ratio_text;
use crate::labels::language_of;
use crate::measure::{BaseRule, Flag, Measure, MeasureKind};
use crate::request::TabulateRequest;
use crate::tabulate::{count_wave, find_wave, tabulate};

/// Forms the changes since an earlier wave of every share of an option or set that a request asks for: in points, in
/// per cent, and as the difference of the printed shares.
///
/// A question is the same if it has the same number, kind, rows and rule of the base, and an option if it has the same
/// code and words, unless a concordance says otherwise. What is not compared has a row that says why, without a value.
/// Only groups and methods that both waves have are counted, except in the difference of printed shares.
///
/// # Errors
/// Those of [`tabulate`], of either wave.
pub async fn compare(
    catalog: &Catalog,
    request: &TabulateRequest,
    against: &WaveId,
) -> Result<Vec<Measure>, QueryError> {
    let mut later = request.clone();
    later.how.measures = vec![Statistic::Share];
    let earlier = TabulateRequest { wave: against.clone(), questions: None, ..later.clone() };
    let (definition, _) = find_wave(catalog, &later)?;
    find_wave(catalog, &earlier)?;
    let concordance = definition.concordance(against, &later.wave);
    let language = language_of(&definition.survey, request.language.as_deref());
    let (asked_later, asked_earlier) = (questions(definition, &later.wave), questions(definition, against));
    let shared = Shared::of(catalog, &later, &earlier, concordance).await?;
    let expanded = later.of_forms(&forms(definition, &later.wave))?;
    let mut out = Vec::new();
    for question in &asked_later {
        let is_wanted = match &expanded.questions {
            Some(wanted) => wanted.iter().any(|number| number == question.number.as_str()),
            None => question.is_tabulated(),
        };
        if !is_wanted || question.options().is_empty() {
            continue;
        }
        let entry = concordance.and_then(|known| {
            known.questions.iter().find(|entry| entry.question == question.number.as_str())
        });
        let number = entry.and_then(|entry| entry.was.as_deref()).unwrap_or(question.number.as_str());
        let was = asked_earlier.iter().find(|known| known.number.as_str() == number).copied();
        let bare = Bare { definition, request: &later, question, against, language: &language };
        let has_own_base = request.how.base.is_some();
        let pairs = match (entry, was) {
            (Some(entry), _) if entry.grade == Grade::Break => {
                out.push(bare.row(Flag::Broken, entry.reason.in_language(&language)));
                continue;
            }
            (_, None) => {
                out.push(bare.row(Flag::NotCompared, "the earlier wave has no such question"));
                continue;
            }
            (entry, Some(was)) => match pairs(&definition.survey, question, was, entry, has_own_base) {
                Ok(pairs) => pairs,
                Err(why) => {
                    out.push(bare.row(Flag::NotCompared, why));
                    continue;
                }
            },
        };
        let side = |request: &TabulateRequest, number: &str, sets: Vec<OptionGroup>, limit: Option<Where>| {
            let mut request = request.clone();
            request.questions = Some(vec![number.to_owned()]);
            request.how.groups.extend(sets);
            request.how.filter = both(request.how.filter.take(), limit);
            request
        };
        let sets = |of: fn(&Pair) -> &Vec<i16>| -> Vec<OptionGroup> {
            let joined = pairs.alike.iter().filter(|pair| pair.is_joined());
            joined
                .map(|pair| OptionGroup { id: pair.id(), label: Text::default(), options: of(pair).clone() })
                .collect()
        };
        let own = question.number.as_str();
        let printed_later = tabulate(catalog, &side(&later, own, sets(|pair| &pair.later), None)).await?;
        let printed_earlier =
            tabulate(catalog, &side(&earlier, number, sets(|pair| &pair.earlier), None)).await?;
        let (limit_later, limit_earlier) = shared.limits();
        let counted_later =
            tabulate(catalog, &side(&later, own, sets(|pair| &pair.later), limit_later)).await?;
        let counted_earlier =
            tabulate(catalog, &side(&earlier, number, sets(|pair| &pair.earlier), limit_earlier)).await?;
        let index = |measures: &[Measure]| -> BTreeMap<Key, Measure> {
            measures.iter().filter(|m| m.measure.is_share()).map(|m| (key(m), m.clone())).collect()
        };
        let (printed_later, printed_earlier) = (index(&printed_later), index(&printed_earlier));
        let counted_earlier = index(&counted_earlier);
        for now in counted_later.iter().filter(|m| m.measure.is_share() && m.question == question.number) {
            let Some((what, label)) = pairs.earlier_of(now) else { continue };
            let breaks = shared.breaks_were(&now.breaks);
            let before = (now.row, what, breaks);
            let Some(then) = counted_earlier.get(&before) else { continue };
            let printed = printed_later.get(&key(now)).zip(printed_earlier.get(&before));
            let id = printed_later.get(&key(now)).map_or(&now.id, |printed| &printed.id);
            let change =
                Change { now, then, printed, id, against, decimals: decimals(&definition.survey, request) };
            let mut rows = change.rows(&definition.survey);
            for row in &mut rows {
                if let Some(entry) = entry.filter(|entry| entry.grade == Grade::Changed) {
                    row.flags.push(Flag::DefinitionChanged);
                    row.notes.push(entry.reason.in_language(&language).to_owned());
                }
                row.notes.extend(shared.note());
                if let Some(label) = &label {
                    row.label.clone_from(label);
                }
            }
            out.extend(rows);
        }
        for option in &pairs.alone {
            let mut row = bare.row(Flag::NotCompared, "the earlier wave has no such option");
            row.option = Some(*option);
            row.id = format!("{}:{option}", row.id);
            out.push(row);
        }
    }
    Ok(out)
}

fn decimals(survey: &Survey, request: &TabulateRequest) -> u8 {
    request.how.decimals.unwrap_or(survey.decimals)
}

fn both(one: Option<Where>, other: Option<Where>) -> Option<Where> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Where { all: vec![one, other], ..Where::default() }),
        (one, other) => one.or(other),
    }
}

fn forms(definition: &SurveyDefinition, wave: &WaveId) -> Vec<std::sync::Arc<Form>> {
    let forms = definition.survey.wave(wave).into_iter().flat_map(|wave| &wave.forms);
    forms.filter_map(|form| definition.form(form).cloned()).collect()
}

/// The questions of a wave, each once.
fn questions<'a>(definition: &'a SurveyDefinition, wave: &WaveId) -> Vec<&'a Question> {
    let forms = definition.survey.wave(wave).into_iter().flat_map(|wave| &wave.forms);
    let all = forms.filter_map(|form| definition.form(form)).flat_map(|form| &form.questions);
    let mut seen = BTreeSet::new();
    all.filter(|question| seen.insert(question.number.as_str())).collect()
}

/// Row, option or set, and part.
type Key = (Option<i16>, String, String);

fn key(measure: &Measure) -> Key {
    let what = match (&measure.set, measure.option, measure.state) {
        (Some(set), ..) => format!("set:{set}"),
        (None, Some(option), _) => option.to_string(),
        (None, None, state) => state.map_or("", |state| state.as_str()).to_owned(),
    };
    (measure.row, what, measure.breaks.clone())
}

/// Options of the later wave that together are those of the earlier.
struct Pair {
    later: Vec<i16>,
    earlier: Vec<i16>,
}

impl Pair {
    fn is_joined(&self) -> bool {
        self.later.len() != 1 || self.earlier.len() != 1
    }

    fn id(&self) -> String {
        let codes: Vec<String> = self.later.iter().map(ToString::to_string).collect();
        format!("options {}", codes.join("+"))
    }
}

struct Pairs {
    alike: Vec<Pair>,
    /// Options of the later wave without any of the earlier.
    alone: Vec<i16>,
    /// The words of joined options.
    labels: BTreeMap<String, String>,
}

impl Pairs {
    /// What a figure was in the earlier wave, and the words of joined options.
    fn earlier_of(&self, now: &Measure) -> Option<(String, Option<String>)> {
        match (&now.set, now.option) {
            (Some(set), _) => Some((format!("set:{set}"), self.labels.get(set).cloned())),
            (None, Some(code)) => {
                let same = |pair: &&Pair| !pair.is_joined() && pair.later == [code];
                let pair = self.alike.iter().find(same)?;
                Some((pair.earlier.first()?.to_string(), None))
            }
            (None, None) => None,
        }
    }
}

fn pairs(
    survey: &Survey,
    later: &Question,
    earlier: &Question,
    entry: Option<&ConcordedQuestion>,
    has_own_base: bool,
) -> Result<Pairs, &'static str> {
    let rows = |question: &Question| question.rows().iter().map(|row| row.code).collect::<Vec<_>>();
    if later.kind.as_str() != earlier.kind.as_str() || rows(later) != rows(earlier) {
        return Err("the earlier wave asks it in another way");
    }
    if !has_own_base && BaseRule::of(survey, later) != BaseRule::of(survey, earlier) {
        return Err("the base is another in the earlier wave");
    }
    let listed = entry.map_or(&[][..], |entry| &entry.options);
    let mut pairs = Pairs { alike: Vec::new(), alone: Vec::new(), labels: BTreeMap::new() };
    for options in listed {
        let pair = Pair { later: options.options.clone(), earlier: options.were.clone() };
        if pair.later.is_empty() || pair.earlier.is_empty() {
            pairs.alone.extend(&pair.later);
            continue;
        }
        pairs.labels.insert(pair.id(), pair.id());
        pairs.alike.push(pair);
    }
    for option in later.options() {
        if listed.iter().any(|options| options.options.contains(&option.code)) {
            continue;
        }
        // Where a concordance speaks of the question, the code alone says that it is the same option.
        let same = earlier
            .options()
            .iter()
            .any(|was| was.code == option.code && (entry.is_some() || was.label == option.label));
        match same {
            true => pairs.alike.push(Pair { later: vec![option.code], earlier: vec![option.code] }),
            false => pairs.alone.push(option.code),
        }
    }
    Ok(pairs)
}

/// The groups and methods that both waves have.
struct Shared {
    groups: Option<(Vec<String>, Vec<String>)>,
    methods: Vec<String>,
    left_out: Vec<String>,
    /// Groups with another name in the earlier wave.
    renamed: BTreeMap<String, String>,
}

impl Shared {
    async fn of(
        catalog: &Catalog,
        later: &TabulateRequest,
        earlier: &TabulateRequest,
        concordance: Option<&Concordance>,
    ) -> Result<Self, QueryError> {
        let (now, then) = (seen(catalog, later).await?, seen(catalog, earlier).await?);
        let were = |group: &String| -> Vec<String> {
            let entries = concordance.iter().flat_map(|known| &known.groups);
            let entry = entries.into_iter().find(|entry| entry.group == *group);
            entry.map_or_else(|| vec![group.clone()], |entry| entry.were.clone())
        };
        let (mut of_later, mut of_earlier, mut renamed) = (Vec::new(), Vec::new(), BTreeMap::new());
        for group in &now.0 {
            let known: Vec<String> = were(group).into_iter().filter(|was| then.0.contains(was)).collect();
            if let [was] = known.as_slice()
                && was != group
            {
                renamed.insert(group.clone(), was.clone());
            }
            if !known.is_empty() {
                of_later.push(group.clone());
                of_earlier.extend(known);
            }
        }
        let left_out = now.0.iter().filter(|group| !of_later.contains(group));
        let left_out = left_out.chain(then.0.iter().filter(|group| !of_earlier.contains(group)));
        let methods: Vec<String> = now.1.intersection(&then.1).cloned().collect();
        let only = now.1.symmetric_difference(&then.1);
        let left_out: BTreeSet<String> = left_out.chain(only).cloned().collect();
        let has_groups = !now.0.is_empty() || !then.0.is_empty();
        Ok(Self {
            groups: has_groups.then_some((of_later, of_earlier)),
            methods,
            left_out: left_out.into_iter().collect(),
            renamed,
        })
    }

    fn limits(&self) -> (Option<Where>, Option<Where>) {
        let side = |groups: Option<&Vec<String>>| {
            let list = |names: &[String]| match names.is_empty() {
                // Nobody: no group or method has an empty name.
                true => vec![String::new()],
                false => names.to_vec(),
            };
            let methods = Where { method: list(&self.methods), ..Where::default() };
            let groups = groups.map(|groups| Where { group: list(groups), ..Where::default() });
            both(Some(methods), groups)
        };
        let groups = self.groups.as_ref();
        (side(groups.map(|(later, _)| later)), side(groups.map(|(_, earlier)| earlier)))
    }

    fn note(&self) -> Option<String> {
        (!self.left_out.is_empty()).then(|| format!("not in both waves: {}", self.left_out.join(", ")))
    }

    fn breaks_were(&self, breaks: &str) -> String {
        let part = |part: &str| match part.strip_prefix("group=").and_then(|group| self.renamed.get(group)) {
            Some(was) => format!("group={was}"),
            None => part.to_owned(),
        };
        if breaks.is_empty() {
            String::new()
        } else {
            breaks.split("; ").map(part).collect::<Vec<_>>().join("; ")
        }
    }
}

/// The groups and methods of the units of a wave.
async fn seen(
    catalog: &Catalog,
    request: &TabulateRequest,
) -> Result<(BTreeSet<String>, BTreeSet<String>), QueryError> {
    let mut request = TabulateRequest::new(request.survey.clone(), request.wave.clone());
    request.questions = Some(Vec::new());
    request.by = vec!["group".to_owned(), "method".to_owned()];
    let counted = count_wave(catalog, &request).await?;
    let names = |cross: usize| {
        let seen = counted.tallies.iter().flat_map(|tally| tally.slots().seen(cross, 0));
        seen.map(str::to_owned).collect()
    };
    Ok((names(0), names(1)))
}

/// A row of a question that is not compared.
struct Bare<'a> {
    definition: &'a SurveyDefinition,
    request: &'a TabulateRequest,
    question: &'a Question,
    against: &'a WaveId,
    language: &'a str,
}

impl Bare<'_> {
    fn row(&self, flag: Flag, why: &str) -> Measure {
        let (request, question) = (self.request, self.question);
        let mut row = Measure {
            survey: request.survey.clone(),
            wave: request.wave.clone(),
            table: question.number.to_string(),
            question: question.number.clone(),
            title: question.shown_title(self.language),
            text: question.text.in_language(self.language).to_owned(),
            row: None,
            row_label: None,
            option: None,
            label: String::new(),
            state: None,
            breaks: String::new(),
            measure: MeasureKind::ChangePoints,
            value: String::new(),
            count: 0,
            base: 0,
            base_unweighted: 0,
            base_rule: BaseRule::of(&self.definition.survey, question),
            methods: Vec::new(),
            flags: vec![flag],
            notes: vec![why.to_owned()],
            set: None,
            count_weighted: None,
            base_weighted: None,
            id: String::new(),
        };
        row.id = changed_id(&crate::cell_id::cell_id(&row, request), self.against);
        row
    }
}

fn changed_id(id: &str, against: &WaveId) -> String {
    let between = if id.contains('?') { '&' } else { '?' };
    format!("{id}{between}against={against}")
}

/// Two shares of one thing.
struct Change<'a> {
    now: &'a Measure,
    then: &'a Measure,
    printed: Option<(&'a Measure, &'a Measure)>,
    /// The name of the later share, of all groups and methods.
    id: &'a str,
    against: &'a WaveId,
    decimals: u8,
}

impl Change<'_> {
    fn rows(&self, survey: &Survey) -> Vec<Measure> {
        let exact = || {
            let ((count, base), (was, of)) = (amounts(self.now)?, amounts(self.then)?);
            let (now, then) = (count.checked_mul(of)?, was.checked_mul(base)?);
            Some((now.checked_sub(then)?.checked_mul(100)?, base.checked_mul(of)?, then))
        };
        let formed = exact();
        let text = |numerator: i128, denominator: i128| {
            ratio_text(numerator, denominator, self.decimals, survey.rounding)
        };
        let points = formed.and_then(|(change, bases, _)| text(change, bases));
        let percent = formed.and_then(|(change, _, then)| text(change, then));
        let printed = self.printed.and_then(|(now, then)| {
            let read = |measure: &Measure| scaled(&measure.value, usize::from(self.decimals));
            text(read(now)? - read(then)?, 10i128.pow(u32::from(self.decimals)))
        });
        let each = [
            (MeasureKind::ChangePoints, points),
            (MeasureKind::ChangePercent, percent),
            (MeasureKind::ChangePrinted, printed),
        ];
        let row = |(kind, value): (MeasureKind, Option<String>)| {
            let mut row = Measure { measure: kind, ..self.now.clone() };
            row.notes.push(format!("{}: {} of {}", self.against, self.then.count, self.then.base));
            row.id = changed_id(&self.id.replacen("/share", &format!("/{kind}"), 1), self.against);
            row.value = value.unwrap_or_else(|| {
                row.flags.push(Flag::BaseZero);
                String::new()
            });
            row
        };
        each.into_iter().map(row).collect()
    }
}

/// Count and base of a share, as whole numbers of one unit.
fn amounts(measure: &Measure) -> Option<(i128, i128)> {
    let (count, base) = match (&measure.count_weighted, &measure.base_weighted) {
        (Some(count), Some(base)) => (scaled(count, 9)?, scaled(base, 9)?),
        _ => (i128::from(measure.count), i128::from(measure.base)),
    };
    (base > 0).then_some((count, base))
}
