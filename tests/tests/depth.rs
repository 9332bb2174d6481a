//! A strategy that asked for depth keeps the book of its instrument: what it is shown is the venue's book, as deep as
//! it asked for, and nothing at all from the moment at which that cannot be said any more.

use std::sync::mpsc::{Receiver, Sender, channel};

use fulmar_bus::record::{AccountId, ContractKind, InstrumentId, Nanos, Side, TopOfBook};
use fulmar_engine::contract::{BookDepth, BookUpdate, Context, Event, InstrumentView, Strategy};
use fulmar_engine::runtime::Player;
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan,
    Surroundings, VenuePlan, build,
};
use fulmar_tests::scripted::{Scripted, Tell, Wire, definition};
use fulmar_tests::stage::OPENS_AT;

const BTC: InstrumentId = InstrumentId(0);

/// Bids and asks that are shown, best first; `None` where no book is.
type Shown = Option<[Vec<Wire>; 2]>;

/// Keeps what its view shows at each callback.
struct Reader(Sender<(&'static str, Shown)>);

impl Reader {
    fn keep(&self, callback: &'static str, instrument: &InstrumentView) {
        let side = |side| {
            move |book: fulmar_engine::contract::BookView<'_>| {
                let levels: Vec<Wire> =
                    book.levels(side).map(|level| (level.price.0, level.quantity.0)).collect();
                assert_eq!(book.level_count(side), levels.len());
                levels
            }
        };
        let shown = instrument.book().map(|book| [side(Side::Buy)(book), side(Side::Sell)(book)]);
        self.0.send((callback, shown)).expect("the test listens");
    }
}

impl Strategy for Reader {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        let instrument = context.instrument(quote.instrument_id).expect("it is traded");
        if let Some(book) = instrument.book() {
            assert_eq!(
                book.best_bid().unwrap_or_default(),
                quote.bid,
                "the levels are there when the quote comes"
            );
            assert_eq!(book.best_ask().unwrap_or_default(), quote.ask);
        }
        self.keep("quote", instrument);
    }

    fn on_book(&mut self, context: &mut Context<'_>, update: Event<'_, BookUpdate<'_>>) {
        let instrument = context.instrument(update.instrument_id).expect("it is traded");
        assert!(instrument.book().is_some(), "called while the book is live alone");
        self.keep("book", instrument);
    }
}

struct Scene {
    player: Player,
    told: Receiver<(&'static str, Shown)>,
}

impl Scene {
    fn new(book: BookDepth, market_slots: usize, script: Vec<(u64, Tell)>) -> Self {
        let (sender, told) = channel();
        let plan = EnginePlan {
            instruments: vec![InstrumentPlan::new("venue:BTC".to_owned(), None)],
            venues: vec![VenuePlan {
                session: Box::new(Scripted::new("venue", BTC, script)),
                instruments: vec![BTC],
            }],
            pairs: vec![PairPlan { name: "BTC".to_owned(), instruments: vec![BTC], taker_fees: Vec::new() }],
            bar_intervals: vec![Nanos::from_secs(60)],
            strategies: vec![StrategyPlan {
                name: "reader".to_owned(),
                home: Home::Engine(Box::new(Reader(sender))),
                instruments: vec![BTC],
                book,
            }],
            treasury: TreasuryPlan::default(),
            orders: OrderRoute::Paper { account_id: AccountId(0), fees: PaperFees::default() },
            rings: RingSizes { market: market_slots, ..RingSizes::default() },
            epoch: 1,
            held: KeptOrders::default(),
            journal_directory: None,
        };
        let nobody = Surroundings { bell_of: &|_| None, stamps: None };
        let mut player = Player::new(build(plan, &nobody).expect("nothing is written to a file").seats);
        player.start(OPENS_AT);
        Scene { player, told }
    }

    /// The callbacks until so many milliseconds have passed, and what the last of them was shown.
    fn until(&mut self, millis: u64) -> (Vec<&'static str>, Shown) {
        self.player.advance(OPENS_AT + Nanos::from_millis(millis));
        let told: Vec<_> = self.told.try_iter().collect();
        let shown = told.last().and_then(|(_, shown)| shown.clone());
        (told.into_iter().map(|(callback, _)| callback).collect(), shown)
    }
}

fn opening() -> Vec<(u64, Tell)> {
    vec![
        (1, Tell::Definition(definition("BTC", "USDT", (2, 5), ContractKind::Spot))),
        (2, Tell::Snapshot(vec![(100, 1), (99, 2), (98, 3)], vec![(101, 4), (102, 5), (103, 6)])),
        (3, Tell::Levels(vec![(100, 0), (97, 7)], vec![(101, 9)])),
    ]
}

#[test]
fn a_full_book_is_shown_from_the_snapshot_on_and_follows_every_update() {
    let mut scene = Scene::new(BookDepth::Full, 1 << 10, opening());
    let snapshot = Some([vec![(100, 1), (99, 2), (98, 3)], vec![(101, 4), (102, 5), (103, 6)]]);
    assert_eq!(scene.until(2), (vec!["quote"], snapshot));
    let updated = Some([vec![(99, 2), (98, 3), (97, 7)], vec![(101, 9), (102, 5), (103, 6)]]);
    assert_eq!(scene.until(3), (vec!["book", "quote"], updated));
}

#[test]
fn two_levels_are_the_best_two_also_when_one_of_them_goes() {
    let mut scene = Scene::new(BookDepth::Levels(2), 1 << 10, opening());
    assert_eq!(scene.until(2).1, Some([vec![(100, 1), (99, 2)], vec![(101, 4), (102, 5)]]));
    assert_eq!(scene.until(3).1, Some([vec![(99, 2), (98, 3)], vec![(101, 9), (102, 5)]]));
}

#[test]
fn a_strategy_that_asked_for_the_top_has_no_book_and_hears_of_none() {
    let mut scene = Scene::new(BookDepth::Top, 1 << 10, opening());
    assert_eq!(scene.until(3), (vec!["quote", "quote"], None));
}

#[test]
fn a_book_that_broke_is_not_shown_until_the_next_whole_snapshot() {
    let mut script = opening();
    script.extend([
        (4, Tell::Desync),
        (5, Tell::Levels(vec![(105, 1)], vec![])),
        (6, Tell::Snapshot(vec![(50, 1)], vec![(60, 2)])),
        (7, Tell::Levels(vec![], vec![(59, 3)])),
    ]);
    let mut scene = Scene::new(BookDepth::Full, 1 << 10, script);
    assert!(scene.until(3).1.is_some());
    assert_eq!(scene.until(5), (vec![], None), "levels of a broken book are nobody's");
    assert_eq!(
        scene.until(7),
        (vec!["quote", "book", "quote"], Some([vec![(50, 1)], vec![(59, 3), (60, 2)]]))
    );
}

#[test]
fn a_strategy_that_was_overtaken_waits_for_the_next_whole_snapshot() {
    let mut script = opening();
    script.extend((0..200).map(|_| (4, Tell::Levels(vec![(99, 8)], vec![]))));
    script.extend([
        (5, Tell::Levels(vec![(99, 9)], vec![])),
        (6, Tell::Snapshot(vec![(50, 1)], vec![(60, 2)])),
        (7, Tell::Levels(vec![(50, 3)], vec![])),
    ]);
    let mut scene = Scene::new(BookDepth::Full, 1 << 7, script);
    assert!(scene.until(3).1.is_some());
    assert_eq!(scene.until(5), (vec![], None), "what it missed may have been anything");
    assert_eq!(scene.until(7).1, Some([vec![(50, 3)], vec![(60, 2)]]));
}
