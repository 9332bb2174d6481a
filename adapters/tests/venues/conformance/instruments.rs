//! Rows about instruments: what they are, whether they are traded, and what the venue computes of them.

use fulmar_adapters::session::limits::UNLISTED_WAIT;
use fulmar_adapters::session::sample::{BarSample, FundingSample, MarkPriceSample};
use fulmar_adapters::session::{Answer, VenueEntry};
use fulmar_bus::record::{
    FundingRate, InstrumentDefinition, Listing, Nanos, Price, Quantity, SyncState, UnixNanos,
};
use fulmar_engine::contract::MarketSession as _;
use fulmar_engine::market::decimal::format_scaled;

use super::Outcome::{self, Held, NotApplicable};
use super::bench::{Bench, IDS};

/// What an instrument is comes from the venue, once: scales that hold its steps, the steps, and who is who.
pub fn definitions(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    for index in 0..IDS.len() {
        let definition = definition(&bench, index);
        assert_eq!((definition.is_inferred, definition.revision), (0, 1));
        assert_eq!(definition.tick, tenths(&definition, 1));
        assert_eq!(definition.quantity_scale, 8, "the digits of a lot of 0.00000001");
        assert_eq!(definition.lot, Quantity(1));
        assert_eq!(definition.symbol.as_str(), bench.flow.symbols[index]);
        assert_eq!(definition.venue.as_str(), entry.name);
        assert_eq!(definition.contract, bench.flow.sample.contract(bench.flow.symbols[index]));
        assert!(definition.contract_size.is_known(), "how much one unit is");
        assert!(!definition.base.as_str().is_empty() && !definition.quote.as_str().is_empty());
    }
    let again = bench.flow.sample.definitions(&bench.flow.symbols).expect("it says them");
    bench.give(&again);
    assert_eq!([definition(&bench, 0).revision, definition(&bench, 1).revision], [1; 2], "no news");
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    assert_eq!(bench.keeper.statuses, [], "that they are traded goes without saying");
    Held
}

/// The venue changes the step of an instrument's prices: it is told as a new definition, and the book is the venue's
/// again, while the other instrument is as it was.
pub fn tick_size_change(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    bench.tell_instrument(0, "0.5", true);
    bench.tell_instrument(0, "0.5", true);
    let changed = definition(&bench, 0);
    assert_eq!((changed.tick, changed.revision), (tenths(&changed, 5), 2), "told once");
    assert_eq!((definition(&bench, 1).revision, bench.state(1)), (1, SyncState::Live));
    bench.recover();
    let update = bench.flow.update(0, &[("99.5", "3.00000000")], &[]);
    bench.give(&update);
    bench.assert_books();
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    Held
}

/// An instrument is not traded for a while: both are told, once each, and its book goes on.
pub fn halt_and_back(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let told = |bench: &Bench| -> Vec<_> {
        bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect()
    };
    bench.tell_instrument(0, "0.1", false);
    bench.tell_instrument(0, "0.1", false);
    assert_eq!(told(&bench), [(IDS[0], Listing::Halted)], "once");
    assert!(!bench.keeper.statuses[0].1.text.as_str().is_empty(), "in the venue's words");
    let update = bench.flow.update(0, &[("100.4", "7.00000000")], &[]);
    bench.give(&update);
    assert_eq!(bench.state(0), SyncState::Live);
    bench.assert_books();
    bench.tell_instrument(0, "0.1", true);
    bench.tell_instrument(0, "0.1", true);
    assert_eq!(told(&bench), [(IDS[0], Listing::Halted), (IDS[0], Listing::Listed)]);
    assert_eq!(definition(&bench, 0).revision, 1, "it is what it was");
    Held
}

/// The venue's list lacks an instrument: it is told as unlisted, and only now and then it is asked whether it is there
/// again; once it is, all goes on.
pub fn delisting(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::undefined(entry);
    let symbols = bench.flow.symbols;
    let mut is_asked_by_list = false;
    bench.flow.sample.definition_paths(&symbols, &mut |_| is_asked_by_list = true);
    if !is_asked_by_list {
        return NotApplicable("it says of each instrument itself that it is gone");
    }
    let list = bench.flow.sample.definitions(&symbols[1..]).expect("it says them");
    bench.give(&list);
    let told = |bench: &Bench| -> Vec<_> {
        bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect()
    };
    assert_eq!(told(&bench), [(IDS[0], Listing::Unlisted)]);
    bench.sync(1);
    bench.leaving();
    let mut asked = Vec::new();
    for _ in 0..UNLISTED_WAIT.0 / 1_000_000_000 + 1 {
        let update = bench.flow.update(1, &[("100.4", "7.00000000")], &[]);
        bench.give(&update);
        asked.extend(bench.pass_heard(Nanos::from_secs(1)));
    }
    let is_list = |text: &str| bench.flow.sample.answer(text) == Answer::Definitions;
    let book = bench.book_request(0);
    let of_it = asked.iter().filter(|leaving| leaving.text == book).count();
    assert!(of_it <= 1, "a book that is not there is asked for now and then at most: {of_it}");
    assert!(asked.iter().any(|leaving| is_list(&leaving.text)), "whether it came is asked now and then");
    assert_eq!(bench.state(1), SyncState::Live);

    let list = bench.flow.sample.definitions(&symbols).expect("it says them");
    bench.give(&list);
    assert_eq!(told(&bench), [(IDS[0], Listing::Unlisted), (IDS[0], Listing::Listed)]);
    bench.sync(0);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    bench.assert_books();
    Held
}

