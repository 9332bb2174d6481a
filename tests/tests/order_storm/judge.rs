//! Holds what an engine did and believes against what the venue knows. It reads nothing of the gate's own numbers: what
//! stands and what is held is the venue's to say.

use std::collections::{BTreeMap, BTreeSet};

use fulmar_adapters::simulated::OfflineVenue;
use fulmar_adapters::simulated::truth::Truth;
use fulmar_bus::record::{
    BalanceStatement, ClientOrderId, Notional, OrderStatus, Position, Price, Quantity, Side,
};
use fulmar_engine::market::decimal::format_scaled;

use super::known::{self, KnownOrder};
use super::trader::{Belief, Heard};

/// What is wrong, where something is.
pub type Verdict<T> = Result<T, String>;

/// What the gate was told to keep to, as mantissas.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub position_max: i64,
    pub open_orders_max: u32,
    /// At the sum of both scales.
    pub open_notional_max: Option<i128>,
}

/// Quantity and price of fills, by order and number of the trade.
type Fills = BTreeMap<(ClientOrderId, u64), (Quantity, Price)>;

/// What one strategy said.
#[derive(Default)]
struct Account {
    fills: Fills,
    position: Option<Position>,
    beliefs: Vec<Belief>,
}

/// The judge of a run.
pub struct Judge {
    limits: Limits,
    /// The number of the engine's boot.
    epoch: u32,
    /// Of this boot.
    strategies: Vec<Account>,
    /// What those of earlier boots heard of.
    earlier: Fills,
    /// The orders that only reduce.
    reducing: BTreeSet<ClientOrderId>,
    /// What the session told last of what the account has, by asset.
    balances: BTreeMap<String, String>,
    /// What the venue had received and filled when the limits were held against it last.
    looked_at: (u64, u64),
    /// How many orders had left when the operator stopped all.
    placed_at_stop: Option<usize>,
}

impl Judge {
    /// A judge of so many strategies.
    pub fn new(limits: Limits, strategies: usize) -> Self {
        let strategies = (0..strategies).map(|_| Account::default()).collect();
        Judge {
            limits,
            epoch: 1,
            strategies,
            earlier: Fills::new(),
            reducing: BTreeSet::new(),
            balances: BTreeMap::new(),
            looked_at: (0, 0),
            placed_at_stop: None,
        }
    }

    /// The engine was killed: the strategies of its next boot know nothing of before. Gives its number.
    pub fn note_restart(&mut self) -> u32 {
        for account in &mut self.strategies {
            self.earlier.append(&mut std::mem::take(account).fills);
        }
        self.balances.clear();
        self.epoch += 1;
        self.epoch
    }

    /// True where this is not the first boot.
    pub fn has_restarted(&self) -> bool {
        self.epoch > 1
    }

    /// A strategy heard something: each of its fills once, and none of another's.
    pub fn hear(&mut self, strategy: usize, heard: Heard) -> Verdict<()> {
        let account = &mut self.strategies[strategy];
        match heard {
            Heard::Fill { order, trade_id, quantity, price } => {
                if usize::from(order.strategy_id.0) != strategy {
                    return Err(format!("strategy {strategy} heard of trade {trade_id} of {order}"));
                }
                if account.fills.insert((order, trade_id), (quantity, price)).is_some() {
                    return Err(format!("strategy {strategy} heard twice of trade {trade_id} of {order}"));
                }
            }
            Heard::Reduces(order) => drop(self.reducing.insert(order)),
            Heard::Position(position) => account.position = Some(position),
            Heard::Census(beliefs) => account.beliefs = beliefs,
        }
        Ok(())
    }

    /// The session told what the account has of an asset. That the books of the gate say the same it counts itself.
    pub fn hear_balance(&mut self, told: &BalanceStatement) {
        let total = Notional::from(told.free).0 + Notional::from(told.locked).0;
        let text = format_scaled(total, BalanceStatement::SCALE).to_string();
        self.balances.insert(told.asset.as_str().to_owned(), text);
    }

    /// The operator stopped all: no order may leave after those.
    pub fn note_stop(&mut self, placed: &BTreeMap<String, u32>) {
        self.placed_at_stop.get_or_insert(placed.len());
    }

