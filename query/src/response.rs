//! Who was invited, who answered, and the response rate.

use std::collections::BTreeMap;

use shukei_schemas::definition::{Counts, Frame, Mapping, SurveyDefinition, Wave};
use shukei_schemas::{SurveyId, WaveId};

use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::figures::percent_text;
use crate::received::{Answered, Came, count_units};
use crate::request::TabulateRequest;
use crate::tabulate::find_wave;

/// The formula of every rate: everybody in scope who was invited is in the base, whether reached or not, and a unit
/// that counts is a respondent even if it left questions blank. That is response rate 2 of the American Association for
/// Public Opinion Research.
pub const RATE_FORMULA: &str = "AAPOR RR2: answered / (invited - out_of_scope)";

/// The formula where partial answers do not count: response rate 1.
pub const RATE_FORMULA_COMPLETE: &str = "AAPOR RR1: complete / (invited - out_of_scope)";

/// Invited, answered and rate of a wave: a row per group, then the totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseTable {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// The groups in the order of the classification (or of the frame), the units of no known group if there are any,
    /// and the totals.
    pub rows: Vec<ResponseRow>,
    /// The file of the wave's frame, where the wave names one that is not here: then nothing is known of the invited.
    pub frame_missing: Option<String>,
    /// The formula of the rates.
    pub formula: &'static str,
    /// Whether the answers and the invited are made up.
    pub synthetic: bool,
}

/// One row of a [`ResponseTable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseRow {
    /// What it is a row of.
    pub kind: ResponseKind,
    /// The group's id; none in totals and for units of no known group.
    pub group: Option<String>,
    /// The group in words.
    pub label: String,
    /// How the group is collected: `form`, or the method of the mapping that reads it across.
    pub method: String,
    /// How many were invited; none if nobody says.
    pub invited: Option<u64>,
    /// How many of them do not belong to the survey; none if nobody says, which counts as none of them.
    pub out_of_scope: Option<u64>,
    /// How many of them refused; none if nobody says.
    pub refused: Option<u64>,
    /// The units that count and came the way that the group is collected.
    pub answered: u64,
    /// The units that count and came another way, or whom the frame does not invite; they are in no rate.
    pub otherwise: u64,
    /// What the rate relates to: the invited who are in scope.
    pub base: Option<u64>,
    /// The response rate in percent as decimal text, rounded once; none without an invited count.
    pub rate: Option<String>,
    /// The units whose answers came after the cut-off; among `answered` where the wave counts them. None without a
    /// cut-off. This and what follows is of the units that came the way that the group is collected, in the row of all
    /// of every unit.
    pub late: Option<u64>,
    /// The units that came in time, or count though late, and answered what the rule of completeness asks for; none
    /// without a rule.
    pub complete: Option<u64>,
    /// Those that answered something and less; none without a rule.
    pub partial: Option<u64>,
    /// Those that left every question blank.
    pub blank: Option<u64>,
    /// Which rows a total takes; empty for others.
    pub takes: String,
    /// What a reader must know.
    pub flags: Vec<ResponseFlag>,
}

/// What a [`ResponseRow`] is a row of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseKind {
    /// A group.
    Group,
    /// The units that name no known group.
    NoGroup,
    /// The groups that answer on the office's own form and have an invited count.
    TotalForm,
    /// The groups that are read across and have an invited count.
    TotalAcross,
    /// Every unit that counts.
    Total,
}

impl ResponseKind {
    /// The name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::NoGroup => "no_group",
            Self::TotalForm => "total_form",
            Self::TotalAcross => "total_read_across",
            Self::Total => "total",
        }
    }
}

/// What a reader of a row must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFlag {
    /// Nobody says how many were invited, so there is no rate.
    NoInvitedCount,
    /// Nobody who was invited is in scope, so there is no rate.
    BaseZero,
    /// More answered than were invited and are in scope: look at the frame.
    MoreThanInvited,
    /// Some answered whom the frame does not name, or names as out of scope: they count, and are in no rate.
    NotInFrame,
}

impl ResponseFlag {
    /// The name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoInvitedCount => "no_invited_count",
            Self::BaseZero => "base_zero",
            Self::MoreThanInvited => "more_than_invited",
            Self::NotInFrame => "not_in_frame",
        }
    }
}

impl ResponseTable {
    /// Counts the units of a wave and holds them against its frame; labels are in the language given, or in the
    /// survey's first.
    ///
    /// # Errors
    /// An unknown survey or wave, or [`QueryError::Running`] if the rows cannot be read.
    pub async fn open(
        catalog: &Catalog,
        survey: &SurveyId,
        wave: &WaveId,
        language: Option<&str>,
    ) -> Result<Self, QueryError> {
        let request = TabulateRequest::new(survey.clone(), wave.clone());
        let (definition, wave) = find_wave(catalog, &request)?;
        let answered = count_units(catalog, definition, wave).await?;
        Ok(Self::of(&answered, definition, wave, language))
    }

