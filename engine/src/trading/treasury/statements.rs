//! What the venue says of the account, beside what our books say. The first word on an asset or a position is what was
//! there before us, and is taken over; from then on nothing is corrected: a difference that stays is for a person.

use fulmar_bus::record::{
    BalanceStatement, InstrumentId, Notional, PositionStatement, Price, Quantity, Side, StrategyId, UnixNanos,
};

use super::Treasury;
use crate::trading::account::{Account, AccountError, Amount, Asset, Balance, Fee, ToldBalance};
use crate::trading::limits::ACCOUNT_ASSETS_MAX;
use crate::trading::order::Fill;

/// The venue's first word on each asset.
#[derive(Clone, Debug)]
pub(super) struct FirstWords(Vec<FirstWord>);

#[derive(Clone, Copy, Debug)]
struct FirstWord {
    /// Whose it is, counted as the accounts are.
    account: usize,
    asset: Asset,
    /// When it was so.
    at: UnixNanos,
    /// What our books had of it before the fill that is being booked.
    total: Amount,
}

impl FirstWords {
    /// Room for all that there may be in so many accounts.
    pub(super) fn new(account_count: usize) -> Self {
        FirstWords(Vec::with_capacity(account_count * ACCOUNT_ASSETS_MAX))
    }
}

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
            Some(missing) if is_first => {
                let (asset, at) = (told.asset, told.venue_at);
                self.first_words.0.push(FirstWord { account, asset, at, total: Amount::ZERO });
                books.transfer(asset, missing)
            }
            _ => Ok(()),
        }
    }

    /// As [`Treasury::book`], for a fill that the venue made then. Its first word on a balance had all in it that came
    /// before: what is told of that afterwards moved the balance already.
    ///
    /// # Errors
    /// As [`Treasury::book`], and [`Account::transfer`](crate::trading::account::Account::transfer).
    pub fn book_of(&mut self, venue_at: UnixNanos, fill: &Fill, fee: Fee) -> Result<(), AccountError> {
        let account = self.account_of(fill.instrument_id);
        let is_behind = |word: &FirstWord| word.account == account && venue_at <= word.at;
        if venue_at == UnixNanos(0) || !self.first_words.0.iter().any(is_behind) {
            return self.book(fill, fee);
        }
        let total = |account: &Account, asset| account.balance(asset).map_or(Amount::ZERO, Balance::total);
        for word in self.first_words.0.iter_mut().filter(|word| word.account == account) {
            word.total = total(&self.accounts[account], word.asset);
        }
        self.book(fill, fee)?;
        let books = &mut self.accounts[account];
        for word in self.first_words.0.iter().filter(|word| is_behind(word)) {
            let after = total(books, word.asset);
            let moved_back = after.checked_neg().and_then(|after| after.checked_add(word.total));
            books.transfer(word.asset, moved_back.ok_or(AccountError::Overflow)?)?;
        }
        Ok(())
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
