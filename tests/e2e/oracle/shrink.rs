//! Makes a failing case smaller: whatever can be left out and leaves it failing is left out.

use serde_json::Value;

use super::generate::Case;

/// The smallest case found in which `fails` still says so.
pub(super) fn shrink(case: Case, fails: &dyn Fn(&Case) -> bool) -> Case {
    let mut best = case;
    loop {
        let before = size(&best);
        let mut at = best.events.len();
        while at > 0 {
            at -= 1;
            let mut smaller = best.clone();
            smaller.events.remove(at);
            keep_if(&mut best, smaller, fails);
        }
        let paths: Vec<String> = best.files.keys().cloned().collect();
        for path in paths {
            let mut places = Vec::new();
            collect(&best.files[&path], String::new(), &mut places);
            // What stands deeper goes later, so that places stay what they are.
            for place in places.into_iter().rev() {
                let mut smaller = best.clone();
                if remove(smaller.files.get_mut(&path).unwrap(), &place) {
                    keep_if(&mut best, smaller, fails);
                }
            }
        }
        for at in 0..best.events.len() {
            let Ok(event) = serde_json::from_str::<Value>(&best.events[at]) else { continue };
            let mut places = Vec::new();
            collect(&event["data"]["answers"], "/data/answers".into(), &mut places);
            for place in places.into_iter().rev() {
                let mut event: Value = serde_json::from_str(&best.events[at]).unwrap();
                let mut smaller = best.clone();
                if remove(&mut event, &place) {
                    smaller.events[at] = event.to_string();
                    keep_if(&mut best, smaller, fails);
                }
            }
        }
        if size(&best) == before {
            return best;
        }
    }
}

fn keep_if(best: &mut Case, smaller: Case, fails: &dyn Fn(&Case) -> bool) {
    if fails(&smaller) {
        *best = smaller;
    }
}

fn size(case: &Case) -> usize {
    let files: usize = case.files.values().map(|file| file.to_string().len()).sum();
    files + case.events.iter().map(|event| event.len() + 1).sum::<usize>()
}

/// Pointers to every entry of every list and object.
fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    let entries: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
        _ => return,
    };
    for (key, value) in entries {
        let place = format!("{at}/{key}");
        places.push(place.clone());
        collect(value, place, places);
    }
}

fn remove(value: &mut Value, place: &str) -> bool {
    let Some((parent, key)) = place.rsplit_once('/') else { return false };
    match value.pointer_mut(parent) {
        Some(Value::Array(items)) => match key.parse::<usize>() {
            Ok(at) if at < items.len() => {
                items.remove(at);
                true
            }
            _ => false,
        },
        Some(Value::Object(entries)) => entries.remove(key).is_some(),
        _ => false,
    }
}
