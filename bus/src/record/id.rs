//! Dense, distinct identities. An id of one kind is never taken for another, and none is a string on the tick path.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

macro_rules! dense_id {
    ($(#[$meta:meta])* pub struct $name:ident($raw:ty);) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable,
            KnownLayout,
        )]
        #[repr(transparent)]
        pub struct $name(pub $raw);

        impl $name {
            /// Position in a dense table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

dense_id! {
    /// An instrument of one boot: the index of its row in the instrument table. Its durable name is `venue:symbol`.
    ///
    /// ```
    /// use fulmar_bus::record::InstrumentId;
    /// let names = ["binance-spot:BTCUSDT", "binance-spot:ETHUSDT"];
    /// assert_eq!(names[InstrumentId(1).index()], "binance-spot:ETHUSDT");
    /// assert!(names.get(InstrumentId::NONE.index()).is_none());
    /// ```
    pub struct InstrumentId(u32);
}
dense_id! {
    /// A channel of one boot. Its durable name is its producer and stream, never a core.
    /// Part of every [`RecordId`].
    pub struct ChannelId(u16);
}
dense_id! {
    /// A strategy of one boot: its position in the configuration.
    /// Part of every [`ClientOrderId`].
    pub struct StrategyId(u16);
}
dense_id! {
    /// An account at a venue: its position in the configuration.
    /// As dense as an [`InstrumentId`].
    pub struct AccountId(u16);
}

impl StrategyId {
    /// What an order carries that no strategy of this boot sent.
    pub const NONE: StrategyId = StrategyId(u16::MAX);
}

impl InstrumentId {
    /// What a record that concerns no instrument carries.
    pub const NONE: InstrumentId = InstrumentId(u32::MAX);
}

/// Which record of a boot: the channel that it was published on and its place there, counted from one.
///
/// It fits a word: 16 bits of channel and 48 of sequence, which at a million records a second last nine years.
///
/// ```
/// use fulmar_bus::record::{ChannelId, RecordId};
/// let id = RecordId::new(ChannelId(3), 41);
/// assert_eq!((id.channel(), id.sequence()), (ChannelId(3), 41));
/// ```
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct RecordId(pub u64);

impl RecordId {
    /// No record: what a record without a cause names.
    pub const NONE: RecordId = RecordId(0);
    /// The last sequence that a channel can count to.
    pub const SEQUENCE_MAX: u64 = (1 << 48) - 1;

    /// The record at `sequence` of `channel`.
    ///
    /// # Panics
    /// Where `sequence` is beyond [`RecordId::SEQUENCE_MAX`].
    #[inline]
    pub const fn new(channel: ChannelId, sequence: u64) -> Self {
        assert!(sequence <= Self::SEQUENCE_MAX, "a channel ran out of sequences");
        RecordId((channel.0 as u64) << 48 | sequence)
    }

    /// The channel it was published on.
    #[inline]
    pub const fn channel(self) -> ChannelId {
        ChannelId((self.0 >> 48) as u16)
    }

    /// Its place on that channel, counted from one.
    #[inline]
    pub const fn sequence(self) -> u64 {
        self.0 & Self::SEQUENCE_MAX
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}", self.channel().0, self.sequence())
    }
}

/// An order's name at every venue and in every record, unique over all boots of one engine.
///
/// Its text form is 25 alphanumerics, which every venue takes: `F`, then boot epoch, strategy and counter in
/// hexadecimal. Clients give a tag, never an id.
///
/// ```
/// use fulmar_bus::record::{ClientOrderId, StrategyId};
/// let id = ClientOrderId::new(7, StrategyId(2), 300);
/// assert_eq!(id.to_string(), "F00000007000200000000012c");
/// assert_eq!(ClientOrderId::parse(b"F00000007000200000000012c"), Some(id));
/// assert_eq!(ClientOrderId::parse(b"someone-else"), None);
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(C)]
pub struct ClientOrderId {
    /// The boot that made it, from a counter that outlives the process.
    pub epoch: u32,
    /// The strategy that it belongs to.
    pub strategy_id: StrategyId,
    reserved: [u8; 2],
    /// Counts the orders of that strategy in that boot, from one; below 2^36. The twelve bits above number a slice.
    pub counter: u64,
}

