//! The bridge from the host's callbacks to those of C: a strategy that does nothing but to call out.

use std::sync::Arc;

use fulmar_bus::record::{
    Bar, ConsolidatedTop, CrossVenue, Denial, ExecutionReport, Funding, HeldOrder, InstrumentId,
    InstrumentStatus, Level, MarkPrice, Position, Timer, TopOfBook, Trade, UnixNanos,
};
use fulmar_engine::contract;

use crate::context::Context;
use crate::memory::User;

/// What something happened to, and when that reached this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Event {
    /// When the bytes that led to it reached this machine, in nanoseconds since 1970.
    pub received_at: UnixNanos,
    /// The instrument, or FULMAR_NO_INSTRUMENT.
    pub instrument_id: InstrumentId,
    /// One of a quote that lies further from the last good one than the configured band: it may be wrong.
    pub is_suspect: u8,
    reserved: [u8; 3],
}

impl Event {
    fn of<T>(event: &contract::Event<'_, T>) -> Self {
        Event {
            received_at: event.received_at,
            instrument_id: event.instrument_id,
            is_suspect: u8::from(event.is_suspect()),
            reserved: [0; 3],
        }
    }
}

/// Levels of a book that changed, each with the quantity that stands there now, zero where none is left.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct BookUpdate {
    /// Bids; they stay for the callback.
    pub bids: *const Level,
    /// Asks.
    pub asks: *const Level,
    /// How many bids.
    pub bid_count: u32,
    /// How many asks.
    pub ask_count: u32,
    /// The venue's number of the state of the book that holds once they are applied.
    pub update_id: u64,
    /// When the venue says that it happened.
    pub venue_at: UnixNanos,
}

impl BookUpdate {
    fn of(update: &contract::BookUpdate<'_>) -> Self {
        BookUpdate {
            bids: update.bids.as_ptr(),
            asks: update.asks.as_ptr(),
            bid_count: update.update.bid_count,
            ask_count: update.update.ask_count,
            update_id: update.update.update_id,
            venue_at: update.update.venue_at,
        }
    }
}

/// A callback about the session itself.
pub type OnSession = extern "C" fn(User, &Context);
/// A callback about something that happened.
pub type On<T> = extern "C" fn(User, &Context, &Event, &T);

/// A strategy that calls out.
pub(crate) struct Bridge {
    pub(crate) callbacks: Callbacks,
    pub(crate) user: User,
    pub(crate) context: Arc<Context>,
}

/// Makes the table of callbacks, and the strategy that calls them.
macro_rules! callbacks {
    ($($name:ident($what:ident: $payload:ident);)+) => {
        /// What a strategy does when something happens. Each may be NULL, and then nothing is done.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        #[allow(missing_docs, reason = "the trait that they are of tells what each is for")]
        pub struct Callbacks {
            pub on_start: Option<OnSession>,
            pub on_stop: Option<OnSession>,
            pub on_book: Option<On<BookUpdate>>,
            $(pub $name: Option<On<$payload>>,)+
        }

        impl contract::Strategy for Bridge {
            fn on_start(&mut self, context: &mut contract::Context<'_>) {
                if let Some(call) = self.callbacks.on_start {
                    self.context.lend(context, |here| call(self.user, here));
                }
            }

            fn on_stop(&mut self, context: &mut contract::Context<'_>) {
                if let Some(call) = self.callbacks.on_stop {
                    self.context.lend(context, |here| call(self.user, here));
                }
            }

            fn on_book(
                &mut self,
                context: &mut contract::Context<'_>,
                update: contract::Event<'_, contract::BookUpdate<'_>>,
            ) {
                if let Some(call) = self.callbacks.on_book {
                    let (event, update) = (Event::of(&update), BookUpdate::of(update.payload));
                    self.context.lend(context, |here| call(self.user, here, &event, &update));
                }
            }

            $(fn $name(&mut self, context: &mut contract::Context<'_>, $what: contract::Event<'_, $payload>) {
                if let Some(call) = self.callbacks.$name {
                    let event = Event::of(&$what);
                    self.context.lend(context, |here| call(self.user, here, &event, $what.payload));
                }
            })+
        }
    };
}

callbacks! {
    on_trade(trade: Trade);
    on_quote(quote: TopOfBook);
    on_consolidated(top: ConsolidatedTop);
    on_cross_venue(signals: CrossVenue);
    on_bar(bar: Bar);
    on_venue_bar(bar: Bar);
    on_funding(funding: Funding);
    on_mark_price(mark_price: MarkPrice);
    on_status(status: InstrumentStatus);
    on_timer(timer: Timer);
    on_order_restored(order: HeldOrder);
    on_order_accepted(report: ExecutionReport);
    on_order_cancel_rejected(report: ExecutionReport);
    on_order_updated(report: ExecutionReport);
    on_order_update_rejected(report: ExecutionReport);
    on_order_triggered(report: ExecutionReport);
    on_order_filled(report: ExecutionReport);
    on_order_canceled(report: ExecutionReport);
    on_order_denied(denial: Denial);
    on_order_rejected(report: ExecutionReport);
    on_position_changed(position: Position);
}
