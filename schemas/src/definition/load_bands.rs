//! Bands: their options, their bounds, and whether they overlap.

use super::derived::Band;
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
            let read = if behind { of.behind(&text.0) } else { of.bound(&text.0) };
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
    bands
}
