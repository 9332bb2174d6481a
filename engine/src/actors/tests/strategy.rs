//! The host of a strategy that may ask for what it lost: nothing of an instrument is read twice, and nothing is read on
//! a book that may be wrong.

use std::sync::{Arc, Mutex, PoisonError};

use fulmar_bus::record::StrategyId;

use super::*;
use crate::actors::{StrategyHost, StrategyPorts, Stream};
use crate::contract::{BookDepth, Context, Event, Strategy};

/// Keeps the prices of the bids that it was told.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<i64>>>);

impl Strategy for Listener {
    fn on_quote(&mut self, _: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(quote.bid.price.0);
    }
}

impl Listener {
    fn heard(&self) -> Vec<i64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Slots of a channel that is soon full.
const FEW: usize = 256;
/// Tops that it does not hold.
const MANY: i64 = 256;

/// A top whose bid is `price`.
fn top(price: i64) -> TopOfBook {
    let level = |price| Level { price: Price(price), quantity: Quantity(1) };
    TopOfBook::new(level(price), level(price + 1), 1, OPENS_AT, TopSource::Book)
}

/// A host, what its strategy hears, and the channels that it reads.
struct Scene {
    host: StrategyHost,
    listener: Listener,
    books: Outbox,
    book_ring: Ring,
    market_ring: Ring,
}

fn scene() -> Scene {
    let [(_, reports), (books, book_ring), (_, market_ring), (intents, _)] =
        [(1, ROOMY), (2, FEW), (3, FEW), (4, ROOMY)].map(|(id, slots)| channel(id, slots));
    let listener = Listener::default();
    let mut ports = StrategyPorts::new(reports.reader(), BookDepth::Top);
    ports.add_instrument(INSTRUMENT, book_ring.reader(), market_ring.reader());
    let strategy = Box::new(listener.clone());
    let host = StrategyHost::new("reader", (1, StrategyId(0)), strategy, ports, intents);
    Scene { host, listener, books, book_ring, market_ring }
}

#[test]
fn what_was_lost_is_not_read_on_until_what_stands_is_there_and_then_nothing_is_read_twice() {
    let Scene { mut host, listener, mut books, book_ring, market_ring } = scene();
    host.ask_for_lost();
    let mut tell = |price| send(&mut books, OPENS_AT, &top(price));
    tell(1);
    turn(&mut host, OPENS_AT);
    assert_eq!((listener.heard(), host.lost()), (vec![1], vec![]));
    (2..=MANY).for_each(&mut tell);
    turn(&mut host, OPENS_AT);
    assert_eq!((listener.heard(), host.lost()), (vec![], vec![INSTRUMENT]));
    tell(1_000);
    assert!(!turn(&mut host, OPENS_AT).is_some() && host.inboxes().is_empty(), "it is not read on");
    // What stands was written down then; the last of it is what was told last.
    let (mut standing, standing_ring) = channel(9, ROOMY);
    send(&mut standing, OPENS_AT, &top(1_000));
    let place = u64::try_from(MANY + 1).expect("a few");
    tell(1_001);
    let stream = |standing: Option<Reader>, live| Stream { standing, live };
    let book = stream(Some(standing_ring.reader()), book_ring.reader_after(place));
    let market = stream(None, market_ring.reader());
    host.restore(INSTRUMENT, Some((book, market)));
    turn(&mut host, OPENS_AT);
    tell(1_002);
    turn(&mut host, OPENS_AT);
    assert_eq!((listener.heard(), host.lost()), (vec![1_000, 1_001, 1_002], vec![]));
    (2_000..2_000 + MANY).for_each(&mut tell);
    turn(&mut host, OPENS_AT);
    assert_eq!(host.lost(), [INSTRUMENT]);
    host.restore(INSTRUMENT, None);
    tell(3_000);
    turn(&mut host, OPENS_AT);
    assert_eq!(listener.heard().last(), Some(&3_000), "nobody could say what stands, so it goes on without");
}

#[test]
fn a_host_in_the_engine_reads_on_by_itself() {
    let Scene { mut host, listener, mut books, .. } = scene();
    (0..MANY).for_each(|price| send(&mut books, OPENS_AT, &top(price)));
    turn(&mut host, OPENS_AT);
    turn(&mut host, OPENS_AT);
    assert_eq!((listener.heard().last(), host.lost()), (Some(&(MANY - 1)), vec![]));
}
