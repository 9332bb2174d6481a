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

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{ContractKind, ContractSize, Price, Text};

    use super::*;

    fn asset(name: &str) -> Asset {
        Text::new(name).expect("it is short")
    }

    fn definition(contract: ContractKind, base: &str, quote: &str) -> InstrumentDefinition {
        let inferred = InstrumentDefinition::inferred(("venue", "SYMBOL"), contract, (0, 0));
        let (base, quote) = (asset(base), asset(quote));
        InstrumentDefinition { base, quote, contract_size: ContractSize::ONE, ..inferred }
    }

    /// Instruments with their marks, beside one that is settled in XYZ and worth seven of it.
    fn worth_of_xyz(stated: Option<i64>, markets: &[(InstrumentDefinition, i64)]) -> Option<i128> {
        let at = |price| ScaledPrice { price: Price(price), scale: 0 };
        let stated: Vec<_> = stated.map(|price| (asset("XYZ"), at(price))).into_iter().collect();
        let mut valuer = Valuer::new(asset("USDT"), &stated, 1 + markets.len());
        let held = (definition(ContractKind::LinearPerpetual, "ABC", "XYZ"), 7);
        for (id, (definition, price)) in (0..).map(InstrumentId).zip([held].iter().chain(markets)) {
            valuer.define(id, definition);
            valuer.mark(id, Some(at(*price)));
        }
        assert_eq!(valuer.marks().len(), 1 + markets.len());
        assert_eq!(valuer.marks()[0], Some(at(7)));
        valuer.refresh();
        valuer.worth(InstrumentId(0), Quantity(1)).map(|worth| worth.0 / Amount::ONE.0)
    }

    #[test]
    fn an_asset_is_worth_what_its_best_market_says_or_else_what_was_stated() {
        use ContractKind::{InversePerpetual, LinearPerpetual, Spot};
        let market = |contract, price| (definition(contract, "XYZ", "USDT"), price);
        assert_eq!(worth_of_xyz(None, &[]), None);
        assert_eq!(worth_of_xyz(Some(2), &[]), Some(14));
        assert_eq!(worth_of_xyz(Some(2), &[market(LinearPerpetual, 3)]), Some(21), "a market before a word");
        let both = [market(LinearPerpetual, 3), market(Spot, 4)];
        assert_eq!(worth_of_xyz(None, &both), Some(28), "spot before a derivative");
        assert_eq!(worth_of_xyz(None, &[market(Spot, 5), market(Spot, 4)]), Some(35), "the first defined");
        assert_eq!(worth_of_xyz(None, &[market(InversePerpetual, 3)]), None, "its price is of a contract");
        let mut of_ten = market(LinearPerpetual, 3);
        of_ten.0.contract_size = ContractSize::new(10, 0);
        assert_eq!(worth_of_xyz(None, &[of_ten]), None, "and so is that of ten at once");
        let around = (definition(Spot, "USDT", "XYZ"), 2);
        assert_eq!(worth_of_xyz(None, &[around]), Some(3), "two of it for one of the currency");
        for price in [0, -1] {
            assert_eq!(worth_of_xyz(Some(2), &[market(Spot, price)]), Some(14), "{price} is no price");
        }
        assert_eq!(worth_of_xyz(None, &[(definition(Spot, "XYZ", "EUR"), 4)]), None, "not of the currency");
    }

    #[test]
    fn what_an_instrument_is_worth_is_known_until_it_may_be_another() {
        let perpetual = definition(ContractKind::LinearPerpetual, "BTC", "USDT");
        let id = InstrumentId(0);
        let mut valuer = Valuer::new(asset("USDT"), &[], 1);
        assert_eq!(valuer.worth(id, Quantity(1)), None, "nobody said what it is");
        assert!(!valuer.define(id, &perpetual), "it was nothing before");
        assert!(!valuer.define(id, &perpetual), "the same again");
        assert_eq!(
            (valuer.worth(id, Quantity(1)), valuer.worth(id, Quantity(0))),
            (None, Some(Amount::ZERO))
        );
        valuer.mark(id, Some(ScaledPrice { price: Price(5), scale: 0 }));
        let worth = |valuer: &Valuer| [2, -2].map(|quantity| valuer.worth(id, Quantity(quantity)));
        let ten = Amount(10 * Amount::ONE.0);
        assert_eq!(worth(&valuer), [Some(ten), ten.checked_neg()]);
        valuer.forget(id);
        assert_eq!(worth(&valuer), [None, None]);
        valuer.define(id, &perpetual);
        assert!(valuer.define(id, &definition(ContractKind::InversePerpetual, "USDT", "EUR")));
        valuer.mark(id, Some(ScaledPrice { price: Price(5), scale: 0 }));
        let fifth = Amount(Amount::ONE.0 / 5);
        assert_eq!(
            valuer.worth(id, Quantity(1)),
            Some(fifth),
            "settled in its base, and long as the price rises"
        );
    }
}
