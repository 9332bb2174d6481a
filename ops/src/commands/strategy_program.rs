//! `fulmar strategy run PATH`: a strategy that is a program of its own. This process becomes it, so that it gets every
//! signal and gives its own exit code, and nobody stands between it and who started it.
//!
//! What it needs to know stands in its environment; the libraries for C and Python read it there.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CommandError, StrategyRunArguments};
use crate::exit::Exit;
use crate::output;

/// The library for C and Python, as cargo names it.
pub const LIBRARY: &str = "libfulmar_c.so";
/// The checkout that this program was built from.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Becomes the program at the path of the arguments, or Python where that is a `.py`.
///
/// # Errors
/// Where it cannot be started; else this does not return.
pub fn run(arguments: &StrategyRunArguments, stated: &[(String, String)]) -> Result<Exit, CommandError> {
    if arguments.reattach {
        let words = "--reattach is for strategies of this program; one of its own attaches again by itself";
        return Err(CommandError::usage(words.to_owned()));
    }
    let path = Path::new(&arguments.what);
    let failed = |error: std::io::Error| CommandError::failed(format_args!("run {}", path.display()), error);
    // Without a folder before it, a name would be sought among the system's programs.
    let absolute = std::path::absolute(path).map_err(failed)?;
    let is_python = path.extension().is_some_and(|ending| ending == "py");
    let mut command = if is_python { Command::new("python3") } else { Command::new(&absolute) };
    if is_python {
        command.arg(&absolute);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = arguments.name.as_deref().unwrap_or(&stem);
    let socket = std::path::absolute(&arguments.socket).map_err(failed)?;
    let parameters: BTreeMap<&String, &String> = stated.iter().map(|(name, value)| (name, value)).collect();
    let parameters = serde_json::to_string(&parameters).expect("texts are always JSON");
    command.env("FULMAR_STRATEGY", name).env("FULMAR_SOCKET", &socket).env("FULMAR_PARAMETERS", parameters);
    if let Some(seconds) = arguments.seconds {
        command.env("FULMAR_SECONDS", seconds.to_string());
    }
    if arguments.take_over {
        command.env("FULMAR_TAKE_OVER", "1");
    }
    if arguments.spin {
        command.env("FULMAR_WAIT", "spin");
    }
    find_ours(&mut command);
    output::notice(format_args!("{} runs as \"{name}\" at {}", path.display(), socket.display()));
    let error = command.exec();
    let hint = if error.kind() == std::io::ErrorKind::PermissionDenied {
        ": it is neither a program that may be run (chmod +x) nor a .py"
    } else {
        ""
    };
    Err(CommandError::failed(format_args!("run {}{hint}", path.display()), error))
}

/// Has Python find the library and the package of the build that this program is of: unlike builds refuse each other. A
/// program of C was linked with its own.
fn find_ours(command: &mut Command) {
    let library = env::current_exe().ok().and_then(|program| Some(program.parent()?.join(LIBRARY)));
    if let Some(library) =
        library.filter(|library| library.is_file() && env::var_os("FULMAR_LIBRARY").is_none())
    {
        command.env("FULMAR_LIBRARY", library);
    }
    let package = Path::new(BUILT_FROM).join("strategies/python");
    if package.join("fulmar").is_dir() {
        let before: Vec<PathBuf> = env::var_os("PYTHONPATH").iter().flat_map(env::split_paths).collect();
        let all = env::join_paths(before.iter().chain([&package]));
        command.env("PYTHONPATH", all.unwrap_or_else(|_| package.as_os_str().to_owned()));
    }
}
