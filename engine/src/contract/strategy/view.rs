//! What a strategy sees: its instruments, its orders, what it holds. Its own memory, filled from the records that it
//! subscribed to; no actor's memory is read.

mod anew;

use fulmar_bus::record::{
    ConsolidatedTop, CrossVenue, Denial, ExecutionReport, Flags, Funding, HeldOrder, InstrumentDefinition,
    InstrumentId, InstrumentStatus, Intent, Kind, Malformed, MarkPrice, Position, Quantity, Record,
    SyncChange, SyncState, TopOfBook, TopSource, UnixNanos,
};

use super::dependents::Dependents;
use super::depth::{BookDepth, BookView};
use crate::market::replica::{BookReplica, Taken};
use crate::trading::held;
use crate::trading::order::{Applied, OrderTable};
use crate::trading::{InstrumentRules, ORDER_INSTRUMENTS_MAX};

/// All that one strategy sees.
///
/// ```
/// use fulmar_bus::record::*;
/// use fulmar_engine::contract::View;
/// let mut view = View::new(&[InstrumentId(4)], 16);
/// # let (instrument_id, cause, flags) = (InstrumentId(4), RecordId::NONE, Flags::NONE);
/// # let heading = Heading { instrument_id, cause, received_at: UnixNanos(9), flags };
/// # let level = |price| Level { price: Price(price), quantity: Quantity(1) };
/// # let mut record = Record::new();
/// # record.write(heading, &TopOfBook::new(level(100), level(102), 1, UnixNanos(8), TopSource::Book));
/// view.apply(&record).expect("a top of book");
/// let seen = view.instrument(InstrumentId(4)).expect("it is traded");
/// assert_eq!((seen.sync, seen.top_at), (SyncState::Live, UnixNanos(9)));
/// view.distrust();
/// assert!(view.instruments().all(|seen| seen.top.is_none()), "records were lost on the way here");
/// ```
#[derive(Debug)]
pub struct View {
    /// By instrument id; `None` where the strategy does not trade it.
    instruments: Vec<Option<InstrumentView>>,
    /// By instrument id, its own or another of its pairs: those of its own that are of the same pair.
    pairs: Vec<Vec<InstrumentId>>,
    orders: OrderTable,
    orders_max: usize,
    /// The boot, where the gate told it.
    epoch: Option<u32>,
    pub(super) dependents: Dependents,
    orphans: u64,
    not_submitted: u64,
}

/// What a strategy sees of one instrument.
///
/// ```
/// use fulmar_bus::record::Price;
/// use fulmar_engine::contract::{InstrumentView, View};
///
/// /// The middle of the market, at the instrument's price scale, rounded down.
/// fn middle(seen: &InstrumentView) -> Option<Price> {
///     let top = seen.two_sided_top()?;
///     Some(Price(top.bid.price.0 + (top.ask.price.0 - top.bid.price.0) / 2))
/// }
///
/// # use fulmar_bus::record::InstrumentId;
/// let view = View::new(&[InstrumentId(4)], 16);
/// assert_eq!(view.instrument(InstrumentId(4)).and_then(middle), None, "nothing was heard yet");
/// ```
#[derive(Debug)]
pub struct InstrumentView {
    /// Which one.
    pub instrument_id: InstrumentId,
    /// What it is, once that is known.
    pub definition: Option<InstrumentDefinition>,
    /// Best bid and ask; `None` while they are not known or the book is not live. [`Self::is_suspect`] says whether to
    /// doubt them.
    pub top: Option<TopOfBook>,
    /// When that top reached this machine.
    pub top_at: UnixNanos,
    /// Best bid and ask over all venues of its pair, at the scales that it states; `None` while they are not known. Of
    /// an instrument that no configured pair names, its own top once more; of one that its pair leaves out as unlike,
    /// never anything.
    pub consolidated: Option<ConsolidatedTop>,
    /// What the venues of its pair say of each other, at the scales that it states; `None` while it is not known, and
    /// as long as no second venue has been live. Of one that its pair leaves out as unlike, never anything.
    pub cross_venue: Option<CrossVenue>,
    /// How far the book can be believed.
    pub sync: SyncState,
    /// What the strategy holds; `None` before its first fill.
    pub position: Option<Position>,
    is_top_suspect: bool,
    status: Option<InstrumentStatus>,
    funding: Option<Funding>,
    mark_price: Option<MarkPrice>,
    is_left_out: bool,
    depth: Option<Depth>,
}

