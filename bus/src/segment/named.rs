//! Memory with names, for deployments where the processes of one user find the bus without being handed it. It trusts
//! that user: whoever runs as him can write all of it, and make it shorter under everybody's feet.
//!
//! Each part of a segment, and its directory, is a piece of shared memory `fulmar-USER-BOOT-SEGMENT.FIRST` of its own,
//! where `FIRST` is the part's first word in the directory. Names outlive a process that is killed, so a boot holds a
//! lock for as long as it lives, and the next one removes what belongs to boots whose lock nobody holds.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    io,
    os::{
        fd::OwnedFd,
        unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    },
    path::PathBuf,
};

use rustix::{
    fs::{FallocateFlags, fallocate},
    process::geteuid,
};
use shared_memory::{Shmem, ShmemConf, ShmemError};

use super::{
    Access, BootId, OpenSegment, SegmentError,
    directory::{DIRECTORY_WORDS, Directory, Place},
};
use crate::channel::Region;

/// Where the system keeps memory that has a name.
pub(super) const FOLDER: &str = "/dev/shm";

/// The right of one boot to name memory. The names go with it, although the memory stays for those who mapped it.
///
/// ```
/// use fulmar_bus::segment::*;
/// # let random = std::process::id().into();
/// let boot_id = BootId(random);
/// let (boot, removed) = NamedBoot::begin(boot_id)?;
/// for name in removed {
///     println!("removed {name}, which an engine that was killed left behind");
/// }
/// let mut builder = SegmentBuilder::named(&boot, "market", Access::Read, SegmentOptions::default())?;
/// let region = builder.add("market.simulated:BTCUSDT", 1000)?;
/// let segment = builder.seal()?;
/// let found = OpenSegment::find(boot_id, "market", Access::Read)?;
/// assert!(found.part("market.simulated:BTCUSDT").is_some());
/// # Ok::<(), SegmentError>(())
/// ```
#[derive(Debug)]
pub struct NamedBoot {
    boot_id: BootId,
    /// Locked until it is closed, which the system does for a process that is killed.
    _lock: File,
}

impl NamedBoot {
    /// Removes what engines of this user left that are gone, and begins to name memory for the boot. Gives the names of
    /// what was removed.
    ///
    /// # Errors
    /// [`SegmentError::NoNames`] where the system has no place for such memory, [`SegmentError::NamesFull`] where there
    /// is no room; [`SegmentError::System`] where the boot began already.
    pub fn begin(boot_id: BootId) -> Result<(Self, Vec<String>), SegmentError> {
        let system = |doing| move |source| SegmentError::of_names(doing, 0, source);
        // One boot at a time cleans, or one would take what another is just beginning for left behind. It stays.
        let all = lock_file(&path_of("boots.lock")).map_err(system("open the lock of all boots"))?;
        all.lock().map_err(system("lock the lock of all boots"))?;
        let is_stale = |boot: &str| is_alive(boot).map(|is_alive| !is_alive);
        let removed = remove_names(is_stale).map_err(system("remove what an engine left"))?;
        let lock_path = path_of(&format!("{boot_id}.lock"));
        let lock = lock_file(&lock_path).map_err(system("open the lock of this boot"))?;
        lock.try_lock().map_err(io::Error::from).map_err(system("lock the lock of this boot"))?;
        Ok((NamedBoot { boot_id, _lock: lock }, removed))
    }

    /// Which boot it is.
    pub fn boot_id(&self) -> BootId {
        self.boot_id
    }
}

impl Drop for NamedBoot {
    fn drop(&mut self) {
        // What cannot be removed, the next boot removes.
        let boot_id = self.boot_id.to_string();
        let _ = remove_names(|boot| Ok(boot == boot_id));
    }
}

/// Shows how its names begin.
impl fmt::Display for NamedBoot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{FOLDER}/{}{}", prefix_of(geteuid().as_raw()), self.boot_id)
    }
}

/// Makes one piece of memory of whole pages, all of them there, and gives a handle on it too.
pub(super) fn create(name: &str, word_count: usize) -> Result<(Region, OwnedFd), SegmentError> {
    let bytes = word_count * size_of::<u64>();
    let system = |doing| move |source| SegmentError::of_names(doing, bytes, source);
    let memory = ShmemConf::new().os_id(format!("/{name}")).size(bytes).create();
    let memory = memory.map_err(|error| system("make shared memory with a name")(io_error(error)))?;
    // It was made without pages; a touch of one that there is no memory for would end in a signal.
    let file = File::options().read(true).write(true).open(format!("{FOLDER}/{name}"));
    let file = file.map_err(system("open shared memory with a name"))?;
    fallocate(&file, FallocateFlags::empty(), 0, bytes as u64)
        .map_err(|error| system("take shared memory with a name")(error.into()))?;
    let region = Region::of_named(memory, word_count, Access::Write).ok_or(SegmentError::NoSegment)?;
    Ok((region, file.into()))
}

