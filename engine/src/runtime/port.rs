//! What an actor holds in its hands: [`Inboxes`] that it drains and [`Outbox`]es that it publishes to.
//!
//! The inboxes of an actor are drained in their fixed order, each up to its allowance of the turn. Live, the allowance
//! is a batch and the runtime notes what was drained; in a replay the allowance is what the note says. The actor cannot
//! tell the difference, which is why it comes to the same result.

use fulmar_bus::channel::{Full, Poll, Reader, Writer};
use fulmar_bus::record::{ChannelId, Flags, Heading, InstrumentId, Payload, Record, RecordId, UnixNanos};

use super::digest::Digest;
use super::doorbell::Doorbell;
use super::hops::{Arrival, Station};
use super::note::NotedTurn;
use super::refusal::Refusals;

/// What a record comes of: the input that it goes back to, when that reached this machine, and the record at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The input.
    pub cause: RecordId,
    /// When it reached this machine.
    pub received_at: UnixNanos,
    /// The record that the actor drained; stamps follow it. Nothing that is published depends on it.
    via: RecordId,
}

impl Origin {
    /// The origin of what follows from `record`: its cause, or the record itself where it is an input.
    pub fn of(record: &Record) -> Self {
        let header = record.header();
        let cause = if header.cause == RecordId::NONE { header.id } else { header.cause };
        Origin { cause, received_at: header.received_at, via: header.id }
    }

    /// The origin that `record` states, which need not be believed: nothing was received later than at `latest_at`.
    pub(crate) fn stated(record: &Record, latest_at: UnixNanos) -> Self {
        let header = record.header();
        let received_at = header.received_at.min(latest_at);
        Origin { cause: header.cause, received_at, via: RecordId::NONE }
    }

    /// The origin of what an actor does because time passed.
    pub const fn time(now: UnixNanos) -> Self {
        Origin { cause: RecordId::NONE, received_at: now, via: RecordId::NONE }
    }
}

/// What an inbox gives.
#[derive(Clone, Copy, Debug)]
pub enum Delivery<'a> {
    /// The next record.
    Record(&'a Record),
    /// The writer overtook this reader; so many records are lost to it. The last delivery of its turn.
    Lapped(u64),
}

/// A lap as a note keeps it: which inbox lost how many records, at the end of the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lap {
    /// Index of the inbox.
    pub inbox: usize,
    /// Records lost.
    pub lost_count: u64,
}

/// All inboxes of an actor.
#[derive(Debug, Default)]
pub struct Inboxes {
    inboxes: Vec<Inbox>,
    record: Record,
    current: usize,
    lap: Option<Lap>,
    refusals: Refusals,
    is_scripted: bool,
    lost_count: u64,
}

#[derive(Debug)]
struct Inbox {
    reader: Reader,
    /// What is read once there is nothing more: behind a snapshot, the stream that it is of.
    then: Option<Reader>,
    /// It gives nothing.
    is_held: bool,
    allowance: u32,
    drained_count: u32,
}

impl Inboxes {
    /// No inbox yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an inbox and returns its index. The order of adding is the order of draining.
    pub fn add(&mut self, reader: Reader) -> usize {
        self.inboxes.push(Inbox { reader, then: None, is_held: false, allowance: 0, drained_count: 0 });
        self.inboxes.len() - 1
    }

    /// Has an inbox, to whose channel nothing is added any more, give what `then` gives once it is read to its end.
    pub fn go_on_with(&mut self, index: usize, then: Reader) {
        self.inboxes[index].then = Some(then);
    }

    /// Has an inbox give nothing from the next turn on, until it is set anew.
    pub fn hold(&mut self, index: usize) {
        self.inboxes[index].is_held = true;
    }

    /// Has an inbox go on: where it stood, or where a reader is given, with that.
    pub fn set_anew(&mut self, index: usize, reader: Option<Reader>) {
        let inbox = &mut self.inboxes[index];
        inbox.is_held = false;
        if let Some(reader) = reader {
            (inbox.reader, inbox.then) = (reader, None);
        }
    }

    /// How many inboxes there are.
    pub fn count(&self) -> usize {
        self.inboxes.len()
    }

