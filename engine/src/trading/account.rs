//! The books of one account: what it holds of each instrument, what it has of each asset, and what that is worth.
//!
//! ```text
//! fill     ->  position  ->  what closing earned, into the asset that the contract is settled in
//!                            (spot: base against quote, in full)
//! fee      ->  the asset that it is charged in, and no other
//! funding  ->  the asset that the contract is settled in, once a moment
//! transfer ->  its asset
//! equity   ==  all balances, and what open contracts would earn at their marks, in one currency
//! ```
//!
//! Fees, transfers and trades commute: each is a sum of its own. Trades of one instrument do as far as that is
//! possible: their order says which part is realized, and never what both come to. Funding alone asks what is held at
//! its moment, so it is applied after the fills before it and before those after it.
//!
//! What is refused is refused whole. Memory is fixed once all instruments are defined, no fill allocates. There is no
//! order here, no margin, and no opinion: books that differ from the venue's are told ([`Balance::difference`]), not
//! corrected.

mod amount;
mod contract;
mod equity;
mod fees;
mod ledger;
mod position;

pub use amount::{Amount, ScaledPrice};
pub use contract::Contract;
pub use equity::{Conversion, Conversions, Equity, EquityUnknown};
pub use fees::{Fee, FeeRates, FeeSchedule};
pub use ledger::{Asset, Balance, Entry, ToldBalance};
pub use position::{AccountPosition, Traded};

use fulmar_bus::record::{
    AccountId, FundingRate, InstrumentDefinition, InstrumentId, Quantity, Side, UnixNanos,
};
use ledger::{Ledger, Place};

use super::order::Fill;
use super::position::PositionOverflow;

/// Which of what is open a closing trade closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostMethod {
    /// An equal share of all of it.
    #[default]
    Average,
    /// What was opened first.
    Fifo,
}

/// Why something was not booked. Nothing of it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// A sum or a product does not fit.
    #[error("a sum does not fit")]
    Overflow,
    /// The instrument was not defined here.
    #[error("the instrument is not defined")]
    UnknownInstrument,
    /// An asset without a name, or a spot instrument of one asset against itself.
    #[error("an asset is not known")]
    UnknownCurrency,
    /// The ledger or the table has room for [`super::ACCOUNT_ASSETS_MAX`].
    #[error("too many assets")]
    TooManyAssets,
    /// Nobody said how much one contract is.
    #[error("the size of the contract is not known")]
    UnknownSize,
    /// The contract's scales have more digits than an [`Amount`].
    #[error("the contract is finer than an amount")]
    TooFine,
    /// Something is held whose quantity, contract or currency would be another by the new definition.
    #[error("a held instrument was redefined")]
    Redefined,
    /// An inverse contract at a price that is not above zero.
    #[error("no contract is worth anything at this price")]
    BadPrice,
    /// It is no perpetual future.
    #[error("the instrument knows no funding")]
    NoFunding,
}

impl From<PositionOverflow> for AccountError {
    fn from(_: PositionOverflow) -> Self {
        AccountError::Overflow
    }
}

/// A payment of funding that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingDue {
    /// Of which perpetual future.
    pub instrument_id: InstrumentId,
    /// What positions are valued at for it.
    pub mark: ScaledPrice,
    /// What is paid for the interval that ended.
    pub rate: FundingRate,
    /// The moment that it is due: what tells one payment from the next.
    pub due_at: UnixNanos,
}

/// What became of a payment of funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Funded {
    /// It was booked: above zero, we received it.
    Paid(Amount),
    /// It, or a later one, was booked before. Nothing was booked now; an earlier one that is missing is an alarm.
    Before,
}

/// What an account is made from.
#[derive(Clone, Debug)]
pub struct AccountPlan {
    /// Whose fills are booked.
    pub account_id: AccountId,
    /// How what closing trades earned is told.
    pub method: CostMethod,
    /// What it pays where its venue states no fee.
    pub fees: FeeSchedule,
    /// Instruments: those with an id below this.
    pub instrument_count: usize,
}

