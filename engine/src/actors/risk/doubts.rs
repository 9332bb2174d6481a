//! Differences between what the venue says and what our books say, until they are explained or have stayed for too
//! long. A fill and the statement that it changes come one after the other, so most are gone at once.

use fulmar_bus::record::{InstrumentId, Text, UnixNanos};

use crate::actors::limits::DIFFERENCE_GRACE;

/// Of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// What is held of a derivative.
    Position(InstrumentId),
    /// What an account has of an asset.
    Balance(usize, Text<16>),
}

#[derive(Clone, Copy, Debug)]
struct Doubt {
    subject: Subject,
    difference: i128,
    since: UnixNanos,
    /// It was judged, and stays as long as the difference does.
    is_confirmed: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Doubts(Vec<Doubt>);

impl Doubts {
    /// Room for so many subjects, which is all that there are.
    pub(super) fn new(subjects_max: usize) -> Self {
        Doubts(Vec::with_capacity(subjects_max))
    }

    /// A statement came: so much is the difference now, if there is one. The same as before is as old as it was.
    pub(super) fn note(&mut self, now: UnixNanos, subject: Subject, difference: Option<i128>) {
        let known = self.0.iter().position(|doubt| doubt.subject == subject);
        match (known, difference) {
            (Some(place), None) => {
                self.0.swap_remove(place);
            }
            (Some(place), Some(difference)) if self.0[place].difference == difference => {}
            (known, Some(difference)) => {
                let doubt = Doubt { subject, difference, since: now, is_confirmed: false };
                match known {
                    Some(place) => self.0[place] = doubt,
                    None => self.0.push(doubt),
                }
            }
            (None, None) => {}
        }
    }

    /// When the oldest is to be judged.
    pub(super) fn due_at(&self) -> Option<UnixNanos> {
        let open = self.0.iter().filter(|doubt| !doubt.is_confirmed);
        open.map(|doubt| doubt.since + DIFFERENCE_GRACE).min()
    }

    /// One that is to be judged now.
    pub(super) fn due(&self, now: UnixNanos) -> Option<Subject> {
        let is_due = |doubt: &&Doubt| !doubt.is_confirmed && doubt.since + DIFFERENCE_GRACE <= now;
        self.0.iter().find(is_due).map(|doubt| doubt.subject)
    }

    /// Judges one, by the difference that there is now. True where it is the one that was noted, for all that came
    /// since. Another has been moved by a fill, and the statement that goes with that is still to come.
    pub(super) fn settle(&mut self, subject: Subject, difference: Option<i128>) -> bool {
        let Some(place) = self.0.iter().position(|doubt| doubt.subject == subject) else { return false };
        let is_same = difference == Some(self.0[place].difference);
        if is_same {
            self.0[place].is_confirmed = true;
        } else {
            self.0.swap_remove(place);
        }
        is_same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject = Subject::Position(InstrumentId(3));

    #[test]
    fn a_difference_is_judged_once_when_it_has_stayed_long_enough() {
        let mut doubts = Doubts::new(4);
        let (noted_at, due_at) = (UnixNanos(5), UnixNanos(5) + DIFFERENCE_GRACE);
        doubts.note(noted_at, SUBJECT, Some(7));
        doubts.note(UnixNanos(9), SUBJECT, Some(7));
        assert_eq!(doubts.due_at(), Some(due_at), "the same is as old as it was");
        assert_eq!(doubts.due(UnixNanos(due_at.0 - 1)), None);
        assert_eq!(doubts.due(due_at), Some(SUBJECT));
        assert!(doubts.settle(SUBJECT, Some(7)));
        assert_eq!((doubts.due(due_at), doubts.due_at()), (None, None));
    }

    #[test]
    fn what_a_fill_explains_or_moves_is_no_longer_in_doubt() {
        for now in [None, Some(9)] {
            let mut doubts = Doubts::new(4);
            doubts.note(UnixNanos(5), SUBJECT, Some(7));
            assert!(!doubts.settle(SUBJECT, now));
            assert_eq!(doubts.due_at(), None);
        }
        let mut doubts = Doubts::new(4);
        doubts.note(UnixNanos(5), SUBJECT, Some(7));
        doubts.note(UnixNanos(6), SUBJECT, None);
        assert_eq!(doubts.due_at(), None);
    }
}
