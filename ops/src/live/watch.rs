//! What the operator sees of a running engine, and the loop that looks until somebody wants an end.

use std::collections::BTreeMap;
use std::time::Duration;

use fulmar_bus::record::{ExecutionReport, InstrumentId, Listing, SyncReason, SyncState};
use fulmar_engine::market::decimal::format_scaled;
use tokio::time::{Instant, interval_at};

use super::account::AccountBoard;
use super::engine::LiveEngine;
use super::halt::Halt;
use super::jumps::JumpWatch;
use super::orders::OrderBoard;
use super::pairs::PairWatch;
use super::standing::Standing;
use super::stop::{Signals, Wish};
use crate::configuration::OnFailure;
use crate::window::Picture;

/// How often the windows are looked through: often enough that nothing is overwritten unseen.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long canceled orders may take to be confirmed before the engine stops all the same.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that is watched.
pub struct Watch {
    /// Pictures of all instruments, by id.
    pub pictures: Vec<Picture>,
    /// The orders of all strategies.
    pub orders: OrderBoard,
    /// What was there before, what the venue states, how every scope stands.
    pub account: AccountBoard,
    /// What halts it, where something does.
    pub halt: Option<Halt>,
    is_halted: bool,
    is_ending: bool,
    names: Vec<String>,
    /// What was told of each book last; all of them begin by syncing, which is not told.
    told: Vec<SyncState>,
    /// What was told last of whether each is traded; of those that always are, nothing is told.
    told_listings: Vec<Listing>,
    pairs: PairWatch,
    jumps: JumpWatch,
    is_journal_lost: bool,
}

/// Why the watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The time was up.
    Elapsed,
    /// A signal came, or the operator left the board.
    Wanted(&'static str),
    /// A core loop is gone.
    LostCore,
    /// The journal can no longer be kept, and the configuration wants no run without one.
    LostJournal,
}

impl End {
    /// What ended the run, as its report says it.
    pub const fn name(self) -> &'static str {
        match self {
            End::Elapsed => "its time",
            End::Wanted(who) => who,
            End::LostCore => "the loss of a core loop",
            End::LostJournal => "the loss of its journal",
        }
    }
}

/// Who shows the watched things, if anybody does.
pub trait Show {
    /// Shows how things stand; true once the operator wants to leave.
    fn show(&mut self, engine: &mut LiveEngine, watch: &Watch) -> bool;
}

/// Shows nothing.
pub struct Silent;

impl Show for Silent {
    fn show(&mut self, _engine: &mut LiveEngine, _watch: &Watch) -> bool {
        false
    }
}

impl Watch {
    /// Watches `engine`. Make it right after the start, and it misses nothing.
    pub fn new(engine: &LiveEngine) -> Self {
        let pictures = engine.pictures();
        let told = vec![SyncState::Syncing; pictures.len()];
        let told_listings = vec![Listing::Listed; pictures.len()];
        let pairs = PairWatch::new(&engine.configuration);
        Watch {
            pictures,
            orders: engine.order_board(),
            account: engine.account_board(),
            halt: None,
            is_halted: false,
            is_ending: false,
            names: engine.instrument_names(),
            told,
            told_listings,
            pairs,
            jumps: engine.jump_watch(),
            is_journal_lost: false,
        }
    }

