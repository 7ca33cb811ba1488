use std::process::ExitCode;

use shukei_query::{Catalog, TabulateRequest};

use crate::cli::Tabulate;
use crate::fault::Fault;
use crate::{folder, output, surveys};

pub(crate) async fn run(arguments: Tabulate) -> Result<ExitCode, Fault> {
    let definitions = surveys::load(&arguments.folder.surveys)?;
    let lake = folder::open_to_read(&arguments.folder.data)?;
    let catalog = Catalog::open(&lake, &definitions).await?;
    let mut request = TabulateRequest::new(arguments.survey.as_str().into(), arguments.wave.as_str().into());
    request.questions = (!arguments.question.is_empty()).then_some(arguments.question);
    request.by = arguments.by;
    let measures = shukei_query::tabulate(&catalog, &request).await?;
    output::measures(&measures, arguments.format.into())?;
    output::versions(&catalog);
    Ok(ExitCode::SUCCESS)
}
