//! What the sync of a book counts.

/// What a book did not use, so that nothing is dropped in silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncCounters {
    /// Updates that the book had already: repeated, or older than its snapshot.
    pub updates_behind: u64,
    /// Buffered updates that were dropped since a gap or a break made them useless.
    pub updates_dropped: u64,
    /// Buffered updates that made room for later ones, since more came than are kept while no snapshot did.
    pub updates_flooded: u64,
    /// Snapshots that were older than the first update that waited.
    pub snapshots_stale: u64,
    /// Snapshots that came while the book was live.
    pub snapshots_unasked: u64,
    /// Updates that came before any snapshot, of a venue whose snapshots come in the stream.
    pub updates_unfounded: u64,
    /// Updates after which the venue's checksum was our book's.
    pub checksums_right: u64,
    /// Updates after which it was not.
    pub checksums_wrong: u64,
}

impl SyncCounters {
    /// Tells each by name.
    pub fn tell(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("updates_behind", self.updates_behind);
        tell("updates_dropped", self.updates_dropped);
        tell("updates_flooded", self.updates_flooded);
        tell("snapshots_stale", self.snapshots_stale);
        tell("snapshots_unasked", self.snapshots_unasked);
        tell("updates_unfounded", self.updates_unfounded);
        tell("checksums_right", self.checksums_right);
        tell("checksums_wrong", self.checksums_wrong);
    }
}
