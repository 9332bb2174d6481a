//! The reference decoder's hand: reads numbers at the scales of their instrument, and notes where those do not do.
//!
//! A reference decoder is written once, straight on, as if all scales were known. Where an instrument's are not, or are
//! only inferred and too narrow, the reader notes the digits that the frame has; the session then widens the scales and
//! has the frame read again.

use std::borrow::Cow;

use fulmar_bus::record::{
    Bar, FundingRate, InstrumentStatus, Level, Listing, Nanos, Price, Quantity, UnixNanos, WideNumber,
};
use fulmar_engine::contract::DecodeError;
use fulmar_engine::market::decimal::digits_behind_point;

use super::decoded::{Decoded, Derived, Mark, Message, ScaledPrice, Subject};
use super::limits::{COMPUTED_DIGITS_MAX, INFERRED_SCALE_MAX};
use super::protocol::Protocol;
use super::symbols::Symbols;
use crate::decode::json::{Fields, decimal, plain, positive};
use crate::decode::{Scales, level};
use crate::sync::Span;

/// Reads one frame into a [`Decoded`].
pub struct Reader<'a> {
    symbols: &'a Symbols,
    /// What was read so far.
    pub out: &'a mut Decoded,
    levels_max: usize,
    /// Whether numbers may have an exponent: those that JSON calls numbers.
    has_exponents: bool,
}

/// The bids or the asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookSide {
    /// Who wants to buy.
    Bids,
    /// Who wants to sell.
    Asks,
}

impl<'a> Reader<'a> {
    /// A reader of this venue's frames into `out`.
    pub fn new(protocol: &dyn Protocol, symbols: &'a Symbols, out: &'a mut Decoded) -> Self {
        let levels_max = protocol.limits().levels_max;
        Reader { symbols, out, levels_max, has_exponents: protocol.has_bare_numbers() }
    }

    /// The place of this symbol in the session, if it follows it.
    pub fn find(&self, symbol: &str) -> Option<usize> {
        self.symbols.find(symbol.as_bytes())
    }

