//! Every venue of the build on loopback: a server each, whose market follows from a seed and never makes a mistake.
//!
//! A server says what the venue's [`Sample`](fulmar_adapters::session::sample::Sample) writes, to whoever asks as the
//! venue's [`Protocol`](fulmar_adapters::session::Protocol) asks: it waits for the subscriptions of a connection that
//! the protocol plans, and answers the paths that the protocol knows. So a venue that the build has is served without a
//! line here. It checks no request, and takes no orders.

mod market;
mod server;

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use fulmar_adapters::session::VenueEntry;
use tokio::sync::oneshot;

use server::Serve;

/// What is served.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What the markets follow from.
    pub seed: u64,
    /// Frames of all connections together, once all of them are open.
    pub frames_per_second: u32,
}

/// The servers, on a thread of their own that ends with this.
pub struct Loopback {
    venues: Vec<Address>,
    frames_sent: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Where a venue listens.
pub struct Address {
    /// The venue.
    pub venue: &'static VenueEntry,
    /// Its symbols.
    pub symbols: Vec<String>,
    stream: SocketAddr,
    rest: SocketAddr,
}

impl Loopback {
    /// Serves so many symbols of each of these venues.
    ///
    /// # Panics
    /// Where the machine has no port or thread left.
    pub fn start(venues: &[(&'static VenueEntry, usize)], plan: Plan) -> Self {
        let symbols_total: usize = venues.iter().map(|(_, count)| count).sum();
        let frames_sent = Arc::new(AtomicU64::new(0));
        let (addresses, serves): (Vec<Address>, Vec<Serve>) = venues
            .iter()
            .map(|(venue, count)| {
                let [stream, rest] = [listener(), listener()];
                let sample = (venue.sample)();
                let address = Address {
                    venue,
                    symbols: (0..*count).map(|number| sample.symbol(number)).collect(),
                    stream: stream.local_addr().expect("it is bound"),
                    rest: rest.local_addr().expect("it is bound"),
                };
                let serve = Serve {
                    venue,
                    symbols: address.symbols.clone(),
                    stream_url: address.stream_url(),
                    listeners: [stream, rest],
                    seed: plan.seed,
                    symbol_rate: f64::from(plan.frames_per_second) / count_of(symbols_total),
                    frames_sent: Arc::clone(&frames_sent),
                };
                (address, serve)
            })
            .unzip();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("venues".to_owned());
        let thread = thread.spawn(move || server::run(serves, stopped)).expect("the machine has a thread");
        Loopback { venues: addresses, frames_sent, stop: Some(stop), thread: Some(thread) }
    }

    /// The venues, in the order in which they were named.
    pub fn venues(&self) -> &[Address] {
        &self.venues
    }

    /// Messages that were sent so far, on all connections.
    pub fn frames_sent(&self) -> u64 {
        // Pairs with the additions of the servers' thread: a count, which orders nothing.
        self.frames_sent.load(Ordering::Relaxed)
    }

    /// The tables of a configuration that names all these venues and all their symbols.
    pub fn configuration(&self) -> String {
        self.venues.iter().map(Address::configuration).collect()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        drop(self.stop.take());
        let joined = self.thread.take().map(JoinHandle::join);
        // A panic while another one unwinds would hide the first.
        if !std::thread::panicking() {
            joined.into_iter().for_each(|ended| ended.expect("the venues did not panic"));
        }
    }
}

impl Address {
    /// The table of a configuration that names this venue and all its symbols.
    pub fn configuration(&self) -> String {
        let mut text = String::new();
        let symbols: Vec<String> = self.symbols.iter().map(|symbol| format!("{symbol:?}")).collect();
        write!(
            text,
            "[[venue]]\nname = \"{}\"\nstream_url = \"{}\"\nrest_url = \"http://{}\"\ninstruments = [{}]\n",
            self.venue.name,
            self.stream_url(),
            self.rest,
            symbols.join(", ")
        )
        .expect("a String takes all text");
        text
    }

    fn stream_url(&self) -> String {
        format!("ws://{}", self.stream)
    }
}

fn listener() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.set_nonblocking(true).expect("a listener can be polled");
    listener
}

fn count_of(symbols: usize) -> f64 {
    f64::from(u32::try_from(symbols).expect("symbols are few"))
}