/// What a piece of memory is called.
pub(super) fn name_of(user: u32, boot_id: BootId, segment: &str, first: usize) -> String {
    format!("{}{boot_id}-{segment}.{first:x}", prefix_of(user))
}

/// True where a segment can have this name.
pub(super) fn can_be_named(segment: &str) -> bool {
    !segment.contains('/')
}

impl OpenSegment {
    /// Finds the segment that a boot of an engine of this user made under a name.
    ///
    /// # Errors
    /// [`SegmentError`] where there is none, or one that another build made.
    pub fn find(boot_id: BootId, segment: &str, access: Access) -> Result<Self, SegmentError> {
        let user = geteuid().as_raw();
        let start = open(&name_of(user, boot_id, segment, 0), DIRECTORY_WORDS, Access::Read)?;
        Self::of_named(&start, user, access)
    }

    /// The segment whose directory stands in `start`, and was made by `user`.
    pub(super) fn of_named(start: &Region, user: u32, access: Access) -> Result<Self, SegmentError> {
        let directory = Directory::read(start, Place::Named)?;
        let (boot_id, segment) = (directory.boot_id, directory.name);
        let part = |range: &std::ops::Range<usize>| {
            open(&name_of(user, boot_id, segment.as_str(), range.start), range.len(), access)
        };
        let regions = directory.parts.iter().map(|(_, range)| part(range)).collect::<Result<_, _>>()?;
        Ok(OpenSegment { directory, regions })
    }
}

fn open(name: &str, word_count: usize, access: Access) -> Result<Region, SegmentError> {
    let memory: Shmem =
        ShmemConf::new().os_id(format!("/{name}")).open().map_err(|error| match io_error(error) {
            // The folder is there, or nobody would have given us the name.
            source if source.kind() == io::ErrorKind::NotFound => {
                SegmentError::System { doing: "open shared memory with a name", source }
            }
            source => SegmentError::of_names("open shared memory with a name", 0, source),
        })?;
    Region::of_named(memory, word_count, access).ok_or(SegmentError::Directory)
}

/// Removes all names of the boots of this user that are to go.
fn remove_names(is_to_go: impl Fn(&str) -> io::Result<bool>) -> io::Result<Vec<String>> {
    let user = geteuid().as_raw();
    let mut removed = Vec::new();
    let mut found = fs::read_dir(FOLDER)?.collect::<Result<Vec<_>, _>>()?;
    // Locks last, so that who is killed here leaves something to go by.
    found.sort_by_key(|entry| (entry.file_name().as_encoded_bytes().ends_with(b".lock"), entry.file_name()));
    for entry in found {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(boot) = name.strip_prefix(&prefix_of(user)).and_then(|rest| rest.get(..32)) else {
            continue;
        };
        let is_ours = entry.metadata().is_ok_and(|found| found.uid() == user);
        if !is_ours || !is_to_go(boot)? {
            continue;
        }
        match fs::remove_file(entry.path()) {
            Ok(()) => removed.push(name),
            // Its boot was just ending, and did so itself.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

/// True where somebody holds the lock of a boot.
fn is_alive(boot: &str) -> io::Result<bool> {
    match File::open(path_of(&format!("{boot}.lock"))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
        Ok(lock) => match lock.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        },
    }
}

fn lock_file(path: &PathBuf) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn path_of(name: &str) -> PathBuf {
    PathBuf::from(FOLDER).join(format!("{}{name}", prefix_of(geteuid().as_raw())))
}

fn prefix_of(user: u32) -> String {
    format!("fulmar-{user}-")
}

/// The number of the system's behind an error of the crate, where it has one.
fn io_error(error: ShmemError) -> io::Error {
    use ShmemError::{MapCreateFailed, MapOpenFailed, MappingIdExists, UnknownOsError};
    match error {
        MapCreateFailed(number) | MapOpenFailed(number) | UnknownOsError(number) => {
            i32::try_from(number).map_or_else(io::Error::other, io::Error::from_raw_os_error)
        }
        MappingIdExists => io::ErrorKind::AlreadyExists.into(),
        other => io::Error::other(other.to_string()),
    }
}
