//! Which files are put together, which replacements may be committed, and when a generation is finished.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shukei_protocol::{
    CompactionLimits, FileFacts, LaneEnd, Permit, Replacement, ReplacementDecision, TableName,
    decide_closing, decide_replacement, plan_compaction,
};
use shukei_schemas::{Generation, Offset};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Files of a partition value that follow each other, `(value, how many, bytes of each)`.
fn files(kinds: &[(&str, usize, u64)]) -> Vec<FileFacts> {
    let mut files = Vec::new();
    for (value, count, bytes) in kinds {
        for _ in 0..*count {
            let at = files.len();
            let low = [1, 0, at as i64 * 10];
            files.push(FileFacts {
                path: format!("f{at:05}"),
                partition: (*value).into(),
                bytes: *bytes,
                low,
            });
        }
    }
    files
}

#[test]
fn small_files_of_about_one_size_are_put_together() {
    // (why, files, the groups as (first file, how many))
    type Case = (&'static str, Vec<(&'static str, usize, u64)>, Vec<(usize, usize)>);
    let cases: Vec<Case> = vec![
        ("nothing to do", vec![], vec![]),
        ("too few", vec![("0", 7, 10 * KIB)], vec![]),
        ("enough", vec![("0", 8, 10 * KIB)], vec![(0, 8)]),
        ("values are never mixed", vec![("0", 7, KIB), ("1", 8, KIB), ("2", 7, KIB)], vec![(7, 8)]),
        ("large files stay", vec![("0", 20, 32 * MIB)], vec![]),
        ("up to the target", vec![("0", 20, 8 * MIB)], vec![(0, 8), (8, 8)]),
        ("no more than are held", vec![("0", 200, KIB)], vec![(0, 64), (64, 64), (128, 64), (192, 8)]),
        ("no more than can be open", vec![("0", 20, 200 * KIB)], vec![(0, 8), (8, 8)]),
        ("those read as a whole are not open", vec![("0", 30, KIB), ("0", 9, 200 * KIB)], vec![(0, 38)]),
        (
            "a larger one is not rewritten for a few new ones",
            vec![("0", 1, 5 * MIB), ("0", 9, KIB)],
            vec![(1, 9)],
        ),
        ("too few of each size, but enough of all", vec![("0", 4, MIB), ("0", 4, KIB)], vec![(0, 8)]),
        (
            "what is left over of a size joins the next",
            vec![("0", 66, KIB), ("0", 6, MIB)],
            vec![(0, 64), (64, 8)],
        ),
    ];
    for (why, kinds, groups) in cases {
        let files = files(&kinds);
        let planned = plan_compaction(&files, &CompactionLimits::default());
        let wanted: Vec<Vec<usize>> =
            groups.iter().map(|(first, count)| (*first..first + count).collect()).collect();
        assert_eq!(planned, wanted, "{why}");
    }
}

proptest! {
    /// Planned again and again, every file ends large or among too few, each was rewritten a few times at most, and
    /// the order of the listing never matters.
    #[test]
    fn compaction_comes_to_an_end(sizes in prop::collection::vec((0_u8..3, 1_u64..40 * MIB), 0..200)) {
        let limits = CompactionLimits::default();
        let mut now: Vec<(FileFacts, usize)> = sizes.iter().enumerate().map(|(at, (value, bytes))| {
            let low = [1, 0, at as i64];
            (FileFacts { path: format!("f{at}"), partition: value.to_string(), bytes: *bytes, low }, 0)
        }).collect();
        let total: u64 = now.iter().map(|(file, _)| file.bytes).sum();
        for round in 0..10 {
            let facts: Vec<FileFacts> = now.iter().map(|(file, _)| file.clone()).collect();
            let groups = plan_compaction(&facts, &limits);
            let mut turned: Vec<FileFacts> = facts.clone();
            turned.reverse();
            let names = |files: &[FileFacts], groups: &[Vec<usize>]| -> BTreeSet<Vec<String>> {
                groups.iter().map(|group| group.iter().map(|at| files[*at].path.clone()).collect()).collect()
            };
            let again = plan_compaction(&turned, &limits);
            prop_assert_eq!(names(&facts, &groups), names(&turned, &again));
            if groups.is_empty() {
                break;
            }
            prop_assert!(round < 9, "no end");
            let mut taken = BTreeSet::new();
            let mut made = Vec::new();
            for (number, group) in groups.iter().enumerate() {
                prop_assert!(group.len() >= limits.files_min && group.len() <= limits.files_max);
                prop_assert!(group.iter().all(|at| taken.insert(*at)), "a file in two groups");
                prop_assert!(group.iter().all(|at| facts[*at].partition == facts[group[0]].partition));
                prop_assert!(group.windows(2).all(|pair| facts[pair[0]].low <= facts[pair[1]].low));
                let bytes: u64 = group.iter().map(|at| facts[*at].bytes).sum();
                prop_assert!(bytes <= limits.target_bytes);
                let times = group.iter().map(|at| now[*at].1).max().unwrap() + 1;
                prop_assert!(times <= 5, "rewritten {} times", times);
                let path = format!("m{round}-{number}");
                let partition = facts[group[0]].partition.clone();
                made.push((FileFacts { path, partition, bytes, low: facts[group[0]].low }, times));
            }
            let mut at = 0;
            now.retain(|_| { at += 1; !taken.contains(&(at - 1)) });
            now.extend(made);
            prop_assert_eq!(total, now.iter().map(|(file, _)| file.bytes).sum::<u64>());
        }
    }
}

