//! Figures of a wave against those of an earlier one: only what both share, each change formed once and rounded once.

mod earlier;
mod held;
mod indicators;
mod pairs;
mod panel;
mod rows;
mod shared;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shukei_schemas::WaveId;
use shukei_schemas::definition::{
    Form, Grade, Kind, Mapping, OptionGroup, Percent, Question, Statistic, SurveyDefinition, Text,
};

use self::earlier::{Between, Matched, Rules};
use self::held::{Batch, Held, Shares, held, shares, subject, what};
use self::panel::Panel;
use self::rows::{Bare, Change, changed_id, without_value};
use self::shared::{Block, Shared};
use self::words::Why;
use crate::break_words::name_parts;
use crate::catalog::Catalog;
use crate::cell_id::cell_id;
use crate::error::QueryError;
use crate::forming::mean_decimals;
use crate::indicator::AskedIndicator;
use crate::labels::language_of;
use crate::measure::{Flag, Measure, MeasureKind};
use crate::request::TabulateRequest;
use crate::tabulate::{find_wave, tabulate};

/// Forms the changes since an earlier wave of every share of an option or set that a request asks for: in points, in
/// per cent, and as the difference of the printed shares. Of means, where they suit or are asked for: the mean less the
/// earlier one, and the difference of the printed means.
///
/// A question is the same if it has the same number, kind, rows and rule of the base, and an option if it has the same
/// code and words, unless a concordance says otherwise. What is not compared has a row that says why, without a value.
/// Only groups that both waves have are counted, and only methods that cover the option in both, except in the
/// difference of printed shares. With `panel`, only the units are counted that answered in both waves, as the concordance
/// follows them, again except in that difference. Groups that were merged or split are one part of a break, `group=a+b`.
///
/// # Errors
/// Those of [`tabulate`], of either wave; [`QueryError::Request`] if it breaks down, filters or weights by what the
/// earlier wave does not ask alike.
pub async fn compare(
    catalog: &Catalog,
    request: &TabulateRequest,
    against: &WaveId,
) -> Result<Vec<Measure>, QueryError> {
    let compared = [Statistic::Share, Statistic::Mean];
    if let Some(other) = request.how.measures.iter().find(|measure| !compared.contains(measure)) {
        return Err(QueryError::Request {
            problem: format!(
                "a change of `{}` is not formed: waves are compared by shares and means",
                other.as_str()
            ),
            hint: "ask for `--measure share` or `--measure mean` to see both figures beside the change, or \
                   tabulate wave by wave"
                .to_owned(),
        });
    }
    let mut later = TabulateRequest { panel: false, ..request.clone() };
    let (definition, wave) = find_wave(catalog, &later)?;
    let indicators = AskedIndicator::find(definition, wave, &later.how.indicators)?;
    later.how.indicators.clear();
    if !indicators.is_empty() {
        // Indicators alone are a table.
        later.questions.get_or_insert_default();
    }
    let bare_earlier = TabulateRequest::new(later.survey.clone(), against.clone());
    let (_, earlier_wave) = find_wave(catalog, &bare_earlier)?;
    let concordance = definition.concordance(against, &later.wave);
    let between = Between {
        definition,
        concordance,
        against,
        rules_later: Rules::of(definition, wave),
        rules_earlier: Rules::of(definition, earlier_wave),
        language: language_of(&definition.survey, request.language.as_deref()),
        asked_later: questions(definition, &later.wave),
        asked_earlier: questions(definition, against),
        has_own_base: request.how.base.is_some(),
    };
    let mut shared = Shared::of(catalog, definition, &later, &bare_earlier, concordance).await?;
    if request.panel {
        let units = concordance.map_or(&[][..], |known| &known.units);
        let requests = [&later, &bare_earlier];
        shared.panel = Some(Panel::find(catalog, definition, requests, units, &shared).await?);
    }
    let earlier = between.request(&later, &shared)?;
    let expanded = later.of_forms(&forms(definition, &later.wave))?;
    let wanted = between.asked_later.iter().filter(|question| {
        let is_wanted = match &expanded.questions {
            Some(wanted) => wanted.iter().any(|number| number == question.number.as_str()),
            None => question.is_tabulated(),
        };
        let has_mean = matches!(question.kind, Kind::Number { .. })
            && (request.how.measures.is_empty() || request.how.measures.contains(&Statistic::Mean));
        is_wanted && (!question.options().is_empty() || has_mean)
    });
    let (mut order, mut matched, mut rows) =
        (Vec::new(), Vec::new(), BTreeMap::<String, Vec<Measure>>::new());
    let with_shares = !request.how.measures.is_empty();
    let (later, earlier) = (&later, &earlier);
    let work = Work { catalog, between: &between, shared: &shared, later, earlier, with_shares };
    for question in wanted {
        order.push(question.number.to_string());
        match between.matched(question) {
            Ok(found) => matched.push(found),
            Err((flag, why)) => {
                rows.entry(question.number.to_string())
                    .or_default()
                    .push(work.bare(question).row(flag, &why));
            }
        }
    }
    // Sets are of one question; what has none is counted in one pass.
    let (together, alone): (Vec<_>, Vec<_>) = matched.iter().partition(|found| !work.has_sets(found));
    for batch in std::iter::once(together).chain(alone.into_iter().map(|found| vec![found])) {
        if !batch.is_empty() {
            work.changes(&batch, &mut rows).await?;
        }
    }
    let mut all: Vec<Measure> = order.iter().filter_map(|number| rows.remove(number)).flatten().collect();
    if !indicators.is_empty() {
        all.extend(work.indicators(indicators).await?);
    }
    name_parts(definition, wave, &between.language, &mut all);
    Ok(all)
}

