//! What maintenance of tables decides: which files are worth rewriting, whether a rewriting may still be committed, and
//! whether a generation is finished.
//!
//! Rewriting files changes no row and moves no cursor, so the cursors cannot keep two of them apart: both would put the
//! same rows into the table again. Every commit that removes files therefore carries the application transaction
//! [`MAINTAIN`], counted up by one, as a compare-and-swap like every other.

use std::collections::BTreeMap;

use shukei_schemas::{Generation, Offset};

use crate::permit::{Permit, TableName};

/// The application transaction of every commit that removes files.
pub const MAINTAIN: &str = "maintain";

/// One data file of a snapshot, as planning sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its path inside the table.
    pub path: String,
    /// The values of the partition columns, as one text: files of different values are never put together.
    pub partition: String,
    /// Bytes on disk.
    pub bytes: u64,
    /// A lower bound of its positions: generation, partition, offset.
    pub low: [i64; 3],
}

/// Which files are rewritten, and how many at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactionLimits {
    /// Files of so many bytes are large enough and stay as they are.
    pub small_bytes: u64,
    /// Bytes on disk that one new file is made of at most.
    pub target_bytes: u64,
    /// Files of one partition value and size that are worth it.
    pub files_min: usize,
    /// Files that one new file is made of at most.
    pub files_max: usize,
    /// Files below so many bytes are decoded as a whole and closed. All others may have to be open at the same time,
    /// and an open one costs a decompressor for each of its columns.
    pub whole_bytes: u64,
    /// Files that one new file is made of at most, of those that are read piece by piece.
    pub open_max: usize,
    /// New files that are written at the same time; each takes memory of its own.
    pub at_once: usize,
}

impl Default for CompactionLimits {
    fn default() -> Self {
        Self {
            small_bytes: 32 << 20,
            target_bytes: 64 << 20,
            files_min: 8,
            files_max: 64,
            whole_bytes: 128 << 10,
            open_max: 8,
            at_once: 1,
        }
    }
}

/// Each size class holds files up to eight times as large as the one before.
const CLASSES: u32 = 3;

/// The groups of files that are each to become one file: places in `files`, in order of their positions.
///
/// Files are put together with files of about their size: a row is then rewritten once for each of the few classes, and
/// not again and again with the few new rows that came since.
pub fn plan_compaction(files: &[FileFacts], limits: &CompactionLimits) -> Vec<Vec<usize>> {
    let mut by_partition: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate().filter(|(_, file)| file.bytes < limits.small_bytes) {
        by_partition.entry(&file.partition).or_default().push(at);
    }
    let mut groups = Vec::new();
    for mut left in by_partition.into_values() {
        left.sort_by_key(|at| (files[*at].low, &files[*at].path));
        for class in (0..CLASSES).rev() {
            let below = limits.small_bytes >> (3 * class);
            let (candidates, larger): (Vec<usize>, Vec<usize>) =
                left.into_iter().partition(|at| files[*at].bytes < below);
            left = larger;
            left.extend(cut(files, candidates, limits, &mut groups));
            left.sort_by_key(|at| (files[*at].low, &files[*at].path));
        }
    }
    groups
}

/// Cuts candidates into groups, and returns those that are too few.
fn cut(
    files: &[FileFacts],
    candidates: Vec<usize>,
    limits: &CompactionLimits,
    groups: &mut Vec<Vec<usize>>,
) -> Vec<usize> {
    let files_min = limits.files_min.max(2);
    let mut group: Vec<usize> = Vec::new();
    let (mut bytes, mut open, mut left) = (0_u64, 0, Vec::new());
    let mut close = |group: &mut Vec<usize>| match group.len() >= files_min {
        true => groups.push(std::mem::take(group)),
        false => left.append(group),
    };
    for at in candidates {
        let size = files[at].bytes;
        let opens = usize::from(size >= limits.whole_bytes);
        if bytes.saturating_add(size) > limits.target_bytes
            || group.len() >= limits.files_max.max(files_min)
            || open + opens > limits.open_max.max(files_min)
        {
            close(&mut group);
            (bytes, open) = (0, 0);
        }
        bytes = bytes.saturating_add(size);
        open += opens;
        group.push(at);
    }
    close(&mut group);
    left
}

/// Files that are to take the place of others, with the same rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// Of which table.
    pub table: TableName,
    /// What [`MAINTAIN`] was on the snapshot from which the files were read.
    pub maintained: Option<i64>,
    /// The files whose rows were rewritten.
    pub removes: Vec<String>,
    /// The new files.
    pub adds: Vec<String>,
}

impl Replacement {
    /// What [`MAINTAIN`] becomes.
    pub fn next(&self) -> i64 {
        self.maintained.unwrap_or(0) + 1
    }
}

/// What to do about a replacement whose new files are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplacementDecision {
    /// Commit it on the snapshot that was looked at.
    Commit(Permit),
    /// It is in the table already: an attempt of unknown outcome had come through.
    Done,
    /// Somebody else removed files since: the new files are worth nothing any more.
    Lost,
}

/// Decides on a snapshot of the table: its version, its [`MAINTAIN`] and whether it holds a file. After any error of the
/// commit, look again and decide again.
pub fn decide_replacement(
    replacement: &Replacement,
    version: i64,
    maintained: Option<i64>,
    holds: impl Fn(&str) -> bool,
) -> ReplacementDecision {
    if replacement.adds.iter().any(|path| holds(path)) {
        return ReplacementDecision::Done;
    }
    let whole = replacement.removes.iter().all(|path| holds(path));
    match maintained == replacement.maintained && whole && !replacement.removes.is_empty() {
        true => ReplacementDecision::Commit(Permit::replacing(version, replacement.clone())),
        false => ReplacementDecision::Lost,
    }
}

/// What is known of one lane of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneEnd {
    /// Where `raw` ends; the first offset of the generation if nothing came.
    pub landed: Offset,
    /// The offset up to which every table is complete.
    pub complete: Offset,
}

/// Decides whether a generation can be closed: whatever landed is carried out everywhere, and nothing more can land
/// since it is not the newest. `lanes` are all its lanes, in order of their partitions, read while nobody else writes.
/// `version` is that of `sources`.
pub fn decide_closing(
    version: i64,
    generation: Generation,
    newest: Generation,
    lanes: &[LaneEnd],
) -> Option<Permit> {
    let drained = lanes.iter().all(|lane| lane.complete >= lane.landed);
    (generation < newest && drained && !lanes.is_empty())
        .then(|| Permit::closing(version, generation, lanes.iter().map(|lane| lane.landed).collect()))
}
