//! A session of one venue, its sink, the venue's side of the wire, and a clock that is moved by hand.

use fulmar_adapters::session::sample::{InstrumentSample, SampleFrame};
use fulmar_adapters::session::{InstrumentConfig, MarketData, VenueEntry, VenueSettings};
use fulmar_bus::record::{
    FrameSource, InstrumentId, Nanos, RequestKind, SyncChange, SyncReason, SyncState, UnixNanos,
};
use fulmar_engine::contract::{DecodeError, InboundFrame, MarketSession as _};
use fulmar_engine::market::decimal::Rounding;
use fulmar_engine::market::decimal::rescale;

use crate::flow::{Flow, mantissa};
use crate::keeper::Keeper;

/// The instruments of every bench.
pub const IDS: [InstrumentId; 2] = [InstrumentId(0), InstrumentId(1)];

/// A session, its sink and its venue.
pub struct Bench {
    pub session: MarketData,
    pub keeper: Keeper,
    pub flow: Flow,
    pub now: UnixNanos,
}

/// The instruments of the flow, as a configuration has them.
pub fn instruments(flow: &Flow) -> Vec<InstrumentConfig> {
    flow.symbols.iter().zip(IDS).map(|(symbol, id)| InstrumentConfig::new(symbol, id)).collect()
}

/// A request of the session.
#[derive(Debug)]
pub struct Leaving {
    pub asked_at: UnixNanos,
    /// The earliest moment at which it leaves.
    pub at: UnixNanos,
    pub kind: RequestKind,
    pub text: String,
}

impl Bench {
    /// A session whose connections are open and whose instruments are defined; of their books nothing is known.
    pub fn new(entry: &VenueEntry) -> Self {
        Bench::defined(Bench::of(entry, Flow::new((entry.sample)())))
    }

    /// As [`Bench::new`], of instruments that have a mark price or funding, where the venue has any.
    pub fn of_derivatives(entry: &VenueEntry) -> Option<Self> {
        let sample = (entry.sample)();
        let symbols = sample.derivatives()?;
        Some(Bench::defined(Bench::of(entry, Flow::of(sample, symbols))))
    }

    /// A session whose connections are open, and that knows nothing of its instruments.
    pub fn undefined(entry: &VenueEntry) -> Self {
        Bench::of(entry, Flow::new((entry.sample)()))
    }

    fn of(entry: &VenueEntry, flow: Flow) -> Self {
        let instruments = instruments(&flow);
        let mut bench = Bench {
            session: MarketData::new((entry.protocol)(&VenueSettings::default()), &instruments),
            keeper: Keeper::default(),
            flow,
            now: UnixNanos::from_millis(1_786_310_816_516),
        };
        bench.session.on_start(bench.now, &mut bench.keeper);
        bench.open();
        bench
    }

    fn defined(mut bench: Bench) -> Self {
        bench.define();
        bench
    }

    /// The venue says what its instruments are; false where it has no such message.
    pub fn define(&mut self) -> bool {
        let definitions = self.flow.sample.definitions(&self.flow.symbols);
        definitions.iter().for_each(|definitions| self.give(definitions));
        definitions.is_some()
    }

    /// Both books live.
    pub fn live(entry: &VenueEntry) -> Self {
        let mut bench = Bench::new(entry);
        bench.sync(0);
        bench.sync(1);
        assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
        bench.keeper.requests.clear();
        bench
    }

    /// A snapshot and an update of this book.
    pub fn sync(&mut self, index: usize) {
        let snapshot = self.flow.snapshot(index);
        self.give(&snapshot);
        let update = self.flow.update(index, &[("98.0", "7.00000000")], &[]);
        self.give(&update);
    }

    /// A snapshot, and an update that changes nothing.
    pub fn sync_largest(&mut self) {
        let snapshot = self.flow.snapshot(0);
        self.give(&snapshot);
        let update = self.flow.update(0, &[], &[]);
        self.give(&update);
        assert_eq!(self.state(0), SyncState::Live);
        self.assert_book(0);
    }

