//! What a link tells of itself: events for whoever supervises it, one clear line each in the log, and counters.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::Level;

/// Something happened to a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEvent {
    /// The venue's name.
    pub venue: Arc<str>,
    /// Which connection, as its index; `None` where it is about the HTTP side or the whole link.
    pub connection: Option<u8>,
    /// How many connections the link has.
    pub connection_count: usize,
    /// What happened.
    pub status: LinkStatus,
}

/// What can happen to a link. Addresses are without path and query, which may hold a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// A connection is being opened.
    Connecting {
        /// Where to.
        address: String,
        /// Which attempt since the last healthy connection, counted from one.
        attempt: u32,
    },
    /// A connection is open.
    Open {
        /// Where to.
        address: String,
    },
    /// A connection was closed since the link was told to stop.
    Stopped {
        /// Where to.
        address: String,
    },
    /// A connection that should have stayed was closed, by whichever side.
    Closed {
        /// Where to.
        address: String,
        /// Why.
        reason: String,
    },
    /// A connection could not be opened.
    ConnectFailed {
        /// Where to.
        address: String,
        /// Why.
        cause: String,
        /// Which attempt since the last healthy connection, counted from one.
        attempt: u32,
        /// How long until the next.
        next_in: Duration,
        /// True where there were as many attempts as the budget allows, and the next waits for it.
        is_over_budget: bool,
    },
    /// A connection that is to be opened waits for its turn.
    Waiting {
        /// Where to.
        address: String,
        /// Which attempt is next since the last healthy connection, counted from one.
        attempt: u32,
        /// How long until it.
        next_in: Duration,
        /// True where there were as many attempts as the budget allows; false where attempts are spread alone.
        is_over_budget: bool,
    },
    /// A request of the engine did not go out.
    RequestDropped {
        /// Why.
        cause: &'static str,
    },
    /// The HTTP side could not be reached. What was asked of it waits.
    HttpUnreachable {
        /// Where it is.
        address: String,
        /// Why.
        cause: String,
        /// Which attempt since the last that reached it, counted from one.
        attempt: u32,
        /// How long until the next.
        next_in: Duration,
        /// True where there were as many attempts as the budget allows, and the next waits for it.
        is_over_budget: bool,
    },
    /// An HTTP request got no answer.
    HttpFailed {
        /// Where it went.
        address: String,
        /// Why there is none.
        cause: String,
    },
    /// The venue told us to keep still.
    KeepStill {
        /// With which HTTP status.
        status: u16,
        /// For how long no request goes out.
        duration: Duration,
    },
}

impl LinkStatus {
    /// How loudly it is told: what was asked for is no warning.
    fn level(&self) -> Level {
        match self {
            LinkStatus::Connecting { .. } | LinkStatus::Waiting { is_over_budget: false, .. } => Level::DEBUG,
            LinkStatus::Open { .. } | LinkStatus::Stopped { .. } => Level::INFO,
            _ => Level::WARN,
        }
    }
}

impl fmt::Display for LinkEvent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.venue)?;
        // Those of one link have the same address.
        if let Some(index) = self.connection.filter(|_| self.connection_count > 1) {
            write!(out, "connection {} of {}: ", u16::from(index) + 1, self.connection_count)?;
        }
        match &self.status {
            LinkStatus::Connecting { address, attempt } => {
                write!(out, "connecting to {address}; attempt {attempt}")
            }
            LinkStatus::Open { address } => write!(out, "connected to {address}"),
            LinkStatus::Stopped { address } => write!(out, "disconnected from {address}"),
            LinkStatus::Closed { address, reason } => {
                write!(out, "connection to {address} closed ({reason})")
            }
            LinkStatus::ConnectFailed { address, cause, attempt, next_in, is_over_budget } => {
                write!(out, "cannot connect to {address} ({cause}); ")?;
                next_attempt(out, *attempt, *next_in, *is_over_budget)
            }
            LinkStatus::HttpUnreachable { address, cause, attempt, next_in, is_over_budget } => {
                write!(out, "cannot reach {address} ({cause}); ")?;
                next_attempt(out, *attempt, *next_in, *is_over_budget)
            }
            LinkStatus::Waiting { address, attempt, next_in, is_over_budget } => {
                write!(out, "connecting to {address} waits for its turn; ")?;
                next_attempt(out, *attempt, *next_in, *is_over_budget)
            }
            LinkStatus::RequestDropped { cause } => write!(out, "a request was dropped ({cause})"),
            LinkStatus::HttpFailed { address, cause } => write!(out, "no answer from {address} ({cause})"),
            LinkStatus::KeepStill { status, duration } => {
                let seconds = duration.as_secs_f64();
                write!(out, "HTTP status {status}: no request for {seconds:.1} s")
            }
        }
    }
}

/// How what failed goes on.
fn next_attempt(
    out: &mut fmt::Formatter<'_>,
    attempt: u32,
    next_in: Duration,
    is_over_budget: bool,
) -> fmt::Result {
    let budget = if is_over_budget { "the budget of attempts is used up, " } else { "" };
    write!(out, "attempt {attempt}, {budget}next in {:.1} s", next_in.as_secs_f64())
}

