//! How a venue numbers the updates of a book, and what follows what.

/// What a venue says to prove one update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Number of the first change in it.
    pub first: u64,
    /// Number of the last change in it, and of the book once it is applied.
    pub last: u64,
    /// `last` of the update before it, where the venue says so; zero elsewhere.
    pub previous: u64,
    /// The venue's checksum of the book once it is applied, where it sends one.
    pub checksum: Option<u32>,
}

impl Span {
    /// An update, or a snapshot, of a venue that gives each one number.
    pub const fn numbered(number: u64) -> Self {
        Span { first: number, last: number, previous: 0, checksum: None }
    }
}

/// Which rule of continuity a venue promises.
///
/// A venue with another rule is a variant here and an arm in the functions below; the state machine does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncRule {
    /// Changes are numbered without a hole: an update must not begin past the one after the last. Snapshots are asked
    /// for, and joined to the stream.
    Range,
    /// Each update names the one before it. Snapshots are asked for, and joined to the stream.
    Chain,
    /// Each update has the number after the last one's. Snapshots come in the stream, whenever the venue likes.
    Step,
    /// Each update names the one before it, and numbers may begin anew. Snapshots come in the stream. Assumed, since
    /// the documentation was read in part alone: that where numbers begin anew, the first update still names the last
    /// of before, and that one without a change names itself. Where it is otherwise books break with a gap and come
    /// anew.
    Link,
    /// Updates have no numbers of their own: what carries them has, or a checksum proves each. Snapshots come in the
    /// stream.
    Ordered,
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
    /// Where the update stands from a book whose last update was `last`.
    ///
    /// Updates are sent in order over one connection: one that repeats the last is a duplicate, and one that lies
    /// before it a break as much as one that lies past the next. Were it let pass, a single number that is wrong, or a
    /// venue that begins to count anew, would silence a book for good.
    pub fn follow(self, last: Span, update: Span) -> Place {
        match self {
            SyncRule::Range | SyncRule::Chain if update.last < last.last => Place::Beyond,
            SyncRule::Range if update.last == last.last => Place::Behind,
            SyncRule::Range if update.first <= last.last.saturating_add(1) => Place::Next,
            SyncRule::Chain if update.previous == last.last => Place::Next,
            SyncRule::Chain if update.last == last.last => Place::Behind,
            SyncRule::Step if update.last == last.last.wrapping_add(1) => Place::Next,
            SyncRule::Step if update.last == last.last => Place::Behind,
            SyncRule::Link if update.previous == last.last => Place::Next,
            SyncRule::Link if update == last => Place::Behind,
            SyncRule::Ordered => Place::Next,
            _ => Place::Beyond,
        }
    }

    /// Where the update stands from a snapshot that was asked for and holds everything up to `snapshot`. It may be
    /// older than that: the two came on different ways.
    pub fn join(self, snapshot: Span, update: Span) -> Place {
        match self {
            SyncRule::Range | SyncRule::Chain if update.last < snapshot.last => Place::Behind,
            SyncRule::Chain if update.first <= snapshot.last || update.previous == snapshot.last => {
                Place::Next
            }
            SyncRule::Chain => Place::Beyond,
            _ => self.follow(snapshot, update),
        }
    }

    /// True where the numbers of updates say whether one is missing.
    pub const fn is_numbered(self) -> bool {
        !matches!(self, SyncRule::Ordered)
    }

    /// True where snapshots come in the stream, each in its place: what comes before one is of no use.
    pub const fn is_streamed(self) -> bool {
        matches!(self, SyncRule::Step | SyncRule::Link | SyncRule::Ordered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: u64, last: u64, previous: u64) -> Span {
        Span { first, last, previous, checksum: None }
    }

    #[test]
    fn a_range_begins_at_the_latest_after_the_last() {
        let follow = |first, last| SyncRule::Range.follow(Span::numbered(100), span(first, last, 0));
        assert_eq!(follow(101, 105), Place::Next);
        assert_eq!(follow(95, 105), Place::Next, "what it repeats is absolute, so harmless");
        assert_eq!(follow(95, 100), Place::Behind);
        assert_eq!(follow(90, 99), Place::Beyond, "a connection keeps its order");
        assert_eq!(follow(102, 105), Place::Beyond);
        assert_eq!(SyncRule::Range.follow(Span::numbered(u64::MAX), span(1, u64::MAX, 0)), Place::Behind);
    }

    #[test]
    fn a_chain_names_the_last() {
        let follow = |previous, last| SyncRule::Chain.follow(Span::numbered(100), span(101, last, previous));
        assert_eq!(follow(100, 130), Place::Next);
        assert_eq!(follow(101, 130), Place::Beyond, "a first number that fits is no link");
        assert_eq!(follow(90, 100), Place::Behind);
        assert_eq!(follow(90, 99), Place::Beyond, "a connection keeps its order");
    }

    #[test]
    fn a_range_joins_a_snapshot_that_lies_in_it_or_at_its_edge() {
        let join = |first, last| SyncRule::Range.join(Span::numbered(100), span(first, last, 0));
        assert_eq!(join(90, 99), Place::Behind, "it may be older than the snapshot");
        assert_eq!(join(90, 100), Place::Behind);
        assert_eq!(join(101, 120), Place::Next);
        assert_eq!(join(102, 120), Place::Beyond);
    }

    #[test]
    fn a_chain_joins_a_snapshot_that_lies_in_it_or_at_its_edge() {
        let join =
            |first, last, previous| SyncRule::Chain.join(Span::numbered(100), span(first, last, previous));
        assert_eq!(join(90, 99, 80), Place::Behind);
        assert_eq!(join(90, 100, 80), Place::Next, "the boundary case: applied again without harm");
        assert_eq!(join(90, 120, 80), Place::Next);
        assert_eq!(join(105, 120, 100), Place::Next, "the update that ended at the snapshot was not seen");
        assert_eq!(join(105, 120, 104), Place::Beyond);
    }

    #[test]
    fn a_step_is_one_and_a_repetition_is_known_by_its_number() {
        let follow = |number| SyncRule::Step.follow(Span::numbered(100), Span::numbered(number));
        assert_eq!(follow(101), Place::Next);
        assert_eq!(follow(100), Place::Behind);
        assert_eq!(follow(102), Place::Beyond);
        assert_eq!(follow(99), Place::Beyond, "a connection keeps its order, so it is a break too");
    }

    #[test]
    fn a_link_counts_and_not_the_number() {
        let last = span(0, 100, 90);
        let follow = |previous, number| SyncRule::Link.follow(last, span(0, number, previous));
        assert_eq!(follow(100, 140), Place::Next);
        assert_eq!(follow(100, 100), Place::Next, "nothing changed for a while");
        assert_eq!(follow(100, 3), Place::Next, "the venue began to count anew");
        assert_eq!(follow(90, 100), Place::Behind, "the same again");
        assert_eq!(follow(101, 140), Place::Beyond);
        assert_eq!(follow(4, 5), Place::Beyond, "the venue began anew, and that update was lost");
    }
}
