//! One symbol: its matching, the flow that trades in it, its clients' orders, and the frames that tell of them.
//!
//! Knows no connection. What is to be sent is collected as [`Output`] and taken by the venue.

mod clients;
mod publish;
mod tell;

use std::collections::{BTreeMap, BTreeSet};

use fulmar_bus::record::{AccountId, Level, Nanos, Notional, Price, Quantity, Side, UnixNanos};
use fulmar_engine::market::FeeRate;
use fulmar_engine::simulation::flow::{Flow, FlowConfig};
use fulmar_engine::simulation::matching::{
    Balance, Event, Expiry, Match, Matching, NewOrder, OrderKey, OrderKind, Rejection, SelfTrade, Terms,
};

use super::config::{SCALE, SimulatedVenueConfig, SymbolConfig};
use super::contracts::Contracts;
use super::dialect::Dialect;
use super::limits::{FLOW_BATCH, FLOW_LATE_MAX};
use super::orders::{ClientOrder, ClientOrders, Status};
use super::reports::{self, Fill, Happening};
use super::trades::{AccountTrade, AccountTrades};
use super::wire::{Aggregate, Wire};

/// The streams of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `@depth@100ms`
    Depth100,
    /// `@depth`, which is once a second, or of futures four times.
    Depth,
    /// `@depth@500ms`
    Depth500,
    /// `@trade`
    Trade,
    /// `@aggTrade`
    AggregateTrade,
    /// `@bookTicker`
    BookTicker,
    /// `@markPrice@1s`
    MarkPrice,
}

impl Stream {
    /// The stream's name for a symbol in small letters.
    pub fn name(self, symbol: &str) -> String {
        let suffix = match self {
            Stream::Depth100 => "depth@100ms",
            Stream::Depth => "depth",
            Stream::Depth500 => "depth@500ms",
            Stream::Trade => "trade",
            Stream::AggregateTrade => "aggTrade",
            Stream::BookTicker => "bookTicker",
            Stream::MarkPrice => "markPrice@1s",
        };
        format!("{symbol}@{suffix}")
    }
}

/// Something to be sent.
#[derive(Clone, Debug)]
pub enum Output {
    /// To all who have the stream.
    Stream(Stream, String),
    /// To all who have the account's user-data stream.
    User(AccountId, UserEvent, String),
}

/// What an event of the user-data stream is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserEvent {
    /// A trade that left something of the order.
    PartialFill,
    /// A trade of the last of it.
    Fill,
    /// Anything else.
    Other,
}

impl UserEvent {
    /// True where it tells of a trade.
    pub fn is_trade(self) -> bool {
        self != UserEvent::Other
    }
}

/// The levels that changed since the last update of one depth stream.
#[derive(Debug)]
struct DepthFeed {
    stream: Stream,
    interval: Nanos,
    due_at: UnixNanos,
    last_update_id: u64,
    changed: BTreeSet<(Side, Price)>,
}

/// What an account has of an asset, at the scale of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// What it may spend.
    pub free: i128,
    /// What stands behind orders.
    pub locked: i128,
}

impl Held {
    /// Both added.
    pub fn plus(self, other: Held) -> Held {
        Held { free: self.free + other.free, locked: self.locked + other.locked }
    }
}

/// A symbol's market.
#[derive(Debug)]
pub struct Market {
    config: SymbolConfig,
    wire: Wire,
    contracts: Option<Contracts>,
    matching: Matching,
    flow: Flow,
    is_paused: bool,
    is_halted: bool,
    orders: ClientOrders,
    events: Vec<Event>,
    depth: Vec<DepthFeed>,
    top: (Option<Level>, Option<Level>),
    aggregate_count: u64,
    execution_count: u64,
    trades: AccountTrades,
    /// The most that each account could have held of the symbol, long and short.
    exposure_max: BTreeMap<AccountId, [i128; 2]>,
    /// What each account has of the base and of the quote currency in the venue's other markets.
    elsewhere: BTreeMap<AccountId, [Held; 2]>,
    outputs: Vec<Output>,
}