    /// Whatever trades of what stands at the venue now, the limits hold. After a restart, of what that boot sent: no
    /// gate knows what traded while nobody listened, nor what arrives late of a boot that is dead.
    pub fn limits_hold(&mut self, venue: &OfflineVenue) -> Verdict<()> {
        let report = venue.report();
        let looking_at = (report.orders_received, report.fills);
        if self.looked_at == looking_at {
            return Ok(());
        }
        self.looked_at = looking_at;
        let (mut held, mut buying, mut selling, mut open, mut notional) = (0, 0, 0, 0_u32, 0);
        for order in known::orders(venue) {
            let is_open = order.is_open();
            let leaves = if is_open { order.quantity.0 - order.executed.0 } else { 0 };
            let (sign, standing) =
                if order.side == Side::Buy { (1, &mut buying) } else { (-1, &mut selling) };
            held += sign * order.executed.0;
            *standing += leaves;
            if order.id.epoch == self.epoch && !self.reducing.contains(&order.id) {
                open += u32::from(is_open);
                notional += i128::from(leaves) * i128::from(order.price.0);
            }
        }
        let Limits { position_max, open_orders_max, open_notional_max } = self.limits;
        let is_over = held + buying > position_max || selling - held > position_max;
        if is_over && !self.has_restarted() {
            return Err(format!(
                "{held} are held, {buying} may be bought and {selling} sold, with a limit of {position_max}"
            ));
        }
        if open > open_orders_max {
            let standing: Vec<KnownOrder> =
                known::orders(venue).into_iter().filter(KnownOrder::is_open).collect();
            return Err(format!("{standing:?} stand, with a limit of {open_orders_max}"));
        }
        if open_notional_max.is_some_and(|most| notional > most) {
            return Err(format!("orders of {notional} stand, with a limit of {open_notional_max:?}"));
        }
        Ok(())
    }

    /// What was sent, what is believed and what was booked is what the venue has.
    pub fn all_agree(
        &self,
        venue: &OfflineVenue,
        truth: &Truth,
        placed: &BTreeMap<String, u32>,
    ) -> Verdict<()> {
        let orders = known::orders(venue);
        self.each_was_sent_once(&orders, truth, placed)?;
        let orders = known::engine_orders(orders);
        let mut fills: Vec<Fills> = vec![Fills::new(); self.strategies.len()];
        let mut moved: Vec<(i64, i128)> = vec![(0, 0); self.strategies.len()];
        let (mut held, mut money, mut all) = (0, 0, Fills::new());
        // What was held and paid for all trades together, with their fees, at twice the digits.
        let (mut base, mut quote) = (0, 0);
        for trade in known::trades(venue) {
            *if trade.is_fee_in_base { &mut base } else { &mut quote } -= i128::from(trade.fee);
            let worth = trade.price.times(trade.quantity).0;
            let sign = if trade.side == Side::Buy { 1 } else { -1 };
            let (more, earned) = (sign * trade.quantity.0, -i128::from(sign) * worth);
            (held, money) = (held + more, money + earned);
            let (key, fill) = ((trade.order, trade.trade_id), (trade.quantity, trade.price));
            all.insert(key, fill);
            if trade.order.epoch == self.epoch {
                let strategy = usize::from(trade.order.strategy_id.0);
                fills[strategy].insert(key, fill);
                moved[strategy] = (moved[strategy].0 + more, moved[strategy].1 + earned);
            }
        }
        if let Some(invented) = self.earlier.iter().find(|(key, fill)| all.get(key) != Some(fill)) {
            return Err(format!("an earlier boot heard of {invented:?}, which is not so"));
        }
        if self.balances != truth.balances {
            return Err(format!("was told to have {:?}, and has {:?}", self.balances, truth.balances));
        }
        for (index, account) in self.strategies.iter().enumerate() {
            let of = format!("strategy {index}");
            check_fills(&account.fills, &fills[index]).map_err(|wrong| format!("{of} {wrong}"))?;
            check_position(account.position.as_ref(), moved[index])
                .map_err(|wrong| format!("{of} {wrong}"))?;
            for belief in &account.beliefs {
                check_belief(belief, orders.get(&belief.order)).map_err(|wrong| format!("{of} {wrong}"))?;
            }
        }
        (base, quote) = (base + i128::from(held) * 10_i128.pow(8), quote + money);
        let told = (format_scaled(base, 16).to_string(), format_scaled(quote, 16).to_string());
        if told != (truth.position.clone(), truth.cash.clone()) {
            return Err(format!("the trades come to {told:?}, and the venue has {truth:?}"));
        }
        Ok(())
    }

