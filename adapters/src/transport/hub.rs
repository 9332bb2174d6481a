//! What all tasks of a link share: its name and limits, the way into the engine, and the ways to tell.

use std::sync::Arc;
use std::time::Duration;

use fulmar_bus::record::{FrameSource, UnixNanos};
use fulmar_engine::runtime::FrameHead;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Bytes;

use super::frames::FrameOutlet;
use super::limits::TransportLimits;
use super::status::{LinkCounters, LinkEvent, LinkStatus, StatusSender, count};
use super::tap::Tap;

/// Says what time it is. The one who starts a link brings it, so that all of one engine agree.
pub type Clock = Arc<dyn Fn() -> UnixNanos + Send + Sync>;

/// Until the link is to stop, or nobody is left who could say so.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The error is that nobody is left.
    let _ = stop.wait_for(|is_stopped| *is_stopped).await;
}

/// Shared by the tasks of one link while it runs.
pub(super) struct Hub {
    pub(super) venue: Arc<str>,
    pub(super) connection_count: usize,
    pub(super) limits: TransportLimits,
    pub(super) clock: Clock,
    pub(super) frames: Arc<FrameOutlet>,
    pub(super) tap: Option<Tap>,
    pub(super) status: StatusSender,
    pub(super) counters: Arc<LinkCounters>,
    /// Until when nothing is asked and no connection is opened.
    pub(super) still_until: watch::Sender<Instant>,
}

impl Hub {
    /// Gives the engine a frame that is not an HTTP answer.
    pub(super) async fn frame(&self, source: FrameSource, connection: u8, bytes: Bytes) {
        let head = FrameHead { source, connection, status: 0, received_at: (self.clock)() };
        self.frames.write(head, bytes, &self.counters).await;
    }

    /// Gives the engine an HTTP answer.
    pub(super) async fn http_frame(&self, connection: u8, status: u16, bytes: Bytes) {
        let head = FrameHead { source: FrameSource::Http, connection, status, received_at: (self.clock)() };
        self.frames.write(head, bytes, &self.counters).await;
    }

    /// Tells what happened, in the log and to whoever listens.
    pub(super) fn tell(&self, connection: Option<u8>, status: LinkStatus) {
        let (venue, connection_count) = (Arc::clone(&self.venue), self.connection_count);
        let event = LinkEvent { venue, connection, connection_count, status };
        if !self.status.tell(event) {
            count(&self.counters.events_lost, 1);
        }
    }

    /// Nothing is asked and no connection is opened for so long.
    pub(super) fn keep_still(&self, duration: Duration) {
        let until = Instant::now() + duration;
        self.still_until.send_if_modified(|at| {
            let is_later = until > *at;
            *at = until.max(*at);
            is_later
        });
    }

    /// Whether the venue may be spoken to.
    pub(super) fn is_heard(&self) -> bool {
        *self.still_until.borrow() <= Instant::now()
    }

    /// Until the venue may be spoken to.
    pub(super) async fn until_heard(&self) {
        loop {
            let until = *self.still_until.borrow();
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    /// A request of the engine does not go out: counted and told.
    pub(super) fn drop_request(&self, connection: u8, cause: &'static str) {
        count(&self.counters.requests_dropped, 1);
        self.tell(Some(connection), LinkStatus::RequestDropped { cause });
    }

    /// A message was sent.
    pub(super) fn sent(&self, connection: u8, bytes: &Bytes) {
        count(&self.counters.messages_sent, 1);
        if let Some(tap) = &self.tap {
            tap.sent(connection, (self.clock)(), bytes);
        }
    }
}
