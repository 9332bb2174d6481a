//! Where the recordings are, for the tests that play them.

use std::io::Write;
use std::path::PathBuf;

/// The folder that `FULMAR_CAPTURES` names. Where it names none, says plainly that `what` is skipped.
///
/// # Panics
/// Where it names something that is no folder: a mistake that must not look like a pass.
pub fn folder(what: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("FULMAR_CAPTURES").filter(|value| !value.is_empty()) else {
        // Written past the test harness, which keeps what a passing test prints to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED {what}: FULMAR_CAPTURES names no folder of captures");
        return None;
    };
    let folder = PathBuf::from(folder);
    assert!(folder.is_dir(), "FULMAR_CAPTURES is no folder: {}", folder.display());
    Some(folder)
}
