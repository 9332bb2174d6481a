//! Which instruments are one pair: the one rule of what may be merged.
//!
//! Instruments are alike where base, quote, contract and the size of a contract are. A price of one then stands for a
//! price of the other, and a quantity for a quantity, once both are at one scale. Of instruments that a configuration
//! calls a pair, those that are unlike are left out, never merged. Which those are depends on what the instruments are
//! and on their order in the list, not on which of them was defined first.

use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Text};

/// What instruments of several venues have in common when one price stands for the other. A perpetual is never joined
/// with the asset itself, nor a contract settled in one currency with one settled in another, nor one of 0.01 of an
/// asset with one of all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairKey {
    /// Base currency.
    pub base: Text<16>,
    /// Quote currency.
    pub quote: Text<16>,
    /// What kind of thing it is.
    pub contract: ContractKind,
    /// How much one unit of quantity is.
    pub contract_size: ContractSize,
}

impl PairKey {
    /// What an instrument shares with those that it may be consolidated with. `None` where that cannot be told: a
    /// currency or the size is not known, or it is dated, since no definition says when it ends.
    pub fn of(definition: &InstrumentDefinition) -> Option<Self> {
        let InstrumentDefinition { base, quote, contract, contract_size, .. } = *definition;
        let is_dated = matches!(contract, ContractKind::LinearFuture | ContractKind::InverseFuture);
        let is_named = !base.as_str().is_empty() && !quote.as_str().is_empty();
        let is_known = is_named && contract_size.is_known();
        (is_known && !is_dated).then_some(PairKey { base, quote, contract, contract_size })
    }
}

/// The instruments that a configuration calls a pair, by their place in its list, and which of them are.
///
/// The earliest in the list of which it can be told says what the pair is, and those like it belong. Where it can be
/// told of none, the earliest that is defined is a pair by itself.
///
/// ```
/// # use fulmar_bus::record::*;
/// # let definition = |quote: &str, contract| InstrumentDefinition {
/// #     venue: Text::default(), symbol: Text::default(), base: Text::new("BTC").unwrap(),
/// #     quote: Text::new(quote).unwrap(), tick: Price(1), lot: Quantity(1), quantity_min: Quantity(0),
/// #     quantity_max: Quantity(0), notional_min: WideNumber::default(), revision: 1, price_scale: 0,
/// #     quantity_scale: 0, contract, is_inferred: 0, contract_size: ContractSize::ONE,
/// #     iceberg_parts_max: 0,
/// # };
/// use fulmar_engine::market::pair::Members;
/// let mut members = Members::new(3);
/// members.define(1, &definition("USDT", ContractKind::Spot));
/// members.define(2, &definition("USDT", ContractKind::LinearPerpetual));
/// assert!(members.belongs(1) && members.is_unlike(2));
/// members.define(0, &definition("USDT", ContractKind::LinearPerpetual));
/// assert!(members.belongs(0) && members.is_unlike(1) && members.belongs(2));
/// ```
#[derive(Clone, Debug)]
pub struct Members(Vec<Likeness>);

/// What is known of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// It is not defined yet.
    Unknown,
    /// It is defined, and like no other.
    Alone,
    /// It is like those of this key.
    Key(PairKey),
}

impl Members {
    /// So many instruments, none of them defined.
    pub fn new(count: usize) -> Self {
        Members(vec![Likeness::Unknown; count])
    }

    /// The instrument at this place is this from now on. What that changes for the others is asked of [`Members`].
    pub fn define(&mut self, place: usize, definition: &InstrumentDefinition) {
        self.0[place] = PairKey::of(definition).map_or(Likeness::Alone, Likeness::Key);
    }

    /// True where the instrument at this place is one of the pair.
    pub fn belongs(&self, place: usize) -> bool {
        let Some(first) = self.first() else { return false };
        place == first || matches!(self.0[place], Likeness::Key(_)) && self.0[place] == self.0[first]
    }

    /// True where the instrument at this place is defined and no one of the pair.
    pub fn is_unlike(&self, place: usize) -> bool {
        self.0[place] != Likeness::Unknown && !self.belongs(place)
    }

