//! How a command ends: the exit codes, which scripts rely on and which therefore never change meaning.

use std::process::ExitCode;

/// What a finished command tells the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The command did what it was asked.
    Done = 0,
    /// It could not, for a reason that no other code names.
    Failed = 1,
    /// The command line itself is wrong.
    Usage = 2,
    /// The configuration breaks at least one rule.
    ConfigurationInvalid = 3,
    /// No connection to a venue ever opened.
    Unreachable = 4,
    /// The caller may not do this: keys, rights or signatures are missing.
    NotAllowed = 5,
    /// What the command was pointed at does not exist.
    NotFound = 7,
    /// The user interrupted it.
    Interrupted = 130,
}

/// The table that `fulmar --help` ends with: what this build produces. Six is kept for what the risk gate refuses.
pub const TABLE: &str = "\
Exit codes:
    0  done, also where a signal stopped a run, which then canceled its orders and ended cleanly
    1  failed
    2  wrong usage
    3  configuration invalid
    4  unreachable: no connection to a venue ever opened
    5  not allowed
    7  not found
  130  interrupted: a replay, a bench, or a recording before its first book";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
