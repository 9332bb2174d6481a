//! The venue's checksum of a book: CRC-32 of its ten best asks and bids, as digits.
//!
//! The digits are those of the wire, without the point and the zeros before the first other digit
//! (`docs.kraken.com/exchange/guides/websockets/book-checksum-v2`). Where an instrument's scales are the wire's digits,
//! that is what its integers are.

use crc32fast::Hasher;
use fulmar_bus::record::Side;
use fulmar_engine::market::Book;

use crate::decode::Scales;

/// Levels of a side that it covers.
pub const LEVELS: usize = 10;

/// Digits of the largest number.
const DIGITS_MAX: usize = 20;

/// The checksum of `book`: asks from low to high, then bids from high to low, of each its price and its quantity.
///
/// ```
/// use fulmar_adapters::decode::Scales;
/// use fulmar_adapters::kraken::checksum::checksum;
/// use fulmar_bus::record::{Price, Quantity, Side};
/// let mut book = fulmar_engine::market::Book::new(10);
/// book.apply(Side::Sell, Price(5), Quantity(300)); // 0.05 and 3.00
/// book.apply(Side::Buy, Price(4), Quantity(21));
/// assert_eq!(checksum(&book, Scales { price: 2, quantity: 2 }), crc32fast::hash(b"5300421"));
/// ```
pub fn checksum(book: &Book, _scales: Scales) -> u32 {
    let mut text = Digits { bytes: [0; 4 * LEVELS * DIGITS_MAX], length: 0 };
    for side in [Side::Sell, Side::Buy] {
        for level in book.levels(side).take(LEVELS) {
            text.push(level.price.0.unsigned_abs());
            text.push(level.quantity.0.unsigned_abs());
        }
    }
    let mut hasher = Hasher::new();
    hasher.update(&text.bytes[..text.length]);
    hasher.finalize()
}

/// Numbers as digits, one behind the other.
struct Digits {
    bytes: [u8; 4 * LEVELS * DIGITS_MAX],
    length: usize,
}

impl Digits {
    fn push(&mut self, mut number: u64) {
        let begin = self.length;
        loop {
            let digit = u8::try_from(number % 10).expect("a digit is below ten");
            self.bytes[self.length] = b'0' + digit;
            self.length += 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.bytes[begin..self.length].reverse();
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{Price, Quantity};

    use super::*;

    #[test]
    fn ten_levels_of_each_side_count_and_no_more() {
        let mut book = Book::new(20);
        for n in 1..=12 {
            book.apply(Side::Sell, Price(1_000 + n), Quantity(n));
            book.apply(Side::Buy, Price(1_000 - n), Quantity(10 * n));
        }
        let asks: String = (1..=10).map(|n| format!("{}{n}", 1_000 + n)).collect();
        let bids: String = (1..=10).map(|n| format!("{}{}", 1_000 - n, 10 * n)).collect();
        let scales = Scales { price: 1, quantity: 8 };
        assert_eq!(checksum(&book, scales), crc32fast::hash(format!("{asks}{bids}").as_bytes()));
        assert_eq!(checksum(&Book::new(1), scales), crc32fast::hash(b""));
    }

    #[test]
    fn the_largest_numbers_have_room() {
        let mut book = Book::new(10);
        for n in 0..10 {
            book.apply(Side::Sell, Price(i64::MAX - n), Quantity(i64::MAX));
            book.apply(Side::Buy, Price(i64::MAX / 2 - n), Quantity(i64::MAX));
        }
        let side = |first: i64| -> String { (0..10).map(|n| format!("{}{}", first + n, i64::MAX)).collect() };
        let bids: String = (0..10).map(|n| format!("{}{}", i64::MAX / 2 - n, i64::MAX)).collect();
        let expected = crc32fast::hash(format!("{}{bids}", side(i64::MAX - 9)).as_bytes());
        assert_eq!(checksum(&book, Scales { price: 0, quantity: 0 }), expected);
    }
}
