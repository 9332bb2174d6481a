//! From the bytes of a symbol to the place of its instrument in the session, on every message.
//!
//! A small open table: the hash takes the length and the first and last eight bytes, a hit is compared whole.

use fulmar_bus::record::InstrumentId;

use super::limits::{INSTRUMENTS_MAX, SYMBOL_BYTES_MAX};
use crate::decode::Scales;
use crate::decode::cursor::Cursor;

/// The symbols of a session, by their order in its configuration.
pub struct Symbols {
    entries: Vec<Entry>,
    /// One more than the index of the entry that hashed here; zero where none did. A power of two, at most a quarter
    /// full, so that a search ends.
    slots: Vec<u16>,
}

struct Entry {
    symbol: String,
    instrument_id: InstrumentId,
    scales: Option<Scales>,
    /// The venue itself said what they are.
    is_defined: bool,
}

/// An instrument as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentConfig {
    /// The venue's symbol, as the venue writes it.
    pub symbol: String,
    /// The engine's id.
    pub instrument_id: InstrumentId,
    /// Digits behind the point of its prices, until the venue defines it; inferred where it is not said.
    pub price_scale: Option<u8>,
    /// Digits behind the point of its quantities, as `price_scale`.
    pub quantity_scale: Option<u8>,
}

impl InstrumentConfig {
    /// An instrument whose scales the venue, or else the digits seen, will say.
    pub fn new(symbol: &str, instrument_id: InstrumentId) -> Self {
        InstrumentConfig { symbol: symbol.to_owned(), instrument_id, price_scale: None, quantity_scale: None }
    }
}

impl Symbols {
    /// The symbols of these instruments; no scales are known yet.
    ///
    /// # Panics
    /// Where there are more than [`INSTRUMENTS_MAX`], one symbol stands twice, or is empty or longer than
    /// [`SYMBOL_BYTES_MAX`]: the configuration was not checked.
    pub fn new(instruments: &[InstrumentConfig]) -> Self {
        assert!(instruments.len() <= INSTRUMENTS_MAX, "a session has at most {INSTRUMENTS_MAX} instruments");
        let slots = vec![0; (instruments.len() * 4).next_power_of_two()];
        let mut symbols = Symbols { entries: Vec::with_capacity(instruments.len()), slots };
        for InstrumentConfig { symbol, instrument_id, .. } in instruments {
            assert!((1..=SYMBOL_BYTES_MAX).contains(&symbol.len()), "{symbol:?} is no symbol");
            let slot = symbols.slot(symbol.as_bytes());
            assert!(symbols.slots[slot] == 0, "{symbol} stands twice");
            let entry = Entry {
                symbol: symbol.clone(),
                instrument_id: *instrument_id,
                scales: None,
                is_defined: false,
            };
            symbols.entries.push(entry);
            symbols.slots[slot] = u16::try_from(symbols.entries.len()).expect("instruments are few");
        }
        symbols
    }

    /// The place of `symbol`, if the session has it.
    #[inline]
    pub fn find(&self, symbol: &[u8]) -> Option<usize> {
        usize::from(self.slots[self.slot(symbol)]).checked_sub(1)
    }

    /// The scales of the instrument at `index`, once they are known.
    #[inline]
    pub fn scales(&self, index: usize) -> Option<Scales> {
        self.entries[index].scales
    }

    /// Takes a symbol, up to its closing quote: its place, and its scales. `None` where the session does not have it,
    /// or its scales are not known yet.
    #[inline(always)]
    pub fn take(&self, cursor: &mut Cursor<'_>) -> Option<(usize, Scales)> {
        let symbol = self.find(cursor.name())?;
        Some((symbol, self.scales(symbol)?))
    }

    /// True until the venue itself said what the instrument at `index` is: its scales may still widen.
    pub fn is_inferred(&self, index: usize) -> bool {
        !self.entries[index].is_defined
    }

    /// Sets the scales of the instrument at `index`, as the venue defined them or as its digits ask for.
    pub fn set_scales(&mut self, index: usize, scales: Scales, is_defined: bool) {
        self.entries[index].scales = Some(scales);
        self.entries[index].is_defined = is_defined;
    }

    /// The symbol at `index`.
    pub fn symbol(&self, index: usize) -> &str {
        &self.entries[index].symbol
    }

    /// The engine's id of the instrument at `index`.
    #[inline]
    pub fn instrument_id(&self, index: usize) -> InstrumentId {
        self.entries[index].instrument_id
    }

    /// The place of the instrument with this id.
    pub fn find_id(&self, instrument_id: InstrumentId) -> Option<usize> {
        self.entries.iter().position(|entry| entry.instrument_id == instrument_id)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// The slot that holds `symbol`, or the free one where it would go.
    #[inline]
    fn slot(&self, symbol: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(symbol) & mask;
        while let Some(index) = usize::from(self.slots[slot]).checked_sub(1) {
            if self.entries[index].symbol.as_bytes() == symbol {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }
}

#[inline]
fn hash(symbol: &[u8]) -> usize {
    let (first, last) = match (symbol.first_chunk(), symbol.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (symbol.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
    };
    let mixed = (first ^ last.rotate_left(29) ^ symbol.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_finds_its_own_place_and_no_other() {
        let names: Vec<String> =
            (0..INSTRUMENTS_MAX).map(|n| format!("{}X{n}USDT", "A".repeat(n % 17))).collect();
        let instruments: Vec<_> =
            names.iter().map(|name| InstrumentConfig::new(name, InstrumentId(7))).collect();
        let symbols = Symbols::new(&instruments);
        for (index, name) in names.iter().enumerate() {
            assert_eq!(symbols.find(name.as_bytes()), Some(index), "{name}");
            assert_eq!(symbols.find(name.to_lowercase().as_bytes()), None);
        }
        assert_eq!(symbols.find(b""), None);
        assert_eq!(symbols.find(&[b'A'; 400]), None);
        assert_eq!(Symbols::new(&[]).find(b"BTCUSDT"), None);
    }
}
