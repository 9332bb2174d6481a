//! What is special to the venue's messages.

use fulmar_adapters::coinbase::ENTRY;
use fulmar_adapters::decode::Scales;
use fulmar_adapters::session::{
    Decoded, InstrumentConfig, MarketData, Message, Symbols, VenueSettings, read_message,
};
use fulmar_bus::record::{
    FrameSource, InstrumentId, Listing, Nanos, Price, Quantity, RequestKind, Side, SyncReason, SyncState,
    UnixNanos,
};
use fulmar_engine::contract::{DecodeError, InboundFrame, MarketSession as _};

use crate::conformance::bench::{Bench, IDS};
use crate::fuzz::every::agree::{Judge, Verdict};
use crate::keeper::Keeper;

const AT: &str = "2026-08-09T21:05:48.228568804Z";

/// The next frame of the connection, with these events.
fn frame(bench: &mut Bench, channel: &str, events: &[&str]) -> String {
    numbered(bench.flow.next_frame(), channel, events)
}

fn numbered(sequence: u64, channel: &str, events: &[&str]) -> String {
    let events = events.join(",");
    format!(r#"{{"channel":"{channel}","timestamp":"{AT}","sequence_num":{sequence},"events":[{events}]}}"#)
}

fn book(kind: &str, symbol: &str, side: &str, price: &str, quantity: &str) -> String {
    format!(
        r#"{{"type":"{kind}","product_id":"{symbol}","updates":[{{"side":"{side}","event_time":"{AT}","price_level":"{price}","new_quantity":"{quantity}"}}]}}"#
    )
}

fn trade(symbol: &str, id: &str, maker: &str) -> String {
    format!(
        r#"{{"product_id":"{symbol}","trade_id":"{id}","price":"100.5","size":"0.25","time":"{AT}","side":"{maker}"}}"#
    )
}

fn candle(start: u64, close: &str) -> String {
    format!(
        r#"{{"start":"{start}","high":"101.9","low":"99.1","open":"100","close":"{close}","volume":"12.5","product_id":"BTC-USD"}}"#
    )
}

fn verdict(frame: &str) -> Verdict {
    Judge::new(&ENTRY).check(frame.as_bytes())
}

fn say(bench: &mut Bench, channel: &str, events: &[&str]) {
    let text = frame(bench, channel, events);
    bench.message(text.as_bytes());
}

#[test]
fn a_trade_names_the_taker_where_the_configuration_says_so() {
    for (stated, side) in [(None, Side::Sell), (Some("maker"), Side::Sell), (Some("taker"), Side::Buy)] {
        let assumed = stated.into_iter().map(|side| ("trade_side", side)).collect();
        let protocol = (ENTRY.protocol)(&VenueSettings { assumed, ..VenueSettings::default() });
        let event = format!(r#"{{"type":"update","trades":[{}]}}"#, trade("BTC-USD", "7", "BUY"));
        let frame = numbered(0, "market_trades", &[&event]);
        let mut symbols = Symbols::new(&[InstrumentConfig::new("BTC-USD", IDS[0])]);
        symbols.set_scales(0, Scales { price: 2, quantity: 8 }, true);
        let mut fast = Decoded::new(10);
        protocol.decode(frame.as_bytes(), &symbols, &mut fast).expect("the layout of all day");
        let mut reference = Decoded::new(10);
        read_message(&*protocol, &mut frame.into_bytes(), &symbols, &mut reference).expect("a trade");
        assert_eq!(fast.messages, reference.messages);
        let Message::Trade { trade, .. } = &fast.messages[0] else { panic!("{:?}", fast.messages) };
        assert_eq!(trade.aggressor, side, "{stated:?}");
    }
}

#[test]
fn several_products_in_one_message_are_all_used() {
    let mut bench = Bench::live(&ENTRY);
    let events = [
        book("update", "BTC-USD", "bid", "100.5", "9"),
        book("update", "DOGE-USD", "bid", "1", "9"),
        book("update", "ETH-USD", "offer", "100.6", "8"),
    ];
    let [btc, other, eth] = events.each_ref().map(String::as_str);
    assert_eq!(verdict(&numbered(7, "l2_data", &[btc, eth])), Verdict::Taken);
    assert_eq!(verdict(&numbered(7, "l2_data", &[btc, other, eth])), Verdict::TakenSlowly);
    say(&mut bench, "l2_data", &[btc, other, eth]);
    assert_eq!(bench.keeper.instruments[&IDS[0]].bids.last_key_value().expect("a bid").1, &900_000_000);
    assert_eq!(bench.keeper.instruments[&IDS[1]].asks.first_key_value().expect("an ask").1, &800_000_000);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
}

#[test]
fn where_one_of_several_books_cannot_be_read_none_is_believed() {
    let mut bench = Bench::live(&ENTRY);
    let good = book("update", "BTC-USD", "bid", "100.5", "9");
    let bad = book("update", "ETH-USD", "middle", "100.6", "8");
    say(&mut bench, "l2_data", &[&good, &bad]);
    assert_eq!(bench.errors(DecodeError::UnknownValue), 1);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Desynced; 2]);

    let mut bench = Bench::live(&ENTRY);
    say(&mut bench, "l2_data", &[&bad]);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live, SyncState::Desynced], "it was alone");
}

