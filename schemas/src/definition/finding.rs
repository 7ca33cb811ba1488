use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The definition is used, but look at it.
    Warning,
    /// The definition is refused.
    Error,
}

/// Something about a definition file that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file inside the survey's folder.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<u64>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: the subject in backticks, no full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    pub(super) fn error(file: &str, line: Option<u64>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, severity: Severity::Error, message: message.into(), hint: None }
    }

    pub(super) fn warning(file: &str, line: Option<u64>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, line, message) }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the nearest known name as the hint, if one is near.
    pub(super) fn nearest<'a>(self, wanted: &str, known: impl Iterator<Item = &'a str>) -> Self {
        match nearest(wanted, known) {
            Some(name) => {
                let hint = format!("did you mean `{name}`?");
                self.hint(hint)
            }
            None => self,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {word}: {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// The known name most like the wanted one, if it is like enough to be meant: one slip in three letters at most.
pub fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let slips_max = (wanted.chars().count() / 3).max(1);
    known
        .map(|name| (strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(slips, name)| *slips <= slips_max && *slips < name.chars().count().max(2))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}
