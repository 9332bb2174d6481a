//! The feed: what its session understood as records, and what it does where something was lost.

use fulmar_bus::record::{
    Bar, BookLevels, Flags, Frame, FrameSource, Funding, FundingRate, InstrumentDefinition, InstrumentStatus,
    Kind, Listing, MarkPrice, Nanos, Request, RequestKind, SnapshotBegin, SnapshotEnd, SyncChange,
    SyncReason, SyncState,
};

use super::*;
use crate::actors::Feed;
use crate::contract::{Connection, InboundFrame, MarketSession, MarketSink, SessionCounters, Update};
use crate::runtime::{FrameHead, FrameWriter, Inboxes};

/// Slots of the frame channel, few enough to be lapped where nobody has a gate.
const FRAME_SLOTS: usize = 128;

/// A translator whose messages are words: `define`, `halt`, `derivative RATE`, `bar CLOSE`, `snapshot COUNT` and
/// `ask BYTES`.
#[derive(Default)]
struct Scripted {
    counters: SessionCounters,
}

impl MarketSession for Scripted {
    fn venue(&self) -> &'static str {
        "scripted"
    }

    fn connections(&self) -> Vec<Connection> {
        Vec::new()
    }

    fn on_start(&mut self, _: UnixNanos, sink: &mut dyn MarketSink) {
        sink.request(0, RequestKind::HttpGet, Nanos(0), b"definitions");
    }

    fn on_frame(&mut self, _: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn MarketSink) {
        let text = std::str::from_utf8(frame.bytes).expect("the script is text");
        let (word, count) = text.split_once(' ').unwrap_or((text, "0"));
        let count: i64 = count.trim().parse().expect("the script has numbers");
        match word {
            "define" => sink.definition(INSTRUMENT, &definition()),
            "halt" => sink.status(INSTRUMENT, &InstrumentStatus::new(Listing::Halted, "auction")),
            "derivative" => {
                sink.funding(INSTRUMENT, &funding(count));
                sink.mark_price(INSTRUMENT, &mark_price());
            }
            "bar" => sink.bar(INSTRUMENT, &bar(count)),
            "snapshot" => {
                let bids: Vec<Level> = (1..=count).rev().map(|price| level(price, 1)).collect();
                let (update_id, venue_at) = (7, UnixNanos(0));
                sink.snapshot(
                    INSTRUMENT,
                    Update { update_id, venue_at, bids: &bids, asks: &[], is_proven: false },
                );
            }
            "ask" => {
                let bytes = vec![b'x'; usize::try_from(count).expect("a length")];
                sink.request(0, RequestKind::Send, Nanos::from_millis(3), &bytes);
            }
            word => panic!("the script has no {word}"),
        }
    }

    fn due_at(&self) -> Option<UnixNanos> {
        None
    }

    fn on_time(&mut self, _: UnixNanos, _: &mut dyn MarketSink) {}

    fn resync(&mut self, _: UnixNanos, id: InstrumentId, reason: SyncReason, sink: &mut dyn MarketSink) {
        sink.sync(id, &SyncChange::new(SyncState::Desynced, reason, 0, 0, 1));
    }

    fn counters(&self) -> &SessionCounters {
        &self.counters
    }
}

fn funding(rate: i64) -> Funding {
    let (rate, next_at) = (FundingRate(rate), OPENS_AT + Nanos::from_secs(3_600));
    Funding { rate, interval: Nanos::from_secs(8 * 3_600), next_at, venue_at: OPENS_AT }
}

fn mark_price() -> MarkPrice {
    MarkPrice::new(Price(1_000_001), Price(1_000_002), OPENS_AT, 4)
}

fn bar(close: i64) -> Bar {
    let price = Price(close);
    Bar {
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Quantity(0),
        notional: Notional(0).into(),
        start_at: OPENS_AT,
        interval: Nanos::from_secs(60),
        trade_count: 0,
    }
}

/// A feed, the venue's and the book's ends of its channels, and what it told.
struct Stage {
    actor: Feed,
    frames: FrameWriter,
    wishes: Outbox,
    market: Reader,
    requests: Reader,
}

