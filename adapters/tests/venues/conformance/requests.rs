//! Rows about what is asked of the venue when things go wrong: again, but ever more slowly, and never in a flood.

use std::collections::BTreeMap;

use fulmar_adapters::session::sample::SampleFrame;
use fulmar_adapters::session::{Answer, VenueEntry};
use fulmar_adapters::sync::limits::{BACKOFF_MAX, SNAPSHOT_ANSWER_MAX};
use fulmar_bus::record::{Nanos, RequestKind, SyncState, UnixNanos};
use fulmar_engine::contract::MarketSession as _;

use super::Outcome::{self, Held, NotApplicable};
use super::bench::{Bench, Leaving, instruments};

/// A book that does not come is asked for again, ever more slowly, and never given up.
pub fn snapshot_that_never_comes(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::new(entry);
    let longest = Nanos(BACKOFF_MAX.0 + SNAPSHOT_ANSWER_MAX.0 + 1_000_000_000);
    let wanted = [bench.book_request(0), bench.book_request(1)];
    for _ in 0..10 {
        let asked = bench.pass_heard(longest);
        let count = asked.iter().filter(|leaving| wanted.contains(&leaving.text)).count();
        assert!(
            (1..40).contains(&count),
            "asked at least once in {longest:?}, and not all the time: {count}"
        );
    }
    Held
}

/// A book breaks each time that it syncs: it is asked for ever more slowly, and its neighbour goes on.
pub fn book_that_always_breaks(entry: &'static VenueEntry) -> Outcome {
    const MINUTES: u64 = 20;
    let mut bench = Bench::live(entry);
    let wanted = bench.book_request(0);
    let mut asked_count = 0;
    for _ in 0..MINUTES * 60 {
        if bench.state(0) == SyncState::Live {
            let update = bench.flow.update(0, &[("77.7", "1.00000000")], &[]);
            let SampleFrame::Message(text) = update else { panic!("an update is a message") };
            bench.message(text.replace("77.7", "-5.5").as_bytes());
        }
        let update = bench.flow.update(1, &[("100.4", "7.00000000")], &[]);
        bench.give(&update);
        let asked = bench.pass_heard(Nanos::from_secs(1));
        let count = asked.iter().filter(|leaving| leaving.text == wanted).count() as u64;
        if count > 0 {
            bench.sync(0);
        }
        asked_count += count;
        assert_eq!(bench.state(1), SyncState::Live);
    }
    bench.assert_book(1);
    assert!(asked_count >= MINUTES, "it is never given up: {asked_count}");
    assert!(asked_count <= 6 * MINUTES, "nor asked for all the time: {asked_count}");
    Held
}

/// Connections end as soon as they are open, again and again: each subscribes once, what is asked for by HTTP stays
/// within the venue's weight and does not pile up, and the books come back.
pub fn reconnect_storm(entry: &'static VenueEntry) -> Outcome {
    let mut bench = Bench::live(entry);
    let lines = bench.flow.sample.lines(&instruments(&bench.flow));
    let subscriptions: usize = lines.iter().map(|line| line.subscriptions.len()).sum();
    let mut asked: Vec<Leaving> = Vec::new();
    for _ in 0..200 {
        bench.close();
        bench.open();
        for index in 0..2 {
            let update = bench.flow.update(index, &[("100.4", "7.00000000")], &[]);
            bench.give(&update);
        }
        let of_life = bench.pass_heard(Nanos::from_millis(1_500));
        let sent = of_life.iter().filter(|leaving| leaving.kind == RequestKind::Send).count();
        assert_eq!(sent, subscriptions, "each life subscribes once, and asks for nothing more so soon");
        asked.extend(of_life);
    }
    for leaving in &asked {
        let wait = leaving.at.since(leaving.asked_at);
        assert!(wait <= Nanos::from_secs(30), "{} piles up: {wait:?}", leaving.text);
    }
    assert_within_weight(&bench, &asked);
    bench.close();
    bench.open();
    bench.sync(0);
    bench.sync(1);
    bench.assert_books();
    assert_eq!([bench.state(0), bench.state(1)], [SyncState::Live; 2]);
    Held
}

/// In no minute more weight leaves than the venue allows.
fn assert_within_weight(bench: &Bench, asked: &[Leaving]) {
    let limits = bench.flow.sample.limits();
    let weight_of = |text: &str| match bench.flow.sample.answer(text) {
        Answer::Snapshot(symbol) => bench.flow.sample.snapshot_path(symbol).map_or(0, |(_, weight)| weight),
        Answer::Definitions => limits.definitions_weight,
        Answer::Other => 0,
    };
    let mut leaving: BTreeMap<UnixNanos, u64> = BTreeMap::new();
    for request in asked.iter().filter(|request| request.kind == RequestKind::HttpGet) {
        *leaving.entry(request.at).or_default() += weight_of(&request.text);
    }
    let minute = Nanos::from_secs(60);
    let dearest = leaving.values().max().copied().unwrap_or_default();
    let allowed = u64::from(limits.weight_burst) + minute.0 / limits.weight_interval.0 + dearest;
    for begin in leaving.keys() {
        let weight: u64 = leaving.range(*begin..*begin + minute).map(|(_, weight)| weight).sum();
        assert!(weight <= allowed, "{weight} within a minute, where {allowed} may be");
    }
}

/// The venue says that too much was asked, or shuts the address out: nothing more is asked for as long as it says, and
/// then it is.
pub fn too_many_requests(entry: &'static VenueEntry) -> Outcome {
    let until_ms = |bench: &Bench| bench.now.0 / 1_000_000 + 200_000;
    let own_words = {
        let bench = Bench::undefined(entry);
        bench.flow.sample.too_many_requests(until_ms(&bench))
    };
    let statuses = [429, 418, 403].map(|status| (status, String::new()));
    for (status, body) in statuses.into_iter().chain([own_words]) {
        let mut bench = Bench::undefined(entry);
        let asked = bench.leaving();
        let Some(get) = asked.iter().find(|leaving| leaving.kind == RequestKind::HttpGet) else {
            return NotApplicable("nothing is asked for by HTTP");
        };
        bench.answer(&get.text, (status, &body));
        assert_eq!(bench.session.counters().venue_refusals, 1, "{status} {body}");
        let held = bench.flow.sample.hold_until(bench.now, status, body.as_bytes());
        let until = held.expect("it holds");
        assert!(until.since(bench.now) >= Nanos::from_secs(60), "{status} {body}: for a while");
        let leaving = bench.pass_heard(Nanos(until.since(bench.now).0 + 120_000_000_000));
        let gets = leaving.iter().filter(|leaving| leaving.kind == RequestKind::HttpGet);
        let first_at = gets.map(|get| get.at).min().expect("asked again, in the end");
        assert!(first_at >= until, "{status} {body}: not before the venue allows it");
        assert!(first_at <= bench.now, "{status} {body}: and then at once");
    }
    Held
}
