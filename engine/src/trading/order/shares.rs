//! What is open, by strategy and instrument: the share of each strategy in the sums of the table, and that of nobody
//! here.

use fulmar_bus::record::{InstrumentId, Side, StrategyId};

use super::TrackedOrder;
use super::open::{PAIRED, signed};

/// What one strategy has open in one instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenShare {
    /// What its orders to buy could still trade, those of unknown fate included.
    pub buy_qty: i128,
    /// What its orders to sell could still trade.
    pub sell_qty: i128,
    /// How many of its orders may still trade.
    pub order_count: u32,
}

impl OpenShare {
    /// What this order could still trade is not part of it.
    pub fn leave_out(&mut self, order: &TrackedOrder) {
        let quantity = i128::from(order.exposure_qty().0);
        match order.intent.side {
            Side::Buy => self.buy_qty -= quantity,
            Side::Sell => self.sell_qty -= quantity,
        }
    }
}

/// The shares of so many strategies, and last of nobody, in so many instruments; of none, in a table whose orders are
/// one owner's.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares {
    instrument_count: usize,
    cells: Vec<OpenShare>,
}

impl Shares {
    pub(super) fn new(strategy_count: usize, instrument_count: usize) -> Self {
        let cells = vec![OpenShare::default(); (strategy_count + 1) * instrument_count];
        Shares { instrument_count, cells }
    }

    /// Adds an order's part, or takes it away.
    pub(super) fn count(&mut self, order: &TrackedOrder, sign: i32) {
        let Some(place) = self.place(order.intent.strategy_id, order.instrument_id) else { return };
        let cell = &mut self.cells[place];
        let quantity = signed(i128::from(order.exposure_qty().0), sign);
        match order.intent.side {
            Side::Buy => cell.buy_qty += quantity,
            Side::Sell => cell.sell_qty += quantity,
        }
        if !order.status().is_terminal() {
            cell.order_count = cell.order_count.checked_add_signed(sign).expect(PAIRED);
        }
    }

    pub(super) fn of(&self, strategy_id: StrategyId, instrument_id: InstrumentId) -> OpenShare {
        self.place(strategy_id, instrument_id).map_or(OpenShare::default(), |place| self.cells[place])
    }

    fn place(&self, strategy_id: StrategyId, instrument_id: InstrumentId) -> Option<usize> {
        if instrument_id.index() >= self.instrument_count {
            return None;
        }
        let nobody = (self.cells.len() / self.instrument_count).checked_sub(1)?;
        let row = match strategy_id {
            StrategyId::NONE => nobody,
            StrategyId(index) => Some(usize::from(index)).filter(|row| *row < nobody)?,
        };
        Some(row * self.instrument_count + instrument_id.index())
    }
}