/// Mark price and index are told with the digits that they came with, and again where one of them changed.
pub fn mark_price(entry: &'static VenueEntry) -> Outcome {
    let Some(mut bench) = Bench::of_derivatives(entry) else {
        return NotApplicable("it trades no derivatives");
    };
    let mut told_count = 0;
    for mark in ["100.123", "100.123", "100.456"] {
        let (symbol, at_ms) = (bench.flow.symbols[0], bench.flow.at_ms());
        let said = MarkPriceSample { symbol, at_ms, mark, index: "99.87" };
        let frames = bench.flow.sample.mark_price(&said);
        if frames.is_empty() {
            return NotApplicable("it tells none");
        }
        frames.iter().for_each(|frame| bench.give(frame));
        let kept = &bench.keeper.instruments[&IDS[0]];
        let told = kept.mark_price.expect("told");
        assert!(told.price_scale >= 3, "no digit is cut");
        let written = |price: Price| format_scaled(price.0.into(), told.price_scale).to_string();
        assert_eq!(written(told.mark).trim_end_matches('0'), mark);
        assert_eq!(written(told.index).trim_end_matches('0'), "99.87");
        told_count = kept.mark_prices_told;
    }
    assert_eq!(told_count, 2, "what changed nothing is not told again");
    assert!(bench.keeper.instruments[&IDS[1]].mark_price.is_none(), "of the other nothing was said");
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    Held
}

/// Funding is told with its sign and its moment, and again where it changed.
pub fn funding(entry: &'static VenueEntry) -> Outcome {
    let Some(mut bench) = Bench::of_derivatives(entry) else {
        return NotApplicable("it trades no derivatives");
    };
    let next_at_ms = 1_786_316_400_000;
    for (rate, expected) in
        [("0.0001", 100_000_000), ("0.0001", 100_000_000), ("-0.00002", -20_000_000), ("0", 0)]
    {
        let (symbol, at_ms) = (bench.flow.symbols[0], bench.flow.at_ms());
        let said = FundingSample { symbol, at_ms, rate, next_at_ms };
        let frame = bench.flow.sample.funding(&said).expect("perpetuals have funding");
        bench.give(&frame);
        let told = bench.keeper.instruments[&IDS[0]].funding.expect("told");
        assert_eq!((told.rate, told.next_at), (FundingRate(expected), UnixNanos::from_millis(next_at_ms)));
    }
    let kept = &bench.keeper.instruments[&IDS[0]];
    assert_eq!(kept.fundings_told, 3, "what changed nothing is not told again");
    assert!(bench.keeper.instruments[&IDS[1]].funding.is_none(), "of the other nothing was said");
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    Held
}

/// A bar of the venue's own making is told once it is closed, whole; one that is none is an error.
pub fn bars(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let start_ms = 1_786_310_700_000;
    let five_minutes_ms = 300_000;
    let bar = BarSample {
        symbol: "",
        frame: 0,
        at_ms: 0,
        start_ms,
        prices: ["100.1", "102.4", "98.7", "101.0"],
        volume: "2.50000000",
        is_closed: false,
    };
    let forming = BarSample { prices: ["100.1", "102.4", "99.9", "102.4"], volume: "1.00000000", ..bar };
    let last = BarSample { is_closed: true, ..bar };
    let next = BarSample { start_ms: start_ms + five_minutes_ms, ..forming };
    for (said, told_before) in [(forming, 0), (last, 0), (next, 1)] {
        let Some(text) = bench.flow.bar(0, &said) else {
            return NotApplicable("none of its own is read");
        };
        bench.message(text.as_bytes());
        let told = bench.keeper.instruments[&IDS[0]].bars.len();
        assert!(told == told_before || said.is_closed && told == 1, "{told} bars after {said:?}");
    }
    let (kept, definition) = (&bench.keeper.instruments[&IDS[0]], definition(&bench, 0));
    let told = kept.bars[0];
    let prices = [told.open, told.high, told.low, told.close];
    assert_eq!(prices, [1_001, 1_024, 987, 1_010].map(|count| tenths(&definition, count)));
    assert_eq!(told.volume, Quantity(25 * 10_i64.pow(u32::from(definition.quantity_scale) - 1)));
    assert_eq!(told.start_at, UnixNanos::from_millis(start_ms));
    assert_eq!(told.interval, Nanos::from_millis(five_minutes_ms));
    assert_eq!(bench.session.counters().decode_error_count(), 0);

    let none = BarSample { prices: ["100.1", "99.0", "98.7", "101.0"], is_closed: true, ..bar };
    let text = bench.flow.bar(0, &none).expect("a bar");
    bench.message(text.as_bytes());
    assert_eq!(bench.session.counters().decode_error_count(), 1, "its highest is not");
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    Held
}

fn definition(bench: &Bench, index: usize) -> InstrumentDefinition {
    bench.keeper.instruments[&IDS[index]].definition.expect("defined")
}

/// So many tenths as a price of the instrument.
fn tenths(definition: &InstrumentDefinition, count: i64) -> Price {
    Price(count * 10_i64.pow(u32::from(definition.price_scale) - 1))
}
