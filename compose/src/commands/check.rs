use std::process::ExitCode;

use shukei_schemas::definition::{Definitions, has_errors};

use crate::cli::Check;
use crate::fault::Fault;
use crate::output::say;
use crate::surveys;

/// Prints every finding, and a line per survey that is whole. Exit 1 if anything is refused.
pub(crate) fn run(arguments: &Check) -> Result<ExitCode, Fault> {
    let mut refused = false;
    let mut all = Definitions::default();
    for survey in surveys::read(&arguments.folder)? {
        for finding in &survey.findings {
            say!("{}/{finding}", survey.folder.display());
        }
        if has_errors(&survey.findings) {
            refused = true;
            continue;
        }
        if let Some(definition) = survey.definition {
            let questions: usize = definition.forms.values().map(|form| form.value.questions.len()).sum();
            say!(
                "{}: survey `{}` is whole: {} waves, {} forms with {questions} questions, {} layouts",
                survey.folder.display(),
                definition.survey.survey,
                definition.survey.waves.len(),
                definition.forms.len(),
                definition.layouts.len(),
            );
            all.insert(definition);
        }
    }
    for clash in all.clashes() {
        refused = true;
        say!("{clash}");
    }
    Ok(ExitCode::from(u8::from(refused)))
}
