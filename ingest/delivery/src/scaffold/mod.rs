//! A first definition of a survey, guessed from somebody's file. Every guess is marked; the same file gives the same
//! definition.

mod profile;
mod write;

use std::collections::BTreeMap;

use shukei_schemas::definition::{DeliveryFile, Steps};

use crate::error::DeliveryError;
use crate::row::{RowError, Rows};
use profile::Profile;

/// The files of a survey's folder, by path, and what to say about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaffold {
    /// Path inside the folder to content.
    pub files: BTreeMap<String, String>,
    /// How many rows were read.
    pub rows: u64,
    /// How many rows could not be read, and were passed over.
    pub refused: u64,
    /// How many columns there are.
    pub columns: usize,
}

/// A survey that shows the language, without anybody's file.
pub fn scaffold(survey: &str) -> Scaffold {
    Scaffold { files: write::example(survey), rows: 0, refused: 0, columns: 0 }
}

/// A survey guessed from the rows of a file. `spec` is how the file is read; `name` is its name.
///
/// # Errors
/// [`DeliveryError`] if the file cannot be read to its end.
pub fn scaffold_from(
    survey: &str,
    name: &str,
    spec: &DeliveryFile,
    rows: Rows,
) -> Result<Scaffold, DeliveryError> {
    let mut profiles: Vec<Profile> = Vec::new();
    let (mut count, mut refused) = (0, 0);
    for column in rows.columns().into_iter().flat_map(|columns| columns.names()) {
        profiles.push(Profile::new(column));
    }
    let steps = Steps::default();
    for row in rows {
        count += 1;
        let row = match row {
            Ok(row) => row,
            Err(RowError::Refused(_)) => {
                refused += 1;
                continue;
            }
            Err(RowError::Broken(error)) => return Err(error),
        };
        // Lines of JSON may bring new columns at any time.
        for (name, cell) in row.columns.names().iter().zip(&row.cells) {
            match profiles.iter_mut().find(|profile| profile.name == *name) {
                Some(profile) => profile.see(cell, steps),
                None => {
                    let mut profile = Profile::new(name);
                    profile.see(cell, steps);
                    profiles.push(profile);
                }
            }
        }
    }
    let good = count - refused;
    let files = write::guessed(survey, name, spec, &profiles, good);
    Ok(Scaffold { files, rows: count, refused, columns: profiles.len() })
}
