//! A short text inside a record: fixed capacity, padded with zero bytes, never trusted to be anything but bytes.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Up to `N` bytes of UTF-8, the rest zero.
///
/// ```
/// use fulmar_bus::record::Text;
/// let symbol = Text::<16>::new("BTCUSDT").expect("seven bytes fit sixteen");
/// assert_eq!(symbol.as_str(), "BTCUSDT");
/// assert!(Text::<4>::new("BTCUSDT").is_none(), "a text that does not fit is refused, never cut");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Text<const N: usize>([u8; N]);

impl<const N: usize> Text<N> {
    /// The text, or `None` where it is longer than `N` bytes or holds a zero byte.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > N || text.as_bytes().contains(&0) {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Text(bytes))
    }

    /// The text up to the first zero byte; empty where those bytes are not UTF-8.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(N);
        std::str::from_utf8(&self.0[..length]).unwrap_or("")
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Text([0; N])
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.as_str())
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}
