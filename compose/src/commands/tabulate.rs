use std::process::ExitCode;
use std::sync::Arc;

use shukei_doors::Shown;
use shukei_query::ResponseTable;
use shukei_schemas::WaveId;

use crate::cli::{FiguresFormat, Tabulate};
use crate::commands::expect;
use crate::fault::Fault;
use crate::output::note;
use crate::{output, reading};

pub(crate) async fn run(arguments: Tabulate) -> Result<ExitCode, Fault> {
    let catalog = reading::open_for(&arguments.folder, Some(&arguments.survey)).await?;
    let survey = arguments.survey.as_str().into();
    let wave = shukei_query::wave_or_only(catalog.definitions(), &survey, arguments.wave.as_deref())?;
    let language = arguments.lang.as_deref();
    if arguments.response {
        let response = ResponseTable::open(&catalog, &survey, &wave, language).await?;
        let survey = catalog.definitions().survey(&survey).map(|known| &known.survey);
        let first = survey.and_then(|survey| survey.languages.first()).map(String::as_str);
        output::response(&response, language.or(first).unwrap_or("en"), arguments.format.into())?;
        if let Some(file) = &response.frame_missing {
            note!(
                "hint: the wave's frame `{file}` is not kept with the data: name the survey's folder with `--surveys`"
            );
        }
        output::versions(&catalog);
        return Ok(ExitCode::SUCCESS);
    }
    let mut request = arguments.asked.request(&catalog, &arguments.survey, wave.as_str())?;
    request.language = language.map(str::to_owned);
    request.panel = arguments.panel;
    let against: Vec<WaveId> = arguments.against.iter().map(|wave| wave.as_str().into()).collect();
    let definition = catalog.definitions().survey(&request.survey).map(Arc::as_ref);
    if let (Some(file), Some(definition)) = (&arguments.expect, definition) {
        if against.len() > 1 {
            return Err(Fault::usage(
                "a published table is held against the changes since one wave",
                "give `--against` once, and a file for each wave",
            ));
        }
        let agree = expect::compare(&catalog, definition, &request, against.first(), file).await?;
        output::versions(&catalog);
        return Ok(ExitCode::from(u8::from(!agree)));
    }
    let mut measures = Vec::new();
    for earlier in &against {
        measures.extend(shukei_query::compare(&catalog, &request, earlier).await?);
    }
    if against.is_empty() {
        measures = shukei_query::tabulate(&catalog, &request).await?;
    }
    for unmet in shukei_query::unmet(&request.how, &measures) {
        note!(
            "`--{}` prints nothing: it needs {}, and nothing that is asked for is one; see tabulation.md",
            unmet.asked,
            unmet.needs
        );
    }
    let mut shown = definition.map_or_else(Shown::default, |known| Shown::of(&known.survey, &request));
    shown.crossed = arguments.format == FiguresFormat::Cross;
    output::measures(&measures, &shown, arguments.format.into())?;
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
