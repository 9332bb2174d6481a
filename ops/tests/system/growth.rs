//! Waits for a journal to grow, without looking in vain and without sleeping.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use fulmar_bus::record::{ExecutionReport, ExecutionType, Record, StrategyId};
use fulmar_engine::journal::JournalReader;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

use super::program::PATIENCE;

/// A journal that is being written.
pub struct Growth {
    folder: PathBuf,
    changes: OwnedFd,
}

impl Growth {
    /// Watches `folder` from now on; it is made where it is not there.
    pub fn of(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("the folder can be made");
        let changes = init(CreateFlags::CLOEXEC).expect("the system watches folders");
        let flags = WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::MOVED_TO;
        add_watch(&changes, folder, flags).expect("the folder is there");
        Growth { folder: folder.to_owned(), changes }
    }

    /// Waits until the journal tells that a venue took an order: by then every part of the engine has run.
    pub fn until_order_accepted(&self) {
        self.until(|| has_accepted_order(&self.folder, |_| true));
    }

    /// The same of an order of the strategy with this number in the configuration.
    pub fn until_order_accepted_of(&self, strategy_id: StrategyId) {
        self.until(|| has_accepted_order(&self.folder, |report| report.strategy_id == strategy_id));
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

/// True once the journal tells that a venue took an order that is meant.
fn has_accepted_order(journal: &Path, is_meant: impl Fn(&ExecutionReport) -> bool) -> bool {
    // Until its head is on disk there is no journal to open.
    let Ok(mut reader) = JournalReader::open(journal) else { return false };
    let mut record = Record::new();
    while let Ok(Some(_)) = reader.next(&mut record) {
        let report = record.read::<ExecutionReport>();
        if report.is_ok_and(|report| report.execution == ExecutionType::Accepted && is_meant(report)) {
            return true;
        }
    }
    false
}

/// Waits until a descriptor has something to tell.
pub fn await_readable(descriptor: &OwnedFd) {
    let patience = Timespec::try_from(PATIENCE).expect("it is short");
    let ready = poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&patience));
    assert_eq!(ready.expect("it is open"), 1, "nothing happened for {PATIENCE:?}");
}