impl Stage {
    /// A feed that has started and was told what its instrument is.
    fn new() -> Self {
        let shape = RingShape { slot_count: FRAME_SLOTS, gate_count: 0 };
        let (frames, frame_ring) = create(Region::heap(shape.word_count()), shape, ChannelId(1));
        let (wishes, wish_ring) = channel(2, ROOMY);
        let (market, market_ring) = channel(3, ROOMY);
        let (requests, request_ring) = channel(4, 128);
        let mut inboxes = Inboxes::new();
        inboxes.add(frame_ring.reader());
        inboxes.add(gated(&wish_ring));
        let (market_reader, request_reader) = (market_ring.reader(), gated(&request_ring));
        let session = Box::new(Scripted::default());
        let mut stage = Stage {
            actor: Feed::new(session, inboxes, vec![Some(market)], requests, None),
            frames: FrameWriter::new(frames, None),
            wishes,
            market: market_reader,
            requests: request_reader,
        };
        stage.actor.on_start(OPENS_AT);
        stage.venue_says("define");
        assert_eq!(stage.told(), [Kind::InstrumentDefinition]);
        stage
    }

    /// Publishes a frame that the feed has had no turn for.
    fn publish(&mut self, text: &str) {
        let mut written_bytes = 0;
        while written_bytes < text.len() {
            written_bytes = self.publish_part(text, written_bytes);
        }
    }

    /// Publishes the next record of a frame; gives how much of it was published then.
    fn publish_part(&mut self, text: &str, from_bytes: usize) -> usize {
        let (source, received_at) = (FrameSource::Message, OPENS_AT);
        let head = FrameHead { source, connection: 0, status: 0, received_at };
        self.frames.write_part(head, text.as_bytes(), from_bytes).expect("nobody has a gate")
    }

    fn venue_says(&mut self, text: &str) {
        self.publish(text);
        self.turn();
    }

    fn turn(&mut self) -> Work {
        turn(&mut self.actor, OPENS_AT)
    }

    fn told(&mut self) -> Vec<Kind> {
        let kind = |record: &Record| record.header().kind().expect("what was published has a kind");
        drain(&mut self.market).iter().map(kind).collect()
    }

    /// Definitions and changes of the sync state that were told, which must be all.
    fn redefined_and_desynced(&mut self) -> (usize, Vec<SyncReason>) {
        let records = drain(&mut self.market);
        let (definitions, changes) = (all::<InstrumentDefinition>(&records), all::<SyncChange>(&records));
        assert_eq!(definitions.len() + changes.len(), records.len());
        (definitions.len(), changes.iter().map(|change| change.reason).collect())
    }
}

#[test]
fn a_snapshot_longer_than_a_record_comes_in_several_between_its_begin_and_its_end() {
    let mut stage = Stage::new();
    let count = 2 * BookLevels::LEVELS_MAX + 1;
    stage.venue_says(&format!("snapshot {count}"));
    let records = drain(&mut stage.market);
    assert_eq!(all::<SnapshotBegin>(&records[..1])[0].bid_count as usize, count);
    assert_eq!(all::<SnapshotEnd>(&records[4..]).len(), 1);
    let parts = &records[1..4];
    let flags: Vec<bool> = parts.iter().map(|part| part.header().flags.contains(Flags::LAST)).collect();
    assert_eq!(flags, [false, false, true]);
    let levels = parts.iter().flat_map(|part| BookLevels::read(part).expect("levels").1);
    let prices: Vec<i64> = levels.map(|level| level.price.0).collect();
    assert_eq!(prices.len(), count);
    assert!(prices.is_sorted_by(|before, after| before == &(after + 1)), "in the venue's order");
}

#[test]
fn a_book_that_wants_to_sync_anew_is_told_its_definition_again() {
    let mut stage = Stage::new();
    let wish = SyncChange::new(SyncState::Desynced, SyncReason::Crossed, 0, 0, 0);
    send(&mut stage.wishes, OPENS_AT, &wish);
    stage.turn();
    assert_eq!(stage.redefined_and_desynced(), (1, vec![SyncReason::Crossed]));
}

