//! What a client tries with a segment that it may read: every way to write to it that the system has, one a test. The
//! right to write hangs on the memory and not on who asks, so its maker is refused too, and one process proves it.
#![allow(unsafe_code, reason = "what a hostile process does is to ask the system for mappings of its own")]

use std::{
    ffi::c_void,
    fs::File,
    io::Write as _,
    os::{
        fd::{AsFd, AsRawFd as _, OwnedFd},
        unix::fs::{FileExt as _, PermissionsExt as _},
    },
    ptr::null_mut,
    sync::atomic::Ordering,
};

use fulmar_bus::{
    channel::{Poll, Region, RingShape, Words, create},
    record::{ChannelId, Record, RecordId},
    segment::{Access, BootId, OpenSegment, SegmentBuilder, SegmentError, SegmentOptions},
};
use rustix::{
    fs::{
        FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, fcntl_get_seals, ftruncate,
        memfd_create,
    },
    io::Errno,
    mm::{MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mprotect},
};

const WORDS: usize = 2000;
const VALUE: u64 = 0x600D_600D_600D_600D;

/// The maker's region, full of a value, and the descriptor that a client was given.
struct Victim {
    region: Region,
    given: OwnedFd,
    bytes: u64,
}

fn victim(access: Access) -> Victim {
    let options = SegmentOptions::default();
    let mut builder = SegmentBuilder::new("victim", BootId(3), access, options).expect("there is memory");
    let region = builder.add("market.a", WORDS).expect("a part");
    (0..WORDS).for_each(|index| region.store(index, VALUE, Ordering::Relaxed));
    let segment = builder.seal().expect("it can be sealed");
    let given = segment.fd().try_clone_to_owned().expect("a descriptor");
    Victim { region, given, bytes: segment.bytes() as u64 }
}

impl Victim {
    /// Asserts that nothing was changed, and that the maker still writes and the client still reads.
    fn is_unharmed(&self) {
        assert_eq!(rustix::fs::fstat(&self.given).expect("it is open").st_size.unsigned_abs(), self.bytes);
        let given = self.given.try_clone().expect("a descriptor");
        let opened = OpenSegment::open(given, Access::Read).expect("it is still the segment that it was");
        let part = opened.part("market.a").expect("it was added");
        assert!((0..WORDS).all(|index| part.load(index, Ordering::Relaxed) == VALUE));
        self.region.store(77, 7, Ordering::Release);
        assert_eq!(part.load(77, Ordering::Acquire), 7);
        self.region.store(77, VALUE, Ordering::Release);
    }

    /// Maps all of it, as only code that may be unsafe can.
    fn map(&self, file: impl AsFd, rights: ProtFlags, flags: MapFlags) -> Result<*mut c_void, Errno> {
        let bytes = usize::try_from(self.bytes).expect("it is small");
        // SAFETY: a new mapping at an address of the system's choice overlaps no other.
        unsafe { mmap(null_mut(), bytes, rights, flags, file, 0) }
    }

    /// A mapping to read, which is what a client is meant to have.
    fn mapped(&self) -> *mut c_void {
        self.map(&self.given, ProtFlags::READ, MapFlags::SHARED).expect("it may be read")
    }
}

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

#[test]
fn it_cannot_be_mapped_to_write() {
    let victim = victim(Access::Read);
    for rights in [READ_WRITE, ProtFlags::WRITE] {
        assert_eq!(victim.map(&victim.given, rights, MapFlags::SHARED), Err(Errno::PERM));
    }
    let error =
        Region::map_shared(victim.given.as_fd(), 0, 8, Access::Write).map(|_| ()).expect_err("refused");
    assert_eq!(Errno::from_io_error(&error), Some(Errno::PERM));
    victim.is_unharmed();
}

#[test]
fn a_mapping_of_it_cannot_be_made_writable() {
    let victim = victim(Access::Read);
    let mapped = victim.mapped();
    for rights in [MprotectFlags::WRITE, MprotectFlags::READ | MprotectFlags::WRITE] {
        // SAFETY: the mapping is ours, and nothing refers to it.
        assert_eq!(unsafe { mprotect(mapped, 4096, rights) }, Err(Errno::ACCESS));
    }
    victim.is_unharmed();
}

#[test]
fn what_is_written_to_a_private_copy_of_it_nobody_else_sees() {
    let victim = victim(Access::Read);
    let copy = victim.map(&victim.given, READ_WRITE, MapFlags::PRIVATE).expect("a copy is nobody's business");
    // SAFETY: the mapping is ours, writable, aligned, longer than a word, and nothing else refers to it.
    unsafe { copy.cast::<u64>().write_volatile(0xBAD) };
    victim.is_unharmed();
}

