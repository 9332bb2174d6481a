//! Rows about what is asked for again, and what for: no more than was lost, and all of it.

use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::session::limits::{BOOK_ANSWER_MAX, BOOK_STALL_MAX, UNLISTED_WAIT};
use fulmar_adapters::sync::limits::{BACKOFF_MAX, SNAPSHOT_ANSWER_MAX};
use fulmar_bus::record::{InstrumentDefinition, Nanos, RequestKind, SyncReason, SyncState};

use super::Outcome::{self, Held, NotApplicable};
use super::bench::{Bench, IDS, Leaving};

/// A frame that nobody can read and that may be of any book: none is believed. Where books come in the stream one new
/// connection brings them all; else each is asked for once.
pub fn unreadable_frame(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    bench.message(b"{\"half\":");
    for index in 0..IDS.len() {
        assert_eq!((bench.state(index), bench.reason(index)), (SyncState::Desynced, SyncReason::DecodeError));
    }
    bench.pass(Nanos::from_secs(2));
    let kinds: Vec<RequestKind> = bench.keeper.requests.iter().map(|(kind, ..)| *kind).collect();
    let is_streamed = bench.flow.sample.rule().is_streamed();
    let expected = if is_streamed { vec![RequestKind::Reconnect] } else { vec![RequestKind::HttpGet; 2] };
    assert_eq!(kinds, expected);
    bench.message(b"{\"half\":");
    let is_left_again =
        bench.keeper.requests.iter().skip(kinds.len()).any(|(kind, ..)| *kind == RequestKind::Reconnect);
    assert!(!is_left_again, "a connection is left once");
    bench.recover();
    Held
}

/// Trades go on and the stream of their book says nothing, while the connection and the other books live: this book is
/// given up, and its stream begins anew.
pub fn book_that_stands_still(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let pass_second = |bench: &mut Bench, is_answered: bool| {
        let trade = bench.flow.trade(0, "100.5", "1.00000000", false);
        bench.message(trade.as_bytes());
        for index in if is_answered { 0..2 } else { 1..2 } {
            let update = bench.flow.update(index, &[("100.4", "7.00000000")], &[]);
            bench.give(&update);
        }
        bench.pass(Nanos::from_secs(1));
    };
    let seconds = BOOK_STALL_MAX.0 / 1_000_000_000;
    for answered in [true, false] {
        (0..seconds).for_each(|_| pass_second(&mut bench, answered));
        assert_eq!(bench.state(0), SyncState::Live, "no longer than it may");
    }
    for _ in 0..BOOK_ANSWER_MAX.0 / 1_000_000_000 {
        pass_second(&mut bench, false);
        assert_eq!(bench.state(0), SyncState::Live, "it is suspect");
    }
    pass_second(&mut bench, false);
    assert_eq!((bench.state(0), bench.reason(0)), (SyncState::Desynced, SyncReason::Silent));
    assert_eq!(bench.state(1), SyncState::Live, "the other lives");
    bench.pass(Nanos::from_secs(1));
    let anew = bench.flow.sample.book_anew(bench.flow.symbols[0]);
    let sent = |wanted: &String| bench.keeper.requests.iter().filter(|(_, _, text)| text == wanted).count();
    assert_eq!(anew.each_ref().map(sent), [1, 1], "{:?}", bench.keeper.requests);
    let is_left = bench.keeper.requests.iter().any(|(kind, ..)| *kind == RequestKind::Reconnect);
    assert!(!is_left, "the connection is sound");
    bench.recover();
    Held
}

/// A quiet market, whose trades come now before the update of their book and now behind it: no book stands still.
pub fn signs_on_both_sides_of_an_update(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    for round in 0..40_u32 {
        let quantity = format!("{}.00000000", 5 + round % 3);
        let trade = |bench: &mut Bench| {
            let trade = bench.flow.trade(0, "100.5", "1.00000000", false);
            bench.message(trade.as_bytes());
        };
        if round % 2 == 0 {
            trade(&mut bench);
        }
        let update = bench.flow.update(0, &[("100.4", &quantity)], &[]);
        bench.give(&update);
        if round % 2 == 1 {
            trade(&mut bench);
        }
        bench.pass_heard(Nanos::from_secs(15));
        assert_eq!(bench.state(0), SyncState::Live, "round {round}");
    }
    bench.assert_book(0);
    Held
}

