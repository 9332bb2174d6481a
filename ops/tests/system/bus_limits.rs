//! Limits of the system that the bus's memory meets: an engine that cannot have what its configuration asks for says
//! which key that is, how far the limit lies, and what to do.
//!
//! Each limit is made in namespaces of the child's own, where it has no right to pass it.

use std::process::Command;

use super::configuration::{Desk, text};
use super::program::{Ended, Program, machine};

const FAILED: i32 = 1;

/// How an engine with an attached strategy and this `[bus]` fares behind these commands of a shell.
fn run(bus: &str, limits: &str) -> Ended {
    let attached = "[[strategy]]\nname = \"outside\"\nkind = \"attached\"\n\
                    instruments = [\"binance-spot:BTCUSDT\"]\n[bus]\n";
    let nobody = "127.0.0.1:1".parse().expect("an address");
    let desk = Desk::new(&[("binance-spot", nobody)], &[attached, bus].concat());
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]).arg(format!("{limits} exec \"$@\""));
    command.args(["sh", env!("CARGO_BIN_EXE_fulmar"), "run", "--config", text(&desk.file("fulmar.toml"))]);
    Program::start(&mut command).end()
}

/// The engine did not start, and said all of this in one line.
fn check(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.status.code(), Some(FAILED), "{}", ended.told);
    let is_it = |line: &str| words.iter().all(|word| line.contains(word));
    assert!(ended.told.lines().any(is_it), "{words:?}: {}", ended.told);
}

#[test]
fn memory_that_may_not_be_locked_names_its_key_its_limit_and_what_raises_it() {
    let _machine = machine();
    let ended = run("lock = \"yes\"\n", "ulimit -l 64;");
    check(&ended, &["RLIMIT_MEMLOCK is 65536 bytes", "`ulimit -l unlimited`", "lock = \"no\" in [bus]"]);
}

#[test]
fn huge_pages_that_are_not_set_aside_name_their_key_their_number_and_what_sets_them_aside() {
    let _machine = machine();
    let told = std::fs::read_to_string("/proc/meminfo").expect("the system tells of its memory");
    if told.lines().any(|line| line.starts_with("HugePages_Total:") && !line.ends_with(" 0")) {
        // This machine has some, and how far they reach is its own matter.
        return;
    }
    let ended = run("pages = \"huge\"\n", "");
    check(&ended, &["0 of 0 are free", "`sysctl vm.nr_hugepages=1`", "pages = \"normal\" in [bus]"]);
}

#[test]
fn a_place_of_names_without_room_names_its_key_its_room_and_what_enlarges_it() {
    let _machine = machine();
    let ended = run("backend = \"named\"\n", "mount -t tmpfs -o size=64k tmpfs /dev/shm &&");
    let words =
        ["/dev/shm has no room", "of its 65536 are free", "`mount -o remount,size=", "backend = \"memfd\""];
    check(&ended, &words);
}

#[test]
fn a_place_of_names_that_is_not_there_names_its_key_and_what_makes_it() {
    let _machine = machine();
    let ended = run("backend = \"named\"\n", "mount -t tmpfs tmpfs /dev &&");
    check(
        &ended,
        &["cannot use /dev/shm", "`mount -t tmpfs -o mode=1777 tmpfs /dev/shm`", "backend = \"memfd\""],
    );
}

#[test]
fn more_parts_with_names_than_files_may_be_open_name_their_key_their_limit_and_what_raises_it() {
    let _machine = machine();
    let ended = run("backend = \"named\"\n", "ulimit -n 10;");
    check(&ended, &["RLIMIT_NOFILE is 10", "`ulimit -n`", "backend = \"memfd\""]);
}
