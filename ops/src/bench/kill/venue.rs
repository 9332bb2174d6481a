//! The simulated venue of the bench, on a thread of its own, over sockets. Its limits of requests are out of the way:
//! all rounds together order more than it takes of one account in a minute. It notes when it had read which cancel.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, ensure};
use fulmar_adapters::simulated::{Credentials, Hearer, SimulatedVenueConfig, VenueReport, serve};
use fulmar_engine::runtime::Clock;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::bench::limits::{KILL_EVENTS_PER_SECOND, SEED};
use crate::bench::measure::pin;

/// Who orders.
pub(super) const KEY: &str = "bench";
/// What its requests are signed with.
pub(super) const SECRET: &str = "a-secret-of-sixty-four-bytes--which-is-what-the-venue-s-own-have";

/// What stands in the request to cancel one order, and in no other.
const CANCEL: &str = "\"order.cancel\"";

/// A venue that serves.
pub(super) struct Venue {
    /// Where it listens.
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<io::Result<VenueReport>>,
    cancels: Arc<Mutex<Vec<Cancel>>>,
}

/// A request to cancel an order, as it was read off the socket.
pub(super) struct Cancel {
    /// When, in ticks of the clock that the venue was started with.
    pub(super) read_ticks: u64,
    request: String,
}

impl Cancel {
    /// What its sender calls the order.
    pub(super) fn order(&self) -> Option<String> {
        let request: Value = serde_json::from_str(&self.request).ok()?;
        Some(request["params"]["origClientOrderId"].as_str()?.to_owned())
    }
}

impl Venue {
    /// Starts it on this core, with a clock to note moments by.
    pub(super) fn start(core: Option<usize>, clock: Clock) -> anyhow::Result<Self> {
        let mut config = SimulatedVenueConfig::usd_margined(clock.now());
        config.seed = SEED;
        config.events_per_second = KILL_EVENTS_PER_SECOND;
        config.credentials = vec![Credentials { api_key: KEY.to_owned(), secret: SECRET.to_owned() }];
        config.weight_per_minute = u32::MAX;
        (config.orders_per_10_seconds, config.orders_per_minute) = (u32::MAX, u32::MAX);
        let cancels = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&cancels);
        config.hearer = Some(Hearer(Arc::new(move |request| {
            if request.contains(CANCEL) {
                let cancel = Cancel { read_ticks: clock.ticks(), request: request.to_owned() };
                noted.lock().unwrap_or_else(PoisonError::into_inner).push(cancel);
            }
        })));
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            pin(core);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(serve(config, ready, async {
                // Whoever started it and is gone needs it no more either.
                let _ = stopped.await;
            }))
        };
        let thread = std::thread::Builder::new().name("venue".to_owned()).spawn(work)?;
        let address = is_ready.blocking_recv().context("the simulated venue does not listen")?;
        Ok(Venue { address, stop, thread, cancels })
    }

    /// Ends it; gives the cancels that came, in the order of their coming.
    pub(super) fn stop(self) -> anyhow::Result<Vec<Cancel>> {
        let _ = self.stop.send(());
        let report = self.thread.join().ok().context("the simulated venue panicked")??;
        ensure!(report.fills == 0, "{} orders that were to stand were filled", report.fills);
        Ok(std::mem::take(&mut *self.cancels.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}
