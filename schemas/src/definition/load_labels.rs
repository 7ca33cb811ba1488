//! What the texts of a question mean under a layout: labels, codes, aliases, patterns.

use super::finding::Finding;
use super::fold::{Steps, column_key};
use super::form::Question;
use super::labels::Labels;
use super::layout::Shape;
use super::layout_yaml::{AliasFile, Hold, LayoutYaml};
use super::load_columns::Line;
use super::load_layout::{Loader, Resolved};
use super::pattern::Pattern;

impl Loader<'_> {
    /// The place of the words of a question, which a column may have of its own.
    pub(super) fn labels(
        &mut self,
        file: &LayoutYaml,
        place: usize,
        question: &Question,
        cells: &Resolved<'_>,
        line: &Line,
        shape: &Shape,
    ) -> usize {
        let name = column_key(&line.column);
        let of_column =
            |column: &Option<String>| column.as_deref().is_some_and(|column| column_key(column) == name);
        let own = file.aliases.iter().any(|alias| of_column(&alias.column))
            || file.patterns.iter().any(|pattern| of_column(&pattern.column));
        let key = (place, own.then(|| line.column.clone()));
        let by_words = *shape == Shape::Value || shape.holds_several();
        let first_use = by_words && self.read_by_words.insert(place);
        if let Some(known) = self.labels_of.get(&key)
            && !first_use
        {
            return *known;
        }
        let steps = cells.steps();
        let mut labels = Labels { steps, ..Labels::default() };
        let mut clashes: Vec<(i16, i16)> = Vec::new();
        let hold = cells.hold();
        for (at, option) in question.options().iter().enumerate().filter(|(_, option)| !option.implied) {
            let mut texts: Vec<String> = Vec::new();
            if hold != Hold::Codes {
                texts.extend(option.label.wordings().map(str::to_owned));
            }
            if hold != Hold::Labels {
                texts.push(option.code.to_string());
                // A number that a spreadsheet has written.
                texts.push(format!("{}.0", option.code));
            }
            for text in texts {
                let before = labels.options.add(&steps.key(&text), vec![at]);
                let other = before.and_then(|places| places.first().copied()).filter(|other| *other != at);
                clashes.extend(other.map(|other| (question.options()[other].code, option.code)));
            }
        }
        for (at, row) in question.rows().iter().enumerate() {
            for wording in row.label.wordings() {
                labels.rows.add(&steps.key(wording), vec![at]);
            }
            if hold != Hold::Labels {
                labels.rows.add(&row.code.to_string(), vec![at]);
            }
        }
        if first_use {
            for (one, other) in clashes {
                let message = format!(
                    "options {one} and {other} of question `{}` read the same in their normal form",
                    question.number
                );
                let hint = "let fewer steps match, let cells hold codes, or give each option a column";
                self.findings.push(Finding::error(self.columns_path, Some(line.at), message).hint(hint));
            }
        }
        let everywhere = |column: &Option<String>| column.is_none();
        // What holds in one column alone comes last: it takes the place of what holds everywhere.
        for own in [false, true] {
            let here = |column: &Option<String>| if own { of_column(column) } else { everywhere(column) };
            for alias in file.aliases.iter().filter(|alias| here(&alias.column)) {
                if alias.question.value == question.number.as_str() {
                    self.alias(question, alias, steps, own, &mut labels, first_use);
                }
            }
        }
        for own in [true, false] {
            let here = |column: &Option<String>| if own { of_column(column) } else { everywhere(column) };
            for pattern in file.patterns.iter().filter(|pattern| here(&pattern.column)) {
                let Some(number) = &pattern.question else { continue };
                if number.value == question.number.as_str() {
                    let line = Some(number.referenced.line());
                    let mut found = Vec::new();
                    labels.patterns.extend(Pattern::read(
                        self.path,
                        line,
                        pattern,
                        &question.kind,
                        steps,
                        &mut found,
                    ));
                    self.findings.extend(found.into_iter().filter(|_| first_use));
                }
            }
        }
        let at = self.layout.labels.len();
        self.layout.labels.push(labels);
        self.labels_of.insert(key, at);
        at
    }

    fn alias(
        &mut self,
        question: &Question,
        alias: &AliasFile,
        steps: Steps,
        own: bool,
        labels: &mut Labels,
        say: bool,
    ) {
        let key = steps.key(&alias.text.0).into_owned();
        if let Some(row) = alias.row.and_then(|row| question.rows().iter().position(|r| r.code == row)) {
            labels.rows.add(&key, vec![row]);
        }
        let codes = alias.code.iter().chain(&alias.codes);
        let places: Vec<usize> =
            codes.filter_map(|code| question.kind.place_of_code(i64::from(*code))).collect();
        if places.is_empty() {
            return;
        }
        let before = labels.options.add(&key, places.clone());
        if let Some(before) = before.filter(|before| *before != places && !own && say) {
            let code = before.first().and_then(|place| question.options().get(*place)).map_or(0, |o| o.code);
            let message = format!(
                "alias `{}` of question `{}` means option {code} already",
                alias.text.0, question.number
            );
            let line = Some(alias.question.referenced.line());
            self.findings.push(
                Finding::error(self.path, line, message)
                    .hint("name the `column` in which it means something else"),
            );
        }
    }
}
