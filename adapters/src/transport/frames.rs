//! The one way of frames into the engine: whole frames, one after the other, however many connections there are.

use fulmar_engine::runtime::{FrameHead, FrameWriter};
use tokio::sync::Mutex;
use tokio::task::yield_now;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Bytes;

use super::limits::{FULL_RING_SLEEP, FULL_RING_YIELDS};
use super::status::{LinkCounters, count};
use super::tap::Tap;

/// Shared by every task of a link. A frame holds it until its last part is written, so frames never mix.
#[derive(Debug)]
pub(super) struct FrameOutlet {
    outlet: Mutex<Outlet>,
}

#[derive(Debug)]
struct Outlet {
    writer: FrameWriter,
    tap: Option<Tap>,
    /// The frame of which parts are still to be written. It outlives the task that brought it: should that be dropped
    /// half way, whoever comes next writes the rest first, and the engine never sees half a frame.
    current: Option<CurrentFrame>,
}

#[derive(Debug)]
struct CurrentFrame {
    head: FrameHead,
    bytes: Bytes,
    written_bytes: usize,
}

impl FrameOutlet {
    pub(super) fn new(writer: FrameWriter, tap: Option<Tap>) -> Self {
        FrameOutlet { outlet: Mutex::new(Outlet { writer, tap, current: None }) }
    }

    /// Writes a frame, waiting where the ring is full: the engine decides how fast it reads, nothing is dropped.
    pub(super) async fn write(&self, head: FrameHead, bytes: Bytes, counters: &LinkCounters) {
        let mut outlet = self.outlet.lock().await;
        outlet.write_current(counters).await;
        if let Some(tap) = &outlet.tap {
            tap.frame(head, &bytes);
        }
        outlet.current = Some(CurrentFrame { head, bytes, written_bytes: 0 });
        outlet.write_current(counters).await;
    }
}

impl Outlet {
    /// Writes what is left of the current frame, if there is one.
    async fn write_current(&mut self, counters: &LinkCounters) {
        let mut wait_count = 0;
        while let Some(current) = &mut self.current {
            match self.writer.write_part(current.head, &current.bytes, current.written_bytes) {
                Ok(written_bytes) => {
                    current.written_bytes = written_bytes;
                    if written_bytes == current.bytes.len() {
                        count(&counters.frames, 1);
                        count(&counters.frame_bytes, written_bytes as u64);
                        self.current = None;
                    }
                }
                Err(_full) => {
                    count(&counters.backpressure_waits, 1);
                    wait_for_reader(wait_count).await;
                    wait_count += 1;
                }
            }
        }
    }
}

/// Lets the reader of the ring work: first by giving way, for one that runs, then by sleeping, for one that does not.
async fn wait_for_reader(wait_count: u32) {
    if wait_count < FULL_RING_YIELDS {
        yield_now().await;
    } else {
        sleep(FULL_RING_SLEEP).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fulmar_bus::channel::{Poll, Region, RingShape, create};
    use fulmar_bus::record::{ChannelId, Frame, FrameSource, Record, UnixNanos};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_frame_whose_task_was_dropped_half_way_is_finished_before_the_next() {
        let shape = RingShape { slot_count: 128, gate_count: 1 };
        let (writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(1));
        let mut reader = ring.gated_reader().unwrap();
        let outlet = FrameOutlet::new(FrameWriter::new(writer, None), None);
        let counters = LinkCounters::default();
        let head =
            FrameHead { source: FrameSource::Message, connection: 0, status: 0, received_at: UnixNanos(1) };

        let long = Bytes::from(vec![b'x'; 10 * Frame::BYTES_MAX]);
        let cut = timeout(Duration::from_millis(1), outlet.write(head, long.clone(), &counters)).await;
        assert!(cut.is_err(), "ten parts do not fit, so the write waits and is dropped");

        let mut received = Vec::new();
        let mut record = Record::new();
        let mut next = std::pin::pin!(outlet.write(head, Bytes::from_static(b"next"), &counters));
        while !received.ends_with(b"next") {
            let is_written = timeout(Duration::from_millis(1), &mut next).await.is_ok();
            while reader.poll(&mut record) == Poll::Record {
                received.extend_from_slice(Frame::read(&record).unwrap().1);
            }
            if is_written {
                break;
            }
        }
        assert_eq!(received, [&long[..], b"next"].concat());
        assert_eq!(counters.report().frames, 2);
    }
}
