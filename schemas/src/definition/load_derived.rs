//! Derived questions, resolved against the form.

use std::collections::HashMap;
use std::sync::Arc;

use super::derived::{AgeOn, Derived, Found};
use super::finding::Finding;
use super::fold::Steps;
use super::form_file::DerivedFile;
use super::kind::Kind;
use super::load_bands::bands;
use super::load_cases;
use super::load_form::FormLoader;
use super::load_formed;
use super::load_options::without_mark;
use super::pattern::Pattern;
use super::period::{Period, PeriodOf, PeriodRule};

pub(super) fn resolve(
    loader: &mut FormLoader<'_>,
    place: usize,
    line: Option<u64>,
    file: &DerivedFile,
) -> Option<Derived> {
    let number = loader.form.questions[place].number.to_string();
    let shapes = [
        !file.bands.is_empty(),
        file.birth_year.is_some(),
        file.lookup.is_some(),
        !file.patterns.is_empty(),
        file.period.is_some(),
        !file.cases.is_empty(),
        file.count.is_some(),
    ];
    let formed = [&file.sum, &file.mean, &file.difference];
    let formed = formed.iter().filter(|parts| !parts.is_empty()).count();
    if shapes.iter().filter(|given| **given).count() + formed != 1 {
        let message = format!("question `{number}` is derived in one way");
        let hint = "give one of `bands`, `birth_year`, `lookup`, `patterns`, `period`, `cases`, `count`, `sum`, `mean` and `difference`";
        loader.findings.push(Finding::error(loader.path, line, message).hint(hint));
        return None;
    }
    foreign_keys(loader, &number, line, file);
    let kind = loader.form.questions[place].kind.clone();
    let fits = matches!(
        (&kind, shapes),
        (Kind::Single { .. }, [true, ..] | [_, _, true, ..] | [_, _, _, true, ..] | [_, _, _, _, _, true, _])
            | (Kind::Multiple { .. }, [_, _, _, true, ..] | [_, _, _, _, _, true, _])
            | (Kind::Number { decimals: 0, .. }, [_, true, ..] | [.., true])
            | (Kind::Text { .. }, [_, _, true, ..])
            | (Kind::Date { .. } | Kind::Datetime { .. }, [_, _, _, _, true, ..])
    );
    let fits = match (&kind, file.period) {
        (Kind::Datetime { .. }, Some(period)) => period == Period::Moment,
        (_, Some(period)) => fits && period != Period::Moment,
        (_, None) => fits,
    };
    let fits = if formed > 0 { matches!(kind, Kind::Number { .. }) } else { fits };
    if !fits {
        let message = format!("question `{number}` of kind {} cannot be derived so", kind.as_str());
        let hint = "bands make a single, cases and patterns a single or a multiple, birth_year and count a whole number, sum, mean and difference a number, lookup a single or a text, period a date, and period: moment a datetime";
        loader.findings.push(Finding::error(loader.path, line, message).hint(hint));
        return None;
    }
    if formed > 0 {
        return load_formed::formed(loader, place, line, file);
    }
    if let Some(birth) = &file.birth_year {
        let birth = source(loader, &birth.value, Some(birth.referenced.line()))?;
        let of = &loader.form.questions[birth].kind;
        if !matches!(of, Kind::Number { decimals: 0, .. } | Kind::Date { .. }) {
            loader.error(line, format!("question `{number}`: a year of birth is a whole number or a date"));
            return None;
        }
        let mut its_zone = None;
        let on = match file.on.as_deref() {
            Some("reference_date") => AgeOn::ReferenceDate,
            Some("submitted_at") => AgeOn::SubmittedAt,
            Some(on) => {
                let at = source(loader, on, line)?;
                match &loader.form.questions[at].kind {
                    Kind::Date { .. } => {}
                    Kind::Datetime { zone } => its_zone = Some(zone.clone()),
                    kind => {
                        let message =
                            format!("question `{number}`: `{on}` is a {} and no day", kind.as_str());
                        loader.hinted(
                            line,
                            message,
                            "an age is `on` a date, a datetime, `reference_date` or `submitted_at`",
                        );
                        return None;
                    }
                }
                AgeOn::Question(at)
            }
            None => {
                loader.error(line, format!("question `{number}`: an age needs `on`"));
                return None;
            }
        };
        let zone = zone(loader, &number, line, file, its_zone);
        return Some(Derived::Age { birth, on, zone });
    }
    if let Some(period) = file.period {
        return self::period(loader, place, line, period, file);
    }
    if !file.cases.is_empty() {
        return load_cases::cases(loader, place, line, file);
    }
    if let Some(of) = &file.count {
        let of = source(loader, &of.value, Some(of.referenced.line()))?;
        return load_cases::count(loader, place, of, line, file);
    }
    let Some(from) = &file.from else {
        loader.error(line, format!("question `{number}` is derived `from` a question"));
        return None;
    };
    let from = source(loader, &from.value, Some(from.referenced.line()))?;
    let of = loader.form.questions[from].kind.clone();
    if !file.bands.is_empty() {
        if of.bound("2000").is_none() && of.bound("2000-01-01").is_none() && of.bound("00:00").is_none() {
            let message = format!("question `{number}`: a {} has no bands", of.as_str());
            loader.error(line, message);
            return None;
        }
        // Bands that stand at their question are known by its number.
        let known_as =
            number.strip_suffix("band").filter(|stem| *stem == loader.form.questions[from].number.as_str());
        let bands = bands(loader, &of, known_as.unwrap_or(&number), &file.bands);
        return Some(Derived::Bands { from, bands });
    }
    if !file.patterns.is_empty() {
        if !matches!(of, Kind::Text { .. }) {
            loader.error(line, format!("question `{number}`: patterns read a text"));
        }
        let patterns = file.patterns.iter();
        let read =
            |pattern| Pattern::read(loader.path, line, pattern, &kind, Steps::default(), loader.findings);
        return Some(Derived::Patterns { from, patterns: patterns.filter_map(read).collect() });
    }
    let table = lookup(loader, &number, &kind, line, file)?;
    Some(Derived::Lookup { from, table: Arc::new(table) })
}

