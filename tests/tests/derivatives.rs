//! What venues tell of derivatives, from the venue to the strategy: funding, mark prices, bars of the venue's own, and
//! that an instrument is halted, which the gate hears of too.

use std::sync::mpsc::{Receiver, Sender, channel};

use fulmar_bus::record::{
    AccountId, Bar, ContractKind, Denial, ExecutionReport, Funding, FundingRate, InstrumentId,
    InstrumentStatus, Listing, MarkPrice, Nanos, Notional, Price, Quantity, Side, TopOfBook, UnixNanos,
};
use fulmar_engine::contract::{BookDepth, Context, Event, NewOrder, Strategy};
use fulmar_engine::runtime::Player;
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_engine::trading::risk::{GuardSettings, RiskCheck, RiskSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan,
    Surroundings, VenuePlan, build,
};
use fulmar_tests::scripted::{Scripted, Tell, definition};
use fulmar_tests::stage::OPENS_AT;

const BTC: InstrumentId = InstrumentId(0);

/// Bids at each quote where nothing of its own stands, and keeps what it hears.
struct Bidder(Sender<String>);

impl Bidder {
    fn keep(&self, what: impl Into<String>) {
        self.0.send(what.into()).expect("the test listens");
    }
}

impl Strategy for Bidder {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        if context.view().orders().open_count(quote.instrument_id) == 0 {
            let order = NewOrder::limit(Side::Buy, quote.bid.price, Quantity(1));
            context.submit(quote.instrument_id, order).expect("it is traded");
        }
    }

    fn on_bar(&mut self, _: &mut Context<'_>, _: Event<'_, Bar>) {
        self.keep("a bar of the engine's");
    }

    fn on_venue_bar(&mut self, _: &mut Context<'_>, bar: Event<'_, Bar>) {
        self.keep(format!("a bar that closed at {}", bar.close.0));
    }

    fn on_funding(&mut self, _: &mut Context<'_>, funding: Event<'_, Funding>) {
        self.keep(format!("funding {}", funding.rate.0));
    }

    fn on_mark_price(&mut self, context: &mut Context<'_>, told: Event<'_, MarkPrice>) {
        let funding = context.instrument(told.instrument_id).and_then(|instrument| instrument.funding());
        let rate = funding.map(|funding| funding.rate.0);
        self.keep(format!("mark price {} at scale {}, funding {rate:?}", told.mark.0, told.price_scale));
    }

    fn on_status(&mut self, context: &mut Context<'_>, status: Event<'_, InstrumentStatus>) {
        self.keep(format!("{:?}: {}", status.listing, status.text));
        if status.listing == Listing::Halted {
            assert_eq!(context.cancel_all(status.instrument_id), 1);
        }
    }

    fn on_order_accepted(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.keep("accepted");
    }

    fn on_order_canceled(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.keep("canceled");
    }

    fn on_order_denied(&mut self, _: &mut Context<'_>, denial: Event<'_, Denial>) {
        self.keep(format!("denied: {}", RiskCheck::from_code(denial.code).expect("a check denied it")));
    }
}

struct Scene {
    player: Player,
    told: Receiver<String>,
}

impl Scene {
    fn new(book: BookDepth, script: Vec<(u64, Tell)>) -> Self {
        let (sender, told) = channel();
        let risk = RiskSettings {
            order_quantity_max: "1".to_owned(),
            order_notional_max: "1000".to_owned(),
            position_max: "1".to_owned(),
            open_orders_max: 4,
            messages_per_second: 100,
            stale_after: Nanos::from_secs(5),
            guards: GuardSettings::default(),
        };
        let plan = EnginePlan {
            instruments: vec![InstrumentPlan::new("venue:BTC".to_owned(), Some(risk))],
            venues: vec![VenuePlan {
                session: Box::new(Scripted::new("venue", BTC, script)),
                instruments: vec![BTC],
            }],
            pairs: vec![PairPlan { name: "BTC".to_owned(), instruments: vec![BTC], taker_fees: Vec::new() }],
            bar_intervals: vec![Nanos::from_secs(60)],
            strategies: vec![StrategyPlan {
                name: "bidder".to_owned(),
                home: Home::Engine(Box::new(Bidder(sender))),
                instruments: vec![BTC],
                book,
            }],
            treasury: TreasuryPlan::default(),
            orders: OrderRoute::Paper { account_id: AccountId(0), fees: PaperFees::default() },
            rings: RingSizes::default(),
            epoch: 1,
            held: KeptOrders::default(),
            journal_directory: None,
        };
        let nobody = Surroundings { bell_of: &|_| None, stamps: None };
        let mut player = Player::new(build(plan, &nobody).expect("nothing is written to a file").seats);
        player.start(OPENS_AT);
        Scene { player, told }
    }

    /// What the strategy heard until so many milliseconds have passed.
    fn until(&mut self, millis: u64) -> Vec<String> {
        self.player.advance(OPENS_AT + Nanos::from_millis(millis));
        self.told.try_iter().collect()
    }
}

fn opening() -> Vec<(u64, Tell)> {
    vec![
        (1, Tell::Definition(definition("BTC", "USDT", (2, 2), ContractKind::LinearPerpetual))),
        (2, Tell::Snapshot(vec![(100, 10)], vec![(102, 10)])),
    ]
}

fn funding(rate: i64) -> Tell {
    let (rate, venue_at) = (FundingRate(rate), OPENS_AT);
    Tell::Funding(Funding { rate, interval: Nanos(0), next_at: UnixNanos(0), venue_at })
}

fn bar(close: i64) -> Tell {
    let price = Price(close);
    Tell::Bar(Bar {
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Quantity(0),
        notional: Notional(0).into(),
        start_at: OPENS_AT,
        interval: Nanos::from_secs(60),
        trade_count: 0,
    })
}

#[test]
fn a_strategy_hears_funding_mark_prices_and_the_bars_of_its_venue_however_deep_its_book_is() {
    for book in [BookDepth::Top, BookDepth::Full] {
        let mut script = opening();
        script.extend([
            (3, funding(-25)),
            (4, Tell::MarkPrice(MarkPrice::new(Price(1_000_001), Price(0), OPENS_AT, 6))),
            (5, bar(101)),
        ]);
        let mut scene = Scene::new(book, script);
        assert_eq!(scene.until(2), ["accepted"]);
        let heard =
            ["funding -25", "mark price 1000001 at scale 6, funding Some(-25)", "a bar that closed at 101"];
        assert_eq!(scene.until(5), heard);
    }
}

#[test]
fn a_halted_instrument_takes_no_orders_and_its_orders_can_be_canceled_until_the_venue_trades_it_again() {
    let mut script = opening();
    script.extend([
        (3, Tell::Status(Listing::Halted)),
        (4, Tell::Levels(vec![(99, 10)], vec![(102, 0), (101, 10)])),
        (5, Tell::Status(Listing::Listed)),
        (6, Tell::Levels(vec![], vec![(101, 0), (103, 10)])),
    ]);
    let mut scene = Scene::new(BookDepth::Top, script);
    assert_eq!(scene.until(2), ["accepted"]);
    assert_eq!(scene.until(3), ["Halted: as the script says", "canceled"]);
    assert_eq!(scene.until(4), ["denied: INSTRUMENT_HALTED"]);
    assert_eq!(scene.until(6), ["Listed: as the script says", "accepted"]);
}
