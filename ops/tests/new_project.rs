//! What `fulmar strategy new` writes is a project that cargo takes: against this checkout, on its own, without a
//! network.
//!
//! That it trades, replays and is checked is proven on the template itself, in `ops/template/tests`.

use std::path::Path;
use std::process::Command;

#[test]
fn a_new_project_compiles_against_this_checkout() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_fulmar"));
    let new = ["strategy", "new", "dip_buyer"];
    let written = Command::new(program).args(new).current_dir(folder.path()).output().expect("it was built");
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    // In this build's own folder, where everything that it depends on lies already.
    let target = program.ancestors().nth(2).expect("a program lies in a profile's folder");
    let check = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--bins", "--tests"])
        .current_dir(folder.path().join("dip_buyer"))
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("this test was built by cargo");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}
