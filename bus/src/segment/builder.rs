//! The creator's side: memory that grows part by part, is given a directory, and is then sealed for ever.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::{
    fs::{FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, memfd_create},
    io::Errno,
    process::{Resource, getrlimit},
};

use super::{
    Access, BootId, SegmentError,
    directory::{DIRECTORY_WORDS, Directory},
    limits::{HUGE_PAGE_BYTES, PARTS_MAX},
};
use crate::{channel::Region, record::Text};

/// How the memory of a segment is to be. The example of [`SegmentBuilder`] asks for nothing special.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentOptions {
    /// Takes huge pages of 2 MiB, of which the system must have enough set aside.
    pub huge_pages: bool,
    /// Keeps every page in memory, as far as the process may lock it.
    pub lock: bool,
}

/// A segment that is being made. Nobody else sees it before it is sealed.
///
/// ```
/// use fulmar_bus::channel::{Poll, RingShape, create, open};
/// use fulmar_bus::record::*;
/// use fulmar_bus::segment::*;
/// # let (instrument_id, cause) = (InstrumentId(4), RecordId::NONE);
/// # let (received_at, flags) = (UnixNanos(9), Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at, flags };
/// let shape = RingShape { slot_count: 128, gate_count: 0 };
/// let mut builder = SegmentBuilder::new("market", BootId(7), Access::Read, SegmentOptions::default())?;
/// let region = builder.add("market.simulated:BTCUSDT", shape.word_count())?;
/// let (mut writer, _) = create(region, shape, ChannelId(3));
/// let segment = builder.seal()?;
///
/// // In another process, which was sent the file descriptor:
/// let segment = OpenSegment::open(segment.fd().try_clone_to_owned()?, Access::Read)?;
/// assert_eq!(segment.boot_id(), BootId(7));
/// let mut reader = open(segment.part("market.simulated:BTCUSDT").expect("it is there"))?.reader();
///
/// let mut record = Record::new();
/// record.write(heading, &Timer { tag: 1, due_at: UnixNanos(8) });
/// writer.publish(&mut record).expect("nobody has a gate");
/// assert_eq!(reader.poll(&mut record), Poll::Record);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SegmentBuilder {
    file: OwnedFd,
    access: Access,
    options: SegmentOptions,
    page_bytes: usize,
    /// Where the directory is written when all is there.
    start: Region,
    /// What is there so far.
    directory: Directory,
}

impl SegmentBuilder {
    /// Begins a segment that others may read, or write too, and that shows as `name` in lists of a process's memory.
    ///
    /// # Errors
    /// [`SegmentError`] where there is no memory of the kind that was asked for.
    pub fn new(
        name: &str,
        boot_id: BootId,
        access: Access,
        options: SegmentOptions,
    ) -> Result<Self, SegmentError> {
        let mut flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        if options.huge_pages {
            flags |= MemfdFlags::HUGETLB;
        }
        let name = format!("fulmar-{name}");
        let file = match memfd_create(&name, flags | MemfdFlags::NOEXEC_SEAL) {
            // A system from before Linux 6.3 knows no such flag; there the memory could be made a program.
            Err(Errno::INVAL) => memfd_create(&name, flags),
            made => made,
        };
        let file = file.map_err(|error| system("make shared memory", error))?;
        let page_bytes = if options.huge_pages { HUGE_PAGE_BYTES } else { rustix::param::page_size() };
        let start = grow(&file, 0, DIRECTORY_WORDS, page_bytes, options)?;
        let word_count = words_of_pages(DIRECTORY_WORDS, page_bytes);
        let directory = Directory { boot_id, word_count, parts: Vec::new() };
        Ok(SegmentBuilder { file, access, options, page_bytes, start, directory })
    }

    /// Adds a part of `word_count` words, zero at first and all of them in memory, which can be written through the
    /// region that is given.
    ///
    /// # Errors
    /// [`SegmentError`] where the name cannot be, or there is no memory.
    ///
    /// # Panics
    /// Where a part of no words is asked for.
    pub fn add(&mut self, name: &str, word_count: usize) -> Result<Region, SegmentError> {
        assert!(word_count > 0, "a part has words");
        let text = Text::new(name).filter(|_| !name.is_empty());
        let text = text.filter(|text| self.directory.parts.iter().all(|(other, _)| other != text));
        let text = text.ok_or_else(|| SegmentError::PartName(name.to_owned()))?;
        if self.directory.parts.len() == PARTS_MAX {
            return Err(SegmentError::Full);
        }
        let first = self.directory.word_count;
        let region = grow(&self.file, first, word_count, self.page_bytes, self.options)?;
        self.directory.word_count += words_of_pages(word_count, self.page_bytes);
        self.directory.parts.push((text, first..first + word_count));
        Ok(region)
    }

    /// Writes the directory and seals the segment. What can be written from now on, by whom, stands in [`super`].
    ///
    /// # Errors
    /// [`SegmentError::System`] where the system has no such seals.
    pub fn seal(self) -> Result<Segment, SegmentError> {
        self.directory.write(&self.start);
        let mut seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        if self.access == Access::Read {
            seals |= SealFlags::FUTURE_WRITE;
        }
        fcntl_add_seals(&self.file, seals).map_err(|error| system("seal shared memory", error))?;
        Ok(Segment { file: self.file, bytes: self.directory.word_count * size_of::<u64>() })
    }
}

/// A sealed segment, to be handed out. The memory lives on for those who have mapped it.
/// Made by [`SegmentBuilder::seal`].
#[derive(Debug)]
pub struct Segment {
    file: OwnedFd,
    bytes: usize,
}

impl Segment {
    /// What is handed out. It is closed in a program that this process starts.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Bytes of the whole segment, pages that are not full included.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Makes the file longer by whole pages for `word_count` words from `first` on, and maps those to write.
fn grow(
    file: &OwnedFd,
    first: usize,
    word_count: usize,
    page_bytes: usize,
    options: SegmentOptions,
) -> Result<Region, SegmentError> {
    let needed_bytes = words_of_pages(word_count, page_bytes) * size_of::<u64>();
    let refused = |doing, error| match error {
        Errno::NOSPC | Errno::NOMEM if options.huge_pages => SegmentError::HugePages { needed_bytes },
        error => system(doing, error),
    };
    let offset_bytes = (first * size_of::<u64>()) as u64;
    fallocate(file, FallocateFlags::empty(), offset_bytes, needed_bytes as u64)
        .map_err(|error| refused("take shared memory", error))?;
    // Whole pages are mapped, as huge ones must be, and unmapped with the last handle.
    let pages =
        Region::map_shared(file.as_fd(), offset_bytes, needed_bytes / size_of::<u64>(), Access::Write)
            .map_err(|source| SegmentError::System { doing: "map shared memory", source })?;
    if options.lock {
        pages.lock().map_err(|source| match Errno::from_io_error(&source) {
            Some(Errno::PERM | Errno::NOMEM | Errno::AGAIN) => {
                let limit_bytes = getrlimit(Resource::Memlock).current.unwrap_or(u64::MAX);
                SegmentError::Lock { needed_bytes, limit_bytes }
            }
            _ => SegmentError::System { doing: "lock shared memory", source },
        })?;
    }
    Ok(pages.part(0..word_count))
}

/// Words of the pages that `word_count` words take.
fn words_of_pages(word_count: usize, page_bytes: usize) -> usize {
    word_count.next_multiple_of(page_bytes / size_of::<u64>())
}

fn system(doing: &'static str, error: Errno) -> SegmentError {
    SegmentError::System { doing, source: error.into() }
}
