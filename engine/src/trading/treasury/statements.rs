//! What the venue says of the account, beside what our books say. The first word on an asset or a position is what was
//! there before us, and is taken over; from then on nothing is corrected: a difference that stays is for a person.

use fulmar_bus::record::{
    BalanceStatement, InstrumentId, Notional, PositionStatement, Price, Quantity, Side, StrategyId,
};

use super::Treasury;
use crate::trading::account::{AccountError, Amount, Asset, ToldBalance};
use crate::trading::order::Fill;

impl Treasury {
    /// Takes in what the venue of an account says of a balance.
    ///
    /// # Errors
    /// As [`crate::trading::account::Account::transfer`].
    pub fn tell(&mut self, account: usize, told: &BalanceStatement) -> Result<(), AccountError> {
        let amount = |number| Amount(Notional::from(number).0);
        let (free, locked) = (amount(told.free), amount(told.locked));
        let books = &mut self.accounts[account];
        let is_first = books.balance(told.asset).is_none_or(|balance| balance.told().is_none());
        books.tell_balance(told.asset, ToldBalance { free, locked })?;
        let missing = books.balance(told.asset).and_then(|balance| balance.difference());
        match missing {
            Some(missing) if is_first => books.transfer(told.asset, missing),
            _ => Ok(()),
        }
    }

    /// What is held of a derivative and no fill of this run explains, as a fill that brings it in; `None` where our
    /// books say what the venue says, the instrument is none that is held, or nobody knows at which price it was
    /// opened.
    pub fn unexplained(&self, instrument_id: InstrumentId, told: &PositionStatement) -> Option<Fill> {
        let missing = self.position_difference(instrument_id, told.quantity)?;
        let price = Some(told.entry_px).filter(|price| *price > Price(0));
        let books = self.account(instrument_id);
        let price = price.or_else(|| books.position(instrument_id)?.avg_px())?;
        let side = if missing > 0 { Side::Buy } else { Side::Sell };
        let quantity = Quantity(missing.checked_abs()?);
        let (strategy_id, account_id) = (StrategyId::NONE, books.account_id());
        Some(Fill { instrument_id, strategy_id, account_id, side, quantity, price })
    }

    /// By how much the venue says that more is held of a derivative than our books say; `None` where they agree.
    pub fn position_difference(&self, instrument_id: InstrumentId, told: Quantity) -> Option<i64> {
        let position = self.account(instrument_id).position(instrument_id)?;
        let missing = told.0.checked_sub(position.quantity().0).unwrap_or(i64::MAX);
        (!position.contract().is_spot() && missing != 0).then_some(missing)
    }

    /// By how much the venue says that an account has more of an asset than our books say; `None` where they agree, but
    /// for what rounding of fees makes.
    pub fn balance_difference(&self, account: usize, asset: Asset) -> Option<Amount> {
        let difference = self.accounts[account].balance(asset)?.difference()?;
        Some(difference).filter(|difference| difference.0.unsigned_abs() >= DUST)
    }

    /// True where an instrument is what an account buys with another asset, this one.
    pub fn buys(&self, account: usize, instrument_id: InstrumentId, asset: Asset) -> bool {
        self.account_of(instrument_id) == account && self.routes.buys(instrument_id, asset)
    }
}

/// 10^-8 of an asset: venues round fees so.
const DUST: u128 = 10_u128.pow(10);