    /// Does what the session asked for, as its venue would: a connection anew where it wanted one, and the books.
    pub fn recover(&mut self) {
        self.pass(Nanos::from_secs(2));
        if self.keeper.requests.iter().any(|(kind, ..)| *kind == RequestKind::Reconnect) {
            self.close();
            self.open();
        }
        for index in 0..IDS.len() {
            if self.state(index) != SyncState::Live {
                self.sync(index);
            }
        }
        assert_eq!([self.state(0), self.state(1)], [SyncState::Live; 2], "the books come back");
        self.assert_books();
    }

    pub fn open(&mut self) {
        self.flow.reconnect();
        for connection in self.session.connections() {
            self.feed(FrameSource::Opened, connection.index, b"wss://");
        }
    }

    pub fn close(&mut self) {
        for connection in self.session.connections() {
            self.feed(FrameSource::Closed, connection.index, b"gone");
        }
    }

    /// A frame of the venue's own making, which is to be read.
    pub fn give(&mut self, frame: &SampleFrame) {
        let before = self.session.counters().decode_errors;
        self.send(frame);
        let after = self.session.counters().decode_errors;
        let is_new = |error: &DecodeError| after[*error as usize] > before[*error as usize];
        let told: Vec<DecodeError> = DecodeError::ALL.into_iter().filter(is_new).collect();
        let (SampleFrame::Message(text) | SampleFrame::Answer(_, text)) = frame;
        let shown = &text[..text.floor_char_boundary(400)];
        assert!(told.is_empty(), "{told:?} was found in what `Sample` made: {shown}");
    }

    /// A frame of the venue's own making, whatever becomes of it.
    pub fn send(&mut self, frame: &SampleFrame) {
        match frame {
            SampleFrame::Message(text) => self.message(text.as_bytes()),
            SampleFrame::Answer(path, body) => {
                self.feed(FrameSource::Http, 0, format!("{path}\n{body}").as_bytes());
            }
        }
    }

    pub fn message(&mut self, bytes: &[u8]) {
        self.feed(FrameSource::Message, 0, bytes);
    }

    /// The venue says this of one of its instruments.
    pub fn tell_instrument(&mut self, index: usize, tick: &str, is_traded: bool) {
        let symbols = &[self.flow.symbols[index]];
        let said = InstrumentSample { symbols, tick, is_traded, is_snapshot: false };
        let frame = self.flow.sample.instruments(&said).expect("every venue says what its instruments are");
        self.give(&frame);
    }

    /// Every connection says something that nobody needs.
    pub fn hear(&mut self) {
        let frame = self.flow.next_frame();
        let unused = self.flow.sample.unused(frame);
        for connection in self.session.connections() {
            self.feed(FrameSource::Message, connection.index, unused.as_bytes());
        }
    }

    /// The answer to an HTTP request.
    pub fn answer(&mut self, path: &str, (status, body): (u16, &str)) {
        let mut bytes = format!("{path}\n{body}").into_bytes();
        let (source, received_at) = (FrameSource::Http, self.now);
        let frame = InboundFrame { source, connection: 0, status, received_at, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.keeper);
    }

    fn feed(&mut self, source: FrameSource, connection: u8, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let status = if source == FrameSource::Http { 200 } else { 0 };
        let frame = InboundFrame { source, connection, status, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.keeper);
    }

    /// What asks for this book: an HTTP path, or the message that its stream begins anew with.
    pub fn book_request(&self, index: usize) -> String {
        let (sample, symbol) = (&self.flow.sample, self.flow.symbols[index]);
        let [_, begins] = sample.book_anew(symbol);
        sample.snapshot_path(symbol).map_or(begins, |(path, _)| path)
    }

    /// The engine doubts this book.
    pub fn doubt(&mut self, index: usize) {
        self.session.resync(self.now, IDS[index], SyncReason::Crossed, &mut self.keeper);
    }

