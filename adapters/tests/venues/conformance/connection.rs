//! Rows about connections: refusals, notices, silence, ends.

use fulmar_adapters::session::{Answer, VenueEntry};
use fulmar_bus::record::{Listing, Nanos, RequestKind, SyncReason, SyncState};
use fulmar_engine::contract::MarketSession as _;

use super::Outcome::{self, Held, NotApplicable};
use super::bench::{Bench, IDS};

/// A subscription is refused: that is counted, and the other instruments go on. What was refused is never believed, and
/// not missing in silence: it is told as unlisted, or asked for again.
pub fn subscription_error(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::new(entry);
    bench.sync(1);
    let Some(refusal) = bench.flow.refusal(0) else {
        return NotApplicable("the venue says nothing");
    };
    bench.message(refusal.as_bytes());
    let unlisted = (IDS[0], Listing::Unlisted);
    let told: Vec<_> = bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect();
    assert!(told.is_empty() || told == [unlisted], "{told:?}");
    assert_eq!(bench.session.counters().venue_refusals, 1, "counted");
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    bench.leaving();
    let mut asked = Vec::new();
    for _ in 0..60 {
        let update = bench.flow.update(1, &[("100.4", "7.00000000")], &[]);
        bench.give(&update);
        asked.extend(bench.pass_heard(Nanos::from_millis(500)));
    }
    let is_asked = asked.iter().any(|leaving| leaving.text.contains(bench.flow.symbols[0]));
    assert_eq!(is_asked, told.is_empty(), "told, or asked for again");
    assert_ne!(bench.state(0), SyncState::Live);
    assert_eq!(bench.state(1), SyncState::Live);
    bench.assert_book(1);
    Held
}

/// The venue says that it closes: the connection is opened anew before it does.
pub fn maintenance_notice(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let frame = bench.flow.next_frame();
    let Some(notice) = bench.flow.sample.notice(frame) else {
        return NotApplicable("the venue says nothing");
    };
    bench.message(notice.as_bytes());
    let is_reconnect = |(kind, ..): &(RequestKind, Nanos, String)| *kind == RequestKind::Reconnect;
    let is_halt = |status: &Listing| *status == Listing::Halted;
    let is_halted = bench.keeper.statuses.iter().any(|(_, status)| is_halt(&status.listing));
    assert!(bench.keeper.requests.iter().any(is_reconnect) || is_halted, "it is met, or told");
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    Held
}

/// The connection ends: no book that it carried is believed, in the same step.
pub fn lost_connection(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    bench.close();
    for index in 0..IDS.len() {
        assert_eq!(
            (bench.state(index), bench.reason(index)),
            (SyncState::Desynced, SyncReason::Disconnected)
        );
    }
    bench.pass(Nanos::from_secs(60));
    let is_book = |text: &str| bench.flow.sample.answer(text) != Answer::Definitions;
    let asked = bench.keeper.requests.iter().filter(|(_, _, text)| is_book(text)).count();
    assert_eq!(asked, 0, "nobody asks for a book before a connection is open: {:?}", bench.keeper.requests);
    bench.open();
    bench.recover();
    Held
}

/// The connection stands and says nothing: its books are given up, and it is replaced.
pub fn silence(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let idle_max = bench.flow.sample.limits().book_idle_max;
    bench.pass(Nanos(idle_max.0 - 1_000_000));
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    bench.pass(Nanos(2_000_000));
    for index in 0..IDS.len() {
        assert_eq!((bench.state(index), bench.reason(index)), (SyncState::Desynced, SyncReason::Silent));
    }
    assert!(bench.keeper.requests.iter().any(|(kind, ..)| *kind == RequestKind::Reconnect));
    bench.recover();
    Held
}

/// Where the venue wants to hear of us, it does, and no more often than it wants.
pub fn pings(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let Some((text, interval)) = bench.flow.sample.limits().ping else {
        return NotApplicable("the venue asks, and the socket answers");
    };
    for _ in 0..10 {
        let update = bench.flow.update(0, &[("100.4", "7.00000000")], &[]);
        bench.give(&update);
        let step = Nanos(interval.0 / 2);
        bench.pass(step.min(Nanos(bench.flow.sample.limits().book_idle_max.0 / 2)));
    }
    let passed = bench.now.since(fulmar_bus::record::UnixNanos::from_millis(1_786_310_816_516));
    let sent =
        bench.keeper.requests.iter().filter(|(kind, _, sent)| *kind == RequestKind::Send && sent == text);
    let (sent, due) = (sent.count() as u64, passed.0 / interval.0);
    assert!(sent == due || sent + 1 == due, "{sent} pings in {passed:?}, one each {interval:?}");
    Held
}
