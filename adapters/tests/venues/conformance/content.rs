//! Rows about what frames say: numbers that cannot be, fields that nobody knows, frames that end too soon.

use fulmar_adapters::session::sample::{LevelText, SampleFrame};
use fulmar_adapters::session::{VenueEntry, each_symbol_named};
use fulmar_bus::record::{FrameSource, Price, Side, SyncState};
use fulmar_engine::contract::{DecodeError, InboundFrame, MarketSession as _};

use super::Outcome::{self, Held, NotApplicable};
use super::bench::{Bench, IDS};
use crate::flow::mantissa;

/// A level is deleted that is not there, as when it left the depth of a subscription.
pub fn zero_quantity_on_absent_level(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let update = bench.flow.update(0, &[("77.7", "0")], &[("177.7", "0.00000000")]);
    bench.give(&update);
    assert_eq!(bench.state(0), SyncState::Live);
    bench.assert_books();
    Held
}

/// Nobody bids: a state like any other.
pub fn empty_side(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let bids = bench.flow.book(0)[0].clone();
    let deletes: Vec<LevelText> = bids.iter().map(|(price, _)| (price.clone(), "0".to_owned())).collect();
    let update = bench.flow.change(0, &deletes, &[]);
    bench.give(&update);
    assert_eq!(bench.state(0), SyncState::Live);
    assert!(bench.keeper.instruments[&IDS[0]].bids.is_empty());
    bench.assert_books();
    let update = bench.flow.update(0, &[("100.0", "1.00000000")], &[]);
    bench.give(&update);
    bench.assert_books();
    Held
}

/// A quantity that no integer of ours can hold is an error, and the book that it is of is not believed.
pub fn absurd_sizes(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let update = bench.flow.update(0, &[("100.4", "123.00000000")], &[]);
    bench.message(text_of(&update).replace("123", "99999999999999999999").as_bytes());
    assert_eq!(bench.errors(DecodeError::Overflow), 1);
    assert_eq!(bench.state(0), SyncState::Desynced);
    bench.recover();
    Held
}

/// Nothing costs nothing or less.
pub fn impossible_prices(entry: &'static VenueEntry) -> Outcome {
    for price in ["0.0", "-5.5"] {
        let mut bench = Bench::live(entry);
        let update = bench.flow.update(0, &[("77.7", "1.00000000")], &[]);
        bench.message(text_of(&update).replace("77.7", price).as_bytes());
        assert_eq!(bench.errors(DecodeError::OutOfRange), 1, "{price}");
        assert_eq!(bench.state(0), SyncState::Desynced, "{price}");
        bench.recover();
    }
    Held
}

/// What is no number is an error, never a guess.
pub fn numbers_that_are_none(entry: &'static VenueEntry) -> Outcome {
    for number in ["NaN", "Infinity", "1.2.3", "0x10", "--1", "null", "", "1,5"] {
        let mut bench = Bench::live(entry);
        let update = bench.flow.update(0, &[("77.7", "1.00000000")], &[]);
        bench.message(text_of(&update).replace("77.7", number).as_bytes());
        assert!(bench.session.counters().decode_error_count() >= 1, "{number:?}");
        assert_eq!(bench.state(0), SyncState::Desynced, "{number:?}");
        bench.recover();
    }
    Held
}

/// A kind that nobody knows is counted, and a new field does not hurt.
pub fn unknown_messages_and_fields(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let frame = bench.flow.next_frame();
    let ignored_before = bench.session.counters().ignored_frames;
    let unused = bench.flow.sample.unused(frame);
    bench.message(unused.as_bytes());
    assert_eq!(bench.session.counters().ignored_frames, ignored_before + 1);
    let update = bench.flow.update(0, &[("100.4", "7.00000000")], &[]);
    let text = text_of(&update).replacen('{', "{\"new_field\":{\"a\":[1,\"b\",null,{}]},", 1);
    bench.message(text.as_bytes());
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    bench.assert_books();
    Held
}

/// A trade that cannot be is an error, and no book is worse for it.
pub fn unreadable_trade(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let trade = bench.flow.trade(0, "0.0", "1.00000000", true);
    bench.message(trade.as_bytes());
    assert_eq!(bench.errors(DecodeError::OutOfRange), 1);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2], "a reader is told of what is no book");
    let update = bench.flow.update(0, &[("100.4", "7.00000000")], &[]);
    bench.give(&update);
    bench.assert_books();
    Held
}

