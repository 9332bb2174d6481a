//! The first packet of a client, byte by byte, and what the engine believes of it.
//!
//! ```text
//!  byte 0              8           10          12          16                 24           56           88     128
//!  hello +--------------+-----------+-----------+-----------+------------------+------------+------------+------+
//!        | magic        | abi major | abi minor | wish, 0   | layout hash      | strategy   | token      | 0    |
//!        +--------------+-----------+-----------+-----------+------------------+------------+------------+------+
//!        the wish, one byte: 1 to take the place of the process that is there
//! ```

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::Refusal;
use crate::{record::Text, segment::layout_hash};

/// The first word of a hello: whoever says another is no client of ours.
const MAGIC: [u8; 8] = *b"FULMHELO";
/// Raised by a change that an older side cannot live with. Unlike ones refuse each other.
pub const ABI_MAJOR: u16 = 1;
/// Raised by what is added, in places that were zero before. Unlike ones get along.
pub const ABI_MINOR: u16 = 1;
/// Of a hello's wish: to take the place of whoever is there.
const TAKE_OVER: u8 = 1;

/// What a client says first, and the engine decides by.
///
/// ```
/// use fulmar_bus::attach::Hello;
/// use fulmar_bus::record::Text;
/// let hello = Hello::new(Text::new("ema").expect("a short name"), [7; 32]);
/// assert!(hello.has_token(&[7; 32]) && !hello.has_token(&[0; 32]));
/// assert!(hello.taking_over().takes_over() && !hello.takes_over());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Hello {
    /// Says that this is a hello.
    pub magic: [u8; 8],
    /// See [`ABI_MAJOR`].
    pub abi_major: u16,
    /// See [`ABI_MINOR`].
    pub abi_minor: u16,
    wish: u8,
    reserved: [u8; 3],
    /// The [`layout_hash`] of its build.
    pub layout_hash: u64,
    /// The name that its strategy has in the engine's configuration.
    pub strategy: Text<32>,
    /// What it knows that others do not.
    pub token: [u8; 32],
    later: [u8; 40],
}

impl Hello {
    /// What a client of this build says.
    pub fn new(strategy: Text<32>, token: [u8; 32]) -> Self {
        Hello {
            magic: MAGIC,
            abi_major: ABI_MAJOR,
            abi_minor: ABI_MINOR,
            wish: 0,
            reserved: [0; 3],
            layout_hash: layout_hash(),
            strategy,
            token,
            later: [0; 40],
        }
    }

    /// The same, by whoever is to take the place of the process that is there.
    pub fn taking_over(self) -> Self {
        Hello { wish: self.wish | TAKE_OVER, ..self }
    }

    /// True where it is to take the place of the process that is there.
    pub fn takes_over(&self) -> bool {
        self.wish & TAKE_OVER != 0
    }

    /// True where this is its token. Takes as long for a wrong one.
    pub fn has_token(&self, token: &[u8; 32]) -> bool {
        self.token.iter().zip(token).fold(0, |unlike, (one, other)| unlike | (one ^ other)) == 0
    }

    /// Why this build cannot speak with whoever sent `bytes`, and what to tell him; or the hello.
    pub(super) fn read(bytes: &[u8]) -> Result<Hello, (Refusal, String)> {
        if !bytes.starts_with(&MAGIC) {
            return Err((Refusal::Magic, "this is the bus of a Fulmar engine, and that was no hello".into()));
        }
        let hello = Hello::read_from_bytes(bytes).map_err(|_| {
            (
                Refusal::Malformed,
                format!("a hello is {} bytes, and this one {}", size_of::<Hello>(), bytes.len()),
            )
        })?;
        let (major, minor) = (hello.abi_major, hello.abi_minor);
        if major != ABI_MAJOR {
            let words =
                format!("the engine speaks version {ABI_MAJOR}.{ABI_MINOR}, the client {major}.{minor}");
            return Err((Refusal::AbiMajor, words));
        }
        if hello.layout_hash != layout_hash() {
            let (ours, theirs) = (layout_hash(), hello.layout_hash);
            let words = format!(
                "the engine's records have the layout {ours:016x}, the client's {theirs:016x}: build both from the \
                 same version"
            );
            return Err((Refusal::LayoutHash, words));
        }
        if Text::new(hello.strategy.as_str()) != Some(hello.strategy) || hello.strategy.as_str().is_empty() {
            return Err((Refusal::Malformed, "the strategy's name is empty or no text".into()));
        }
        Ok(hello)
    }
}

/// Shows all but the token.
impl std::fmt::Debug for Hello {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (abi, strategy) = ((self.abi_major, self.abi_minor), self.strategy);
        let hash = self.layout_hash;
        let mut out = out.debug_struct("Hello");
        out.field("strategy", &strategy)
            .field("abi", &abi)
            .field("layout_hash", &hash)
            .finish_non_exhaustive()
    }
}

const _: () = assert!(size_of::<Hello>() == 128, "it is as long as it is drawn");

#[cfg(test)]
mod tests;
