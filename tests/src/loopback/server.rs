//! The sockets of the venues, all on one thread: a task a connection, which sends at its pace and hears what is asked.

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fulmar_adapters::session::sample::SampleFrame;
use fulmar_adapters::session::{Answer, InstrumentConfig, Line, Protocol, VenueEntry, VenueSettings};
use fulmar_bus::record::InstrumentId;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::interval;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::market::Market;

/// The longest head of an HTTP request: it names hundreds of symbols at most.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How often a connection without books says that it is there.
const IDLE_INTERVAL: Duration = Duration::from_secs(5);

/// A venue that is to be served.
pub(super) struct Serve {
    pub(super) venue: &'static VenueEntry,
    pub(super) symbols: Vec<String>,
    pub(super) stream_url: String,
    /// Of streams, and of HTTP requests.
    pub(super) listeners: [TcpListener; 2],
    pub(super) seed: u64,
    /// Frames of one symbol in a second.
    pub(super) symbol_rate: f64,
    pub(super) frames_sent: Arc<AtomicU64>,
}

/// A venue that is served.
struct Venue {
    protocol: Box<dyn Protocol>,
    /// The connections that its session opens.
    lines: Vec<Line>,
    market: RefCell<Market>,
    symbols: Vec<String>,
    symbol_rate: f64,
    frames_sent: Arc<AtomicU64>,
}

/// Serves until the other end of `stopped` is gone.
pub(super) fn run(serves: Vec<Serve>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let serving = async {
        for serve in serves {
            let [stream, rest] = serve.listeners.each_ref().map(|listener| listener.try_clone());
            let venue = Rc::new(Venue::new(serve));
            let served = Rc::clone(&venue);
            spawn_local(accept(stream.expect("a listener"), move |socket| {
                spawn_local(stream_frames(socket, Rc::clone(&served)));
            }));
            spawn_local(accept(rest.expect("a listener"), move |socket| {
                spawn_local(answer(socket, Rc::clone(&venue)));
            }));
        }
        // It never says anything: what is waited for is that nobody is left to say it.
        let _ = stopped.await;
    };
    LocalSet::new().block_on(&runtime.expect("the machine has a poll"), serving);
}

async fn accept(listener: TcpListener, serve: impl Fn(TcpStream)) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("it can be polled");
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).expect("a socket of ours takes its options");
        serve(socket);
    }
}

impl Venue {
    fn new(serve: Serve) -> Self {
        let settings = VenueSettings { stream_url: Some(serve.stream_url), ..VenueSettings::default() };
        let protocol = (serve.venue.protocol)(&settings);
        let named = serve.symbols.iter().zip(0..);
        let instruments: Vec<InstrumentConfig> =
            named.map(|(symbol, id)| InstrumentConfig::new(symbol, InstrumentId(id))).collect();
        Venue {
            lines: protocol.lines(&instruments),
            protocol,
            market: RefCell::new(Market::new((serve.venue.sample)(), serve.symbols.clone(), serve.seed)),
            symbols: serve.symbols,
            symbol_rate: serve.symbol_rate,
            frames_sent: serve.frames_sent,
        }
    }

    /// The connection that has this path, and on which all this was asked for.
    fn line(&self, path: &str, asked: &[String]) -> Option<&Line> {
        let is_it = |line: &&Line| {
            path_of(&line.url) == path && line.subscriptions.iter().all(|wanted| asked.contains(wanted))
        };
        self.lines.iter().find(is_it)
    }

    /// What a request of this path is answered with, where it is one.
    fn answer(&self, path: &str) -> Option<SampleFrame> {
        let market = self.market.borrow();
        match self.protocol.answer(path) {
            Answer::Snapshot(symbol) => market.find(symbol).map(|place| market.snapshot(place, 0)),
            Answer::Definitions => market.definitions(|symbol| self.protocol.is_asked_about(path, symbol)),
            Answer::Other => None,
        }
    }

