//! What is wrong with a configuration: where, which key, what, and what would be right.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A line of a file, counted from one.
    Line(Arc<Path>, usize),
    /// An environment variable.
    Variable(Arc<str>),
}

impl Origin {
    /// True where both stand in one file.
    pub fn is_in_file_of(&self, other: &Origin) -> bool {
        matches!((self, other), (Origin::Line(file, _), Origin::Line(other, _)) if file == other)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where it stands.
    pub origin: Origin,
    /// The key, dotted from the root: `venue.binance-spot.depth_interval`.
    pub key: String,
    /// What is wrong with it.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

/// Everything that is wrong, in the order of the files and their lines. Never empty where it is an error.
#[derive(Debug, Default, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// Notes one more.
    pub fn add(&mut self, origin: &Origin, key: &str, wrong: impl Into<String>, right: impl Into<String>) {
        let (wrong, right) = (wrong.into(), right.into());
        self.0.push(Violation { origin: origin.clone(), key: key.to_owned(), wrong, right });
    }

    /// `value` where nothing is wrong; otherwise all that is, sorted by place.
    ///
    /// # Errors
    /// Where at least one violation was noted.
    pub fn or<T>(mut self, value: impl FnOnce() -> T) -> Result<T, Violations> {
        if self.0.is_empty() {
            return Ok(value());
        }
        self.0.sort_by(|a, b| a.origin.cmp(&b.origin));
        Err(self)
    }

    /// "1 violation", "5 violations".
    pub fn count_in_words(&self) -> String {
        match self.0.len() {
            1 => "1 violation".to_owned(),
            count => format!("{count} violations"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Line(file, line) => write!(out, "{}:{line}", file.display()),
            Origin::Variable(name) => out.write_str(name),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}: {}; {}", self.origin, self.key, self.wrong, self.right)
    }
}

impl Serialize for Violation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            file: Option<String>,
            line: Option<usize>,
            variable: Option<&'a str>,
            key: &'a str,
            wrong: &'a str,
            right: &'a str,
        }
        let (file, line, variable) = match &self.origin {
            Origin::Line(file, line) => (Some(file.display().to_string()), Some(*line), None),
            Origin::Variable(name) => (None, None, Some(&**name)),
        };
        let Violation { key, wrong, right, .. } = self;
        Written { file, line, variable, key, wrong, right }.serialize(serializer)
    }
}

fn lines(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("\n")
}