impl Market {
    /// A market whose book is filled as of `now`; the flow's account is its first.
    pub fn new(config: &SymbolConfig, venue: &SimulatedVenueConfig, now: UnixNanos) -> Self {
        let mut matching = Matching::new(Terms {
            tick: config.tick,
            lot: config.step,
            settlement: venue.dialect.settlement(),
            fee: FeeRate::from_bps(venue.fee_bps),
            money_unit: Notional(10i128.pow(u32::from(SCALE))),
        });
        let flow = FlowConfig {
            seed: venue.seed,
            start_price: config.start_price,
            order_quantity: config.order_quantity,
            events_per_second: venue.events_per_second,
        };
        let flow = Flow::start(flow, &mut matching, now);
        matching.drain_changed(|_, _| {});
        let interval = Nanos(u64::try_from(venue.depth_interval.as_nanos()).expect("an interval is short"));
        let feed = |stream, interval| DepthFeed {
            stream,
            interval,
            due_at: now + interval,
            last_update_id: matching.update_id(),
            changed: BTreeSet::new(),
        };
        let depth = match venue.dialect {
            Dialect::Spot => vec![feed(Stream::Depth100, interval), feed(Stream::Depth, Nanos::from_secs(1))],
            Dialect::UsdMargined => vec![
                feed(Stream::Depth100, interval),
                feed(Stream::Depth, Nanos::from_millis(250)),
                feed(Stream::Depth500, Nanos::from_millis(500)),
            ],
        };
        let funding = (venue.funding_interval, venue.funding_rate);
        let contracts =
            (venue.dialect == Dialect::UsdMargined).then(|| Contracts::new(config.start_price, funding, now));
        Market {
            config: config.clone(),
            wire: Wire::new(venue.dialect, config),
            contracts,
            orders: ClientOrders::default(),
            is_paused: false,
            is_halted: false,
            events: Vec::new(),
            depth,
            top: (matching.best(Side::Buy), matching.best(Side::Sell)),
            aggregate_count: 0,
            execution_count: 0,
            trades: AccountTrades::default(),
            exposure_max: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            outputs: Vec::new(),
            flow,
            matching,
        }
    }

    /// The symbol's set-up.
    pub fn config(&self) -> &SymbolConfig {
        &self.config
    }

    /// The symbol in capitals.
    pub fn symbol(&self) -> &str {
        &self.wire.symbol
    }

    /// How its frames are written.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// What is known of contracts, where it trades them.
    pub fn contracts(&self) -> Option<&Contracts> {
        self.contracts.as_ref()
    }

    /// What is known of contracts, to be changed.
    pub fn contracts_mut(&mut self) -> Option<&mut Contracts> {
        self.contracts.as_mut()
    }

    /// Charges an account what no trade costs.
    pub fn charge(&mut self, account: AccountId, money: Notional) {
        self.matching.charge(account, money);
    }

    /// What an account has of the base and of the quote currency, in this market alone; of contracts its wallet, which
    /// is of the quote currency.
    pub fn held_here(&self, account: AccountId) -> [Held; 2] {
        if self.contracts.is_some() {
            return [Held::default(), Held { free: self.holding(account).wallet, locked: 0 }];
        }
        let (ledger, unit) = (self.matching.ledger(), 10i128.pow(u32::from(SCALE)));
        let (free, locked) = (ledger.free(account), ledger.locked(account));
        [
            Held { free: free.base * unit, locked: locked.base * unit },
            Held { free: free.quote, locked: locked.quote },
        ]
    }

    /// What an account has of the base and of the quote currency, in all markets of the venue.
    pub fn held(&self, account: AccountId) -> [Held; 2] {
        let [base, quote] = self.held_here(account);
        let [other_base, other_quote] = self.elsewhere.get(&account).copied().unwrap_or_default();
        [base.plus(other_base), quote.plus(other_quote)]
    }

    /// Takes note of what an account has in the venue's other markets.
    pub fn note_elsewhere(&mut self, account: AccountId, held: [Held; 2]) {
        self.elsewhere.insert(account, held);
    }

