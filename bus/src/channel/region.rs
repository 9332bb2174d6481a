//! Memory that channels lie in, and who owns it: the heap, a file mapping that outlives the process, or memory that
//! another process maps too.
//!
//! This is the only file of the bus with `unsafe` in it. Every access is atomic and checked against the region's
//! bounds, so no user of a region can break memory, whatever another process does to a mapping. A store is checked
//! against the words that may be written, of which a region that is mapped to read has none.
#![allow(unsafe_code, reason = "a region is memory whose owner the compiler cannot see")]

#[cfg(not(loom))]
use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};
use std::{
    ops::Range,
    ptr::NonNull,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering, fence},
    },
};

#[cfg(not(loom))]
use shared_memory::Shmem;

use super::Words;

/// A run of atomic words, zero at first, aligned to 128 bytes. A clone is another handle on the same words; the memory
/// goes with the last one.
///
/// ```
/// use std::sync::atomic::Ordering;
/// use fulmar_bus::channel::{Region, Words};
/// let here = Region::heap(8);
/// let there = here.clone();
/// here.store(3, 42, Ordering::Relaxed);
/// assert_eq!((there.word_count(), there.load(3, Ordering::Relaxed)), (8, 42));
/// ```
#[derive(Clone)]
pub struct Region {
    first: NonNull<AtomicU64>,
    word_count: usize,
    /// All of them, or none.
    writable_count: usize,
    _owner: Owner,
}

/// What may be done with memory that several processes map.
///
/// ```
/// use fulmar_bus::channel::Access;
/// assert_ne!(Access::Read, Access::Write);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is read, and nothing else.
    Read,
    /// It is read and written.
    Write,
}

// SAFETY: a region gives out atomics alone, and its owner is not touched until the last handle is dropped.
unsafe impl Send for Region {}
// SAFETY: as for `Send`.
unsafe impl Sync for Region {}

impl Region {
    /// A region of `word_count` words on the heap. What is large comes zeroed from the system and is not touched here:
    /// whoever lays something over it does, once.
    pub fn heap(word_count: usize) -> Region {
        let lines = Arc::<[Line]>::new_zeroed_slice(word_count.div_ceil(LINE_WORDS));
        // SAFETY: a line is atomic integers, for which zero bytes are a value.
        let lines = unsafe { lines.assume_init() };
        let first = NonNull::from(&*lines).cast();
        Region { first, word_count, writable_count: word_count, _owner: Owner::Heap(lines) }
    }

    /// A region of `word_count` words that are those of the file at `path`, created or made longer where need be, with
    /// every block of it on the disk before this returns. What is stored survives the process however it ends; what
    /// survives the machine is what was synced elsewhere.
    ///
    /// The file must not be made shorter while it is mapped: the system answers a touch beyond its end with a signal.
    ///
    /// # Errors
    /// What the system says: no such directory, no right to write, no room on the disk, a length of zero.
    ///
    /// ```
    /// use fulmar_bus::channel::{Region, RingShape, create, open};
    /// use fulmar_bus::record::ChannelId;
    /// # let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("outbound.ring");
    /// let shape = RingShape { slot_count: 1024, gate_count: 1 };
    /// let made = create(Region::map_file(&path, shape.word_count())?, shape, ChannelId(7));
    /// drop(made); // As a process that ends would.
    /// let found = open(Region::map_file(&path, shape.word_count())?)?;
    /// assert_eq!(found.channel(), ChannelId(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(not(loom))]
    pub fn map_file(path: &Path, word_count: usize) -> io::Result<Region> {
        let bytes = word_count.checked_mul(size_of::<u64>()).ok_or(io::ErrorKind::InvalidInput)?;
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes as u64)?;
        Region::map_shared(file.as_fd(), 0, word_count, Access::Write)
    }

    /// A region of the `word_count` words that lie from `offset_bytes` on in memory that other processes map too, such
    /// as a memory file. Every page of it is touched before this returns. The example of
    /// [`SegmentBuilder`](crate::segment::SegmentBuilder) has such regions on both sides.
    ///
    /// Whoever asks has made sure that nobody can make the memory shorter while it is mapped: the system answers a
    /// touch beyond its end with a signal.
    ///
    /// # Errors
    /// What the system says: no right to write, an offset within a page, a length of zero, no memory.
    #[cfg(not(loom))]
    pub fn map_shared(
        file: BorrowedFd<'_>,
        offset_bytes: u64,
        word_count: usize,
        access: Access,
    ) -> io::Result<Region> {
        let bytes = word_count.checked_mul(size_of::<u64>()).ok_or(io::ErrorKind::InvalidInput)?;
        let mapping = Mapping::new(file, offset_bytes, bytes, access)?;
        let first = mapping.first.cast();
        let writable_count = if access == Access::Write { word_count } else { 0 };
        Ok(Region { first, word_count, writable_count, _owner: Owner::Mapping(Arc::new(mapping)) })
    }

    /// A region of the first `word_count` words of shared memory that has a name. The store is refused here where
    /// `access` is to read; the mapping itself can be written, as that is how the crate maps.
    ///
    /// Gives `None` where the memory is shorter.
    #[cfg(not(loom))]
    pub(crate) fn of_named(memory: Shmem, word_count: usize, access: Access) -> Option<Region> {
        let first = NonNull::new(memory.as_ptr())?.cast();
        let writable_count = if access == Access::Write { word_count } else { 0 };
        let is_long_enough = memory.len() / size_of::<u64>() >= word_count;
        let owner = Owner::Named(Arc::new(Named { _memory: memory }));
        is_long_enough.then_some(Region { first, word_count, writable_count, _owner: owner })
    }

    /// The words in `range` as a region of their own, which keeps all of this one alive.
    ///
    /// # Panics
    /// Where there are no such words, or the first of them is not aligned to 128 bytes.
    ///
    /// ```
    /// use std::sync::atomic::Ordering;
    /// use fulmar_bus::channel::{Region, Words};
    /// let whole = Region::heap(48);
    /// let part = whole.part(16..40);
    /// part.store(3, 42, Ordering::Relaxed);
    /// assert_eq!((part.word_count(), whole.load(19, Ordering::Relaxed)), (24, 42));
    /// ```
    pub fn part(&self, range: Range<usize>) -> Region {
        assert!(range.start.is_multiple_of(LINE_WORDS), "a part begins where a line of the region does");
        let first = NonNull::from(&self.words()[range.clone()]).cast();
        let writable_count = range.len().min(self.writable_count);
        Region { first, word_count: range.len(), writable_count, _owner: self._owner.clone() }
    }

    /// Keeps every page of the region in memory until it is unmapped.
    ///
    /// # Errors
    /// What the system says: more than this process may lock.
    #[cfg(not(loom))]
    pub fn lock(&self) -> io::Result<()> {
        let bytes = self.word_count * size_of::<u64>();
        // SAFETY: the words are mapped for as long as this handle lives, and to lock them changes none.
        unsafe { rustix::mm::mlock(self.first.as_ptr().cast(), bytes) }?;
        Ok(())
    }

    #[inline]
    fn words(&self) -> &[AtomicU64] {
        // SAFETY: `first` is aligned and begins `word_count` initialised words, which the owner keeps alive for as
        // long as this handle lives; they are changed through atomics alone.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.word_count).as_ref() }
    }

    /// The words that may be written.
    #[inline]
    fn writable(&self) -> &[AtomicU64] {
        // SAFETY: as for `words`, of which they are all or none.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.writable_count).as_ref() }
    }
}

