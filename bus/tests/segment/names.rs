//! Memory with names: found by who runs as the same user, gone with its maker, and cleaned up behind one that was
//! killed.

use std::{
    fs,
    io::BufRead as _,
    process::{Child, Command, Stdio},
    sync::atomic::Ordering,
};

use fulmar_bus::{
    channel::Words as _,
    segment::{Access, BootId, NamedBoot, OpenSegment, SegmentBuilder, SegmentError, SegmentOptions},
};

/// The boot of the process that is to be killed; its presence makes a test that process.
const CHILD_BOOT: &str = "FULMAR_SEGMENT_CHILD_BOOT";

/// A boot that no other test has.
fn boot_id(number: u128) -> BootId {
    BootId(0xF1A << 100 | number << 64 | u128::from(std::process::id()))
}

/// Names that begin as those of a boot do.
fn names_of(boot_id: BootId) -> Vec<String> {
    let prefix = format!("fulmar-{}-{boot_id}", rustix::process::geteuid().as_raw());
    let found = fs::read_dir("/dev/shm").expect("the system has such memory");
    let names = found.map(|entry| entry.expect("it is there").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(&prefix)).collect();
    names.sort();
    names
}

fn builder(boot: &NamedBoot, name: &str) -> SegmentBuilder {
    SegmentBuilder::named(boot, name, Access::Read, SegmentOptions::default()).expect("there is memory")
}

#[test]
fn a_segment_is_found_by_boot_and_name_and_its_names_go_with_its_maker() {
    let id = boot_id(1);
    let (boot, _) = NamedBoot::begin(id).expect("the system has such memory");
    let mut builder = builder(&boot, "market");
    let region = builder.add("market.a", 1000).expect("a part");
    let segment = builder.seal().expect("it can be sealed");
    assert_eq!(names_of(id).len(), 3, "the lock, the directory, the part");
    let found = OpenSegment::find(id, "market", Access::Read).expect("it is there");
    region.store(9, 9, Ordering::Relaxed);
    let part = found.part("market.a").expect("it was added");
    assert_eq!((found.boot_id(), part.load(9, Ordering::Relaxed)), (id, 9));
    assert!(matches!(OpenSegment::find(id, "other", Access::Read), Err(SegmentError::System { .. })));
    drop((segment, boot));
    assert_eq!(names_of(id), Vec::<String>::new(), "although its maker writes on");
    drop(region);
    assert_eq!(part.load(9, Ordering::Relaxed), 9, "who has it mapped keeps it");
}

#[test]
fn one_boot_has_one_segment_of_a_name_and_no_huge_pages() {
    let (boot, _) = NamedBoot::begin(boot_id(2)).expect("the system has such memory");
    let _first = builder(&boot, "market");
    let make = |name, options| SegmentBuilder::named(&boot, name, Access::Read, options).map(|_| ());
    let none = SegmentOptions::default();
    assert!(matches!(make("market", none), Err(SegmentError::System { .. })));
    assert!(matches!(make("a/b", none), Err(SegmentError::PartName(_))));
    let huge =
        make("other", SegmentOptions { huge_pages: true, ..none }).expect_err("it has none").to_string();
    assert!(huge.contains("huge pages"), "{huge}");
    assert!(NamedBoot::begin(boot_id(2)).is_err(), "a boot begins once");
}

/// Starts this test once more as an engine of its own boot, and waits until its memory is there.
fn engine(name: &str, boot: BootId) -> Child {
    let mut engine = Command::new(std::env::current_exe().expect("this test's program"))
        .args([name, "--exact", "--nocapture"])
        .env(CHILD_BOOT, boot.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it can be started");
    let said = std::io::BufReader::new(engine.stdout.as_mut().expect("a pipe"));
    assert!(said.lines().any(|line| line.expect("text").ends_with("it is there")));
    engine
}

#[test]
fn what_a_killed_engine_left_is_removed_by_the_next_one_and_that_of_a_living_one_is_not() {
    if let Some(boot) = std::env::var_os(CHILD_BOOT) {
        let boot = u128::from_str_radix(boot.to_str().expect("a number"), 16).expect("a number");
        let (boot, _) = NamedBoot::begin(BootId(boot)).expect("the system has such memory");
        let mut builder = builder(&boot, "market");
        let _region = builder.add("market.a", 1000).expect("a part");
        let _segment = builder.seal().expect("it can be sealed");
        println!("it is there");
        let _ = std::io::stdin().lines().next();
        return;
    }
    let name = "names::what_a_killed_engine_left_is_removed_by_the_next_one_and_that_of_a_living_one_is_not";
    let (killed, living) = (boot_id(3), boot_id(4));
    let mut victim = engine(name, killed);
    let mut other = engine(name, living);
    let left = names_of(killed);
    assert_eq!(left.len(), 3);
    victim.kill().expect("it is there");
    victim.wait().expect("it ends");
    assert_eq!(names_of(killed), left, "nobody cleaned up");
    // Another test's boot may come first and tell of it in our place.
    let (_boot, removed) = NamedBoot::begin(boot_id(5)).expect("the system has such memory");
    assert!(removed.iter().all(|name| !names_of(living).contains(name)));
    assert!(left.iter().all(|name| removed.contains(name)) || names_of(killed).is_empty());
    assert_eq!(names_of(killed), Vec::<String>::new());
    assert!(OpenSegment::find(living, "market", Access::Read).is_ok());
    drop(other.stdin.take());
    other.wait().expect("it ends");
    assert_eq!(names_of(living), Vec::<String>::new(), "who ends in peace leaves nothing");
}

#[test]
fn more_than_there_is_room_for_is_refused_with_the_room_and_leaves_no_name() {
    let id = boot_id(6);
    let (boot, _) = NamedBoot::begin(id).expect("the system has such memory");
    let mut builder = builder(&boot, "market");
    let before = names_of(id);
    let room = rustix::fs::statvfs("/dev/shm").expect("it is there");
    let all_bytes = room.f_blocks * room.f_frsize;
    let words = usize::try_from(all_bytes / 8).expect("64 bits") + 1;
    let refused = builder.add("market.a", words).map(|_| ()).expect_err("it is more than all");
    let told = refused.to_string();
    assert!(told.contains(&format!("of its {all_bytes} are free")), "{told}");
    assert!(
        told.contains("mount -o remount,size=") && told.ends_with("backend = \"memfd\" in [bus]"),
        "{told}"
    );
    assert_eq!(names_of(id), before);
    builder.add("market.a", 100).expect("what there is room for is made all the same");
}

#[test]
fn a_file_that_only_looks_like_a_segment_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made-up");
    for bytes in [0, 8, 200_000] {
        fs::write(&path, vec![0; bytes]).expect("it can be written");
        let file = fs::File::open(&path).expect("it is there");
        let refused = OpenSegment::open(file.into(), Access::Read).map(|_| ()).expect_err("it is none");
        assert!(matches!(refused, SegmentError::NoSegment), "{bytes} bytes: {refused}");
    }
}
