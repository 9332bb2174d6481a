//! One symbol: its matching, the flow that trades in it, its clients' orders, and the frames that tell of them.
//!
//! Knows no connection. What is to be sent is collected as [`Output`] and taken by the venue.

mod publish;

use std::collections::BTreeSet;

use fulmar_bus::record::{AccountId, Level, Nanos, Notional, Price, Quantity, Side, UnixNanos};
use fulmar_engine::market::FeeRate;
use fulmar_engine::simulation::flow::{Flow, FlowConfig};
use fulmar_engine::simulation::matching::{
    Balance, Event, Expiry, Match, Matching, NewOrder, OrderKey, Rejection, Settlement, Terms,
};

use super::config::{SCALE, SimulatedVenueConfig, SymbolConfig};
use super::limits::{FLOW_BATCH, FLOW_LATE_MAX};
use super::orders::{ClientOrder, ClientOrders, Status};
use super::reports::{self, Fill, Happening};
use super::trades::{AccountTrade, AccountTrades};
use super::wire::{self, Aggregate};

/// The streams of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `@depth@100ms`
    Depth100,
    /// `@depth`, which is once a second.
    Depth1000,
    /// `@trade`
    Trade,
    /// `@aggTrade`
    AggregateTrade,
    /// `@bookTicker`
    BookTicker,
}

