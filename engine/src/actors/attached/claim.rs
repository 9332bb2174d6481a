//! What a process may want as its strategy, whatever it says of itself.

use fulmar_bus::channel::Full;
use fulmar_bus::record::{
    AccountId, CancelIntent, ClientOrderId, Intent, Kind, Malformed, ModifyIntent, Record, StrategyId,
    UnixNanos,
};

use crate::runtime::{Origin, Outbox};
use crate::trading::OWN_COUNTER_MIN;

/// How far an order's number may lie behind the last one: what found no room in the ring took numbers too. One who
/// jumps further would leave none to those who come after it.
const COUNTER_STEP_MAX: u64 = 1 << 20;

/// Whose commands they are: the line says so, and never the record.
pub(super) struct Claim {
    epoch: u32,
    strategy_id: StrategyId,
    /// The number of the last order that was wanted.
    counter: u64,
}

/// Why a command is not carried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// No engine and no program of ours writes such bytes.
    Shape,
    /// It is a command, and of something that is not its strategy's to want.
    Sense,
    /// It is one, and there is no room for it.
    NoRoom,
}

impl Claim {
    /// That of a strategy of this boot, of which no order was wanted.
    pub fn new(epoch: u32, strategy_id: StrategyId) -> Self {
        Claim { epoch, strategy_id, counter: 0 }
    }

    /// The number of the last order that was wanted.
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// Sends on `command`, which lies in our hands, so that nobody can change it any more, and which comes of nothing
    /// that was received later than at `latest_at`.
    pub fn carry(
        &mut self,
        command: &Record,
        latest_at: UnixNanos,
        intents: &mut Outbox,
    ) -> Result<(), Wrong> {
        let (origin, instrument_id) = (Origin::stated(command, latest_at), command.header().instrument_id);
        match command.header().kind() {
            Some(Kind::Intent) => {
                let mut intent = *command.read::<Intent>()?;
                let ClientOrderId { epoch, strategy_id, counter, .. } = intent.client_order_id;
                let next = self.counter + 1..(self.counter + COUNTER_STEP_MAX).min(OWN_COUNTER_MIN);
                if (epoch, strategy_id) != (self.epoch, self.strategy_id) || !next.contains(&counter) {
                    return Err(Wrong::Sense);
                }
                self.counter = counter;
                intent.client_order_id = ClientOrderId::new(epoch, strategy_id, counter);
                (intent.strategy_id, intent.account_id) = (strategy_id, AccountId(0));
                Ok(intents.send(origin, instrument_id, &intent).map(drop)?)
            }
            Some(Kind::CancelIntent) => {
                let cancel = command.read::<CancelIntent>()?;
                self.owns(cancel.client_order_id)?;
                Ok(intents.send(origin, instrument_id, cancel).map(drop)?)
            }
            Some(Kind::ModifyIntent) => {
                let modify = command.read::<ModifyIntent>()?;
                self.owns(modify.client_order_id)?;
                Ok(intents.send(origin, instrument_id, modify).map(drop)?)
            }
            _ => Err(Wrong::Shape),
        }
    }

    /// An order that its strategy may change or cancel: one of this boot or an earlier one, and none of the gate's own.
    fn owns(&self, id: ClientOrderId) -> Result<(), Wrong> {
        let is_own = id.strategy_id == self.strategy_id
            && (1..=self.epoch).contains(&id.epoch)
            && id.counter < OWN_COUNTER_MIN;
        if is_own { Ok(()) } else { Err(Wrong::Sense) }
    }
}

impl From<Malformed> for Wrong {
    fn from(_: Malformed) -> Self {
        Wrong::Shape
    }
}

impl From<Full> for Wrong {
    fn from(_: Full) -> Self {
        Wrong::NoRoom
    }
}