    /// The same from counts by group; units without a group are those of the empty name.
    pub fn of(
        answered: &BTreeMap<String, Answered>,
        definition: &SurveyDefinition,
        wave: &Wave,
        language: Option<&str>,
    ) -> Self {
        let survey = &definition.survey;
        let language = language.or(survey.languages.first().map(String::as_str)).unwrap_or("en");
        let named = wave.frame.as_ref().map(|frame| frame.file.clone());
        let frame = definition.frame_of(wave);
        let frame_missing = named.filter(|_| frame.is_none());
        let frame = frame.unwrap_or_default();
        let forming = Forming { answered, definition, wave, frame: &frame, language };
        let mut rows: Vec<ResponseRow> =
            forming.groups().into_iter().map(|group| forming.group(group)).collect();
        let in_rows = |group: &str| rows.iter().any(|row| row.group.as_deref() == Some(group));
        let rest = answered.iter().filter(|(group, _)| !in_rows(group));
        let rest = rest.fold(Answered::default(), |sum, (_, more)| sum.plus(*more));
        if rest != Answered::default() {
            let mut row = bare(ResponseKind::NoGroup, "");
            (row.answered, row.otherwise) = (rest.form.count, rest.across.plus(rest.uninvited).count);
            forming.completeness(&mut row, rest.form.plus(rest.across).plus(rest.uninvited));
            row.flags.push(ResponseFlag::NoInvitedCount);
            rows.push(row);
        }
        let totals = forming.totals(&rows);
        rows.extend(totals);
        Self {
            survey: survey.survey.clone(),
            wave: wave.wave.clone(),
            rows,
            frame_missing,
            formula: match wave.partial.or(survey.partial) {
                Some(Counts::Out) => RATE_FORMULA_COMPLETE,
                Some(Counts::In) | None => RATE_FORMULA,
            },
            synthetic: survey.synthetic,
        }
    }

    /// The row of a group.
    pub fn group(&self, group: &str) -> Option<&ResponseRow> {
        self.rows.iter().find(|row| row.group.as_deref() == Some(group))
    }

    /// The row of a total.
    pub fn total(&self, kind: ResponseKind) -> Option<&ResponseRow> {
        self.rows.iter().find(|row| row.kind == kind)
    }
}

fn bare(kind: ResponseKind, method: &str) -> ResponseRow {
    ResponseRow {
        kind,
        group: None,
        label: String::new(),
        method: method.to_owned(),
        invited: None,
        out_of_scope: None,
        refused: None,
        answered: 0,
        otherwise: 0,
        base: None,
        rate: None,
        late: None,
        complete: None,
        partial: None,
        blank: None,
        takes: String::new(),
        flags: Vec::new(),
    }
}

/// What the rows are formed of.
struct Forming<'a> {
    answered: &'a BTreeMap<String, Answered>,
    definition: &'a SurveyDefinition,
    wave: &'a Wave,
    frame: &'a Frame,
    language: &'a str,
}

