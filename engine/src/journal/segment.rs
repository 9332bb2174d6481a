//! Bytes of a segment, as the module's front page draws them: headers and entries, encoded and checked.
//!
//! Pure: nothing here touches a file.

use std::fmt;
use std::path::{Path, PathBuf};

use fulmar_bus::record::{Text, UnixNanos};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::limits::{MANIFEST_BYTES_MAX, RECORD_ENTRY_BYTES_MAX, SUMMARY_BYTES_MAX};

/// The eight bytes that open every segment.
pub(super) const MAGIC: [u8; 8] = *b"FULMARJ1";
/// The format that this build writes, and the newest that it reads.
pub(super) const FORMAT_VERSION: u32 = 1;
/// Bytes of a segment's header before the manifest.
pub(super) const FIXED_HEADER_BYTES: usize = 224;
/// Bytes of an entry before its body.
pub(super) const ENTRY_HEADER_BYTES: usize = 16;

const _: () = assert!(size_of::<FixedHeader>() == FIXED_HEADER_BYTES, "the layout is the one that is drawn");
const _: () = assert!(cfg!(target_endian = "little"), "records lie in files as they lie in memory");

/// Whose journal it is, and how to rebuild what wrote it. Every segment repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHeader {
    /// 16 random bytes, made by each boot.
    pub boot_id: [u8; 16],
    /// Who the engine belongs to.
    pub tenant: Text<64>,
    /// The boot epoch, a counter that outlives the process; client order ids carry it.
    pub epoch: u32,
    /// When the journal was made.
    pub created_at: UnixNanos,
    /// The build that wrote it.
    pub build: Text<64>,
    /// A hash of the configuration; a shorter one is padded with zeros.
    pub configuration_hash: [u8; 32],
    /// How to rebuild the run (configuration, instruments, channel table), as JSON that the caller defines.
    pub manifest: Vec<u8>,
}

/// A segment's header, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub journal: JournalHeader,
    pub number: u32,
    pub first_sequence: u64,
}

/// The part of a segment's header that is the same size in each.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct FixedHeader {
    magic: [u8; 8],
    format_version: u32,
    crc32: u32,
    header_bytes: u32,
    manifest_bytes: u32,
    segment_number: u32,
    epoch: u32,
    first_sequence: u64,
    created_at: UnixNanos,
    boot_id: [u8; 16],
    configuration_hash: [u8; 32],
    tenant: Text<64>,
    build: Text<64>,
}

/// Where the checksum of a header stands.
const HEADER_CRC: std::ops::Range<usize> = 12..16;
/// Where the checksum of an entry stands.
const ENTRY_CRC: std::ops::Range<usize> = 4..8;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Record = 0,
    Closing = 1,
}

/// An entry whose checksum holds, still in the bytes that it was found in.
#[derive(Debug)]
pub(super) struct WholeEntry<'a> {
    pub kind: EntryKind,
    pub sequence: u64,
    pub body: &'a [u8],
    /// Header, body and padding.
    pub entry_bytes: usize,
}

/// Why bytes are no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Kind(u8),
    Length { body_bytes: usize },
    Incomplete { bytes: usize, entry_bytes: usize },
    Checksum { stored: u32, computed: u32, entry_bytes: usize },
}

impl Broken {
    /// The most bytes that a part of this entry takes, as far as what stands there can be believed.
    pub fn entry_bytes(&self) -> u64 {
        match self {
            Broken::Kind(_) | Broken::Length { .. } => ENTRY_HEADER_BYTES as u64,
            Broken::Incomplete { entry_bytes, .. } | Broken::Checksum { entry_bytes, .. } => {
                *entry_bytes as u64
            }
        }
    }
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BrokenHeader {
    Incomplete { bytes: usize, expected_bytes: usize },
    Magic,
    NewerFormat(u32),
    Format(u32),
    Length { header_bytes: u32, manifest_bytes: u32 },
    Checksum { stored: u32, computed: u32 },
}

impl SegmentHeader {
    /// The bytes that open the segment.
    pub fn encode(&self) -> Vec<u8> {
        let header_bytes = self.bytes();
        let fixed = FixedHeader {
            magic: MAGIC,
            format_version: FORMAT_VERSION,
            crc32: 0,
            header_bytes: length_u32(header_bytes),
            manifest_bytes: length_u32(self.journal.manifest.len()),
            segment_number: self.number,
            epoch: self.journal.epoch,
            first_sequence: self.first_sequence,
            created_at: self.journal.created_at,
            boot_id: self.journal.boot_id,
            configuration_hash: self.journal.configuration_hash,
            tenant: self.journal.tenant,
            build: self.journal.build,
        };
        let mut bytes = Vec::with_capacity(header_bytes);
        bytes.extend_from_slice(fixed.as_bytes());
        bytes.extend_from_slice(&self.journal.manifest);
        bytes.resize(header_bytes, 0);
        let crc32 = crc32_without(&bytes, HEADER_CRC);
        bytes[HEADER_CRC].copy_from_slice(&crc32.to_le_bytes());
        bytes
    }