#[test]
fn its_pages_cannot_be_removed_through_a_mapping() {
    let victim = victim(Access::Read);
    let mapped = victim.mapped();
    // SAFETY: the mapping is ours, and nothing refers to it.
    assert_eq!(unsafe { madvise(mapped, 4096, rustix::mm::Advice::LinuxRemove) }, Err(Errno::ACCESS));
    // SAFETY: as above.
    assert_eq!(unsafe { madvise(mapped, 4096, rustix::mm::Advice::LinuxDontNeed) }, Ok(()));
    victim.is_unharmed();
}

#[test]
fn it_cannot_be_written_through_the_memory_file_of_the_process() {
    let victim = victim(Access::Read);
    let mapped = victim.mapped();
    let memory = File::options().write(true).open("/proc/self/mem").expect("our own memory");
    assert!(memory.write_at(&[0xBA; 64], mapped.addr() as u64).is_err());
    victim.is_unharmed();
}

#[test]
fn it_cannot_be_made_longer_or_shorter() {
    for access in [Access::Read, Access::Write] {
        let victim = victim(access);
        for bytes in [0, 1, victim.bytes - 4096, victim.bytes + 1, victim.bytes * 2, 1 << 40] {
            assert_eq!(ftruncate(&victim.given, bytes), Err(Errno::PERM), "{bytes} bytes");
        }
        let grown = fallocate(&victim.given, FallocateFlags::empty(), 0, victim.bytes * 2);
        assert_eq!(grown, Err(Errno::PERM));
    }
}

#[test]
fn no_hole_can_be_punched_into_it() {
    let victim = victim(Access::Read);
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    assert_eq!(fallocate(&victim.given, punch, 0, victim.bytes), Err(Errno::PERM));
    for flags in [FallocateFlags::ZERO_RANGE, FallocateFlags::COLLAPSE_RANGE, FallocateFlags::INSERT_RANGE] {
        assert!(fallocate(&victim.given, flags, 0, 4096).is_err(), "{flags:?}");
    }
    victim.is_unharmed();
}

#[test]
fn a_hole_in_what_a_client_may_write_is_zeros_and_no_signal() {
    let victim = victim(Access::Write);
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    assert_eq!(fallocate(&victim.given, punch, 0, victim.bytes), Ok(()));
    assert!((0..WORDS).all(|index| victim.region.load(index, Ordering::Relaxed) == 0));
    victim.region.store(9, 9, Ordering::Relaxed);
    assert_eq!(victim.region.load(9, Ordering::Relaxed), 9);
}

#[test]
fn a_client_that_tears_its_command_ring_to_pieces_costs_the_engine_neither_a_panic_nor_a_signal() {
    const ROUNDS: u64 = 20_000;
    let shape = RingShape { slot_count: 1024, gate_count: 1 };
    let options = SegmentOptions::default();
    let mut builder =
        SegmentBuilder::new("commands", BootId(3), Access::Write, options).expect("there is memory");
    let region = builder.add("commands", shape.word_count()).expect("a part");
    let (_, ring) = create(region, shape, ChannelId(9));
    let mut reader = ring.gated_reader().expect("its one gate is free");
    let segment = builder.seal().expect("it can be sealed");
    let given = segment.fd().try_clone_to_owned().expect("a descriptor");
    let own = OpenSegment::open(segment.fd().try_clone_to_owned().expect("a descriptor"), Access::Write);
    let commands = own.expect("it is a segment").part("commands").expect("it was added");
    let bytes = segment.bytes() as u64;
    std::thread::scope(|scope| {
        let hostile = scope.spawn(move || {
            let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            for round in 1..=ROUNDS {
                let noise = round.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let word = usize::try_from(noise >> 40).expect("24 bits") % shape.word_count();
                // What may be believed: the stamp of a position, and an id of the channel.
                let stamp = (round / 8 + 1) << 3 | 3;
                let value = [noise, stamp, RecordId::new(ChannelId(9), round / 8).0, u64::MAX][word % 4];
                commands.store(word, value, Ordering::Release);
                if round % 50 == 0 {
                    let at = (noise >> 20) % bytes / 4096 * 4096;
                    fallocate(&given, punch, at, 4096).expect("it is his own");
                }
            }
        });
        let mut record = Record::new();
        let mut looks = 0;
        while looks < ROUNDS || !hostile.is_finished() {
            let before = reader.sequence();
            match reader.poll(&mut record) {
                Poll::Empty => assert_eq!(reader.sequence(), before),
                Poll::Record => assert_eq!(record.header().id.sequence(), before + 1),
                Poll::Lapped { lost_count } => assert_eq!(reader.sequence(), before + lost_count),
            }
            looks += 1;
        }
        hostile.join().expect("no panic");
    });
}