/// A number that is wrong by one digit, or a venue that begins to count anew on a connection that stands: the book is
/// not believed, and comes back.
pub fn number_far_ahead(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    bench.flow.skip(0, 1_000_000);
    let far = bench.flow.update(0, &[("100.4", "9.00000000")], &[]);
    bench.give(&far);
    bench.flow.restart(0);
    for _ in 0..20 {
        let update = bench.flow.update(0, &[("100.4", "8.00000000")], &[]);
        bench.give(&update);
    }
    if bench.state(0) == SyncState::Live {
        assert!(!bench.flow.sample.rule().is_numbered(), "a book that is numbered saw that");
        return NotApplicable("its updates have no numbers of their own");
    }
    bench.recover();
    Held
}

/// A snapshot that is ahead of all that the stream says is none of this stream: it is not waited for without an end.
pub fn snapshot_of_another_stream(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::new(entry);
    if bench.flow.sample.rule().is_streamed() {
        return NotApplicable("snapshots stand in their place in the stream");
    }
    bench.flow.skip(0, 1_000_000);
    let ahead = bench.flow.snapshot(0);
    bench.flow.restart(0);
    bench.give(&ahead);
    bench.keeper.requests.clear();
    let mut asked = 0;
    for _ in 0..60 {
        let update = bench.flow.update(0, &[("100.4", "8.00000000")], &[]);
        bench.give(&update);
        let wanted = bench.book_request(0);
        asked +=
            bench.pass_heard(Nanos::from_secs(1)).iter().filter(|leaving| leaving.text == wanted).count();
    }
    assert!(asked > 0, "it is asked for again");
    assert_ne!(bench.state(0), SyncState::Live);
    bench.sync(0);
    bench.assert_book(0);
    Held
}

/// A connection that is to be opened anew and does not end is asked for again.
pub fn reconnect_that_never_comes(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    if !bench.flow.sample.rule().is_streamed() {
        return NotApplicable("an unreadable frame costs no connection");
    }
    bench.message(b"{\"half\":");
    let asked = bench.pass_heard(Nanos::from_secs(100));
    let count = asked.iter().filter(|leaving| leaving.kind == RequestKind::Reconnect).count();
    assert_eq!(count, 4, "at once, and each thirty seconds");
    Held
}

/// A connection opens again whose end was not told: no book of it is believed that the stream began.
pub fn opening_without_an_end(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let _lost = bench.flow.update(0, &[("100.4", "9.00000000")], &[]);
    bench.open();
    let next = bench.flow.update(0, &[("100.3", "8.00000000")], &[]);
    bench.give(&next);
    assert_ne!(bench.state(0), SyncState::Live);
    bench.recover();
    Held
}

/// An instrument that was defined and is then refused is asked for again, with nothing else to bring it back.
pub fn instrument_that_is_refused_later(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let Some(refusal) = bench.flow.refusal(0) else {
        return NotApplicable("the venue says nothing");
    };
    bench.close();
    bench.open();
    bench.message(refusal.as_bytes());
    bench.sync(1);
    bench.keeper.requests.clear();
    let asked = bench.pass_heard(Nanos(2 * UNLISTED_WAIT.0 + SNAPSHOT_ANSWER_MAX.0 + BACKOFF_MAX.0));
    let symbol = bench.flow.symbols[0];
    let mut paths = Vec::new();
    bench.flow.sample.definition_paths(&[symbol], &mut |path| paths.push(path.to_owned()));
    let is_defined = |leaving: &&Leaving| bench.flow.sample.is_asked_about(&leaving.text, symbol);
    let asked_paths = asked.iter().filter(|leaving| leaving.kind == RequestKind::HttpGet).filter(is_defined);
    assert!(paths.is_empty() || asked_paths.count() >= 2, "what it is, each time: {asked:?}");
    let wanted = bench.book_request(0);
    let is_book = bench.flow.sample.rule().is_streamed();
    assert!(!is_book || asked.iter().any(|leaving| leaving.text == wanted), "its book: {asked:?}");
    bench.sync(0);
    bench.assert_book(0);
    Held
}

