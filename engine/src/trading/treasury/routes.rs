//! From an asset to the currency that limits are stated in: by the markets of the run, or by what somebody stated.
//!
//! One market is enough: there is no way over a third asset, since two markets that are a moment apart make a price
//! that never was. A spot market goes before a derivative, the first defined before the next, a market before a word.

use fulmar_bus::record::{ContractSize, InstrumentDefinition, InstrumentId, Price, Quantity, Side};

use super::Adding;
use crate::trading::account::{Amount, Asset, Contract, Conversion, Conversions, ScaledPrice};
use crate::trading::limits::ACCOUNT_ASSETS_MAX;

/// How assets become the currency.
#[derive(Clone, Debug)]
pub(super) struct Routes {
    currency: Option<Asset>,
    stated: Vec<(Asset, ScaledPrice)>,
    /// By instrument.
    assets: Vec<Option<Assets>>,
}

/// The two assets of an instrument.
#[derive(Clone, Copy, Debug)]
struct Assets {
    base: Asset,
    quote: Asset,
    is_spot: bool,
    /// Its price is so much of the quote currency for one of the base.
    is_plain: bool,
    price_scale: u8,
}

impl Routes {
    pub(super) fn new(
        currency: Option<Asset>,
        mut stated: Vec<(Asset, ScaledPrice)>,
        instrument_count: usize,
    ) -> Self {
        stated.truncate(ACCOUNT_ASSETS_MAX);
        Routes { currency, stated, assets: vec![None; instrument_count] }
    }

    pub(super) fn define(&mut self, instrument_id: InstrumentId, definition: &InstrumentDefinition) {
        let InstrumentDefinition { base, quote, price_scale, .. } = *definition;
        let contract = Contract::new(definition);
        let is_spot = contract.as_ref().is_ok_and(Contract::is_spot);
        let is_linear = contract.is_ok_and(|contract| !contract.is_inverse());
        let is_plain = is_linear && definition.contract_size == ContractSize::ONE;
        self.assets[instrument_id.index()] = Some(Assets { base, quote, is_spot, is_plain, price_scale });
    }

    /// True for a spot market of this asset.
    pub(super) fn buys(&self, instrument_id: InstrumentId, asset: Asset) -> bool {
        let assets = self.assets.get(instrument_id.index()).and_then(Option::as_ref);
        assets.is_some_and(|assets| assets.is_spot && assets.base == asset)
    }

    /// Sets every conversion that is known: the later said overrides the one before it, so the best comes last.
    pub(super) fn price(&self, marks: &[Option<ScaledPrice>], into: &mut Conversions) {
        for (asset, price) in &self.stated {
            // A table that is full keeps what it has; what finds no room is not known, and is refused as such.
            let _ = into.set(*asset, Conversion::Times(*price));
        }
        for is_spot in [false, true] {
            let of_kind = self.assets.iter().zip(marks).rev();
            for (assets, mark) in of_kind {
                let (Some(assets), Some(mark)) = (assets, mark) else { continue };
                if assets.is_spot == is_spot && assets.is_plain && mark.price > Price(0) {
                    self.price_by(assets, *mark, into);
                }
            }
        }
    }

    fn price_by(&self, assets: &Assets, mark: ScaledPrice, into: &mut Conversions) {
        if Some(assets.quote) == self.currency {
            let _ = into.set(assets.base, Conversion::Times(mark));
        } else if Some(assets.base) == self.currency {
            let _ = into.set(assets.quote, Conversion::Over(mark));
        }
    }

    /// The asset that a spot order pays with, and how much of it, all that is open on its side in its instrument by its
    /// strategy counted; that is `None` where it cannot be known.
    pub(super) fn paid_with(&self, adding: &Adding, contract: &Contract) -> Option<(Asset, Option<Amount>)> {
        let assets = self.assets[adding.instrument_id.index()].as_ref()?;
        let quantity = |open: i128| i64::try_from(open + i128::from(adding.quantity.0)).ok().map(Quantity);
        Some(match adding.side {
            Side::Sell => {
                let selling = quantity(adding.share.sell_qty);
                (assets.base, selling.and_then(|selling| contract.worth_in_base(selling)))
            }
            Side::Buy => {
                let buying = quantity(adding.share.buy_qty);
                let at = |price| ScaledPrice { price, scale: assets.price_scale };
                let cost = buying
                    .zip(adding.price)
                    .and_then(|(buying, price)| contract.worth(buying, at(price)).ok());
                (assets.quote, cost)
            }
        })
    }
}
