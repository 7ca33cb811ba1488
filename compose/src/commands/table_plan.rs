//! Which survey, wave and layout files of rows are read by.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use shukei_schemas::definition::{Definitions, LayoutRef, SurveyDefinition, Wave, nearest};
use shukei_schemas::{LayoutId, WaveId};

use crate::cli::DeliveryArguments;
use crate::commands::tables::Tables;
use crate::fault::Fault;

impl Tables {
    /// What the command line says, if any of the files holds rows.
    ///
    /// # Errors
    /// A fault of use with the nearest right name, or with the names that there are.
    pub(crate) fn plan(
        arguments: &DeliveryArguments,
        files: &[PathBuf],
        definitions: &Definitions,
    ) -> Result<Option<Self>, Fault> {
        let first = files.iter().find(|file| shukei_delivery::is_table(&file.to_string_lossy()));
        if first.is_none() && arguments.layout.is_none() {
            return match arguments.delivery.is_some() || arguments.replace || arguments.again {
                true => Err(Fault::usage(
                    "--delivery, --replace and --again are for files of rows",
                    "name the layout that reads the files with --layout",
                )),
                false => Ok(None),
            };
        }
        let Some(survey) = &arguments.survey else {
            let subject = first.map_or("the file".to_owned(), |file| format!("`{}`", file.display()));
            return Err(Fault::usage(
                format!("{subject} holds rows, and nothing says of which survey"),
                "say --survey SURVEY, and --wave and --layout where there are several",
            ));
        };
        let known: Vec<&str> = definitions.surveys().map(|known| known.survey.survey.as_str()).collect();
        let definition = definitions.survey(&survey.as_str().into()).ok_or_else(|| {
            Fault::usage(format!("there is no survey `{survey}`"), near(survey, &known, "surveys"))
        })?;
        let mut tables = Self::of(definition, arguments.layout.as_deref(), arguments.wave.as_deref())?;
        tables.delivery.clone_from(&arguments.delivery);
        tables.all = arguments.layout.is_some();
        if tables.delivery.is_none() && files.iter().any(|file| file.as_os_str() == "-" && tables.reads(file))
        {
            return Err(Fault::usage(
                "rows from standard input have no file to be named by",
                "say --delivery NAME: sent again under its name, a delivery replaces itself",
            ));
        }
        Ok(Some(tables))
    }

    /// The layout and wave of a survey that are named, or that are the only ones.
    pub(crate) fn of(
        definition: &Arc<SurveyDefinition>,
        layout: Option<&str>,
        wave: Option<&str>,
    ) -> Result<Self, Fault> {
        let survey = &definition.survey;
        let waves: Vec<&Wave> = match wave {
            None => survey.waves.iter().collect(),
            Some(wave) => match survey.wave(&WaveId::new(wave)) {
                Some(found) => vec![found],
                None => {
                    let known: Vec<&str> = survey.waves.iter().map(|wave| wave.wave.as_str()).collect();
                    return Err(Fault::usage(
                        format!("survey `{}` has no wave `{wave}`", survey.survey),
                        near(wave, &known, "waves"),
                    ));
                }
            },
        };
        let listed: BTreeMap<&LayoutId, &LayoutRef> =
            waves.iter().flat_map(|wave| &wave.layouts).map(|listed| (&listed.layout, listed)).collect();
        let names: Vec<&str> = listed.keys().map(|layout| layout.as_str()).collect();
        let chosen = match (layout, listed.len()) {
            (Some(layout), _) => {
                let found = listed.get(&LayoutId::new(layout)).copied();
                found.ok_or_else(|| not_listed(definition, layout, wave, &names))?
            }
            (None, 1) => listed.values().next().copied().ok_or_else(|| Fault::usage("no layout", ""))?,
            (None, 0) => {
                return Err(Fault::usage(
                    format!("no wave of survey `{}` lists a layout that reads files of rows", survey.survey),
                    "add layouts/NAME.yaml and list it in the wave; `shukei new DIR --from FILE` shows how",
                ));
            }
            (None, _) => {
                return Err(Fault::usage(
                    format!("survey `{}` has several layouts", survey.survey),
                    format!("say --layout: {}", names.join(", ")),
                ));
            }
        };
        // Of several versions the newest that one of the waves lists, as when a record is interpreted.
        let newest = waves.iter().filter_map(|wave| definition.newest_layout(wave, &chosen.layout)).max();
        let layout = definition.layout(newest.unwrap_or(chosen)).ok_or_else(|| {
            Fault::usage(format!("layout `{}` cannot be read", chosen.layout), "`shukei check DIR` says why")
        })?;
        let says_wave = layout.file.as_ref().is_some_and(|file| file.submission.wave.is_some());
        let only = match wave {
            Some(wave) => Some(WaveId::new(wave)),
            None if says_wave => None,
            None => {
                let listing: Vec<&&Wave> = waves
                    .iter()
                    .filter(|wave| wave.layouts.iter().any(|listed| listed.layout == layout.reference.layout))
                    .collect();
                match listing.as_slice() {
                    [only] => Some(only.wave.clone()),
                    several => {
                        let names: Vec<&str> = several.iter().map(|wave| wave.wave.as_str()).collect();
                        return Err(Fault::usage(
                            format!("layout `{}` is used in several waves", layout.reference.layout),
                            format!("say --wave: {}", names.join(", ")),
                        ));
                    }
                }
            }
        };
        Ok(Self {
            definition: Arc::clone(definition),
            layout: Arc::clone(layout),
            wave: only,
            delivery: None,
            all: true,
            earlier: None,
            told: Arc::default(),
        })
    }
}

/// Why a layout reads nothing for a wave: other waves list it, or none does.
fn not_listed(definition: &SurveyDefinition, layout: &str, wave: Option<&str>, names: &[&str]) -> Fault {
    let survey = &definition.survey;
    let Some(wave) = wave else {
        return Fault::usage(
            format!("survey `{}` lists no layout `{layout}` in its waves", survey.survey),
            near(layout, names, "layouts"),
        );
    };
    let lists = |wave: &&Wave| wave.layouts.iter().any(|listed| listed.layout.as_str() == layout);
    let others: Vec<&str> = survey.waves.iter().filter(lists).map(|wave| wave.wave.as_str()).collect();
    let own = match names {
        [] => format!("wave `{wave}` lists none"),
        names => format!("layouts of wave `{wave}`: {}", names.join(", ")),
    };
    let hint = match (others.as_slice(), nearest(layout, names.iter().copied())) {
        ([], Some(near)) => format!("did you mean `{near}`?"),
        ([], None) => own,
        (others, _) => format!("waves that list it: {}; {own}", others.join(", ")),
    };
    Fault::usage(format!("wave `{wave}` of survey `{}` does not list layout `{layout}`", survey.survey), hint)
}

/// The nearest right name, or all of them.
fn near(wanted: &str, known: &[&str], what: &str) -> String {
    match nearest(wanted, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{what}: {}", known.join(", ")),
    }
}