/// A subscription of which nothing came, since it was refused or the venue did not know the instrument: all of it is
/// asked for again, the instrument by itself.
pub fn instrument_that_comes_late(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::new(entry);
    if !bench.flow.sample.rule().is_streamed() {
        return NotApplicable("the venue takes any name, and begins once it knows it");
    }
    bench.sync(1);
    let refusal = bench.flow.refusal(0);
    refusal.iter().for_each(|refusal| bench.message(refusal.as_bytes()));
    let wait = UNLISTED_WAIT.0.max(SNAPSHOT_ANSWER_MAX.0 + BACKOFF_MAX.0);
    let mut asked = bench.pass_heard(Nanos(wait));
    bench.define();
    asked.extend(bench.pass_heard(Nanos(SNAPSHOT_ANSWER_MAX.0 + BACKOFF_MAX.0)));
    let symbol = bench.flow.symbols[0];
    let others = bench.flow.sample.others_anew(symbol);
    assert!(!others.is_empty(), "a venue has more than books");
    for message in others.iter().chain([&bench.book_request(0)]) {
        assert!(asked.iter().any(|leaving| leaving.text == *message), "{message} is missing");
    }
    bench.sync(0);
    bench.assert_books();
    bench.doubt(0);
    let asked = bench.pass_heard(Nanos::from_secs(5));
    let is_other = |leaving: &Leaving| others.contains(&leaving.text);
    assert!(!asked.iter().any(is_other), "what came before is not asked for again");
    Held
}

/// What an instrument is comes after its book, which was read by its digits: where the numbers still mean the same, the
/// book goes on; where they do not fit, it begins anew.
pub fn definition_after_the_book(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::undefined(entry);
    bench.sync(0);
    bench.sync(1);
    bench.keeper.requests.clear();
    let definitions =
        |bench: &Bench| IDS.map(|id| bench.keeper.instruments[&id].definition.expect("one that is inferred"));
    let seen = definitions(&bench);
    if !bench.define() {
        return NotApplicable("the venue has no such message");
    }
    for (index, (seen, defined)) in seen.into_iter().zip(definitions(&bench)).enumerate() {
        assert_eq!((seen.is_inferred, defined.is_inferred), (1, 0));
        let scales = |definition: &InstrumentDefinition| (definition.price_scale, definition.quantity_scale);
        let is_narrower = scales(&defined).0 < scales(&seen).0 || scales(&defined).1 < scales(&seen).1;
        if is_narrower {
            assert_eq!(
                (bench.state(index), bench.reason(index)),
                (SyncState::Desynced, SyncReason::Redefined)
            );
        } else {
            assert_eq!(bench.state(index), SyncState::Live);
            assert_eq!(scales(&defined), scales(&seen), "so that what is kept can be compared");
            bench.assert_book(index);
        }
    }
    bench.recover();
    Held
}

/// Where nothing else says what became of an instrument, its definition is asked for again and again.
pub fn definitions_are_asked_again(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let Some(interval) = bench.flow.sample.definitions_interval() else {
        return NotApplicable("the stream tells of changes");
    };
    for round in 1..4 {
        let asked = bench.pass_heard(Nanos(interval.0 + 1_000_000_000));
        let mut paths = Vec::new();
        bench.flow.sample.definition_paths(&bench.flow.symbols, &mut |path| paths.push(path.to_owned()));
        let count = |path: &String| asked.iter().filter(|leaving| leaving.text == *path).count();
        assert!(!paths.is_empty() && paths.iter().all(|path| count(path) == 1), "round {round}: {paths:?}");
        bench.define();
    }
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2], "the same again changes nothing");
    Held
}
