//! The checksum that the venue sent of its books until 2026-06-23, and still sends in old recordings.

use fulmar_bus::record::{Level, Side};
use fulmar_engine::market::Book;
use fulmar_engine::market::decimal::format_scaled;

use crate::decode::Scales;

/// Levels of a side that it is made of.
const DEPTH: usize = 25;

/// What a message says of the checksum: none where it is zero, which says that there is none any more.
pub(super) fn said(checksum: i32) -> Option<u32> {
    Some(checksum.cast_unsigned()).filter(|checksum| *checksum != 0)
}

/// The checksum of a book whose numbers stand at these scales: CRC-32 of the best levels, `price:quantity` of a bid and
/// of an ask in turn, and of one side alone where the other has no more. The venue writes its numbers without zeros at
/// the end, so that they need not be remembered as they came.
pub fn checksum(book: &Book, scales: Scales) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let mut is_first = true;
    let mut add = |level: Level| {
        if !is_first {
            hasher.update(b":");
        }
        is_first = false;
        hasher.update(format_scaled(level.price.0.into(), scales.price).as_bytes());
        hasher.update(b":");
        hasher.update(format_scaled(level.quantity.0.into(), scales.quantity).as_bytes());
    };
    let [mut bids, mut asks] = [Side::Buy, Side::Sell].map(|side| book.levels(side).take(DEPTH));
    loop {
        let pair = [bids.next(), asks.next()];
        if pair == [None, None] {
            return hasher.finalize();
        }
        pair.into_iter().flatten().for_each(&mut add);
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{Price, Quantity};

    use super::*;

    const SCALES: Scales = Scales { price: 2, quantity: 3 };

    fn book(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Book {
        let mut book = Book::new(100);
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            for (price, quantity) in levels {
                book.apply(side, Price(*price), Quantity(*quantity));
            }
        }
        book
    }

    #[test]
    fn bids_and_asks_take_turns_and_the_longer_side_goes_on_alone() {
        let book = book(&[(10_050, 1_500), (10_000, 2_000)], &[(10_075, 3)]);
        assert_eq!(checksum(&book, SCALES), crc32fast::hash(b"100.5:1.5:100.75:0.003:100:2"));
        assert_eq!(checksum(&Book::new(5), SCALES), 0, "of nothing");
    }

    #[test]
    fn only_the_best_levels_count() {
        let bids: Vec<(i64, i64)> = (1..=30).map(|price| (price * 100, 1_000)).collect();
        let best = book(&bids[5..], &[]);
        assert_eq!(checksum(&book(&bids, &[]), SCALES), checksum(&best, SCALES));
    }

    #[test]
    fn zero_says_that_there_is_none() {
        assert_eq!(said(0), None);
        assert_eq!(said(-1), Some(u32::MAX));
    }
}
