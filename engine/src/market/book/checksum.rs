//! The checksum by which two books are compared without sending either.

use crc32fast::Hasher;
use fulmar_bus::record::Side;

use super::Book;
use crate::market::decimal::format_scaled;

/// See [`Book::top_crc32`].
pub(super) fn crc32(book: &Book, depth: usize, price_scale: u8, quantity_scale: u8) -> u32 {
    let mut hasher = Hasher::new();
    for side in [Side::Buy, Side::Sell] {
        if side == Side::Sell {
            hasher.update(b"#");
        }
        for (place, level) in book.levels(side).take(depth).enumerate() {
            if place > 0 {
                hasher.update(b"|");
            }
            hasher.update(format_scaled(i128::from(level.price.0), price_scale).as_bytes());
            hasher.update(b":");
            hasher.update(format_scaled(i128::from(level.quantity.0), quantity_scale).as_bytes());
        }
    }
    hasher.finalize()
}
