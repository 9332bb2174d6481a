//! The engine's side of a link, and servers to link to.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use fulmar_bus::channel::{self, Reader, Region, RingShape, Writer, create};
use fulmar_bus::record::{
    ChannelId, Flags, Frame, Heading, InstrumentId, Nanos, Record, RecordId, Request, UnixNanos,
};
use fulmar_engine::contract::Seal;
use fulmar_engine::runtime::{Doorbell, FrameWriter, RequestReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;

use super::*;

/// A test that waits longer than this for anything has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The other end of a running link.
pub(super) struct Engine {
    frames: Reader,
    frames_bell: Doorbell,
    requests: Writer,
    requests_bell: Doorbell,
    pub(super) clock: Clock,
    running: Option<Running>,
}

struct Running {
    task: JoinHandle<(VenueLink, LinkReport)>,
    stop: watch::Sender<bool>,
    events: mpsc::Receiver<LinkEvent>,
}

impl Engine {
    pub(super) fn ends(seal: Option<Box<dyn Seal>>) -> (LinkEnds, Engine) {
        // Small, so that large frames have to wait.
        let shape = RingShape { slot_count: 1024, gate_count: 1 };
        let (frame_writer, frame_ring) = create(Region::heap(shape.word_count()), shape, ChannelId(1));
        let (requests, request_ring) = create(Region::heap(shape.word_count()), shape, ChannelId(2));
        let (frames_bell, requests_bell) = (Doorbell::new(), Doorbell::new());
        let ends = LinkEnds {
            frames: FrameWriter::new(frame_writer, Some(frames_bell.clone())),
            requests: Requests::new(
                RequestReader::new(request_ring.gated_reader().unwrap(), requests_bell.clone()),
                seal,
            ),
        };
        let frames = frame_ring.gated_reader().unwrap();
        (ends, Engine { frames, frames_bell, requests, requests_bell, clock: clock(), running: None })
    }

    pub(super) fn start(plan: LinkPlan, tap: Option<Tap>) -> Engine {
        let (ends, mut engine) = Engine::ends(None);
        let link = VenueLink::new(plan, ends, Arc::clone(&engine.clock), tap).unwrap();
        engine.run(link);
        engine
    }

    pub(super) fn start_sealed(plan: LinkPlan, seal: Option<Box<dyn Seal>>) -> Engine {
        let (ends, mut engine) = Engine::ends(seal);
        let link = VenueLink::new(plan, ends, Arc::clone(&engine.clock), None).unwrap();
        engine.run(link);
        engine
    }

    pub(super) fn run(&mut self, mut link: VenueLink) {
        let (stop, stopped) = watch::channel(false);
        let (status, events) = status_channel(1024);
        let task = tokio::spawn(async move {
            let report = link.run(stopped, status).await;
            (link, report)
        });
        self.running = Some(Running { task, stop, events });
    }

    pub(super) async fn stop(mut self) -> LinkReport {
        self.end().await.1
    }

    pub(super) async fn restart(&mut self) {
        let (link, _) = self.end().await;
        self.run(link);
    }

    async fn end(&mut self) -> (VenueLink, LinkReport) {
        let Running { task, stop, events } = self.running.take().unwrap();
        stop.send(true).unwrap();
        let ended = timeout(PATIENCE, task).await.expect("the link stops when told").unwrap();
        drop(events);
        ended
    }

    pub(super) fn now(&self) -> UnixNanos {
        (self.clock)()
    }

    /// The next event that is wanted.
    pub(super) async fn event(&mut self, is_wanted: impl Fn(&LinkEvent) -> bool) -> LinkEvent {
        let events = &mut self.running.as_mut().unwrap().events;
        let wanted = async {
            loop {
                let event = events.recv().await.expect("the link tells as long as it runs");
                if is_wanted(&event) {
                    return event;
                }
            }
        };
        timeout(PATIENCE, wanted).await.expect("the event comes")
    }

    /// The next event, however long it takes: for tests in virtual time.
    pub(super) async fn next_event(&mut self) -> LinkEvent {
        self.running.as_mut().unwrap().events.recv().await.expect("the link tells as long as it runs")
    }

    pub(super) fn request(&mut self, kind: RequestKind, connection: u8, bytes: &[u8]) {
        self.publish(kind, connection, UnixNanos(0), bytes);
    }

    pub(super) fn delayed_request(&mut self, not_before_at: UnixNanos, bytes: &[u8]) {
        self.publish(RequestKind::Send, 0, not_before_at, bytes);
    }

    fn publish(&mut self, kind: RequestKind, connection: u8, not_before_at: UnixNanos, bytes: &[u8]) {
        let byte_count = u32::try_from(bytes.len()).unwrap();
        let request = Request { tag: 0, not_before_at, byte_count, kind, connection, reserved: [0; 2] };
        let heading = Heading {
            instrument_id: InstrumentId::NONE,
            cause: RecordId::NONE,
            received_at: UnixNanos(0),
            flags: Flags::LAST,
        };
        let mut record = Record::new();
        record.write_with_tail(heading, &request, bytes);
        self.requests.publish(&mut record).expect("the ring has room for the requests of a test");
        self.requests_bell.ring();
    }

    /// The source and bytes of the next frame.
    pub(super) async fn frame(&mut self) -> (FrameSource, Vec<u8>) {
        let (frame, bytes) = self.whole_frame().await;
        (frame.source, bytes)
    }

    /// The status and bytes of the next frame, which is an HTTP answer.
    pub(super) async fn http_frame(&mut self) -> (u16, Vec<u8>) {
        let (frame, bytes) = self.whole_frame().await;
        assert_eq!(frame.source, FrameSource::Http, "{}", String::from_utf8_lossy(&bytes));
        (frame.status, bytes)
    }

    async fn whole_frame(&mut self) -> (Frame, Vec<u8>) {
        let mut whole = Vec::new();
        loop {
            let record = timeout(PATIENCE, self.record()).await.expect("the frame comes");
            let (frame, bytes) = Frame::read(&record).unwrap();
            assert_eq!(frame.offset_bytes as usize, whole.len(), "parts come in order and never mix");
            whole.extend_from_slice(bytes);
            if frame.is_last() {
                return (*frame, whole);
            }
        }
    }

    async fn record(&mut self) -> Box<Record> {
        let mut record = Box::new(Record::new());
        poll_fn(|context| {
            if self.frames.poll(&mut record) == channel::Poll::Record {
                return Poll::Ready(());
            }
            self.frames_bell.wait_with(context.waker());
            match self.frames.poll(&mut record) {
                channel::Poll::Record => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
        .await;
        record
    }
}

/// A clock that runs, from a moment that is not now.
pub(super) fn clock() -> Clock {
    let started_at = Instant::now();
    Arc::new(move || {
        let elapsed_ns = u64::try_from(started_at.elapsed().as_nanos()).unwrap();
        UnixNanos::from_millis(1_723_161_253_937) + Nanos(elapsed_ns)
    })
}

/// A link with one connection, and limits short enough for a test.
pub(super) fn link_to(url: &str) -> LinkPlan {
    LinkPlan {
        venue: "test".to_owned(),
        connections: vec![Connection { index: 0, url: url.to_owned() }],
        rest_url: String::new(),
        limits: quick_limits(),
        budgets: ConnectBudgets::default(),
    }
}

pub(super) fn quick_limits() -> TransportLimits {
    let plenty = RateLimit { count_max: 1000, window: Duration::from_secs(1) };
    let mut limits = TransportLimits::default();
    limits.connection.ping_after = Duration::from_millis(100);
    limits.connection.idle_timeout = Duration::from_millis(300);
    limits.connection.messages = plenty;
    limits.reconnect.backoff_min = Duration::from_millis(5);
    limits.reconnect.backoff_max = Duration::from_millis(20);
    limits.reconnect.attempts_at_once = plenty;
    limits.reconnect.attempts_short = plenty;
    limits.reconnect.attempts_long = plenty;
    limits.refusal.shortest = Duration::from_millis(10);
    limits
}

/// A WebSocket server that treats every connection like this; its URL.
pub(super) async fn any_connection<F>(
    serve: impl Fn(WebSocketStream<TcpStream>) -> F + Send + Sync + 'static,
) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(accept_async(stream).await.unwrap()));
        }
    });
    url
}

