//! An engine and the simulated venue on one thread, in a time that the test moves: everything but the sockets.
//!
//! Market data, order entry and the venue's own matching speak the real protocol, byte for byte; the same seed gives
//! the same run.

use fulmar_adapters::binance::{Binance, BinanceConfig, BinanceOrderEntry, Credentials, KeyKind, Product};
use fulmar_adapters::session::InstrumentConfig;
use fulmar_adapters::simulated::{self, FaultPlan, OfflineVenue, SimulatedVenueConfig};
use fulmar_adapters::transport::{LinkEnds, Requests};
use fulmar_bus::record::{AccountId, InstrumentId, Nanos, UnixNanos};
use fulmar_engine::contract::{BookDepth, Strategy};
use fulmar_engine::runtime::{Clock, HopBoard, HopStamps, Player};
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    Assembly, EnginePlan, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan,
    Surroundings, VenuePlan, build,
};

use crate::market::SYMBOL;
use crate::stage::OPENS_AT;

/// Who trades at the venue.
pub const API_KEY: &str = "desk";
const SECRET: &str = "a-secret-that-nobody-else-has";
/// How far away the venue is.
const LATENCY: Nanos = Nanos::from_millis(1);

/// An engine that trades at a venue.
pub struct Desk {
    /// What was built, without its actors and links.
    pub assembly: Assembly,
    /// The actors.
    pub player: Player,
    /// The venue.
    pub venue: OfflineVenue,
    /// The time of both.
    pub now: UnixNanos,
}

impl Desk {
    /// A desk on which `strategy` trades; nothing has happened yet but that connections were made.
    ///
    /// # Panics
    /// Where it cannot be built.
    pub fn open(strategy: Box<dyn Strategy>, seed: u64) -> Self {
        Self::on_a_day(Product::Spot, strategy, seed, FaultPlan::none())
    }

    /// As [`Desk::open`], with USD-margined futures.
    ///
    /// # Panics
    /// As [`Desk::open`].
    pub fn of_futures(strategy: Box<dyn Strategy>, seed: u64) -> Self {
        Self::on_a_day(Product::UsdMargined, strategy, seed, FaultPlan::none())
    }

    /// As [`Desk::open`], with a product of the venue, and what goes wrong there.
    ///
    /// # Panics
    /// As [`Desk::open`].
    pub fn on_a_day(product: Product, strategy: Box<dyn Strategy>, seed: u64, faults: FaultPlan) -> Self {
        Self::build(product, strategy, (seed, faults), None)
    }

    /// As [`Desk::open`], with stamps, as an engine has them that runs live.
    ///
    /// # Panics
    /// As [`Desk::open`].
    pub fn stamped(strategy: Box<dyn Strategy>, seed: u64) -> (Self, HopBoard) {
        let (stamps, board) = HopStamps::new(Clock::new());
        (Self::build(Product::Spot, strategy, (seed, FaultPlan::none()), Some(stamps)), board)
    }

    fn build(
        product: Product,
        strategy: Box<dyn Strategy>,
        (seed, faults): (u64, FaultPlan),
        stamps: Option<HopStamps>,
    ) -> Self {
        let nobody = Surroundings { bell_of: &|_| None, stamps };
        let mut assembly = build(plan(product, strategy), &nobody).expect("nothing is written to a file");
        let config = match product {
            Product::Spot => SimulatedVenueConfig::new(OPENS_AT),
            _ => SimulatedVenueConfig::usd_margined(OPENS_AT),
        };
        let mut config = SimulatedVenueConfig { seed, faults, ..config };
        config.credentials =
            vec![simulated::Credentials { api_key: API_KEY.to_owned(), secret: SECRET.to_owned() }];
        config.orders_per_10_seconds = 1_000_000;
        config.orders_per_day = 1_000_000;
        config.orders_per_minute = 1_000_000;
        let mut venue = OfflineVenue::new(config, LATENCY);
        for link in assembly.links.drain(..) {
            let credentials = Credentials::new(API_KEY, SECRET).expect("both are words");
            let requests = Requests::new(link.requests, Some(Box::new(credentials)));
            venue.join(link.connections, LinkEnds { frames: link.frames, requests }, OPENS_AT);
        }
        let mut player = Player::new(std::mem::take(&mut assembly.seats));
        player.start(OPENS_AT);
        Desk { assembly, player, venue, now: OPENS_AT }
    }

    /// Lets so much time pass, and everything happen that happens in it and at its end. What the engine does, at
    /// timers and at each frame, happens within `watched`.
    pub fn pass(&mut self, time: Nanos, mut watched: impl FnMut(&mut dyn FnMut())) {
        self.now = self.now + time;
        let Desk { player, venue, now, .. } = self;
        watched(&mut || player.advance(*now));
        venue.serve(*now);
        let mut is_over = false;
        while !is_over {
            watched(&mut || {
                is_over = !venue.deliver(*now);
                player.settle(*now);
            });
        }
    }
}

fn plan(product: Product, strategy: Box<dyn Strategy>) -> EnginePlan {
    let id = InstrumentId(0);
    let mut config = BinanceConfig::production(product);
    config.instruments = vec![InstrumentConfig::new(SYMBOL, id)];
    let session = Box::new(Binance::market_data(&config));
    let orders = BinanceOrderEntry::new(&BinanceConfig::production(product), KeyKind::Hmac);
    let risk = RiskSettings {
        order_quantity_max: "1".to_owned(),
        order_notional_max: "100000".to_owned(),
        position_max: "10".to_owned(),
        open_orders_max: 64,
        messages_per_second: 1_000_000,
        stale_after: Nanos::from_secs(5),
        guards: GuardSettings::default(),
    };
    let name = format!("{}:{SYMBOL}", product.venue());
    EnginePlan {
        instruments: vec![InstrumentPlan::new(name.clone(), Some(risk))],
        venues: vec![VenuePlan { session, instruments: vec![id] }],
        pairs: vec![PairPlan { name, instruments: vec![id], taker_fees: Vec::new() }],
        bar_intervals: vec![Nanos::from_secs(60)],
        strategies: vec![StrategyPlan {
            name: "trader".to_owned(),
            strategy,
            instruments: vec![id],
            book: BookDepth::Top,
        }],
        treasury: TreasuryPlan::default(),
        orders: OrderRoute::Venue { session: Box::new(orders), account_id: AccountId(0) },
        rings: RingSizes::default(),
        epoch: 1,
        held: KeptOrders::default(),
        journal_directory: None,
    }
}
