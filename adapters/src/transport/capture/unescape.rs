//! Undoes the escapes of a JSON string eight bytes at a time: frames in a capture are themselves JSON, so every few
//! bytes there is an escaped quote, and this is where reading a capture spends its time.

const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Writes the JSON string at the start of `input` (its opening quote already taken) to `text`, and returns how many
/// bytes of `input` it took, closing quote included. `None` where the string does not end or holds an escape that is
/// not a single letter; the caller then asks a full JSON parser.
pub(super) fn unescape(input: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    // Unescaping never lengthens; the eight are for the last word, which is written whole.
    text.clear();
    text.resize(input.len() + 8, 0);
    let (mut taken_bytes, mut text_bytes) = (0, 0);
    loop {
        let (word, word_bytes) = load(&input[taken_bytes..]);
        text[text_bytes..text_bytes + 8].copy_from_slice(&word.to_le_bytes());
        let plain_bytes = first_special(word).min(word_bytes);
        taken_bytes += plain_bytes;
        text_bytes += plain_bytes;
        if plain_bytes == 8 {
            continue;
        }
        match *input.get(taken_bytes)? {
            b'"' => {
                text.truncate(text_bytes);
                return Some(taken_bytes + 1);
            }
            _ => {
                text[text_bytes] = unescaped(*input.get(taken_bytes + 1)?)?;
                taken_bytes += 2;
                text_bytes += 1;
            }
        }
    }
}

/// The next eight bytes, or what there is of them, padded with zeros; and how many there are.
fn load(input: &[u8]) -> (u64, usize) {
    match input.first_chunk::<8>() {
        Some(bytes) => (u64::from_le_bytes(*bytes), 8),
        None => {
            let mut bytes = [0; 8];
            bytes[..input.len()].copy_from_slice(input);
            (u64::from_le_bytes(bytes), input.len())
        }
    }
}

/// Which byte of `word` is the first quote or backslash; 8 where none is.
fn first_special(word: u64) -> usize {
    let found = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
    found.trailing_zeros() as usize / 8
}

/// The high bit of each byte of `word` that is zero. Bytes above the first zero may be marked too, which does not
/// matter to who looks for the first.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS
}

/// The character that a backslash and this letter stand for.
fn unescaped(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'f' => 0x0c,
        _ => return None,
    })
}
