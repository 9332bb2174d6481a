//! The words that every part of the system shares, in reading order: [`Header`], [`Kind`], then the payloads.
//!
//! A record is a 32-byte [`Header`] and a payload whose shape its kind and version fix:
//!
//! ```text
//!  byte 0    1        2           3      4              8            16           24            32
//!       +----+--------+-----------+------+--------------+------------+------------+-------------+---------
//!       |kind|version |slot_count |flags |instrument_id |id          |cause       |received_at  |payload..
//!       +----+--------+-----------+------+--------------+------------+------------+-------------+---------
//! ```
//!
//! On a ring it takes 1 to [`RECORD_SLOTS_MAX`] slots of 64 bytes, of which 8 are the slot's stamp and 56 the
//! record's, so one slot carries 24 bytes of payload and each further slot 56.
//!
//! A payload is read through [`Record::read`], which checks kind, version, length and every enum before it gives a
//! reference; bytes from elsewhere are never believed. New fields append, a changed meaning is a new kind or version,
//! and a number is never used twice.

mod account;
mod buffer;
mod control;
mod derivative;
mod header;
mod held;
mod id;
mod instrument;
mod kind;
mod layout;
mod market;
mod number;
mod order;
mod pair;
mod presence;
mod report;
mod scope;
mod stake;
mod sync;
mod text;
mod time;

pub use account::{BalanceStatement, PositionStatement};
pub use buffer::{Heading, Malformed, Payload, Record};
pub use control::{Control, ControlCommand, Frame, FrameSource, Note, Request, RequestKind, Timer};
pub use derivative::{Funding, FundingRate, MarkPrice};
pub use header::{Flags, Header};
pub use held::{HeldOrder, HeldStage};
pub use id::{AccountId, ChannelId, ClientOrderId, InstrumentId, RecordId, StrategyId};
pub use instrument::{ContractKind, ContractSize, InstrumentDefinition, InstrumentStatus, Listing};
pub use kind::Kind;
pub use layout::{LAYOUTS, RecordLayout};
pub use market::{Bar, BookLevels, Level, Side, SnapshotBegin, SnapshotEnd, TopOfBook, TopSource, Trade};
pub use number::{Notional, Price, Quantity, WideNumber};
pub use order::{
    CancelAll, CancelIntent, CancelOrder, Denial, Intent, ModifyIntent, ModifyOrder, Order, OrderTerms,
    OrderType, TimeInForce, TriggerBy,
};
pub use pair::{Arbitrage, ConsolidatedTop, CrossVenue, LeadLag, MidSpread};
pub use presence::{OnDisconnect, Presence, PresenceNews};
pub use report::{ExecutionReport, ExecutionType, LiquiditySide, OrderStatus, Position};
pub use scope::{Limit, LimitChange, LimitVerdict, Restraint, ScopeKind, ScopeReport};
pub use stake::StakeLimit;
pub use sync::{SyncChange, SyncReason, SyncState};
pub use text::Text;
pub use time::{Nanos, UnixNanos};

/// Bytes of one ring slot: a cache line.
pub const SLOT_BYTES: usize = 64;
/// 64-bit words of a slot that belong to the record; the eighth is the slot's stamp.
pub const SLOT_WORDS: usize = 7;
/// The most slots that one record takes.
pub const RECORD_SLOTS_MAX: usize = 64;
/// 64-bit words of the largest record, header included.
pub const RECORD_WORDS_MAX: usize = RECORD_SLOTS_MAX * SLOT_WORDS;
/// Bytes of the header at the start of each record.
pub const HEADER_BYTES: usize = 32;
/// The most payload bytes that one record carries.
pub const PAYLOAD_BYTES_MAX: usize = RECORD_WORDS_MAX * 8 - HEADER_BYTES;

const _: () = assert!(SLOT_BYTES == 8 + SLOT_WORDS * 8, "a slot is its stamp and its words");
const _: () = assert!(RECORD_SLOTS_MAX <= u8::MAX as usize, "slot_count is a byte");
const _: () = assert!(size_of::<Header>() == HEADER_BYTES, "the header is the first four words");