impl Stream {
    /// The stream's name for a symbol in small letters.
    pub fn name(self, symbol: &str) -> String {
        let suffix = match self {
            Stream::Depth100 => "depth@100ms",
            Stream::Depth1000 => "depth",
            Stream::Trade => "trade",
            Stream::AggregateTrade => "aggTrade",
            Stream::BookTicker => "bookTicker",
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
    User(AccountId, String),
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

/// A symbol's market.
#[derive(Debug)]
pub struct Market {
    config: SymbolConfig,
    symbol: String,
    matching: Matching,
    flow: Flow,
    is_paused: bool,
    is_halted: bool,
    orders: ClientOrders,
    events: Vec<Event>,
    depth: [DepthFeed; 2],
    top: (Option<Level>, Option<Level>),
    aggregate_count: u64,
    execution_count: u64,
    trades: AccountTrades,
    outputs: Vec<Output>,
}

impl Market {
    /// A market whose book is filled as of `now`; the flow's account is its first.
    pub fn new(config: &SymbolConfig, venue: &SimulatedVenueConfig, now: UnixNanos) -> Self {
        let mut matching = Matching::new(Terms {
            tick: config.tick,
            lot: config.step,
            settlement: Settlement::Delivery,
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
        Market {
            config: config.clone(),
            symbol: config.symbol(),
            orders: ClientOrders::default(),
            is_paused: false,
            is_halted: false,
            events: Vec::new(),
            depth: [feed(Stream::Depth100, interval), feed(Stream::Depth1000, Nanos::from_secs(1))],
            top: (matching.best(Side::Buy), matching.best(Side::Sell)),
            aggregate_count: 0,
            execution_count: 0,
            trades: AccountTrades::default(),
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
        &self.symbol
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

    /// Opens an account with the symbol's start balances.
    pub fn open_account(&mut self) -> Option<AccountId> {
        let unit = 10i128.pow(u32::from(SCALE));
        let quote = i128::from(self.config.quote_balance) * unit;
        self.matching.open_account(Balance { base: i128::from(self.config.base_balance.0), quote })
    }

    /// When there is something to do next without a client asking.
    pub fn due_at(&self) -> UnixNanos {
        let depth = self.depth.iter().map(|feed| feed.due_at).min().unwrap_or_default();
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

    /// Places a client's order and gives the order as it stands then, and its fills.
    pub fn place(
        &mut self,
        account: AccountId,
        order: NewOrder,
        client_order_id: String,
        now: UnixNanos,
    ) -> Result<(&ClientOrder, Vec<Fill>), Rejection> {
        let key = self.matching.submit(account, order, &mut self.events)?;
        let at_ms = now.0 / 1_000_000;
        self.orders.insert(ClientOrder {
            key,
            account,
            client_order_id,
            side: order.side,
            kind: order.kind,
            self_trade: order.self_trade,
            price: order.price,
            quantity: order.quantity,
            executed: 0,
            executed_money: 0,
            status: Status::New,
            created_at_ms: at_ms,
            updated_at_ms: at_ms,
        });
        let fills = self.events.iter().filter_map(|event| match event {
            Event::Trade(trade) => Some(Fill::new(trade, order.side)),
            _ => None,
        });
        let fills = fills.collect();
        self.publish(now);
        let placed =
            self.orders.get(key.number).expect("it was placed just now, and the latest is never forgotten");
        Ok((placed, fills))
    }

    /// Cancels a client's open order; `cancel_id` names the request in what is told of it.
    pub fn cancel(&mut self, key: OrderKey, cancel_id: &str, now: UnixNanos) -> Option<&ClientOrder> {
        if !self.matching.cancel(key, &mut self.events) {
            return None;
        }
        self.publish_as(now, cancel_id);
        self.orders.get(key.number)
    }

    /// Lowers the quantity of a client's open order, which keeps its place and has another id from now on.
    pub fn reduce(
        &mut self,
        key: OrderKey,
        quantity: Quantity,
        client_order_id: String,
        now: UnixNanos,
    ) -> Option<&ClientOrder> {
        let order = self.orders.get(key.number)?;
        let (less, original_id) =
            (order.quantity.0.saturating_sub(quantity.0), order.client_order_id.clone());
        if !self.matching.reduce(key, Quantity(less), &mut self.events) {
            return None;
        }
        self.orders.get_mut(key.number)?.quantity = quantity;
        self.orders.rename(key.number, client_order_id);
        self.publish_as(now, &original_id);
        self.orders.get(key.number)
    }

    /// What is to be sent, in order.
    pub fn drain_outputs(&mut self) -> std::vec::Drain<'_, Output> {
        self.outputs.drain(..)
    }

    fn publish(&mut self, now: UnixNanos) {
        self.publish_as(now, "");
    }

    /// Turns the matching's events into frames and into the clients' orders.
    /// `other_id` is that of the request that canceled, or that an order had before it was amended.
    fn publish_as(&mut self, now: UnixNanos, other_id: &str) {
        let at_ms = now.0 / 1_000_000;
        let events = std::mem::take(&mut self.events);
        self.publish_aggregates(&events, at_ms);
        let mut touched = BTreeSet::new();
        for event in &events {
            match *event {
                Event::Accepted { key, account } => {
                    if self.report(key, at_ms, Happening::New) {
                        touched.insert(account);
                    }
                }
                Event::Trade(trade) => {
                    let frame = wire::trade(&self.symbol, at_ms, &trade);
                    self.outputs.push(Output::Stream(Stream::Trade, frame));
                    let makers = (trade.maker, trade.maker_account, trade.aggressor.opposite());
                    let takers = (trade.taker, trade.taker_account, trade.aggressor);
                    for (key, account, side) in [makers, takers] {
                        let fill = Fill::new(&trade, side);
                        if self.report(key, at_ms, Happening::Trade(&fill)) {
                            let (order_number, is_buyer) = (key.number, side == Side::Buy);
                            self.trades.add(account, AccountTrade { order_number, at_ms, is_buyer, fill });
                            touched.insert(account);
                        }
                    }
                }
                Event::Amended { key, account } => {
                    if self.report(key, at_ms, Happening::Amended(other_id)) {
                        touched.insert(account);
                    }
                }
                Event::Canceled { key, account, .. } => {
                    self.set_status(key, Status::Canceled);
                    if self.report(key, at_ms, Happening::Canceled(other_id)) {
                        touched.insert(account);
                    }
                }
                Event::Expired { key, account, reason, .. } => {
                    let ended = match reason {
                        Expiry::TimeInForce | Expiry::Venue => Status::Expired,
                        Expiry::SelfTrade => Status::ExpiredInMatch,
                    };
                    self.set_status(key, ended);
                    if self.report(key, at_ms, Happening::Expired) {
                        touched.insert(account);
                    }
                }
            }
        }
        for account in touched {
            let (free, locked) =
                (self.matching.ledger().free(account), self.matching.ledger().locked(account));
            let frame = reports::account_position(&self.config, at_ms, free, locked);
            self.outputs.push(Output::User(account, frame));
        }
        self.publish_top();
        self.events = events;
        self.events.clear();
    }

    fn set_status(&mut self, key: OrderKey, status: Status) {
        if let Some(order) = self.orders.get_mut(key.number) {
            order.status = status;
        }
    }

    /// Brings a client's order up to date and tells its owner. False where the order is no client's.
    fn report(&mut self, key: OrderKey, at_ms: u64, happening: Happening<'_>) -> bool {
        let Some(order) = self.orders.get_mut(key.number) else { return false };
        if let Happening::Trade(fill) = happening {
            order.executed += fill.trade.quantity.0;
            order.executed_money += fill.trade.price.times(fill.trade.quantity).0;
            let is_done = order.executed == order.quantity.0;
            order.status = if is_done { Status::Filled } else { Status::PartiallyFilled };
        }
        order.updated_at_ms = at_ms;
        self.execution_count += 1;
        let frame = reports::execution_report(&self.config, order, self.execution_count, happening);
        self.outputs.push(Output::User(order.account, frame));
        if !order.status.is_open() {
            self.orders.end(key.number);
        }
        true
    }
}
