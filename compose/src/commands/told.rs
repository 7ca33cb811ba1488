//! What is told of files of rows: how many there were, what was refused, and which columns have no counterpart.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use shukei_delivery::{Columns, Made, Refused};
use shukei_schemas::definition::{Layout, nearest};

use crate::commands::tables::Tables;
use crate::output::{self, note, say};

/// What was seen on the way.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) rows: u64,
    pub(crate) empty: u64,
    pub(crate) skipped: u64,
    /// Rows that the layout's rules leave out, by rule.
    pub(crate) left_out: BTreeMap<String, u64>,
    pub(crate) refused: u64,
    pub(crate) refusals: Vec<String>,
    pub(crate) times_unread: u64,
    pub(crate) repeated: u64,
    pub(crate) withdrawn: u64,
    pub(crate) unknown: Vec<String>,
    pub(crate) missing: Vec<String>,
    /// What files lack of the layout, in words, to the first such file and how many there are.
    lacking: BTreeMap<Vec<String>, (String, u64)>,
    /// Hashes of who was seen, for rows of one respondent or person.
    seen: HashSet<u64>,
}

/// As many refused rows are named one by one.
const REFUSALS_NAMED: usize = 20;
/// What a layout calls the file's name; it is there without a column.
const FILE_NAME: &str = "@file";
/// As many columns that a file lacks are named before anything is sent; all of them stand at the end.
const LACKING_NAMED: usize = 10;

/// The name of a column with the nearest of those that the file has and nobody reads.
fn with_nearest(name: &str, others: &[String]) -> String {
    match nearest(name, others.iter().map(String::as_str)) {
        Some(near) => format!("`{name}` (nearly `{near}` of the file)"),
        None => format!("`{name}`"),
    }
}

impl Told {
    /// Notes columns that the layout does not know, and columns of the layout that the file lacks.
    pub(crate) fn note_columns(&mut self, file: &str, layout: &Layout, columns: &Columns, keys: &[String]) {
        let is_unknown =
            |key: &&String| layout.target(key).is_none() && !layout.ignores(key) && !key.is_empty();
        let unknown: Vec<String> = keys.iter().filter(is_unknown).cloned().collect();
        for key in &unknown {
            if !self.unknown.contains(key) {
                self.unknown.push(key.clone());
            }
        }
        let present: HashSet<usize> =
            keys.iter().filter_map(|key| layout.column(key)).map(|(place, _)| place).collect();
        let fed = layout.columns().enumerate().filter(|(at, _)| !present.contains(at));
        let mut lacking: Vec<&str> = fed.map(|(_, (name, _))| name).collect();
        // Without those of its key a file is not read at all.
        let attributes = layout.file.iter().flat_map(|file| file.submission.columns());
        for name in attributes.filter(|name| *name != FILE_NAME && columns.place(name).is_none()) {
            if !lacking.contains(&name) {
                lacking.push(name);
            }
        }
        for name in &lacking {
            if !self.missing.iter().any(|known| known == name) {
                self.missing.push((*name).to_owned());
            }
        }
        if !lacking.is_empty() {
            let words = lacking.into_iter().map(|name| with_nearest(name, &unknown)).collect();
            let (_, files) = self.lacking.entry(words).or_insert_with(|| (file.to_owned(), 0));
            *files += 1;
        }
    }

    /// Warns of what files lack, while nothing is sent yet: whoever misnamed a column can still stop.
    pub(crate) fn warn_lacking(&mut self, layout: &Layout) {
        let layout = &layout.reference.layout;
        for (names, (file, files)) in std::mem::take(&mut self.lacking) {
            let subject = match files {
                1 => format!("`{file}` lacks"),
                2 => format!("`{file}` and one more file lack"),
                _ => format!("`{file}` and {} more files lack", files - 1),
            };
            let many = if names.len() == 1 { "column" } else { "columns" };
            let mut listed = names[..names.len().min(LACKING_NAMED)].join(", ");
            if names.len() > LACKING_NAMED {
                listed.push_str(&format!(" and {} more", names.len() - LACKING_NAMED));
            }
            note!(
                "warning: {subject} {} {many} that layout `{layout}` reads, which counts as blank: {listed}; \
                 mend the name in the file or in the layout if it was asked",
                names.len()
            );
        }
    }

    /// Notes a row that is not sent.
    pub(crate) fn note_refused(&mut self, file: &str, refused: &Refused) {
        self.rows += 1;
        self.refused += 1;
        if self.refusals.len() < REFUSALS_NAMED {
            self.refusals.push(format!("{file} {refused}"));
        }
    }

    /// Notes a row without content that is not sent.
    pub(crate) fn note_skipped(&mut self) {
        (self.rows, self.skipped) = (self.rows + 1, self.skipped + 1);
    }

    /// Notes a row that a rule of the layout leaves out.
    pub(crate) fn note_left_out(&mut self, why: String) {
        self.rows += 1;
        *self.left_out.entry(why).or_default() += 1;
    }

    /// Notes a row that is sent, of this unit.
    pub(crate) fn note_made(&mut self, layout: &Layout, made: &Made, unit: &str) {
        self.rows += 1;
        self.empty += u64::from(made.is_empty);
        self.times_unread += u64::from(made.time_unread);
        let mut hasher = DefaultHasher::new();
        let is_row = layout.file.as_ref().is_none_or(|file| file.submission.is_row());
        match (is_row, &made.person) {
            (true, None) => return,
            (true, Some(person)) => person.hash(&mut hasher),
            (false, _) => (&made.wave, unit).hash(&mut hasher),
        }
        if !self.seen.insert(hasher.finish()) {
            self.repeated += 1;
        }
    }

    /// Prints which columns of the file and of the layout have no counterpart.
    pub(crate) fn say_columns(&self) {
        let say = |names: &[String], others: &[String], words: &str| {
            if !names.is_empty() {
                let listed: Vec<String> = names.iter().map(|name| with_nearest(name, others)).collect();
                output::paragraph(&format!("{} {words}: {}", names.len(), listed.join(", ")));
                say!("");
            }
        };
        say(
            &self.unknown,
            &[],
            "columns of the file are not in the layout (feed a question, or list them under `ignore`)",
        );
        say(&self.missing, &self.unknown, "columns of the layout are not in the file (they count as blank)");
    }

    /// Prints what was seen of the files; `false` if any row was refused.
    pub(crate) fn say(&self, tables: &Tables) -> bool {
        say!("rows          {:>9}", self.rows);
        let is_row = tables.layout.file.as_ref().is_none_or(|file| file.submission.is_row());
        for (count, words) in [
            (self.empty, "rows without content, received"),
            (self.skipped, "rows without content, passed over"),
            (
                self.repeated,
                if is_row {
                    "rows of a person who has another"
                } else {
                    "rows of a respondent who has another: the last counts"
                },
            ),
            (self.times_unread, "times of submission that could not be read"),
            (self.withdrawn, "units of the earlier delivery taken back"),
        ] {
            if count > 0 {
                say!("  {count:>9} {words}");
            }
        }
        for (why, count) in &self.left_out {
            say!("  {count:>9} rows left out by {why}");
        }
        say!("rows refused  {:>9}", self.refused);
        for refusal in &self.refusals {
            say!("  {refusal}");
        }
        if self.refused > self.refusals.len() as u64 {
            say!("  and {} more", self.refused - self.refusals.len() as u64);
        }
        if self.refused > 0 && tables.replaces() {
            say!("  nothing of the earlier delivery was taken back, since rows were refused");
        }
        self.refused == 0
    }
}
