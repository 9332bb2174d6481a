//! What an account is worth in one currency: its balances, and what its open contracts would earn. Where a price for it
//! is missing it is not known, and never taken for nothing.

use fulmar_bus::record::{InstrumentId, Price};

use super::AccountError;
use super::amount::{Amount, ScaledPrice};
use super::ledger::Asset;
use crate::trading::limits::ACCOUNT_ASSETS_MAX;

/// How an asset becomes the stated currency, by prices above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// So much of the currency for one of the asset: BTC into USDT by the price of BTCUSDT.
    Times(ScaledPrice),
    /// So much of the asset for one of the currency: USDT into BTC by that same price.
    Over(ScaledPrice),
}

impl Conversion {
    /// `amount` of the asset in the currency, rounded down. `None` where it does not fit, or no price is above zero.
    pub fn apply(self, amount: Amount) -> Option<Amount> {
        let (Conversion::Times(by) | Conversion::Over(by)) = self;
        let power = 10_i64.checked_pow(u32::from(by.scale))?;
        if by.price <= Price(0) {
            return None;
        }
        match self {
            Conversion::Times(_) => amount.times(by.price.0, power),
            Conversion::Over(_) => amount.times(power, by.price.0),
        }
    }
}

/// The table of prices into one currency.
///
/// ```
/// use fulmar_bus::record::{Price, Text};
/// use fulmar_engine::trading::account::{Amount, Conversion, Conversions, ScaledPrice};
/// let asset = |name| Text::<16>::new(name).expect("it is short");
/// let mut into_usdt = Conversions::new(asset("USDT"));
/// let price = ScaledPrice { price: Price(6_000_050), scale: 2 };
/// into_usdt.set(asset("BTC"), Conversion::Times(price)).expect("there is room");
/// let half = Amount::floor(5, 1).expect("it fits");
/// assert_eq!(into_usdt.convert(asset("BTC"), half).map(|amount| amount.to_string()).as_deref(), Some("30000.25"));
/// assert_eq!(into_usdt.convert(asset("USDT"), half), Some(half));
/// assert_eq!(into_usdt.convert(asset("BNB"), half), None, "nobody said what it is worth");
/// assert_eq!(into_usdt.convert(asset("BNB"), Amount::ZERO), Some(Amount::ZERO), "but nothing is nothing");
/// ```
#[derive(Clone, Debug)]
pub struct Conversions {
    currency: Asset,
    prices: Vec<(Asset, Conversion)>,
}

impl Conversions {
    /// Into this currency, which is worth itself. Makes room for all that it may ever hold.
    pub fn new(currency: Asset) -> Self {
        Conversions { currency, prices: Vec::with_capacity(ACCOUNT_ASSETS_MAX) }
    }

    /// Into which currency.
    pub fn currency(&self) -> Asset {
        self.currency
    }

    /// An asset is converted like this from now on.
    ///
    /// # Errors
    /// [`AccountError::TooManyAssets`].
    pub fn set(&mut self, asset: Asset, conversion: Conversion) -> Result<(), AccountError> {
        if let Some(known) = self.prices.iter_mut().find(|(known, _)| *known == asset) {
            known.1 = conversion;
            return Ok(());
        }
        if self.prices.len() == ACCOUNT_ASSETS_MAX {
            return Err(AccountError::TooManyAssets);
        }
        self.prices.push((asset, conversion));
        Ok(())
    }

    /// The price of an asset is not known any more.
    pub fn forget(&mut self, asset: Asset) {
        self.prices.retain(|(known, _)| *known != asset);
    }

    /// No price is known any more.
    pub fn clear(&mut self) {
        self.prices.clear();
    }

    /// `amount` of an asset in the currency, rounded down; `None` where that is not known or does not fit.
    pub fn convert(&self, asset: Asset, amount: Amount) -> Option<Amount> {
        if asset == self.currency || amount == Amount::ZERO {
            return Some(amount);
        }
        let (_, conversion) = self.prices.iter().find(|(known, _)| *known == asset)?;
        conversion.apply(amount)
    }
}

/// What an account is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Equity {
    /// All balances: what was brought in, and what became of it.
    pub balance: Amount,
    /// What closing all contracts at their marks would earn. Of spot there is none: what is held is a balance.
    pub unrealized: Amount,
    /// Both.
    pub total: Amount,
}

/// Why an account's worth is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EquityUnknown {
    /// Some of this asset is held or owed, and nothing says what it is worth, or no [`Amount`] is.
    #[error("no price of {0}")]
    Price(Asset),
    /// A contract is held, and has no mark, or none that it could be valued at.
    #[error("no mark of instrument {}", .0.0)]
    Mark(InstrumentId),
    /// A sum does not fit.
    #[error("a sum does not fit")]
    Overflow,
}

impl Equity {
    /// With so much more of each.
    pub(super) fn with(self, balance: Amount, unrealized: Amount) -> Option<Equity> {
        let balance = self.balance.checked_add(balance)?;
        let unrealized = self.unrealized.checked_add(unrealized)?;
        Some(Equity { balance, unrealized, total: balance.checked_add(unrealized)? })
    }
}