/// The book of a strategy that asked for more than the top.
#[derive(Debug)]
struct Depth {
    replica: BookReplica,
    /// Levels of a side that are shown.
    levels_max: usize,
}

impl InstrumentView {
    fn new(instrument_id: InstrumentId) -> Self {
        InstrumentView {
            instrument_id,
            definition: None,
            top: None,
            top_at: UnixNanos(0),
            consolidated: None,
            cross_venue: None,
            sync: SyncState::Syncing,
            position: None,
            is_top_suspect: false,
            status: None,
            funding: None,
            mark_price: None,
            is_left_out: false,
            depth: None,
        }
    }

    /// Takes in what a record of this instrument tells.
    fn apply(&mut self, record: &Record) -> Result<(), Malformed> {
        let header = record.header();
        match header.kind() {
            Some(Kind::TopOfBook) => {
                let top = record.read::<TopOfBook>()?;
                if top.source == TopSource::Book {
                    self.sync = SyncState::Live;
                }
                self.top = Some(*top);
                self.top_at = header.received_at;
                self.is_top_suspect = header.flags.contains(Flags::SUSPECT);
            }
            Some(Kind::SyncChange) => {
                self.sync = record.read::<SyncChange>()?.state;
                self.top = self.top.filter(|_| self.sync == SyncState::Live);
            }
            Some(Kind::InstrumentDefinition) => {
                self.definition = Some(*record.read::<InstrumentDefinition>()?);
                self.top = None;
            }
            Some(Kind::InstrumentStatus) => self.status = Some(*record.read::<InstrumentStatus>()?),
            Some(Kind::Funding) => self.funding = Some(*record.read::<Funding>()?),
            Some(Kind::MarkPrice) => self.mark_price = Some(*record.read::<MarkPrice>()?),
            Some(Kind::Position) => self.position = Some(*record.read::<Position>()?),
            _ => {}
        }
        Ok(())
    }

    /// The book, as deep as the strategy asked for. `Some` only while it is live: from a whole snapshot on, until
    /// continuity breaks or a record is lost on the way here. It follows the market channel, the top that of the book
    /// actor, so that one may be some records ahead of the other; it is never older than the top of the same core loop.
    /// It holds what the venue says, also where [`Self::is_suspect`] doubts it.
    pub fn book(&self) -> Option<BookView<'_>> {
        let depth = self.depth.as_ref().filter(|_| self.sync == SyncState::Live)?;
        BookView::of(&depth.replica, depth.levels_max)
    }

    /// What the venue said last of whether it trades the instrument; `None` where it never said that it does not.
    pub fn status(&self) -> Option<&InstrumentStatus> {
        self.status.as_ref()
    }

    /// What holding it costs, as the venue said it last; `None` where it did not, or where that may have been lost on
    /// the way here.
    pub fn funding(&self) -> Option<&Funding> {
        self.funding.as_ref()
    }

    /// What the venue values it at, as it said last, at the scale stated there; `None` as for [`Self::funding`].
    pub fn mark_price(&self) -> Option<&MarkPrice> {
        self.mark_price.as_ref()
    }

    /// What an order must fit, once that is known.
    pub fn rules(&self) -> Option<InstrumentRules> {
        self.definition.as_ref().map(InstrumentRules::from)
    }

    /// What the strategy holds, at the instrument's quantity scale, above zero where it is long.
    pub fn position_quantity(&self) -> Quantity {
        self.position.map_or(Quantity(0), |position| position.quantity)
    }

    /// True where the top lies further from the last good one than the configured band: it may be wrong.
    pub fn is_suspect(&self) -> bool {
        self.top.is_some() && self.is_top_suspect
    }

    /// The top where both sides stand and do not cross, and where it is not suspect: one to trade by.
    pub fn two_sided_top(&self) -> Option<&TopOfBook> {
        let is_usable = |top: &&TopOfBook| top.is_two_sided() && top.bid.price < top.ask.price;
        self.top.as_ref().filter(is_usable).filter(|_| !self.is_top_suspect)
    }
}

