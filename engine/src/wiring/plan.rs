//! What an engine is to be made of, before anything is made.

use std::path::PathBuf;

use fulmar_bus::record::{AccountId, BookLevels, HeldOrder, InstrumentId, Nanos, RECORD_SLOTS_MAX};

use crate::actors::{ProcessPlan, StepPlan};
use crate::contract::strategy::{BookDepth, Strategy};
use crate::contract::{MarketSession, OrderSession};
use crate::market::FeeRate;
use crate::market::limits::JUMP_MAX_BPS;
use crate::simulation::paper::PaperFees;
use crate::trading::risk::RiskSettings;
use crate::trading::treasury::TreasuryPlan;

/// An engine on paper. The same plan gives the same actors, channels and ids in every run, live or replayed.
pub struct EnginePlan {
    /// Every instrument, by id.
    pub instruments: Vec<InstrumentPlan>,
    /// The venues whose market data is read.
    pub venues: Vec<VenuePlan>,
    /// Pairs to be aggregated.
    pub pairs: Vec<PairPlan>,
    /// Lengths of the bars that every pair is given.
    pub bar_intervals: Vec<Nanos>,
    /// Strategies, by id.
    pub strategies: Vec<StrategyPlan>,
    /// Where orders go.
    pub orders: OrderRoute,
    /// How the account's money is kept, and the limits that hold over several instruments. Which instrument is of which
    /// venue need not be stated, nor limits of venues and strategies that have none.
    pub treasury: TreasuryPlan,
    /// Sizes of the rings.
    pub rings: RingSizes,
    /// The boot that order ids name.
    pub epoch: u32,
    /// Held orders, over the end of the process.
    pub held: KeptOrders,
    /// The journal's directory, if one is kept: what the journal must not miss is published in files there.
    pub journal_directory: Option<PathBuf>,
}

/// Held orders before and after this run.
#[derive(Clone, Debug, Default)]
pub struct KeptOrders {
    /// Those of an earlier boot that are to be held again, by the names of their strategies and instruments. What names
    /// none of the plan is left out.
    pub restored: Vec<HeldOrder>,
    /// The file that they are kept in; `None` where none need outlive the process.
    pub file: Option<PathBuf>,
}

/// An instrument that the engine knows.
pub struct InstrumentPlan {
    /// Its durable name, `venue:symbol`.
    pub name: String,
    /// What may be traded of it, or `None` where nothing may.
    pub risk: Option<RiskSettings>,
    /// How far its best prices may lie from the last good ones before they are suspect, in hundredths of a percent.
    pub jump_max_bps: u32,
}

impl InstrumentPlan {
    /// An instrument whose best prices may jump as far as they may where nothing is configured.
    pub fn new(name: String, risk: Option<RiskSettings>) -> Self {
        InstrumentPlan { name, risk, jump_max_bps: JUMP_MAX_BPS }
    }
}

/// A venue's market data.
pub struct VenuePlan {
    /// Its translator.
    pub session: Box<dyn MarketSession>,
    /// Its instruments.
    pub instruments: Vec<InstrumentId>,
}

/// One pair over all its venues.
pub struct PairPlan {
    /// What it is called.
    pub name: String,
    /// Its instruments.
    pub instruments: Vec<InstrumentId>,
    /// What a taker pays at the venues of those of which it is known. The others have no part in an arbitrage.
    pub taker_fees: Vec<(InstrumentId, FeeRate)>,
}

/// A strategy and what it trades.
pub struct StrategyPlan {
    /// What it is called.
    pub name: String,
    /// Where it lives.
    pub home: Home,
    /// The instruments that it sees and may trade.
    pub instruments: Vec<InstrumentId>,
    /// How much of their books it sees.
    pub book: BookDepth,
}

/// Where a strategy lives.
pub enum Home {
    /// In the engine: what it does.
    Engine(Box<dyn Strategy>),
    /// In a process of its own, which comes and goes.
    Process(ProcessPlan),
    /// In a process of its own, which is there from the beginning and has the turns that it would have in the engine.
    Step(StepPlan),
}

/// Where approved orders go.
pub enum OrderRoute {
    /// Nowhere: market data alone. There is no risk gate then, since there is nothing to judge.
    None,
    /// To the paper venue, which fills them against the market data.
    Paper {
        /// The account that they trade for.
        account_id: AccountId,
        /// What its fills cost.
        fees: PaperFees,
    },
    /// To venues, those of an instrument to the gateway of its own. What none of them has cannot be traded.
    Venues(Vec<GatewayPlan>),
}

