//! One number for everything that two programs must agree on before they read each other's memory.

use super::directory;
use crate::{
    channel::RING_LAYOUT,
    record::{HEADER_BYTES, LAYOUTS, RECORD_SLOTS_MAX, RecordLayout, SLOT_BYTES},
};

/// The hash of the sizes, offsets, names, kinds and versions of all records, and of the layout of rings and segments.
/// Programs in which it differs were built from unlike tables, and refuse each other. It keeps mistakes out, and no
/// malice.
///
/// ```
/// use fulmar_bus::segment::layout_hash;
/// assert_eq!(layout_hash(), layout_hash());
/// ```
pub const fn layout_hash() -> u64 {
    const HASH: u64 = of(LAYOUTS);
    HASH
}

/// FNV-1a, which is a few lines and can be computed by the compiler.
const BASIS: u64 = 0xCBF2_9CE4_8422_2325;
const PRIME: u64 = 0x0100_0000_01B3;

const fn of(layouts: &[RecordLayout]) -> u64 {
    let sizes = [HEADER_BYTES as u64, SLOT_BYTES as u64, RECORD_SLOTS_MAX as u64];
    let mut hash = add_words(add_words(add_words(BASIS, &sizes), &RING_LAYOUT), &directory::LAYOUT);
    let mut index = 0;
    while index < layouts.len() {
        let RecordLayout { name, kind, version, bytes, fields } = layouts[index];
        hash = add_words(hash, &[kind as u64, version as u64, bytes as u64, fields.len() as u64]);
        hash = add_bytes(hash, name.as_bytes());
        let mut field = 0;
        while field < fields.len() {
            let (name, offset) = fields[field];
            hash = add_bytes(add_words(hash, &[offset as u64]), name.as_bytes());
            field += 1;
        }
        index += 1;
    }
    hash
}

const fn add_words(mut hash: u64, words: &[u64]) -> u64 {
    let mut index = 0;
    while index < words.len() {
        hash = add_bytes(hash, &words[index].to_le_bytes());
        index += 1;
    }
    hash
}

const fn add_bytes(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(PRIME);
        index += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;

    #[test]
    fn it_is_the_hash_that_everybody_computes() {
        assert_eq!(add_bytes(BASIS, b"foobar"), 0x8594_4171_F739_67E8, "a published vector of FNV-1a");
    }

    #[test]
    fn every_number_and_name_of_a_layout_changes_it() {
        const A: &[(&str, usize)] = &[("price", 0), ("quantity", 8)];
        const B: &[(&str, usize)] = &[("price", 0), ("quantity", 16)];
        const C: &[(&str, usize)] = &[("price", 0), ("amount", 8)];
        let layout = |kind, version, bytes, fields| RecordLayout { name: "A", kind, version, bytes, fields };
        let one = layout(Kind::Trade, 1, 16, A);
        let others = [
            layout(Kind::Timer, 1, 16, A),
            layout(Kind::Trade, 2, 16, A),
            layout(Kind::Trade, 1, 24, A),
            layout(Kind::Trade, 1, 16, B),
            layout(Kind::Trade, 1, 16, C),
            RecordLayout { name: "B", ..one },
        ];
        let mut hashes: Vec<u64> = others.iter().map(|other| of(&[*other])).collect();
        hashes.extend([of(&[one]), of(&[one, one]), of(&[])]);
        hashes.sort_unstable();
        assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
