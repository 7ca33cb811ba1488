use std::collections::BTreeMap;
use std::fmt;

use shukei_protocol::Invariant;
use shukei_schemas::tables::kind;
use shukei_schemas::{Lane, Offset, Span};

/// Ranges that a finding's sentence names; the rest is counted.
const RANGES_SHOWN: usize = 10;

/// What `verify` found: counts per lane, and everything that breaks the law.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every lane, in order.
    pub lanes: Vec<LaneReport>,
    /// What is not as it must be, `broken` first.
    pub findings: Vec<Finding>,
}

/// The counts of one lane, each from the rows themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneReport {
    /// The lane.
    pub lane: Lane,
    /// The first offset of the lane.
    pub first: Offset,
    /// The cursor of `raw`.
    pub raw_next: Offset,
    /// The cursor of `outcomes`.
    pub outcomes_next: Offset,
    /// Records in `raw`.
    pub records: u64,
    /// Holes in `raw`.
    pub holes: u64,
    /// Offsets that the holes cover.
    pub hole_offsets: u64,
    /// Outcomes by kind.
    pub outcomes: BTreeMap<String, u64>,
    /// Every table that outcomes name or that holds rows, by name.
    pub tables: BTreeMap<String, TableCount>,
}

/// How many rows of a table outcomes name, and how many it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableCount {
    /// Outcomes that name it.
    pub named: u64,
    /// Its rows.
    pub held: u64,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// The law does not hold, and running the workers does not mend it.
    Broken,
    /// A table is not yet where the one before it is; running transform mends it.
    Behind,
}

impl FindingKind {
    /// The name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Behind => "behind",
        }
    }

    /// What to do next.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Broken => {
                "stop the workers, keep a copy of the data folder, and restore the table's last good commits from a backup"
            }
            Self::Behind => "run transform on the data folder (`shukei submit` does), then verify again",
        }
    }
}

/// Offsets of one lane that break one rule in one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub kind: FindingKind,
    /// The rule.
    pub invariant: Invariant,
    /// The table.
    pub table: String,
    /// The lane.
    pub lane: Lane,
    /// The offsets, in order, without touching each other.
    pub offsets: Vec<Span>,
    /// What is the matter, behind the table's name.
    pub problem: &'static str,
}

impl Finding {
    /// How many offsets it is about.
    pub fn offsets_count(&self) -> i64 {
        self.offsets.iter().map(Span::len).sum()
    }

    /// The offsets as `first..last`, both inside.
    pub fn ranges(&self) -> String {
        let mut text = String::new();
        for span in self.offsets.iter().take(RANGES_SHOWN) {
            if !text.is_empty() {
                text.push_str(", ");
            }
            match span.len() {
                0 | 1 => text.push_str(&span.first.to_string()),
                _ => text.push_str(&format!("{}..{}", span.first, span.end.0 - 1)),
            }
        }
        let more = self.offsets.len().saturating_sub(RANGES_SHOWN);
        if more > 0 {
            text.push_str(&format!(" and {more} more ranges"));
        }
        text
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.kind.as_str();
        write!(f, "{word}: `{}` {}: {} offsets {}", self.table, self.problem, self.lane, self.ranges())
    }
}

impl Report {
    /// Whether the law holds and nothing is left to do.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    /// Records in `raw` over all lanes.
    pub fn records(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.records).sum()
    }

    /// Outcomes of a kind over all lanes.
    pub fn outcomes(&self, kind: &str) -> u64 {
        self.lanes.iter().filter_map(|lane| lane.outcomes.get(kind)).sum()
    }

    /// The tables over all lanes.
    pub fn tables(&self) -> BTreeMap<&str, TableCount> {
        let mut tables: BTreeMap<&str, TableCount> = BTreeMap::new();
        for (name, count) in self.lanes.iter().flat_map(|lane| &lane.tables) {
            let sum = tables.entry(name).or_default();
            sum.named += count.named;
            sum.held += count.held;
        }
        tables
    }

    /// The law in one line, for example
    /// `253 raw records = 253 responses + 0 rejections + 0 withdrawals; responses/uk2017-1 holds 253 of 253`.
    ///
    /// The sign is `≠` where the sides differ.
    pub fn summary(&self) -> String {
        let [responses, edits, aggregates, rejections, withdrawals] =
            [kind::RESPONSE, kind::EDIT, kind::AGGREGATE, kind::REJECTION, kind::WITHDRAWAL]
                .map(|kind| self.outcomes(kind));
        let decided = responses + edits + aggregates + rejections + withdrawals;
        let sign = if self.records() == decided { '=' } else { '≠' };
        // Few surveys have any.
        let some = |count: u64, what: &str| match count {
            0 => String::new(),
            count => format!(" + {count} {what}"),
        };
        let edited = some(edits, "edits") + &some(aggregates, "deliveries of counts");
        let mut text = format!(
            "{} raw records {sign} {responses} responses{edited} + {rejections} rejections + {withdrawals} withdrawals",
            self.records()
        );
        for (name, count) in self.tables() {
            text.push_str(&format!("; {name} holds {} of {}", count.held, count.named));
        }
        text
    }
}

/// The same offsets in order, without touching or overlapping each other.
pub(super) fn compacted(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.first <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}
