//! What the venue says that the account holds of futures: told where it is news. One position an instrument: an account
//! that holds long and short ones apart is not traded.
//!
//! An event is never the first word on a position or a balance, the answer of a round is: an event has a trade in it
//! that is told after it, and what was traded would pass for what had been there before.

use fulmar_bus::record::{InstrumentId, PositionStatement, Price, Quantity, UnixNanos};
use fulmar_engine::contract::{DecodeError, OrderSink};
use simd_json::tape::Value;

use super::account::Word;
use super::{BinanceOrderEntry, Handled, translate};
use crate::decode::json::{Fields, objects_of};

/// What was told of positions, by instrument.
pub(super) struct Positions {
    told: Vec<Told>,
}

#[derive(Clone, Copy, Default)]
struct Told {
    /// What was told; nothing until the first word on it, which is told also where nothing is held: else the first
    /// would come after the first trade, and what was traded would pass for what had been there before.
    held: Option<(Quantity, Price)>,
    /// The answer that is being read has it.
    is_named: bool,
}

impl Told {
    /// Takes what is held; true where it is news.
    fn becomes(&mut self, held: (Quantity, Price)) -> bool {
        self.held.replace(held) != Some(held)
    }
}

impl Positions {
    pub(super) const fn new() -> Self {
        Positions { told: Vec::new() }
    }

    /// An instrument is new.
    pub(super) fn include(&mut self, index: usize) {
        if self.told.len() <= index {
            self.told.resize(index + 1, Told::default());
        }
    }

    fn tell(
        &mut self,
        instrument_id: InstrumentId,
        (told, word): (PositionStatement, Word),
        sink: &mut dyn OrderSink,
    ) {
        let known = &mut self.told[instrument_id.index()];
        if word == Word::Event && known.held.is_none() {
            return;
        }
        known.is_named = true;
        if known.becomes((told.quantity, told.entry_px)) {
            sink.position(instrument_id, &told);
        }
    }
}

impl BinanceOrderEntry {
    /// The answer to the question for positions: all that the account holds.
    pub(super) fn on_positions(
        &mut self,
        now: UnixNanos,
        rows: Value<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Result<bool, DecodeError> {
        self.positions.told.iter_mut().for_each(|told| told.is_named = false);
        for row in objects_of(rows)? {
            let row = row?;
            let at = UnixNanos::from_millis(row.unsigned("updateTime")?);
            let names = ["symbol", "positionSide", "positionAmt", "entryPrice"];
            self.on_position(&row, names, (at, Word::Answer), sink)?;
        }
        // Where nothing is held, the answer may not name it.
        let defined = self.instruments.iter().zip(&mut self.positions.told).zip(0..);
        let unnamed = defined.filter(|((tradable, told), _)| tradable.is_some() && !told.is_named);
        for ((_, told), id) in unnamed {
            let nothing = (Quantity(0), Price(0));
            if told.becomes(nothing) {
                sink.position(
                    InstrumentId(id),
                    &PositionStatement::new(nothing.0, nothing.1, self.clock.at(now)),
                );
            }
        }
        Ok(true)
    }

    /// `ACCOUNT_UPDATE`: balances and positions that changed.
    pub(super) fn on_account_event(&mut self, event: &Fields<'_, '_>, sink: &mut dyn OrderSink) -> Handled {
        let at = UnixNanos::from_millis(event.unsigned("T")?);
        let account = Fields::of(event.value("a")?)?;
        for row in account.objects("B")? {
            self.on_balance(&row?, ("a", "wb", None), (at, Word::Event), sink)?;
        }
        if account.find("P").is_some() {
            for row in account.objects("P")? {
                self.on_position(&row?, ["s", "ps", "pa", "ep"], (at, Word::Event), sink)?;
            }
        }
        Ok(())
    }

    fn on_position(
        &mut self,
        row: &Fields<'_, '_>,
        [symbol, side, quantity, entry]: [&str; 4],
        (at, word): (UnixNanos, Word),
        sink: &mut dyn OrderSink,
    ) -> Handled {
        if row.text(side)? != "BOTH" {
            self.halt("the account holds long and short positions apart; set it to one-way mode");
            return Ok(());
        }
        // What somebody trades with this account and nobody here.
        let Some((instrument_id, scales)) = self.find_symbol(row.text(symbol)?) else { return Ok(()) };
        let held = Quantity(translate::signed(row.text(quantity)?, scales.quantity)?);
        // An average has more digits than a price.
        let entry = Price(translate::rounded(row.text(entry)?, scales.price)?);
        self.positions.tell(instrument_id, (PositionStatement::new(held, entry, at), word), sink);
        Ok(())
    }
}
