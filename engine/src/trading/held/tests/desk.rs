//! Held orders with the table that they look into, and what the gate would do with their steps: everything is approved.

use fulmar_bus::record::{
    ClientOrderId, ExecutionReport, ExecutionType, HeldOrder, InstrumentId, Intent, ModifyIntent,
    OrderStatus, OrderTerms, Price, Quantity, StrategyId, UnixNanos,
};

use crate::trading::held::{HeldOrders, NotHeld, Step, living};
use crate::trading::order::OrderTable;

pub(super) const INSTRUMENT: InstrumentId = InstrumentId(0);
const NOW: UnixNanos = UnixNanos(1);

pub(super) fn id(counter: u64) -> ClientOrderId {
    ClientOrderId::new(1, StrategyId(0), counter)
}

/// What left for the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Order(ClientOrderId, Quantity),
    Cancel(ClientOrderId),
    Change(ClientOrderId, Quantity, u16),
}

impl Left {
    pub(super) fn id(&self) -> ClientOrderId {
        match self {
            Left::Order(id, _) | Left::Cancel(id) | Left::Change(id, ..) => *id,
        }
    }
}

pub(super) struct Desk {
    pub(super) held: HeldOrders,
    pub(super) orders: OrderTable,
    /// The last word on each order, as a file has it.
    kept: Vec<HeldOrder>,
    left: Vec<Left>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Desk { held: HeldOrders::new(1), orders: OrderTable::new(2_048), kept: Vec::new(), left: Vec::new() }
    }

    /// The strategy wants an order.
    pub(super) fn wants(&mut self, intent: &Intent) -> Result<(), NotHeld> {
        if HeldOrders::concerns(intent)
            && let Some(obstacle) = self.held.obstacle(intent, INSTRUMENT, &self.orders)
        {
            return Err(obstacle);
        }
        self.orders.submit(*intent, INSTRUMENT, NOW).expect("the table is large");
        let is_held = HeldOrders::concerns(intent) && self.held.would_hold(intent);
        if HeldOrders::concerns(intent) {
            self.held.place(intent, INSTRUMENT, &self.orders).expect("it has no obstacle");
        }
        if is_held {
            self.tell(intent.client_order_id, ExecutionType::Accepted, |_| ());
        } else {
            self.leave(intent.client_order_id);
        }
        self.work();
        Ok(())
    }

    /// The strategy cancels an order, held or not.
    pub(super) fn cancels(&mut self, id: ClientOrderId) {
        if self.held.holds(id) {
            self.held.ended(id);
            self.tell(id, ExecutionType::Canceled, |_| ());
        } else if self.orders.get(id).is_some_and(|order| !order.is_cancel_wanted())
            && self.orders.request_cancel(id).is_some()
        {
            self.left.push(Left::Cancel(id));
        }
        self.work();
    }

    /// The strategy moves the trigger of an order, where that waits.
    pub(super) fn moves(&mut self, id: ClientOrderId, trigger_price: Price) {
        self.changes(id, |terms| terms.trigger_price = trigger_price);
    }

    /// The strategy changes an order, where that waits.
    pub(super) fn changes(&mut self, id: ClientOrderId, change: impl FnOnce(&mut OrderTerms)) {
        if !self.held.is_waiting(id) {
            return;
        }
        let order = self.orders.get(id).expect("it is held");
        let (before, revision) = (OrderTerms::of(order.intent()), order.next_revision());
        let mut terms = before;
        change(&mut terms);
        let revision = revision.expect("no change is on its way");
        assert!(self.orders.request_change(&ModifyIntent::new(id, terms, revision)).is_some());
        self.held.on_changed(id, &terms, before.quantity);
        self.tell(id, ExecutionType::Updated, |told| {
            (told.last_px, told.revision) = (terms.trigger_price, revision);
            (told.price, told.quantity) = (terms.price, terms.quantity);
        });
        self.work();
    }

    /// The venue says something.
    pub(super) fn hears(&mut self, report: &ExecutionReport) {
        let _ = self.orders.on_report(report);
        self.held.on_report(report, NOW);
        self.work();
    }

    /// Does all that is to be done.
    pub(super) fn work(&mut self) {
        while let Some(step) = self.held.next_step(NOW, &self.orders) {
            match step {
                Step::Move(id, price) => self.tell(id, ExecutionType::Updated, |told| told.last_px = price),
                Step::Resize(id, quantity) => {
                    self.tell(id, ExecutionType::Updated, |told| told.quantity = quantity);
                }
                Step::Trigger(id) => self.tell(id, ExecutionType::Triggered, |_| ()),
                Step::End(id) => {
                    self.held.ended(id);
                    self.tell(id, ExecutionType::Canceled, |_| ());
                }
                Step::Cancel(id) => {
                    assert!(self.orders.request_cancel(id).is_some(), "what is canceled stands");
                    self.left.push(Left::Cancel(id));
                }
                Step::Change(id, quantity) => self.change(id, quantity),
                Step::Release(id) => {
                    let order = self.orders.get(id).expect("what is sent stands");
                    self.held.sent(order.intent(), order.traded_qty());
                    self.save();
                    self.leave(id);
                }
                Step::Withdraw(_) | Step::Amend(_) => unreachable!("nothing here leaves slice by slice"),
            }
        }
        self.save();
    }

    /// What left since this was last asked.
    pub(super) fn take_sent(&mut self) -> Vec<Left> {
        std::mem::take(&mut self.left)
    }

    /// The same, made again out of what was kept. It knows no price yet.
    pub(super) fn restored(&self) -> Desk {
        let mut restored = self.restored_as_it_stood();
        restored.work();
        // Whether a cancel left is not kept: it is sent again. Orders are not.
        let again = restored.take_sent();
        assert!(again.iter().all(|left| matches!(left, Left::Cancel(_))), "{again:?}");
        restored
    }

    /// The same, before anything is done.
    pub(super) fn restored_as_it_stood(&self) -> Desk {
        let mut restored = Desk::new();
        let saved: Vec<_> = living(self.kept.clone()).into_iter().map(|saved| (INSTRUMENT, saved)).collect();
        restored.held = HeldOrders::restore(1, &saved, &mut restored.orders);
        restored
    }

    /// Keeps what changed, as the gate does before anything leaves.
    fn save(&mut self) {
        let Desk { held, orders, kept, .. } = self;
        held.save(orders, |_, saved| {
            kept.retain(|known| known.intent.client_order_id != saved.intent.client_order_id);
            kept.push(saved);
        });
    }

    fn change(&mut self, id: ClientOrderId, quantity: Quantity) {
        let order = self.orders.get(id).expect("what is changed stands");
        let revision = order.next_revision().expect("one change at a time");
        let terms = OrderTerms { quantity, ..OrderTerms::of(order.intent()) };
        assert!(self.orders.request_change(&ModifyIntent::new(id, terms, revision)).is_some());
        self.held.asked(id, revision);
        self.left.push(Left::Change(id, quantity, revision));
    }

    fn leave(&mut self, id: ClientOrderId) {
        let intent = self.orders.get(id).expect("what is sent stands").intent();
        let quantity = intent.quantity;
        self.left.push(Left::Order(id, quantity));
    }

    fn tell(
        &mut self,
        id: ClientOrderId,
        execution: ExecutionType,
        change: impl FnOnce(&mut ExecutionReport),
    ) {
        let intent = self.orders.get(id).expect("what is told of is known").intent();
        let status =
            if execution == ExecutionType::Canceled { OrderStatus::Canceled } else { OrderStatus::Accepted };
        let mut told = ExecutionReport::new(id, intent.side, execution, status);
        (told.price, told.quantity, told.last_px) = (intent.price, intent.quantity, intent.trigger_price);
        told.is_emulated = 1;
        change(&mut told);
        let _ = self.orders.on_report(&told);
    }
}