    /// Begins a turn in which each inbox may give up to `batch` records.
    pub fn begin_turn(&mut self, batch: u32) {
        self.current = 0;
        self.lap = None;
        self.is_scripted = false;
        if self.refusals.has_any() {
            self.refusals.take();
        }
        for inbox in &mut self.inboxes {
            inbox.allowance = if inbox.is_held { 0 } else { batch };
            inbox.drained_count = 0;
        }
    }

    /// Begins a turn that goes as `turn` went: gives what that drained, loses what it lost, and its actor's outboxes
    /// refuse what was refused to it.
    pub fn begin_scripted_turn(&mut self, turn: &NotedTurn) {
        self.begin_turn(0);
        self.is_scripted = true;
        self.lap = turn.lap;
        self.refusals.script(&turn.refusals);
        for (index, count) in &turn.drained {
            self.inboxes[*index].allowance = *count;
        }
    }

    /// True where everything that `turn` drained has been published.
    pub fn has_available(&self, turn: &NotedTurn) -> bool {
        let lost_count = |index| turn.lap.filter(|lap| lap.inbox == index).map_or(0, |lap| lap.lost_count);
        let has = |(index, count): &(usize, u32)| {
            self.inboxes[*index].reader.has_available(u64::from(*count) + lost_count(*index))
        };
        let has_lapped =
            turn.lap.is_none_or(|lap| self.inboxes[lap.inbox].reader.has_available(lap.lost_count));
        has_lapped && turn.drained.iter().all(has)
    }

    /// The next delivery of this turn and the index of its inbox, or `None` where the turn is over.
    pub fn next_delivery(&mut self) -> Option<(usize, Delivery<'_>)> {
        while let Some(inbox) = self.inboxes.get_mut(self.current) {
            if inbox.allowance == 0 {
                self.current += 1;
                continue;
            }
            match inbox.reader.poll(&mut self.record) {
                Poll::Empty => {
                    assert!(!self.is_scripted, "a scripted turn began before its records were there");
                    match inbox.then.take() {
                        Some(then) => inbox.reader = then,
                        None => self.current += 1,
                    }
                }
                Poll::Record => {
                    inbox.allowance -= 1;
                    inbox.drained_count += 1;
                    return Some((self.current, Delivery::Record(&self.record)));
                }
                Poll::Lapped { lost_count } => {
                    assert!(!self.is_scripted, "a replay's channel was too small for the run that it plays");
                    self.lap = Some(Lap { inbox: self.current, lost_count });
                    self.lost_count += lost_count;
                    let index = self.current;
                    self.current = self.inboxes.len();
                    return Some((index, Delivery::Lapped(lost_count)));
                }
            }
        }
        self.scripted_lap()
    }

    /// At the end of a scripted turn: loses what the live turn lost.
    fn scripted_lap(&mut self) -> Option<(usize, Delivery<'static>)> {
        if !self.is_scripted {
            return None;
        }
        let lap = self.lap.take()?;
        self.inboxes[lap.inbox].reader.skip(lap.lost_count);
        self.lost_count += lap.lost_count;
        Some((lap.inbox, Delivery::Lapped(lap.lost_count)))
    }

    /// What this turn drained so far: (inbox, count) of those that gave something.
    pub fn drained(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        let counts = self.inboxes.iter().map(|inbox| inbox.drained_count).enumerate();
        counts.filter(|(_, count)| *count > 0)
    }

    /// The lap that ended this turn, if one did.
    pub fn lap(&self) -> Option<Lap> {
        self.lap
    }

    /// What full rings refused to this actor in this turn. Its outboxes that lead to gated readers hold clones.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// How far each channel has been consumed: the sequence of the last record, lost ones included.
    pub fn consumed(&self) -> impl Iterator<Item = (ChannelId, u64)> + '_ {
        self.inboxes.iter().map(|inbox| (inbox.reader.channel(), inbox.reader.sequence()))
    }

    /// Records lost to laps since the start.
    pub fn lost_count(&self) -> u64 {
        self.lost_count
    }

    /// True where no inbox has anything to give.
    pub fn is_empty(&self) -> bool {
        self.inboxes.iter().all(|inbox| inbox.is_held || (inbox.then.is_none() && inbox.reader.is_empty()))
    }
}

