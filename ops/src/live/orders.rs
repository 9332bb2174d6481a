//! What became of the orders of a run, seen from outside: the report channels, folded into counts and positions.

use std::collections::BTreeMap;
use std::fmt;

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{
    ClientOrderId, Denial, ExecutionReport, ExecutionType, HeldOrder, InstrumentId, Kind, Notional,
    OrderStatus, Position, Price, Record, StrategyId, Text,
};
use fulmar_engine::trading::risk::RiskCheck;
use serde::Serialize;

/// Orders by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OrderCounts {
    /// Approved and handed to the gateway.
    pub submitted: u64,
    /// Refused by our gate.
    pub denied: u64,
    /// Taken by the venue.
    pub accepted: u64,
    /// Traded to the last.
    pub filled: u64,
    /// Canceled.
    pub canceled: u64,
    /// Refused by the venue.
    pub rejected: u64,
    /// Of unknown fate now.
    pub unknown: u64,
}

/// Denials by the check that refused first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Denials(BTreeMap<&'static str, u64>);

impl Denials {
    fn count(&mut self, denial: &Denial) {
        let name = RiskCheck::from_code(denial.code).map_or("ANOTHER_CHECK", RiskCheck::name);
        *self.0.entry(name).or_default() += 1;
    }
}

/// As a report's line tells them behind their sum: nothing, or each with its name.
impl fmt::Display for Denials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, count)) in self.0.iter().enumerate() {
            write!(out, "{}{count} {name}", if place == 0 { " (" } else { ", " })?;
        }
        if self.0.is_empty() { Ok(()) } else { write!(out, ")") }
    }
}

/// What is held of one instrument, summed over those who hold it. A position is told for each strategy by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Mantissa of the signed quantity: above zero is long.
    pub quantity: i128,
    /// Mantissa of what closing trades earned.
    pub realized: i128,
    /// Mantissa of what the open quantity cost, signed as the quantity is.
    pub cost: i128,
}

impl Holding {
    /// What closing all of it at `mark` would earn.
    pub fn unrealized(&self, mark: Price) -> i128 {
        i128::from(mark.0) * self.quantity - self.cost
    }

    fn with(self, position: &Position) -> Self {
        Holding {
            quantity: self.quantity + i128::from(position.quantity.0),
            realized: self.realized + Notional::from(position.realized).0,
            cost: self.cost + Notional::from(position.cost).0,
        }
    }
}

/// The orders and positions of a run.
pub struct OrderBoard {
    readers: Vec<Reader>,
    record: Box<Record>,
    counts: OrderCounts,
    denials: Denials,
    open: BTreeMap<ClientOrderId, ExecutionReport>,
    positions: BTreeMap<(InstrumentId, StrategyId), Position>,
    /// At the scale of a notional of the instrument.
    commissions: BTreeMap<(InstrumentId, Text<8>), i128>,
    fill_count: u64,
    buy_fill_count: u64,
    lost_count: u64,
}

impl OrderBoard {
    /// A board of what these report channels tell.
    pub fn new(readers: Vec<Reader>) -> Self {
        OrderBoard {
            readers,
            record: Box::default(),
            counts: OrderCounts::default(),
            denials: Denials::default(),
            open: BTreeMap::new(),
            positions: BTreeMap::new(),
            commissions: BTreeMap::new(),
            fill_count: 0,
            buy_fill_count: 0,
            lost_count: 0,
        }
    }

    /// Takes all that was told since the last look.
    pub fn look(&mut self) {
        for index in 0..self.readers.len() {
            loop {
                match self.readers[index].poll(&mut self.record) {
                    Poll::Empty => break,
                    Poll::Lapped { lost_count } => self.lost_count += lost_count,
                    Poll::Record => self.take(),
                }
            }
        }
    }

    /// Orders by what became of them.
    pub fn counts(&self) -> OrderCounts {
        let unknown = self.open.values().filter(|report| report.status == OrderStatus::Unknown).count();
        OrderCounts { unknown: unknown as u64, ..self.counts }
    }

    /// Why orders were denied.
    pub fn denials(&self) -> &Denials {
        &self.denials
    }

    /// The orders that may still trade, with the latest that was told of each.
    pub fn open(&self) -> impl Iterator<Item = &ExecutionReport> {
        self.open.values()
    }

    /// How many orders of ours may still trade: those of this run, and those of earlier ones that the gate took over.
    /// The orders of others are none of them, and nobody here cancels them.
    pub fn open_count(&self) -> usize {
        self.open.keys().filter(|id| !id.is_foreign()).count()
    }

    /// What all strategies together hold of an instrument, with what was there before them.
    pub fn holding(&self, instrument_id: InstrumentId) -> Holding {
        let whose = (instrument_id, StrategyId(0))..=(instrument_id, StrategyId(u16::MAX));
        self.positions.range(whose).fold(Holding::default(), |sum, (_, position)| sum.with(position))
    }

