//! Words that mean numbers, and what stands around numbers without counting.

use std::collections::HashMap;

use super::finding::Finding;
use super::fold::column_key;
use super::form::Question;
use super::kind::Kind;
use super::layout_yaml::{CellsFile, LayoutYaml};
use super::load_layout::{Loader, Resolved};
use super::scalar::Scalar;

impl Loader<'_> {
    /// What words mean in a column of numbers. What a layout says of all its questions and this one cannot keep is not
    /// said of this one: the cell is no number then.
    pub(super) fn values(
        &self,
        file: &LayoutYaml,
        question: &Question,
        cells: &Resolved<'_>,
        column: &str,
    ) -> HashMap<String, String> {
        if !matches!(question.kind, Kind::Number { .. }) {
            return HashMap::new();
        }
        let steps = cells.steps();
        let keeps = |value: &Scalar| question.kind.bound(&value.0).is_some();
        let said = cells.values().map(|(text, value)| (text.as_str(), value));
        let aliases = |own: bool| {
            let here = move |alias_column: &Option<String>| match alias_column {
                None => !own,
                Some(name) => own && column_key(name) == column_key(column),
            };
            file.aliases
                .iter()
                .filter(|alias| alias.question.value == question.number.as_str())
                .filter(move |alias| here(&alias.column))
                .filter_map(|alias| Some((alias.text.0.as_str(), alias.value.as_ref()?)))
        };
        said.chain(aliases(false))
            .chain(aliases(true))
            .filter(|(_, value)| keeps(value))
            .map(|(text, value)| (steps.key(text).into_owned(), value.0.clone()))
            .collect()
    }

    /// Words and signs of numbers at a question that is none, or that it cannot keep.
    pub(super) fn numbers(&mut self, cells: &CellsFile, place: usize, line: Option<u64>) {
        let question = &self.form.questions[place];
        let said = !cells.values.is_empty() || !cells.strip.is_empty();
        if said && !matches!(question.kind, Kind::Number { .. }) {
            let message =
                format!("question `{}` is a {}, no number", question.number, question.kind.as_str());
            let hint =
                "`values` and `strip` are of numbers; of options say what a text means under `aliases`";
            self.findings.push(Finding::error(self.path, line, message).hint(hint));
            return;
        }
        for (text, value) in &cells.values {
            self.number(text, value, place, line);
        }
        self.stripped(cells, line);
    }

    /// A word that means a number.
    pub(super) fn number(&mut self, text: &str, value: &Scalar, place: usize, line: Option<u64>) {
        let question = &self.form.questions[place];
        let fits = matches!(question.kind, Kind::Number { .. }) && question.kind.bound(&value.0).is_some();
        if !fits {
            let message =
                format!("`{text}`: `{}` is no number that question `{}` keeps", value.0, question.number);
            let hint = "write digits and a point, with as many decimals as the question keeps";
            self.findings.push(Finding::error(self.path, line, message).hint(hint));
        }
    }

    /// What is taken away around a number must not be a part of it.
    pub(super) fn stripped(&mut self, cells: &CellsFile, line: Option<u64>) {
        let bad = |text: &&String| {
            text.trim().is_empty()
                || text.chars().any(|c| c.is_numeric() || matches!(c, '.' | ',' | '-' | '+'))
        };
        if let Some(text) = cells.strip.iter().find(bad) {
            let line = line.or_else(|| self.line_of("strip"));
            let message = format!("`strip`: `{text}` may be a part of a number");
            let hint = "strip signs and units; `decimal` and `thousands` say how digits are written";
            self.findings.push(Finding::error(self.path, line, message).hint(hint));
        }
    }
}