/// A recording that does not say what it holds is played all the same: its frames name their symbols.
pub fn recording_without_a_list(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::new(entry);
    let named = |bench: &Bench, text: &str| {
        let (source, connection, status) = (FrameSource::Message, 0, 0);
        let mut bytes = text.as_bytes().to_vec();
        let frame = InboundFrame { source, connection, status, received_at: bench.now, bytes: &mut bytes };
        let mut symbols = Vec::new();
        each_symbol_named(&*bench.flow.sample, frame, &mut |symbol| symbols.push(symbol.to_owned()));
        symbols
    };
    for index in 0..IDS.len() {
        let update = bench.flow.update(index, &[("100.4", "7.00000000")], &[]);
        let trade = bench.flow.trade(index, "100.5", "1.50000000", true);
        for text in [text_of(&update), trade] {
            assert_eq!(named(&bench, &text), [bench.flow.symbols[index]], "{text}");
        }
    }
    let unused = bench.flow.sample.unused(0);
    assert!(named(&bench, &unused).is_empty(), "{unused}");
    Held
}

/// The largest snapshot is read; one that is larger is refused by name.
pub fn megabyte_snapshot(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::new(entry);
    let levels_max = bench.flow.sample.limits().levels_max;
    let depth = bench.flow.sample.proof().and_then(|proof| proof.depth).unwrap_or(levels_max);
    let side = |count: usize, sign: i64| -> Vec<LevelText> {
        let price = |place: i64| 5_000_000 + sign * (place + 1);
        let text = |tenths: i64| format!("{}.{}", tenths / 10, tenths % 10);
        let level = |place| (text(price(place)), "1.25000000".to_owned());
        (0..i64::try_from(count).expect("a few thousand")).map(level).collect()
    };
    let count = depth.min(levels_max);
    bench.flow.replace(0, side(count, -1), side(count, 1));
    bench.sync_largest();

    let mut bench = Bench::new(entry);
    bench.flow.replace(0, side(levels_max + 1, -1), side(1, 1));
    let snapshot = bench.flow.snapshot(0);
    bench.send(&snapshot);
    let refused = bench.errors(DecodeError::TooManyLevels) + bench.errors(DecodeError::TooLong);
    assert_eq!(refused, 1, "one level more than there can be");
    assert!(bench.keeper.instruments[&IDS[0]].bids.is_empty());
    Held
}

/// A frame that ends too soon is an error, whatever is missing, and a book that it may have been of is not believed.
pub fn truncated_frames(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let update = bench.flow.update(0, &[("100.4", "7.00000000")], &[("100.6", "0")]);
    let text = text_of(&update);
    let whole = text.as_bytes();
    for end in 0..whole.len() {
        let errors_before = bench.session.counters().decode_error_count();
        bench.message(&whole[..end]);
        assert_eq!(bench.session.counters().decode_error_count(), errors_before + 1, "cut after {end} bytes");
    }
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Desynced; 2], "it may have been of either");
    bench.recover();
    Held
}

/// Bytes that are no text are an error, and break what they may have been of.
pub fn bytes_that_are_no_text(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    bench.message(b"{\"a\":\"\xff\xfe\"}");
    assert_eq!(bench.errors(DecodeError::NotUtf8), 1);
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Desynced; 2]);
    bench.recover();
    Held
}

/// Trades are told as they happened, with the side of the one who crossed the spread.
pub fn trades_once_and_in_order(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    for (quantity, is_buy) in [("1.50000000", true), ("2.00000000", false), ("0.50000000", true)] {
        let trade = bench.flow.trade(1, "100.5", quantity, is_buy);
        bench.message(trade.as_bytes());
    }
    let kept = &bench.keeper.instruments[&IDS[1]];
    assert_eq!((kept.trade_count, kept.buy_count), (3, 2));
    let last = kept.last_trade.expect("a trade");
    assert_eq!(last.aggressor, Side::Buy);
    let scale = kept.definition.expect("defined").quantity_scale;
    assert_eq!(kept.traded, i128::from(mantissa("4.0")) / 10_i128.pow(u32::from(8 - scale)));
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    Held
}

/// The venue's own best prices are told as such.
pub fn best_prices(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let top = bench.flow.top(1, ("100.5", "1.00000000"), ("100.6", "4.00000000"));
    let Some(top) = top else {
        return NotApplicable("the venue sends none but its book");
    };
    bench.message(top.as_bytes());
    let kept = &bench.keeper.instruments[&IDS[1]];
    let told = kept.ticker.expect("best prices");
    let scale = u32::from(kept.definition.expect("defined").price_scale);
    assert_eq!(
        (told.bid.price, told.ask.price),
        (Price(1_005 * 10_i64.pow(scale - 1)), Price(1_006 * 10_i64.pow(scale - 1)))
    );
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    Held
}

fn text_of(frame: &SampleFrame) -> String {
    match frame {
        SampleFrame::Message(text) => text.clone(),
        SampleFrame::Answer(..) => panic!("an update is a message"),
    }
}
