//! A program of C that calls everything wrongly, and is told so each time. `misuse.c` says what is looked at.

use std::path::Path;
use std::process::Command;

#[test]
fn what_c_calls_wrongly_is_refused_and_does_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("misuse");
    let own = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let this = std::env::current_exe().expect("a test knows where it is");
    let libraries = this.parent().expect("it lies beside what it was built with");
    let built = Command::new("cc")
        .args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(own("include"))
        .arg(own("tests/misuse.c"))
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(libraries)
        .arg("-lfulmar_c")
        .arg(format!("-Wl,-rpath,{}", libraries.display()))
        .output()
        .expect("the machine has a compiler of C");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(program).env_clear().output().expect("it was built");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