/// The sending end of a link's events. Nobody is waited for: an event that does not fit is counted.
#[derive(Clone, Debug)]
pub struct StatusSender {
    events: mpsc::Sender<LinkEvent>,
}

/// A channel for the events of links, holding this many.
pub fn status_channel(events_max: usize) -> (StatusSender, mpsc::Receiver<LinkEvent>) {
    let (sender, receiver) = mpsc::channel(events_max);
    (StatusSender { events: sender }, receiver)
}

impl StatusSender {
    /// Logs the event and passes it on; false where there was no room, or nobody, to take it.
    pub(super) fn tell(&self, event: LinkEvent) -> bool {
        match event.status.level() {
            Level::DEBUG => tracing::debug!("{event}"),
            Level::INFO => tracing::info!("{event}"),
            _ => tracing::warn!("{event}"),
        }
        self.events.try_send(event).is_ok()
    }
}

/// Counts of a link since it was made.
macro_rules! link_counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// The counters of a link while it runs; ops reads them at any moment.
        #[derive(Debug, Default)]
        pub struct LinkCounters {
            $($(#[$doc])* pub(super) $name: AtomicU64,)+
        }

        /// What a link counted since it was made.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct LinkReport {
            $($(#[$doc])* pub $name: u64,)+
        }

        impl LinkCounters {
            /// The counts of this moment. Each is right by itself; they are not read at one instant.
            pub fn report(&self) -> LinkReport {
                LinkReport { $($name: self.$name.load(Ordering::Relaxed),)+ }
            }
        }
    };
}

link_counters! {
    /// Frames given to the engine, of every source.
    frames,
    /// Bytes of those frames.
    frame_bytes,
    /// How often a frame found the ring full and waited.
    backpressure_waits,
    /// Messages sent.
    messages_sent,
    /// Requests that did not go out; each was told.
    requests_dropped,
    /// Requests that the ring lost before they were taken; zero on a gated ring.
    requests_lost,
    /// HTTP requests sent.
    http_requests,
    /// HTTP requests that got no answer.
    http_failures,
    /// Attempts to open a connection.
    connect_attempts,
    /// Connections that opened.
    connections_opened,
    /// Events that nobody took.
    events_lost,
}

/// Adds to a counter that only one thread writes and any reads.
pub(super) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(status: LinkStatus) -> LinkEvent {
        LinkEvent { venue: "binance-spot".into(), connection: Some(0), connection_count: 1, status }
    }

    #[test]
    fn a_failure_is_one_line_with_venue_address_and_cause() {
        let failed = event(LinkStatus::ConnectFailed {
            address: "ws://127.0.0.1:9".to_owned(),
            cause: "connection refused".to_owned(),
            attempt: 3,
            next_in: Duration::from_millis(1234),
            is_over_budget: false,
        });
        assert_eq!(
            failed.to_string(),
            "binance-spot: cannot connect to ws://127.0.0.1:9 (connection refused); attempt 3, next in 1.2 s"
        );
    }

    #[test]
    fn who_waits_for_the_budget_warns_and_who_waits_for_the_spread_does_not() {
        let waiting = |is_over_budget| {
            event(LinkStatus::Waiting {
                address: "ws://127.0.0.1:9".to_owned(),
                attempt: 2,
                next_in: Duration::from_secs(7),
                is_over_budget,
            })
        };
        assert_eq!(
            waiting(true).to_string(),
            "binance-spot: connecting to ws://127.0.0.1:9 waits for its turn; attempt 2, the budget of attempts is \
             used up, next in 7.0 s"
        );
        assert_eq!(waiting(true).status.level(), Level::WARN);
        assert_eq!(waiting(false).status.level(), Level::DEBUG);
    }

    #[test]
    fn each_of_several_connections_is_told_apart() {
        let open = event(LinkStatus::Open { address: "ws://127.0.0.1:9".to_owned() });
        let told = |event: LinkEvent| event.to_string();
        assert_eq!(
            told(open.clone()),
            "binance-spot: connected to ws://127.0.0.1:9",
            "the only one needs no number"
        );
        let second = LinkEvent { connection: Some(1), connection_count: 3, ..open.clone() };
        assert_eq!(told(second), "binance-spot: connection 2 of 3: connected to ws://127.0.0.1:9");
        let whole = LinkEvent { connection: None, connection_count: 3, ..open };
        assert_eq!(told(whole), "binance-spot: connected to ws://127.0.0.1:9");
    }

    #[test]
    fn an_end_that_was_asked_for_is_no_warning_and_any_other_is() {
        let address = || "ws://127.0.0.1:9".to_owned();
        assert_eq!(LinkStatus::Stopped { address: address() }.level(), Level::INFO);
        let reason = "the venue closed it without a reason".to_owned();
        assert_eq!(LinkStatus::Closed { address: address(), reason }.level(), Level::WARN);
    }

    #[test]
    fn an_event_without_room_is_refused_and_never_waited_for() {
        let (status, mut events) = status_channel(1);
        let first = event(LinkStatus::RequestDropped { cause: "first" });
        assert!(status.tell(first.clone()));
        assert!(!status.tell(event(LinkStatus::RequestDropped { cause: "second" })));
        assert_eq!(events.try_recv(), Ok(first));
    }
}
