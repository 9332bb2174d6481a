//! Waits for a journal to grow, without looking in vain and without sleeping.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use fulmar_bus::record::{ExecutionReport, ExecutionType, Record, StrategyId};
use fulmar_engine::journal::JournalReader;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

use super::program::{PATIENCE, now};

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
        self.until_more_orders_than(0);
    }

    /// The same of an order of the strategy with this number in the configuration.
    pub fn until_order_accepted_of(&self, strategy_id: StrategyId) {
        let is_of = |report: &ExecutionReport| report.strategy_id == strategy_id;
        self.until(|| self.accepted_orders_that(is_of) > 0);
    }

    /// Waits until it tells of more orders that a venue took.
    pub fn until_more_orders_than(&self, count: usize) {
        self.until(|| self.accepted_orders() > count);
    }

    /// Orders that a venue took, as far as the journal tells by now.
    pub fn accepted_orders(&self) -> usize {
        self.accepted_orders_that(|_| true)
    }

    fn accepted_orders_that(&self, is_meant: impl Fn(&ExecutionReport) -> bool) -> usize {
        count(&self.folder, |record| {
            let report = record.read::<ExecutionReport>();
            report.is_ok_and(|report| report.execution == ExecutionType::Accepted && is_meant(report))
        })
    }

    /// Waits until it has so many entries more.
    pub fn until_longer_by(&self, entries: usize) {
        let wanted = count(&self.folder, |_| true) + entries;
        self.until(|| count(&self.folder, |_| true) >= wanted);
    }

    /// Waits until `is_reached`; looks again after each change.
    pub fn until(&self, mut is_reached: impl FnMut() -> bool) {
        let mut told = [0; 1 << 16];
        let deadline = now() + PATIENCE;
        while !is_reached() {
            assert!(now() < deadline, "the journal grew for {PATIENCE:?}, and not to what was awaited");
            await_readable(&self.changes);
            rustix::io::read(&self.changes, &mut told).expect("a change can be read");
        }
    }
}

/// How many entries of a journal are of a kind, as far as it goes by now.
fn count(journal: &Path, is_of_kind: impl Fn(&Record) -> bool) -> usize {
    // Until its head is on disk there is no journal to open.
    let Ok(mut reader) = JournalReader::open(journal) else { return 0 };
    let (mut record, mut count) = (Record::new(), 0);
    while let Ok(Some(_)) = reader.next(&mut record) {
        count += usize::from(is_of_kind(&record));
    }
    count
}

/// Waits until a descriptor has something to tell.
pub fn await_readable(descriptor: &OwnedFd) {
    let patience = Timespec::try_from(PATIENCE).expect("it is short");
    let ready = poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&patience));
    assert_eq!(ready.expect("it is open"), 1, "nothing happened for {PATIENCE:?}");
}
