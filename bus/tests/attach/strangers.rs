//! What a process of the same user, one without privileges, tries with an engine's process itself: to trace it, to
//! write to its memory, to take its descriptors. Each way works where the engine is not shielded, which proves the
//! attempt, and is refused where it is.

use std::{
    fs::File,
    io::{BufRead as _, Write as _},
    os::{fd::AsRawFd as _, unix::process::CommandExt as _},
    path::Path,
    process::{Child, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};

use fulmar_bus::attach::shield;
use rustix::process::geteuid;

use crate::{
    scene::{child_path, command},
    ways::{Target, attack},
};

/// The user that has no rights by convention.
const NOBODY: u32 = 65534;

const VALUE: u64 = 0x600D_600D_600D_600D;
static MEMORY: AtomicU64 = AtomicU64::new(VALUE);

/// Starts the test `name` once more, as a user who may do nothing that others may not.
fn unprivileged(name: &str, role: &str, input: Stdio) -> Child {
    // Through a descriptor, since the folders that the program lies in may be closed to him.
    let program = File::open(std::env::current_exe().expect("this test's program")).expect("it is there");
    let path = format!("/proc/self/fd/{}", program.as_raw_fd());
    let mut command = command(Path::new(&path), name, Path::new(role), input);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.spawn().expect("it can be started")
}

/// Says something to the test that started this process.
fn say(words: std::fmt::Arguments<'_>) {
    writeln!(std::io::stdout(), "\n{words}").expect("somebody reads");
}

/// A process that holds a file and a word that nobody else is to reach. Says where they are.
fn lie_there(is_shielded: bool) {
    if is_shielded {
        shield().expect("the system knows how");
    }
    let file = File::open("/dev/null").expect("it is everywhere");
    let address = std::ptr::from_ref(&MEMORY).addr();
    say(format_args!("target {} {address} {}", std::process::id(), file.as_raw_fd()));
    let _ = std::io::stdin().lines().next();
    say(format_args!("value {:x}", MEMORY.load(Ordering::SeqCst)));
}

/// The line of a process that begins with a word, without it.
fn line_of(process: &mut Child, word: &str) -> String {
    let said = std::io::BufReader::new(process.stdout.as_mut().expect("a pipe"));
    let mut lines = said.lines().map_while(Result::ok);
    let line = lines.find_map(|line| line.strip_prefix(word).map(str::to_owned));
    line.unwrap_or_else(|| panic!("it never told its {word}"))
}

/// Runs the test `name` as the processes that it needs: one that lies there, and one that attacks it by `way`.
fn check(name: &str, way: &str) {
    if let Some(role) = child_path() {
        let role = role.to_str().expect("text").to_owned();
        let numbers: Vec<&str> = role.split(' ').collect();
        match numbers[..] {
            ["lie", shielded] => return lie_there(shielded == "shielded"),
            ["attack", pid, address, file] => {
                let target = Target {
                    pid: pid.parse().expect("a number"),
                    address: address.parse().expect("a number"),
                    file: file.parse().expect("a number"),
                };
                say(format_args!("led there: {}", attack(way, target).is_ok()));
                return;
            }
            _ => panic!("{role} is no role"),
        }
    }
    let name = format!("strangers::{name}");
    for is_shielded in [false, true] {
        let role = if is_shielded { "lie shielded" } else { "lie open" };
        let mut target = unprivileged(&name, role, Stdio::piped());
        let place = line_of(&mut target, "target ");
        let mut attacker = unprivileged(&name, &format!("attack {place}"), Stdio::null());
        let led_there = line_of(&mut attacker, "led there: ");
        assert!(attacker.wait().expect("it ends").success());
        drop(target.stdin.take());
        let value = line_of(&mut target, "value ");
        target.wait().expect("it ends");
        if is_shielded {
            assert_eq!((led_there.as_str(), value), ("false", format!("{VALUE:x}")), "{way}");
        } else if !is_restricted() {
            assert_eq!(led_there, "true", "{way} proves nothing, if it leads nowhere without a shield");
        }
    }
}

/// True where the system lets nobody trace another's child, shielded or not.
fn is_restricted() -> bool {
    std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").is_ok_and(|scope| scope.trim() != "0")
}

#[test]
fn a_shielded_process_is_traced_by_nobody() {
    check("a_shielded_process_is_traced_by_nobody", "trace");
}

#[test]
fn nobody_writes_to_the_memory_of_a_shielded_process() {
    check("nobody_writes_to_the_memory_of_a_shielded_process", "memory");
}

#[test]
fn nobody_writes_to_the_memory_file_of_a_shielded_process() {
    check("nobody_writes_to_the_memory_file_of_a_shielded_process", "memory file");
}

#[test]
fn nobody_takes_a_descriptor_of_a_shielded_process() {
    check("nobody_takes_a_descriptor_of_a_shielded_process", "descriptor");
}

#[test]
fn nobody_opens_again_what_a_shielded_process_has_open() {
    check("nobody_opens_again_what_a_shielded_process_has_open", "descriptor file");
}
