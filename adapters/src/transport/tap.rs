//! Records what a link sees: every frame and every message sent also goes to a capture, written by a thread of its own.
//!
//! The link never waits for the disk. What does not fit the queue is not recorded, counted, and told at the end.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use fulmar_bus::record::{FrameSource, UnixNanos};
use fulmar_engine::runtime::FrameHead;
use tokio_tungstenite::tungstenite::Bytes;

use super::capture::{CaptureError, CaptureLine, CaptureWriter};
use super::limits::{TAP_FLUSH_AFTER, TAP_QUEUE_BYTES, TAP_QUEUE_ENTRIES};

/// Gives a link's frames to a recorder. Clones give to the same one.
#[derive(Clone, Debug)]
pub struct Tap {
    entries: Sender<Entry>,
    queue: Arc<Queue>,
}

/// The recorder's thread, to be finished once its links have stopped.
#[derive(Debug)]
pub struct Recorder {
    entries: Sender<Entry>,
    thread: JoinHandle<Result<Recording, CaptureError>>,
}

/// What became of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Lines written, the header not counted.
    pub lines: u64,
    /// Frames and messages that are not in it: the queue was full, or they were no text.
    pub lost_count: u64,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: AtomicUsize,
    lost_count: AtomicU64,
}

#[derive(Debug)]
enum Entry {
    Frame { head: FrameHead, bytes: Bytes },
    Sent { connection: u8, at: UnixNanos, bytes: Bytes },
    End,
}

/// Starts a recorder that writes to `writer`. HTTP answers are recorded with `rest_url` before their path.
///
/// # Errors
/// Where the machine gives no thread.
pub fn start_recorder(writer: CaptureWriter, rest_url: &str) -> io::Result<(Tap, Recorder)> {
    let (entries, queued) = bounded(TAP_QUEUE_ENTRIES);
    let queue = Arc::new(Queue::default());
    let rest_url = rest_url.trim_end_matches('/').to_owned();
    let of_thread = Arc::clone(&queue);
    let thread = Builder::new().name("fulmar-tap".to_owned()).spawn(move || {
        record(writer, &queued, &of_thread, &rest_url)
            .inspect_err(|error| tracing::error!("the recording ends before its time: {error}"))
    })?;
    let tap = Tap { entries: entries.clone(), queue };
    Ok((tap, Recorder { entries, thread }))
}

impl Tap {
    pub(super) fn frame(&self, head: FrameHead, bytes: &Bytes) {
        self.give(Entry::Frame { head, bytes: bytes.clone() }, bytes.len());
    }

    pub(super) fn sent(&self, connection: u8, at: UnixNanos, bytes: &Bytes) {
        self.give(Entry::Sent { connection, at, bytes: bytes.clone() }, bytes.len());
    }

    /// How many frames and messages were not recorded so far.
    pub fn lost_count(&self) -> u64 {
        self.queue.lost_count.load(Ordering::Relaxed)
    }

    fn give(&self, entry: Entry, entry_bytes: usize) {
        let has_room = self.queue.bytes.load(Ordering::Relaxed) + entry_bytes <= TAP_QUEUE_BYTES;
        self.queue.bytes.fetch_add(entry_bytes, Ordering::Relaxed);
        if !has_room || self.entries.try_send(entry).is_err() {
            self.queue.bytes.fetch_sub(entry_bytes, Ordering::Relaxed);
            self.queue.lost_count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Recorder {
    /// Writes what was given so far, ends the capture, and says how complete it is.
    ///
    /// # Errors
    /// What ended the recording early, such as a full disk.
    pub fn finish(self) -> Result<Recording, CaptureError> {
        // The thread is gone where the recording failed; its result says how.
        drop(self.entries.send(Entry::End));
        self.thread.join().expect("the recorder's thread returns its errors")
    }
}

/// The recorder's thread: entries to lines, until the end is asked for or nobody is left to ask.
fn record(
    mut writer: CaptureWriter,
    entries: &Receiver<Entry>,
    queue: &Queue,
    rest_url: &str,
) -> Result<Recording, CaptureError> {
    let mut lines = 0;
    loop {
        let entry = match entries.recv_timeout(TAP_FLUSH_AFTER) {
            Ok(Entry::End) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(entry) => entry,
            Err(RecvTimeoutError::Timeout) => {
                writer.flush()?;
                continue;
            }
        };
        queue.bytes.fetch_sub(entry.bytes().len(), Ordering::Relaxed);
        match entry.line(rest_url) {
            Some(line) => {
                writer.write(&line)?;
                lines += 1;
            }
            None => {
                queue.lost_count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    // What comes after the end is not missed.
    let lost_count = queue.lost_count.load(Ordering::Relaxed);
    writer.finish()?;
    Ok(Recording { lines, lost_count })
}

impl Entry {
    fn bytes(&self) -> &[u8] {
        match self {
            Entry::Frame { bytes, .. } | Entry::Sent { bytes, .. } => bytes,
            Entry::End => &[],
        }
    }

    /// The line of a capture that says this; `None` where the bytes are no text.
    fn line(&self, rest_url: &str) -> Option<CaptureLine<'_>> {
        let text = std::str::from_utf8(self.bytes()).ok()?;
        let data = Cow::Borrowed(text);
        match self {
            Entry::End => None,
            Entry::Sent { connection, at, .. } => {
                Some(CaptureLine::Send { at: *at, conn: counted_from_one(*connection), data })
            }
            Entry::Frame { head, .. } => {
                let (at, conn) = (head.received_at, counted_from_one(head.connection));
                Some(match head.source {
                    FrameSource::Message => CaptureLine::Recv { at, conn, data },
                    FrameSource::Opened => CaptureLine::Connect { at, conn, url: data },
                    FrameSource::Closed => CaptureLine::Disconnect { at, conn, reason: data },
                    FrameSource::Http => {
                        let (target, body) = text.split_once('\n')?;
                        let url = Cow::Owned(format!("{rest_url}{target}"));
                        CaptureLine::Http { at, url, status: head.status, body: Cow::Borrowed(body) }
                    }
                })
            }
        }
    }
}

/// Captures count connections from one, the engine from zero.
fn counted_from_one(connection: u8) -> u8 {
    connection.saturating_add(1)
}