impl Forming<'_> {
    /// The groups that have a row: those of the classification, or without one those of the frame and of the answers.
    fn groups(&self) -> Vec<&str> {
        if let Some(sectors) = self.definition.sectors_of(self.wave) {
            return sectors.groups.iter().map(|group| group.group.as_str()).collect();
        }
        let of_frame = self.frame.groups.iter().map(|line| line.group.as_str());
        let seen = self.answered.keys().map(String::as_str);
        let new = seen.filter(|group| !group.is_empty() && self.frame.group(group).is_none());
        of_frame.chain(new).collect()
    }

    /// The mapping that reads a group across.
    fn mapping_of(&self, group: &str) -> Option<&Mapping> {
        let sectors = self.definition.sectors_of(self.wave)?;
        let collected_by = sectors.group(group)?.collected_by.as_deref()?;
        let mut mappings = self.wave.mappings.iter().filter_map(|mapping| self.definition.mapping(mapping));
        mappings.find(|mapping| mapping.reference.mapping.as_str() == collected_by).map(AsRef::as_ref)
    }

    fn group(&self, group: &str) -> ResponseRow {
        let units = self.answered.get(group).copied().unwrap_or_default();
        let mapping = self.mapping_of(group);
        let mut row = bare(ResponseKind::Group, mapping.map_or("form", |mapping| &mapping.method));
        let sectors = self.definition.sectors_of(self.wave);
        let label = sectors.and_then(|sectors| sectors.group(group)).map(|known| &known.label);
        row.label = label.map_or(group, |label| label.in_language(self.language)).to_owned();
        row.group = Some(group.to_owned());
        let (its_way, otherwise) = match mapping {
            None => (units.form, units.across.plus(units.uninvited)),
            Some(_) => (units.across, units.form.plus(units.uninvited)),
        };
        if units.uninvited.count > 0 {
            row.flags.push(ResponseFlag::NotInFrame);
        }
        (row.answered, row.otherwise) = (its_way.count, otherwise.count);
        self.completeness(&mut row, its_way);
        if let Some(line) = self.frame.group(group)
            && line.invited.is_some()
        {
            row.invited = line.invited;
            row.out_of_scope = line.out_of_scope;
            row.refused = line.refused;
        }
        self.rate(row)
    }

    /// What a row says of late, complete, partial and blank; nothing where nothing says what that is.
    fn completeness(&self, row: &mut ResponseRow, units: Came) {
        let has_rule = self.definition.survey.has_complete_rule(self.wave);
        row.late = self.wave.closes_at().map(|_| units.late);
        row.complete = has_rule.then_some(units.complete);
        row.partial = has_rule.then_some(units.partial);
        row.blank = Some(units.blank);
    }

    fn rate(&self, mut row: ResponseRow) -> ResponseRow {
        let Some(invited) = row.invited else {
            row.flags.push(ResponseFlag::NoInvitedCount);
            return row;
        };
        let base = invited.saturating_sub(row.out_of_scope.unwrap_or(0));
        let survey = &self.definition.survey;
        row.base = Some(base);
        row.rate = percent_text(row.answered, base, survey.decimals, survey.rounding);
        if row.rate.is_none() {
            row.flags.push(ResponseFlag::BaseZero);
        }
        if row.answered > base {
            row.flags.push(ResponseFlag::MoreThanInvited);
        }
        row
    }

    fn totals(&self, rows: &[ResponseRow]) -> Vec<ResponseRow> {
        let is_across =
            |row: &&ResponseRow| row.group.as_deref().is_some_and(|group| self.mapping_of(group).is_some());
        let groups = || rows.iter().filter(|row| row.kind == ResponseKind::Group);
        let own: Vec<&ResponseRow> = groups().filter(|row| !is_across(row)).collect();
        let across: Vec<&ResponseRow> = groups().filter(is_across).collect();
        let mut totals = Vec::new();
        if !own.is_empty() {
            totals.push(self.total(ResponseKind::TotalForm, &own));
        }
        if !across.is_empty() {
            totals.push(self.total(ResponseKind::TotalAcross, &across));
        }
        let mut all = bare(ResponseKind::Total, "");
        all.answered = rows.iter().map(|row| row.answered + row.otherwise).sum();
        let units = self.answered.values().fold(Answered::default(), |sum, more| sum.plus(*more));
        self.completeness(&mut all, units.form.plus(units.across).plus(units.uninvited));
        all.takes = "every unit that counts, however it was collected".to_owned();
        totals.push(all);
        totals
    }

    /// Only rows with an invited count: the others would be in the numerator and not in the base.
    fn total(&self, kind: ResponseKind, rows: &[&ResponseRow]) -> ResponseRow {
        let (taken, left): (Vec<&ResponseRow>, Vec<&ResponseRow>) =
            rows.iter().partition(|row| row.invited.is_some());
        let methods: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.method.as_str()).collect();
        let mut row = bare(kind, &methods.into_iter().collect::<Vec<_>>().join("+"));
        row.takes = format!("{} of {} groups", taken.len(), rows.len());
        if !left.is_empty() {
            let names: Vec<&str> = left.iter().filter_map(|row| row.group.as_deref()).collect();
            row.takes.push_str(&format!("; without an invited count: {}", names.join(", ")));
        }
        row.answered = taken.iter().map(|row| row.answered).sum();
        row.otherwise = taken.iter().map(|row| row.otherwise).sum();
        // What no row says stays unknown.
        let sum =
            |of: fn(&ResponseRow) -> Option<u64>| taken.iter().filter_map(|row| of(row)).reduce(|a, b| a + b);
        row.invited = sum(|row| row.invited);
        row.out_of_scope = sum(|row| row.out_of_scope);
        row.refused = sum(|row| row.refused);
        row.late = sum(|row| row.late);
        row.complete = sum(|row| row.complete);
        row.partial = sum(|row| row.partial);
        row.blank = sum(|row| row.blank);
        self.rate(row)
    }
}