/// The books of one account.
///
/// ```
/// # use fulmar_bus::record::*;
/// use fulmar_engine::trading::account::*;
/// use fulmar_engine::trading::order::Fill;
/// # let text = |name| Text::<16>::new(name).expect("it is short");
/// # let (usdt, perpetual) = (text("USDT"), InstrumentId(0));
/// # let defined = InstrumentDefinition { base: text("BTC"), quote: usdt, contract_size: ContractSize::ONE,
/// #     ..InstrumentDefinition::inferred(("a", "B"), ContractKind::LinearPerpetual, (0, 3)) };
/// # let fees = FeeSchedule::default();
/// let plan = AccountPlan { account_id: AccountId(0), method: CostMethod::Average, fees, instrument_count: 1 };
/// let mut account = Account::new(plan);
/// account.define(perpetual, &defined)?;
/// account.transfer(usdt, Amount::floor(10_000, 0).expect("it fits"))?;
/// # let (strategy_id, account_id, side) = (StrategyId(0), AccountId(0), Side::Buy);
/// # let (quantity, price, instrument_id) = (Quantity(500), Price(60_000), perpetual);
/// # let fill = Fill { instrument_id, strategy_id, account_id, side, quantity, price };
/// account.apply_fill(&fill)?; // Half a bitcoin, bought at 60000,
/// account.apply_fee(&fill, Fee::Stated(usdt, Amount::floor(12, 0).expect("it fits")))?; // for 12.
/// let into_usdt = Conversions::new(usdt);
/// assert_eq!(account.equity(&into_usdt), Err(EquityUnknown::Mark(perpetual)));
/// account.mark(perpetual, ScaledPrice { price: Price(60_100), scale: 0 })?;
/// let equity = account.equity(&into_usdt).expect("all is known");
/// assert_eq!((equity.balance.to_string(), equity.unrealized.to_string()), ("9988".into(), "50".into()));
/// # Ok::<(), AccountError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Account {
    account_id: AccountId,
    method: CostMethod,
    fees: FeeSchedule,
    /// By instrument, once it is defined.
    holdings: Vec<Option<Holding>>,
    ledger: Ledger,
}

/// A position, and where in the ledger its money goes.
#[derive(Clone, Debug)]
struct Holding {
    position: AccountPosition,
    rates: FeeRates,
    settlement: Place,
    /// Of spot: what is bought.
    base: Option<Place>,
}

impl Account {
    /// Empty books.
    pub fn new(plan: AccountPlan) -> Self {
        let AccountPlan { account_id, method, fees, instrument_count } = plan;
        Account { account_id, method, fees, holdings: vec![None; instrument_count], ledger: Ledger::new() }
    }

    /// Whose books these are.
    pub fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// An instrument is this from now on. The first definition of an instrument makes the
    /// room that its position takes, as does one that settles it in another currency; nothing else does.
    ///
    /// # Errors
    /// [`AccountError::UnknownInstrument`] past the plan's count, [`AccountError::UnknownCurrency`],
    /// [`AccountError::TooManyAssets`], [`AccountError::UnknownSize`], [`AccountError::TooFine`], and
    /// [`AccountError::Redefined`] where something is held and not only the price scale is another. The instrument
    /// stays what it was.
    pub fn define(
        &mut self,
        instrument_id: InstrumentId,
        definition: &InstrumentDefinition,
    ) -> Result<(), AccountError> {
        let contract = Contract::new(definition)?;
        let is_spot = contract.is_spot();
        let settled_in = if contract.is_inverse() { definition.base } else { definition.quote };
        if is_spot && definition.base == definition.quote {
            return Err(AccountError::UnknownCurrency);
        }
        let settlement = self.ledger.place(settled_in)?;
        let base = if is_spot { Some(self.ledger.place(definition.base)?) } else { None };
        let rates = self.fees.rates(definition);
        let holding = self.holdings.get_mut(instrument_id.index());
        match holding.ok_or(AccountError::UnknownInstrument)? {
            Some(holding) if (holding.settlement, holding.base) == (settlement, base) => {
                holding.position.redefine(contract)?;
                holding.rates = rates;
            }
            Some(holding) if !holding.position.quantity().is_zero() => return Err(AccountError::Redefined),
            // What was earned in another currency is in the ledger, and no part of what is earned from now on.
            undefined => {
                let position = AccountPosition::new(contract, self.method);
                *undefined = Some(Holding { position, rates, settlement, base });
            }
        }
        Ok(())
    }

