//! The halt: a file in the state directory, and the one thing of a run that outlives it.
//!
//! While it stands no run begins. Where it comes while one runs, whoever wrote it, all orders are canceled and nothing
//! that adds passes; a kill by the gate itself writes it. It goes when a person removes it, and never by itself.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the file is called.
const FILE: &str = "halted";

/// The halt of one engine.
#[derive(Clone, Debug)]
pub struct Halt {
    path: PathBuf,
}

impl Halt {
    /// That of the engine whose state `directory` keeps.
    pub fn of(directory: &Path) -> Self {
        Halt { path: directory.join(FILE) }
    }

    /// Where it stands, if it does.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the engine is halted; `None` where it is not. A file that cannot be read halts too.
    pub fn reason(&self) -> Option<String> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Some(text.lines().next().unwrap_or("nobody said why").trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(format!("the file cannot be read: {error}")),
        }
    }

    /// Halts the engine, on disk when this returns. The first reason stays.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, reason: &str) -> io::Result<()> {
        let file = fs::File::create_new(&self.path);
        let mut file = match file {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            file => file?,
        };
        file.write_all(format!("{reason}\n").as_bytes())?;
        file.sync_all()?;
        let directory = self.path.parent().unwrap_or(Path::new("."));
        fs::File::open(directory)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stays_until_somebody_removes_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let halt = Halt::of(directory.path());
        assert_eq!(halt.reason(), None);
        halt.write("the gate").expect("there is room");
        halt.write("a signal").expect("it stands");
        assert_eq!(halt.reason().as_deref(), Some("the gate"));
        fs::remove_file(halt.path()).expect("it stands");
        assert_eq!(halt.reason(), None);
    }

    #[test]
    fn an_empty_file_and_one_that_cannot_be_read_halt_too() {
        let directory = tempfile::tempdir().expect("a directory");
        let halt = Halt::of(directory.path());
        fs::write(halt.path(), "").expect("there is room");
        assert_eq!(halt.reason().as_deref(), Some("nobody said why"));
        fs::remove_file(halt.path()).expect("it stands");
        fs::create_dir(halt.path()).expect("there is room");
        assert!(halt.reason().is_some_and(|reason| reason.starts_with("the file cannot be read")));
    }
}
