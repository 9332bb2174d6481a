//! One order that is held, or that held ones depend on, and what is remembered of it.

use fulmar_bus::record::{ClientOrderId, InstrumentId, Intent, OrderType, Quantity, Side, StrategyId};

use super::slices::Slices;
use super::trigger::Trigger;

/// Where an order is on its way from the engine to the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Held: its trigger is not met, or its parent has not done trading.
    Waiting,
    /// Held no longer than what stands in its way.
    Fired,
    /// Sent.
    Standing,
    /// Nothing more comes of it.
    Ended,
}

/// Orders of one strategy and boot that are alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    epoch: u32,
    strategy_id: StrategyId,
    number: u32,
}

impl Group {
    pub(super) fn number(self) -> u32 {
        self.number
    }

    pub(super) fn of(intent: &Intent) -> Option<Self> {
        let ClientOrderId { epoch, strategy_id, .. } = intent.client_order_id;
        (intent.alternatives != 0).then_some(Group { epoch, strategy_id, number: intent.alternatives })
    }
}

/// The order that another waits for, as far as it is known. It may be forgotten elsewhere before the other is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) id: ClientOrderId,
    pub(super) traded_qty: Quantity,
    pub(super) is_done: bool,
}

impl Parent {
    pub(super) fn of(intent: &Intent) -> Option<Self> {
        let id = parent_id(intent)?;
        Some(Parent { id, traded_qty: Quantity(0), is_done: false })
    }
}

/// The order that `intent` waits for.
pub fn parent_id(intent: &Intent) -> Option<ClientOrderId> {
    let ClientOrderId { epoch, strategy_id, .. } = intent.client_order_id;
    (intent.after_counter != 0).then(|| ClientOrderId::new(epoch, strategy_id, intent.after_counter))
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: ClientOrderId,
    pub(super) instrument_id: InstrumentId,
    pub(super) side: Side,
    pub(super) group: Option<Group>,
    pub(super) parent: Option<Parent>,
    /// What the strategy wants of it: what its alternatives and its parent leave of that is what it is.
    pub(super) wanted_qty: Quantity,
    /// As it was before the change that is on its way.
    pub(super) wanted_qty_before: Quantity,
    pub(super) traded_qty: Quantity,
    pub(super) trigger: Option<Trigger>,
    /// True where it goes without a price once its turn comes: it has no trigger of its own.
    pub(super) has_turn: bool,
    pub(super) phase: Phase,
    /// Prices are held against its trigger.
    pub(super) is_armed: bool,
    /// Its trigger moved, and nobody was told.
    pub(super) has_moved: bool,
    /// It was told that it fired.
    pub(super) is_told: bool,
    /// The venue has it.
    pub(super) is_taken: bool,
    /// It was canceled so that an alternative can be sent, which ends nobody.
    pub(super) gave_way: bool,
    /// How it stands where it leaves slice by slice.
    pub(super) slices: Option<Slices>,
    /// The venue does not change its quantity.
    pub(super) is_rigid: bool,
    /// The last change of it that was not the strategy's.
    pub(super) own_revision: u16,
    /// Something that it depends on may have changed.
    pub(super) is_due: bool,
    /// What is kept of it is not what it is.
    pub(super) is_unsaved: bool,
}

impl Entry {
    pub(super) fn new(intent: &Intent, instrument_id: InstrumentId, phase: Phase) -> Self {
        Entry {
            id: intent.client_order_id,
            instrument_id,
            side: intent.side,
            group: Group::of(intent),
            parent: Parent::of(intent),
            wanted_qty: intent.quantity,
            wanted_qty_before: intent.quantity,
            traded_qty: Quantity(0),
            trigger: Trigger::of(intent),
            has_turn: matches!(intent.order_type, OrderType::Market | OrderType::Limit),
            phase,
            is_armed: false,
            has_moved: false,
            is_told: false,
            is_taken: false,
            gave_way: false,
            slices: None,
            is_rigid: false,
            own_revision: 0,
            is_due: true,
            is_unsaved: true,
        }
    }

    /// True where it is one of these alternatives.
    pub(super) fn is_of(&self, group: Option<Group>) -> bool {
        group.is_some() && self.group == group
    }

    /// True where it is not at the venue, and could come to be.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Fired)
    }

    /// True where a price may fire it: not before its parent traded. A child that waits for its turn alone does not end
    /// the trading of its parent because the market is at its price.
    pub(super) fn may_fire(&self) -> bool {
        let is_lone_child = self.has_turn && self.group.is_none();
        self.parent.is_none_or(|parent| !parent.traded_qty.is_zero() && !is_lone_child)
    }

    /// True where nothing that becomes of others concerns it any more.
    pub(super) fn is_alone(&self) -> bool {
        // It may come back until the venue has it.
        let is_there = self.phase == Phase::Standing && self.is_taken;
        let is_free = self.parent.is_none() && self.slices.is_none() && is_there;
        self.group.is_none() && (is_free || self.phase == Phase::Ended)
    }

    /// The most that it may be, what it traded included, where its alternatives traded `others_qty`. `None` while its
    /// parent still trades: it is not known.
    pub(super) fn quantity_max(&self, others_qty: i64) -> Option<i64> {
        let covered_qty = match self.parent {
            Some(parent) if !parent.is_done => return None,
            Some(parent) => self.wanted_qty.min(parent.traded_qty),
            None => self.wanted_qty,
        };
        Some(covered_qty.0.saturating_sub(others_qty))
    }
}