    /// The symbol whose whole book this message asks for.
    fn asked_anew(&self, message: &str) -> Option<usize> {
        let asks = |symbol: &String| {
            self.protocol.snapshot_path(symbol).is_none() && self.protocol.book_anew(symbol)[1] == message
        };
        self.symbols.iter().position(asks)
    }
}

/// A connection, from its subscriptions to its end.
async fn stream_frames(socket: TcpStream, venue: Rc<Venue>) {
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "the handshake's own type")]
    let keep_path = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(socket, keep_path).await else { return };
    let mut asked = Vec::new();
    let line = loop {
        if let Some(line) = venue.line(&path, &asked) {
            break line;
        }
        match socket.next().await {
            Some(Ok(Message::Text(text))) => asked.push(text.to_string()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return,
        }
    };
    let mut feed = Feed { socket, venue: &venue, line, frame: 0, turn: 0 };
    // Whoever listened may go at any moment: that is how a connection ends.
    let _ = feed.serve().await;
}

/// What goes out on one connection.
struct Feed<'a> {
    socket: WebSocketStream<TcpStream>,
    venue: &'a Venue,
    line: &'a Line,
    frame: u64,
    turn: usize,
}

impl Feed<'_> {
    async fn serve(&mut self) -> Option<()> {
        let definitions = self.venue.market.borrow().definitions(|_| true);
        if let Some(SampleFrame::Message(text)) = definitions {
            self.send(text).await?;
        }
        if self.line.books.is_empty() {
            return self.idle().await;
        }
        for place in &self.line.books {
            self.snapshot(*place).await?;
        }
        let books = f64::from(u32::try_from(self.line.books.len()).expect("books are few"));
        let mut ticks = interval(Duration::from_secs_f64(1.0 / (self.venue.symbol_rate * books)));
        loop {
            tokio::select! {
                _ = ticks.tick() => self.next().await?,
                message = self.socket.next() => self.on_message(message).await?,
            }
        }
    }

    /// A connection that carries no books says now and then what nobody needs, since a silent one is taken to be dead.
    async fn idle(&mut self) -> Option<()> {
        let mut ticks = interval(IDLE_INTERVAL);
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    let text = self.venue.market.borrow().unused(self.frame);
                    self.send(text).await?;
                }
                message = self.socket.next() => self.on_message(message).await?,
            }
        }
    }

    async fn on_message(
        &mut self,
        message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Option<()> {
        if let Message::Text(text) = message?.ok()?
            && let Some(place) = self.venue.asked_anew(&text)
        {
            self.snapshot(place).await?;
        }
        Some(())
    }

    /// The whole book, where this is what carries it.
    async fn snapshot(&mut self, place: usize) -> Option<()> {
        let snapshot = self.venue.market.borrow().snapshot(place, self.frame);
        match snapshot {
            SampleFrame::Message(text) => self.send(text).await,
            SampleFrame::Answer(..) => Some(()),
        }
    }

    async fn next(&mut self) -> Option<()> {
        let place = self.line.books[self.turn % self.line.books.len()];
        self.turn += 1;
        let text = self.venue.market.borrow_mut().next(place, self.frame);
        self.send(text).await
    }

    async fn send(&mut self, text: String) -> Option<()> {
        self.frame += 1;
        // Pairs with the load of whoever asks how many there were: a count, which orders nothing.
        self.venue.frames_sent.fetch_add(1, Ordering::Relaxed);
        self.socket.send(Message::text(text)).await.ok()
    }
}

/// An HTTP request and its answer.
async fn answer(mut socket: TcpStream, venue: Rc<Venue>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let made = venue.answer(path);
    let (status, body) = match made {
        Some(SampleFrame::Answer(_, body)) => ("200 OK", body),
        _ => ("404 Not Found", String::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close");
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // Whoever asked may have gone: that is no business of the venue.
    let _ = socket.write_all(answer.as_bytes()).await;
}

/// What a request asks for that opens this URL.
fn path_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or("/", |at| &url[host + at..])
}
