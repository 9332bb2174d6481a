//! Whether the process of an attached strategy is there: what its port tells the gate, and what the gate answers.

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{Kind, Payload};

/// What is told of an attached strategy.
/// Stands in a [`Presence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum PresenceNews {
    /// A process attached, or lost reports: it is to be told all of its orders and positions anew.
    Here = 1,
    /// Its process is gone, or was sent away.
    Gone = 2,
    /// The gate's answer to the first: what stands, and what is held, follows; whatever was known before is forgotten.
    Anew = 3,
}

/// What becomes of the orders and positions of a strategy whose process is gone.
/// Stands in a [`Presence`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum OnDisconnect {
    /// Its orders are canceled.
    #[default]
    Cancel = 1,
    /// Its orders stand.
    Leave = 2,
    /// Its orders are canceled, and what it holds is closed.
    Flatten = 3,
}

/// News of the process of an attached strategy. Whose it is, the channel says.
///
/// ```
/// use fulmar_bus::record::*;
/// let gone = Presence::gone(OnDisconnect::Flatten);
/// assert_eq!((gone.news, gone.on_disconnect), (PresenceNews::Gone, OnDisconnect::Flatten));
/// assert_eq!(Presence::anew(3, 12).counter, 12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Presence {
    /// What happened.
    pub news: PresenceNews,
    /// What is to become of its orders, where it is gone.
    pub on_disconnect: OnDisconnect,
    reserved: [u8; 2],
    /// In the gate's answer: the boot, and the number of the last order of it that the gate had seen of the strategy. A
    /// later one is on its way there still.
    pub epoch: u32,
    /// See `epoch`.
    pub counter: u64,
}

impl Presence {
    /// A process is there, and wants to be told.
    pub const HERE: Presence = Presence::of(PresenceNews::Here, OnDisconnect::Leave, (0, 0));

    /// A process is gone.
    pub const fn gone(on_disconnect: OnDisconnect) -> Self {
        Presence::of(PresenceNews::Gone, on_disconnect, (0, 0))
    }

    /// What is told from now on is all there is, but for orders of that boot behind that number.
    pub const fn anew(epoch: u32, counter: u64) -> Self {
        Presence::of(PresenceNews::Anew, OnDisconnect::Leave, (epoch, counter))
    }

    const fn of(news: PresenceNews, on_disconnect: OnDisconnect, (epoch, counter): (u32, u64)) -> Self {
        Presence { news, on_disconnect, reserved: [0; 2], epoch, counter }
    }
}

impl Payload for Presence {
    const KIND: Kind = Kind::Presence;
}
