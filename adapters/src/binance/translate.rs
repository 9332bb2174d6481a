//! The venue's messages as records. Pure.

use fulmar_bus::record::{Side, TopOfBook, TopSource, Trade};
use fulmar_engine::contract::Update;

use super::wire::{BookTicker, DepthUpdate, TradeMessage};

/// The trade as a record.
pub fn trade(message: &TradeMessage) -> Trade {
    let aggressor = if message.buyer_is_maker { Side::Sell } else { Side::Buy };
    let traded = message.traded;
    Trade::new(traded.price, traded.quantity, aggressor, message.trade_id, message.venue_at)
}

/// The venue's best prices as a record.
pub fn top(message: &BookTicker) -> TopOfBook {
    TopOfBook::new(message.bid, message.ask, message.update_id, message.venue_at, TopSource::Ticker)
}

/// The levels as an update of the book.
pub fn update(message: &DepthUpdate) -> Update<'_> {
    Update {
        update_id: message.span.last,
        venue_at: message.venue_at,
        bids: &message.bids,
        asks: &message.asks,
    }
}
