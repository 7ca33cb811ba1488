//! Bands: their options, their bounds, and whether they overlap.

use super::derived::Band;
use super::finding::Finding;
use super::form_file::BandFile;
use super::kind::{Choice, Kind};
use super::load_form::FormLoader;
use super::load_options::Listed;
use super::scalar::Scalar;

/// The options that bands are.
pub(super) fn band_options(path: &str, bands: &[BandFile]) -> Vec<Listed> {
    bands
        .iter()
        .map(|band| Listed {
            choice: Choice::new(band.code.value, band.label.clone()),
            ask_if: None,
            path: path.to_owned(),
            line: band.code.referenced.line(),
        })
        .collect()
}

/// The bounds of bands on answers of a kind; what overlaps is an error.
pub(super) fn bands(loader: &mut FormLoader<'_>, of: &Kind, number: &str, files: &[BandFile]) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for (option, file) in files.iter().enumerate() {
        let line = Some(file.code.referenced.line());
        let mut bound = |text: &Option<Scalar>, behind: bool| {
            let text = text.as_ref()?;
            let read = if behind { of.behind_last(&text.0) } else { of.bound(&text.0) };
            if read.is_none() {
                let message = format!(
                    "band {} of `{number}`: `{}` is no bound of a {}",
                    file.code.value,
                    text.0,
                    of.as_str()
                );
                loader.error(line, message);
            }
            read
        };
        let (from, to, below) = (bound(&file.from, false), bound(&file.to, true), bound(&file.below, false));
        if file.to.is_some() && file.below.is_some() {
            loader.error(line, format!("band {} of `{number}` has both `to` and `below`", file.code.value));
        }
        let band = Band { option, from, end: below.or(to) };
        if let (Some(from), Some(end)) = (band.from, band.end)
            && from >= end
        {
            loader.error(line, format!("band {} of `{number}` is empty", file.code.value));
        }
        if let Some(other) = bands.iter().find(|other| other.overlaps(&band)) {
            let other = files[other.option].code.value;
            loader.error(line, format!("bands {other} and {} of `{number}` overlap", file.code.value));
        }
        bands.push(band);
    }
    gaps(loader, of, number, files, &bands);
    bands
}

/// Warns of values between two bands that none takes: `to: 9` and `from: 11` leave 10 out. Rounds of collection and
/// times of day may leave out what they like.
fn gaps(loader: &mut FormLoader<'_>, of: &Kind, number: &str, files: &[BandFile], bands: &[Band]) {
    if !matches!(of, Kind::Number { decimals: 0, .. } | Kind::Date { .. }) {
        return;
    }
    let mut sorted: Vec<&Band> = bands.iter().collect();
    sorted.sort_by_key(|band| band.from.unwrap_or(i128::MIN));
    for pair in sorted.windows(2) {
        let (before, next) = (pair[0], pair[1]);
        if let (Some(end), Some(from)) = (before.end, next.from)
            && end < from
        {
            let (one, other) = (files[before.option].code.value, &files[next.option].code);
            let message =
                format!("bands {one} and {} of `{number}` leave values between them to no band", other.value);
            let finding = Finding::warning(loader.path, Some(other.referenced.line()), message);
            let hint = "such answers are invalid; let one band end (`below`) where the next begins (`from`)";
            loader.findings.push(finding.hint(hint));
        }
    }
}
