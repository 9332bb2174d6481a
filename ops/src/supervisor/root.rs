//! The actor above the links: it starts them, and tells of those that the restart limit gave up.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use kameo::actor::{Actor, ActorId, ActorRef, Spawn, WeakActorRef};
use kameo::error::{ActorStopReason, Infallible};
use kameo::supervision::{RestartPolicy, SupervisionStrategy};
use tokio::sync::watch;

use super::link::{LinkActor, LinkArgs};
use super::{BoardWriter, LinkPhase, RestartLimit, SupervisedLink};

/// The root of the supervision tree.
pub(super) struct Root {
    board: BoardWriter,
    venues: BTreeMap<ActorId, String>,
}

/// What it starts with.
pub(super) struct RootArgs {
    pub(super) links: Vec<SupervisedLink>,
    pub(super) limit: RestartLimit,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) board: BoardWriter,
}

impl Actor for Root {
    type Args = RootArgs;
    type Error = Infallible;

    /// One venue's trouble is never another's.
    fn supervision_strategy() -> SupervisionStrategy {
        SupervisionStrategy::OneForOne
    }

    async fn on_start(args: RootArgs, actor_ref: ActorRef<Self>) -> Result<Self, Infallible> {
        let RootArgs { links, limit, stop, board } = args;
        let mut venues = BTreeMap::new();
        for link in links {
            let venue = link.venue.clone();
            let args = LinkArgs { link, stop: stop.clone(), board: board.clone() };
            let child = LinkActor::supervise(&actor_ref, args)
                .restart_policy(RestartPolicy::Transient)
                .restart_limit(limit.restarts_max, limit.window)
                .spawn()
                .await;
            venues.insert(child.id(), venue);
        }
        Ok(Root { board, venues })
    }

    /// Called for a link that is not started again: it stopped as told, or the limit is reached.
    async fn on_link_died(
        &mut self,
        _root: WeakActorRef<Self>,
        id: ActorId,
        _reason: ActorStopReason,
    ) -> Result<ControlFlow<ActorStopReason>, Infallible> {
        if let Some(venue) = self.venues.get(&id) {
            self.board.change(venue, |state| {
                if let LinkPhase::Ended { cause } = &state.phase {
                    let (count, cause) = (state.restart_count, cause.clone());
                    tracing::error!("{venue}: the link is given up after {count} restarts ({cause})");
                    state.phase = LinkPhase::Failed { cause };
                }
            });
        }
        Ok(ControlFlow::Continue(()))
    }
}