    /// Nothing is left at the venue, nor open to anybody.
    pub fn nothing_stands(&self, venue: &OfflineVenue) -> Verdict<()> {
        if let Some(order) = known::orders(venue).into_iter().find(KnownOrder::is_open) {
            return Err(format!("{order:?} stands after all was stopped"));
        }
        let mut believed = self.strategies.iter().flat_map(|account| &account.beliefs);
        match believed.find(|belief| !belief.status.is_terminal()) {
            Some(belief) => Err(format!("{belief:?} after all was stopped")),
            None => Ok(()),
        }
    }

    fn each_was_sent_once(
        &self,
        orders: &[KnownOrder],
        truth: &Truth,
        placed: &BTreeMap<String, u32>,
    ) -> Verdict<()> {
        if let Some((id, count)) = placed.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{id} was sent {count} times"));
        }
        if self.placed_at_stop.is_some_and(|count| placed.len() > count) {
            return Err("an order left after the operator stopped all".to_owned());
        }
        let mut seen = BTreeSet::new();
        if let Some(order) = orders.iter().find(|order| !seen.insert((order.id, order.revision))) {
            return Err(format!("{} stands at the venue twice", order.id));
        }
        if truth.duplicates > 0 {
            return Err(format!("{} orders arrived that had arrived before", truth.duplicates));
        }
        Ok(())
    }
}

fn check_fills(heard: &Fills, truth: &Fills) -> Verdict<()> {
    let only_in = |one: &Fills, other: &Fills| -> Vec<String> {
        let only = one.iter().filter(|(key, fill)| other.get(key) != Some(fill));
        only.map(|((order, trade_id), (quantity, price))| {
            format!("{trade_id} of {order}, {} at {}", quantity.0, price.0)
        })
        .collect()
    };
    let (missed, invented) = (only_in(truth, heard), only_in(heard, truth));
    if missed.is_empty() && invented.is_empty() {
        return Ok(());
    }
    Err(format!("never heard of trades {missed:?}, and heard of {invented:?} that are not so"))
}

/// A position is what was bought less what was sold, and what it cost and earned is the money that moved.
fn check_position(told: Option<&Position>, (held, money): (i64, i128)) -> Verdict<()> {
    let (quantity, realized, cost) = told.map_or((Quantity(0), Notional(0), Notional(0)), |position| {
        (position.quantity, Notional::from(position.realized), Notional::from(position.cost))
    });
    if quantity.0 == held && realized.0 - cost.0 == money {
        return Ok(());
    }
    Err(format!(
        "was told to hold {quantity:?}, earned {realized:?} at {cost:?}; its trades: {held}, {money}"
    ))
}

/// An order is what the venue says that it is; one that the venue does not know never was one.
fn check_belief(belief: &Belief, truth: Option<&KnownOrder>) -> Verdict<()> {
    let Some(truth) = truth else {
        let never_was = matches!(belief.status, OrderStatus::Denied | OrderStatus::Rejected);
        return if never_was { Ok(()) } else { Err(format!("believes in {belief:?}, which never arrived")) };
    };
    let (status, booked) = (belief.status, belief.booked);
    let is_so = match truth.status.as_str() {
        "REJECTED" => status == OrderStatus::Rejected,
        "NEW" => status == OrderStatus::Accepted,
        "PARTIALLY_FILLED" => status == OrderStatus::PartiallyFilled,
        "FILLED" => status == OrderStatus::Filled,
        "CANCELED" => status == OrderStatus::Canceled,
        _ => status == OrderStatus::Expired,
    };
    if is_so && booked == truth.executed && belief.quantity == truth.quantity {
        return Ok(());
    }
    Err(format!("believes {belief:?}, and it is {truth:?}"))
}
