//! Identities that venues give as texts, as numbers of 64 bits.

/// The id of a trade: the number that it is, or the first sixteen digits of a UUID. `None` where it is neither.
///
/// Two trades whose UUIDs begin alike would have one id, which is nothing to fear of random digits; the id is for
/// people and for telling repetitions, and nothing is decided by it.
///
/// ```
/// use fulmar_adapters::decode::identity::trade_id;
/// assert_eq!(trade_id(b"2290000001189048101"), Some(2_290_000_001_189_048_101));
/// assert_eq!(trade_id(b"a9188a0a-82bc-50de-be60-03eedbe3cdd7"), Some(0xa918_8a0a_82bc_50de));
/// assert_eq!(trade_id(b"no id"), None);
/// ```
#[inline]
pub fn trade_id(text: &[u8]) -> Option<u64> {
    /// Bytes of a UUID with its dashes.
    const UUID_BYTES: usize = 36;
    if text.len() == UUID_BYTES {
        return uuid(text);
    }
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let append = |value: u64, byte: &u8| value.checked_mul(10)?.checked_add(digit(byte)?);
    if text.is_empty() { None } else { text.iter().try_fold(0, append) }
}

fn uuid(text: &[u8]) -> Option<u64> {
    let is_dash = |place: usize| matches!(place, 8 | 13 | 18 | 23);
    let mut value = 0_u64;
    let mut digits = 0;
    for (place, byte) in text.iter().enumerate() {
        let digit = match byte {
            b'-' if is_dash(place) => continue,
            b'0'..=b'9' if !is_dash(place) => byte - b'0',
            b'a'..=b'f' if !is_dash(place) => byte - b'a' + 10,
            b'A'..=b'F' if !is_dash(place) => byte - b'A' + 10,
            _ => return None,
        };
        if digits < 16 {
            value = value << 4 | u64::from(digit);
        }
        digits += 1;
    }
    Some(value)
}