    /// How many are defined and none of the pair.
    pub fn unlike_count(&self) -> usize {
        (0..self.0.len()).filter(|place| self.is_unlike(*place)).count()
    }

    /// The place of the one that says what the pair is.
    fn first(&self) -> Option<usize> {
        let keyed = self.0.iter().position(|member| matches!(member, Likeness::Key(_)));
        keyed.or_else(|| self.0.iter().position(|member| *member == Likeness::Alone))
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{Price, Quantity, WideNumber};

    use super::*;

    fn definition(base: &str, quote: &str, contract: ContractKind) -> InstrumentDefinition {
        InstrumentDefinition {
            venue: Text::default(),
            symbol: Text::default(),
            base: Text::new(base).expect("it fits"),
            quote: Text::new(quote).expect("it fits"),
            tick: Price(1),
            lot: Quantity(1),
            quantity_min: Quantity(0),
            quantity_max: Quantity(0),
            notional_min: WideNumber::default(),
            revision: 1,
            price_scale: 2,
            quantity_scale: 5,
            contract,
            is_inferred: 0,
            contract_size: ContractSize::ONE,
            iceberg_parts_max: 0,
        }
    }

    #[test]
    fn unlike_contracts_never_share_a_pair() {
        let key = |contract, base: &str| PairKey::of(&definition(base, "USDT", contract));
        let spot = key(ContractKind::Spot, "BTC");
        assert!(spot.is_some());
        assert_eq!(spot, key(ContractKind::Spot, "BTC"));
        assert_ne!(spot, key(ContractKind::LinearPerpetual, "BTC"));
        assert_ne!(spot, key(ContractKind::Spot, "ETH"));
        assert_ne!(key(ContractKind::LinearPerpetual, "BTC"), key(ContractKind::InversePerpetual, "BTC"));
        assert_eq!(key(ContractKind::Spot, ""), None, "an unknown currency is like no other");
        assert_eq!(key(ContractKind::LinearFuture, "BTC"), None, "two dates may differ");
    }

    #[test]
    fn unlike_sizes_never_share_a_pair_and_an_unknown_one_has_none() {
        let key = |quote: &str, contract, contract_size| {
            PairKey::of(&InstrumentDefinition { contract_size, ..definition("BTC", quote, contract) })
        };
        let linear = |size| key("USDT", ContractKind::LinearPerpetual, size);
        assert_ne!(
            linear(ContractSize::new(1, 2)),
            linear(ContractSize::ONE),
            "a hundredth is not the whole"
        );
        assert_eq!(linear(ContractSize::new(10, 3)), linear(ContractSize::new(1, 2)));
        assert_eq!(linear(ContractSize::UNKNOWN), None);
        let inverse = |dollars| key("USD", ContractKind::InversePerpetual, ContractSize::new(dollars, 0));
        assert!(inverse(100) != inverse(10) && inverse(10) != inverse(1) && inverse(100) != inverse(1));
        assert!(inverse(1).is_some() && inverse(100) == inverse(100));
    }

    #[test]
    fn who_belongs_does_not_depend_on_who_was_defined_first() {
        let definitions = [
            definition("", "", ContractKind::Spot),
            definition("BTC", "USDT", ContractKind::Spot),
            definition("BTC", "USDC", ContractKind::Spot),
            definition("BTC", "USDT", ContractKind::Spot),
        ];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let mut members = Members::new(4);
            order.iter().for_each(|place| members.define(*place, &definitions[*place]));
            let belonging: Vec<usize> = (0..4).filter(|place| members.belongs(*place)).collect();
            assert_eq!((belonging, members.unlike_count()), (vec![1, 3], 2), "{order:?}");
        }
    }

    #[test]
    fn of_instruments_of_which_nothing_can_be_told_each_is_alone() {
        let mut members = Members::new(2);
        assert!(!members.belongs(0) && !members.is_unlike(0), "not defined is not unlike");
        members.define(1, &definition("", "", ContractKind::Spot));
        assert!(members.belongs(1));
        members.define(0, &definition("", "", ContractKind::Spot));
        assert!(members.belongs(0) && members.is_unlike(1));
    }
}
