//! How a venue numbers the updates of a book, and what follows what.

/// The numbers that a venue gives one update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Number of the first change in it.
    pub first: u64,
    /// Number of the last change in it, and of the book once it is applied.
    pub last: u64,
    /// `last` of the update before it, where the venue says so; zero elsewhere.
    pub previous: u64,
}

/// Which rule of continuity a venue promises.
///
/// A venue with another rule is a variant here and an arm in each of the two functions; the state machine does not
/// change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncRule {
    /// Changes are numbered without a hole: an update must not begin past the one after the last.
    Range,
    /// Each update names the one before it.
    Chain,
}

/// Where an update stands, seen from a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All of it is in the book already.
    Behind,
    /// It is the next one.
    Next,
    /// Something between the book and it is missing.
    Beyond,
}

impl SyncRule {
    /// Where the update stands from a book whose last update had the number `last`.
    pub const fn follow(self, last: u64, update: Span) -> Place {
        match self {
            _ if update.last < last => Place::Behind,
            SyncRule::Range if update.last == last => Place::Behind,
            SyncRule::Range if update.first <= last.saturating_add(1) => Place::Next,
            SyncRule::Chain if update.previous == last => Place::Next,
            SyncRule::Chain if update.last == last => Place::Behind,
            _ => Place::Beyond,
        }
    }

    /// Where the update stands from a snapshot that holds everything up to `snapshot`.
    pub const fn join(self, snapshot: u64, update: Span) -> Place {
        match self {
            SyncRule::Range => self.follow(snapshot, update),
            SyncRule::Chain if update.last < snapshot => Place::Behind,
            SyncRule::Chain if update.first <= snapshot || update.previous == snapshot => Place::Next,
            SyncRule::Chain => Place::Beyond,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: u64, last: u64, previous: u64) -> Span {
        Span { first, last, previous }
    }

    #[test]
    fn a_range_begins_at_the_latest_after_the_last() {
        let follow = |first, last| SyncRule::Range.follow(100, span(first, last, 0));
        assert_eq!(follow(101, 105), Place::Next);
        assert_eq!(follow(95, 105), Place::Next, "what it repeats is absolute, so harmless");
        assert_eq!(follow(95, 100), Place::Behind);
        assert_eq!(follow(102, 105), Place::Beyond);
        assert_eq!(SyncRule::Range.follow(u64::MAX, span(1, u64::MAX, 0)), Place::Behind);
    }

    #[test]
    fn a_chain_names_the_last() {
        let follow = |previous, last| SyncRule::Chain.follow(100, span(101, last, previous));
        assert_eq!(follow(100, 130), Place::Next);
        assert_eq!(follow(101, 130), Place::Beyond, "a first number that fits is no link");
        assert_eq!(follow(90, 100), Place::Behind);
        assert_eq!(follow(90, 99), Place::Behind);
    }

    #[test]
    fn a_chain_joins_a_snapshot_that_lies_in_it_or_at_its_edge() {
        let join = |first, last, previous| SyncRule::Chain.join(100, span(first, last, previous));
        assert_eq!(join(90, 99, 80), Place::Behind);
        assert_eq!(join(90, 100, 80), Place::Next, "the boundary case: applied again without harm");
        assert_eq!(join(90, 120, 80), Place::Next);
        assert_eq!(join(105, 120, 100), Place::Next, "the update that ended at the snapshot was not seen");
        assert_eq!(join(105, 120, 104), Place::Beyond);
    }
}
