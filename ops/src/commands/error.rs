//! Why a command did not do what it was asked, and which exit code says so.

use std::error::Error;
use std::fmt;
use std::path::Path;

use crate::configuration::Violations;
use crate::exit::Exit;
use crate::live::LiveError;

type Cause = Box<dyn Error + Send + Sync>;

/// A command's failure: what it was doing, the cause, and the exit code. [`super::main`] prints it once, with causes.
#[derive(Debug)]
pub struct CommandError {
    exit: Exit,
    what: String,
    cause: Option<Cause>,
}

impl CommandError {
    /// The command could not `doing` because of `cause`: "cannot open x: permission denied".
    pub fn failed(doing: impl fmt::Display, cause: impl Into<Cause>) -> Self {
        CommandError { exit: Exit::Failed, what: format!("cannot {doing}"), cause: Some(cause.into()) }
    }

    /// The command line asks for what makes no sense.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::told(Exit::Usage, what)
    }

    /// What the command was pointed at does not exist.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::told(Exit::NotFound, what)
    }

    /// What the command was to write is there already, and is kept.
    pub fn exists(path: &Path) -> Self {
        let what = "exists already, and nothing was written; take another name, or remove it";
        Self::told(Exit::Failed, format!("{} {what}", path.display()))
    }

    /// Any other ending that has an exit code of its own.
    pub fn told(exit: Exit, what: impl Into<String>) -> Self {
        CommandError { exit, what: what.into(), cause: None }
    }

    /// The same, with these words more.
    #[must_use]
    pub fn and(mut self, more: impl fmt::Display) -> Self {
        self.what.push_str(&more.to_string());
        self
    }

    /// Whoever read our output has had enough: nothing to tell and nobody to tell it to.
    pub fn output_closed() -> Self {
        Self::told(Exit::Done, "")
    }

    /// The code to end with.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// True where the ending is to be told to nobody.
    pub fn is_quiet(&self) -> bool {
        self.what.is_empty()
    }
}

impl From<Violations> for CommandError {
    fn from(violations: Violations) -> Self {
        let what = format!("{violations}\nthe configuration has {}", violations.count_in_words());
        Self::told(Exit::ConfigurationInvalid, what)
    }
}

impl From<LiveError> for CommandError {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::Placement(_) => Self::told(Exit::ConfigurationInvalid, error.to_string()),
            LiveError::Other(cause) => Self::failed("start the engine", cause),
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

impl Error for CommandError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}
