//! What is special to Kraken Futures: a book level by level, definitions in another spelling, floats, funding.

use fulmar_adapters::kraken_futures::{KrakenFutures, limits};
use fulmar_adapters::session::{InstrumentConfig, MarketData, VenueSettings};
use fulmar_bus::record::{
    ContractKind, ContractSize, FrameSource, FundingRate, InstrumentId, Listing, Nanos, Price, Quantity,
    RequestKind, SyncReason, SyncState, UnixNanos,
};
use fulmar_engine::contract::{InboundFrame, MarketSession as _};

use crate::keeper::Keeper;

const XBT: InstrumentId = InstrumentId(0);
const PEPE: InstrumentId = InstrumentId(1);
const SNAPSHOT: &str = r#"{"feed":"book_snapshot","product_id":"PF_XBTUSD","timestamp":1786310816516,"seq":1000,"tickSize":null,"bids":[{"price":84000.0,"qty":0.0371},{"price":83999.5,"qty":2.5E-3}],"asks":[{"price":84001.0,"qty":4.0}]}"#;
const DEFINITIONS: &str = r#"/derivatives/api/v3/instruments
{"result":"success","instruments":[
{"symbol":"pf_xbtusd","pair":"XBT:USD","base":"XBT","quote":"USD","type":"flexible_futures","tickSize":5.0E-1,"contractSize":1,"tradeable":true,"contractValueTradePrecision":4},
{"symbol":"PF_PEPEUSD","type":"flexible_futures","tickSize":1.0E-10,"contractSize":1,"tradeable":false,"contractValueTradePrecision":-3},
{"symbol":"in_xbtusd","type":"spot index","tradeable":false}],"serverTime":"2026-08-09T21:05:48.228Z"}"#;

/// A session of two products, its sink and a clock.
struct Bench {
    session: MarketData,
    keeper: Keeper,
    now: UnixNanos,
}

impl Bench {
    fn new() -> Self {
        let instruments =
            [InstrumentConfig::new("PF_XBTUSD", XBT), InstrumentConfig::new("PF_PEPEUSD", PEPE)];
        let protocol = KrakenFutures::new(&VenueSettings::default());
        let mut bench = Bench {
            session: MarketData::new(Box::new(protocol), &instruments),
            keeper: Keeper::default(),
            now: UnixNanos::from_millis(1_786_310_810_000),
        };
        bench.session.on_start(bench.now, &mut bench.keeper);
        bench.feed(FrameSource::Opened, 0, "wss://");
        bench
    }

    /// The book of the first product live at 1000.
    fn live() -> Self {
        let mut bench = Bench::new();
        bench.feed(FrameSource::Http, 200, DEFINITIONS);
        bench.message(SNAPSHOT);
        bench.keeper.requests.clear();
        bench
    }

    fn feed(&mut self, source: FrameSource, status: u16, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        let frame = InboundFrame { source, connection: 0, status, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.keeper);
    }

    fn message(&mut self, text: &str) {
        self.feed(FrameSource::Message, 0, text);
    }

    fn level(&mut self, number: u64, side: &str, price: &str, quantity: &str) {
        self.message(&format!(
            r#"{{"feed":"book","product_id":"PF_XBTUSD","side":"{side}","seq":{number},"price":{price},"qty":{quantity},"timestamp":1786310816526}}"#
        ));
    }

    fn state(&self) -> (SyncState, SyncReason) {
        let change = self.keeper.instruments[&XBT].state.expect("a state");
        (change.state, change.reason)
    }
}

