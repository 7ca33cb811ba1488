use std::fmt;

use shukei_schemas::{Generation, Lane, Offset, Span};

use crate::maintenance::Replacement;

/// The name of a table inside the data folder, for example `raw` or `responses/uk2017-1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName(String);

impl TableName {
    /// The table of generations.
    pub fn sources() -> Self {
        Self("sources".into())
    }

    /// The table of every record received, byte for byte.
    pub fn raw() -> Self {
        Self("raw".into())
    }

    /// The table that decides what became of each record.
    pub fn outcomes() -> Self {
        Self("outcomes".into())
    }

    /// The table of the answers given on one version of one form; `target` is `<form>-<version>`.
    pub fn responses(target: &str) -> Self {
        Self(format!("responses/{target}"))
    }

    /// The table of the counts that organisations deliver without records.
    pub fn aggregates() -> Self {
        Self(shukei_schemas::tables::AGGREGATES.into())
    }

    /// The name as it stands in outcomes and paths.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `<form>-<version>` of a responses table.
    pub fn response_target(&self) -> Option<&str> {
        self.0.strip_prefix("responses/")
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One cursor that a commit moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// Whose cursor.
    pub lane: Lane,
    /// What the snapshot holds: nothing yet, or the first offset of the batch.
    pub found: Option<Offset>,
    /// The offsets that the commit completes.
    pub span: Span,
}

/// The right to make one commit to one table on one snapshot. Made by [`crate::Writer::decide`],
/// [`crate::decide_generation`], [`crate::decide_closing`] and [`crate::decide_replacement`] alone.
///
/// ```compile_fail,E0451
/// use shukei_protocol::{Permit, TableName};
/// let forged = Permit { table: TableName::raw(), version: 0, moves: vec![] };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    table: TableName,
    version: i64,
    moves: Vec<CursorMove>,
    opens: Option<Generation>,
    closes: Option<(Generation, Vec<Offset>)>,
    replaces: Option<Replacement>,
}

impl Permit {
    pub(crate) fn new(table: TableName, version: i64, moves: Vec<CursorMove>) -> Self {
        Self { table, version, moves, opens: None, closes: None, replaces: None }
    }

    pub(crate) fn opening(version: i64, generation: Generation) -> Self {
        Self { opens: Some(generation), ..Self::new(TableName::sources(), version, Vec::new()) }
    }

    pub(crate) fn closing(version: i64, generation: Generation, ends: Vec<Offset>) -> Self {
        Self { closes: Some((generation, ends)), ..Self::new(TableName::sources(), version, Vec::new()) }
    }

    pub(crate) fn replacing(version: i64, replacement: Replacement) -> Self {
        let table = replacement.table.clone();
        Self { replaces: Some(replacement), ..Self::new(table, version, Vec::new()) }
    }

    /// The table that may be written.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// The version of the snapshot that the cursors were read from, and that the commit must build on.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The cursors that the commit moves, each with what the snapshot holds.
    pub fn moves(&self) -> &[CursorMove] {
        &self.moves
    }

    /// The generation that the commit opens, for the table `sources` only: the snapshot must hold the one before it
    /// as the newest, so that of two openers one loses.
    pub fn opens(&self) -> Option<Generation> {
        self.opens
    }

    /// The generation that the commit closes, with the end of each partition, for the table `sources` only: the
    /// snapshot must not hold it as closed.
    pub fn closes(&self) -> Option<(Generation, &[Offset])> {
        self.closes.as_ref().map(|(generation, ends)| (*generation, ends.as_slice()))
    }

    /// The files that the commit replaces by others with the same rows: the snapshot must hold them, and the count of
    /// such commits that was read with them.
    pub fn replaces(&self) -> Option<&Replacement> {
        self.replaces.as_ref()
    }

    /// The offsets that the permit allows of a lane.
    pub fn span(&self, lane: Lane) -> Option<Span> {
        self.moves.iter().find(|m| m.lane == lane).map(|m| m.span)
    }
}