fn forms(definition: &SurveyDefinition, wave: &WaveId) -> Vec<Arc<Form>> {
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

/// What one comparison works with.
struct Work<'a> {
    catalog: &'a Catalog,
    between: &'a Between<'a>,
    shared: &'a Shared<'a>,
    later: &'a TabulateRequest,
    earlier: &'a TabulateRequest,
    with_shares: bool,
}

impl Work<'_> {
    fn bare<'b>(&'b self, question: &'b Question) -> Bare<'b> {
        Bare {
            survey: self.between.survey(),
            request: self.later,
            question,
            against: self.between.against,
            language: &self.between.language,
        }
    }

    /// Whether a question is counted with sets that are its own in one of the waves.
    fn has_sets(&self, of: &Matched<'_>) -> bool {
        let asks_sets = !self.later.how.groups.is_empty() || self.later.how.at_least.is_some();
        of.pairs.alike.iter().any(pairs::Pair::is_joined) || (asks_sets && !of.pairs.keep_codes())
    }

    /// The rows of some questions, by their numbers.
    async fn changes(
        &self,
        batch: &[&Matched<'_>],
        rows: &mut BTreeMap<String, Vec<Measure>>,
    ) -> Result<(), QueryError> {
        let mut requests = [self.later.clone(), self.earlier.clone()];
        requests[0].questions = Some(batch.iter().map(|of| of.question.number.to_string()).collect());
        requests[1].questions = Some(batch.iter().map(|of| of.was.number.to_string()).collect());
        let refused = match batch {
            [of] if self.has_sets(of) => self.add_sets(of, &mut requests),
            _ => Vec::new(),
        };
        let [later, earlier] = &requests;
        let printed = (tabulate(self.catalog, later).await?, tabulate(self.catalog, earlier).await?);
        let printed = (shares(printed.0), shares(printed.1));
        let parts = self.between.parts(&later.by, self.shared);
        let together = Batch::Questions(batch);
        for found in held(self.catalog, together, [later, earlier], &parts, self.shared, None).await? {
            self.add(together, &found, Some(&printed), later, rows);
        }
        self.of_blocks(together, &requests, rows).await?;
        for of in batch {
            let rows = rows.entry(of.question.number.to_string()).or_default();
            let bare = self.bare(of.question);
            let why = |why: Why| why.in_language(&self.between.language);
            let with_mean = match later.how.measures.as_slice() {
                [] => matches!(of.question.kind, Kind::Rating { .. } | Kind::Ranking { .. }),
                asked => {
                    asked.contains(&Statistic::Mean)
                        && of.question.options().iter().any(|option| option.value.is_some())
                }
            };
            if with_mean && !of.pairs.has_same_values {
                let mut row = bare.row_of(None, None, Flag::NotCompared, why(Why::OtherValues));
                row.measure = MeasureKind::ChangeMean;
                rows.push(bare.named(row));
            }
            let with_shares = later.how.measures.is_empty() || later.how.measures.contains(&Statistic::Share);
            for option in of.pairs.alone.iter().filter(|_| with_shares) {
                rows.push(bare.row_of(Some(*option), None, Flag::NotCompared, why(Why::NoOption)));
            }
            rows.extend(
                refused
                    .iter()
                    .map(|(set, reason)| bare.row_of(None, Some(set), Flag::NotCompared, why(*reason))),
            );
        }
        Ok(())
    }

    /// Sets of joined options, and those asked for under the codes that they had; names the ones that had none.
    fn add_sets(&self, of: &Matched<'_>, requests: &mut [TabulateRequest; 2]) -> Vec<(String, Why)> {
        let mut refused = Vec::new();
        let [later, earlier] = requests;
        later.how.groups.clear();
        earlier.how.groups.clear();
        let mut add = |id: String, label: Text, options: [Vec<i16>; 2]| {
            let [of_later, of_earlier] = options;
            later.how.groups.push(OptionGroup { id: id.clone(), label: label.clone(), options: of_later });
            earlier.how.groups.push(OptionGroup { id, label, options: of_earlier });
        };
        for asked in &self.later.how.groups {
            let offers = |code: &i16| of.question.options().iter().any(|option| option.code == *code);
            if !asked.options.iter().all(offers) {
                continue;
            }
            match of.pairs.translate(&asked.options) {
                Some(were) => add(asked.id.clone(), asked.label.clone(), [asked.options.clone(), were]),
                None => refused.push((asked.id.clone(), Why::NoSet)),
            }
        }
        for pair in of.pairs.alike.iter().filter(|pair| pair.is_joined()) {
            let listed = of.question.options().iter().filter(|option| pair.later.contains(&option.code));
            let words: Vec<String> = listed.map(|option| option.shown(&self.between.language)).collect();
            add(pair.id(), Text::plain(words.join(" + ")), [pair.later.clone(), pair.earlier.clone()]);
        }
        if let Some(level) = later.how.at_least.take() {
            earlier.how.at_least = None;
            refused.push((format!("at_least_{level}"), Why::NoLevel));
        }
        refused
    }

    /// The groups that only together have a figure of the other wave, in all breaks.
    async fn of_blocks(
        &self,
        batch: Batch<'_>,
        requests: &[TabulateRequest; 2],
        rows: &mut BTreeMap<String, Vec<Measure>>,
    ) -> Result<(), QueryError> {
        for block in self.shared.joined().filter(|_| requests[0].how.percent == Percent::Down) {
            for (place, by) in requests[0].by.iter().enumerate() {
                self.of_block(batch, requests, (by, place), block, rows).await?;
            }
        }
        Ok(())
    }

    /// Groups that only together have a figure of the other wave, as one part of a break.
    async fn of_block(
        &self,
        batch: Batch<'_>,
        requests: &[TabulateRequest; 2],
        (by, place): (&str, usize),
        block: &Block,
        rows: &mut BTreeMap<String, Vec<Measure>>,
    ) -> Result<(), QueryError> {
        let names: Vec<&str> = by.split('*').map(str::trim).collect();
        let Some(at) = names.iter().position(|name| *name == "group") else { return Ok(()) };
        let mut requests = requests.clone();
        for request in &mut requests {
            let by = request.by.get(place).cloned().unwrap_or_default();
            let rest: Vec<&str> =
                by.split('*').enumerate().filter(|(of, _)| *of != at).map(|(_, name)| name).collect();
            request.by = if rest.is_empty() { Vec::new() } else { vec![rest.join("*")] };
        }
        let [later, earlier] = &requests;
        let parts = self.between.parts(&later.by, self.shared);
        for mut found in held(self.catalog, batch, [later, earlier], &parts, self.shared, Some(block)).await?
        {
            if found.now.breaks.is_empty() != later.by.is_empty() || found.then.is_none() {
                continue;
            }
            let group = format!("group={}", block.name());
            let mut cells: Vec<&str> = found.now.breaks.split("; ").filter(|part| !part.is_empty()).collect();
            cells.insert(at.min(cells.len()), &group);
            found.now.breaks = cells.join("; ");
            found.now.notes.extend(self.shared.notes_of(block, &self.between.language));
            self.add(batch, &found, None, self.later, rows);
        }
        Ok(())
    }

    /// The rows of one share.
    fn add(
        &self,
        batch: Batch<'_>,
        found: &Held,
        printed: Option<&(Shares, Shares)>,
        request: &TabulateRequest,
        rows: &mut BTreeMap<String, Vec<Measure>>,
    ) {
        let (between, now) = (self.between, &found.now);
        let language = between.language.as_str();
        let Some(entries) = batch.entries(now) else { return };
        let rows = rows.entry(subject(now)).or_default();
        if found.is_part_missing {
            let mut row = without_value(now, Why::NoPart.in_language(language), self.later, between.against);
            (row.breaks, row.parts) = (now.breaks.clone(), now.parts.clone());
            row.id = changed_id(&cell_id(&row, request), between.against);
            rows.push(row);
            return;
        }
        let Some(then) = &found.then else {
            rows.push(without_value(now, Why::NotCovered.in_language(language), self.later, between.against));
            return;
        };
        let shown = printed.and_then(|(later, _)| later.get(&(what(now), now.breaks.clone())));
        let id = shown.map_or_else(|| cell_id(now, request), |shown| shown.id.clone());
        let change = Change {
            now,
            then,
            printed: shown.zip(printed.and_then(|(_, earlier)| earlier.get(&found.before))),
            id: &id,
            against: between.against,
            decimals: match now.measure {
                MeasureKind::Mean => mean_decimals(&request.how, between.survey()),
                _ => request.how.decimals.unwrap_or(between.survey().decimals),
            },
            language,
            with_shares: self.with_shares,
        };
        let mut made = change.rows(between.survey());
        let mut notes: Vec<String> = Vec::new();
        let changed: Vec<_> = entries.iter().filter(|entry| entry.grade == Grade::Changed).collect();
        if !changed.is_empty() {
            made.iter_mut().for_each(|row| row.flags.push(Flag::DefinitionChanged));
            notes.extend(changed.iter().map(|entry| entry.reason.in_language(language).to_owned()));
        }
        notes.extend(
            between
                .concordance
                .filter(|known| !known.note.is_empty())
                .map(|known| known.note.in_language(language).to_owned()),
        );
        notes.extend((!found.without.is_empty()).then(|| words::without(language, &found.without)));
        notes.extend(self.days(&now.methods));
        notes.extend(self.shared.note(language));
        let waves = [self.later.wave.as_str(), between.against.as_str()];
        notes.extend(self.shared.panel.as_ref().map(|panel| panel.note(language, waves)));
        for row in &mut made {
            row.notes.extend(notes.iter().cloned());
        }
        rows.extend(made);
    }

    /// Of answers read across, the days that they are about in both waves.
    fn days(&self, methods: &[String]) -> Vec<String> {
        let between = self.between;
        let of = |wave: &WaveId, method: &str| -> Option<String> {
            let mappings = between.survey().wave(wave).into_iter().flat_map(|wave| &wave.mappings);
            let mut known = mappings.filter_map(|mapping| between.definition.mapping(mapping));
            known.find(|known: &&Arc<Mapping>| known.method == method)?.reference_date.clone()
        };
        let note = |method: &String| {
            let (now, then) = (of(&self.later.wave, method)?, of(between.against, method)?);
            Some(words::as_of(&between.language, method, &now, between.against, &then))
        };
        methods.iter().filter_map(note).collect()
    }
}
