//! How far a reader of a market channel may believe the book that it builds.
//!
//! The feed says when a book is live. That is true of the whole stream: a reader that lost some of it must wait for a
//! whole snapshot, whatever it hears until then.

use fulmar_bus::record::SyncState;

/// The belief of one reader in one book.
///
/// ```
/// use fulmar_bus::record::SyncState;
/// use fulmar_engine::market::belief::Belief;
/// let mut belief = Belief::new();
/// belief.lose();
/// assert!(!belief.hear(SyncState::Live), "it was overtaken inside a snapshot: what it has is no book");
/// belief.begin_snapshot();
/// assert!(belief.hear(SyncState::Live) && belief.is_live());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belief {
    state: SyncState,
    awaits_snapshot: bool,
}

impl Belief {
    /// Nothing was heard yet.
    pub const fn new() -> Self {
        Belief { state: SyncState::Syncing, awaits_snapshot: false }
    }

    /// The feed says `state`; false where this reader knows better.
    pub fn hear(&mut self, state: SyncState) -> bool {
        if self.awaits_snapshot && state == SyncState::Live {
            return false;
        }
        self.state = state;
        true
    }

    /// A whole snapshot begins: what was missed before it no longer matters.
    pub fn begin_snapshot(&mut self) {
        if self.awaits_snapshot {
            self.awaits_snapshot = false;
            self.state = SyncState::Syncing;
        }
    }

    /// Something is missing, or cannot be right: nothing is believed until the next snapshot.
    pub fn lose(&mut self) {
        self.state = SyncState::Desynced;
        self.awaits_snapshot = true;
    }

    /// True where levels are to be applied.
    pub fn takes_levels(&self) -> bool {
        !self.awaits_snapshot && self.state != SyncState::Desynced
    }

    /// True where the book is the venue's.
    pub fn is_live(&self) -> bool {
        self.state == SyncState::Live
    }

    /// How far the book can be believed.
    pub const fn state(&self) -> SyncState {
        self.state
    }
}

impl Default for Belief {
    fn default() -> Self {
        Self::new()
    }
}