    /// The symbols of the session.
    pub fn symbols(&self) -> &'a Symbols {
        self.symbols
    }

    /// The frame is about no book, so that it breaks none where it cannot be read.
    pub fn is_no_book(&mut self) {
        self.out.subject = Subject::Other;
    }

    /// The place of this symbol, of whose book the frame is about: where it cannot be read, no other breaks.
    pub fn find_book(&mut self, symbol: &str) -> Option<usize> {
        let found = self.find(symbol);
        self.out.subject = found.map_or(Subject::Other, Subject::Book);
        found
    }

    /// Has each object of the list at `list` read whose symbol, the text at `symbol`, the session follows. It is told
    /// by its place.
    ///
    /// # Errors
    /// As [`Fields::objects`] and [`Fields::text`]; what `read` says.
    pub fn each_followed<'tape, 'text>(
        &mut self,
        fields: &Fields<'tape, 'text>,
        [list, symbol]: [&str; 2],
        mut read: impl FnMut(&Fields<'tape, 'text>, usize, &mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        for fields in fields.objects(list)? {
            let fields = fields?;
            if let Some(symbol) = self.find(fields.text(symbol)?) {
                read(&fields, symbol, self)?;
            }
        }
        Ok(())
    }

    /// As [`Reader::each_followed`], where each object is about a book. One alone that cannot be read breaks its own
    /// book; what is wrong with one of several may hide another, so that the frame may be about any.
    ///
    /// # Errors
    /// As [`Reader::each_followed`].
    pub fn each_book<'tape, 'text>(
        &mut self,
        fields: &Fields<'tape, 'text>,
        [list, symbol]: [&str; 2],
        mut read: impl FnMut(&Fields<'tape, 'text>, usize, &mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let is_alone = fields.objects(list)?.count() == 1;
        for fields in fields.objects(list)? {
            let fields = fields?;
            let name = fields.text(symbol)?;
            let found = if is_alone { self.find_book(name) } else { self.find(name) };
            if let Some(symbol) = found {
                read(&fields, symbol, self)?;
            }
        }
        Ok(())
    }

    /// The venue refused a request in these words: since it knows no such instrument, where it says so of one that the
    /// session follows.
    pub fn refused(&mut self, unknown: Option<usize>, words: &str) {
        match unknown {
            Some(symbol) => {
                self.out.statuses.push((symbol, InstrumentStatus::new(Listing::Unlisted, words)));
            }
            None => self.out.messages.push(Message::Refused),
        }
    }

    /// A price above zero.
    ///
    /// # Errors
    /// As [`decimal`]; [`DecodeError::OutOfRange`] where it is zero.
    pub fn price(&mut self, symbol: usize, text: &str) -> Result<i64, DecodeError> {
        positive(self.price_or_none(symbol, text)?)
    }

    /// A price, or zero where there is none.
    ///
    /// # Errors
    /// As [`decimal`].
    pub fn price_or_none(&mut self, symbol: usize, text: &str) -> Result<i64, DecodeError> {
        self.number(symbol, text, |scales| &mut scales.price)
    }

    /// A quantity.
    ///
    /// # Errors
    /// As [`decimal`].
    pub fn quantity(&mut self, symbol: usize, text: &str) -> Result<i64, DecodeError> {
        self.number(symbol, text, |scales| &mut scales.quantity)
    }

    /// Price and quantity of a trade, both above zero.
    ///
    /// # Errors
    /// As [`Reader::price`].
    pub fn traded(&mut self, symbol: usize, price: &str, quantity: &str) -> Result<Level, DecodeError> {
        let price = self.price(symbol, price)?;
        Ok(level(price, positive(self.quantity(symbol, quantity)?)?))
    }

    /// A bar of these prices and this volume, from a moment on for so long. Of turnover and trades it says nothing.
    ///
    /// # Errors
    /// As [`Reader::price`]; [`DecodeError::OutOfRange`] where it lasts no time, or opened or closed beyond its own
    /// high and low.
    pub fn bar(
        &mut self,
        symbol: usize,
        [open, high, low, close]: [&str; 4],
        volume: &str,
        (start_at, interval): (UnixNanos, Nanos),
    ) -> Result<Bar, DecodeError> {
        let mut price = |text| self.price(symbol, text).map(Price);
        let (open, high, low, close) = (price(open)?, price(high)?, price(low)?, price(close)?);
        let volume = Quantity(self.quantity(symbol, volume)?);
        // Prices at their own digits each cannot be compared; they are read again at scales that hold all of them.
        let is_at_scale = self.out.wanted.iter().all(|(wanted, _)| *wanted != symbol);
        let is_odd = low > open.min(close) || high < open.max(close);
        if interval.0 == 0 || (is_at_scale && is_odd) {
            return Err(DecodeError::OutOfRange);
        }
        let (notional, trade_count) = (WideNumber::default(), 0);
        Ok(Bar { open, high, low, close, volume, notional, start_at, interval, trade_count })
    }

    /// The best level of a side: a price and a quantity, or neither.
    ///
    /// # Errors
    /// As [`decimal`]; [`DecodeError::OutOfRange`] where one of them alone is zero.
    pub fn standing(&mut self, symbol: usize, price: &str, quantity: &str) -> Result<Level, DecodeError> {
        let price = self.price_or_none(symbol, price)?;
        let quantity = self.quantity(symbol, quantity)?;
        standing(price, quantity).ok_or(DecodeError::OutOfRange)
    }

    /// Adds one level to the frame's bids or asks.
    ///
    /// # Errors
    /// As [`Reader::price`]; [`DecodeError::TooManyLevels`].
    pub fn level(
        &mut self,
        symbol: usize,
        side: BookSide,
        price: &str,
        quantity: &str,
    ) -> Result<(), DecodeError> {
        let price = self.price(symbol, price)?;
        let quantity = self.quantity(symbol, quantity)?;
        let levels = match side {
            BookSide::Bids => &mut self.out.bids,
            BookSide::Asks => &mut self.out.asks,
        };
        if levels.len() == self.levels_max {
            return Err(DecodeError::TooManyLevels);
        }
        levels.push(level(price, quantity));
        Ok(())
    }

    /// Adds the `["price","quantity"]` pairs of the list of `key`.
    ///
    /// # Errors
    /// As [`Fields::each_pair`] and [`Reader::level`].
    pub fn pairs(
        &mut self,
        symbol: usize,
        side: BookSide,
        fields: &Fields<'_, '_>,
        key: &str,
    ) -> Result<(), DecodeError> {
        fields.each_pair(key, |price, quantity| self.level(symbol, side, price, quantity))
    }

    /// Adds the `{"price":1.5,"qty":2.5}` objects of the list of `key`.
    ///
    /// # Errors
    /// As [`Fields::objects`] and [`Reader::level`].
    pub fn level_objects(
        &mut self,
        symbol: usize,
        side: BookSide,
        fields: &Fields<'_, '_>,
        key: &str,
    ) -> Result<(), DecodeError> {
        for fields in fields.objects(key)? {
            let fields = fields?;
            self.level(symbol, side, fields.text("price")?, fields.text("qty")?)?;
        }
        Ok(())
    }

    /// A price that the venue computes, with the digits that it is written with; what stands behind the ninth is cut.
    ///
    /// # Errors
    /// As [`decimal`]; [`DecodeError::OutOfRange`] where it is zero.
    pub fn computed_price(&self, text: &str) -> Result<ScaledPrice, DecodeError> {
        let text = self.plain(text);
        let text = cut(&text, COMPUTED_DIGITS_MAX);
        let scale = digits_behind_point(text.as_bytes());
        Ok(ScaledPrice { price: Price(positive(decimal(text, scale)?)?), scale })
    }

    /// A funding rate; what stands behind its last digit is cut.
    ///
    /// # Errors
    /// [`DecodeError::BadNumber`], [`DecodeError::Overflow`].
    pub fn funding_rate(&self, text: &str) -> Result<FundingRate, DecodeError> {
        let (magnitude, sign) = text.strip_prefix('-').map_or((text, 1), |magnitude| (magnitude, -1));
        let magnitude = self.plain(magnitude);
        Ok(FundingRate(decimal(cut(&magnitude, FundingRate::SCALE), FundingRate::SCALE)? * sign))
    }

    /// The number without the exponent that this venue may write.
    fn plain<'text>(&self, text: &'text str) -> Cow<'text, str> {
        if self.has_exponents { plain(text) } else { Cow::Borrowed(text) }
    }

    /// Adds what is said of prices that the venue computes, if anything is, once it is known what the instrument is: it
    /// comes again soon.
    pub fn push_derived(&mut self, symbol: usize, derived: Derived) {
        let is_silent = derived == Derived { venue_at: derived.venue_at, ..Derived::default() };
        if !is_silent && self.symbols.scales(symbol).is_some() {
            self.out.messages.push(Message::Derived { symbol, derived });
        }
    }

    /// Adds the message of the levels that were written since `begin`.
    pub fn push_book(&mut self, book: (usize, bool), span: Span, venue_at: UnixNanos, begin: Mark) {
        if self.symbols.scales(book.0).is_none() {
            // Where there are no levels, nothing asked for scales yet.
            self.want(book.0, Scales { price: 0, quantity: 0 });
        }
        self.out.push_book(book, span, venue_at, begin);
    }

    fn number(
        &mut self,
        symbol: usize,
        text: &str,
        scale_of: impl Fn(&mut Scales) -> &mut u8,
    ) -> Result<i64, DecodeError> {
        let text = &*self.plain(text);
        let known = self.symbols.scales(symbol);
        if let Some(mut scales) = known {
            match decimal(text, *scale_of(&mut scales)) {
                Err(DecodeError::TooPrecise) if self.symbols.is_inferred(symbol) => {}
                read => return read,
            }
        }
        let digits = digits_behind_point(text.as_bytes()).min(INFERRED_SCALE_MAX);
        let mut wanted = known.unwrap_or(Scales { price: 0, quantity: 0 });
        *scale_of(&mut wanted) = digits;
        self.want(symbol, wanted);
        // At its own digits, so that what is wrong with it is told all the same.
        decimal(text, digits)
    }

    fn want(&mut self, symbol: usize, scales: Scales) {
        match self.out.wanted.iter_mut().find(|(other, _)| *other == symbol) {
            Some((_, wanted)) => *wanted = wanted.widest(scales),
            None => self.out.wanted.push((symbol, scales)),
        }
    }
}

/// A decimal text with at most so many digits behind its point.
fn cut(text: &str, digits: u8) -> &str {
    let end = text.find('.').map_or(text.len(), |point| point + 1 + usize::from(digits));
    text.get(..end).unwrap_or(text)
}

/// Price and quantity of a trade: both above zero.
#[inline]
pub fn traded(price: i64, quantity: i64) -> Option<Level> {
    (price > 0 && quantity > 0).then_some(level(price, quantity))
}

/// The best level of a side: a price and a quantity, or neither.
#[inline]
pub fn standing(price: i64, quantity: i64) -> Option<Level> {
    ((price > 0) == (quantity > 0)).then_some(level(price, quantity))
}
