//! What venues and strategies promise, and what they may ask for. The engine owns these contracts and imports neither
//! side; `ops` alone knows which venue or strategy stands behind one.

pub mod market;
pub mod orders;
pub mod session;
pub mod strategy;

pub use market::{MarketSession, MarketSink, Update};
pub use orders::{OrderSession, OrderSink, local_reason, venue_reason};
pub use session::{Connection, DecodeError, InboundFrame, Seal, SessionCounters};
pub use strategy::{
    BookDepth, BookUpdate, BookView, Context, Event, InstrumentView, IntentSink, NewOrder, NotSubmitted,
    Strategy, View, deliver, deliver_market,
};
