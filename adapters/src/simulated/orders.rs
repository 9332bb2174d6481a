//! Clients' orders as the protocol knows them: ids, texts and sums that the matching has no use for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fulmar_bus::record::{AccountId, Price, Quantity, Side};
use fulmar_engine::simulation::matching::{OrderKey, OrderKind, SelfTrade};

use super::dialect::Dialect;
use super::limits::ENDED_ORDERS_MAX;

/// Where an order stands, in the protocol's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Stands, nothing traded.
    New,
    /// Stands, some traded.
    PartiallyFilled,
    /// All traded.
    Filled,
    /// Canceled by its owner.
    Canceled,
    /// Ended by its own terms.
    Expired,
    /// Ended because it met its own account.
    ExpiredInMatch,
}

impl Status {
    /// As the wire has it.
    pub fn text(self) -> &'static str {
        match self {
            Status::New => "NEW",
            Status::PartiallyFilled => "PARTIALLY_FILLED",
            Status::Filled => "FILLED",
            Status::Canceled => "CANCELED",
            Status::Expired => "EXPIRED",
            Status::ExpiredInMatch => "EXPIRED_IN_MATCH",
        }
    }

    /// True where the order still stands.
    pub fn is_open(self) -> bool {
        matches!(self, Status::New | Status::PartiallyFilled)
    }
}

/// One client's order.
#[derive(Clone, Debug)]
pub struct ClientOrder {
    /// What the matching knows it by.
    pub key: OrderKey,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub client_order_id: String,
    /// Buy or sell.
    pub side: Side,
    /// How it met the book.
    pub kind: OrderKind,
    /// Whether it may trade with its own account.
    pub self_trade: SelfTrade,
    /// Limit price, zero for a market order.
    pub price: Price,
    /// What was ordered.
    pub quantity: Quantity,
    /// How much of it the book shows at one time; zero where all.
    pub display_qty: Quantity,
    /// True where it may only bring a position nearer to nothing.
    pub reduces_only: bool,
    /// What traded.
    pub executed: i64,
    /// What that cost, at the scale of money.
    pub executed_money: i128,
    /// Where it stands.
    pub status: Status,
    /// When it came, in milliseconds.
    pub created_at_ms: u64,
    /// When it changed last, in milliseconds.
    pub updated_at_ms: u64,
}

impl ClientOrder {
    /// The protocol's word for its type.
    pub fn type_text(&self, dialect: Dialect) -> &'static str {
        match (self.kind, dialect) {
            (OrderKind::Market, _) => "MARKET",
            (OrderKind::PostOnly, Dialect::Spot) => "LIMIT_MAKER",
            _ => "LIMIT",
        }
    }

    /// The protocol's word for how long it stands.
    pub fn time_in_force_text(&self, dialect: Dialect) -> &'static str {
        match (self.kind, dialect) {
            (OrderKind::ImmediateOrCancel, _) => "IOC",
            (OrderKind::FillOrKill, _) => "FOK",
            (OrderKind::PostOnly, Dialect::UsdMargined) => "GTX",
            _ => "GTC",
        }
    }

    /// The protocol's word for its side.
    pub fn side_text(&self) -> &'static str {
        match self.side {
            Side::Buy => "BUY",
            Side::Sell => "SELL",
        }
    }

    /// The protocol's word for its self-trade prevention.
    pub fn self_trade_text(&self) -> &'static str {
        match self.self_trade {
            SelfTrade::Allow => "NONE",
            SelfTrade::ExpireTaker => "EXPIRE_TAKER",
            SelfTrade::ExpireMaker => "EXPIRE_MAKER",
            SelfTrade::ExpireBoth => "EXPIRE_BOTH",
        }
    }
}

/// The orders of one symbol's clients: all that are open, and as many ended ones as the limit allows.
#[derive(Debug, Default)]
pub struct ClientOrders {
    by_number: BTreeMap<u64, ClientOrder>,
    by_client_id: BTreeMap<(AccountId, String), u64>,
    open: BTreeSet<(AccountId, u64)>,
    ended: VecDeque<u64>,
}

impl ClientOrders {
    /// Adds an order. The client id names it from now on, even if an ended order had it before.
    pub fn insert(&mut self, order: ClientOrder) {
        let number = order.key.number;
        self.by_client_id.insert((order.account, order.client_order_id.clone()), number);
        self.open.insert((order.account, number));
        self.by_number.insert(number, order);
    }

    /// The order of a number.
    pub fn get(&self, number: u64) -> Option<&ClientOrder> {
        self.by_number.get(&number)
    }

    /// The order of a number, to be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut ClientOrder> {
        self.by_number.get_mut(&number)
    }

    /// An account's order by number or by client id; where both are given both must fit.
    pub fn find(
        &self,
        account: AccountId,
        number: Option<u64>,
        client_id: Option<&str>,
    ) -> Option<&ClientOrder> {
        let number = match (number, client_id) {
            (Some(number), _) => number,
            (None, Some(id)) => *self.by_client_id.get(&(account, id.to_owned()))?,
            (None, None) => return None,
        };
        let order = self.by_number.get(&number).filter(|order| order.account == account)?;
        client_id.is_none_or(|id| order.client_order_id == id).then_some(order)
    }

    /// An account's orders that are known, oldest first.
    pub fn of(&self, account: AccountId) -> impl Iterator<Item = &ClientOrder> {
        self.by_number.values().filter(move |order| order.account == account)
    }

    /// An account's open orders, oldest first.
    pub fn open(&self, account: AccountId) -> impl Iterator<Item = &ClientOrder> {
        let of_account = self.open.range((account, 0)..=(account, u64::MAX));
        of_account.filter_map(|(_, number)| self.by_number.get(number))
    }

    /// Gives an order another client id.
    pub fn rename(&mut self, number: u64, client_order_id: String) {
        if let Some(order) = self.by_number.get_mut(&number) {
            self.by_client_id.remove(&(order.account, order.client_order_id.clone()));
            self.by_client_id.insert((order.account, client_order_id.clone()), number);
            order.client_order_id = client_order_id;
        }
    }

    /// Notes that an order ended, and forgets the oldest ended one where too many are kept.
    pub fn end(&mut self, number: u64) {
        let account = self.by_number.get(&number).map(|order| order.account);
        let was_open = account.is_some_and(|account| self.open.remove(&(account, number)));
        if !was_open {
            return;
        }
        self.ended.push_back(number);
        if self.ended.len() <= ENDED_ORDERS_MAX {
            return;
        }
        let Some(order) = self.ended.pop_front().and_then(|oldest| self.by_number.remove(&oldest)) else {
            return;
        };
        let name = (order.account, order.client_order_id);
        if self.by_client_id.get(&name) == Some(&order.key.number) {
            self.by_client_id.remove(&name);
        }
    }
}