    /// Books a fill, its fee apart.
    ///
    /// # Errors
    /// [`AccountError::UnknownInstrument`], [`AccountError::Overflow`], [`AccountError::BadPrice`].
    pub fn apply_fill(&mut self, fill: &Fill) -> Result<Traded, AccountError> {
        assert!(fill.account_id == self.account_id, "a fill is booked to its own account");
        let holding = holding_of(&mut self.holdings, fill.instrument_id)?;
        let plan = holding.position.plan(fill.side, fill.quantity, fill.price)?;
        let settlement = holding.settlement;
        if let Some(base) = holding.base {
            let signed = if fill.side == Side::Buy { fill.quantity.0 } else { -fill.quantity.0 };
            let bought = holding.position.contract().units(Quantity(signed))?;
            let received = plan.traded.worth.checked_neg().ok_or(AccountError::Overflow)?;
            let base_after = self.ledger.after(base, Entry::Exchange, bought)?;
            let quote_after = self.ledger.after(settlement, Entry::Exchange, received)?;
            holding.position.commit(&plan)?;
            self.ledger.put(base, base_after);
            self.ledger.put(settlement, quote_after);
        } else {
            let after = self.ledger.after(settlement, Entry::Realized, plan.traded.earned)?;
            holding.position.commit(&plan)?;
            self.ledger.put(settlement, after);
        }
        Ok(plan.traded)
    }

    /// Books the fee of a fill and says what it moved: below zero, we paid. One that the venue did not state is charged
    /// in the asset that the contract is settled in, rounded away from us.
    ///
    /// # Errors
    /// [`AccountError::UnknownInstrument`], [`AccountError::Overflow`], [`AccountError::BadPrice`],
    /// [`AccountError::UnknownCurrency`], [`AccountError::TooManyAssets`].
    pub fn apply_fee(&mut self, fill: &Fill, fee: Fee) -> Result<Amount, AccountError> {
        assert!(fill.account_id == self.account_id, "a fee is booked to its own account");
        let holding = holding_of(&mut self.holdings, fill.instrument_id)?;
        let contract = holding.position.contract();
        let (place, moved) = match fee {
            Fee::Stated(asset, charged) => (self.ledger.place(asset)?, charged.checked_neg()),
            Fee::Scheduled(side) => {
                let worth = contract.worth(fill.quantity, contract.price(fill.price))?;
                let charged = holding.rates.of(side).of(worth.0.abs(), 1);
                (holding.settlement, Amount(charged).checked_neg())
            }
        };
        let moved = moved.ok_or(AccountError::Overflow)?;
        self.ledger.enter(place, Entry::Fee, moved)?;
        Ok(moved)
    }

    /// Pays or receives funding on what is held now, once for each moment of an instrument.
    ///
    /// # Errors
    /// [`AccountError::UnknownInstrument`], [`AccountError::NoFunding`], [`AccountError::Overflow`],
    /// [`AccountError::BadPrice`]; the moment is then still to be paid for.
    pub fn apply_funding(&mut self, due: &FundingDue) -> Result<Funded, AccountError> {
        let holding = holding_of(&mut self.holdings, due.instrument_id)?;
        if holding.position.funded_at().is_some_and(|funded_at| due.due_at <= funded_at) {
            return Ok(Funded::Before);
        }
        let paid = holding.position.funding(due.mark, due.rate)?;
        self.ledger.enter(holding.settlement, Entry::Funding, paid)?;
        holding.position.set_funded_at(due.due_at);
        Ok(Funded::Paid(paid))
    }

    /// Brings `amount` of an asset in, or takes it out where it is below zero. What stood there at the start is brought
    /// in too.
    ///
    /// # Errors
    /// [`AccountError::UnknownCurrency`], [`AccountError::TooManyAssets`], [`AccountError::Overflow`].
    pub fn transfer(&mut self, asset: Asset, amount: Amount) -> Result<(), AccountError> {
        let place = self.ledger.place(asset)?;
        self.ledger.enter(place, Entry::Transfer, amount)
    }