/// One channel that an actor publishes to: names each record's origin, keeps the channel's hash, stamps hops.
#[derive(Debug)]
pub struct Outbox {
    writer: Writer,
    record: Record,
    digest: Option<Digest>,
    bells: Vec<Doorbell>,
    station: Option<Station>,
    /// What leaves with the next record.
    leaving: Option<Arrival>,
    refusals: Option<Refusals>,
    /// How often the room of the channel was looked at.
    look_count: u64,
}

impl Outbox {
    /// Publishes to `writer`. With a digest, what it publishes counts in the output hash.
    pub fn new(writer: Writer, digest: Option<Digest>) -> Self {
        Outbox {
            writer,
            record: Record::new(),
            digest,
            bells: Vec::new(),
            station: None,
            leaving: None,
            refusals: None,
            look_count: 0,
        }
    }

    /// Rings `bell` after each record: one of its readers may sleep.
    pub fn ring(&mut self, bell: Doorbell) {
        self.bells.push(bell);
    }

    /// Stamps each record at `station`.
    pub fn stamp(&mut self, station: Station) {
        self.station = Some(station);
    }

    /// Says what leaves as bytes with the next record; `None` where that is nobody's order.
    pub fn leave(&mut self, leaving: Option<Arrival>) {
        self.leaving = leaving;
    }

    /// Stamps the hop of this outbox where `origin` gave nothing to publish.
    #[inline]
    pub fn pass(&self, origin: Origin) {
        if let Some(station) = &self.station {
            station.pass(origin.via);
        }
    }

    /// Tells `refusals` whenever a gated reader is in the way: those of the actor that publishes here.
    pub fn tell_refusals(&mut self, refusals: &Refusals) {
        self.refusals = Some(refusals.clone());
    }

    /// Publishes `payload`.
    ///
    /// # Errors
    /// [`Full`] where a gated reader has not made room; nothing was published.
    #[inline]
    pub fn send<P: Payload>(
        &mut self,
        origin: Origin,
        instrument_id: InstrumentId,
        payload: &P,
    ) -> Result<RecordId, Full> {
        self.send_with_tail(origin, (instrument_id, Flags::NONE), payload, &[])
    }

    /// Publishes `payload` and the counted list that follows it, for an instrument and with flags.
    ///
    /// # Errors
    /// As [`Outbox::send`].
    pub fn send_with_tail<P: Payload>(
        &mut self,
        origin: Origin,
        (instrument_id, flags): (InstrumentId, Flags),
        payload: &P,
        tail: &[u8],
    ) -> Result<RecordId, Full> {
        let heading = Heading { instrument_id, cause: origin.cause, received_at: origin.received_at, flags };
        self.record.write_with_tail(heading, payload, tail);
        if !self.has_room(usize::from(self.record.header().slot_count)) {
            return Err(Full);
        }
        if let Some(station) = &self.station {
            // Whoever drains the record finds its row.
            let id = RecordId::new(self.writer.channel(), self.writer.sequence() + 1);
            station.follow(origin.via, id);
        }
        let id = self.writer.publish(&mut self.record)?;
        if let Some(digest) = &mut self.digest {
            digest.add(&self.record);
        }
        if let Some(arrival) = self.leaving.take()
            && let Some(station) = &self.station
        {
            station.end(arrival, origin.via);
        }
        for bell in &self.bells {
            bell.ring();
        }
        Ok(id)
    }

    /// Publishes an input as it was recorded, for a replay. Gives the id that it got.
    ///
    /// # Errors
    /// As [`Outbox::send`].
    pub fn repeat(&mut self, recorded: &Record) -> Result<RecordId, Full> {
        self.record.clone_from(recorded);
        self.writer.publish(&mut self.record)
    }

    /// The channel that it publishes to.
    pub fn channel(&self) -> ChannelId {
        self.writer.channel()
    }

    /// Records published so far.
    pub fn sequence(&self) -> u64 {
        self.writer.sequence()
    }

    /// True where a record of so many slots can be published now.
    #[inline]
    pub fn has_room(&mut self, slot_count: usize) -> bool {
        let has_room = self.writer.has_room(slot_count);
        self.look_count += 1;
        match &self.refusals {
            Some(refusals) => refusals.judge(self.writer.channel(), self.look_count, has_room),
            None => has_room,
        }
    }
}