#[test]
fn definitions_are_found_in_either_case_and_written_in_exponents() {
    let bench = Bench::live();
    let asked = bench.keeper.instruments[&XBT].definition.expect("defined");
    assert_eq!((asked.price_scale, asked.quantity_scale, asked.is_inferred), (1, 4, 0));
    assert_eq!((asked.tick, asked.lot, asked.quantity_min), (Price(5), Quantity(1), Quantity(1)));
    assert_eq!((asked.base.as_str(), asked.quote.as_str()), ("BTC", "USD"), "as other venues call it");
    assert_eq!((asked.symbol.as_str(), asked.contract), ("PF_XBTUSD", ContractKind::LinearPerpetual));
    assert_eq!(asked.contract_size, ContractSize::ONE);
    let pepe = bench.keeper.instruments[&PEPE].definition.expect("defined");
    assert_eq!((pepe.price_scale, pepe.quantity_scale), (10, 0));
    assert_eq!((pepe.tick, pepe.lot), (Price(1), Quantity(1_000)), "a thousand at a time");
    let listings: Vec<_> = bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect();
    assert_eq!(listings, [(PEPE, Listing::Halted)]);
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn an_older_list_says_less_and_what_is_post_only_is_not_traded() {
    let mut bench = Bench::new();
    bench.feed(FrameSource::Http, 200, r#"/derivatives/api/v3/instruments
{"result":"success","instruments":[{"symbol":"pf_xbtusd","type":"flexible_futures","tickSize":1,"tradeable":true,"postOnly":true}]}"#);
    let told = bench.keeper.instruments[&XBT].definition.expect("defined");
    assert_eq!((told.price_scale, told.quantity_scale, told.lot), (0, 0, Quantity(1)));
    assert_eq!((told.base.as_str(), told.contract_size), ("", ContractSize::UNKNOWN));
    let listings: Vec<_> = bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect();
    assert_eq!(listings, [(XBT, Listing::Halted), (PEPE, Listing::Unlisted)]);
}

#[test]
fn a_book_goes_level_by_level_and_exponents_are_numbers() {
    let mut bench = Bench::live();
    bench.level(1_001, "sell", "84001.0", "0.0");
    bench.level(1_002, "sell", "84000.5", "1.5");
    assert_eq!(bench.state().0, SyncState::Live);
    let kept = &bench.keeper.instruments[&XBT];
    assert_eq!(kept.asks.iter().collect::<Vec<_>>(), [(&Price(840_005), &15_000)]);
    assert_eq!(kept.bids[&Price(839_995)], 25, "an exponent is a number");
}

#[test]
fn a_gap_subscribes_the_book_anew() {
    let mut bench = Bench::live();
    bench.level(1_002, "sell", "84000.5", "1.5");
    assert_eq!(bench.state(), (SyncState::Desynced, SyncReason::Gap));
    let asked: Vec<_> = bench.keeper.requests.iter().map(|(kind, _, text)| (*kind, text.as_str())).collect();
    let expected = [
        r#"{"event":"unsubscribe","feed":"book","product_ids":["PF_XBTUSD"]}"#,
        r#"{"event":"subscribe","feed":"book","product_ids":["PF_XBTUSD"]}"#,
    ];
    assert_eq!(asked, expected.map(|text| (RequestKind::Send, text)));
    bench.message(&SNAPSHOT.replace("1000,", "1002,"));
    assert_eq!(bench.state().0, SyncState::Live);
}

#[test]
fn trades_are_those_made_in_the_book_and_none_of_long_before() {
    let mut bench = Bench::live();
    let trade = |kind: &str, number: u64| {
        format!(
            r#"{{"feed":"trade","product_id":"PF_XBTUSD","uid":"{number:08x}-8322-4946-a123-945c453aa17f","side":"sell","type":"{kind}","seq":{number},"time":1786310816530,"qty":0.5,"price":84000.0}}"#
        )
    };
    for (kind, number) in [("fill", 7), ("liquidation", 8), ("block", 9), ("assignment", 10)] {
        bench.message(&trade(kind, number));
    }
    let old = trade("fill", 6);
    bench.message(&format!(r#"{{"feed":"trade_snapshot","product_id":"PF_XBTUSD","trades":[{old}]}}"#));
    let kept = &bench.keeper.instruments[&XBT];
    assert_eq!((kept.trade_count, kept.buy_count, kept.traded), (2, 0, 10_000));
    assert_eq!(kept.last_trade.expect("a trade").trade_id, 0x8_8322_4946);
    bench.message(&trade("invented", 11));
    assert_eq!(bench.session.counters().decode_error_count(), 1, "a new kind is an error, not a guess");
    assert_eq!(bench.state().0, SyncState::Live, "which breaks no book");
}

#[test]
fn funding_is_told_of_the_interval_that_is_assumed_or_stated() {
    for (stated, seconds) in [(None, 3_600), (Some("28800"), 28_800)] {
        let assumed = stated.into_iter().map(|seconds| ("funding_seconds", seconds)).collect();
        let protocol = KrakenFutures::new(&VenueSettings { assumed, ..VenueSettings::default() });
        let instruments = [InstrumentConfig::new("PF_XBTUSD", XBT)];
        let mut keeper = Keeper::default();
        let mut session = MarketData::new(Box::new(protocol), &instruments);
        let mut feed = |source, text: &str| {
            let (mut bytes, received_at) =
                (text.as_bytes().to_vec(), UnixNanos::from_millis(1_786_310_816_540));
            let status = if source == FrameSource::Http { 200 } else { 0 };
            let frame = InboundFrame { source, connection: 0, status, received_at, bytes: &mut bytes };
            session.on_frame(received_at, frame, &mut keeper);
        };
        feed(FrameSource::Http, DEFINITIONS);
        feed(
            FrameSource::Message,
            r#"{"time":1786310816540,"product_id":"PF_XBTUSD","relative_funding_rate":-1.0E-5,"next_funding_rate_time":1786312800000,"feed":"ticker","bid":84000.0,"ask":84001.0,"bid_size":0.0371,"ask_size":4.0,"suspended":false,"post_only":false}"#,
        );
        let funding = keeper.instruments[&XBT].funding.expect("funding");
        assert_eq!(funding.interval, Nanos::from_secs(seconds));
    }
}

#[test]
fn a_ticker_says_best_prices_computed_prices_funding_and_whether_it_is_traded() {
    let mut bench = Bench::live();
    let ticker = r#"{"time":1786310816540,"product_id":"PF_XBTUSD","funding_rate":0.9,"relative_funding_rate":-1.089345E-5,"next_funding_rate_time":1786312800000,"feed":"ticker","bid":84000.0,"ask":84001.0,"bid_size":0.0371,"ask_size":4.0,"index":83995.76,"suspended":false,"markPrice":84004.11362574516,"post_only":false}"#;
    bench.message(ticker);
    let kept = &bench.keeper.instruments[&XBT];
    let top = kept.ticker.expect("best prices");
    assert_eq!((top.bid.price, top.bid.quantity, top.update_id), (Price(840_000), Quantity(371), 0));
    let mark = kept.mark_price.expect("a mark price");
    assert_eq!((mark.price_scale, mark.mark), (9, Price(84_004_113_625_745)));
    assert_eq!(mark.index, Price(83_995_760_000_000));
    let funding = kept.funding.expect("funding");
    assert_eq!((funding.rate, funding.interval), (FundingRate(-10_893_450), Nanos::from_secs(3_600)));
    assert_eq!(funding.next_at, UnixNanos::from_millis(1_786_312_800_000));

    bench.message(&ticker.replace(r#""relative_funding_rate":-1.089345E-5,"#, ""));
    assert_eq!(bench.keeper.instruments[&XBT].funding.expect("funding").rate, FundingRate(0));
    bench.keeper.statuses.clear();
    bench.message(&ticker.replace(r#""suspended":false"#, r#""suspended":true"#));
    bench.message(ticker);
    let listings: Vec<_> = bench.keeper.statuses.iter().map(|(_, status)| status.listing).collect();
    assert_eq!(listings, [Listing::Halted, Listing::Listed]);
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn a_dated_future_has_no_funding_and_a_lite_ticker_no_quantities() {
    let mut bench = Bench::live();
    bench.message(r#"{"time":1786310816540,"product_id":"PF_XBTUSD","feed":"ticker","bid":84000.0,"ask":84001.0,"bid_size":0.0371,"ask_size":4.0,"markPrice":84004.1}"#);
    let kept = &bench.keeper.instruments[&XBT];
    assert!(kept.funding.is_none() && kept.mark_price.is_some());
    let ignored = bench.session.counters().ignored_frames;
    bench.message(r#"{"feed":"ticker_lite","product_id":"PF_XBTUSD","bid":84000.5,"ask":84001.0,"change":2.6,"premium":0.3}"#);
    assert_eq!(bench.session.counters().ignored_frames, ignored + 1);
}

#[test]
fn an_unknown_product_is_told_and_every_refusal_is_counted() {
    let mut bench = Bench::new();
    bench.message(r#"{"event":"alert","message":"Couldn't subscribe to invalid product `PF_PEPEUSD`"}"#);
    let (id, status) = bench.keeper.statuses[0];
    assert_eq!((id, status.listing), (PEPE, Listing::Unlisted));
    bench.message(r#"{"event":"alert","message":"Already subscribed to feed, re-requesting"}"#);
    bench.message(r#"{"event":"subscribed","feed":"heartbeat"}"#);
    bench.message(r#"{"event":"info","version":1}"#);
    assert_eq!(bench.session.counters().venue_refusals, 1);
    bench.message(r#"{"event":"error","message":"Bad websocket message"}"#);
    assert_eq!((bench.keeper.statuses.len(), bench.session.counters().venue_refusals), (1, 2));
}

#[test]
fn a_connection_is_kept_open_by_asking_for_heartbeats() {
    let mut bench = Bench::live();
    for _ in 0..4 {
        bench.now = bench.now + Nanos::from_secs(10);
        bench.message(r#"{"feed":"heartbeat","time":1786310816540}"#);
        bench.session.on_time(bench.now, &mut bench.keeper);
    }
    let asked = bench.keeper.requests.iter().filter(|(_, _, text)| text == limits::PING);
    assert_eq!(asked.count(), 1, "once in thirty seconds");
}