    /// Bytes of the encoded header: where the entries begin.
    pub fn bytes(&self) -> usize {
        (FIXED_HEADER_BYTES + self.journal.manifest.len()).next_multiple_of(8)
    }

    /// How many bytes the header takes that `start` (as much of a file as there is, up to
    /// [`FIXED_HEADER_BYTES`]) opens. Believes nothing but magic and version; [`SegmentHeader::decode`] checks.
    pub fn bytes_stated(start: &[u8]) -> Result<usize, BrokenHeader> {
        let Ok((fixed, _)) = FixedHeader::read_from_prefix(start) else {
            return Err(BrokenHeader::Incomplete { bytes: start.len(), expected_bytes: FIXED_HEADER_BYTES });
        };
        if fixed.magic != MAGIC {
            return Err(BrokenHeader::Magic);
        }
        if fixed.format_version > FORMAT_VERSION {
            return Err(BrokenHeader::NewerFormat(fixed.format_version));
        }
        if fixed.format_version != FORMAT_VERSION {
            return Err(BrokenHeader::Format(fixed.format_version));
        }
        let header_bytes = fixed.header_bytes as usize;
        let expected_bytes = (FIXED_HEADER_BYTES + fixed.manifest_bytes as usize).next_multiple_of(8);
        if header_bytes != expected_bytes || fixed.manifest_bytes as usize > MANIFEST_BYTES_MAX {
            return Err(BrokenHeader::Length {
                header_bytes: fixed.header_bytes,
                manifest_bytes: fixed.manifest_bytes,
            });
        }
        Ok(header_bytes)
    }

    /// The header that `bytes` are, where they are as many as [`SegmentHeader::bytes_stated`] told.
    pub fn decode(bytes: &[u8], expected_bytes: usize) -> Result<SegmentHeader, BrokenHeader> {
        let incomplete = BrokenHeader::Incomplete { bytes: bytes.len(), expected_bytes };
        if bytes.len() != expected_bytes {
            return Err(incomplete);
        }
        let Ok((fixed, rest)) = FixedHeader::read_from_prefix(bytes) else { return Err(incomplete) };
        let computed = crc32_without(bytes, HEADER_CRC);
        if fixed.crc32 != computed {
            return Err(BrokenHeader::Checksum { stored: fixed.crc32, computed });
        }
        let Some(manifest) = rest.get(..fixed.manifest_bytes as usize) else { return Err(incomplete) };
        let journal = JournalHeader {
            boot_id: fixed.boot_id,
            tenant: fixed.tenant,
            epoch: fixed.epoch,
            created_at: fixed.created_at,
            build: fixed.build,
            configuration_hash: fixed.configuration_hash,
            manifest: manifest.to_vec(),
        };
        Ok(SegmentHeader { journal, number: fixed.segment_number, first_sequence: fixed.first_sequence })
    }
}

/// Bytes of the entry of a body: header, body, padding.
pub(super) fn entry_bytes(body_bytes: usize) -> usize {
    ENTRY_HEADER_BYTES + body_bytes.next_multiple_of(8)
}

/// Puts an entry at the end of `buffer`.
pub(super) fn push_entry(buffer: &mut Vec<u8>, kind: EntryKind, sequence: u64, body: &[u8]) {
    assert!(body.len() <= SUMMARY_BYTES_MAX, "the writer refuses what is longer");
    let start = buffer.len();
    let length_and_kind = length_u32(body.len()) | (kind as u32) << 24;
    buffer.extend_from_slice(&length_and_kind.to_le_bytes());
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&sequence.to_le_bytes());
    buffer.extend_from_slice(body);
    buffer.resize(start + entry_bytes(body.len()), 0);
    let entry = &mut buffer[start..];
    let crc32 = crc32_without(entry, ENTRY_CRC);
    entry[ENTRY_CRC].copy_from_slice(&crc32.to_le_bytes());
}

