//! An engine of which orders are all that moves: its market tells one price and stands still, and its orders go to
//! Binance spot, over a border at which a test says what the venue says.

use std::path::PathBuf;

use fulmar_adapters::binance::{BinanceConfig, BinanceOrderEntry, Credentials, KeyKind, Product};
use fulmar_adapters::transport::{LinkEnds, Requests};
use fulmar_bus::record::{
    AccountId, ContractKind, InstrumentDefinition, InstrumentId, Notional, Price, Quantity, Text, UnixNanos,
};
use fulmar_engine::contract::{BookDepth, Connection, Strategy};
use fulmar_engine::runtime::Player;
use fulmar_engine::trading::risk::RiskSettings;
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    Assembly, EnginePlan, GatewayPlan, Home, InstrumentPlan, KeptOrders, OrderRoute, RingSizes, StrategyPlan,
    Surroundings, VenuePlan, build,
};

use crate::market::{INSTRUMENT, SYMBOL};
use crate::scripted::{Scripted, Tell, definition};
use crate::stage::OPENS_AT;

/// What is traded.
pub const BTC: InstrumentId = InstrumentId(0);
/// The middle of the market; as the steps below, at the venue's eight digits.
pub const MIDDLE: i64 = 60_000 * 100_000_000;
/// Smallest step of a price.
pub const TICK: i64 = 1_000_000;
/// Smallest step of a quantity.
pub const LOT: i64 = 1_000;

/// Who trades, by which limits, and with which key.
pub struct OrderDesk {
    /// Each is called `trader` and its number.
    pub strategies: Vec<Box<dyn Strategy>>,
    /// What the gate allows.
    pub risk: RiskSettings,
    /// Key and secret.
    pub credentials: (&'static str, &'static str),
    /// The number of the boot, which every order names.
    pub epoch: u32,
    /// When it begins.
    pub opens_at: UnixNanos,
    /// Where it keeps its journal, and so what leaves before it leaves.
    pub journal_directory: Option<PathBuf>,
}

/// Where orders leave: the venue's end of it is a test's.
pub struct OrderBorder {
    /// What the session wants opened.
    pub connections: Vec<Connection>,
    /// What leaves, sealed by the key, and what comes in.
    pub ends: LinkEnds,
}

impl OrderDesk {
    /// The first boot of a desk where nobody trades yet, without a journal.
    pub fn new(risk: RiskSettings, credentials: (&'static str, &'static str)) -> Self {
        OrderDesk {
            strategies: Vec::new(),
            risk,
            credentials,
            epoch: 1,
            opens_at: OPENS_AT,
            journal_directory: None,
        }
    }

    /// The engine, its actors started, and the border that its orders cross.
    ///
    /// # Panics
    /// Where it cannot be built, which is a mistake in the test.
    pub fn open(self) -> (Assembly, Player, OrderBorder) {
        let strategies = self.strategies.into_iter().enumerate().map(|(index, strategy)| StrategyPlan {
            name: format!("trader{index}"),
            home: Home::Engine(strategy),
            instruments: vec![BTC],
            book: BookDepth::Top,
        });
        let orders = BinanceOrderEntry::new(&BinanceConfig::production(Product::Spot), KeyKind::Hmac);
        let plan = EnginePlan {
            instruments: vec![InstrumentPlan::new(INSTRUMENT.to_owned(), Some(self.risk))],
            venues: vec![VenuePlan { session: Box::new(still_market()), instruments: vec![BTC] }],
            pairs: Vec::new(),
            bar_intervals: Vec::new(),
            strategies: strategies.collect(),
            treasury: TreasuryPlan::default(),
            orders: OrderRoute::Venues(vec![GatewayPlan {
                session: Box::new(orders),
                account_id: AccountId(0),
            }]),
            // Small, since a campaign makes thousands of them; a market that stands still fills none.
            rings: RingSizes { frames: 1 << 9, market: 1 << 9, book: 1 << 9, resync: 1 << 8, small: 1 << 10 },
            epoch: self.epoch,
            held: KeptOrders::default(),
            journal_directory: self.journal_directory,
        };
        let nobody = Surroundings { bell_of: &|_| None, stamps: None };
        let mut assembly = build(plan, &nobody).expect("nothing is written to a file");
        let link = assembly.links.pop().expect("order entry is the last border");
        let (api_key, secret) = self.credentials;
        let credentials = Credentials::new(api_key, secret).expect("both are words");
        let requests = Requests::new(link.requests, Some(Box::new(credentials)));
        let ends = LinkEnds { frames: link.frames, requests };
        let mut player = Player::new(std::mem::take(&mut assembly.seats));
        player.start(self.opens_at);
        (assembly, player, OrderBorder { connections: link.connections, ends })
    }
}

/// What Binance spot says of this instrument.
///
/// # Panics
/// Never: its words are short.
pub fn bitcoin() -> InstrumentDefinition {
    let mut told = definition("BTC", "USDT", (8, 8), ContractKind::Spot);
    told.venue = Text::new("binance-spot").expect("a short word");
    told.symbol = Text::new(SYMBOL).expect("a short word");
    (told.tick, told.lot, told.quantity_min) = (Price(TICK), Quantity(LOT), Quantity(LOT));
    told.notional_min = Notional(5 * 10_i128.pow(16)).into();
    told
}

/// A market that tells what is traded, its best prices a tick from the middle, and no more.
fn still_market() -> Scripted {
    let levels = |sign: i64| vec![(MIDDLE + sign * TICK, 100_000_000)];
    let script = vec![(0, Tell::Definition(bitcoin())), (0, Tell::Snapshot(levels(-1), levels(1)))];
    Scripted::new("binance-spot", BTC, script)
}