/// A table as Delta sees it: a commit built on an older version is moved behind the newer ones, unless one of them sets
/// an application transaction that it sets itself. Removes without a change of data conflict with nothing.
#[derive(Default)]
struct Table {
    files: BTreeMap<String, Vec<i64>>,
    maintained: Option<i64>,
    /// Versions that set `maintain`.
    maintaining: Vec<i64>,
    version: i64,
}

impl Table {
    fn append(&mut self, rows: Vec<i64>) {
        self.version += 1;
        self.files.insert(format!("a{}", self.version), rows);
    }

    fn replace(&mut self, permit: &Permit, rows: Vec<i64>, compares: bool) -> bool {
        let replacement = permit.replaces().unwrap();
        if compares && self.maintaining.iter().any(|version| *version > permit.version()) {
            return false;
        }
        for path in &replacement.removes {
            self.files.remove(path);
        }
        self.version += 1;
        self.files.insert(replacement.adds[0].clone(), rows);
        self.maintained = Some(replacement.next());
        self.maintaining.push(self.version);
        true
    }

    fn rows(&self) -> Vec<i64> {
        let mut rows: Vec<i64> = self.files.values().flatten().copied().collect();
        rows.sort_unstable();
        rows
    }
}

/// Somebody who compacts: reads files, decides later, commits later still, and may not hear how that ended.
#[derive(Default)]
struct Compactor {
    planned: Option<(Replacement, Vec<i64>)>,
    permit: Option<Permit>,
    done: usize,
}

impl Compactor {
    fn step(&mut self, table: &mut Table, who: usize, number: usize, choice: u8, compares: bool) {
        match (&self.planned, self.permit.take()) {
            (None, _) => {
                let removes: Vec<String> =
                    table.files.keys().skip(usize::from(choice) % 3).take(3).cloned().collect();
                let rows = removes.iter().flat_map(|path| table.files[path].clone()).collect();
                let adds = vec![format!("c{who}-{number}")];
                let (name, maintained) = (TableName::raw(), table.maintained);
                self.planned = Some((Replacement { table: name, maintained, removes, adds }, rows));
            }
            (Some((replacement, _)), None) => {
                let holds = |path: &str| table.files.contains_key(path);
                match decide_replacement(replacement, table.version, table.maintained, holds) {
                    ReplacementDecision::Commit(permit) => self.permit = Some(permit),
                    ReplacementDecision::Done => {
                        self.done += 1;
                        self.planned = None;
                    }
                    ReplacementDecision::Lost => self.planned = None,
                }
            }
            (Some((_, rows)), Some(permit)) => {
                // An unknown outcome: the same files are decided upon again.
                let unknown = choice.is_multiple_of(4);
                if table.replace(&permit, rows.clone(), compares) && !unknown {
                    self.done += 1;
                    self.planned = None;
                }
            }
        }
    }
}