/// The entry that `bytes` begin with; `None` where they begin with zeros or are none, which is where a segment ends.
pub(super) fn parse_entry(bytes: &[u8]) -> Result<Option<WholeEntry<'_>>, Broken> {
    if bytes.iter().take(4).all(|byte| *byte == 0) {
        return Ok(None);
    }
    let incomplete = |entry_bytes| Broken::Incomplete { bytes: bytes.len(), entry_bytes };
    let Some((head, _)) = bytes.split_first_chunk::<ENTRY_HEADER_BYTES>() else {
        return Err(incomplete(ENTRY_HEADER_BYTES));
    };
    let body_bytes = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
    let (kind, body_bytes_max) = match head[3] {
        0 => (EntryKind::Record, RECORD_ENTRY_BYTES_MAX - ENTRY_HEADER_BYTES),
        1 => (EntryKind::Closing, SUMMARY_BYTES_MAX),
        other => return Err(Broken::Kind(other)),
    };
    if body_bytes > body_bytes_max {
        return Err(Broken::Length { body_bytes });
    }
    let entry_bytes = entry_bytes(body_bytes);
    let entry = bytes.get(..entry_bytes).ok_or_else(|| incomplete(entry_bytes))?;
    let stored = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    let computed = crc32_without(entry, ENTRY_CRC);
    if stored != computed {
        return Err(Broken::Checksum { stored, computed, entry_bytes });
    }
    let sequence = u64::from_le_bytes(*head.last_chunk().expect("a header is longer than eight bytes"));
    let body = &entry[ENTRY_HEADER_BYTES..][..body_bytes];
    Ok(Some(WholeEntry { kind, sequence, body, entry_bytes }))
}

/// The file of a segment.
pub(super) fn segment_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("journal-{number:06}.seg"))
}

/// The file that becomes that segment once its header is on the disk.
pub(super) fn new_segment_path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("journal-{number:06}.new"))
}

/// The number in the name of a segment; `None` for every other name.
pub(super) fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("journal-")?.strip_suffix(".seg")?;
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// The checksum of `bytes` but for those in which it stands itself.
fn crc32_without(bytes: &[u8], hole: std::ops::Range<usize>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..hole.start]);
    hasher.update(&bytes[hole.end..]);
    hasher.finalize()
}

fn length_u32(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("lengths are limited far below four gibibytes")
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Kind(kind) => write!(out, "an entry of unknown kind {kind}"),
            Broken::Length { body_bytes } => write!(out, "an entry that states {body_bytes} bytes"),
            Broken::Incomplete { bytes, entry_bytes } => {
                write!(out, "{bytes} bytes of an entry of {entry_bytes}")
            }
            Broken::Checksum { stored, computed, .. } => {
                write!(out, "checksum {stored:08x} on bytes whose checksum is {computed:08x}")
            }
        }
    }
}

impl fmt::Display for BrokenHeader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BrokenHeader::Incomplete { bytes, expected_bytes } => {
                write!(out, "an incomplete header: {bytes} of {expected_bytes} bytes")
            }
            BrokenHeader::Magic => write!(out, "another magic"),
            BrokenHeader::NewerFormat(version) | BrokenHeader::Format(version) => {
                write!(out, "format version {version}")
            }
            BrokenHeader::Length { header_bytes, manifest_bytes } => {
                write!(out, "a header of {header_bytes} bytes with a manifest of {manifest_bytes}")
            }
            BrokenHeader::Checksum { stored, computed } => {
                write!(out, "header checksum {stored:08x} on bytes whose checksum is {computed:08x}")
            }
        }
    }
}
