//! An engine and the simulated venue, or several, on one thread, in a time that the test moves: everything but the
//! sockets.
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
    Assembly, EnginePlan, GatewayPlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes,
    StrategyPlan, Surroundings, VenuePlan, build,
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
    /// The venues, in the order of their products.
    pub venues: Vec<OfflineVenue>,
    /// The time of all.
    pub now: UnixNanos,
}

/// What an engine hears of, and what of it it has accounts at.
#[derive(Clone, Copy)]
pub struct Market<'a> {
    /// Each is a venue.
    pub products: &'a [Product],
    /// It has an account at so many of them, from the first on.
    pub account_count: usize,
}

impl<'a> Market<'a> {
    /// An account at each of these.
    pub fn traded(products: &'a [Product]) -> Self {
        Market { products, account_count: products.len() }
    }
}

impl Desk {
    /// A desk on which `strategy` trades; nothing has happened yet but that connections were made.
    ///
    /// # Panics
    /// Where it cannot be built.
    pub fn open(strategy: Box<dyn Strategy>, seed: u64) -> Self {
        Self::of(Market::traded(&[Product::Spot]), strategy, seed)
    }

    /// As [`Desk::open`], with USD-margined futures.
    ///
    /// # Panics
    /// As [`Desk::open`].
    pub fn of_futures(strategy: Box<dyn Strategy>, seed: u64) -> Self {
        Self::of(Market::traded(&[Product::UsdMargined]), strategy, seed)
    }

    /// As [`Desk::open`], with the market data of each of these.
    ///
    /// # Panics
    /// As [`Desk::open`].
    pub fn of(market: Market<'_>, strategy: Box<dyn Strategy>, seed: u64) -> Self {
        Self::build(market, strategy, (seed, FaultPlan::none()), None)
    }

    /// As [`Desk::open`], with a product of the venue, and what goes wrong there.
    ///
    /// # Panics
    /// As [`Desk::open`].
    pub fn on_a_day(product: Product, strategy: Box<dyn Strategy>, seed: u64, faults: FaultPlan) -> Self {
        Self::build(Market::traded(&[product]), strategy, (seed, faults), None)
    }

    /// As [`Desk::open`], with stamps, as an engine has them that runs live.
    ///
    /// # Panics
    /// As [`Desk::open`].
    pub fn stamped(strategy: Box<dyn Strategy>, seed: u64) -> (Self, HopBoard) {
        let (stamps, board) = HopStamps::new(Clock::new());
        (
            Self::build(Market::traded(&[Product::Spot]), strategy, (seed, FaultPlan::none()), Some(stamps)),
            board,
        )
    }

    fn build(
        market: Market<'_>,
        strategy: Box<dyn Strategy>,
        (seed, faults): (u64, FaultPlan),
        stamps: Option<HopStamps>,
    ) -> Self {
        let nobody = Surroundings { bell_of: &|_| None, stamps };
        let Market { products, .. } = market;
        let mut assembly = build(plan(market, strategy), &nobody).expect("nothing is written to a file");
        let venue = |product: &Product| {
            let config = SimulatedVenueConfig { faults: faults.clone(), ..config(*product, seed) };
            OfflineVenue::new(config, LATENCY)
        };
        let mut venues: Vec<OfflineVenue> = products.iter().map(venue).collect();
        for link in assembly.links.drain(..) {
            let credentials = Credentials::new(API_KEY, SECRET).expect("both are words");
            let requests = Requests::new(link.requests, Some(Box::new(credentials)));
            let name = link.name.trim_end_matches(".orders");
            let place = products.iter().position(|product| product.venue() == name);
            let venue = &mut venues[place.expect("a link is of one of them")];
            venue.join(link.connections, LinkEnds { frames: link.frames, requests }, OPENS_AT);
        }
        let mut player = Player::new(std::mem::take(&mut assembly.seats));
        player.start(OPENS_AT);
        Desk { assembly, player, venues, now: OPENS_AT }
    }

    /// Lets so much time pass, and everything happen that happens in it and at its end. What the engine does, at
    /// timers and at each frame, happens within `watched`.
    pub fn pass(&mut self, time: Nanos, mut watched: impl FnMut(&mut dyn FnMut())) {
        self.now = self.now + time;
        let Desk { player, venues, now, .. } = self;
        watched(&mut || player.advance(*now));
        for venue in venues {
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
}

fn config(product: Product, seed: u64) -> SimulatedVenueConfig {
    let config = match product {
        Product::Spot => SimulatedVenueConfig::new(OPENS_AT),
        _ => SimulatedVenueConfig::usd_margined(OPENS_AT),
    };
    SimulatedVenueConfig {
        seed,
        credentials: vec![simulated::Credentials { api_key: API_KEY.to_owned(), secret: SECRET.to_owned() }],
        orders_per_10_seconds: 1_000_000,
        orders_per_day: 1_000_000,
        orders_per_minute: 1_000_000,
        ..config
    }
}

fn plan(Market { products, account_count }: Market<'_>, strategy: Box<dyn Strategy>) -> EnginePlan {
    let risk = RiskSettings {
        order_quantity_max: "1".to_owned(),
        order_notional_max: "100000".to_owned(),
        position_max: "10".to_owned(),
        open_orders_max: 64,
        messages_per_second: 1_000_000,
        stale_after: Nanos::from_secs(5),
        guards: GuardSettings::default(),
    };
    let name = |product: &Product| format!("{}:{SYMBOL}", product.venue());
    let products = || (0..).map(InstrumentId).zip(products);
    let venue = |(id, product): (InstrumentId, &Product)| {
        let mut config = BinanceConfig::production(*product);
        config.instruments = vec![InstrumentConfig::new(SYMBOL, id)];
        VenuePlan { session: Box::new(Binance::market_data(&config)), instruments: vec![id] }
    };
    let pair = |(id, product): (InstrumentId, &Product)| PairPlan {
        name: name(product),
        instruments: vec![id],
        taker_fees: Vec::new(),
    };
    let gateway = |(account, (_, product)): (u16, (InstrumentId, &Product))| {
        let session = BinanceOrderEntry::new(&BinanceConfig::production(*product), KeyKind::Hmac);
        GatewayPlan { session: Box::new(session), account_id: AccountId(account) }
    };
    let instruments = products().map(|(_, product)| InstrumentPlan::new(name(product), Some(risk.clone())));
    EnginePlan {
        instruments: instruments.collect(),
        venues: products().map(venue).collect(),
        pairs: products().map(pair).collect(),
        bar_intervals: vec![Nanos::from_secs(60)],
        strategies: vec![StrategyPlan {
            name: "trader".to_owned(),
            home: Home::Engine(strategy),
            instruments: products().map(|(id, _)| id).collect(),
            book: BookDepth::Top,
        }],
        treasury: TreasuryPlan::default(),
        orders: OrderRoute::Venues((0..).zip(products()).take(account_count).map(gateway).collect()),
        rings: RingSizes::default(),
        epoch: 1,
        held: KeptOrders::default(),
        journal_directory: None,
    }
}
