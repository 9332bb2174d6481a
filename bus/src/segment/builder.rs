//! The creator's side: memory that grows part by part, is given a directory, and is then sealed for ever.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::{
    fs::{FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, memfd_create},
    io::Errno,
    process::{Resource, geteuid, getrlimit},
};

use super::{
    Access, BootId, NamedBoot, SegmentError,
    directory::{DIRECTORY_WORDS, Directory, Place},
    limits::{HUGE_PAGE_BYTES, PARTS_MAX},
    named,
};
use crate::{
    channel::{Region, Words as _},
    record::Text,
};

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
    /// The memory, or where it has names, the directory's.
    file: OwnedFd,
    access: Access,
    options: SegmentOptions,
    page_bytes: usize,
    /// Where the directory is written when all is there.
    start: Region,
    /// Memory that has a name, which goes with its last handle here.
    named: Vec<Region>,
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
        let shown = format!("fulmar-{name}");
        let file = match memfd_create(&shown, flags | MemfdFlags::NOEXEC_SEAL) {
            // A system from before Linux 6.3 knows no such flag; there the memory could be made a program.
            Err(Errno::INVAL) => memfd_create(&shown, flags),
            made => made,
        };
        let file = file.map_err(|error| match options.huge_pages {
            // A system without them says so here, each in its own way.
            true => SegmentError::huge_pages(HUGE_PAGE_BYTES),
            false => system("make shared memory", error),
        })?;
        let page_bytes = if options.huge_pages { HUGE_PAGE_BYTES } else { rustix::param::page_size() };
        let directory = empty(name, boot_id, Place::Here, page_bytes)?;
        let start = grow(&file, 0, DIRECTORY_WORDS, page_bytes, options)?;
        Ok(SegmentBuilder { file, access, options, page_bytes, start, named: Vec::new(), directory })
    }

    /// Begins a segment that the processes of this user can find by its name, and write whatever `access` says, which
    /// keeps honest ones from mistakes and nobody from malice. The example of [`NamedBoot`] makes one.
    ///
    /// # Errors
    /// As [`SegmentBuilder::new`]; also where huge pages are asked for, which named memory does not have, and where the
    /// boot has a segment of this name.
    pub fn named(
        boot: &NamedBoot,
        name: &str,
        access: Access,
        options: SegmentOptions,
    ) -> Result<Self, SegmentError> {
        let page_bytes = rustix::param::page_size();
        if options.huge_pages {
            return Err(system("take huge pages for memory with a name", Errno::NOTSUP));
        }
        if !named::can_be_named(name) {
            return Err(SegmentError::PartName(name.to_owned()));
        }
        let directory = empty(name, boot.boot_id(), Place::Named, page_bytes)?;
        let start_name = named::name_of(geteuid().as_raw(), boot.boot_id(), name, 0);
        let (start, file) = named::create(&start_name, words_of_pages(DIRECTORY_WORDS, page_bytes))?;
        lock(&start, options)?;
        Ok(SegmentBuilder { file, access, options, page_bytes, start, named: Vec::new(), directory })
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
        let region = match self.directory.place {
            Place::Here => grow(&self.file, first, word_count, self.page_bytes, self.options)?,
            Place::Named => {
                let part = self.create_named(first, word_count)?;
                self.named.push(part.clone());
                part
            }
        };
        self.directory.word_count += words_of_pages(word_count, self.page_bytes);
        self.directory.parts.push((text, first..first + word_count));
        Ok(region)
    }

    /// Writes the directory and seals the segment, where it has no name. What can be written from now on, by whom,
    /// stands in [`super`].
    ///
    /// # Errors
    /// [`SegmentError::System`] where the system has no such seals.
    pub fn seal(self) -> Result<Segment, SegmentError> {
        self.directory.write(&self.start);
        let bytes = self.directory.word_count * size_of::<u64>();
        if self.directory.place == Place::Named {
            let mut named = self.named;
            named.push(self.start);
            return Ok(Segment { file: self.file, bytes, _named: named });
        }
        let mut seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        if self.access == Access::Read {
            seals |= SealFlags::FUTURE_WRITE;
        }
        fcntl_add_seals(&self.file, seals).map_err(|error| system("seal shared memory", error))?;
        Ok(Segment { file: self.file, bytes, _named: Vec::new() })
    }

    /// Makes the memory of a part that has a name.
    fn create_named(&self, first: usize, word_count: usize) -> Result<Region, SegmentError> {
        let Directory { boot_id, name, .. } = &self.directory;
        let name = named::name_of(geteuid().as_raw(), *boot_id, name.as_str(), first);
        let (pages, _) = named::create(&name, words_of_pages(word_count, self.page_bytes))?;
        lock(&pages, self.options)?;
        Ok(pages.part(0..word_count))
    }
}

/// A sealed segment, to be handed out. The memory lives on for those who have mapped it; its names, if it has any, go
/// with this.
/// Made by [`SegmentBuilder::seal`].
pub struct Segment {
    file: OwnedFd,
    bytes: usize,
    /// Memory that has a name, which goes with its last handle here.
    _named: Vec<Region>,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Segment")
            .field("file", &self.file)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
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
        Errno::NOSPC | Errno::NOMEM if options.huge_pages => SegmentError::huge_pages(needed_bytes),
        error => system(doing, error),
    };
    let offset_bytes = (first * size_of::<u64>()) as u64;
    fallocate(file, FallocateFlags::empty(), offset_bytes, needed_bytes as u64)
        .map_err(|error| refused("take shared memory", error))?;
    // Whole pages are mapped, as huge ones must be, and unmapped with the last handle.
    let pages =
        Region::map_shared(file.as_fd(), offset_bytes, needed_bytes / size_of::<u64>(), Access::Write)
            .map_err(|source| SegmentError::System { doing: "map shared memory", source })?;
    lock(&pages, options)?;
    Ok(pages.part(0..word_count))
}

/// Keeps the pages in memory, where that was asked for.
fn lock(pages: &Region, options: SegmentOptions) -> Result<(), SegmentError> {
    if !options.lock {
        return Ok(());
    }
    pages.lock().map_err(|source| match Errno::from_io_error(&source) {
        Some(Errno::PERM | Errno::NOMEM | Errno::AGAIN) => {
            let limit_bytes = getrlimit(Resource::Memlock).current.unwrap_or(u64::MAX);
            SegmentError::Lock { needed_bytes: pages.word_count() * size_of::<u64>(), limit_bytes }
        }
        _ => SegmentError::System { doing: "lock shared memory", source },
    })
}

/// The directory of a segment without parts.
fn empty(name: &str, boot_id: BootId, place: Place, page_bytes: usize) -> Result<Directory, SegmentError> {
    let text = Text::new(name).filter(|_| !name.is_empty());
    let text = text.ok_or_else(|| SegmentError::PartName(name.to_owned()))?;
    let word_count = words_of_pages(DIRECTORY_WORDS, page_bytes);
    Ok(Directory { name: text, boot_id, place, word_count, parts: Vec::new() })
}

/// Words of the pages that `word_count` words take.
fn words_of_pages(word_count: usize, page_bytes: usize) -> usize {
    word_count.next_multiple_of(page_bytes / size_of::<u64>())
}

fn system(doing: &'static str, error: Errno) -> SegmentError {
    SegmentError::System { doing, source: error.into() }
}
