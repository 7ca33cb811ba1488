//! Answers that are cells of somebody's file, as they were read: column → text. The layout says what they mean.

use shukei_schemas::codes::{known_part, pointer_part};
use shukei_schemas::definition::{Column, Form, Kind, Layout, Mark, Said, Shape, Unlisted};
use shukei_schemas::json::{Entries, Json};
use shukei_schemas::{Code, Issue, State};

use crate::answer::{Answer, PerRow, blank};
use crate::gather::{Gathered, gather};
use crate::parts::{csv_fields, json_fields, tokens};
use crate::{settle, value};

pub(crate) fn read(
    form: &Form,
    layout: &Layout,
    entries: &Entries<'_>,
    path: &str,
    issues: &mut Vec<Issue>,
) -> Vec<PerRow> {
    let gathered = form.questions.iter().map(|_| None).collect();
    let mut reader = Reader { form, layout, path, issues, answers: blank(form), gathered };
    let mut seen = vec![false; layout.columns().len()];
    let mut next = 0;
    for (name, json) in entries {
        // A name in another spelling stands for a column only where the column itself is not there.
        let shadowed = |column: &Column| {
            column.name != name[..] && entries.iter().any(|(other, _)| other[..] == column.name)
        };
        // Most files have their columns in the order of the layout.
        let found = layout.column_after(next, name).filter(|(_, column)| !shadowed(column));
        let Some((place, column)) = found else {
            if !layout.ignores(name) {
                reader.unknown(name);
            }
            continue;
        };
        next = place + 1;
        let again = seen.get_mut(place).is_some_and(|seen| std::mem::replace(seen, true));
        let result = match (again, json) {
            (true, _) => Err(Code::AnswerDuplicateKey),
            (false, Json::Null) => Ok(()),
            (false, Json::Text(cell) | Json::Number(cell)) => reader.cell(place, column, cell),
            (false, _) => Err(Code::AnswerType),
        };
        if let Err(code) = result {
            reader.issue(code, name);
            reader.broken(place, column);
        }
    }
    let Reader { mut answers, gathered, issues, .. } = reader;
    for (place, found) in gathered.into_iter().enumerate() {
        let Some(found) = found else { continue };
        gather(&form.questions[place], layout.several(place), *found, &mut answers[place], path, issues);
    }
    answers
}

struct Reader<'a> {
    form: &'a Form,
    layout: &'a Layout,
    path: &'a str,
    issues: &'a mut Vec<Issue>,
    answers: Vec<PerRow>,
    /// What the columns have said so far of answers that more than one column can feed.
    gathered: Vec<Option<Box<Gathered<'a>>>>,
}

impl<'a> Reader<'a> {
    fn issue(&mut self, code: Code, column: &str) {
        self.issues.push(Issue::new(code, format!("{}{}", self.path, known_part(column))));
    }

    fn unknown(&mut self, column: &str) {
        let path = format!("{}{}", self.path, pointer_part(column));
        self.issues.push(Issue::new(Code::ColumnUnknown, path));
    }