    /// Has something sent.
    pub fn send(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// The book and the ledger.
    pub fn matching(&self) -> &Matching {
        &self.matching
    }

    /// The clients' orders.
    pub fn orders(&self) -> &ClientOrders {
        &self.orders
    }

    /// The trades of clients' orders.
    pub fn trades(&self) -> &AccountTrades {
        &self.trades
    }

    /// The most that an account could have held at one moment, had all its open orders traded: long, then short.
    pub fn exposure_max(&self, account: AccountId) -> [i128; 2] {
        self.exposure_max.get(&account).copied().unwrap_or_default()
    }

    fn note_exposure(&mut self, account: AccountId) {
        let held = self.matching.ledger().change(account).base;
        let mut exposure = [held, -held];
        for order in self.orders.open(account) {
            let side = usize::from(order.side == Side::Sell);
            exposure[side] += i128::from(order.quantity.0 - order.executed);
        }
        let most = self.exposure_max.entry(account).or_default();
        most.iter_mut().zip(exposure).for_each(|(most, now)| *most = now.max(*most));
    }

    /// Opens an account with the symbol's start balances.
    pub fn open_account(&mut self) -> Option<AccountId> {
        let unit = 10i128.pow(u32::from(SCALE));
        let quote = i128::from(self.config.quote_balance) * unit;
        let base = match self.contracts {
            Some(_) => 0,
            None => i128::from(self.config.base_balance.0),
        };
        self.matching.open_account(Balance { base, quote })
    }

    /// When there is something to do next without a client asking.
    pub fn due_at(&self) -> UnixNanos {
        let depth = self.depth.iter().map(|feed| feed.due_at).min().unwrap_or_default();
        let depth = self.contracts().map_or(depth, |contracts| contracts.due_at().min(depth));
        if self.is_still() { depth } else { depth.min(self.flow.due_at()) }
    }

    /// Lets the flow and the depth streams do what is due, and gives the number of flow events.
    pub fn advance(&mut self, now: UnixNanos) -> u64 {
        let mut count = 0;
        if !self.is_still() {
            if u128::from(now.since(self.flow.due_at()).0) > FLOW_LATE_MAX.as_nanos() {
                self.flow.skip_to(now);
            }
            for _ in 0..FLOW_BATCH {
                if !self.flow.step(now, &mut self.matching, &mut self.events) {
                    break;
                }
                count += 1;
                self.publish(now);
            }
        }
        self.advance_contracts(now);
        if self.depth.iter().any(|feed| feed.due_at <= now) {
            self.flush_depth(now, false);
        }
        count
    }

    /// Stops the flow, and sends what the depth streams still hold back.
    pub fn pause(&mut self, now: UnixNanos) {
        self.is_paused = true;
        self.flush_depth(now, true);
    }

    /// Lets the flow go on from `now`.
    pub fn resume(&mut self, now: UnixNanos) {
        let was_still = self.is_still();
        self.is_paused = false;
        if was_still {
            self.flow.skip_to(now);
        }
    }

    /// Stops trading, or lets it go on: orders stand and can be canceled, and nothing else.
    pub fn halt(&mut self, is_halted: bool, now: UnixNanos) {
        let was_still = self.is_still();
        self.is_halted = is_halted;
        if was_still {
            self.flow.skip_to(now);
        }
    }

    /// True where nothing is traded.
    pub fn is_halted(&self) -> bool {
        self.is_halted
    }

    fn is_still(&self) -> bool {
        self.is_paused || self.is_halted
    }

    /// What is to be sent, in order.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// Lets `change` put the user events that are to be sent into another order; what else is sent keeps its place.
    pub fn rearrange(&mut self, change: impl FnOnce(&mut Vec<(UserEvent, Output)>)) {
        let (mut events, mut places) = (Vec::new(), Vec::new());
        for (place, output) in self.outputs.iter().enumerate() {
            if let Output::User(_, event, _) = output {
                events.push((*event, output.clone()));
                places.push(place);
            }
        }
        change(&mut events);
        for (place, (_, output)) in places.into_iter().zip(events) {
            self.outputs[place] = output;
        }
    }
}