#[test]
fn to_open_it_again_by_its_number_gives_no_right_to_write() {
    let victim = victim(Access::Read);
    let path = format!("/proc/self/fd/{}", victim.given.as_raw_fd());
    assert!(File::options().write(true).truncate(true).open(&path).is_err());
    if let Ok(mut again) = File::options().read(true).write(true).open(&path) {
        assert_eq!(victim.map(&again, READ_WRITE, MapFlags::SHARED), Err(Errno::PERM));
        assert!(again.write(&[0xBA; 64]).is_err());
        assert_eq!(ftruncate(&again, 0), Err(Errno::PERM));
        let read = victim.map(&again, ProtFlags::READ, MapFlags::SHARED).expect("it may be read");
        // SAFETY: the mapping is ours, and nothing refers to it.
        assert_eq!(unsafe { mprotect(read, 4096, MprotectFlags::WRITE) }, Err(Errno::ACCESS));
    }
    victim.is_unharmed();
}

#[test]
fn its_seals_can_be_neither_added_to_nor_taken_away() {
    for access in [Access::Read, Access::Write] {
        let victim = victim(access);
        let before = fcntl_get_seals(&victim.given).expect("it has seals");
        for seals in [SealFlags::WRITE, SealFlags::FUTURE_WRITE, SealFlags::SHRINK, SealFlags::empty()] {
            assert_eq!(fcntl_add_seals(&victim.given, seals), Err(Errno::PERM), "{seals:?}");
        }
        assert_eq!(fcntl_get_seals(&victim.given), Ok(before));
        assert!(before.contains(SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL));
        assert_eq!(before.contains(SealFlags::FUTURE_WRITE), access == Access::Read);
    }
}

#[test]
fn no_call_that_writes_to_a_file_writes_to_it() {
    let victim = victim(Access::Read);
    let bytes = [0xBA; 64];
    assert_eq!(rustix::io::write(&victim.given, &bytes), Err(Errno::PERM));
    assert_eq!(rustix::io::pwrite(&victim.given, &bytes, 8192), Err(Errno::PERM));
    assert_eq!(rustix::io::pwrite(&victim.given, &bytes, victim.bytes), Err(Errno::PERM), "behind its end");
    let mut source = tempfile::tempfile().expect("a file");
    source.write_all(&bytes).expect("it can be written");
    let mut from = 0;
    assert!(rustix::fs::copy_file_range(&source, Some(&mut from), &victim.given, None, 64).is_err());
    let mut from = 0;
    assert!(rustix::fs::sendfile(&victim.given, &source, Some(&mut from), 64).is_err());
    victim.is_unharmed();
}

#[test]
fn it_cannot_be_made_a_program() {
    let victim = victim(Access::Read);
    let mode = File::from(victim.given.try_clone().expect("a descriptor")).metadata().expect("it is open");
    assert_eq!(mode.permissions().mode() & 0o111, 0, "Linux 6.3 or newer");
    let executable = rustix::fs::Mode::from_raw_mode(0o700);
    assert_eq!(rustix::fs::fchmod(&victim.given, executable), Err(Errno::PERM));
}

#[test]
fn memory_that_is_not_sealed_as_it_must_be_is_not_mapped() {
    let refusal =
        |file: OwnedFd, access| OpenSegment::open(file, access).map(|_| ()).expect_err("it is refused");
    let reading = victim(Access::Read);
    assert!(matches!(refusal(reading.given, Access::Write), SegmentError::Seals { .. }));
    let writing = victim(Access::Write);
    assert!(matches!(refusal(writing.given, Access::Read), SegmentError::Seals { .. }));
    let can_shrink = memfd_create("unsealed", MemfdFlags::ALLOW_SEALING).expect("there is memory");
    ftruncate(&can_shrink, 1 << 20).expect("it can grow");
    for missing in [SealFlags::SHRINK, SealFlags::GROW, SealFlags::SEAL] {
        let file = memfd_create("half-sealed", MemfdFlags::ALLOW_SEALING).expect("there is memory");
        ftruncate(&file, 1 << 20).expect("it can grow");
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL;
        fcntl_add_seals(&file, seals.difference(missing)).expect("it can be sealed");
        assert!(matches!(refusal(file, Access::Read), SegmentError::Seals { .. }));
    }
    assert!(matches!(refusal(can_shrink, Access::Read), SegmentError::Seals { .. }));
    let (pipe, _) = std::io::pipe().expect("a pipe");
    assert!(matches!(refusal(pipe.into(), Access::Read), SegmentError::NoSegment));
}

#[test]
fn sealed_memory_that_is_no_segment_is_refused() {
    for bytes in [0, 4096, 1 << 20] {
        let file = memfd_create("sealed", MemfdFlags::ALLOW_SEALING).expect("there is memory");
        ftruncate(&file, bytes).expect("it can grow");
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL;
        fcntl_add_seals(&file, seals).expect("it can be sealed");
        assert!(
            matches!(OpenSegment::open(file, Access::Read), Err(SegmentError::NoSegment)),
            "{bytes} bytes"
        );
    }
}
