//! The SQL of what counts: the views `current` and `flags`.
//!
//! First the copies go: all but the first event with the same source, id and bytes. Of what is left the last event of
//! each unit counts, by revision and total order; if that is a withdrawal, the unit is out. Where a survey reads
//! another organisation's answers across, the events of each source are ranked by themselves, withdrawals in all of
//! them, and the survey's rule picks among the sources that stand.
//!
//! Where a wave has a cut-off, answers that came late stand behind all others if the wave leaves them out: so the last
//! event in time counts, and a unit with nothing but late answers is received and does not count.

use shukei_schemas::Code;
use shukei_schemas::definition::{Counts, Definitions, TwoSources};

use crate::repeated;
use crate::views::{POSITION, decided};

/// The total order of events of one unit within a revision.
const ORDER: [&str; 4] = ["generation", "order_time", "\"partition\"", "\"offset\""];

/// What the source of an answer on the office's own form is called.
const FORM: &str = "form";

/// How units are counted: what the two views are made of.
#[derive(Debug)]
pub(crate) struct Counting {
    reinterpreted: bool,
    edits: bool,
    aggregates: bool,
    surveys: Vec<Sources>,
    cut_offs: Vec<CutOff>,
}

/// A wave with a cut-off.
#[derive(Debug)]
struct CutOff {
    survey: String,
    wave: String,
    late: Counts,
}

/// A survey that reads other organisations' answers across.
#[derive(Debug)]
struct Sources {
    survey: String,
    rule: TwoSources,
    /// The file of each mapping, as outcomes name it, and the mapping's id.
    mappings: Vec<(String, String)>,
}

impl Counting {
    /// Of the surveys that have outcomes, only those with mappings need more than one source. `edits`: whether there is
    /// any edit by a survey office; `aggregates`: whether there are any counts of other organisations.
    pub(crate) fn new(
        reinterpreted: bool,
        edits: bool,
        aggregates: bool,
        definitions: &Definitions,
        present: &[String],
    ) -> Self {
        let sources = definitions.surveys().filter(|definition| {
            let has_outcomes = present.iter().any(|survey| survey == definition.survey.survey.as_str());
            has_outcomes && !definition.mappings.is_empty()
        });
        let surveys = sources.map(|definition| Sources {
            survey: definition.survey.survey.to_string(),
            rule: definition.survey.two_sources,
            mappings: definition
                .mappings
                .iter()
                .map(|(reference, used)| (used.path.clone(), reference.mapping.to_string()))
                .collect(),
        });
        let cut_offs = definitions
            .surveys()
            .filter(|definition| present.iter().any(|survey| survey == definition.survey.survey.as_str()));
        let cut_offs = cut_offs.flat_map(|definition| {
            let survey = definition.survey.survey.to_string();
            let waves = definition.survey.waves.iter().filter(|wave| wave.closes_at().is_some());
            waves.map(move |wave| CutOff {
                survey: survey.clone(),
                wave: wave.wave.to_string(),
                late: wave.late,
            })
        });
        Self { reinterpreted, edits, aggregates, surveys: surveys.collect(), cut_offs: cut_offs.collect() }
    }

    /// Whether a unit can count twice, so that `current` gives it two names.
    pub(crate) fn renames_units(&self) -> bool {
        self.surveys.iter().any(|survey| survey.rule == TwoSources::KeepBoth)
    }

    /// Of each unit the response that counts: `current`, before anything is left out for how much was answered.
    pub(crate) fn current(&self) -> String {
        self.standing("", &format!("{}{}", self.in_time(), self.records()))
    }

    /// The deliveries of counts that count, as SQL with the columns of [`Counting::current`]; none where there are none.
    pub(crate) fn aggregates(&self) -> Option<String> {
        let only = format!("{} AND kind = 'aggregate'", self.in_time());
        self.aggregates.then(|| self.standing("", &only))
    }

