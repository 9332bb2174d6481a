//! The link to one venue: its connections and its HTTP side, between the engine's two rings.

use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use fulmar_bus::record::UnixNanos;
use fulmar_engine::contract::Connection;
use fulmar_engine::runtime::FrameWriter;
use reqwest::Client;
use tokio::select;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::{Instant, sleep, timeout};

use super::address::{Address, AddressError, Protocol};
use super::budget::ConnectBudgets;
use super::connection::{ConnectionRequests, ConnectionTask, Place};
use super::frames::FrameOutlet;
use super::hub::{Clock, Hub, stopped};
use super::limits::{REQUESTS_A_TURN, STOP_TIMEOUT, TransportLimits};
use super::requests::Requests;
use super::rest::{self, RestTask};
use super::router::{ConnectionEnds, OwnedRequest, Router};
use super::status::{LinkCounters, LinkReport, StatusSender};
use super::tap::Tap;

/// What a link is to do.
#[derive(Clone, Debug)]
pub struct LinkPlan {
    /// The venue's name, for those who read what went wrong.
    pub venue: String,
    /// The connections, whose indexes count up from zero.
    pub connections: Vec<Connection>,
    /// Where HTTP requests go, such as `https://api.binance.com`; empty where the venue has none.
    pub rest_url: String,
    /// What it keeps within.
    pub limits: TransportLimits,
    /// Whose attempts to connect count with its own.
    pub budgets: ConnectBudgets,
}

/// The engine's ends of a link.
#[derive(Debug)]
pub struct LinkEnds {
    /// Where frames go.
    pub frames: FrameWriter,
    /// Where requests come from.
    pub requests: Requests,
}

/// Why a plan cannot be carried out. It never can be, so it is found before anything runs.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A URL may not be connected to.
    #[error("{venue}: {source}")]
    Address {
        /// Which venue's.
        venue: String,
        /// What is wrong with the URL.
        source: AddressError,
    },
    /// The indexes of the connections do not count up from zero.
    #[error("{venue}: connection {index} stands where connection {expected} is expected")]
    Index {
        /// Which venue's.
        venue: String,
        /// The index that is there.
        index: u8,
        /// The index that should be.
        expected: usize,
    },
    /// There is no client to ask with.
    #[error("{venue}: cannot prepare HTTPS")]
    Https {
        /// Which venue's.
        venue: String,
        /// Why.
        source: reqwest::Error,
    },
}

/// The link to one venue. It owns the sockets, and decides nothing about what goes over them.
///
/// It keeps its ends of the engine's rings when [`VenueLink::run`] ends in whatever way, so it can be run again.
pub struct VenueLink {
    venue: Arc<str>,
    /// Where each connection goes at first, and the budget of attempts there, which a link that is run again goes on
    /// with; `None` where its session will say.
    places: Vec<Option<Place>>,
    budgets: ConnectBudgets,
    rest: Option<(Address, Client)>,
    limits: TransportLimits,
    frames: Arc<FrameOutlet>,
    requests: Requests,
    tap: Option<Tap>,
    clock: Clock,
    counters: Arc<LinkCounters>,
    /// Whether it ran before, so that what was open may have ended without a word to the engine.
    has_run: bool,
}

impl VenueLink {
    /// Checks the plan; nothing is opened yet. `clock` stamps what comes in, and every frame and message sent also
    /// goes to `tap`, unless it is sealed: who trades is not recorded.
    ///
    /// # Errors
    /// A [`PlanError`], where the plan can never be carried out.
    pub fn new(plan: LinkPlan, ends: LinkEnds, clock: Clock, tap: Option<Tap>) -> Result<Self, PlanError> {
        let LinkPlan { venue, connections, rest_url, limits, budgets } = plan;
        let of_venue = |source| PlanError::Address { venue: venue.clone(), source };
        let tap = tap.filter(|_| !ends.requests.is_sealed());
        let mut places = Vec::with_capacity(connections.len());
        for Connection { index, url } in connections {
            let expected = places.len();
            if usize::from(index) != expected {
                return Err(PlanError::Index { venue, index, expected });
            }
            if url.is_empty() {
                places.push(None);
                continue;
            }
            let address = Address::parse(&url, Protocol::WebSocket).map_err(of_venue)?;
            let budget = budgets.of(&address, &limits.reconnect);
            places.push(Some(Place { address, budget }));
        }
        let rest = if rest_url.is_empty() {
            None
        } else {
            let address = Address::parse(&rest_url, Protocol::Http).map_err(of_venue)?;
            let client = rest::client(&limits.rest, ends.requests.http_header())
                .map_err(|source| PlanError::Https { venue: venue.clone(), source })?;
            Some((address, client))
        };
        Ok(VenueLink {
            venue: venue.into(),
            places,
            budgets,
            rest,
            limits,
            frames: Arc::new(FrameOutlet::new(ends.frames, tap.clone())),
            requests: ends.requests,
            tap,
            clock,
            counters: Arc::default(),
            has_run: false,
        })
    }

