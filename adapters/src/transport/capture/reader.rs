//! Reads a capture line by line, as fast as zstd gives it. Lines of the layout that recorders write are cut by hand;
//! any other valid JSON of the same meaning is read as well, through a full parser.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use fulmar_bus::record::UnixNanos;
use zstd::stream::read::Decoder;

use super::unescape::unescape;
use super::{CaptureError, CaptureLine, FORMAT};
use crate::transport::limits::{CAPTURE_AT_MAX, CAPTURE_AT_MIN, CAPTURE_LINE_BYTES_MAX};

/// Reads the lines of a capture in file order, header first.
///
/// ```no_run
/// use fulmar_adapters::transport::capture::{CaptureLine, CaptureReader};
/// let mut reader = CaptureReader::open("btcusdt.capture.zst".as_ref())?;
/// while let Some(line) = reader.next_line()? {
///     if let CaptureLine::Recv { at, data, .. } = line {
///         assert!(at.0 > 0 && !data.is_empty());
///     }
/// }
/// # Ok::<(), fulmar_adapters::transport::capture::CaptureError>(())
/// ```
pub struct CaptureReader {
    path: PathBuf,
    input: BufReader<Decoder<'static, BufReader<File>>>,
    line: Vec<u8>,
    text: Vec<u8>,
    line_number: u64,
    is_truncated: bool,
}

impl CaptureReader {
    /// Opens a capture.
    ///
    /// # Errors
    /// [`CaptureError::Open`] where there is no such file or no memory to decompress it with.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let decoder = File::open(path)
            .and_then(Decoder::new)
            .map_err(|source| CaptureError::Open { path: path.to_owned(), source })?;
        Ok(CaptureReader {
            path: path.to_owned(),
            input: BufReader::with_capacity(INPUT_BYTES, decoder),
            line: Vec::new(),
            text: Vec::new(),
            line_number: 0,
            is_truncated: false,
        })
    }

    /// The next line, or `None` at the end. The first is always the header.
    ///
    /// A recorder that was killed leaves a file that ends in the middle: all whole lines are given, then `None`, and
    /// [`CaptureReader::is_truncated`] says so.
    ///
    /// # Errors
    /// [`CaptureError::BadLine`] names the line that is not of the format; [`CaptureError::Read`] where the file or
    /// its compression is damaged.
    pub fn next_line(&mut self) -> Result<Option<CaptureLine<'_>>, CaptureError> {
        if !self.fill_line()? {
            return Ok(None);
        }
        self.line_number += 1;
        let line = match cut_message(&self.line, &mut self.text) {
            Some(message) => message.with_text(&self.text),
            None => serde_json::from_slice(&self.line).map_err(|error| error.to_string()),
        };
        line.and_then(|line| in_place(line, self.line_number)).map(Some).map_err(|problem| {
            CaptureError::BadLine { path: self.path.clone(), line_number: self.line_number, problem }
        })
    }

    /// How many lines were read.
    pub fn line_number(&self) -> u64 {
        self.line_number
    }

    /// True once the end was reached and it is not the end that a recorder writes: what came after is lost.
    pub fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// Reads the next line without its line feed; false at the end.
    fn fill_line(&mut self) -> Result<bool, CaptureError> {
        if self.is_truncated {
            return Ok(false);
        }
        self.line.clear();
        let mut limited = (&mut self.input).take(CAPTURE_LINE_BYTES_MAX);
        match limited.read_until(b'\n', &mut self.line) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(source) => {
                return Err(CaptureError::Read {
                    path: self.path.clone(),
                    line_number: self.line_number,
                    source,
                });
            }
        }
        if self.line.pop_if(|last| *last == b'\n').is_some() {
            return Ok(true);
        }
        if self.line.len() as u64 >= CAPTURE_LINE_BYTES_MAX {
            return Err(CaptureError::BadLine {
                path: self.path.clone(),
                line_number: self.line_number + 1,
                problem: format!("longer than {CAPTURE_LINE_BYTES_MAX} bytes"),
            });
        }
        self.is_truncated = true;
        Ok(false)
    }
}

/// Enough for several blocks of zstd, so that lines are searched for in few large pieces.
const INPUT_BYTES: usize = 256 * 1024;

/// A `recv` or `send` line of the usual layout, its text already written elsewhere.
struct CutMessage {
    is_received: bool,
    at: UnixNanos,
    conn: u8,
}

impl CutMessage {
    fn with_text(self, text: &[u8]) -> Result<CaptureLine<'_>, String> {
        let data = Cow::Borrowed(std::str::from_utf8(text).map_err(|error| error.to_string())?);
        let CutMessage { is_received, at, conn } = self;
        Ok(if is_received {
            CaptureLine::Recv { at, conn, data }
        } else {
            CaptureLine::Send { at, conn, data }
        })
    }
}

/// Cuts `{"t":"recv","at":N,"conn":N,"data":"..."}`, writing the text to `text`. `None` where the line is anything
/// else.
fn cut_message(line: &[u8], text: &mut Vec<u8>) -> Option<CutMessage> {
    let (is_received, rest) = match line.strip_prefix(br#"{"t":"recv","at":"#) {
        Some(rest) => (true, rest),
        None => (false, line.strip_prefix(br#"{"t":"send","at":"#)?),
    };
    let (at, rest) = cut_number(rest)?;
    let (conn, rest) = cut_number(rest.strip_prefix(br#","conn":"#)?)?;
    let escaped = rest.strip_prefix(br#","data":""#)?;
    let escaped_bytes = unescape(escaped, text)?;
    let is_whole = &escaped[escaped_bytes..] == b"}";
    is_whole.then_some(CutMessage { is_received, at: UnixNanos(at), conn: u8::try_from(conn).ok()? })
}

/// The decimal number at the start of `bytes`, and what follows it.
fn cut_number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digit_count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at(digit_count);
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

/// The header is the first line, of the format that we read, no other line is one, and each names a moment that can be.
fn in_place(line: CaptureLine<'_>, line_number: u64) -> Result<CaptureLine<'_>, String> {
    let (at, key) =
        (line.at(), if matches!(line, CaptureLine::Header { .. }) { "recorded_at" } else { "at" });
    match (&line, line_number) {
        (CaptureLine::Header { format, .. }, 1) if format != FORMAT => {
            Err(format!("format: {format:?} is not read by this build; it takes {FORMAT:?}"))
        }
        (CaptureLine::Header { .. }, 2..) => Err("a second header; one file is one capture".to_owned()),
        (_, 1) if key == "at" => Err("the first line is no header; a capture begins with one".to_owned()),
        _ if !(CAPTURE_AT_MIN..=CAPTURE_AT_MAX).contains(&at) => Err(format!(
            "{key}: {} is no moment of a recording; it takes nanoseconds since 1970, from {} (the year 2000) to {} (2200)",
            at.0, CAPTURE_AT_MIN.0, CAPTURE_AT_MAX.0,
        )),
        _ => Ok(line),
    }
}