    fn in_time(&self) -> &'static str {
        if self.cut_offs.is_empty() { "" } else { " AND NOT set_aside" }
    }

    /// The condition that leaves out what is no record of a unit.
    fn records(&self) -> &'static str {
        if self.aggregates { " AND kind <> 'aggregate'" } else { "" }
    }

    /// Of each unit the response that stands, whether it counts or not, with `late` and `set_aside` behind the columns
    /// of `current`.
    pub(crate) fn received(&self) -> String {
        match self.cut_offs.is_empty() {
            true => self.standing(", FALSE AS late, FALSE AS set_aside", self.records()),
            false => self.standing(", late, set_aside", self.records()),
        }
    }

    fn standing(&self, more: &str, only: &str) -> String {
        let late = if self.cut_offs.is_empty() { "" } else { ", CASE WHEN late THEN 'late' END" };
        let flags = |two_sources: &str| {
            format!(
                "nullif(concat_ws(',', CASE WHEN copies > 1 THEN 'duplicate' END, CASE WHEN this <> first_use THEN 'id_reused' END,
                   CASE WHEN scattered = 1 THEN 'two_partitions' END{two_sources}{late}{edited}), '') AS flags{more}",
                edited = if self.edits { ", CASE WHEN kind = 'edit' THEN 'edited' END" } else { "" },
            )
        };
        let rest =
            format!("{POSITION}, interpretation, target, event_source, event_id, revision, order_time");
        // Of an event that shares neither unit nor id with another, nothing but its own row is looked at.
        let edited = if self.edits { ", CASE WHEN kind = 'edit' THEN 'edited' END" } else { "" };
        let lone = format!(
            " UNION ALL SELECT survey, wave, unit, {rest}, nullif(concat_ws(','{late}{edited}, CAST(NULL AS VARCHAR)), '') AS flags{more}
              FROM named WHERE alone AND kind <> 'withdrawal'{only}"
        );
        if self.surveys.is_empty() {
            return format!(
                "{events} SELECT survey, wave, unit, {rest}, {flags} FROM ranked WHERE place = 1 AND kind <> 'withdrawal'{only}{lone}",
                events = self.events(),
                flags = flags(""),
            );
        }
        let unit = match self.with_rule(TwoSources::KeepBoth) {
            Some(both) => format!(
                "CASE WHEN {both} AND source <> '{FORM}' AND sources > 1 THEN concat(unit, '//', source) ELSE unit END AS unit"
            ),
            None => "unit".to_owned(),
        };
        format!(
            "{events} SELECT survey, wave, {unit}, {rest}, {flags} FROM standing WHERE stands{only}{lone}",
            events = self.events(),
            flags = flags(", CASE WHEN sources > 1 THEN 'two_sources' END"),
        )
    }

    /// `flags`: what somebody should look at, one row each.
    pub(crate) fn flags(&self) -> String {
        let select = |flag: &str, detail: &str, from: &str| {
            format!(
                "SELECT survey, wave, unit, '{flag}' AS flag, {POSITION}, event_id, {detail} AS detail FROM {from}"
            )
        };
        let place = |of: &str, name: &str| {
            let value = |column: &str| format!("first_value({column}) OVER ({of})");
            let (generation, partition, offset) =
                (value("generation"), value("\"partition\""), value("\"offset\""));
            format!("concat({generation}, '/', {partition}, ':', {offset}) AS {name}")
        };
        let copies = place(&self.copies(), "original");
        let uses = place(&self.uses(), "earlier");
        let mut parts = vec![
            select("duplicate", "concat('copy of ', original)", &format!("(SELECT *, {copies} FROM seen) WHERE copy > 1")),
            // Of an id that several contents share, the copies are flagged as such already.
            select(
                "id_reused",
                "concat('id of ', earlier)",
                &format!("(SELECT *, {uses} FROM seen) WHERE this <> first_use AND copy = 1"),
            ),
            select(
                "two_partitions",
                "concat('the unit is in partition ', CASE WHEN \"partition\" = lowest THEN highest ELSE lowest END, ' too')",
                "(SELECT *, row_number() OVER (PARTITION BY survey, wave, unit, generation, \"partition\" ORDER BY \"offset\") AS nth
                  FROM seen) WHERE lowest <> highest AND nth = 1",
            ),
        ];
        if !self.cut_offs.is_empty() {
            let detail = "CASE WHEN set_aside THEN 'after the cut-off: is set aside' ELSE 'after the cut-off: counts' END";
            parts.push(select("late", detail, "seen WHERE late AND copy = 1"));
            parts.push(select("late", detail, "named WHERE alone AND late"));
        }
        if self.edits {
            parts.push(select("edited", "'see the view `edits`'", "seen WHERE kind = 'edit' AND copy = 1"));
            parts.push(select("edited", "'see the view `edits`'", "named WHERE alone AND kind = 'edit'"));
            // What a respondent sends after an edit counts, and brings back what the office had changed.
            parts.push(select(
                "edit_overridden",
                "'a later submission of the unit counts'",
                "(SELECT *, first_value(kind) OVER (PARTITION BY survey, wave, unit, source ORDER BY place) AS last_kind
                  FROM ranked) WHERE kind = 'edit' AND last_kind = 'response'",
            ));
        }
        if !self.surveys.is_empty() {
            let detail = "concat(source, CASE WHEN counts THEN ' counts' ELSE ' is set aside' END)";
            parts.push(select("two_sources", detail, "standing WHERE sources > 1"));
        }
        format!("{} {}", self.events(), parts.join(" UNION ALL "))
    }

    fn copies(&self) -> String {
        format!(
            "PARTITION BY survey, kind, event_source, event_id, content_hash ORDER BY {}",
            ORDER.join(", ")
        )
    }

    fn uses(&self) -> String {
        format!("PARTITION BY survey, event_source, event_id ORDER BY {}", ORDER.join(", "))
    }

    /// The events that could count, as SQL.
    pub(crate) fn of_units(&self) -> String {
        let decided = decided(self.reinterpreted);
        // Of an organisation's deliveries the last counts, as of a unit's events.
        let counts = if self.aggregates { ", 'aggregate'" } else { "" };
        format!("(SELECT * FROM {decided} WHERE kind IN ('response', 'edit', 'withdrawal'{counts}))")
    }

    /// `named`: every event that could count, and whether it stands `alone`. `seen`: those that do not. `ranked`: without copies, the newest of a unit first. `standing`, where
    /// there are several sources: the last response of each that is not taken back.
    fn events(&self) -> String {
        let set_aside = if self.cut_offs.is_empty() { "" } else { "set_aside, " };
        let newest_first = ORDER.map(|column| format!("{column} DESC")).join(", ");
        let in_generation = "OVER (PARTITION BY survey, wave, unit, generation)";
        let seen = format!(
            "WITH named AS (
               SELECT o.*, concat(kind, content_hash) AS this, {source} AS source{late},
                 (u.hash IS NULL AND e.hash IS NULL) AS alone
               FROM (SELECT *, {unit_hash} AS unit_hash, {event_hash} AS event_hash FROM {events}) o
                 LEFT JOIN {repeated} u ON o.unit_hash = u.hash
                 LEFT JOIN {repeated} e ON o.event_hash = e.hash),
             seen AS (
               SELECT *, row_number() OVER ({copies}) AS copy,
                 count(*) OVER (PARTITION BY survey, kind, event_source, event_id, content_hash) AS copies,
                 first_value(this) OVER ({uses}) AS first_use,
                 min(\"partition\") {in_generation} AS lowest, max(\"partition\") {in_generation} AS highest
               FROM named WHERE NOT alone),
             ranked AS (
               SELECT *, row_number() OVER (
                   PARTITION BY survey, wave, unit ORDER BY {set_aside}coalesce(revision, 0) DESC, {newest_first}) AS place,
                 max(CASE WHEN lowest <> highest THEN 1 ELSE 0 END) OVER (PARTITION BY survey, wave, unit) AS scattered
               FROM seen WHERE copy = 1)",
            source = self.source(),
            late = self.late(),
            events = self.of_units(),
            repeated = repeated::TABLE,
            unit_hash = repeated::of_unit(),
            event_hash = repeated::of_event(),
            copies = self.copies(),
            uses = self.uses(),
        );
        if self.surveys.is_empty() {
            return seen;
        }
        let of_unit = "PARTITION BY survey, wave, unit";
        let both = self.with_rule(TwoSources::KeepBoth).map(|both| format!(" OR {both}")).unwrap_or_default();
        format!(
            "{seen},
             heads AS (
               SELECT *, min(CASE WHEN kind = 'withdrawal' THEN place END) OVER ({of_unit}) AS taken_back,
                 row_number() OVER ({of_unit}, source ORDER BY place) AS in_source
               FROM ranked),
             chosen AS (
               SELECT *, count(*) OVER ({of_unit}) AS sources,
                 row_number() OVER ({of_unit} ORDER BY {set_aside}{preference}, place) AS choice
               FROM heads
               WHERE kind <> 'withdrawal' AND in_source = 1 AND (taken_back IS NULL OR place < taken_back)),
             standing AS (
               SELECT *, (choice = 1{both}) AS stands, ((choice = 1{both}){in_time}) AS counts FROM chosen)",
            in_time = if self.cut_offs.is_empty() { "" } else { " AND NOT set_aside" },
            preference = self.preference(),
        )
    }

    /// Where the answers of an event came from: the office's own form, or the mapping that read them across.
    fn source(&self) -> String {
        if self.surveys.is_empty() {
            return format!("'{FORM}'");
        }
        // An outcome names every definition file that it was decided with, mappings among them.
        let files = "concat('\n', array_to_string(definitions, '\n'))";
        let mut cases = String::new();
        for survey in &self.surveys {
            for (path, mapping) in &survey.mappings {
                cases.push_str(&format!(
                    " WHEN survey = {survey} AND strpos({files}, {path}) > 0 THEN {mapping}",
                    survey = text(&survey.survey),
                    path = text(&format!("\n{path}:")),
                    mapping = text(mapping),
                ));
            }
        }
        format!(
            "CASE WHEN kind = 'withdrawal' THEN ''{cases}
                  WHEN strpos({files}, '\nmappings/') > 0
                    THEN split_part(split_part({files}, '\nmappings/', 2), '.yaml:', 1)
                  ELSE '{FORM}' END"
        )
    }

    /// The columns `late`, by what was decided of the record (its first issue), and `set_aside`, where its wave leaves
    /// out what is late.
    fn late(&self) -> String {
        if self.cut_offs.is_empty() {
            return String::new();
        }
        let late = |out: bool| {
            let waves = self.cut_offs.iter().filter(|wave| !out || wave.late == Counts::Out);
            let waves: Vec<String> = waves
                .map(|wave| format!("(survey = {} AND wave = {})", text(&wave.survey), text(&wave.wave)))
                .collect();
            match waves.is_empty() {
                true => "FALSE".to_owned(),
                false => format!(
                    "(kind <> 'withdrawal' AND ({}) AND coalesce(issues[1]['code'] = '{}', FALSE))",
                    waves.join(" OR "),
                    Code::Late.as_str()
                ),
            }
        };
        format!(", {} AS late, {} AS set_aside", late(false), late(true))
    }

    /// 0 for the source that a survey prefers.
    fn preference(&self) -> String {
        let case = |rule, what: &str| {
            self.with_rule(rule)
                .map(|of| format!(" WHEN {of} AND source {what} '{FORM}' THEN 0"))
                .unwrap_or_default()
        };
        match [case(TwoSources::PreferForm, "="), case(TwoSources::PreferMapping, "<>")].concat() {
            cases if cases.is_empty() => "1".to_owned(),
            cases => format!("CASE{cases} ELSE 1 END"),
        }
    }

    /// The condition that a row is of a survey with this rule; none if no survey has it.
    fn with_rule(&self, rule: TwoSources) -> Option<String> {
        let with = self.surveys.iter().filter(|survey| survey.rule == rule);
        let names: Vec<String> = with.map(|survey| text(&survey.survey)).collect();
        (!names.is_empty()).then(|| format!("survey IN ({})", names.join(", ")))
    }
}

/// A text of SQL.
fn text(words: &str) -> String {
    format!("'{}'", words.replace('\'', "''"))
}
