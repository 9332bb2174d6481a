//! Why an attach failed, in words for both sides.

use std::{fmt, io, path::PathBuf};

/// Why an engine does not take a client, or keeps it no longer.
///
/// ```
/// use fulmar_bus::attach::Refusal;
/// assert_eq!(Refusal::from_code(Refusal::Token as u16), Refusal::Token);
/// assert_eq!(Refusal::from_code(999), Refusal::Other, "a newer engine has reasons that we do not know");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Refusal {
    /// A reason that this build does not know; the words say it.
    Other = 0,
    /// It did not say hello.
    Magic = 1,
    /// It speaks another version.
    AbiMajor = 2,
    /// Its records lie otherwise.
    LayoutHash = 3,
    /// The engine has no strategy of that name that a process may be.
    UnknownStrategy = 4,
    /// Another process is that strategy.
    AlreadyAttached = 5,
    /// No more clients are taken.
    TooManyClients = 6,
    /// Its token is not the one.
    Token = 7,
    /// Its user may not.
    NotAllowed = 8,
    /// Its hello is not as one must be.
    Malformed = 9,
    /// The engine is not ready, or about to end.
    NotReady = 10,
    /// It, or one of that name before it, misbehaved.
    Quarantined = 11,
    /// Another process took its place.
    Replaced = 12,
}

impl Refusal {
    const ALL: [Refusal; 13] = [
        Refusal::Other,
        Refusal::Magic,
        Refusal::AbiMajor,
        Refusal::LayoutHash,
        Refusal::UnknownStrategy,
        Refusal::AlreadyAttached,
        Refusal::TooManyClients,
        Refusal::Token,
        Refusal::NotAllowed,
        Refusal::Malformed,
        Refusal::NotReady,
        Refusal::Quarantined,
        Refusal::Replaced,
    ];

    /// The refusal of this number.
    pub fn from_code(code: u16) -> Refusal {
        Self::ALL.into_iter().find(|refusal| *refusal as u16 == code).unwrap_or(Refusal::Other)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Refusal::Other => "refused",
            Refusal::Magic => "that is no client of a Fulmar engine",
            Refusal::AbiMajor => "the client speaks another version",
            Refusal::LayoutHash => "the client was built from other records",
            Refusal::UnknownStrategy => "the engine has no such strategy for a process to be",
            Refusal::AlreadyAttached => "another process is this strategy already",
            Refusal::TooManyClients => "the engine takes no more clients",
            Refusal::Token => "the token is wrong",
            Refusal::NotAllowed => "this user may not attach",
            Refusal::Malformed => "the hello is malformed",
            Refusal::NotReady => "the engine is not ready",
            Refusal::Quarantined => "the strategy is in quarantine",
            Refusal::Replaced => "another process took its place",
        })
    }
}

/// What went wrong between a client and an engine.
///
/// ```
/// use fulmar_bus::attach::{AttachError, Refusal};
/// let words = "\"emma\" is not configured: there are ema, quoter".to_owned();
/// let error = AttachError::Refused { refusal: Refusal::UnknownStrategy, words };
/// assert!(error.to_string().ends_with("process to be: \"emma\" is not configured: there are ema, quoter"));
/// ```
#[derive(Debug)]
pub enum AttachError {
    /// The system refused.
    System {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// Others can come at the folder of the socket.
    NotPrivate {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An engine listens there already.
    InUse {
        /// Where.
        path: PathBuf,
    },
    /// The engine refused the client.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The same in the engine's words.
        words: String,
    },
    /// What was received is not what must come.
    Malformed(&'static str),
    /// The other side is another user's, or not the process that connected.
    Stranger(&'static str),
    /// The other side is gone.
    Closed,
    /// The other side did not answer in time.
    TimedOut,
    /// The other side does not read what is sent to it.
    NotReading,
}

impl fmt::Display for AttachError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttachError::System { doing, source } => write!(out, "cannot {doing}: {source}"),
            AttachError::NotPrivate { folder, why } => write!(out, "{} {why}", folder.display()),
            AttachError::InUse { path } => write!(out, "an engine listens at {} already", path.display()),
            AttachError::Refused { refusal, words } if words.is_empty() => write!(out, "{refusal}"),
            AttachError::Refused { refusal, words } => write!(out, "{refusal}: {words}"),
            AttachError::Malformed(what) => write!(out, "{what}"),
            AttachError::Stranger(who) => write!(out, "{who}"),
            AttachError::Closed => write!(out, "the connection is closed"),
            AttachError::TimedOut => write!(out, "no answer came in time"),
            AttachError::NotReading => write!(out, "the other side does not read what is sent to it"),
        }
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AttachError::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
