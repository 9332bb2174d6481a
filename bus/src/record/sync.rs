//! How far a book can be believed, and why it became so. No level and no price stands here.

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{Kind, Payload};

/// How far a book can be believed.
/// Told by a [`SyncChange`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, TryFromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(u8)]
pub enum SyncState {
    /// No snapshot yet, or one is being joined to the stream.
    Syncing = 1,
    /// Proven: a snapshot, and every update since, in order.
    Live = 2,
    /// Continuity broke; nothing is applied until a new snapshot.
    Desynced = 3,
}

impl SyncState {
    /// Its name in reports, such as `live`.
    pub const fn name(self) -> &'static str {
        match self {
            SyncState::Syncing => "syncing",
            SyncState::Live => "live",
            SyncState::Desynced => "desynced",
        }
    }
}

/// Why a book became what it is.
/// Told by a [`SyncChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum SyncReason {
    /// The feed began.
    Started = 1,
    /// Snapshot and stream joined.
    Joined = 2,
    /// The venue's numbers do not follow each other.
    Gap = 3,
    /// The connection went away.
    Disconnected = 4,
    /// The venue's checksum is not our book's.
    Checksum = 5,
    /// The best bid is not below the best ask, for longer than it may be.
    Crossed = 6,
    /// Too many updates came while the snapshot did not. No session tells it: one that has no room for all of them
    /// keeps the newest, and where the snapshot does not reach these, it asks for another. The number stays taken.
    Overflow = 7,
    /// A reader lost records.
    Lapped = 8,
    /// A frame could not be read.
    DecodeError = 9,
    /// The instrument's definition changed.
    Redefined = 10,
    /// The connection is open, and nothing came over it for longer than its streams are ever quiet.
    Silent = 11,
    /// The venue began the book anew.
    Reset = 12,
}

/// A book became syncing, live or desynced.
///
/// ```
/// use fulmar_bus::record::{SyncChange, SyncReason, SyncState};
/// let change = SyncChange::new(SyncState::Desynced, SyncReason::Gap, 12, 1, 1);
/// let may_trade = change.state == SyncState::Live;
/// assert!(!may_trade && change.reason == SyncReason::Gap);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SyncChange {
    /// The venue's number of the last update that was applied, zero where none was.
    pub update_id: u64,
    /// Gaps of this instrument so far.
    pub gap_count: u32,
    /// Times that it had to sync anew so far.
    pub resync_count: u32,
    /// From now on.
    pub state: SyncState,
    /// Why.
    pub reason: SyncReason,
    reserved: [u8; 6],
}

impl SyncChange {
    /// The book is `state` from now on, because of `reason`.
    pub const fn new(
        state: SyncState,
        reason: SyncReason,
        update_id: u64,
        gap_count: u32,
        resync_count: u32,
    ) -> Self {
        SyncChange { update_id, gap_count, resync_count, state, reason, reserved: [0; 6] }
    }
}

impl Payload for SyncChange {
    const KIND: Kind = Kind::SyncChange;
}
