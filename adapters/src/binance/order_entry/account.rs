//! What the venue says of the account: told where it is news.

use fulmar_bus::record::{BalanceStatement, Notional, Text, UnixNanos};
use fulmar_engine::contract::{DecodeError, OrderSession, OrderSink};
use simd_json::tape::Value;

use super::super::limits::BALANCES_MAX;
use super::{BinanceOrderEntry, Handled, translate};
use crate::decode::json::{Fields, objects_of};

/// What was told of balances.
pub(super) struct Balances {
    told: Vec<Told>,
}

/// Where a word on the account comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The answer to a question of a round.
    Answer,
    /// An event, which is never the first word.
    Event,
}

#[derive(Clone, Copy)]
struct Told {
    asset: Text<16>,
    amounts: (Notional, Notional),
    /// The answer that is being read has it.
    is_named: bool,
    /// Somebody was told.
    is_told: bool,
}

impl Balances {
    pub(super) fn new() -> Self {
        Balances { told: Vec::with_capacity(BALANCES_MAX) }
    }

    /// An asset that orders move: that the account has nothing of it is told too. Else the first word on it would come
    /// after the first trade, and what was bought would pass for what had been there before.
    pub(super) fn expect(&mut self, asset: Text<16>) {
        let nothing = (Notional(0), Notional(0));
        let is_named = asset != Text::default();
        if is_named && self.told.len() < BALANCES_MAX && self.told.iter().all(|told| told.asset != asset) {
            self.told.push(Told { asset, amounts: nothing, is_named: false, is_told: false });
        }
    }

    /// True where nothing was told yet of an asset that orders move.
    pub(super) fn awaits_first_word(&self) -> bool {
        self.told.iter().any(|told| !told.is_told)
    }

    /// Tells a balance that is not the one that was told last. What an account never had is not told.
    fn tell(
        &mut self,
        asset: Text<16>,
        amounts: (Notional, Notional),
        (at, word): (UnixNanos, Word),
        sink: &mut dyn OrderSink,
    ) {
        let known = self.told.iter_mut().find(|told| told.asset == asset);
        if word == Word::Event && !known.as_ref().is_some_and(|told| told.is_told) {
            return;
        }
        let is_news = match known {
            Some(told) => {
                told.is_named = true;
                told.is_news(amounts)
            }
            None if amounts == (Notional(0), Notional(0)) => false,
            None => {
                let has_room = self.told.len() < BALANCES_MAX;
                if has_room {
                    self.told.push(Told { asset, amounts, is_named: true, is_told: true });
                }
                has_room
            }
        };
        if is_news {
            sink.balance(&BalanceStatement::new(asset, amounts, at));
        }
    }
}

impl Told {
    /// Keeps what is told now; true where it was not told before.
    fn is_news(&mut self, amounts: (Notional, Notional)) -> bool {
        let before = std::mem::replace(&mut self.amounts, amounts);
        !std::mem::replace(&mut self.is_told, true) || before != amounts
    }
}

impl BinanceOrderEntry {
    /// The answer to the question for the account: all that it has, and whether it may trade.
    pub(super) fn on_balances(
        &mut self,
        told: Value<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Result<bool, DecodeError> {
        self.balances.told.iter_mut().for_each(|told| told.is_named = false);
        let mut at = UnixNanos(0);
        if self.product.is_futures() {
            for row in objects_of(told)? {
                let row = row?;
                at = UnixNanos::from_millis(row.unsigned("updateTime")?).max(at);
                self.on_balance(&row, ("asset", "balance", None), (at, Word::Answer), sink)?;
            }
        } else {
            let account = Fields::of(told)?;
            at = UnixNanos::from_millis(account.unsigned("updateTime")?);
            for row in account.objects("balances")? {
                self.on_balance(&row?, ("asset", "free", Some("locked")), (at, Word::Answer), sink)?;
            }
            if !account.flag("canTrade")? {
                self.halt("the venue says that the account may not trade");
            }
        }
        // Where it has nothing of an asset any more, the answer does not name it.
        for told in self.balances.told.iter_mut().filter(|told| !told.is_named) {
            let nothing = (Notional(0), Notional(0));
            if told.is_news(nothing) {
                sink.balance(&BalanceStatement::new(told.asset, nothing, at));
            }
        }
        Ok(true)
    }

    /// The event that tells what the account has of the assets that changed.
    pub(super) fn on_balances_changed(
        &mut self,
        event: &Fields<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let at = UnixNanos::from_millis(event.unsigned("u")?);
        for row in event.objects("B")? {
            self.on_balance(&row?, ("a", "f", Some("l")), (at, Word::Event), sink)?;
        }
        Ok(())
    }

    /// One balance: of which asset, what is free, and what is locked. Where positions are margined, all is free.
    pub(super) fn on_balance(
        &mut self,
        row: &Fields<'_, '_>,
        (asset, free, locked): (&str, &str, Option<&str>),
        (at, word): (UnixNanos, Word),
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let locked = locked.map(|locked| translate::amount(row.text(locked)?)).transpose()?;
        let amounts = (translate::amount(row.text(free)?)?, locked.unwrap_or(Notional(0)));
        let Some(asset) = Text::new(row.text(asset)?) else {
            tracing::warn!("{}: an asset's name is too long to be told", self.venue());
            return Ok(());
        };
        self.balances.tell(asset, amounts, (at, word), sink);
        Ok(())
    }
}
