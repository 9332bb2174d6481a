//! What a full ring refused: the one thing beside a merge that timing decides, and therefore noted.
//!
//! Whether a gated ring has room depends on how far its readers came, which a replay does not know. So each look of an
//! actor at the room of one of its outboxes has a number, and the looks that found none are noted with the turn. A
//! replay's rings always have room, and refuse what was refused live. Nothing here waits, or costs the tick path more
//! than a flag that is never written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fulmar_bus::record::ChannelId;

/// Looks at one channel, one after the other, that found no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The channel.
    pub channel: ChannelId,
    /// The number of the first of these looks, among all that its writer took.
    pub first_look: u64,
    /// How many they were.
    pub look_count: u16,
}

impl Refusal {
    fn has(&self, channel: ChannelId, look: u64) -> bool {
        let looks = self.first_look..self.first_look + u64::from(self.look_count);
        self.channel == channel && looks.contains(&look)
    }
}

/// The refusals of one actor's turn. A clone is another handle: the actor's outboxes hold one each, and the runtime
/// one, on the same thread.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    ledger: Arc<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    is_scripted: AtomicBool,
    has_any: AtomicBool,
    refusals: Mutex<Vec<Refusal>>,
}

impl Refusals {
    /// What was refused in this turn; forgets it.
    pub fn take(&self) -> Vec<Refusal> {
        // PAIRS WITH: nothing, as for every flag here: its writer is this thread.
        if !self.ledger.has_any.swap(false, Ordering::Relaxed) {
            return Vec::new();
        }
        std::mem::take(&mut self.lock())
    }

    /// True where something was refused in this turn.
    pub fn has_any(&self) -> bool {
        self.ledger.has_any.load(Ordering::Relaxed)
    }

    /// From now on, exactly these looks find no room.
    pub fn script(&self, refusals: &[Refusal]) {
        self.ledger.is_scripted.store(true, Ordering::Relaxed);
        self.lock().clear();
        self.lock().extend_from_slice(refusals);
    }

    /// Whether a look finds room, where `has_room` says what is true of the ring.
    ///
    /// # Panics
    /// Where a replay's ring has no room for what the run had room for.
    #[inline]
    pub(super) fn judge(&self, channel: ChannelId, look: u64, has_room: bool) -> bool {
        if has_room && !self.ledger.is_scripted.load(Ordering::Relaxed) {
            return true;
        }
        self.refuse(channel, look, has_room)
    }

    #[cold]
    fn refuse(&self, channel: ChannelId, look: u64, has_room: bool) -> bool {
        if self.ledger.is_scripted.load(Ordering::Relaxed) {
            let is_refused = self.lock().iter().any(|refusal| refusal.has(channel, look));
            assert!(is_refused || has_room, "a replay's channel was too small for the run that it plays");
            return !is_refused;
        }
        self.ledger.has_any.store(true, Ordering::Relaxed);
        let mut refusals = self.lock();
        match refusals.last_mut() {
            Some(last)
                if last.look_count < u16::MAX
                    && Refusal { look_count: last.look_count + 1, ..*last }.has(channel, look) =>
            {
                last.look_count += 1;
            }
            _ => refusals.push(Refusal { channel, first_look: look, look_count: 1 }),
        }
        false
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Refusal>> {
        self.ledger.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ChannelId = ChannelId(1);
    const B: ChannelId = ChannelId(2);

    #[test]
    fn looks_that_follow_each_other_make_one_refusal() {
        let live = Refusals::default();
        assert!(live.judge(A, 1, true));
        assert!(!live.judge(A, 2, false) && !live.judge(A, 3, false) && !live.judge(B, 1, false));
        assert!(!live.judge(A, 5, false));
        let refusal = |channel, first_look, look_count| Refusal { channel, first_look, look_count };
        assert_eq!(live.take(), [refusal(A, 2, 2), refusal(B, 1, 1), refusal(A, 5, 1)]);
        assert_eq!((live.take(), live.has_any()), (vec![], false));
    }

    #[test]
    fn a_script_refuses_the_same_looks_whatever_room_there_is() {
        let live = Refusals::default();
        let rooms = [true, false, false, true, false, true];
        let looks = |refusals: &Refusals, rooms: [bool; 6]| {
            (1..).zip(rooms).map(|(look, has_room)| refusals.judge(A, look, has_room)).collect::<Vec<_>>()
        };
        assert_eq!(looks(&live, rooms), rooms);
        let replay = Refusals::default();
        replay.script(&live.take());
        assert_eq!(looks(&replay, [true; 6]), rooms);
        replay.script(&[]);
        assert_eq!(looks(&replay, [true; 6]), [true; 6]);
    }

    #[test]
    #[should_panic = "too small"]
    fn a_replay_without_room_does_not_go_on() {
        let replay = Refusals::default();
        replay.script(&[]);
        replay.judge(A, 1, false);
    }
}
