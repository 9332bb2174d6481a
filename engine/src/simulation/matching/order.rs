//! The words of a matching: what may be ordered, how, and what can happen to an order.

use fulmar_bus::record::{AccountId, Notional, Price, Quantity, Side};

use crate::market::FeeRate;
use crate::simulation::limits::ORDER_QUANTITY_MAX;

/// What may be ordered in a market, and what a trade costs. A step of zero does not constrain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Prices are multiples of this.
    pub tick: Price,
    /// Quantities are multiples of this.
    pub lot: Quantity,
    /// What a trade moves.
    pub settlement: Settlement,
    /// Fee on what a side receives; of contracts, on what they are worth.
    pub fee: FeeRate,
    /// The smallest amount of money that a fee is charged in, at the scale of a notional; base is charged in single
    /// units of the quantity scale.
    pub money_unit: Notional,
}

/// What a trade moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Base against quote, and nobody gives what he has not.
    Delivery,
    /// Contracts: who sells more than he has is short. What stands behind that is for whoever serves the market to ask.
    Contracts,
}

/// A fee, in the currency that it is paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fee {
    /// Base currency.
    Base(Quantity),
    /// Quote currency.
    Quote(Notional),
}

impl Terms {
    /// What the buyer of `quantity` for `money` pays.
    pub(super) fn buyer_fee(&self, quantity: Quantity, money: Notional) -> Fee {
        match self.settlement {
            Settlement::Delivery => {
                let fee = self.fee.of(i128::from(quantity.0), 1);
                Fee::Base(Quantity(i64::try_from(fee).expect("a fee is a part of a quantity")))
            }
            Settlement::Contracts => Fee::Quote(self.seller_fee(money)),
        }
    }

    /// What the seller pays of the `money` that it receives.
    pub(super) fn seller_fee(&self, money: Notional) -> Notional {
        Notional(self.fee.of(money.0, self.money_unit.0.max(1)))
    }

    /// True where `price` is a multiple of the tick above zero.
    pub(super) fn allows_price(&self, price: Price) -> bool {
        is_step(price.0, self.tick.0)
    }

    /// True where `quantity` is a multiple of the lot above zero, and not too large.
    pub(super) fn allows_quantity(&self, quantity: Quantity) -> bool {
        is_step(quantity.0, self.lot.0) && quantity.0 <= ORDER_QUANTITY_MAX
    }
}

fn is_step(value: i64, step: i64) -> bool {
    value > 0 && (step == 0 || value % step == 0)
}

/// How an order meets the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Takes what its price allows; the rest stands until it is canceled.
    Limit,
    /// Stands, or is refused where it would take.
    PostOnly,
    /// Takes what its price allows; the rest expires.
    ImmediateOrCancel,
    /// Takes all of it, or expires whole.
    FillOrKill,
    /// Takes at any price; what the book cannot give expires.
    Market,
}

/// What happens where an account would trade with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTrade {
    /// It trades.
    Allow,
    /// What is left of the order that came in expires.
    ExpireTaker,
    /// The order that stood expires, and the one that came in goes on.
    ExpireMaker,
    /// Both expire.
    ExpireBoth,
}

/// An order to be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Buy or sell.
    pub side: Side,
    /// How it meets the book.
    pub kind: OrderKind,
    /// Limit price; not looked at in a market order.
    pub price: Price,
    /// How much; above zero.
    pub quantity: Quantity,
    /// How much of it the book shows at one time, once it stands; zero where all.
    pub display_qty: Quantity,
    /// What happens where it would trade with its own account.
    pub self_trade: SelfTrade,
}

impl NewOrder {
    /// True where the order would trade with one that stands at `price` on the other side.
    pub fn reaches(&self, price: Price) -> bool {
        match (self.kind, self.side) {
            (OrderKind::Market, _) => true,
            (_, Side::Buy) => self.price >= price,
            (_, Side::Sell) => self.price <= price,
        }
    }
}

/// An order of a market: its number, which counts the market's orders from one, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey {
    /// The order's number; never used twice.
    pub number: u64,
    pub(super) slot: u32,
}

/// Why an order was refused. A refused order changes nothing and uses no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such account.
    #[error("the account is not known")]
    UnknownAccount,
    /// Not above zero, no multiple of the tick, or beyond what can be counted.
    #[error("the price is no positive multiple of the tick")]
    Price,
    /// Not above zero, no multiple of the lot, or beyond what can be counted.
    #[error("the quantity is no positive multiple of the lot, or too large")]
    Quantity,
    /// What it is to show is no positive multiple of the lot, or it may not stand.
    #[error("the displayed quantity is no positive multiple of the lot, or of an order that may not stand")]
    Display,
    /// The account cannot pay for it.
    #[error("the balance does not cover the order")]
    InsufficientBalance,
    /// A post-only order that would take.
    #[error("the order would immediately match and take")]
    WouldTake,
    /// The book holds as many orders as it may.
    #[error("the book is full")]
    BookFull,
}

/// Why an order ended without being filled or canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Its kind does not let it stand.
    TimeInForce,
    /// It would have traded with its own account.
    SelfTrade,
    /// The venue ended it, for a reason of its own.
    Venue,
}

/// A trade between two orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Counts the market's trades from one.
    pub trade_id: u64,
    /// The maker's price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// The order that stood.
    pub maker: OrderKey,
    /// The order that came.
    pub taker: OrderKey,
    /// Whose the maker is.
    pub maker_account: AccountId,
    /// Whose the taker is.
    pub taker_account: AccountId,
    /// What is left of the maker.
    pub maker_leaves: Quantity,
    /// What is left of the taker.
    pub taker_leaves: Quantity,
    /// The side of the taker.
    pub aggressor: Side,
    /// What the buyer paid.
    pub buyer_fee: Fee,
    /// What the seller paid.
    pub seller_fee: Notional,
}

/// What happened, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An order is in; trades, or its end, may follow.
    Accepted {
        /// The order.
        key: OrderKey,
        /// Whose it is.
        account: AccountId,
    },
    /// Two orders traded.
    Trade(Match),
    /// An order has other terms than it had. Where it has less left and nothing else, it keeps its place; else trades
    /// may follow, as of a new order.
    Amended {
        /// The order.
        key: OrderKey,
        /// Whose it is.
        account: AccountId,
    },
    /// An order was canceled with this much left.
    Canceled {
        /// The order.
        key: OrderKey,
        /// Whose it was.
        account: AccountId,
        /// What was left of it.
        leaves: Quantity,
    },
    /// An order ended by its own terms with this much left.
    Expired {
        /// The order.
        key: OrderKey,
        /// Whose it was.
        account: AccountId,
        /// What was left of it.
        leaves: Quantity,
        /// Why.
        reason: Expiry,
    },
}