/// A WebSocket server that gives every message back.
pub(super) async fn echo() -> String {
    any_connection(|mut socket| async move {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() || message.is_binary() {
                socket.send(message).await.unwrap();
            }
        }
    })
    .await
}

/// An address that nobody listens at.
pub(super) async fn unused_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// An answer of an HTTP server.
pub(super) struct Http {
    pub(super) status: u16,
    pub(super) retry_after: Option<&'static str>,
    pub(super) body: &'static str,
}

/// An HTTP server that gives these answers, in this order, to whatever is asked; its URL, and when it was asked.
pub(super) async fn serve_http(answers: Vec<Http>) -> (String, mpsc::Receiver<Instant>) {
    serve_http_at(SocketAddr::from(([127, 0, 0, 1], 0)), answers).await
}

/// As [`serve_http`], at this address.
pub(super) async fn serve_http_at(
    address: SocketAddr,
    answers: Vec<Http>,
) -> (String, mpsc::Receiver<Instant>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, asked_at) = mpsc::channel(answers.len().max(1));
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let router = axum::Router::new().fallback(next_answer).with_state((answers, asked));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked_at)
}

type Answers = (Arc<Mutex<VecDeque<Http>>>, mpsc::Sender<Instant>);

async fn next_answer(State((answers, asked)): State<Answers>) -> impl IntoResponse {
    asked.send(Instant::now()).await.unwrap();
    let Http { status, retry_after, body } = answers.lock().unwrap().pop_front().expect("an answer is left");
    let headers = retry_after.map(|seconds| [("retry-after", seconds)]);
    match headers {
        Some(headers) => (StatusCode::from_u16(status).unwrap(), headers, body).into_response(),
        None => (StatusCode::from_u16(status).unwrap(), body).into_response(),
    }
}
