//! The folder and the socket: private, never taken from an engine that listens, always taken from one that is gone.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink},
    process::Stdio,
};

use fulmar_bus::attach::{AttachError, Listener, call};

use crate::scene::{
    Engine, PATIENCE, child, child_path, connected, hello, is_readable, says_that_it_listens,
};

#[test]
fn the_folder_is_made_for_its_user_alone_and_the_socket_goes_with_its_listener() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a/b/bus.sock");
    let listener = Listener::bind(&path).expect("it can be made");
    for made in ["a", "a/b"] {
        let mode = fs::metadata(folder.path().join(made)).expect("it was made").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    assert_eq!(listener.path(), path);
    drop(listener);
    assert!(!path.exists());
    assert!(matches!(call(&path, &hello(), PATIENCE), Err(AttachError::System { .. })));
}

#[test]
fn a_folder_that_others_can_come_at_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for mode in [0o701, 0o710, 0o755, 0o770] {
        let open = folder.path().join(format!("{mode:o}"));
        fs::DirBuilder::new().mode(0o700).create(&open).expect("a folder");
        fs::set_permissions(&open, fs::Permissions::from_mode(mode)).expect("it is ours");
        let error = Listener::bind(&open.join("bus.sock")).map(|_| ()).expect_err("it is open to others");
        assert!(matches!(error, AttachError::NotPrivate { .. }), "{error}");
        assert!(error.to_string().ends_with("is open to others: make its mode 0700, or name another folder"));
    }
    let link = folder.path().join("link");
    symlink(folder.path(), &link).expect("a link");
    let error = Listener::bind(&link.join("bus.sock")).map(|_| ()).expect_err("a link may lead anywhere");
    assert!(error.to_string().ends_with("is no folder"), "{error}");
}

#[test]
fn where_an_engine_listens_no_other_does_and_the_first_goes_on() {
    let mut first = Engine::new();
    for _ in 0..3 {
        let error = Listener::bind(&first.path).map(|_| ()).expect_err("somebody listens there");
        assert!(matches!(&error, AttachError::InUse { path } if *path == first.path), "{error}");
    }
    let path = first.path.clone();
    let client = std::thread::spawn(move || call(&path, &hello(), PATIENCE).map(|_| ()));
    // Those who only looked are told nothing.
    let caller = loop {
        match first.accept() {
            Err(AttachError::Closed) => {}
            caller => break caller.expect("a caller"),
        }
    };
    caller.welcome(&crate::scene::welcome(), crate::scene::files().as_fds()).expect("he reads it");
    client.join().expect("no panic").expect("he is taken");
}

#[test]
fn a_socket_that_a_killed_engine_left_is_taken_over() {
    if let Some(path) = child_path() {
        let _listener = Listener::bind(&path).expect("the folder is ours");
        println!("listening");
        let _ = std::io::stdin().lines().next();
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run/bus.sock");
    let mut engine = child("door::a_socket_that_a_killed_engine_left_is_taken_over", &path, Stdio::piped());
    says_that_it_listens(&mut engine);
    assert!(matches!(Listener::bind(&path), Err(AttachError::InUse { .. })));
    engine.kill().expect("it is there");
    engine.wait().expect("it ends");
    assert!(path.exists(), "nobody cleaned up");
    let listener = Listener::bind(&path).expect("nobody listens there");
    let _socket = connected(&path);
    assert!(is_readable(listener.fd()));
}

#[test]
fn what_is_no_socket_is_left_alone_and_a_path_that_is_too_long_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run/bus.sock");
    drop(Listener::bind(&path).expect("it can be made"));
    fs::write(&path, "precious").expect("it can be written");
    assert!(Listener::bind(&path).is_err());
    assert_eq!(fs::read(&path).expect("it is there"), b"precious");
    let long = folder.path().join("run").join("x".repeat(120));
    let error = Listener::bind(&long).map(|_| ()).expect_err("no socket has such a path");
    assert!(error.to_string().contains("107 bytes"), "{error}");
}

#[test]
fn of_many_that_start_at_once_one_listens() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run/bus.sock");
        let bound: Vec<_> = std::thread::scope(|scope| {
            let engines: Vec<_> = (0..4).map(|_| scope.spawn(|| Listener::bind(&path))).collect();
            engines.into_iter().map(|engine| engine.join().expect("no panic")).collect()
        });
        assert_eq!(bound.iter().filter(|bound| bound.is_ok()).count(), 1, "{path:?}");
        let others = bound.iter().filter_map(|bound| bound.as_ref().err());
        assert!(others.into_iter().all(|error| matches!(error, AttachError::InUse { .. })));
    }
}
