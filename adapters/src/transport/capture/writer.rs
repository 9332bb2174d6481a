//! Writes a capture, and flushes it often enough that a recorder that is killed loses a second at most.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use fulmar_bus::record::UnixNanos;
use zstd::stream::write::Encoder;

use super::{CaptureError, CaptureLine, FORMAT};
use crate::transport::limits::{CAPTURE_FLUSH_BYTES, CAPTURE_FLUSH_INTERVAL, CAPTURE_LEVEL};

/// Writes the lines of a capture in the order in which they are given.
///
/// ```no_run
/// use fulmar_adapters::transport::capture::{CaptureLine, CaptureWriter};
/// use fulmar_bus::record::UnixNanos;
/// let at = UnixNanos(1_723_161_253_937_085_768);
/// let mut writer = CaptureWriter::create("spot.capture.zst".as_ref(), "binance-spot", &[], at)?;
/// writer.write(&CaptureLine::Recv { at, conn: 1, data: "{}".into() })?;
/// writer.finish()?;
/// # Ok::<(), fulmar_adapters::transport::capture::CaptureError>(())
/// ```
pub struct CaptureWriter {
    path: PathBuf,
    encoder: Encoder<'static, BufWriter<File>>,
    line: Vec<u8>,
    unflushed_bytes: usize,
    flushed_at: UnixNanos,
}

impl CaptureWriter {
    /// Makes a capture and writes its header.
    ///
    /// # Errors
    /// [`CaptureError::Create`] where the file exists or cannot be made; [`CaptureError::Write`] as for lines.
    pub fn create(
        path: &Path,
        venue: &str,
        instruments: &[String],
        recorded_at: UnixNanos,
    ) -> Result<Self, CaptureError> {
        let encoder = File::create_new(path)
            .and_then(|file| Encoder::new(BufWriter::new(file), CAPTURE_LEVEL))
            .map_err(|source| CaptureError::Create { path: path.to_owned(), source })?;
        let mut writer = CaptureWriter {
            path: path.to_owned(),
            encoder,
            line: Vec::new(),
            unflushed_bytes: 0,
            flushed_at: recorded_at,
        };
        writer.write(&CaptureLine::Header {
            format: Cow::Borrowed(FORMAT),
            venue: Cow::Borrowed(venue),
            instruments: instruments.to_vec(),
            recorded_at,
        })?;
        writer.flush()?;
        Ok(writer)
    }

    /// Writes a line, and flushes where a second or a good many bytes went by since that was last done.
    ///
    /// # Errors
    /// [`CaptureError::Write`], such as where the disk is full.
    pub fn write(&mut self, line: &CaptureLine<'_>) -> Result<(), CaptureError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line).expect("text and integers are always JSON");
        self.line.push(b'\n');
        let written = self.encoder.write_all(&self.line);
        self.told(written)?;
        self.unflushed_bytes += self.line.len();
        let is_due = line.at().since(self.flushed_at) >= CAPTURE_FLUSH_INTERVAL;
        if is_due || self.unflushed_bytes >= CAPTURE_FLUSH_BYTES {
            self.flush()?;
            self.flushed_at = line.at();
        }
        Ok(())
    }

    /// Brings what was written so far to the file, where a reader finds it even if this process dies now.
    ///
    /// # Errors
    /// [`CaptureError::Write`], such as where the disk is full.
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        self.unflushed_bytes = 0;
        let flushed = self.encoder.flush();
        self.told(flushed)
    }

    /// Ends the capture and brings it to the disk.
    ///
    /// # Errors
    /// [`CaptureError::Write`], such as where the disk is full.
    pub fn finish(self) -> Result<(), CaptureError> {
        let CaptureWriter { path, encoder, .. } = self;
        encoder
            .finish()
            .and_then(|buffer| buffer.into_inner().map_err(std::io::IntoInnerError::into_error))
            .and_then(|file| file.sync_all())
            .map_err(|source| CaptureError::Write { path, source })
    }

    fn told(&self, result: std::io::Result<()>) -> Result<(), CaptureError> {
        result.map_err(|source| CaptureError::Write { path: self.path.clone(), source })
    }
}