/// The order entry of one account at a venue.
pub struct GatewayPlan {
    /// Its translator.
    pub session: Box<dyn OrderSession>,
    /// The account.
    pub account_id: AccountId,
}

impl OrderRoute {
    /// The accounts that are traded for, each with what its gateway is called.
    pub(super) fn accounts(&self) -> Vec<(&'static str, AccountId)> {
        match self {
            OrderRoute::None => Vec::new(),
            OrderRoute::Paper { account_id, .. } => vec![("paper", *account_id)],
            OrderRoute::Venues(gateways) => {
                gateways.iter().map(|gateway| (gateway.session.venue(), gateway.account_id)).collect()
            }
        }
    }

    /// Which of them an instrument of this venue is traded for; `None` where it cannot be traded.
    pub(super) fn account_at(&self, venue: &str) -> Option<usize> {
        match self {
            OrderRoute::None => None,
            OrderRoute::Paper { .. } => Some(0),
            OrderRoute::Venues(gateways) => {
                gateways.iter().position(|gateway| gateway.session.venue() == venue)
            }
        }
    }
}

/// How large rings are, in slots of 64 bytes; powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingSizes {
    /// Frames of one venue: room for a burst and for the largest snapshot under way.
    pub frames: usize,
    /// Market data of one instrument: room for the largest snapshot, what waited for it, and what a turn adds to both.
    pub market: usize,
    /// Best prices of one instrument, and of one pair.
    pub book: usize,
    /// Wishes of one book to sync anew. There is one at a time, and a few before it is heard.
    pub resync: usize,
    /// Everything else, of which an engine has one, or one for each strategy.
    pub small: usize,
}

/// Slots of market data that all instruments share, and the fewest of one: a snapshot of twice 5,000 levels with all
/// that a feed keeps waiting for it takes 10,000.
const MARKET_SLOTS: (usize, usize) = (1 << 20, 1 << 14);
/// Slots of best prices that all instruments share, and the fewest of one: some five hundred changes of a top.
const BOOK_SLOTS: (usize, usize) = (1 << 17, 1 << 10);

impl RingSizes {
    /// Sizes for an engine of so many instruments. Up to 32 have the rings that are best for each; more share what
    /// those take, down to what one needs.
    ///
    /// ```
    /// use fulmar_engine::wiring::RingSizes;
    /// assert_eq!(RingSizes::for_instruments(2), RingSizes::for_instruments(32));
    /// assert_eq!(RingSizes::for_instruments(32).market, 1 << 15);
    /// assert_eq!(RingSizes::for_instruments(512).market, 1 << 14);
    /// ```
    pub fn for_instruments(instrument_count: usize) -> Self {
        let share = |(all, least): (usize, usize)| {
            let share = all / instrument_count.max(32);
            // A power of two, rounded down.
            (1 << share.max(1).ilog2()).max(least)
        };
        RingSizes {
            frames: 1 << 16,
            market: share(MARKET_SLOTS),
            book: share(BOOK_SLOTS),
            resync: 1 << 8,
            small: 1 << 12,
        }
    }

    /// Slots of market data of an instrument whose book may have so many levels a side: a snapshot must fit, and what
    /// comes while it is read.
    ///
    /// ```
    /// use fulmar_engine::wiring::RingSizes;
    /// let sizes = RingSizes::for_instruments(512);
    /// assert_eq!([sizes.market_of(5_000), sizes.market_of(40_000)], [1 << 14, 1 << 15]);
    /// ```
    pub const fn market_of(&self, levels_max: usize) -> usize {
        let records = (2 * levels_max).div_ceil(BookLevels::LEVELS_MAX);
        let slots = (records * RECORD_SLOTS_MAX).next_power_of_two();
        if slots > self.market { slots } else { self.market }
    }

    /// Sizes for a replay, whose single thread may run one actor further ahead of another than the run that it plays.
    pub const fn for_replay(self) -> Self {
        RingSizes {
            frames: self.frames * 2,
            market: self.market * 4,
            book: self.book * 16,
            resync: self.resync * 16,
            small: self.small * 16,
        }
    }
}

impl Default for RingSizes {
    fn default() -> Self {
        RingSizes::for_instruments(1)
    }
}