impl View {
    /// A view of these instruments, each a pair of its own, of which nothing is known yet, with room for `orders_max`
    /// unsettled orders.
    ///
    /// # Panics
    /// Where an id is beyond [`ORDER_INSTRUMENTS_MAX`]: the configuration is checked before.
    pub fn new(instrument_ids: &[InstrumentId], orders_max: usize) -> Self {
        let count = instrument_ids.iter().map(|id| id.index() + 1).max().unwrap_or(0);
        assert!(count <= ORDER_INSTRUMENTS_MAX, "orders can stand in {ORDER_INSTRUMENTS_MAX} instruments");
        let mut instruments: Vec<Option<InstrumentView>> = (0..count).map(|_| None).collect();
        let mut pairs = vec![Vec::new(); count];
        for id in instrument_ids {
            instruments[id.index()] = Some(InstrumentView::new(*id));
            pairs[id.index()].push(*id);
        }
        View {
            instruments,
            pairs,
            orders: OrderTable::new(orders_max),
            orders_max,
            epoch: None,
            dependents: Dependents::default(),
            orphans: 0,
            not_submitted: 0,
        }
    }

    /// Keeps a book of each instrument that it trades, with room for `levels_max` levels a side, and shows as much of
    /// it as `depth` says.
    pub fn keep_books(&mut self, depth: BookDepth, levels_max: usize) {
        for instrument in self.instruments.iter_mut().flatten() {
            instrument.depth = depth
                .levels_max()
                .map(|shown| Depth { replica: BookReplica::new(levels_max), levels_max: shown });
        }
    }

    /// These instruments are one pair: what is told of its consolidated top stands at each of them that it trades.
    pub fn join(&mut self, pair: &[InstrumentId]) {
        let own = |id: &&InstrumentId| self.instrument(**id).is_some();
        let own: Vec<InstrumentId> = pair.iter().filter(own).copied().collect();
        let count = pair.iter().map(|id| id.index() + 1).max().unwrap_or(0);
        if self.pairs.len() < count {
            self.pairs.resize(count, Vec::new());
        }
        for id in pair {
            self.pairs[id.index()].clone_from(&own);
        }
    }

    /// Its instruments, by id.
    pub fn instruments(&self) -> impl Iterator<Item = &InstrumentView> {
        self.instruments.iter().flatten()
    }

    /// One instrument; `None` for one that it does not trade.
    pub fn instrument(&self, instrument_id: InstrumentId) -> Option<&InstrumentView> {
        self.instruments.get(instrument_id.index())?.as_ref()
    }

    /// Its orders.
    pub fn orders(&self) -> &OrderTable {
        &self.orders
    }

    /// Reports and denials of orders that the view does not know.
    pub fn orphans(&self) -> u64 {
        self.orphans
    }

    /// Orders that the strategy wanted and that were not handed to the gate.
    pub fn not_submitted(&self) -> u64 {
        self.not_submitted
    }

    /// Takes in what a record tells. Kinds that change nothing here are no error.
    ///
    /// # Errors
    /// As [`Record::read`], for a kind that does.
    pub fn apply(&mut self, record: &Record) -> Result<(), Malformed> {
        let header = record.header();
        match header.kind() {
            Some(Kind::ExecutionReport) => {
                let applied = self.orders.on_told(record.read::<ExecutionReport>()?);
                self.orphans += u64::from(applied == Applied::Orphan);
            }
            Some(Kind::Denial) => {
                let applied = self.orders.on_denial(record.read::<Denial>()?);
                self.orphans += u64::from(applied == Applied::Orphan);
            }
            Some(Kind::HeldOrder) => {
                let saved = record.read::<HeldOrder>()?;
                self.dependents.restored(&saved.intent, self.epoch);
                self.orphans += u64::from(!held::put(&mut self.orders, header.instrument_id, saved));
            }
            Some(Kind::Presence) => self.begin_anew(record.read()?),
            Some(Kind::ConsolidatedTop) => self.consolidate(header.instrument_id, record.read()?),
            Some(Kind::CrossVenue) => {
                let told = *record.read::<CrossVenue>()?;
                self.tell_pair(header.instrument_id, |view| view.cross_venue = Some(told));
            }
            Some(_) => {
                let place = header.instrument_id.index();
                if let Some(instrument) = self.instruments.get_mut(place).and_then(Option::as_mut) {
                    instrument.apply(record)?;
                }
            }
            None => return Err(Malformed::Kind),
        }
        Ok(())
    }

