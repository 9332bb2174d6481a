//! The actor of one link: starts it, waits for its end, and dies of it, so that its supervisor decides what follows.

use kameo::actor::{Actor, ActorRef};
use kameo::error::Infallible;
use kameo::message::{Context, Message};
use tokio::sync::watch;
use tokio::task::JoinError;

use fulmar_adapters::transport::LinkReport;

use super::{BoardWriter, LinkPhase, SupervisedLink};

/// The actor of one link.
pub(super) struct LinkActor {
    args: LinkArgs,
}

/// What the actor needs, at each start anew.
#[derive(Clone)]
pub(super) struct LinkArgs {
    pub(super) link: SupervisedLink,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) board: BoardWriter,
}

impl Actor for LinkActor {
    type Args = LinkArgs;
    type Error = Infallible;

    async fn on_start(args: LinkArgs, actor_ref: ActorRef<Self>) -> Result<Self, Infallible> {
        args.board.change(&args.link.venue, |state| {
            if matches!(state.phase, LinkPhase::Ended { .. }) {
                state.restart_count += 1;
            }
            state.phase = LinkPhase::Running;
        });
        let ended = (args.link.start)(args.stop.clone());
        tokio::spawn(async move {
            // An error means that the whole supervisor is gone, and with it whoever would care.
            let _ = actor_ref.tell(LinkEnded(ended.await)).await;
        });
        Ok(LinkActor { args })
    }
}

/// The link ended, in one way or another.
struct LinkEnded(Result<LinkReport, JoinError>);

/// The link ended without being told to. The actor dies of it.
#[derive(Debug)]
struct Unbidden;

impl Message<LinkEnded> for LinkActor {
    type Reply = Result<(), Unbidden>;

    async fn handle(
        &mut self,
        LinkEnded(ended): LinkEnded,
        context: &mut Context<Self, Self::Reply>,
    ) -> Self::Reply {
        let is_bidden = *self.args.stop.borrow();
        let venue = &self.args.link.venue;
        let phase = match ended.map_err(cause_of) {
            Ok(report) if is_bidden => LinkPhase::Stopped { report },
            Ok(_report) => LinkPhase::Ended { cause: "it ended without being told to".to_owned() },
            Err(cause) if is_bidden => LinkPhase::Failed { cause },
            Err(cause) => LinkPhase::Ended { cause },
        };
        match &phase {
            // Its connections said so already.
            LinkPhase::Stopped { .. } => tracing::debug!("{venue}: the link {phase}"),
            _ => tracing::warn!("{venue}: the link {phase}"),
        }
        self.args.board.change(venue, |state| state.phase = phase);
        if is_bidden {
            context.stop();
            return Ok(());
        }
        Err(Unbidden)
    }
}

/// What a panic said.
fn cause_of(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "its task was canceled".to_owned() };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("it panicked: {}", text.unwrap_or_else(|| "without a text".to_owned()))
}
