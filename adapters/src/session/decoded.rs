//! What one frame says, whatever the venue: the words between a venue's decoders and the session.
//!
//! A venue has two decoders, the fast one and the reference, and both write here; what they write must be equal. The
//! memory is reused for every frame. Nothing here was proven yet: that is the work of [`crate::sync`].

use fulmar_bus::record::{
    Bar, FundingRate, InstrumentDefinition, InstrumentStatus, Level, Nanos, Price, Side, TopOfBook,
    TopSource, Trade, UnixNanos,
};
use fulmar_engine::contract::{DecodeError, Update};

use crate::decode::Scales;
use crate::sync::Span;

/// One thing that a frame says of one of the session's instruments, or of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Levels of a book that changed, or all of them.
    Book(BookMessage),
    /// A trade.
    Trade {
        /// The instrument's place in the session.
        symbol: usize,
        /// Which of the venue's streams of trades it came on.
        stream: TradeStream,
        /// The trade.
        trade: Trade,
    },
    /// The venue's own best bid and ask.
    Top {
        /// The instrument's place in the session.
        symbol: usize,
        /// The best prices.
        top: TopOfBook,
    },
    /// Prices that the venue computes, and funding.
    Derived {
        /// The instrument's place in the session.
        symbol: usize,
        /// What is said of them.
        derived: Derived,
    },
    /// A closed bar of the venue's own making.
    Bar {
        /// The instrument's place in the session.
        symbol: usize,
        /// The bar.
        bar: Bar,
    },
    /// A bar of the venue's own making as it is now, of a venue that never says that one is closed.
    Forming {
        /// The instrument's place in the session.
        symbol: usize,
        /// The bar.
        bar: Bar,
        /// It was told on subscription, among those of the past.
        is_past: bool,
    },
    /// The depth of book that the venue says is subscribed to.
    Depth {
        /// The instrument's place in the session.
        symbol: usize,
        /// Levels of a side.
        depth: usize,
    },
    /// The venue is about to close the connection, or wants it opened anew.
    Closing,
    /// The venue refused a request. Where it says which instrument it does not know, [`Decoded::statuses`] tells that.
    Refused,
}

/// Levels of a book; they stand in the [`Decoded`] that the message came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookMessage {
    /// The instrument's place in the session.
    pub symbol: usize,
    /// True where they are all that there are.
    pub is_snapshot: bool,
    /// The venue's numbers of it; of a snapshot, `last` alone.
    pub span: Span,
    /// The number by which the venue's other streams know this state of the book: mostly the last of its span.
    pub update_id: u64,
    /// When it happened; zero where the venue does not say.
    pub venue_at: UnixNanos,
    /// Where its levels begin, and where they end.
    levels: [Mark; 2],
}

/// What a message says of prices that its venue computes, and of funding. What it is silent about is as before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// The mark price.
    pub mark: Option<ScaledPrice>,
    /// The index price.
    pub index: Option<ScaledPrice>,
    /// The funding rate of one interval. One that a venue leaves out where it is zero is told as zero.
    pub rate: Option<FundingRate>,
    /// The time between two fundings.
    pub interval: Option<Nanos>,
    /// The moment of the next funding.
    pub next_at: Option<UnixNanos>,
    /// When the venue said so; zero where it does not say.
    pub venue_at: UnixNanos,
}

/// A price with as many digits as it was written with: one that is computed is bound to no tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScaledPrice {
    /// The price at `scale`.
    pub price: Price,
    /// Its digits behind the point.
    pub scale: u8,
}

/// A place among the levels of a [`Decoded`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    bids: usize,
    asks: usize,
}

/// Which of a venue's streams a trade came on. Most venues have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeStream {
    /// Every trade by itself.
    Trade,
    /// The trades that one order made at one price, as one.
    Aggregate,
}

/// What is known of a frame that may turn out unreadable: which books it may have been an update of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// Any book of its connection.
    #[default]
    Unknown,
    /// The book of this instrument.
    Book(usize),
    /// No book.
    Other,
}

