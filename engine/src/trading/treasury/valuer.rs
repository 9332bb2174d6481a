//! What positions are worth in the currency, for whoever looks at them from aside: the marks and ways of a treasury
//! without its books.

use fulmar_bus::record::{InstrumentDefinition, InstrumentId, Quantity};

use super::routes::Routes;
use crate::trading::account::{Amount, Asset, Contract, Conversions, ScaledPrice};

/// Values quantities of instruments.
///
/// ```
/// use fulmar_bus::record::{ContractKind, InstrumentDefinition, InstrumentId, Price, Quantity, Text};
/// use fulmar_engine::trading::account::ScaledPrice;
/// use fulmar_engine::trading::treasury::Valuer;
/// # let text = |text| Text::new(text).expect("it is short");
/// # let inferred = InstrumentDefinition::inferred(("a", "B"), ContractKind::Spot, (0, 1));
/// # let definition = InstrumentDefinition { base: text("BTC"), quote: text("USDT"), ..inferred };
/// let mut valuer = Valuer::new(text("USDT"), &[], 1);
/// valuer.define(InstrumentId(0), &definition);
/// valuer.mark(InstrumentId(0), Some(ScaledPrice { price: Price(60_000), scale: 0 }));
/// valuer.refresh();
/// let worth = valuer.worth(InstrumentId(0), Quantity(-5)).expect("it has a mark");
/// assert_eq!(worth.to_string(), "-30000");
/// ```
#[derive(Clone, Debug)]
pub struct Valuer {
    routes: Routes,
    conversions: Conversions,
    marks: Vec<Option<ScaledPrice>>,
    /// By instrument: its contract, and what that is settled in.
    contracts: Vec<Option<(Contract, Asset)>>,
}

impl Valuer {
    /// Into a currency, with what one of an asset is worth where no market tells, of so many instruments.
    pub fn new(currency: Asset, worth: &[(Asset, ScaledPrice)], instrument_count: usize) -> Self {
        Valuer {
            routes: Routes::new(Some(currency), worth.to_vec(), instrument_count),
            conversions: Conversions::new(currency),
            marks: vec![None; instrument_count],
            contracts: vec![None; instrument_count],
        }
    }

    /// An instrument is this from now on; it has no mark until the next. True where it is no more what it was.
    pub fn define(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) -> bool {
        let index = instrument_id.index();
        self.routes.define(instrument_id, definition);
        self.marks[index] = None;
        let contract = Contract::new(definition).ok();
        let settled_in = |contract: &Contract| {
            if contract.is_inverse() { definition.base } else { definition.quote }
        };
        let known = contract.map(|contract| (contract, settled_in(&contract)));
        let before = std::mem::replace(&mut self.contracts[index], known);
        before.is_some() && before != known
    }

    /// What an instrument is may have been missed: until it is defined again it has no worth.
    pub fn forget(&mut self, instrument_id: InstrumentId) {
        let index = instrument_id.index();
        (self.marks[index], self.contracts[index]) = (None, None);
    }

    /// The mark of an instrument; `None` where its market is not believed.
    pub fn mark(&mut self, instrument_id: InstrumentId, mark: Option<ScaledPrice>) {
        self.marks[instrument_id.index()] = mark;
    }

    /// By instrument.
    pub fn marks(&self) -> &[Option<ScaledPrice>] {
        &self.marks
    }

    /// Takes the marks for what assets are worth in the currency.
    pub fn refresh(&mut self) {
        self.conversions.clear();
        self.routes.price(&self.marks, &mut self.conversions);
    }

    /// What so much of an instrument is worth, above zero where it earns as the price rises; `None` where that is not
    /// known.
    pub fn worth(&self, instrument_id: InstrumentId, quantity: Quantity) -> Option<Amount> {
        if quantity.is_zero() {
            return Some(Amount::ZERO);
        }
        let (contract, settled_in) = self.contracts[instrument_id.index()]?;
        let worth = contract.worth(quantity, self.marks[instrument_id.index()]?).ok()?;
        let worth = self.conversions.convert(settled_in, Amount(worth.0.checked_abs()?))?;
        Some(if quantity.0 < 0 { worth.checked_neg()? } else { worth })
    }
}
