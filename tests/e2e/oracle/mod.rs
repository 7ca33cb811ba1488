//! A second opinion on everything.

mod engine;
mod events;
mod forms;
mod generate;
mod mappings;
mod naive;
mod naive_mapping;
mod random;
mod shrink;

use engine::Engine;
use generate::Case;

/// Where the two differ; none if they agree. `Err` if the survey is not whole.
fn difference(case: &Case) -> Result<Option<String>, String> {
    let engine = Engine::new(case)?;
    let read: Vec<_> = case.events.iter().map(|event| naive::read(event, &case.files)).collect();
    let ours = engine.decisions();
    for (at, read) in read.iter().enumerate() {
        let naive = read.as_ref().map_or("rejected".to_owned(), |read| naive::shown_read(read, &case.files));
        if naive != ours[at] {
            return Ok(Some(format!("event {at}: {}\n  naive:  {naive}\n  engine: {}", case.events[at], ours[at])));
        }
    }
    Ok(None)
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect(variable))
}

fn hold(case: Case) {
    let fails = |case: &Case| matches!(difference(case), Ok(Some(_)));
    match difference(&case) {
        Ok(None) => {}
        Err(findings) => panic!("seed {}: the survey is not whole:\n{findings}\n{}", case.seed, case.shown()),
        Ok(Some(_)) => {
            let seed = case.seed;
            let small = shrink::shrink(case, &fails);
            let what = difference(&small).unwrap().unwrap();
            panic!("seed {seed}: replay with SHUKEI_ORACLE_SEED={seed}\n{what}\n{}", small.shown());
        }
    }
}

#[test]
fn random_surveys() {
    if let Ok(seed) = std::env::var("SHUKEI_ORACLE_SEED") {
        return hold(Case::new(seed.parse().unwrap()));
    }
    for seed in 0..number("SHUKEI_ORACLE_CASES", 2_000) {
        hold(Case::new(seed));
    }
}
