//! What an instrument asks of an order: its steps, its bounds, its scales. Never what we allow: that is the gate's.

use fulmar_bus::record::{
    ContractKind, ContractSize, InstrumentDefinition, Intent, Notional, Price, Quantity,
};

/// The part of an [`InstrumentDefinition`] that orders must fit. Where a number is zero, nothing is asked.
///
/// ```
/// use fulmar_bus::record::Price;
/// use fulmar_engine::trading::InstrumentRules;
/// let rules = InstrumentRules { tick: Price(5), price_scale: 2, ..InstrumentRules::default() };
/// let wanted = Price(6_183_763);
/// let bid = Price(wanted.0 - wanted.0 % rules.price_step());
/// assert_eq!(bid, Price(6_183_760), "61837.60, on the tick of 0.05");
/// assert_eq!(rules.quantity_step(), 1, "no lot is known");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstrumentRules {
    /// Smallest step of a price, at the price scale.
    pub tick: Price,
    /// Smallest step of a quantity, at the quantity scale, as the two below.
    pub lot: Quantity,
    /// Smallest quantity of an order.
    pub quantity_min: Quantity,
    /// Largest quantity of an order.
    pub quantity_max: Quantity,
    /// Smallest notional of an order, at the sum of both scales.
    pub notional_min: Notional,
    /// Of how many parts an order may be of which the book shows one at a time; zero where no venue carries that out
    /// and the engine does.
    pub iceberg_parts_max: u64,
    /// Decimal digits behind the point of a price.
    pub price_scale: u8,
    /// Decimal digits behind the point of a quantity.
    pub quantity_scale: u8,
    /// True where price times quantity is not what it is worth, since one unit is not one of the base asset, or how
    /// much it is is not known: no order passes.
    pub is_market_data_only: bool,
}

impl From<&InstrumentDefinition> for InstrumentRules {
    fn from(definition: &InstrumentDefinition) -> Self {
        InstrumentRules {
            tick: definition.tick,
            lot: definition.lot,
            quantity_min: definition.quantity_min,
            quantity_max: definition.quantity_max,
            notional_min: definition.notional_min.into(),
            iceberg_parts_max: definition.iceberg_parts_max,
            price_scale: definition.price_scale,
            quantity_scale: definition.quantity_scale,
            is_market_data_only: !is_in_base_asset(definition),
        }
    }
}

/// Whether a quantity is so much of the base asset.
fn is_in_base_asset(definition: &InstrumentDefinition) -> bool {
    let is_inverse =
        matches!(definition.contract, ContractKind::InversePerpetual | ContractKind::InverseFuture);
    !is_inverse && definition.contract_size == ContractSize::ONE
}

impl InstrumentRules {
    /// The step of a price: the tick, or one at the price scale where no tick is known.
    pub fn price_step(&self) -> i64 {
        self.tick.0.max(1)
    }

    /// True where the engine shows `intent` slice by slice, since its venue does not.
    pub fn slices(&self, intent: &Intent) -> bool {
        self.iceberg_parts_max == 0 && intent.shows_part()
    }

    /// The step of a quantity: the lot, or one at the quantity scale where no lot is known.
    pub fn quantity_step(&self) -> i64 {
        self.lot.0.max(1)
    }
}
