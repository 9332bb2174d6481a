//! The engine's own process, as others of its user and of another one come at it.

use std::fs::{File, Permissions, set_permissions};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use fulmar_bus::attach::{AttachError, Hello, Refusal, call};
use fulmar_bus::record::Text;
use rustix::io::Errno;
use rustix::process::geteuid;

use super::{Scene, desk_of, name_of, socket_of};
use crate::attached::outside::{NOBODY, as_nobody, role, say, unprivileged, witness};
use crate::attached::ways::{Target, attack};
use crate::program::{PATIENCE, Program, machine, simulated_venue};

/// Tries a way into the engine's process from another one of its user, who has no privileges.
fn check_way(test: &str, way: &str, expected: Errno) {
    let test = name_of(module_path!(), test);
    if let Some(role) = role() {
        if role.name == "witness" {
            return witness(&role);
        }
        // Any word that it has, and a file that every process has.
        let pid = i32::try_from(role.number).expect("the number of a process");
        let refused = attack(way, Target { pid, address: 1 << 12, file: 1 });
        let refused = refused.map_err(|error| Errno::from_io_error(&error));
        assert_eq!(refused, Err(Some(expected)), "{way}");
        say("it was in vain");
        return;
    }
    let _machine = machine();
    let (venue, address) = simulated_venue();
    let desk = desk_of(address);
    if geteuid().is_root() {
        for path in [desk.file(""), desk.file("fulmar.toml")] {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("it is ours to give");
        }
    }
    // Through a descriptor, since the folders that the program lies in may be closed to him.
    let program = File::open(env!("CARGO_BIN_EXE_fulmar")).expect("it was built with this test");
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    let run = Program::start(as_nobody(command.args(desk.arguments(&["run"])).env_clear()));
    let (pid, socket) = (run.pid().as_raw_nonzero().get().unsigned_abs(), socket_of(&desk));
    let mut scene = Scene::with(&test, unprivileged, (desk, venue, run));
    let mut hostile = unprivileged(&test, "hostile", pid.into(), &socket);
    hostile.said_line("it was in vain");
    assert!(hostile.end().status.success());
    scene.goes_on();
    scene.end();
}

#[test]
fn the_engine_traced() {
    check_way("the_engine_traced", "trace", Errno::PERM);
}

#[test]
fn a_write_to_the_engines_memory() {
    check_way("a_write_to_the_engines_memory", "memory", Errno::PERM);
}

#[test]
fn a_write_to_the_file_of_the_engines_memory() {
    check_way("a_write_to_the_file_of_the_engines_memory", "memory file", Errno::ACCESS);
}

#[test]
fn a_descriptor_taken_from_the_engine() {
    check_way("a_descriptor_taken_from_the_engine", "descriptor", Errno::PERM);
}

#[test]
fn a_file_of_the_engine_opened_by_its_descriptor() {
    check_way("a_file_of_the_engine_opened_by_its_descriptor", "descriptor file", Errno::ACCESS);
}

#[test]
fn a_process_of_another_user() {
    let test = &name_of(module_path!(), "a_process_of_another_user");
    if let Some(role) = role() {
        if role.name == "witness" {
            return witness(&role);
        }
        let name = Text::new("hostile").expect("a short name");
        // It cannot even read the token.
        let refused = call(&role.socket, &Hello::new(name, [0; 32]), PATIENCE);
        match (role.number, refused.map(|_| ())) {
            (0, Err(AttachError::System { .. })) => {}
            // The one who calls takes no engine of a stranger either, unless it is the system's.
            (1, Err(AttachError::Refused { refusal: Refusal::NotAllowed, .. })) => {}
            (number, other) => panic!("{number}: {other:?}"),
        }
        say("it was in vain");
        return;
    }
    if !geteuid().is_root() {
        return println!("SKIPPED a process of another user: it takes privileges to start one");
    }
    let _machine = machine();
    let mut scene = Scene::new(test);
    let socket = socket_of(&scene.desk);
    let state = scene.desk.file("state");
    for number in 0..2 {
        if number == 1 {
            // Somebody opened everything to everybody since.
            let bus = state.join("bus");
            for path in [&scene.desk.file(""), &state, &bus, &socket] {
                set_permissions(path, Permissions::from_mode(0o777)).expect("it is ours");
            }
        }
        let mut hostile = unprivileged(test, "hostile", number, &socket);
        hostile.said_line("it was in vain");
        assert!(hostile.end().status.success());
    }
    scene.run.told_line(&["may not be \"hostile\"", "user 65534"]);
    scene.goes_on();
    scene.end();
}
