use std::collections::BTreeMap;
use std::fmt;

use shukei_schemas::{Lane, Offset};

/// What is known of one table that carries out outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableFacts {
    /// Per lane, the first outcome at or past the table's own cursor that names the table: what it does not hold yet.
    pub first_missing: BTreeMap<Lane, Offset>,
}

/// Per lane, the offset up to which every table is complete. Only rows below it are served, so that a query never
/// sees an outcome without its answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommonVector(BTreeMap<Lane, Offset>);

impl CommonVector {
    /// The first offset that is not served; none if the lane is unknown.
    pub fn get(&self, lane: Lane) -> Option<Offset> {
        self.0.get(&lane).copied()
    }

    /// The lanes with their offsets.
    pub fn iter(&self) -> impl Iterator<Item = (Lane, Offset)> + '_ {
        self.0.iter().map(|(lane, offset)| (*lane, *offset))
    }
}

impl fmt::Display for CommonVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (lane, offset) in &self.0 {
            write!(f, "{separator}{}/{}:{offset}", lane.generation, lane.partition)?;
            separator = " ";
        }
        Ok(())
    }
}

/// The minimum over `outcomes` and all tables that it names.
///
/// A table is complete up to the first outcome that it lacks, and up to the cursor of `outcomes` if it lacks none,
/// however old its own cursor is: an idle table holds nobody back. Without any cursor a lane is at its start.
pub fn common_vector(
    starts: &BTreeMap<Lane, Offset>,
    outcomes: &BTreeMap<Lane, Offset>,
    tables: &[TableFacts],
) -> CommonVector {
    let complete = |lane: Lane, start: Offset| {
        let decided = outcomes.get(&lane).copied().unwrap_or(start);
        tables.iter().filter_map(|table| table.first_missing.get(&lane).copied()).fold(decided, Offset::min)
    };
    CommonVector(starts.iter().map(|(lane, start)| (*lane, complete(*lane, *start))).collect())
}