#[test]
fn whether_an_instrument_is_traded_is_told_again_before_what_it_is() {
    let mut stage = Stage::new();
    stage.venue_says("halt");
    assert_eq!(stage.told(), [Kind::InstrumentStatus]);
    send(&mut stage.wishes, OPENS_AT, &SyncChange::new(SyncState::Desynced, SyncReason::Lapped, 0, 0, 0));
    stage.turn();
    assert_eq!(stage.told(), [Kind::InstrumentStatus, Kind::InstrumentDefinition, Kind::SyncChange]);
}

#[test]
fn funding_mark_prices_and_bars_of_the_venue_are_published_as_they_were_told() {
    let mut stage = Stage::new();
    stage.venue_says("derivative -25");
    stage.venue_says("bar 100");
    let records = drain(&mut stage.market);
    assert_eq!(all::<Funding>(&records), [funding(-25)]);
    assert_eq!(all::<MarkPrice>(&records), [mark_price()]);
    assert_eq!(all::<Bar>(&records), [bar(100)]);
    assert_eq!(records.len(), 3);
}

#[test]
fn a_feed_that_was_overtaken_syncs_its_books_anew_and_uses_no_half_of_a_frame() {
    let mut stage = Stage::new();
    // The ring holds the end of the frame, and not its beginning.
    stage.publish(&format!("snapshot {}9", " ".repeat(20_000)));
    stage.turn();
    assert_eq!(stage.redefined_and_desynced(), (1, vec![SyncReason::Lapped]));
    while stage.turn().is_some() {}
    assert_eq!(stage.told(), []);
    assert_eq!(counter(&stage.actor, "frames"), 1, "the definition alone");
    assert!(counter(&stage.actor, "lost_records") > 0);

    stage.venue_says("snapshot 1");
    assert_eq!(stage.told(), [Kind::SnapshotBegin, Kind::BookLevels, Kind::SnapshotEnd]);
}

#[test]
fn news_of_a_connection_is_no_frame_of_the_venue() {
    let mut stage = Stage::new();
    let news = [(FrameSource::Opened, 0), (FrameSource::Closed, 0), (FrameSource::Http, 0)];
    for (source, status) in news.into_iter().chain([(FrameSource::Http, 200)]) {
        let head = FrameHead { source, connection: 0, status, received_at: OPENS_AT };
        stage.frames.write_part(head, b"ask 1", 0).expect("nobody has a gate");
        stage.turn();
    }
    assert_eq!(counter(&stage.actor, "frames"), 2, "the definition and the answer");
}

#[test]
fn the_beginning_of_one_frame_and_the_end_of_another_make_no_frame() {
    let mut stage = Stage::new();
    let text = |more_bytes| format!("snapshot {}9", " ".repeat(Frame::BYTES_MAX + more_bytes));
    let (cut, overtaking) = (text(3_300), text(400));
    let written_bytes = stage.publish_part(&cut, 0);
    stage.turn();
    // The ring loses the end of the first frame and the beginning of the second.
    stage.publish_part(&cut, written_bytes);
    stage.publish(&overtaking);
    while stage.turn().is_some() {}
    assert_eq!(stage.redefined_and_desynced(), (1, vec![SyncReason::Lapped]));
    assert_eq!(counter(&stage.actor, "malformed_records"), 1, "a part without its beginning");
}

#[test]
fn a_request_names_the_moment_before_which_it_must_not_leave() {
    let mut stage = Stage::new();
    stage.venue_says("ask 5");
    let requests = drain(&mut stage.requests);
    let requests: Vec<_> = requests.iter().map(|one| *Request::read(one).expect("a request").0).collect();
    let told: Vec<_> = requests.iter().map(|request| (request.kind, request.not_before_at)).collect();
    let at_once = (RequestKind::HttpGet, UnixNanos(0));
    assert_eq!(told, [at_once, (RequestKind::Send, OPENS_AT + Nanos::from_millis(3))]);
}

#[test]
fn a_request_that_fits_no_record_or_finds_no_room_is_counted() {
    let mut stage = Stage::new();
    stage.venue_says(&format!("ask {}", Request::BYTES_MAX + 1));
    assert_eq!(counter(&stage.actor, "lost_records"), 1);
    for _ in 0..3 {
        stage.venue_says(&format!("ask {}", Request::BYTES_MAX));
    }
    assert_eq!(counter(&stage.actor, "lost_records"), 3, "one fits beside what the start asked for");
}