/// The period of a date or a time; the precision of the question follows from it.
fn period(
    loader: &mut FormLoader<'_>,
    place: usize,
    line: Option<u64>,
    period: Period,
    file: &DerivedFile,
) -> Option<Derived> {
    let number = loader.form.questions[place].number.to_string();
    let Some(of) = &file.of else {
        let message = format!("question `{number}`: a period is `of` something");
        loader.hinted(line, message, "write `of: submitted_at`, or the number of a date or a datetime");
        return None;
    };
    let (of, its_zone) = match of.value.as_str() {
        "submitted_at" => (PeriodOf::SubmittedAt, None),
        other => {
            let at = source(loader, other, Some(of.referenced.line()))?;
            match &loader.form.questions[at].kind {
                Kind::Date { precision, .. } if !period.is_told_by(*precision) => {
                    let message = format!("question `{number}`: `{other}` is not as exact as that period");
                    loader.hinted(line, message, "take a longer period, or ask for a more exact date");
                    return None;
                }
                Kind::Date { .. } => (PeriodOf::Question(at), None),
                Kind::Datetime { zone } => (PeriodOf::Question(at), Some(zone.clone())),
                kind => {
                    let message = format!("question `{number}`: a {} falls into no period", kind.as_str());
                    loader.hinted(line, message, "a period is of a date, a datetime or `submitted_at`");
                    return None;
                }
            }
        }
    };
    let zone = zone(loader, &number, line, file, its_zone);
    let begins = file.fiscal_year_begins.unwrap_or(1);
    if !(1..=12).contains(&begins) {
        let message = format!("question `{number}`: {begins} is no month");
        loader.hinted(line, message, "`fiscal_year_begins` is a month, 1 to 12");
        return None;
    }
    match &mut loader.form.questions[place].kind {
        Kind::Date { precision, .. } => *precision = period.precision(),
        Kind::Datetime { zone: shown } => shown.clone_from(&zone),
        _ => {}
    }
    Some(Derived::Period(PeriodRule { period, of, zone, begins }))
}

/// The zone in which days begin: that of the question, else of what it is derived from, else UTC.
fn zone(
    loader: &mut FormLoader<'_>,
    number: &str,
    line: Option<u64>,
    file: &DerivedFile,
    its_own: Option<String>,
) -> String {
    let zone = file.zone.clone().or(its_own).unwrap_or_else(|| "UTC".to_owned());
    if jiff::tz::TimeZone::get(&zone).is_err() {
        let message = format!("question `{number}`: unknown time zone `{zone}`");
        loader.hinted(line, message, "use a name such as Asia/Tokyo or Europe/London");
    }
    zone
}