    /// The counters, to be read while the link runs.
    pub fn counters(&self) -> Arc<LinkCounters> {
        Arc::clone(&self.counters)
    }

    /// Opens every connection and keeps it open, carries requests out and frames in, until `stop` holds true.
    ///
    /// # Panics
    /// Where one of its tasks does, or the engine wrote a request that is none: a bug, for a supervisor to tell.
    pub async fn run(&mut self, mut stop: watch::Receiver<bool>, status: StatusSender) -> LinkReport {
        let hub = Arc::new(Hub {
            venue: Arc::clone(&self.venue),
            connection_count: self.places.len(),
            limits: self.limits.clone(),
            clock: Arc::clone(&self.clock),
            frames: Arc::clone(&self.frames),
            tap: self.tap.clone(),
            status,
            counters: Arc::clone(&self.counters),
            still_until: watch::Sender::new(Instant::now()),
        });
        let mut tasks = JoinSet::new();
        let mut router = self.start(&hub, &stop, &mut tasks);
        self.has_run = true;
        let mut requests_this_turn = 0;
        loop {
            let due_at = router.due_at();
            select! {
                biased;
                // Orders first: whatever else there is to do can wait the moment that it takes to pass one on.
                request = next_request(&mut self.requests) => {
                    router.take(request);
                    self.counters.requests_lost.store(self.requests.lost_count(), Ordering::Relaxed);
                    requests_this_turn += 1;
                    if requests_this_turn == REQUESTS_A_TURN {
                        requests_this_turn = 0;
                        yield_now().await;
                    }
                }
                () = until(due_at, &self.clock) => router.send_due(),
                () = stopped(&mut stop) => break,
                Some(ended) = tasks.join_next() => pass_on(ended),
            }
        }
        let all_ended = async {
            while let Some(ended) = tasks.join_next().await {
                pass_on(ended);
            }
        };
        if timeout(STOP_TIMEOUT, all_ended).await.is_err() {
            tracing::warn!("{}: connections were dropped, they did not close in time", self.venue);
        }
        self.counters.report()
    }

    /// Starts a task for each connection and for HTTP, and gives the router to them.
    fn start(&self, hub: &Arc<Hub>, stop: &watch::Receiver<bool>, tasks: &mut JoinSet<()>) -> Router {
        let mut connections = Vec::with_capacity(self.places.len());
        for (index, at) in (0..).zip(&self.places) {
            let (place, placed) = watch::channel(at.clone());
            let (messages, queued_messages) = mpsc::channel(self.limits.connection.send_queue_messages);
            let (reconnects, queued_reconnects) = mpsc::channel(1);
            let ends = Arc::new(AtomicU64::new(0));
            let task = ConnectionTask {
                hub: Arc::clone(hub),
                index,
                place: placed,
                requests: ConnectionRequests { messages: queued_messages, reconnects: queued_reconnects },
                ends: Arc::clone(&ends),
                stop: stop.clone(),
            };
            tasks.spawn(task.run(self.has_run));
            connections.push(ConnectionEnds { messages, reconnects, place, ends });
        }
        let gets = self.rest.clone().map(|(address, client)| {
            let (gets, queued_gets) = mpsc::channel(self.limits.rest.queue_requests);
            let task =
                RestTask { hub: Arc::clone(hub), address, client, gets: queued_gets, stop: stop.clone() };
            tasks.spawn(task.run());
            gets
        });
        Router::new(Arc::clone(hub), connections, gets, self.budgets.clone())
    }
}

/// The next request of the engine, out of its ring.
async fn next_request(requests: &mut Requests) -> OwnedRequest {
    poll_fn(|context| {
        if let Some(request) = OwnedRequest::take(requests) {
            return Poll::Ready(request);
        }
        requests.bell().wait_with(context.waker());
        // What was published before the bell knew of us rang for nobody.
        OwnedRequest::take(requests).map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// Until `due_at`, by the link's own clock; for ever where nothing is due.
async fn until(due_at: Option<UnixNanos>, clock: &Clock) {
    match due_at {
        Some(due_at) => sleep(Duration::from_nanos(due_at.since(clock()).0)).await,
        None => pending().await,
    }
}

/// A task of the link ended: a panic goes on to whoever runs the link, an end by itself happens at a stop alone.
fn pass_on(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        resume_unwind(error.into_panic());
    }
}
