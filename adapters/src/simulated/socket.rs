//! One WebSocket: frames out as they come, texts in as commands, pings on time, and an end to it where one side fails.

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, timeout};

use super::config::Hearer;
use super::limits::{FLUSH_FRAMES, PING_INTERVAL, PONG_TIMEOUT, STREAM_MESSAGES_PER_SECOND, WRITE_TIMEOUT};
use super::server::Command;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The client left, or its network did.
    Left,
    /// The venue ended it: its queue was full, or the venue stops.
    Ended,
    /// It sent more messages than it may.
    TooManyMessages,
    /// It did not answer pings.
    Silent,
}

/// Where texts go, and who hears them on their way.
type Inward<'a> = (&'a mpsc::Sender<Command>, Option<&'a Hearer>);

/// Carries frames between a socket and the venue until one of them ends it.
pub async fn carry(
    mut socket: WebSocket,
    connection: u64,
    (mut frames, (commands, hearer)): (mpsc::Receiver<Utf8Bytes>, Inward<'_>),
    is_limited: bool,
) -> Departure {
    let mut batch = Vec::with_capacity(FLUSH_FRAMES);
    let mut pings = tokio::time::interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    let mut answered = Instant::now();
    let mut pace = Pace { second: Instant::now(), count: 0 };
    loop {
        tokio::select! {
            count = frames.recv_many(&mut batch, FLUSH_FRAMES) => {
                if count == 0 {
                    // The other side may be gone already; then there is nobody to say farewell to.
                    let _closed = timeout(WRITE_TIMEOUT, socket.send(Message::Close(None))).await;
                    return Departure::Ended;
                }
                if !write(&mut socket, &mut batch).await {
                    return Departure::Left;
                }
            }
            message = socket.recv() => {
                let Some(Ok(message)) = message else { return Departure::Left };
                if is_limited && pace.is_exceeded(Instant::now()) {
                    return Departure::TooManyMessages;
                }
                match message {
                    Message::Text(text) => {
                        hearer.into_iter().for_each(|Hearer(hear)| hear(text.as_str()));
                        if commands.send(Command::Text { connection, text }).await.is_err() {
                            return Departure::Ended;
                        }
                    }
                    Message::Pong(_) => answered = Instant::now(),
                    Message::Close(_) => return Departure::Left,
                    // The WebSocket layer answers pings by itself, and nothing here is binary.
                    Message::Ping(_) | Message::Binary(_) => {}
                }
            }
            _ = pings.tick() => {
                if answered.elapsed() > PONG_TIMEOUT {
                    return Departure::Silent;
                }
                let ping = timeout(WRITE_TIMEOUT, socket.send(Message::Ping("".into()))).await;
                if !matches!(ping, Ok(Ok(()))) {
                    return Departure::Left;
                }
            }
        }
    }
}

/// Writes a batch of frames with one flush. False where the client is gone or takes too long.
async fn write(socket: &mut WebSocket, batch: &mut Vec<Utf8Bytes>) -> bool {
    let writing = async {
        for frame in batch.drain(..) {
            socket.feed(Message::Text(frame)).await?;
        }
        socket.flush().await
    };
    matches!(timeout(WRITE_TIMEOUT, writing).await, Ok(Ok(())))
}

/// Counts a connection's messages within one second.
struct Pace {
    second: Instant,
    count: u32,
}

impl Pace {
    fn is_exceeded(&mut self, now: Instant) -> bool {
        if now.duration_since(self.second).as_secs() >= 1 {
            (self.second, self.count) = (now, 0);
        }
        self.count += 1;
        self.count > STREAM_MESSAGES_PER_SECOND
    }
}