    /// Takes a record of a market channel into the book of its instrument, where one is kept. True where it changed
    /// levels of a live book.
    ///
    /// # Errors
    /// As [`Record::read`], for a kind that a book is made of.
    pub fn apply_market(&mut self, record: &Record) -> Result<bool, Malformed> {
        let place = record.header().instrument_id.index();
        let Some(instrument) = self.instruments.get_mut(place).and_then(Option::as_mut) else {
            return Ok(false);
        };
        let Some(depth) = &mut instrument.depth else { return Ok(false) };
        let taken = depth.replica.take(record)?;
        Ok(matches!(taken, Taken::Levels { .. }) && instrument.book().is_some())
    }

    /// Records of the market channel of `instrument_id` were lost on the way here: its book is not believed until the
    /// next whole snapshot, and its funding and mark price are not known until they are told again.
    pub fn lose_market(&mut self, instrument_id: InstrumentId) {
        let instrument = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut);
        let Some(instrument) = instrument else { return };
        (instrument.funding, instrument.mark_price) = (None, None);
        if let Some(depth) = &mut instrument.depth {
            depth.replica.lose();
        }
    }

    /// Levels of its books that were dropped because a side was full.
    pub fn dropped_levels(&self) -> u64 {
        let depths = self.instruments().filter_map(|instrument| instrument.depth.as_ref());
        depths.map(|depth| depth.replica.book().dropped_count()).sum()
    }

    /// Records were lost on the way here: until they speak again, nothing is known of any book.
    pub fn distrust(&mut self) {
        for instrument in self.instruments.iter_mut().flatten() {
            instrument.top = None;
            instrument.consolidated = None;
            instrument.cross_venue = None;
            instrument.sync = SyncState::Syncing;
        }
    }

    /// True where what is best over the pair of `instrument_id` concerns an instrument that the strategy trades.
    pub(super) fn has_pair_of(&self, instrument_id: InstrumentId) -> bool {
        let own = self.pairs.get(instrument_id.index()).into_iter().flatten();
        own.filter_map(|id| self.instrument(*id)).any(|instrument| !instrument.is_left_out)
    }

    fn consolidate(&mut self, instrument_id: InstrumentId, top: &ConsolidatedTop) {
        // Who is left out of its pair is told of by its own id, and so is its return.
        if let Some(instrument) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            instrument.is_left_out = top.is_left_out != 0;
            instrument.consolidated = None;
            instrument.cross_venue = instrument.cross_venue.filter(|_| !instrument.is_left_out);
        }
        if top.is_left_out == 0 {
            self.tell_pair(instrument_id, |view| view.consolidated = Some(*top));
        }
    }

    /// Tells something to each of its instruments in the pair of `instrument_id` that is not left out of it.
    fn tell_pair(&mut self, instrument_id: InstrumentId, tell: impl Fn(&mut InstrumentView)) {
        for id in self.pairs.get(instrument_id.index()).into_iter().flatten() {
            if let Some(instrument) = self.instruments[id.index()].as_mut().filter(|view| !view.is_left_out) {
                tell(instrument);
            }
        }
    }

    /// Takes in an order that was handed to the host.
    pub(super) fn submitted(&mut self, intent: Intent, instrument_id: InstrumentId, at: UnixNanos) {
        self.orders
            .submit(intent, instrument_id, at)
            .expect("the table has room, the quantity is above zero, and the host gives each order a new id");
    }

    pub(super) fn count_not_submitted(&mut self) {
        self.not_submitted += 1;
    }

    pub(super) fn orders_mut(&mut self) -> &mut OrderTable {
        &mut self.orders
    }
}
