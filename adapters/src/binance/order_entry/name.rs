//! How the venue calls an order: by its client order id, and where a change put another order in its place, by the
//! number of that change behind it. So what stands, and what was asked for, is told apart by name alone.

use fulmar_bus::record::ClientOrderId;

/// The name of one order at the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderName {
    /// The order here.
    pub id: ClientOrderId,
    /// The change that put it in the place of an earlier one; zero for the order as it was placed.
    pub revision: u16,
}

/// Bytes behind the id where there is a revision: `r` and four hexadecimal digits.
const REVISION_BYTES: usize = 5;
const TEXT_BYTES: usize = ClientOrderId::TEXT_BYTES + REVISION_BYTES;

/// The text of a name, without allocating.
pub struct NameText {
    bytes: [u8; TEXT_BYTES],
    len: usize,
}

impl OrderName {
    /// The order as it was placed.
    pub const fn of(id: ClientOrderId) -> Self {
        OrderName { id, revision: 0 }
    }

    /// Its text.
    pub fn text(self) -> NameText {
        let mut bytes = [b'r'; TEXT_BYTES];
        let (id, revision) = bytes.split_at_mut(ClientOrderId::TEXT_BYTES);
        id.copy_from_slice(&self.id.text());
        for (place, byte) in revision[1..].iter_mut().rev().enumerate() {
            *byte = b"0123456789abcdef"[usize::from(self.revision >> (place * 4) & 15)];
        }
        let len = if self.revision == 0 { ClientOrderId::TEXT_BYTES } else { TEXT_BYTES };
        NameText { bytes, len }
    }

    /// The name that `text` is of, or `None` where it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, rest) = text.split_at_checked(ClientOrderId::TEXT_BYTES)?;
        let id = ClientOrderId::parse(id.as_bytes())?;
        if rest.is_empty() {
            return Some(Self::of(id));
        }
        let digits = rest.strip_prefix('r').filter(|digits| digits.len() == REVISION_BYTES - 1)?;
        let revision = u16::from_str_radix(digits, 16).ok().filter(|revision| *revision != 0)?;
        Some(OrderName { id, revision })
    }
}

impl NameText {
    /// The text as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::StrategyId;

    use super::*;

    #[test]
    fn a_name_is_the_id_and_where_it_replaced_another_the_number_of_the_change() {
        let id = ClientOrderId::new(7, StrategyId(2), 300);
        for (revision, text) in [
            (0, "F00000007000200000000012c"),
            (1, "F00000007000200000000012cr0001"),
            (u16::MAX, "F00000007000200000000012crffff"),
        ] {
            let name = OrderName { id, revision };
            assert_eq!(name.text().as_bytes(), text.as_bytes());
            assert!(text.len() <= 36, "which is as many as the venue takes");
            assert_eq!(OrderName::parse(text), Some(name));
        }
        for other in [
            "",
            "web_1",
            "F00000007000200000000012cr0000",
            "F00000007000200000000012cx0001",
            "F00000007000200000000012cr001",
        ] {
            assert_eq!(OrderName::parse(other), None, "{other}");
        }
    }
}