fn race(steps: &[(u8, u8)], compares: bool) -> (Table, Vec<i64>, usize) {
    let (mut table, mut compactors) = (Table::default(), [Compactor::default(), Compactor::default()]);
    let mut written = Vec::new();
    for (number, (who, choice)) in steps.iter().enumerate() {
        match who % 3 {
            0 => {
                let rows = vec![number as i64 * 2, number as i64 * 2 + 1];
                written.extend(&rows);
                table.append(rows);
            }
            who => compactors[usize::from(who) - 1].step(&mut table, who.into(), number, *choice, compares),
        }
    }
    let done = compactors.iter().map(|compactor| compactor.done).sum();
    (table, written, done)
}

proptest! {
    #[test]
    fn whoever_compacts_beside_whom_each_row_stays_once(
        steps in prop::collection::vec((0_u8..3, any::<u8>()), 0..200)
    ) {
        let (table, written, _) = race(&steps, true);
        prop_assert_eq!(table.rows(), written);
    }
}

/// The race is one: without the comparison rows are doubled, and with it something gets done.
#[test]
fn without_the_comparison_rows_are_doubled() {
    let steps: Vec<(u8, u8)> = (0..600_u32).map(|n| ((n % 3) as u8, (n / 3 % 251) as u8 | 1)).collect();
    let (table, written, done) = race(&steps, true);
    assert_eq!(table.rows(), written);
    assert!(done > 20, "{done}");
    let (table, written, _) = race(&steps, false);
    assert_ne!(table.rows(), written, "nobody was in anybody's way");
}

#[test]
fn a_replacement_is_committed_only_where_it_was_read() {
    let replacement = |maintained| Replacement {
        table: TableName::raw(),
        maintained,
        removes: vec!["a".into(), "b".into()],
        adds: vec!["c".into()],
    };
    // (`maintain` read, `maintain` now, files now, what is decided)
    type Case = (Option<i64>, Option<i64>, &'static [&'static str], &'static str);
    let cases: [Case; 6] = [
        (None, None, &["a", "b", "x"], "commit 1"),
        (Some(4), Some(4), &["a", "b"], "commit 5"),
        (Some(4), Some(5), &["a", "b"], "lost"),
        (None, Some(1), &["a", "b"], "lost"),
        (None, None, &["b"], "lost"),
        (None, Some(1), &["c", "x"], "done"),
    ];
    for (read, now, files, wanted) in cases {
        let decided = match decide_replacement(&replacement(read), 9, now, |path| files.contains(&path)) {
            ReplacementDecision::Commit(permit) => {
                assert_eq!((permit.version(), permit.moves().len()), (9, 0));
                format!("commit {}", permit.replaces().unwrap().next())
            }
            ReplacementDecision::Done => "done".into(),
            ReplacementDecision::Lost => "lost".into(),
        };
        assert_eq!(decided, wanted, "{read:?} {now:?} {files:?}");
    }
    let nothing = Replacement { removes: Vec::new(), ..replacement(None) };
    assert_eq!(decide_replacement(&nothing, 9, None, |_| false), ReplacementDecision::Lost);
}

#[test]
fn a_generation_is_closed_when_it_is_old_and_drained() {
    let lane = |landed, complete| LaneEnd { landed: Offset(landed), complete: Offset(complete) };
    // (why, generation, newest, lanes, the ends if it is closed)
    type Case<'a> = (&'a str, i32, i32, &'a [LaneEnd], Option<&'a [i64]>);
    let cases: [Case<'_>; 5] = [
        ("drained", 1, 2, &[lane(5, 5), lane(0, 0)], Some(&[5, 0])),
        ("one lane is behind", 1, 2, &[lane(5, 5), lane(3, 2)], None),
        ("the newest may get more", 2, 2, &[lane(5, 5)], None),
        ("complete past what landed is complete", 1, 2, &[lane(5, 6)], Some(&[5])),
        ("without lanes nothing is known", 1, 2, &[], None),
    ];
    for (why, generation, newest, lanes, wanted) in cases {
        let permit = decide_closing(3, Generation(generation), Generation(newest), lanes);
        let ends = permit.as_ref().map(|permit| {
            assert_eq!((permit.table(), permit.version()), (&TableName::sources(), 3), "{why}");
            let (closed, ends) = permit.closes().unwrap();
            assert_eq!(closed.0, generation, "{why}");
            ends.iter().map(|end| end.0).collect::<Vec<_>>()
        });
        assert_eq!(ends.as_deref(), wanted, "{why}");
    }
}
