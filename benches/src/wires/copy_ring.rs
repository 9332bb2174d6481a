//! The least that a ring of records can do whose writer waits for nobody: mark a slot, copy a record into it, say that
//! it is there; see that, copy it out, and look whether it still stood.
//!
//! It has slots as large and as many as the engine's. Its records have no header and one length, nobody finds them by a
//! sequence or joins later, and where it is overtaken it is lost: what the engine's ring costs beside it is the price
//! of those, and of making the header.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{Ordering, fence};

use fulmar::bench::far::{Far, Wire};
use fulmar::bench::measure::{End, wait_until};
use fulmar_bus::channel::{Region, Words};

use super::{Laid, directions};

const SLOT_COUNT: usize = 1 << 15;
/// Words of a slot: its number, and what it carries.
const SLOT_WORDS: usize = 8;

/// One side of two rings.
pub struct CopyRing {
    outgoing: Region,
    incoming: Region,
    sent: usize,
    received: usize,
}

fn ring(path: &Path) -> anyhow::Result<Region> {
    Ok(Region::map_file(path, SLOT_COUNT * SLOT_WORDS)?)
}

fn at(position: usize) -> usize {
    position % SLOT_COUNT * SLOT_WORDS
}

impl Laid for CopyRing {
    fn near(place: &Path, start: impl FnOnce() -> anyhow::Result<Far>) -> anyhow::Result<(Self, Far)> {
        let [there, back] = directions(place);
        let near = CopyRing { outgoing: ring(&there)?, incoming: ring(&back)?, sent: 0, received: 0 };
        Ok((near, start()?))
    }

    fn far(place: &Path) -> anyhow::Result<Self> {
        let [there, back] = directions(place);
        Ok(CopyRing { outgoing: ring(&back)?, incoming: ring(&there)?, sent: 0, received: 0 })
    }
}

impl Wire for CopyRing {
    fn send_numbered(&mut self, number: u64) {
        let at = at(self.sent);
        self.outgoing.store(at, 0, Ordering::Relaxed);
        // PAIRS WITH: the acquire fence in `receive_numbered`.
        fence(Ordering::Release);
        self.outgoing.store_relaxed(at + 1, &black_box([number; SLOT_WORDS - 1]));
        self.sent += 1;
        // PAIRS WITH: the acquire load in `receive_numbered`.
        self.outgoing.store(at, self.sent as u64, Ordering::Release);
    }

    fn receive_numbered(&mut self) -> u64 {
        let at = at(self.received);
        self.received += 1;
        // PAIRS WITH: the release store in `send_numbered`.
        wait_until(|| self.incoming.load(at, Ordering::Acquire) == self.received as u64);
        let mut record = [0; SLOT_WORDS - 1];
        self.incoming.load_relaxed(at + 1, &mut record);
        // PAIRS WITH: the release fence in `send_numbered`.
        fence(Ordering::Acquire);
        let still = self.incoming.load(at, Ordering::Relaxed);
        assert_eq!(still, self.received as u64, "the writer is never a whole ring ahead");
        black_box(record)[0]
    }
}

impl End for CopyRing {
    fn send(&mut self) {
        self.send_numbered(0);
    }

    fn receive(&mut self) {
        self.receive_numbered();
    }
}
