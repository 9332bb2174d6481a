//! Memory that channels lie in, and who owns it: the heap, or a file mapping that outlives the process.
//!
//! This is the only file of the channel with `unsafe` in it. Every access is atomic and checked against the region's
//! bounds, so no user of a region can break memory, whatever another process does to a mapping.
#![allow(unsafe_code, reason = "a region is memory whose owner the compiler cannot see")]

#[cfg(not(loom))]
use std::{fs::File, io, path::Path};
use std::{
    ptr::NonNull,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

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
    _owner: Owner,
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
        Region { first: NonNull::from(&*lines).cast(), word_count, _owner: Owner::Heap(lines) }
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
        let mapping = Mapping::new(&file, bytes)?;
        Ok(Region { first: mapping.first.cast(), word_count, _owner: Owner::File(Arc::new(mapping)) })
    }

    #[inline]
    fn words(&self) -> &[AtomicU64] {
        // SAFETY: `first` is aligned and begins `word_count` initialised words, which the owner keeps alive for as
        // long as this handle lives; they are changed through atomics alone.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.word_count).as_ref() }
    }
}

impl Words for Region {
    #[inline]
    fn word_count(&self) -> usize {
        self.word_count
    }

    #[inline]
    fn load(&self, index: usize, order: Ordering) -> u64 {
        self.words()[index].load(order)
    }

    #[inline]
    fn store(&self, index: usize, value: u64, order: Ordering) {
        self.words()[index].store(value, order);
    }

    #[inline]
    fn compare_exchange(&self, index: usize, current: u64, new: u64) -> bool {
        // PAIRS WITH: itself, when two claim one gate, and the release store of whoever opened it, in `Reader`.
        self.words()[index].compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire).is_ok()
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
        let words = &self.words()[index..index + values.len()];
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
    File(Arc<Mapping>),
}

/// Words in a [`Line`].
const LINE_WORDS: usize = 16;

/// Two cache lines, since processors fetch them in pairs.
#[repr(align(128))]
struct Line(#[expect(dead_code, reason = "reached through the region's pointer")] [AtomicU64; LINE_WORDS]);

const _: () =
    assert!(size_of::<Line>() == LINE_WORDS * size_of::<u64>(), "lines follow each other without a gap");

/// A shared, writable mapping of the start of a file.
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
    fn new(file: &File, bytes: usize) -> io::Result<Mapping> {
        use rustix::mm::{MapFlags, ProtFlags, mmap};
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::POPULATE);
        // SAFETY: a new mapping at an address of the system's choice overlaps no other.
        let first = unsafe { mmap(std::ptr::null_mut(), bytes, access, flags, file, 0) }?;
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