/// Everything that a frame says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// In the frame's order. None where there is nothing in it that is used here.
    pub messages: Vec<Message>,
    /// Bids of all its books, in the venue's order.
    pub bids: Vec<Level>,
    /// Asks of all its books, in the venue's order.
    pub asks: Vec<Level>,
    /// The number of the frame on its connection, where the venue counts so.
    pub sequence: Option<u64>,
    /// As much as is known of what it is about.
    pub subject: Subject,
    /// What instruments are, by their place in the session.
    pub definitions: Vec<(usize, Result<InstrumentDefinition, DecodeError>)>,
    /// Whether the venue knows and trades instruments, by their place in the session.
    pub statuses: Vec<(usize, InstrumentStatus)>,
    /// Scales that numbers in it need and that the session did not know.
    pub(super) wanted: Vec<(usize, Scales)>,
}

impl Decoded {
    /// An empty one, with room for so many levels a side.
    pub fn new(levels_max: usize) -> Self {
        Decoded {
            messages: Vec::with_capacity(MESSAGES_USUAL),
            bids: Vec::with_capacity(levels_max),
            asks: Vec::with_capacity(levels_max),
            ..Decoded::default()
        }
    }

    /// Forgets everything.
    #[inline]
    pub fn clear(&mut self) {
        self.messages.clear();
        self.bids.clear();
        self.asks.clear();
        self.sequence = None;
        self.subject = Subject::Unknown;
        self.definitions.clear();
        self.statuses.clear();
        self.wanted.clear();
    }

    /// Where the next levels will stand: taken before they are written.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark { bids: self.bids.len(), asks: self.asks.len() }
    }

    /// Adds the message of the levels that were written since `begin`.
    #[inline]
    pub fn push_book(
        &mut self,
        (symbol, is_snapshot): (usize, bool),
        span: Span,
        venue_at: UnixNanos,
        begin: Mark,
    ) {
        let levels = [begin, self.mark()];
        let update_id = span.last;
        let message = BookMessage { symbol, is_snapshot, span, update_id, venue_at, levels };
        self.messages.push(Message::Book(message));
    }

    /// Gives the book that was added last the number by which other streams know it.
    #[inline]
    pub fn number_book(&mut self, number: u64) {
        if let Some(Message::Book(BookMessage { update_id, .. })) = self.messages.last_mut() {
            *update_id = number;
        }
    }

    /// Adds a trade of this price and quantity, by who crossed the spread: its number, and when it was.
    #[inline(always)]
    pub fn push_trade(
        &mut self,
        (symbol, stream): (usize, TradeStream),
        traded: Level,
        aggressor: Side,
        (trade_id, venue_at): (u64, UnixNanos),
    ) {
        let trade = Trade::new(traded.price, traded.quantity, aggressor, trade_id, venue_at);
        self.messages.push(Message::Trade { symbol, stream, trade });
    }

    /// Adds the venue's own best bid and ask: the number of the book that they are of, zero where they have none, and
    /// when it was.
    #[inline(always)]
    pub fn push_top(
        &mut self,
        symbol: usize,
        [bid, ask]: [Level; 2],
        (update_id, venue_at): (u64, UnixNanos),
    ) {
        let top = TopOfBook::new(bid, ask, update_id, venue_at, TopSource::Ticker);
        self.messages.push(Message::Top { symbol, top });
    }

    /// The levels of one of its messages.
    #[inline]
    pub fn update(&self, message: &BookMessage) -> Update<'_> {
        let [begin, end] = message.levels;
        Update {
            update_id: message.update_id,
            venue_at: message.venue_at,
            bids: &self.bids[begin.bids..end.bids],
            asks: &self.asks[begin.asks..end.asks],
            is_proven: false,
        }
    }

    /// True where nothing in it is used here.
    pub fn is_unused(&self) -> bool {
        self.messages.is_empty() && self.definitions.is_empty() && self.statuses.is_empty()
    }
}

/// Messages of a frame that there is room for from the beginning: a venue may send a thousand trades in one.
const MESSAGES_USUAL: usize = 1_024;