#[test]
fn the_newest_trade_comes_first_and_names_the_maker() {
    let mut bench = Bench::live(&ENTRY);
    let (newest, oldest) = (trade("ETH-USD", "833140787", "BUY"), trade("ETH-USD", "833140786", "SELL"));
    let event = format!(r#"{{"type":"update","trades":[{newest},{oldest}]}}"#);
    assert_eq!(verdict(&numbered(7, "market_trades", &[&event])), Verdict::Taken);
    say(&mut bench, "market_trades", &[&event]);
    let kept = &bench.keeper.instruments[&IDS[1]];
    let last = kept.last_trade.expect("a trade");
    assert_eq!((last.trade_id, last.aggressor), (833_140_787, Side::Sell), "who bid was hit");
    assert_eq!((kept.trade_count, kept.buy_count), (2, 1));
    assert_eq!(last.venue_at, UnixNanos(1_786_309_548_228_568_804));
}

#[test]
fn trades_from_before_the_subscription_are_none() {
    let mut bench = Bench::live(&ENTRY);
    let event = format!(r#"{{"type":"snapshot","trades":[{}]}}"#, trade("ETH-USD", "833140786", "SELL"));
    assert_eq!(verdict(&numbered(7, "market_trades", &[&event])), Verdict::TakenSlowly);
    say(&mut bench, "market_trades", &[&event]);
    assert_eq!(bench.keeper.instruments[&IDS[1]].trade_count, 0);
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn best_prices_may_lack_a_side() {
    let mut bench = Bench::live(&ENTRY);
    let ticker = |rest: &str| {
        format!(
            r#"{{"type":"update","tickers":[{{"type":"ticker","product_id":"BTC-USD","price":"1"{rest}}}]}}"#
        )
    };
    say(&mut bench, "ticker", &[&ticker("")]);
    assert!(bench.keeper.instruments[&IDS[0]].ticker.is_none(), "a ticker in batches has none");
    let one_side = r#","best_bid":"","best_ask":"100.6","best_bid_quantity":"","best_ask_quantity":"2""#;
    say(&mut bench, "ticker", &[&ticker(one_side)]);
    let top = bench.keeper.instruments[&IDS[0]].ticker.expect("best prices");
    assert_eq!((top.bid.price, top.ask.quantity), (Price(0), Quantity(200_000_000)));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn an_unreadable_message_without_a_book_breaks_none_and_is_no_gap() {
    let mut bench = Bench::live(&ENTRY);
    let text =
        r#"{"type":"update","tickers":[{"product_id":"BTC-USD","best_bid":"x","best_bid_quantity":"1"}]}"#;
    say(&mut bench, "ticker", &[text]);
    assert_eq!(bench.errors(DecodeError::BadNumber), 1);
    let update = bench.flow.update(0, &[("100.4", "7.00000000")], &[]);
    bench.give(&update);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    bench.assert_books();
}

#[test]
fn a_hole_in_any_channel_breaks_every_book_and_the_connection_is_opened_anew() {
    let mut bench = Bench::live(&ENTRY);
    let _lost = bench.flow.next_frame();
    let heartbeat = bench.flow.next_frame();
    let heartbeat = bench.flow.sample.unused(heartbeat);
    bench.message(heartbeat.as_bytes());
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Desynced; 2]);
    assert_eq!([bench.reason(0), bench.reason(1)], [SyncReason::Gap; 2]);
    let kinds: Vec<_> = bench.keeper.requests.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, [RequestKind::Reconnect]);
    bench.recover();
}

#[test]
fn a_book_that_is_doubted_is_subscribed_to_anew_alone() {
    let mut bench = Bench::live(&ENTRY);
    bench.session.resync(bench.now, IDS[1], SyncReason::Crossed, &mut bench.keeper);
    bench.pass(Nanos::from_secs(1));
    let sent: Vec<&str> = bench.keeper.requests.iter().map(|(_, _, text)| text.as_str()).collect();
    let request =
        |operation| format!(r#"{{"type":"{operation}","product_ids":["ETH-USD"],"channel":"level2"}}"#);
    assert_eq!(sent, [request("unsubscribe"), request("subscribe")]);
    assert_eq!(bench.state(0), SyncState::Live);
}

#[test]
fn a_bar_is_told_once_the_next_has_begun() {
    let mut bench = Bench::live(&ENTRY);
    let candles =
        |kind: &str, bars: &[String]| format!(r#"{{"type":"{kind}","candles":[{}]}}"#, bars.join(","));
    let starts = |bench: &Bench| {
        let bars = bench.keeper.instruments[&IDS[0]].bars.iter();
        bars.map(|bar| bar.start_at.0 / 1_000_000_000).collect::<Vec<_>>()
    };
    let past = candles("snapshot", &[candle(600, "100.1"), candle(0, "100.1"), candle(300, "100.1")]);
    say(&mut bench, "candles", &[&past]);
    assert_eq!(starts(&bench), [0; 0], "the past is no news");
    say(&mut bench, "candles", &[&candles("update", &[candle(600, "100.7")])]);
    assert_eq!(starts(&bench), [0; 0], "it still forms");
    say(&mut bench, "candles", &[&candles("update", &[candle(900, "100.2")])]);
    assert_eq!(starts(&bench), [600]);
    let told = bench.keeper.instruments[&IDS[0]].bars[0];
    assert_eq!((told.close, told.volume), (Price(1_007), Quantity(1_250_000_000)));
    assert_eq!(told.interval, Nanos::from_secs(300));

    // What closed while the connection was away is told when it is back.
    let past = candles("snapshot", &[candle(600, "100.7"), candle(900, "100.3"), candle(1_200, "100.4")]);
    say(&mut bench, "candles", &[&past]);
    assert_eq!(starts(&bench), [600, 900]);
    let odd = candle(1_500, "150");
    say(&mut bench, "candles", &[&candles("update", &[odd])]);
    assert_eq!(bench.errors(DecodeError::OutOfRange), 1, "it closed above its highest price");
}

#[test]
fn a_product_that_is_not_traded_is_halted_until_the_list_of_products_says_otherwise() {
    let mut bench = Bench::live(&ENTRY);
    let state = |state: &str, text: &str| {
        format!(
            r#"{{"type":"snapshot","products":[{{"product_type":"SPOT","id":"BTC-USD","status":"{state}","status_message":"{text}"}}]}}"#
        )
    };
    let told = |bench: &Bench| {
        let told = bench.keeper.statuses.iter();
        told.map(|(_, status)| (status.listing, status.text.as_str().to_owned())).collect::<Vec<_>>()
    };
    say(&mut bench, "status", &[&state("online", "")]);
    assert_eq!(told(&bench), []);
    say(&mut bench, "status", &[&state("offline", "maintenance")]);
    say(&mut bench, "status", &[&state("offline", "maintenance")]);
    let halted = vec![(Listing::Halted, "maintenance".to_owned())];
    assert_eq!(told(&bench), halted, "once");
    say(&mut bench, "status", &[&state("online", "")]);
    assert_eq!(told(&bench), halted, "there are halts that this channel does not know");
    let list = bench.flow.sample.definitions(&bench.flow.symbols).expect("a list of products");
    bench.give(&list);
    assert_eq!(told(&bench)[1..], [(Listing::Listed, "online".to_owned())]);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
}

#[test]
fn messages_of_all_connections_keep_to_one_rate() {
    let symbols: Vec<String> = (0..200).map(|n| format!("COIN{n}-USD")).collect();
    let instrument = |(symbol, id): (&String, u32)| InstrumentConfig::new(symbol, InstrumentId(id));
    let instruments: Vec<_> = symbols.iter().zip(0..).map(instrument).collect();
    let mut session = MarketData::new((ENTRY.protocol)(&VenueSettings::default()), &instruments);
    let (now, mut keeper) = (UnixNanos::from_millis(1_000), Keeper::default());
    let count = session.connections().len();
    for connection in session.connections() {
        let (source, connection) = (FrameSource::Opened, connection.index);
        let frame = InboundFrame { source, connection, status: 0, received_at: now, bytes: &mut [] };
        session.on_frame(now, frame, &mut keeper);
    }
    let delays: Vec<Nanos> = keeper.requests.iter().map(|(_, delay, _)| *delay).collect();
    assert_eq!((count, delays.len()), (4, 20));
    let is_spaced = |pair: &[Nanos]| pair[1].0 >= pair[0].0 + 125_000_000;
    assert!(delays.windows(2).all(is_spaced), "eight a second: {delays:?}");
    assert!(delays[15] < Nanos::from_secs(5), "each connection subscribes before the venue drops it");
}
