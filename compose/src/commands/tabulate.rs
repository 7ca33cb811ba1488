use std::process::ExitCode;

use shukei_query::TabulateRequest;

use crate::cli::Tabulate;
use crate::fault::Fault;
use crate::{output, reading};

pub(crate) async fn run(arguments: Tabulate) -> Result<ExitCode, Fault> {
    let catalog = reading::open(&arguments.folder).await?;
    let mut request = TabulateRequest::new(arguments.survey.as_str().into(), arguments.wave.as_str().into());
    request.questions = (!arguments.question.is_empty()).then_some(arguments.question);
    request.by = arguments.by;
    let measures = shukei_query::tabulate(&catalog, &request).await?;
    output::measures(&measures, arguments.format.into())?;
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