    /// The requests that were made since the last call: before time passes, so that their moments are known.
    pub fn leaving(&mut self) -> Vec<Leaving> {
        let asked_at = self.now;
        let leaving = |(kind, delay, text)| Leaving { asked_at, at: asked_at + delay, kind, text };
        self.keeper.requests.drain(..).map(leaving).collect()
    }

    /// As [`Bench::pass`], with a word on every connection each second, so that none is silent. What was asked for.
    pub fn pass_heard(&mut self, duration: Nanos) -> Vec<Leaving> {
        let end = self.now + duration;
        let mut leaving = self.leaving();
        let mut hear_at = self.now;
        while self.now < end {
            if hear_at <= self.now {
                self.hear();
                hear_at = self.now + Nanos::from_secs(1);
            }
            leaving.extend(self.leaving());
            let due_at = self.session.due_at().unwrap_or(end);
            self.now = due_at.min(hear_at).min(end).max(self.now);
            if due_at <= self.now {
                self.session.on_time(self.now, &mut self.keeper);
                assert!(
                    self.session.due_at().is_none_or(|at| at > due_at),
                    "what is due once is not due again"
                );
            }
            leaving.extend(self.leaving());
        }
        leaving
    }

    /// What the session counted under this name.
    pub fn counter(&self, name: &str) -> u64 {
        let mut counted = 0;
        self.session.tell_counters(&mut |told, count| counted += if told == name { count } else { 0 });
        counted
    }

    /// Lets time pass, serving the session whenever it asks to be.
    pub fn pass(&mut self, duration: Nanos) {
        let end = self.now + duration;
        while let Some(due_at) = self.session.due_at().filter(|due_at| *due_at <= end) {
            self.now = self.now.max(due_at);
            self.session.on_time(self.now, &mut self.keeper);
            let again_at = self.session.due_at();
            assert!(again_at.is_none_or(|at| at > due_at), "what is due once is not due at once again");
        }
        self.now = end;
    }

    pub fn state(&self, index: usize) -> SyncState {
        self.sync_change(index).state
    }

    pub fn reason(&self, index: usize) -> SyncReason {
        self.sync_change(index).reason
    }

    fn sync_change(&self, index: usize) -> SyncChange {
        let kept = self.keeper.instruments.get(&IDS[index]);
        let kept = kept.expect("its frames, or `Sample::definitions`, say what the instrument is");
        kept.state.expect("a state")
    }

    pub fn errors(&self, error: DecodeError) -> u64 {
        self.session.counters().decode_errors[error as usize]
    }

    /// Both books are what the venue means.
    pub fn assert_books(&self) {
        (0..IDS.len()).for_each(|index| self.assert_book(index));
    }

    /// The book is what the venue means, level by level.
    pub fn assert_book(&self, index: usize) {
        let kept = &self.keeper.instruments[&IDS[index]];
        let definition = kept.definition.expect("defined");
        let at_eight = |value: i64, scale| rescale(value, scale, 8, Rounding::Down).expect("it fits");
        let told = |levels: &std::collections::BTreeMap<_, i64>| {
            let level = |(price, quantity): (&fulmar_bus::record::Price, &i64)| {
                (at_eight(price.0, definition.price_scale), at_eight(*quantity, definition.quantity_scale))
            };
            levels.iter().map(level).collect::<Vec<_>>()
        };
        let meant = |levels: &[(String, String)]| {
            levels.iter().map(|(price, quantity)| (mantissa(price), mantissa(quantity))).collect::<Vec<_>>()
        };
        let [bids, asks] = self.flow.book(index);
        let mut told_bids = told(&kept.bids);
        told_bids.reverse();
        assert_eq!(
            told_bids,
            meant(bids),
            "bids of {}: told, and what `Sample` was to say",
            self.flow.symbols[index]
        );
        assert_eq!(
            told(&kept.asks),
            meant(asks),
            "asks of {}: told, and what `Sample` was to say",
            self.flow.symbols[index]
        );
    }
}
