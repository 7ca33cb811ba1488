use std::process::ExitCode;
use std::sync::Arc;

use shukei_query::ResponseTable;

use crate::cli::Tabulate;
use crate::commands::expect;
use crate::fault::Fault;
use crate::output::note;
use crate::{output, reading};

pub(crate) async fn run(arguments: Tabulate) -> Result<ExitCode, Fault> {
    let catalog = reading::open(&arguments.folder).await?;
    if arguments.response {
        let (survey, wave) = (arguments.survey.as_str().into(), arguments.wave.as_str().into());
        let response = ResponseTable::open(&catalog, &survey, &wave, None).await?;
        output::response(&response, arguments.format.into())?;
        if let Some(file) = &response.frame_missing {
            note!(
                "hint: the wave's frame `{file}` is not kept with the data: name the survey's folder with `--surveys`"
            );
        }
        output::versions(&catalog);
        return Ok(ExitCode::SUCCESS);
    }
    let request = arguments.asked.request(&catalog, &arguments.survey, &arguments.wave)?;
    let measures = match &arguments.against {
        Some(earlier) => shukei_query::compare(&catalog, &request, &earlier.as_str().into()).await?,
        None => shukei_query::tabulate(&catalog, &request).await?,
    };
    if let Some(file) = &arguments.expect {
        let definition = catalog.definitions().survey(&request.survey).map(Arc::as_ref);
        let definition = definition
            .ok_or_else(|| Fault::no("the survey is not known here", "name its folder with --surveys"))?;
        let agree = expect::compare(&catalog, definition, request.wave.as_str(), &measures, file).await?;
        output::versions(&catalog);
        return Ok(ExitCode::from(u8::from(!agree)));
    }
    output::measures(&measures, arguments.format.into())?;
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
