use std::process::ExitCode;

use crate::output::note;
use shukei_delivery::DeliveryError;
use shukei_doors::DoorError;
use shukei_lake::LakeError;
use shukei_query::QueryError;
use shukei_report::ReportError;
use shukei_transform::TransformError;
use shukei_worker::WorkerError;

/// Why a command did not do what it was asked to, for people: what, why, what next, and a code for scripts.
#[derive(Debug)]
pub(crate) struct Fault {
    error: anyhow::Error,
    code: Option<String>,
    hint: Option<String>,
    exit: u8,
}

impl Fault {
    /// The command cannot be carried out as it was given (exit 2).
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { error: anyhow::anyhow!(message.into()), code: None, hint: Some(hint.into()), exit: 2 }
    }

    /// The command was right and the answer is no (exit 1).
    pub(crate) fn no(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: 1, ..Self::usage(message, hint) }
    }

    /// With a stable code for scripts.
    pub(crate) fn code(self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self }
    }

    /// Code, reasons in one line, and hint: for those who are asked over the network.
    pub(crate) fn parts(self) -> (Option<String>, String, Option<String>) {
        (self.code, self.error.to_string(), self.hint)
    }

    /// In one line, for a log.
    pub(crate) fn line(&self) -> String {
        let code = self.code.as_ref().map_or_else(String::new, |code| format!("[{code}] "));
        format!("{code}{:#}", self.error)
    }

    /// Prints the reasons from the outermost in, and says the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let code = self.code.map_or_else(String::new, |code| format!("[{code}] "));
        note!("error: {code}{}", self.error);
        let mut last = self.error.to_string();
        for cause in self.error.chain().skip(1) {
            let words = cause.to_string();
            if words != last {
                note!("  because: {words}");
            }
            last = words;
        }
        if let Some(hint) = self.hint {
            note!("hint: {hint}");
        }
        ExitCode::from(self.exit)
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self { error, code: None, hint: None, exit: 1 }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        anyhow::Error::from(error).into()
    }
}

macro_rules! coded {
    ($($error:ty),*) => {
        $(impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                let (code, hint) = (error.code().to_owned(), error.hint().to_string());
                let hint = Some(hint).filter(|hint| !hint.is_empty());
                Self { error: error.into(), code: Some(code), hint, exit: 1 }
            }
        })*
    };
}

coded!(DeliveryError, DoorError, LakeError, QueryError, ReportError, TransformError, WorkerError);
