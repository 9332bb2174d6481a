//! What `fulmar strategy new` writes is a project that its language's tools take: against this checkout, on its own,
//! without a network.
//!
//! That the one in Rust trades, replays and is checked is proven on the template itself, in `ops/template/tests`; that
//! those of C and Python trade, in `system`.

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fulmar");

/// A folder with a new project of this language in it.
fn project(language: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(
        Command::new(PROGRAM).args(["strategy", "new", "dip_buyer", "--lang", language]).current_dir(&folder),
    );
    let project = folder.path().join("dip_buyer");
    (folder, project)
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it writes text")
}

/// Where the library for C and Python is that was built with this test.
fn libraries() -> PathBuf {
    Path::new(PROGRAM).parent().expect("a program lies in a folder").join("deps")
}

fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../strategies/python")
}

#[test]
fn a_new_project_of_rust_compiles_against_this_checkout() {
    let (_folder, project) = project("rust");
    // In this build's own folder, where everything that it depends on lies already.
    let target = Path::new(PROGRAM).ancestors().nth(2).expect("a program lies in a profile's folder");
    succeed(
        Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--offline", "--bins", "--tests"])
            .current_dir(project)
            .env("CARGO_TARGET_DIR", target),
    );
}

#[test]
fn a_new_project_of_c_compiles_without_a_warning_and_its_configuration_is_valid() {
    let (_folder, project) = project("c");
    let library = format!("LIBRARY={}", libraries().display());
    let strict = "CFLAGS=-std=c11 -Wall -Wextra -Werror";
    succeed(Command::new("make").args([&library, strict]).current_dir(&project));
    assert!(project.join("dip_buyer").is_file());
    succeed(Command::new(PROGRAM).args(["check", "--config", "attached.toml"]).current_dir(project));
}

#[test]
fn a_new_project_of_python_finds_all_that_it_names_and_its_configuration_is_valid() {
    let (_folder, project) = project("python");
    let library = libraries().join("libfulmar_c.so");
    let look = "import dip_buyer, fulmar; print(fulmar.limit_order(fulmar.Side.BUY, 5, 6).price)";
    let told = succeed(
        Command::new("python3")
            .args(["-W", "error", "-c", look])
            .current_dir(&project)
            .env("PYTHONPATH", python())
            .env("FULMAR_LIBRARY", library),
    );
    assert_eq!(told, "5\n");
    succeed(Command::new(PROGRAM).args(["check", "--config", "attached.toml"]).current_dir(project));
}

#[test]
fn the_package_of_python_carries_the_library_that_it_was_built_beside() {
    if !Command::new("python3")
        .args(["-c", "import setuptools"])
        .output()
        .is_ok_and(|told| told.status.success())
    {
        eprintln!("SKIPPED: the package of Python is not built, for want of setuptools");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("python");
    succeed(Command::new("cp").arg("-r").arg(python()).arg(&copy));
    let build = ["-W", "ignore", "setup.py", "-q", "build_py", "--build-lib", "built"];
    let library = libraries().join("libfulmar_c.so");
    succeed(Command::new("python3").args(build).current_dir(&copy).env("FULMAR_LIBRARY", library));
    let look = "import fulmar, fulmar.library; fulmar.market_order(fulmar.Side.SELL, 1); print(fulmar.library.path())";
    let told = succeed(
        Command::new("python3")
            .args(["-c", look])
            .current_dir(&folder)
            .env("PYTHONPATH", copy.join("built"))
            .env_remove("FULMAR_LIBRARY"),
    );
    assert!(told.trim_end().ends_with("built/fulmar/libfulmar_c.so"), "{told}");
    let typed = copy.join("built/fulmar/py.typed");
    assert!(typed.is_file(), "it says that it is typed");
}
