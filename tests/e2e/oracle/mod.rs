//! A second opinion on everything: random surveys with random submissions are tabulated by the program and by a naive
//! aggregator (`naive….rs`, `figures.rs`) that shares no code with it. It reads the bytes of the
//! events and the definition files as plain documents, and was written from the documentation.
//!
//! A case has forms of most kinds, routing, rules, checks, bands, a layout of cells, a mapping with partial coverage,
//! states, weights, breaks, filters and bases; and events with corrections, withdrawals, resends, ids used twice, wrong
//! answers and records that cannot be read. Dates, look-ups and written-in words are not in it.
//!
//! | | |
//! |---|---|
//! | `random_surveys_…` | what every event comes to, then every figure; in memory, cut into 1 and 2 or 7 partitions; 2,000 surveys |
//! | the other three | 50 surveys through raw, transform and the catalog: 1, 2 and 7 partitions, in three starts, and worked out again from raw |
//!
//! More of them: `SHUKEI_ORACLE_CASES=100000 cargo test --workspace --test e2e oracle::random`. From another seed on:
//! `SHUKEI_ORACLE_FROM`. One of them again: `SHUKEI_ORACLE_SEED=17`. A case that fails is made smaller before it is
//! shown.

mod delta;
mod engine;
mod events;
mod figures;
mod forms;
mod generate;
mod mappings;
mod naive;
mod naive_answers;
mod naive_cells;
mod naive_logic;
mod naive_mapping;
mod random;
mod shrink;

use std::collections::BTreeSet;

use engine::Engine;
use figures::Figures;
use generate::Case;
use naive::Read;

/// What differs, as a short kind and in full.
type Difference = (String, String);

/// What each event comes to, which ones count, and the figures, by the second opinion.
fn opinion(case: &Case) -> (Vec<Option<Read>>, Vec<usize>, Figures) {
    let read: Vec<Option<Read>> = case.events.iter().map(|event| naive::read(event, &case.files)).collect();
    let counting = naive::counting(&read, &case.files);
    let units: Vec<&Read> = counting.iter().filter_map(|at| read[*at].as_ref()).collect();
    let figures = figures::figures(&units, &case.files);
    (read, counting, figures)
}

/// The first figure that differs.
fn compare(wanted: &Figures, got: &Figures) -> Option<Difference> {
    let keys: BTreeSet<_> = wanted.keys().chain(got.keys()).collect();
    let key = keys.into_iter().find(|key| wanted.get(*key) != got.get(*key))?;
    let (naive, ours) = (wanted.get(key), got.get(key));
    Some((format!("{} {}", key[3], key[5]), format!("{key:?}\n  naive:  {naive:?}\n  engine: {ours:?}")))
}

/// Where the two differ; none if they agree. `Err` if the survey is not whole.
fn difference(case: &Case) -> Result<Option<Difference>, String> {
    let engine = Engine::new(case)?;
    let (read, counting, wanted) = opinion(case);
    for (at, (read, ours)) in read.iter().zip(engine.decisions()).enumerate() {
        let naive = read.as_ref().map_or("rejected".to_owned(), |read| naive::shown_read(read, &case.files));
        if naive != ours {
            let text = format!("event {at}: {}\n  naive:  {naive}\n  engine: {ours}", case.events[at]);
            return Ok(Some(("reading".into(), text)));
        }
    }
    for partitions in [1, if case.seed.is_multiple_of(2) { 2 } else { 7 }] {
        if let Some((kind, text)) = compare(&wanted, &engine.figures(&counting, partitions)?) {
            return Ok(Some((kind, format!("{partitions} partitions: {text}"))));
        }
    }
    Ok(None)
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect(variable))
}

fn hold(case: Case) {
    match difference(&case) {
        Ok(None) => {}
        Err(findings) => panic!("seed {}: the survey is not whole:\n{findings}\n{}", case.seed, case.shown()),
        Ok(Some((kind, _))) => {
            let seed = case.seed;
            let fails = |case: &Case| matches!(difference(case), Ok(Some((other, _))) if other == kind);
            let small = shrink::shrink(case, &fails);
            let (_, what) = difference(&small).unwrap().unwrap();
            panic!("seed {seed}: replay with SHUKEI_ORACLE_SEED={seed}\n{what}\n{}", small.shown());
        }
    }
}

/// The surveys are shared among so many threads.
fn random_surveys(thread: u64, threads: u64) {
    if let Ok(seed) = std::env::var("SHUKEI_ORACLE_SEED") {
        if thread == 0 {
            hold(Case::new(seed.parse().unwrap()));
        }
        return;
    }
    let from = number("SHUKEI_ORACLE_FROM", 0);
    let cases = number("SHUKEI_ORACLE_CASES", 2_000);
    for seed in (from..from + cases).filter(|seed| seed % threads == thread) {
        hold(Case::new(seed));
    }
}

#[test]
fn random_surveys_of_even_seeds_agree() {
    random_surveys(0, 2);
}

#[test]
fn random_surveys_of_odd_seeds_agree() {
    random_surveys(1, 2);
}

/// Holds 50 surveys against the second opinion after they went through the tables; perhaps worked out again from raw.
async fn through_the_tables(partitions: usize, starts: usize, again: bool) {
    let surveys = delta::Surveys::new(25);
    let folder = tempfile::tempdir().unwrap();
    surveys.play(folder.path(), partitions, starts).await;
    surveys.hold(folder.path(), &format!("{partitions} partitions in {starts} starts")).await;
    if again {
        surveys.replay(folder.path()).await;
        surveys.hold(folder.path(), "worked out again from raw").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_partitions_and_again_from_raw_agree() {
    through_the_tables(2, 1, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_partition_in_three_starts_agrees() {
    through_the_tables(1, 3, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seven_partitions_agree() {
    through_the_tables(7, 1, false).await;
}
