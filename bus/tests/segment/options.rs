//! Huge pages and locked memory: had where the machine allows it, and refused in words that name the limit.

use std::sync::atomic::Ordering;

use fulmar_bus::{
    channel::Words,
    segment::{Access, BootId, OpenSegment, SegmentBuilder, SegmentOptions},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Makes and opens a segment; or says why it could not be.
fn make(options: SegmentOptions, word_count: usize) -> Result<(), String> {
    let words = |error: fulmar_bus::segment::SegmentError| error.to_string();
    let mut builder = SegmentBuilder::new("test", BootId(1), Access::Read, options).map_err(words)?;
    let region = builder.add("market.a", word_count).map_err(words)?;
    let segment = builder.seal().map_err(words)?;
    let file = segment.fd().try_clone_to_owned().expect("a descriptor");
    let opened = OpenSegment::open(file, Access::Read).map_err(words)?;
    region.store(5, 5, Ordering::Relaxed);
    assert_eq!(opened.part("market.a").expect("it was added").load(5, Ordering::Relaxed), 5);
    Ok(())
}

#[test]
fn huge_pages_are_taken_or_their_lack_is_told_with_the_setting_to_raise() {
    let meminfo = std::fs::read_to_string("/proc/meminfo").expect("the system tells of its memory");
    let free = meminfo.lines().find_map(|line| line.strip_prefix("HugePages_Free:")).map_or("0", str::trim);
    let made = make(SegmentOptions { huge_pages: true, lock: false }, 1000);
    if free.parse::<u64>().is_ok_and(|pages| pages >= 4) {
        assert_eq!(made, Ok(()));
    } else {
        let error = made.expect_err("there are none");
        let words = ["are free", "`sysctl vm.nr_hugepages=", "pages = \"normal\" in [bus]"];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn memory_is_locked_or_the_limit_is_named() {
    let lock = SegmentOptions { huge_pages: false, lock: true };
    let before = getrlimit(Resource::Memlock);
    // The limit holds for those who have not the right to pass it; they are told of it.
    let limit = before.maximum.unwrap_or(u64::MAX).min(1 << 20);
    setrlimit(Resource::Memlock, Rlimit { current: Some(limit), ..before }).expect("it can be lowered");
    let made = make(lock, 1 << 20);
    setrlimit(Resource::Memlock, before).expect("it can be raised again");
    if let Err(error) = &made {
        let words =
            [&format!("RLIMIT_MEMLOCK is {limit} bytes"), "`ulimit -l unlimited`", "lock = \"no\" in [bus]"];
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells of us");
    let rights = status.lines().find_map(|line| line.strip_prefix("CapEff:")).expect("what we may do").trim();
    let may_pass = u64::from_str_radix(rights, 16).expect("a mask") >> 14 & 1 == 1;
    assert_eq!(made.is_ok(), may_pass, "CAP_IPC_LOCK passes the limit, nobody else does");
}
