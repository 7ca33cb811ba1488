use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::survey::{FormRef, LayoutRef};
use crate::ids::LayoutId;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayoutFile {
    pub(super) layout: LayoutId,
    pub(super) version: u32,
    pub(super) form: FormRef,
    pub(super) columns: String,
    #[serde(default)]
    pub(super) marks: MarksFile,
    #[serde(default)]
    pub(super) aliases: Vec<AliasFile>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarksFile {
    #[serde(default)]
    pub(super) chosen: Vec<String>,
    #[serde(default)]
    pub(super) not_chosen: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AliasFile {
    pub(super) question: Spanned<String>,
    pub(super) text: String,
    pub(super) code: i16,
}

/// How the cells of somebody's file become answers on a form: columns, marks, labels and aliases, resolved.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Which layout, in which version.
    pub reference: LayoutRef,
    /// The form whose questions it feeds.
    pub form: FormRef,
    pub(super) columns: HashMap<String, ColumnTarget>,
    pub(super) order: Vec<String>,
    pub(super) ignore: HashSet<String>,
    pub(super) chosen: HashSet<String>,
    pub(super) not_chosen: HashSet<String>,
    pub(super) labels: HashMap<usize, HashMap<String, usize>>,
}

/// What one column feeds; the numbers are places in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnTarget {
    /// The question.
    pub question: usize,
    /// The row of a grid.
    pub row: Option<usize>,
    /// The option that the column stands for, in a question with a column per option.
    pub option: Option<usize>,
}

/// What a cell of an option's column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The option is chosen.
    Chosen,
    /// The option is known not to be chosen.
    NotChosen,
    /// Nothing was said.
    Blank,
}

impl Layout {
    /// What a column feeds.
    pub fn target(&self, column: &str) -> Option<ColumnTarget> {
        self.columns.get(column).copied()
    }

    /// The columns that are read, in the layout's order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, ColumnTarget)> {
        self.order.iter().filter_map(|name| self.target(name).map(|target| (name.as_str(), target)))
    }

    /// Whether the layout says to pass over a column.
    pub fn ignores(&self, column: &str) -> bool {
        self.ignore.contains(column)
    }

    /// Reads a cell of a column that stands for one option; `None` if the text is no mark of the layout.
    pub fn mark(&self, cell: &str) -> Option<Mark> {
        let key = cell.trim();
        if key.is_empty() {
            Some(Mark::Blank)
        } else if self.chosen.contains(key) {
            Some(Mark::Chosen)
        } else if self.not_chosen.contains(key) {
            Some(Mark::NotChosen)
        } else {
            None
        }
    }

    /// The place of the option that a trimmed cell means in a question, by label or alias.
    pub fn option(&self, question: usize, cell: &str) -> Option<usize> {
        self.labels.get(&question)?.get(cell.trim()).copied()
    }
}
