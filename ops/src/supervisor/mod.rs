//! Watches the venue links, on the control plane: an actor for each link, and one above that starts them again.
//!
//! ```text
//!  Root                    starts a child anew, within the restart limit; beyond it the link is failed, and told
//!   |- LinkActor okx       runs one link, and dies of whatever ends it
//!   |- LinkActor kraken
//! ```
//!
//! A lost connection is no matter for this: the link itself opens it anew. What ends a link is a bug, and a bug that
//! comes back at once, again and again, is not cured by starting it again. Nothing here is on the path of a tick; the
//! links run on the transport's own thread and go on while this one hangs.

mod link;
mod root;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use fulmar_adapters::transport::{LinkReport, StatusSender, VenueLink};
use kameo::actor::{ActorRef, Spawn};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use root::{Root, RootArgs};

/// Starts a link, which then runs until the receiver holds true. Called once for each start.
pub type StartLink = Arc<dyn Fn(watch::Receiver<bool>) -> JoinHandle<LinkReport> + Send + Sync>;

/// A link to be watched.
#[derive(Clone)]
pub struct SupervisedLink {
    /// The venue's name; no two links have the same.
    pub venue: String,
    /// How it is started, and started again.
    pub start: StartLink,
}

/// How often a link may be started again before it is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartLimit {
    /// So many restarts, each within `window` of the one before, and no more.
    pub restarts_max: u32,
    /// A link that ran for this long since its last restart is counted from zero again.
    pub window: Duration,
}

/// How a link fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// How often it was started again.
    pub restart_count: u32,
    /// What it does now.
    pub phase: LinkPhase,
}

/// What a link does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkPhase {
    /// It runs.
    Running,
    /// It ended by itself, and is about to be started again or given up.
    Ended {
        /// What ended it.
        cause: String,
    },
    /// It ended once more than the limit allows, and stays down.
    Failed {
        /// What ended it last.
        cause: String,
    },
    /// It was told to stop, and did.
    Stopped {
        /// What it counted.
        report: LinkReport,
    },
}

/// How every link fares, by venue.
pub type Board = BTreeMap<String, LinkState>;

/// A running supervisor.
pub struct LinkSupervisor {
    root: ActorRef<Root>,
    stop: watch::Sender<bool>,
    board: watch::Receiver<Board>,
}

/// How long links may take to stop. They drop their connections after two seconds of their own.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

impl LinkSupervisor {
    /// Starts every link and watches it. Call it within a tokio runtime.
    pub async fn start(links: Vec<SupervisedLink>, limit: RestartLimit) -> Self {
        let (stop, stopped) = watch::channel(false);
        let running = LinkState { restart_count: 0, phase: LinkPhase::Running };
        let venues = links.iter().map(|link| (link.venue.clone(), running.clone()));
        let (board_writer, board) = watch::channel(venues.collect());
        let root =
            Root::spawn(RootArgs { links, limit, stop: stopped, board: BoardWriter::new(board_writer) });
        root.wait_for_startup().await;
        LinkSupervisor { root, stop, board }
    }

    /// How every link fares; it can be waited on for changes.
    pub fn board(&self) -> watch::Receiver<Board> {
        self.board.clone()
    }

    /// Stops every link and the supervisor, and says how each link ended. One that still runs did not stop in time.
    pub async fn stop(mut self) -> Board {
        self.stop.send_replace(true);
        let all_ended = self.board.wait_for(|board| board.values().all(LinkState::is_over));
        if timeout(STOP_TIMEOUT, all_ended).await.is_err() {
            tracing::warn!("links did not stop within {} s", STOP_TIMEOUT.as_secs());
        }
        // An error means that it is gone already.
        let _ = self.root.stop_gracefully().await;
        self.root.wait_for_shutdown().await;
        self.board.borrow().clone()
    }
}

impl LinkState {
    /// True where it does not run and will not be started again.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, LinkPhase::Failed { .. } | LinkPhase::Stopped { .. })
    }
}

/// How `link` is started on the IO thread behind `io`, and on each restart run again with the same ends of its rings.
pub fn on_io_thread(link: VenueLink, io: Handle, status: StatusSender) -> StartLink {
    let link = Arc::new(Mutex::new(link));
    Arc::new(move |stop| {
        let (link, status) = (Arc::clone(&link), status.clone());
        io.spawn(async move { link.lock().await.run(stop, status).await })
    })
}

/// The writing end of the board. Clones write to the same one.
#[derive(Clone)]
struct BoardWriter {
    board: Arc<watch::Sender<Board>>,
}

impl BoardWriter {
    fn new(board: watch::Sender<Board>) -> Self {
        BoardWriter { board: Arc::new(board) }
    }

    fn change(&self, venue: &str, change: impl FnOnce(&mut LinkState)) {
        self.board.send_modify(|board| {
            change(board.get_mut(venue).expect("every link is on the board from the start"));
        });
    }
}

impl fmt::Display for LinkPhase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkPhase::Running => out.write_str("running"),
            LinkPhase::Ended { cause } => write!(out, "ended ({cause})"),
            LinkPhase::Failed { cause } => write!(out, "failed ({cause})"),
            LinkPhase::Stopped { .. } => out.write_str("stopped"),
        }
    }
}
