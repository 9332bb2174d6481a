//! What an instrument is, and the table of all instruments of a boot.
//!
//! A definition comes as a record and may come again: the same, saying more, or changed. The table says which, and that
//! decides whether a book goes on, is rescaled or starts anew. What bounds orders alone (lot, least and largest) is
//! never a change: no number of a book means anything else by it. Which instruments are alike is not its business: see
//! [`super::pair`].

use std::collections::BTreeMap;
use std::fmt;

use fulmar_bus::record::{InstrumentDefinition, InstrumentId, Price, Text};

use super::limits::INSTRUMENTS_MAX;
use super::scale::widening_factor;

#[cfg(test)]
mod tests;

/// One instrument of this boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Its row in the table.
    pub id: InstrumentId,
    /// What it is, as the record says.
    pub definition: InstrumentDefinition,
}

impl Instrument {
    /// The durable name, `venue:symbol`.
    pub fn name(&self) -> Name {
        Name { venue: self.definition.venue, symbol: self.definition.symbol }
    }
}

/// A durable name of an instrument: its venue and its symbol there. Shown as `venue:symbol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The venue's name, such as `binance-spot`.
    pub venue: Text<24>,
    /// The venue's symbol, such as `BTCUSDT`.
    pub symbol: Text<32>,
}

impl Name {
    /// The name made of these two; `None` where one is longer than a record holds.
    pub fn new(venue: &str, symbol: &str) -> Option<Self> {
        Some(Name { venue: Text::new(venue)?, symbol: Text::new(symbol)? })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.venue, self.symbol)
    }
}

/// What a definition means for what is already known of its instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redefinition {
    /// The instrument was not known.
    New,
    /// Nothing is different.
    Same,
    /// Its numbers mean what they meant, perhaps with more digits behind the point: what is kept goes on, multiplied.
    /// So it is where scales widen, where something is said that was not known, and where orders are bounded otherwise.
    Refined {
        /// What every price is multiplied by; mostly one.
        price_factor: i64,
        /// What every quantity is multiplied by; mostly one.
        quantity_factor: i64,
    },
    /// It is another thing now: what is kept of its market is dropped.
    Changed,
}

/// Every instrument of a boot, dense by [`InstrumentId`].
///
/// Whoever owns the ids calls [`InstrumentTable::define`]; whoever reads definitions from a stream, where the record's
/// header names the id, calls [`InstrumentTable::insert`].
#[derive(Clone, Debug, Default)]
pub struct InstrumentTable {
    rows: Vec<Option<Instrument>>,
    by_name: BTreeMap<Name, InstrumentId>,
}

impl InstrumentTable {
    /// A table without instruments.
    pub fn new() -> Self {
        InstrumentTable::default()
    }

    /// Takes a definition in, and gives a new instrument the next id. The revision is counted here; the one that
    /// `definition` carries is not looked at.
    ///
    /// # Panics
    /// Past [`INSTRUMENTS_MAX`] instruments, which a configuration must not ask for.
    pub fn define(&mut self, definition: &InstrumentDefinition) -> (InstrumentId, Redefinition) {
        let name = Name { venue: definition.venue, symbol: definition.symbol };
        let id = self.by_name.get(&name).copied();
        let known = id.and_then(|id| self.get(id));
        let revision = known.map_or(0, |known| known.definition.revision);
        let redefinition = known.map_or(Redefinition::New, |known| compare(&known.definition, definition));
        let id = id.unwrap_or_else(|| next_id(self.rows.len()));
        if redefinition != Redefinition::Same {
            self.put(id, InstrumentDefinition { revision: revision + 1, ..*definition });
        }
        (id, redefinition)
    }

    /// Takes in the definition that a stream gives for `id`. Another instrument under a known id is a change.
    ///
    /// # Panics
    /// Where `id` is past [`INSTRUMENTS_MAX`]: no engine gives such an id.
    pub fn insert(&mut self, id: InstrumentId, definition: &InstrumentDefinition) -> Redefinition {
        let known = self.get(id).map(|known| known.definition);
        let redefinition = known.map_or(Redefinition::New, |known| compare(&known, definition));
        if let Some(known) = known {
            self.by_name.remove(&Name { venue: known.venue, symbol: known.symbol });
        }
        self.put(id, *definition);
        redefinition
    }

    /// The instrument of `id`; `None` where none was defined.
    pub fn get(&self, id: InstrumentId) -> Option<&Instrument> {
        self.rows.get(id.index())?.as_ref()
    }

    /// The instrument that `venue` calls `symbol`.
    pub fn find(&self, venue: &str, symbol: &str) -> Option<&Instrument> {
        self.get(*self.by_name.get(&Name::new(venue, symbol)?)?)
    }

    /// Every instrument, in order of id.
    pub fn iter(&self) -> impl Iterator<Item = &Instrument> {
        self.rows.iter().flatten()
    }

    /// How many instruments there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Puts `definition` into its row.
    fn put(&mut self, id: InstrumentId, definition: InstrumentDefinition) {
        assert!(id.index() < INSTRUMENTS_MAX, "{id:?} is past the most instruments of a boot");
        if self.rows.len() <= id.index() {
            self.rows.resize(id.index() + 1, None);
        }
        let instrument = Instrument { id, definition };
        self.rows[id.index()] = Some(instrument);
        self.by_name.insert(instrument.name(), id);
    }
}

/// The id after `count` instruments.
fn next_id(count: usize) -> InstrumentId {
    InstrumentId(u32::try_from(count).expect("a table is far smaller than 32 bits"))
}

/// What `new` means for what `old` says.
pub fn compare(old: &InstrumentDefinition, new: &InstrumentDefinition) -> Redefinition {
    if *new == (InstrumentDefinition { revision: new.revision, ..*old }) {
        return Redefinition::Same;
    }
    let price_factor = widening_factor(old.price_scale, new.price_scale);
    let quantity_factor = widening_factor(old.quantity_scale, new.quantity_scale);
    match price_factor.zip(quantity_factor) {
        Some((price_factor, quantity_factor)) if is_same_thing(old, new, price_factor) => {
            Redefinition::Refined { price_factor, quantity_factor }
        }
        _ => Redefinition::Changed,
    }
}

/// Whether what `old` says of the thing itself still holds. What it did not know may be anything now.
fn is_same_thing(old: &InstrumentDefinition, new: &InstrumentDefinition, price_factor: i64) -> bool {
    let is_kept = |old: Text<16>, new: Text<16>| old == Text::default() || old == new;
    (old.venue, old.symbol, old.contract) == (new.venue, new.symbol, new.contract)
        && is_kept(old.base, new.base)
        && is_kept(old.quote, new.quote)
        && (!old.contract_size.is_known() || old.contract_size == new.contract_size)
        && (old.tick == Price(0) || old.tick.0.checked_mul(price_factor) == Some(new.tick.0))
}
