//! Notes: what a core loop drained, in which order, at which time; a few bytes a pass.
//!
//! A merge is the only place where timing picks an order, so a note of every pass that had work is all that a replay
//! needs beside the inputs. The numbers of a turn are `actor`, `pair_count`, then `(inbox, count)` pairs; a turn that a
//! lap ended has `LAP_FLAG` in its pair count and, after the pairs, the inbox and the lost count as four numbers; a
//! turn to which full rings refused something has `REFUSAL_FLAG` and, last, how many refusals and each of them as its
//! channel, its first look as four numbers, and its looks.

use fulmar_bus::record::{ChannelId, Flags, InstrumentId, Note, UnixNanos};
use zerocopy::IntoBytes;

use super::port::{Inboxes, Lap, Origin, Outbox};
use super::refusal::Refusal;

/// Bit of a turn's pair count that says that a lap follows its pairs.
const LAP_FLAG: u16 = 1 << 15;
/// Bit of a turn's pair count that says that refusals follow.
const REFUSAL_FLAG: u16 = 1 << 14;

/// One turn as a note tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedTurn {
    /// What the turn took for `now`.
    pub now: UnixNanos,
    /// Index of the actor.
    pub actor: usize,
    /// (inbox, count) of what it drained.
    pub drained: Vec<(usize, u32)>,
    /// The lap that ended it.
    pub lap: Option<Lap>,
    /// What full rings refused to it.
    pub refusals: Vec<Refusal>,
}

/// Writes the notes of one core loop.
#[derive(Debug)]
pub struct NoteWriter {
    outbox: Outbox,
    numbers: Vec<u16>,
    turn_count: u32,
    refused_count: u64,
}

impl NoteWriter {
    /// Notes go to `outbox`, which no output hash counts.
    pub fn new(outbox: Outbox) -> Self {
        NoteWriter { outbox, numbers: Vec::with_capacity(Note::NUMBERS_MAX), turn_count: 0, refused_count: 0 }
    }

    /// Adds the turn that `actor` has just had at `now`.
    pub fn add(&mut self, now: UnixNanos, actor: u16, inboxes: &Inboxes) {
        let start = self.numbers.len();
        self.numbers.extend([actor, 0]);
        let mut pair_count = 0;
        for (inbox, count) in inboxes.drained() {
            self.numbers.extend([number(inbox), u16::try_from(count).expect("a batch is below 2^16")]);
            pair_count += 1;
        }
        if let Some(lap) = inboxes.lap() {
            pair_count |= LAP_FLAG;
            self.numbers.push(number(lap.inbox));
            self.numbers.extend(words(lap.lost_count));
        }
        if inboxes.refusals().has_any() {
            pair_count |= REFUSAL_FLAG;
            let refusals = inboxes.refusals().take();
            self.numbers.push(number(refusals.len()));
            for refusal in refusals {
                self.numbers.push(refusal.channel.0);
                self.numbers.extend(words(refusal.first_look));
                self.numbers.push(refusal.look_count);
            }
        }
        self.numbers[start + 1] = pair_count;
        if self.numbers.len() > Note::NUMBERS_MAX {
            let turn = self.numbers.split_off(start);
            self.publish(now);
            self.numbers.extend(turn);
        }
        self.turn_count += 1;
    }

    /// Ends the pass: publishes what was added, if anything was.
    pub fn publish(&mut self, now: UnixNanos) {
        if self.turn_count > 0 {
            self.send(now);
        }
    }

    /// Publishes a note of no turn: whoever reads them begins at `now`, or ends.
    pub fn publish_bounds(&mut self, now: UnixNanos) {
        self.publish(now);
        self.send(now);
    }

    fn send(&mut self, now: UnixNanos) {
        if self.numbers.len() > Note::NUMBERS_MAX {
            // One turn that no record holds: hundreds of rings were full at once.
            self.refused_count += 1;
            self.numbers.clear();
            self.turn_count = 0;
            return;
        }
        let number_count = u32::try_from(self.numbers.len()).expect("a record's worth");
        let note = Note { now, turn_count: self.turn_count, number_count };
        let to = (InstrumentId::NONE, Flags::NONE);
        let sent = self.outbox.send_with_tail(Origin::time(now), to, &note, self.numbers.as_bytes());
        self.refused_count += u64::from(sent.is_err());
        self.numbers.clear();
        self.turn_count = 0;
    }

    /// Notes that found no room; a run with any cannot be played again.
    pub fn refused_count(&self) -> u64 {
        self.refused_count
    }
}

/// The turns of a note, in their order.
pub fn turns(note: &Note, numbers: &[u16]) -> Option<Vec<NotedTurn>> {
    let mut turns = Vec::new();
    let mut rest = numbers;
    for _ in 0..note.turn_count {
        let (&[actor, counted], after) = rest.split_first_chunk::<2>()?;
        rest = after;
        let pair_count = usize::from(counted & !(LAP_FLAG | REFUSAL_FLAG));
        let (pairs, after) = rest.split_at_checked(pair_count * 2)?;
        rest = after;
        let drained = pairs.chunks_exact(2).map(|pair| (usize::from(pair[0]), u32::from(pair[1]))).collect();
        let mut lap = None;
        if counted & LAP_FLAG != 0 {
            let (&[inbox, a, b, c, d], after) = rest.split_first_chunk::<5>()?;
            rest = after;
            lap = Some(Lap { inbox: usize::from(inbox), lost_count: whole([a, b, c, d]) });
        }
        let mut refusals = Vec::new();
        if counted & REFUSAL_FLAG != 0 {
            let (refusal_count, after) = rest.split_first()?;
            rest = after;
            for _ in 0..*refusal_count {
                let (&[channel, a, b, c, d, look_count], after) = rest.split_first_chunk::<6>()?;
                rest = after;
                let (channel, first_look) = (ChannelId(channel), whole([a, b, c, d]));
                refusals.push(Refusal { channel, first_look, look_count });
            }
        }
        turns.push(NotedTurn { now: note.now, actor: usize::from(actor), drained, lap, refusals });
    }
    rest.is_empty().then_some(turns)
}

/// A whole number as a note holds it, lowest part first.
fn words(value: u64) -> [u16; 4] {
    [0, 16, 32, 48].map(|shift| u16::try_from(value >> shift & 0xFFFF).expect("sixteen bits"))
}

fn whole(words: [u16; 4]) -> u64 {
    words.iter().rev().fold(0, |value, word| value << 16 | u64::from(*word))
}

fn number(index: usize) -> u16 {
    u16::try_from(index).expect("an actor has far fewer inboxes and refusals than 2^16")
}