    /// Keeps what the venue says of an asset, beside what our books say.
    ///
    /// # Errors
    /// [`AccountError::UnknownCurrency`], [`AccountError::TooManyAssets`].
    pub fn tell_balance(&mut self, asset: Asset, told: ToldBalance) -> Result<(), AccountError> {
        let place = self.ledger.place(asset)?;
        self.ledger.tell(place, told);
        Ok(())
    }

    /// From now on what is held of an instrument is valued at `mark`.
    ///
    /// # Errors
    /// [`AccountError::UnknownInstrument`].
    pub fn mark(&mut self, instrument_id: InstrumentId, mark: ScaledPrice) -> Result<(), AccountError> {
        holding_of(&mut self.holdings, instrument_id)?.position.set_mark(mark);
        Ok(())
    }

    /// What is held of an instrument; `None` where it is not defined.
    pub fn position(&self, instrument_id: InstrumentId) -> Option<&AccountPosition> {
        Some(&self.holdings.get(instrument_id.index())?.as_ref()?.position)
    }

    /// The asset that an instrument is settled in; `None` where it is not defined.
    pub fn settled_in(&self, instrument_id: InstrumentId) -> Option<Asset> {
        let holding = self.holdings.get(instrument_id.index())?.as_ref()?;
        Some(self.ledger.asset(holding.settlement))
    }

    /// What it has of each asset that was ever named, in the order in which they were.
    pub fn balances(&self) -> &[Balance] {
        self.ledger.balances()
    }

    /// What it has of an asset; `None` where that was never named.
    pub fn balance(&self, asset: Asset) -> Option<&Balance> {
        self.balances().iter().find(|balance| balance.asset() == asset)
    }

    /// What all of it is worth, at the marks that were told last. Each conversion rounds down.
    ///
    /// # Errors
    /// [`EquityUnknown`]: what is not known is never taken for nothing.
    pub fn equity(&self, conversions: &Conversions) -> Result<Equity, EquityUnknown> {
        self.sum(conversions, |balance| Some(balance.total()))
    }

    /// What trading made of it: its worth without what was brought in, valued as [`Account::equity`].
    ///
    /// # Errors
    /// As [`Account::equity`].
    pub fn earned(&self, conversions: &Conversions) -> Result<Amount, EquityUnknown> {
        let traded =
            |balance: &Balance| balance.total().checked_add(balance.sum(Entry::Transfer).checked_neg()?);
        self.sum(conversions, traded).map(|equity| equity.total)
    }

    fn sum(
        &self,
        conversions: &Conversions,
        of_balance: impl Fn(&Balance) -> Option<Amount>,
    ) -> Result<Equity, EquityUnknown> {
        let convert = |asset, amount| conversions.convert(asset, amount).ok_or(EquityUnknown::Price(asset));
        let mut equity = Equity::default();
        for balance in self.balances() {
            let amount = convert(balance.asset(), of_balance(balance).ok_or(EquityUnknown::Overflow)?)?;
            equity = equity.with(amount, Amount::ZERO).ok_or(EquityUnknown::Overflow)?;
        }
        for (instrument_id, holding) in (0..).map(InstrumentId).zip(&self.holdings) {
            let Some(Holding { position, settlement, base: None, .. }) = holding else { continue };
            if position.quantity().is_zero() {
                continue;
            }
            let unvalued = EquityUnknown::Mark(instrument_id);
            let unrealized = position.unrealized(position.mark().ok_or(unvalued)?).map_err(|_| unvalued)?;
            let unrealized = convert(self.ledger.asset(*settlement), unrealized)?;
            equity = equity.with(Amount::ZERO, unrealized).ok_or(EquityUnknown::Overflow)?;
        }
        Ok(equity)
    }
}

/// What is held of a defined instrument.
fn holding_of(
    holdings: &mut [Option<Holding>],
    instrument_id: InstrumentId,
) -> Result<&mut Holding, AccountError> {
    let holding = holdings.get_mut(instrument_id.index());
    holding.and_then(Option::as_mut).ok_or(AccountError::UnknownInstrument)
}

#[cfg(test)]
mod tests;