    /// Looks until there is a reason not to.
    pub async fn until_end(
        &mut self,
        engine: &mut LiveEngine,
        signals: &mut Signals,
        seconds: Option<u64>,
        show: &mut dyn Show,
    ) -> End {
        let mut looks = interval_at(Instant::now(), LOOK_EVERY);
        let mut seconds_passed = interval_at(Instant::now(), Duration::from_secs(1));
        let elapsed = async {
            match seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(elapsed);
        let end = loop {
            tokio::select! {
                _ = looks.tick() => {
                    self.look();
                    self.heed_halt(engine);
                    if show.show(engine, self) {
                        break End::Wanted("the operator");
                    }
                    if let Some(name) = engine.lost_core() {
                        tracing::error!("core loop \"{name}\" is lost, all orders are canceled and the run ends");
                        break End::LostCore;
                    }
                    if self.has_to_end_without_journal(engine) {
                        return End::LostJournal;
                    }
                }
                _ = seconds_passed.tick() => engine.keep_up(),
                () = &mut elapsed => break End::Elapsed,
                wish = signals.wait() => match wish {
                    Wish::End(signal) => break End::Wanted(signal),
                    Wish::Halt => self.write_halt("SIGUSR1"),
                },
            }
        };
        // On a busy machine the last look may be long ago.
        self.look();
        self.heed_halt(engine);
        end
    }

    /// Cancels all orders and waits until none stands, as long as there is somebody to cancel them.
    pub async fn cancel_all(&mut self, engine: &mut LiveEngine) {
        self.is_ending = true;
        self.account.end();
        engine.cancel_all();
        let is_over = |watch: &Watch| watch.orders.open_count() == 0 || engine.has_lost_the_gate();
        self.until(CANCEL_TIMEOUT, is_over).await;
        if self.orders.open_count() > 0 {
            tracing::warn!("{} orders were not seen to be canceled", self.orders.open_count());
        }
    }

    /// Kills where somebody wants a halt, and has the halt outlive the run where the gate killed.
    fn heed_halt(&mut self, engine: &mut LiveEngine) {
        if self.is_halted || self.is_ending {
            return;
        }
        if self.account.is_killed() {
            self.write_halt("the gate killed everything; the log of that run says what came before");
        }
        let Some(halt) = &self.halt else { return };
        if let Some(reason) = halt.reason() {
            self.is_halted = true;
            let path = halt.path().display();
            tracing::error!("halted: {reason}. All orders are canceled; no run begins while {path} stands");
            engine.kill();
        }
    }

    fn write_halt(&self, reason: &str) {
        let Some(halt) = &self.halt else { return };
        if let Err(error) = halt.write(reason) {
            tracing::error!(
                "the halt does not outlive this run, {} cannot be written: {error}",
                halt.path().display()
            );
        }
    }

    /// Looks until `is_reached` holds, for `patience` at most; says whether it does.
    pub async fn until(&mut self, patience: Duration, mut is_reached: impl FnMut(&Watch) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            self.look();
            if is_reached(self) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What is held of an instrument and what it earned, marked at the last middle of its book that could be believed.
    pub fn standing(&self, instrument_id: InstrumentId) -> Standing {
        let picture = &self.pictures[instrument_id.index()];
        let Some(definition) = picture.replica.definition() else { return Standing::default() };
        let scales = (definition.price_scale, definition.quantity_scale);
        Standing::of(&self.orders.holding(instrument_id), picture.mark, scales)
    }

    /// What the fills in an instrument cost, as decimal text, by the asset that it was paid in.
    pub fn commissions(&self, instrument_id: InstrumentId) -> BTreeMap<String, String> {
        let text = |sum| format_scaled(sum, ExecutionReport::COMMISSION_SCALE).to_string();
        self.orders.commissions(instrument_id).map(|(asset, sum)| (asset.to_owned(), text(sum))).collect()
    }

    /// Records that were overwritten before they were seen here.
    pub fn lost_count(&self) -> u64 {
        self.orders.lost_count()
            + self.account.lost_count()
            + self.pictures.iter().map(|picture| picture.lost_count).sum::<u64>()
    }

    /// Tells once that the journal is lost; true where no run is wanted without one.
    fn has_to_end_without_journal(&mut self, engine: &LiveEngine) -> bool {
        if self.is_journal_lost {
            return false;
        }
        let Some(failure) = engine.journal_failure() else { return false };
        self.is_journal_lost = true;
        let (is_end, what_follows) = match engine.configuration.journal.on_failure {
            OnFailure::Stop => (true, "all orders are canceled and the run ends"),
            OnFailure::Continue => (false, "the run goes on without it"),
        };
        tracing::error!("the journal is lost, {what_follows}: {failure}");
        is_end
    }

    fn look(&mut self) {
        self.pictures.iter_mut().for_each(Picture::look);
        self.orders.look();
        self.account.look(&self.pictures);
        self.pairs.look(&self.pictures);
        self.jumps.look(&self.names, &self.pictures);
        self.tell_books();
        self.tell_listings();
    }

    /// Says in the log which books became live and which are no longer believed.
    fn tell_books(&mut self) {
        for ((picture, name), told) in self.pictures.iter().zip(&self.names).zip(&mut self.told) {
            let sync = &picture.sync;
            match sync.state {
                state if state == *told => continue,
                SyncState::Live => tracing::info!("{name}: the book is live"),
                SyncState::Desynced => {
                    tracing::warn!("{name}: the book is desynced ({})", cause(sync.reason))
                }
                // On its way from desynced to live, which is told.
                SyncState::Syncing => continue,
            }
            *told = sync.state;
        }
    }

    /// Says in the log which instruments their venue does not know or trade, with its words, and which it does again.
    fn tell_listings(&mut self) {
        for ((picture, name), told) in self.pictures.iter().zip(&self.names).zip(&mut self.told_listings) {
            let Some(status) = &picture.status else { continue };
            match (status.listing, *told) {
                (listing, told) if listing == told => continue,
                (Listing::Unlisted, _) => {
                    tracing::warn!("{name}: the venue does not know it ({}); it is not traded", status.text)
                }
                (Listing::Halted, _) => {
                    tracing::warn!("{name}: the venue halted it ({}); its orders are denied", status.text)
                }
                (Listing::Listed, Listing::Halted) => tracing::info!("{name}: the venue trades it again"),
                (Listing::Listed, _) => tracing::info!("{name}: the venue knows it now"),
            }
            *told = status.listing;
        }
    }
}

/// Why a book is not believed, in the operator's words.
fn cause(reason: SyncReason) -> &'static str {
    match reason {
        SyncReason::Started | SyncReason::Joined => "it begins",
        SyncReason::Gap | SyncReason::Overflow => "a gap in the venue's updates",
        SyncReason::Disconnected => "the connection was lost",
        SyncReason::Checksum => "the venue's checksum differs",
        SyncReason::Crossed => "it stayed crossed",
        SyncReason::Lapped => "a reader was overtaken",
        SyncReason::DecodeError => "an update could not be read",
        SyncReason::Redefined => "the venue redefined the instrument",
        SyncReason::Silent => "the venue fell silent",
        SyncReason::Reset => "the venue began it anew",
    }
}