/// Keys that say nothing of the way in which a question is derived.
fn foreign_keys(loader: &mut FormLoader<'_>, number: &str, line: Option<u64>, file: &DerivedFile) {
    let (way, taken): (&str, &[&str]) = match file {
        of if !of.bands.is_empty() => ("bands", &["from"]),
        of if of.birth_year.is_some() => ("birth_year", &["on", "zone"]),
        of if of.lookup.is_some() => ("lookup", &["from", "column"]),
        of if !of.patterns.is_empty() => ("patterns", &["from"]),
        of if of.period.is_some() => ("period", &["of", "zone", "fiscal_year_begins"]),
        of if !of.cases.is_empty() => ("cases", &["otherwise"]),
        of if let Some(way) = load_formed::way(of) => {
            (way, if way == "difference" { &[] } else { &["known"] })
        }
        _ => ("count", &["codes"]),
    };
    let given = [
        ("from", file.from.is_some()),
        ("on", file.on.is_some()),
        ("column", file.column.is_some()),
        ("otherwise", file.otherwise.is_some()),
        ("codes", !file.codes.is_empty()),
        ("of", file.of.is_some()),
        ("zone", file.zone.is_some()),
        ("fiscal_year_begins", file.fiscal_year_begins.is_some()),
        ("known", file.known.is_some()),
    ];
    for (key, _) in given.iter().filter(|(key, given)| *given && !taken.contains(key)) {
        let message = format!("question `{number}`: `{way}` takes no `{key}`");
        loader.hinted(line, message, &format!("beside `{way}` stands {}", quoted(taken)));
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn source(loader: &mut FormLoader<'_>, number: &str, line: Option<u64>) -> Option<usize> {
    let found = loader.form.question(number).map(|(place, _)| place);
    if found.is_none() {
        let known = loader.form.questions.iter().map(|question| question.number.as_str());
        let finding = Finding::error(loader.path, line, format!("derived from unknown question `{number}`"));
        let finding = finding.nearest(number, known);
        loader.findings.push(finding);
    }
    found
}

fn lookup(
    loader: &mut FormLoader<'_>,
    number: &str,
    kind: &Kind,
    line: Option<u64>,
    file: &DerivedFile,
) -> Option<HashMap<String, Found>> {
    let name = file.lookup.as_deref().unwrap_or_default();
    let Some(bytes) = loader.files.get(name) else {
        let known = loader.files.keys().filter(|path| path.ends_with(".csv")).map(String::as_str);
        let message = format!("question `{number}`: look-up file `{name}` is missing");
        let finding = Finding::error(loader.path, line, message).nearest(name, known);
        loader.findings.push(finding);
        return None;
    };
    loader.beside.push(name.to_owned());
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(without_mark(bytes));
    let header = reader.headers().cloned().unwrap_or_default();
    let wanted = file.column.as_deref().unwrap_or_default();
    let Some(column) = header.iter().position(|known| known == wanted) else {
        let message = format!("question `{number}`: `{name}` has no column `{wanted}`");
        let finding = Finding::error(loader.path, line, message).nearest(wanted, header.iter());
        loader.findings.push(finding);
        return None;
    };
    let steps = Steps::default();
    let mut table = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let at = error.position().map(csv::Position::line);
                loader.findings.push(Finding::error(name, at, "a line is no CSV, or not UTF-8"));
                continue;
            }
        };
        let at = record.position().map(csv::Position::line);
        let key = steps.key(record.get(0).unwrap_or("")).into_owned();
        let answer = steps.key(record.get(column).unwrap_or("")).into_owned();
        let found = if matches!(kind, Kind::Text { .. }) {
            Found::Text(record.get(column).unwrap_or("").trim().to_owned())
        } else {
            let by_label = kind
                .options()
                .iter()
                .position(|option| option.label.wordings().any(|wording| steps.key(wording) == answer));
            match by_label.or_else(|| kind.place_of_code(answer.parse().ok()?)) {
                Some(place) => Found::Option(place),
                None => {
                    let message = format!("`{answer}` is no option of question `{number}`");
                    loader.findings.push(Finding::error(name, at, message));
                    continue;
                }
            }
        };
        if table.insert(key.clone(), found).is_some() {
            loader.findings.push(Finding::error(name, at, format!("`{key}` stands twice")));
        }
    }
    Some(table)
}