    fn gathered(&mut self, question: usize) -> &mut Gathered<'a> {
        self.gathered[question].get_or_insert_default()
    }

    /// Whether several columns feed the one answer of a question.
    fn is_joined(&self, question: usize) -> bool {
        self.form.questions[question].rows().is_empty() && self.layout.several(question).is_some()
    }

    /// The answer of a column that cannot be read.
    fn broken(&mut self, place: usize, column: &Column) {
        let target = column.target;
        match column.shape {
            Shape::Value if self.is_joined(target.question) => {
                self.gathered(target.question).values.push((place, Answer::invalid()));
            }
            Shape::Value if !matches!(self.form.questions[target.question].kind, Kind::Ranking { .. }) => {
                self.answers[target.question][target.row.unwrap_or(0)] = Answer::invalid();
            }
            Shape::Other => {}
            _ => self.gathered(target.question).broken = true,
        }
    }

    /// Reads one cell. What other columns can add to is put aside until all are read.
    fn cell(&mut self, place: usize, column: &'a Column, cell: &'a str) -> Result<(), Code> {
        let (form, layout) = (self.form, self.layout);
        let question = &form.questions[column.target.question];
        let at = column.target.question;
        let key = match column.said(cell) {
            Said::Blank => return Ok(()),
            Said::NoAnswer => return self.said(column, State::StatedNoAnswer),
            Said::NotAsked => return self.said(column, State::NotAsked),
            Said::Key(key) => key,
        };
        let is_ranking = matches!(question.kind, Kind::Ranking { .. });
        match &column.shape {
            Shape::Value if is_ranking => {
                let rank = layout.meaning(column, &key).and_then(|found| found.places.first().copied());
                let rank = rank.or_else(|| rank_of(question, &key)).ok_or(Code::OptionUnknown)?;
                self.gathered(at).ranked.push((column.target.row.unwrap_or(0), rank));
            }
            Shape::Value => {
                let answer = self.one(column, cell, &key)?;
                match self.is_joined(at) {
                    true => self.gathered(at).values.push((place, answer)),
                    false => self.answers[at][column.target.row.unwrap_or(0)] = answer,
                }
            }
            Shape::Mark => {
                let option = column.target.option.unwrap_or(0);
                match column.mark(&key).ok_or(Code::LabelUnknown)? {
                    Mark::Chosen => self.gathered(at).chosen.push(option),
                    Mark::NotChosen => self.gathered(at).not_chosen = true,
                }
            }
            Shape::MarkText => {
                let option = column.target.option.unwrap_or(0);
                let mark = column.mark(&key);
                let gathered = self.gathered(at);
                match mark {
                    Some(Mark::NotChosen) => gathered.not_chosen = true,
                    Some(Mark::Chosen) => gathered.chosen.push(option),
                    None => {
                        gathered.chosen.push(option);
                        gathered.other.push(cell);
                    }
                }
            }
            Shape::Other => self.gathered(at).other.push(cell),
            Shape::Item(rank) => {
                let item = layout.row(column, &key).ok_or(Code::LabelUnknown)?;
                self.gathered(at).ranked.push((item, *rank));
            }
            Shape::Tokens { separators, marks } => {
                for token in tokens(&key, separators) {
                    let found = marks.iter().find_map(|(mark, option)| {
                        let rest = token
                            .strip_prefix(mark.as_str())
                            .or_else(|| token.strip_suffix(mark.as_str()))?;
                        layout.row(column, rest.trim()).map(|row| (row, *option))
                    });
                    let (row, option) = found.ok_or(Code::LabelUnknown)?;
                    self.gathered(at).tokens.push((row, option));
                }
            }
            Shape::List(_) | Shape::Lines | Shape::Characters => {
                for piece in layout.pieces(column, cell, is_ranking) {
                    self.piece(column, piece.text, piece.meaning, is_ranking)?;
                }
                self.gathered(at).not_chosen = true;
            }
            Shape::Csv | Shape::Json => {
                let fields = match column.shape {
                    Shape::Json => json_fields(cell),
                    _ => csv_fields(cell),
                };
                let fields = fields.ok_or(Code::LabelUnknown)?;
                for field in &fields {
                    let Some(piece) = layout.field(column, field, is_ranking) else { continue };
                    let owned = piece.meaning.is_none().then(|| piece.text.to_owned());
                    self.piece(column, owned.as_deref().unwrap_or(""), piece.meaning, is_ranking)?;
                }
                self.gathered(at).not_chosen = true;
            }
        }
        Ok(())
    }

    /// One part of a cell that holds several.
    fn piece(
        &mut self,
        column: &'a Column,
        text: &str,
        meaning: Option<shukei_schemas::definition::Meaning<'_>>,
        is_ranking: bool,
    ) -> Result<(), Code> {
        let at = column.target.question;
        let question = &self.form.questions[at];
        match meaning {
            Some(meaning) => {
                if meaning.by_pattern {
                    self.issue(Code::PatternMatched, &column.name);
                }
                let gathered = self.gathered(at);
                if is_ranking {
                    let rank = gathered.ranked.len();
                    let item = meaning.places.first().copied().unwrap_or(0);
                    if rank >= question.options().len() {
                        return Err(Code::OptionUnknown);
                    }
                    gathered.ranked.push((item, rank));
                } else {
                    gathered.chosen.extend_from_slice(meaning.places);
                }
                Ok(())
            }
            None => match question.unlisted {
                Unlisted::Option(place) => {
                    let first = !self.gathered(at).chosen.contains(&place);
                    let gathered = self.gathered(at);
                    gathered.chosen.push(place);
                    gathered.unlisted.push(text.to_owned());
                    if first {
                        self.issue(Code::Unlisted, &column.name);
                    }
                    Ok(())
                }
                Unlisted::Refuse => Err(Code::LabelUnknown),
            },
        }
    }

    /// A state that a cell says in so many words.
    fn said(&mut self, column: &Column, state: State) -> Result<(), Code> {
        let target = column.target;
        let alone = matches!(column.shape, Shape::Value)
            && !self.is_joined(target.question)
            && !matches!(self.form.questions[target.question].kind, Kind::Ranking { .. });
        if alone {
            self.answers[target.question][target.row.unwrap_or(0)] = Answer::of(state);
        } else if column.shape != Shape::Other {
            self.gathered(target.question).said.push(state);
        }
        Ok(())
    }

    /// One answer in one cell.
    fn one(&mut self, column: &Column, cell: &str, key: &str) -> Result<Answer, Code> {
        let question = &self.form.questions[column.target.question];
        if question.options().is_empty() {
            let text = if matches!(question.kind, Kind::Text { .. }) { cell } else { key };
            return value::read_cell(text, &question.kind, &column.formats);
        }
        match self.layout.meaning(column, key) {
            Some(meaning) => {
                if meaning.by_pattern {
                    self.issue(Code::PatternMatched, &column.name);
                }
                let (answer, code) = settle::single(question, meaning.places);
                if let Some(code) = code {
                    self.issue(code, &column.name);
                }
                Ok(answer)
            }
            None => match question.unlisted {
                Unlisted::Option(place) => {
                    let (mut answer, _) = settle::single(question, &[place]);
                    settle::with_other(question, &mut answer, cell);
                    self.issue(Code::Unlisted, &column.name);
                    Ok(answer)
                }
                Unlisted::Refuse => Err(Code::LabelUnknown),
            },
        }
    }
}

/// The place of a rank that is written as a number.
fn rank_of(question: &shukei_schemas::definition::Question, key: &str) -> Option<usize> {
    let whole = key.strip_suffix(".0").unwrap_or(key);
    question.kind.place_of_code(whole.parse().ok()?)
}
