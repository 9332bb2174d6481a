//! What moves money, booked where it belongs: a fill with its strategy and with the account of its instrument.

use fulmar_bus::record::InstrumentId;

use super::Treasury;
use crate::trading::account::{Account, AccountError, Fee, FundingDue};
use crate::trading::order::Fill;

impl Treasury {
    /// Books a fill and what it cost.
    ///
    /// # Errors
    /// As [`Account::apply_fill`] and [`Account::apply_fee`]: the books are then not those of the venue.
    pub fn book(&mut self, fill: &Fill, fee: Fee) -> Result<(), AccountError> {
        self.each_of(fill, |books, fill| {
            books.apply_fill(fill)?;
            books.apply_fee(fill, fee).map(|_| ())
        })?;
        self.is_stale = true;
        self.revalue(fill.strategy_id, fill.instrument_id);
        Ok(())
    }

    /// Pays or receives funding on what is held now.
    ///
    /// # Errors
    /// As [`Account::apply_funding`].
    pub fn fund(&mut self, due: &FundingDue) -> Result<(), AccountError> {
        self.is_stale = true;
        let account = self.account_of[due.instrument_id.index()];
        let purses = self.purses.iter_mut().map(|purse| &mut purse.books);
        for books in purses.chain([&mut self.accounts[account]]) {
            let _ = books.apply_funding(due)?;
        }
        Ok(())
    }

    /// Does something with the books that a fill goes into: those of its strategy, and those of its account.
    fn each_of(
        &mut self,
        fill: &Fill,
        act: impl Fn(&mut Account, &Fill) -> Result<(), AccountError>,
    ) -> Result<(), AccountError> {
        let own = self.place(fill.strategy_id).map(|place| &mut self.purses[place].books);
        let account = self.account_of[fill.instrument_id.index()];
        for books in own.into_iter().chain([&mut self.accounts[account]]) {
            let account_id = books.account_id();
            act(books, &Fill { account_id, ..*fill })?;
        }
        Ok(())
    }

    pub(super) fn books_of(&mut self, instrument_id: InstrumentId) -> &mut Account {
        &mut self.accounts[self.account_of[instrument_id.index()]]
    }

    /// Books a fill that costs nothing: what is taken over, or what a venue says traded without a word of its fee.
    ///
    /// # Errors
    /// As [`crate::trading::account::Account::apply_fill`].
    pub fn take_over(&mut self, fill: &Fill) -> Result<(), AccountError> {
        self.each_of(fill, |books, fill| books.apply_fill(fill).map(|_| ()))?;
        self.is_stale = true;
        self.revalue(fill.strategy_id, fill.instrument_id);
        Ok(())
    }
}