    /// What the fills in an instrument cost so far, by the asset that it was paid in, at the scale of a notional; below
    /// zero where rebates were more. What cost nothing is left out.
    pub fn commissions(&self, instrument_id: InstrumentId) -> impl Iterator<Item = (&str, i128)> {
        let of_it = self.commissions.iter().filter(move |((id, _), sum)| *id == instrument_id && **sum != 0);
        of_it.map(|((_, asset), sum)| (asset.as_str(), *sum))
    }

    /// Fills so far: those that bought, and those that sold.
    pub fn fills(&self) -> (u64, u64) {
        (self.buy_fill_count, self.fill_count - self.buy_fill_count)
    }

    /// Records that were overwritten before they were seen here.
    pub fn lost_count(&self) -> u64 {
        self.lost_count
    }

    fn take(&mut self) {
        let instrument_id = self.record.header().instrument_id;
        match self.record.header().kind() {
            Some(Kind::ExecutionReport) => {
                if let Ok(report) = self.record.read::<ExecutionReport>().copied() {
                    self.take_report(instrument_id, report);
                }
            }
            Some(Kind::HeldOrder) => {
                if let Ok(saved) = self.record.read::<HeldOrder>() {
                    let id = saved.intent.client_order_id;
                    let (execution, status) = (ExecutionType::Accepted, OrderStatus::Accepted);
                    let mut standing = ExecutionReport::new(id, saved.intent.side, execution, status);
                    standing.price = saved.intent.price;
                    self.open.insert(id, standing);
                }
            }
            Some(Kind::Denial) => {
                if let Ok(denial) = self.record.read::<Denial>() {
                    self.counts.denied += 1;
                    self.denials.count(denial);
                }
            }
            Some(Kind::Position) => {
                if let Ok(position) = self.record.read::<Position>() {
                    self.positions.insert((instrument_id, position.strategy_id), *position);
                }
            }
            _ => {}
        }
    }

    fn take_report(&mut self, instrument_id: InstrumentId, report: ExecutionReport) {
        let id = report.client_order_id;
        match report.execution {
            ExecutionType::Submitted => self.counts.submitted += 1,
            ExecutionType::Accepted => self.counts.accepted += 1,
            ExecutionType::Trade => {
                self.fill_count += 1;
                let commission =
                    self.commissions.entry((instrument_id, report.commission_asset)).or_default();
                *commission += Notional::from(report.commission).0;
                self.buy_fill_count += u64::from(report.side == fulmar_bus::record::Side::Buy);
            }
            _ => {}
        }
        let was_open = self.open.contains_key(&id) || report.execution == ExecutionType::Submitted;
        if !report.status.is_terminal() {
            self.open.insert(id, report);
            return;
        }
        self.open.remove(&id);
        if was_open {
            match report.status {
                OrderStatus::Filled => self.counts.filled += 1,
                OrderStatus::Canceled | OrderStatus::Expired => self.counts.canceled += 1,
                OrderStatus::Rejected => self.counts.rejected += 1,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::channel::{Region, RingShape, create};
    use fulmar_bus::record::{AccountId, ChannelId, Flags, Heading, Quantity, RecordId, Side, UnixNanos};
    use fulmar_engine::trading::position::OpenPosition;

    use super::*;

    #[test]
    fn what_two_strategies_hold_of_one_instrument_is_summed_and_another_instrument_is_not_in_it() {
        let shape = RingShape { slot_count: 1024, gate_count: 1 };
        let (mut writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(0));
        let mut board = OrderBoard::new(vec![ring.reader()]);
        let told = [(0, 1, Side::Buy, 3), (0, 2, Side::Sell, 5), (1, 1, Side::Buy, 7), (0, 1, Side::Buy, 4)];
        for (instrument, strategy, side, quantity) in told {
            let mut position = OpenPosition::default();
            position.trade(side, Quantity(quantity), Price(10)).expect("it fits");
            let heading = Heading {
                instrument_id: InstrumentId(instrument),
                cause: RecordId::NONE,
                received_at: UnixNanos(1),
                flags: Flags::NONE,
            };
            let mut record = Record::new();
            record.write(heading, &position.record(StrategyId(strategy), AccountId(0)));
            writer.publish(&mut record).expect("nobody holds the writer up");
        }
        board.look();
        let holding = board.holding(InstrumentId(0));
        assert_eq!(holding, Holding { quantity: -1, realized: 0, cost: -10 }, "4 bought, 5 sold");
        assert_eq!(holding.unrealized(Price(8)), 2);
        assert_eq!(board.holding(InstrumentId(1)).quantity, 7);
        assert_eq!(board.holding(InstrumentId(2)), Holding::default());
    }
}
