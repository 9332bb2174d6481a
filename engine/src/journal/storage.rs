//! What a writer asks of the disk. The one true storage is [`Disk`]; tests put a failing one in its place.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use rustix::fs::FallocateFlags;

use super::segment::{new_segment_path, segment_path};

/// A directory that segments are made in.
pub(super) trait Storage: Send {
    /// Makes the file that becomes segment `number`: `bytes` zeros under a name that no reader takes for a segment.
    /// What an earlier attempt left under that name is removed.
    fn create(&mut self, number: u32, bytes: u64) -> io::Result<Box<dyn SegmentFile>>;

    /// Gives the file its name as a segment, durably.
    fn publish(&mut self, number: u32) -> io::Result<()>;
}

/// One file that a writer writes.
pub(super) trait SegmentFile: Send {
    /// Writes some bytes at `offset` and says how many: at least one, at most all.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Waits until all that was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file.
    fn truncate(&mut self, bytes: u64) -> io::Result<()>;
}

/// A directory of the file system.
#[derive(Debug)]
pub(super) struct Disk {
    pub dir: PathBuf,
}

impl Storage for Disk {
    fn create(&mut self, number: u32, bytes: u64) -> io::Result<Box<dyn SegmentFile>> {
        let path = new_segment_path(&self.dir, number);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = File::options().write(true).create_new(true).open(&path)?;
        let zeros = match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes) {
            // A file system that cannot preallocate still gives zeros; a full disk then shows at a write.
            Err(rustix::io::Errno::OPNOTSUPP) => file.set_len(bytes),
            outcome => outcome.map_err(io::Error::from),
        };
        if let Err(error) = zeros {
            // What a full disk gave before it refused goes back to it.
            fs::remove_file(&path)?;
            return Err(error);
        }
        Ok(Box::new(file))
    }

    fn publish(&mut self, number: u32) -> io::Result<()> {
        fs::rename(new_segment_path(&self.dir, number), segment_path(&self.dir, number))?;
        File::open(&self.dir)?.sync_all()
    }
}

impl SegmentFile for File {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }
}