impl Words for Region {
    #[inline]
    fn word_count(&self) -> usize {
        self.word_count
    }

    #[inline]
    fn load(&self, index: usize, order: Ordering) -> u64 {
        let value = self.words()[index].load(Ordering::Relaxed);
        if order != Ordering::Relaxed {
            // A relaxed load and a fence are what the language promises for memory that is mapped to read; on x86-64
            // both are the same instruction as the ordered load.
            fence(order);
        }
        value
    }

    #[inline]
    fn store(&self, index: usize, value: u64, order: Ordering) {
        self.writable()[index].store(value, order);
    }

    #[inline]
    fn compare_exchange(&self, index: usize, current: u64, new: u64) -> bool {
        // PAIRS WITH: itself, when two claim one gate, and the release store of whoever opened it, in `Reader`.
        self.writable()[index].compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Checks the bounds once for all of them.
    #[inline]
    fn load_relaxed(&self, index: usize, out: &mut [u64]) {
        let words = &self.words()[index..index + out.len()];
        for (word, out) in words.iter().zip(out) {
            *out = word.load(Ordering::Relaxed);
        }
    }

    /// Checks the bounds once for all of them.
    #[inline]
    fn store_relaxed(&self, index: usize, values: &[u64]) {
        let words = &self.writable()[index..index + values.len()];
        for (word, value) in words.iter().zip(values) {
            word.store(*value, Ordering::Relaxed);
        }
    }
}

/// Keeps the words alive; the last clone frees them.
#[derive(Clone)]
#[expect(dead_code, reason = "owned for the drop alone; the words are reached through the region's pointer")]
enum Owner {
    Heap(Arc<[Line]>),
    #[cfg(not(loom))]
    Mapping(Arc<Mapping>),
    #[cfg(not(loom))]
    Named(Arc<Named>),
}

/// Words in a [`Line`].
const LINE_WORDS: usize = 16;

/// Two cache lines, since processors fetch them in pairs.
#[repr(align(128))]
struct Line(#[expect(dead_code, reason = "reached through the region's pointer")] [AtomicU64; LINE_WORDS]);

const _: () =
    assert!(size_of::<Line>() == LINE_WORDS * size_of::<u64>(), "lines follow each other without a gap");

/// Shared memory with a name, which goes with the one who made it.
#[cfg(not(loom))]
struct Named {
    _memory: Shmem,
}

// SAFETY: the address is used to unmap, once, by whoever drops it last.
#[cfg(not(loom))]
unsafe impl Send for Named {}
// SAFETY: nothing is done through a shared reference.
#[cfg(not(loom))]
unsafe impl Sync for Named {}

/// A shared mapping of a part of a file.
#[cfg(not(loom))]
struct Mapping {
    first: NonNull<std::ffi::c_void>,
    bytes: usize,
}

// SAFETY: the address is used to unmap, once, by whoever drops the mapping last.
#[cfg(not(loom))]
unsafe impl Send for Mapping {}
// SAFETY: nothing is done through a shared reference.
#[cfg(not(loom))]
unsafe impl Sync for Mapping {}

#[cfg(not(loom))]
impl Mapping {
    fn new(file: BorrowedFd<'_>, offset_bytes: u64, bytes: usize, access: Access) -> io::Result<Mapping> {
        use rustix::mm::{MapFlags, ProtFlags, mmap};
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        let rights = match access {
            Access::Read => ProtFlags::READ,
            Access::Write => ProtFlags::READ | ProtFlags::WRITE,
        };
        // SAFETY: a new mapping at an address of the system's choice overlaps no other.
        let first = unsafe { mmap(std::ptr::null_mut(), bytes, rights, flags, file, offset_bytes) }?;
        let first = NonNull::new(first).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Mapping { first, bytes })
    }
}

#[cfg(not(loom))]
impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, whole, and no handle on its words is left.
        let unmapped = unsafe { rustix::mm::munmap(self.first.as_ptr(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "a mapping that was made can be unmapped");
    }
}
