//! The output hash: each channel hashed in its own order, then combined by the channels' names.
//!
//! What is hashed of a record is all but its own id: kind, flags, instrument, cause, time and payload. The algorithm is
//! fixed (XXH3-64 of the bytes, chained by a multiply), so a hash from any build, machine and placement compares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fulmar_bus::record::Record;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// The golden-ratio multiplier that chains the records of a channel.
const CHAIN_MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// The running hash of one channel, held by its only writer.
#[derive(Debug)]
pub struct Digest {
    hash: u64,
    record_count: u64,
    shown: Arc<Shown>,
}

/// What others may see of a digest, at any time.
#[derive(Debug, Default)]
struct Shown {
    hash: AtomicU64,
    record_count: AtomicU64,
}

/// The digests of all channels that count, by name.
#[derive(Debug, Default)]
pub struct DigestBoard {
    channels: Vec<(String, Arc<Shown>)>,
}

impl Digest {
    /// Takes one more record of the channel.
    pub fn add(&mut self, record: &Record) {
        let words = record.words();
        let body = xxh3_64(&record.bytes()[16..]);
        self.hash = (self.hash.rotate_left(23) ^ body ^ words[0]).wrapping_mul(CHAIN_MULTIPLIER);
        self.record_count += 1;
        self.shown.hash.store(self.hash, Ordering::Relaxed);
        self.shown.record_count.store(self.record_count, Ordering::Relaxed);
    }
}

impl DigestBoard {
    /// A digest for the channel `name`.
    ///
    /// # Panics
    /// Where the name has one already: two writers of one channel are a bug.
    pub fn add(&mut self, name: &str) -> Digest {
        assert!(self.channels.iter().all(|(known, _)| known != name), "two channels are called {name}");
        let shown = Arc::new(Shown::default());
        self.channels.push((name.to_owned(), Arc::clone(&shown)));
        Digest { hash: 0, record_count: 0, shown }
    }

    /// The output hash of all channels as they stand. Exact once every writer stands still.
    pub fn output_hash(&self) -> u64 {
        let mut channels: Vec<_> = self.channels.iter().collect();
        channels.sort_by(|a, b| a.0.cmp(&b.0));
        let mut hasher = Xxh3::new();
        for (name, shown) in channels {
            hasher.update(name.as_bytes());
            hasher.update(&[0]);
            hasher.update(&shown.record_count.load(Ordering::Relaxed).to_le_bytes());
            hasher.update(&shown.hash.load(Ordering::Relaxed).to_le_bytes());
        }
        hasher.digest()
    }

    /// Name, records and hash of each channel, by name.
    pub fn channels(&self) -> Vec<(String, u64, u64)> {
        let mut channels: Vec<_> = self
            .channels
            .iter()
            .map(|(name, shown)| {
                let record_count = shown.record_count.load(Ordering::Relaxed);
                (name.clone(), record_count, shown.hash.load(Ordering::Relaxed))
            })
            .collect();
        channels.sort();
        channels
    }

    /// Records on all channels together.
    pub fn record_count(&self) -> u64 {
        self.channels.iter().map(|(_, shown)| shown.record_count.load(Ordering::Relaxed)).sum()
    }
}

/// One hash of several runs, in their order; that of a single run is its own.
pub fn combined(hashes: &[u64]) -> u64 {
    if let [only] = hashes {
        return *only;
    }
    let mut hasher = Xxh3::new();
    hashes.iter().for_each(|hash| hasher.update(&hash.to_le_bytes()));
    hasher.digest()
}
