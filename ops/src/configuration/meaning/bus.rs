//! The bus, as a configuration states it.

use serde::Deserialize;

/// The memory that attached strategies share with the engine.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// What it is made of.
    pub backend: Backend,
    /// How large its pages are.
    pub pages: Pages,
    /// Whether it is kept in memory.
    pub lock: Lock,
}

/// What shared memory is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Sealed memory without a name.
    Memfd,
    /// Memory that all processes of the user find by its name, and can write.
    Named,
}

/// How large the pages of some memory are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pages {
    /// As the system makes them.
    Normal,
    /// Two megabytes.
    Huge,
}

/// Whether some memory is kept from being swapped out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lock {
    /// The system may swap it out.
    No,
    /// It may not.
    Yes,
}
