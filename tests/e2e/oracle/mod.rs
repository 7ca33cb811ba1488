//! A second opinion on everything.

mod engine;
mod events;
mod figures;
mod forms;
mod generate;
mod mappings;
mod naive;
mod naive_mapping;
mod random;
mod shrink;

use std::collections::BTreeSet;

use engine::Engine;
use generate::Case;

/// Points in which the program and its documentation differ, and the program's way is taken until that is decided.
const DISPUTED: &[&str] = &[figures::STATISTICS_METHODS, figures::OPTION_METHODS, figures::BASE_ALL, figures::NOT_APPLICABLE];

/// Where the two differ, and in what; none if they agree. `Err` if the survey is not whole.
fn difference(case: &Case) -> Result<Option<(String, String)>, String> {
    let engine = Engine::new(case)?;
    let read: Vec<_> = case.events.iter().map(|event| naive::read(event, &case.files)).collect();
    let ours = engine.decisions();
    for (at, read) in read.iter().enumerate() {
        let naive = read.as_ref().map_or("rejected".to_owned(), |read| naive::shown_read(read, &case.files));
        if naive != ours[at] {
            let text = format!("event {at}: {}\n  naive:  {naive}\n  engine: {}", case.events[at], ours[at]);
            return Ok(Some(("reading".into(), text)));
        }
    }
    let counting = naive::counting(&read, &case.files);
    let units: Vec<&naive::Read> = counting.iter().filter_map(|at| read[*at].as_ref()).collect();
    let wanted = figures::figures(&units, &case.files, DISPUTED);
    for partitions in [1, if case.seed % 2 == 0 { 2 } else { 7 }] {
        let got = engine.figures(&counting, partitions)?;
        let keys: BTreeSet<_> = wanted.keys().chain(got.keys()).collect();
        if let Some(key) = keys.into_iter().find(|key| wanted.get(*key) != got.get(*key)) {
            let (naive, ours) = (wanted.get(key), got.get(key));
            let text = format!("{partitions} partitions: {key:?}\n  naive:  {naive:?}\n  engine: {ours:?}");
            return Ok(Some((format!("{} {}", key[3], key[5]), text)));
        }
    }
    Ok(None)
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect(variable))
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

#[test]
fn random_surveys() {
    if let Ok(seed) = std::env::var("SHUKEI_ORACLE_SEED") {
        return hold(Case::new(seed.parse().unwrap()));
    }
    for seed in number("SHUKEI_ORACLE_FROM", 0)..number("SHUKEI_ORACLE_CASES", 2_000) {
        hold(Case::new(seed));
    }
}
