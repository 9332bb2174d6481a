//! Waits for a folder's files to change, without looking in vain and without sleeping.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

use super::program::PATIENCE;

/// What changes in one folder.
pub struct Growth {
    changes: OwnedFd,
}

impl Growth {
    /// Watches `folder` from now on.
    pub fn of(folder: &Path) -> Self {
        let changes = init(CreateFlags::CLOEXEC).expect("the system watches folders");
        let flags = WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::MOVED_TO;
        add_watch(&changes, folder, flags).expect("the folder is there");
        Growth { changes }
    }

    /// Waits until `is_reached`; looks again after each change.
    pub fn until(&self, mut is_reached: impl FnMut() -> bool) {
        let mut told = [0; 1 << 16];
        while !is_reached() {
            await_readable(&self.changes);
            rustix::io::read(&self.changes, &mut told).expect("a change can be read");
        }
    }
}

/// Waits until a descriptor has something to tell.
pub fn await_readable(descriptor: &OwnedFd) {
    let patience = Timespec::try_from(PATIENCE).expect("it is short");
    let ready = poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&patience));
    assert_eq!(ready.expect("it is open"), 1, "nothing happened for {PATIENCE:?}");
}