impl ClientOrderId {
    /// Bytes of the text form.
    pub const TEXT_BYTES: usize = 25;

    /// The order `counter` of a strategy in a boot.
    ///
    /// # Panics
    /// Where `counter` does not fit the 48 bits that the text form has for it.
    pub const fn new(epoch: u32, strategy_id: StrategyId, counter: u64) -> Self {
        assert!(counter >> 48 == 0, "an order counter ran out");
        ClientOrderId { epoch, strategy_id, reserved: [0; 2], counter }
    }

    /// The last number that a slice can have.
    pub const SLICE_MAX: u16 = (1 << 12) - 1;
    const SLICE_SHIFT: u32 = 36;

    /// The name at the venue of a slice of this order: of a part of it that the engine sent by itself.
    ///
    /// ```
    /// use fulmar_bus::record::{ClientOrderId, StrategyId};
    /// let id = ClientOrderId::new(7, StrategyId(2), 300);
    /// let third = id.slice(3);
    /// assert_eq!(third.to_string(), "F00000007000200300000012c");
    /// assert_eq!((third.slice_number(), third.whole()), (3, id));
    /// assert_eq!((id.slice_number(), id.whole()), (0, id));
    /// ```
    ///
    /// # Panics
    /// Where `number` is beyond [`ClientOrderId::SLICE_MAX`].
    #[must_use]
    pub const fn slice(self, number: u16) -> Self {
        assert!(number <= Self::SLICE_MAX, "an order ran out of slices");
        let counter = self.whole().counter | (number as u64) << Self::SLICE_SHIFT;
        ClientOrderId { counter, ..self }
    }

    /// Which slice of its order it names; zero for an order as a whole.
    #[expect(clippy::cast_possible_truncation, reason = "a counter has 48 bits")]
    pub const fn slice_number(self) -> u16 {
        if self.is_foreign() {
            return 0;
        }
        (self.counter >> Self::SLICE_SHIFT) as u16
    }

    /// The order that it names a slice of; itself where it names none.
    #[must_use]
    pub const fn whole(self) -> Self {
        if self.is_foreign() {
            return self;
        }
        ClientOrderId { counter: self.counter & ((1 << Self::SLICE_SHIFT) - 1), ..self }
    }

    /// The name of an order that is not ours, which its venue calls by this number: one that somebody else sent for the
    /// same account. `None` where the number does not fit a counter.
    ///
    /// ```
    /// use fulmar_bus::record::ClientOrderId;
    /// let id = ClientOrderId::foreign(28_457).expect("the number is small");
    /// assert!(id.is_foreign() && id.counter == 28_457);
    /// assert_eq!(ClientOrderId::foreign(u64::MAX), None);
    /// ```
    pub const fn foreign(venue_order_id: u64) -> Option<Self> {
        if venue_order_id >> 48 == 0 {
            Some(Self::new(0, StrategyId(u16::MAX), venue_order_id))
        } else {
            None
        }
    }

    /// True where it is the name of an order that is not ours: [`ClientOrderId::foreign`].
    pub const fn is_foreign(&self) -> bool {
        self.epoch == 0 && self.strategy_id.0 == u16::MAX
    }

    /// The text form, as bytes, without allocating.
    pub fn text(&self) -> [u8; Self::TEXT_BYTES] {
        let mut text = [b'F'; Self::TEXT_BYTES];
        write_hex(&mut text[1..9], u64::from(self.epoch));
        write_hex(&mut text[9..13], u64::from(self.strategy_id.0));
        write_hex(&mut text[13..25], self.counter);
        text
    }

    /// The id that `text` is the text form of, or `None` where it is not ours.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != Self::TEXT_BYTES || text[0] != b'F' {
            return None;
        }
        let epoch = u32::try_from(read_hex(&text[1..9])?).ok()?;
        let strategy_id = StrategyId(u16::try_from(read_hex(&text[9..13])?).ok()?);
        Some(Self::new(epoch, strategy_id, read_hex(&text[13..25])?))
    }
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

fn write_hex(out: &mut [u8], value: u64) {
    for (place, byte) in out.iter_mut().rev().enumerate() {
        *byte = b"0123456789abcdef"[(value >> (place * 4) & 15) as usize];
    }
}

fn read_hex(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}
