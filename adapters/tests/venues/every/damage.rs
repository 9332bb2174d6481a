//! Damage as wires, proxies and venues do it: cut, flipped, repeated, in other words.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// One to three small changes.
pub fn damage(random: &mut ChaCha8Rng, data: &mut Vec<u8>) {
    const TOKENS: [&[u8]; 16] = [
        b"0", b"9", b".", b"-", b"e5", b"00", b" ", b"\"", b"\\u0041", b"null", b"[", b"]}", b",", b"true",
        b"NaN", b"\xff",
    ];
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(0..=data.len());
        match random.random_range(0..7) {
            0 => data.truncate(at),
            1 if at < data.len() => data[at] ^= 1 << random.random_range(0..8),
            2 if at < data.len() => {
                data.remove(at);
            }
            3 => {
                let digits: Vec<_> = (0..data.len()).filter(|at| data[*at].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    data[digits[random.random_range(0..digits.len())]] = b'0' + random.random_range(0..10);
                }
            }
            4 => {
                let end = random.random_range(at..=data.len());
                let part = data[at..end].to_vec();
                data.splice(at..at, part);
            }
            5 => {
                // A field that nobody knows: valid, and not the venue's layout.
                let opened: Vec<_> = (0..data.len()).filter(|at| data[*at] == b'{').collect();
                if !opened.is_empty() {
                    let at = opened[random.random_range(0..opened.len())] + 1;
                    data.splice(at..at, *b"\"new\":[1,{\"u\":null}],");
                }
            }
            _ => {
                let token = TOKENS[random.random_range(0..TOKENS.len())];
                data.splice(at..at, token.iter().copied());
            }
        }
    }
}
