//! A walk over a message in the one layout that its venue sends.
//!
//! Every step either takes exactly what it names or says `None`, which means no more than that the reference decoder
//! must look. It never skips white space, never unescapes, never names an error.

use fulmar_bus::record::{Level, UnixNanos};

use super::{Scales, level, number, time};

/// What is left of a message.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the front of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes }
    }

    /// Takes exactly these bytes.
    #[inline]
    pub fn literal<const N: usize>(&mut self, expected: &[u8; N]) -> Option<()> {
        let (head, tail) = self.rest.split_first_chunk::<N>()?;
        if head != expected {
            return None;
        }
        self.rest = tail;
        Some(())
    }

    /// True where these bytes are next; takes them then.
    #[inline]
    pub fn takes<const N: usize>(&mut self, expected: &[u8; N]) -> bool {
        self.literal(expected).is_some()
    }

    /// Takes one of two texts: true where it is the first.
    #[inline]
    pub fn either<const N: usize, const M: usize>(
        &mut self,
        first: &[u8; N],
        second: &[u8; M],
    ) -> Option<bool> {
        if self.takes(first) {
            return Some(true);
        }
        self.literal(second).map(|()| false)
    }

    /// Takes a name of letters, digits and `_`, `@`, `.`, `!`, `-`, `/`. One that JSON escapes ends at the escape.
    #[inline]
    pub fn name(&mut self) -> &'a [u8] {
        let length =
            self.rest.iter().position(|byte| !IS_NAME[usize::from(*byte)]).unwrap_or(self.rest.len());
        let (name, tail) = self.rest.split_at(length);
        self.rest = tail;
        name
    }

    /// Takes a whole number.
    #[inline]
    pub fn unsigned(&mut self) -> Option<u64> {
        let (value, length) = number::unsigned(self.rest)?;
        self.rest = &self.rest[length..];
        Some(value)
    }

    /// Takes a whole number, which may be negative.
    #[inline]
    pub fn signed(&mut self) -> Option<i64> {
        let is_negative = self.takes(b"-");
        let magnitude = i64::try_from(self.unsigned()?).ok()?;
        // JSON has a negative zero, which is a float.
        match (is_negative, magnitude) {
            (true, 0) => None,
            (true, _) => Some(-magnitude),
            (false, _) => Some(magnitude),
        }
    }

    /// Takes a decimal number, without the quotes around it.
    #[inline]
    pub fn decimal(&mut self, scale: u8) -> Option<i64> {
        let (value, length) = number::decimal(self.rest, scale)?;
        self.rest = &self.rest[length..];
        Some(value)
    }

    /// Takes a moment as RFC 3339 writes it, without the quotes around it.
    #[inline]
    pub fn time(&mut self) -> Option<UnixNanos> {
        let (moment, length) = time::rfc3339(self.rest)?;
        self.rest = &self.rest[length..];
        Some(moment)
    }

    /// Takes a bare number of any kind that nobody here uses: what the reference would take for one, too.
    #[inline]
    pub fn any_number(&mut self) -> Option<()> {
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = self.rest.iter().position(|byte| !is_part(byte)).unwrap_or(self.rest.len());
        let begins = matches!(self.rest.first(), Some(b'0'..=b'9' | b'-'));
        self.rest = &self.rest[length..];
        begins.then_some(())
    }

    /// Takes a moment that is often the one before it: `known` holds that one, as text and as what it says.
    #[inline]
    pub fn time_again(&mut self, known: &mut (&'a [u8], UnixNanos)) -> Option<UnixNanos> {
        let is_known = !known.0.is_empty() && self.rest.starts_with(known.0);
        if !is_known {
            let (moment, length) = time::rfc3339(self.rest)?;
            *known = (&self.rest[..length], moment);
        }
        self.rest = &self.rest[known.0.len()..];
        Some(known.1)
    }

    /// Takes `true` or `false`.
    #[inline]
    pub fn flag(&mut self) -> Option<bool> {
        self.either(b"true", b"false")
    }

    /// Takes a list of `["price","quantity"]` pairs, each price above zero, behind what `levels` holds; `None` past
    /// `levels_max`.
    #[inline]
    pub fn levels(&mut self, scales: Scales, levels_max: usize, levels: &mut Vec<Level>) -> Option<()> {
        self.levels_and(scales, levels_max, levels, |_| Some(()))
    }

    /// As [`Cursor::levels`], of lists that hold more than price and quantity: `rest` takes what stands between the
    /// quantity's last digit and the closing quote of the last text.
    #[inline]
    pub fn levels_and(
        &mut self,
        scales: Scales,
        levels_max: usize,
        levels: &mut Vec<Level>,
        mut rest: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.literal(b"[")?;
        if self.takes(b"]") {
            return Some(());
        }
        self.literal(b"[\"")?;
        loop {
            let price = self.decimal(scales.price)?;
            self.literal(b"\",\"")?;
            let quantity = self.decimal(scales.quantity)?;
            rest(self)?;
            push_level(levels, levels_max, level(price, quantity))?;
            if !self.takes(b"\"],[\"") {
                return self.literal(b"\"]]");
            }
        }
    }

    /// Takes a list of `{"price":1.5,"qty":2.5}` objects, each price above zero, behind what `levels` holds; `None`
    /// past `levels_max`.
    #[inline]
    pub fn level_objects(
        &mut self,
        scales: Scales,
        levels_max: usize,
        levels: &mut Vec<Level>,
    ) -> Option<()> {
        self.literal(b"[")?;
        if self.takes(b"]") {
            return Some(());
        }
        loop {
            self.literal(b"{\"price\":")?;
            let price = self.decimal(scales.price)?;
            self.literal(b",\"qty\":")?;
            let quantity = self.decimal(scales.quantity)?;
            push_level(levels, levels_max, level(price, quantity))?;
            if !self.takes(b"},") {
                return self.literal(b"}]");
            }
        }
    }

    /// Says whether nothing is left.
    #[inline]
    pub const fn end(&self) -> Option<()> {
        if self.rest.is_empty() { Some(()) } else { None }
    }
}

/// Adds a level, its price above zero, behind what `levels` holds; `None` past `levels_max`.
#[inline]
pub fn push_level(levels: &mut Vec<Level>, levels_max: usize, level: Level) -> Option<()> {
    if level.price.0 == 0 || levels.len() == levels_max {
        return None;
    }
    levels.push(level);
    Some(())
}

const IS_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'.' | b'!' | b'-' | b'/');
        byte += 1;
    }
    table
};
