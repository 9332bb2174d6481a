//! Writing a handful of starter files: all of them, or none where one would overwrite what is there.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{CommandError, Format, Global};
use crate::output;

/// A file to write: its path within the directory, and its text.
pub type StarterFile<'a> = (&'a str, String);

/// Whether files that are there already may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and nothing at all is written.
    Keep,
    /// They are replaced: the user said `--force`.
    Replace,
}

impl Existing {
    /// What a `--force` that is given, or not, allows.
    pub fn from_force(force: bool) -> Self {
        if force { Existing::Replace } else { Existing::Keep }
    }
}

/// Writes `files` into `directory`, which is made where it does not exist, and gives their paths.
///
/// # Errors
/// Where a file is there already and is to be kept, or one cannot be written.
pub fn write(
    directory: &Path,
    files: &[StarterFile<'_>],
    existing: Existing,
) -> Result<Vec<PathBuf>, CommandError> {
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| directory.join(name)).collect();
    if let (Existing::Keep, Some(path)) = (existing, paths.iter().find(|path| path.exists())) {
        return Err(CommandError::exists(path).and("; --force overwrites it"));
    }
    if directory.exists() && !directory.is_dir() {
        return Err(CommandError::exists(directory));
    }
    for (path, (_, text)) in paths.iter().zip(files) {
        let parent = path.parent().unwrap_or(directory);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(path, text))
            .map_err(|error| CommandError::failed(format!("write {}", path.display()), error))?;
    }
    Ok(paths)
}

/// Reports what was written, and says what to do `next`.
///
/// # Errors
/// Where standard output cannot be written.
pub fn report(written: &[PathBuf], next: &str, global: &Global) -> Result<(), CommandError> {
    #[derive(Serialize)]
    struct Report<'a> {
        written: &'a [PathBuf],
    }
    match global.format {
        Format::Json => output::json(&Report { written })?,
        Format::Text => {
            for path in written {
                output::text(path.display())?;
            }
        }
    }
    output::notice(format_args!("next: {next}"));
    Ok(())
}
