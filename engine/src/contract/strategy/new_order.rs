//! An order as a strategy asks for it, in one line. Nothing is sent here.

use fulmar_bus::record::{
    ClientOrderId, Intent, OrderType, Price, Quantity, Side, TimeInForce, TriggerBy, UnixNanos,
};

/// An order as a strategy asks for it.
///
/// ```
/// use fulmar_bus::record::{Price, Quantity, Side};
/// use fulmar_engine::contract::NewOrder;
/// let rests = NewOrder::limit(Side::Buy, Price(6_183_763), Quantity(20)).post_only().tag(7);
/// let ends_a_loss = NewOrder::stop(Side::Sell, Price(6_000_000), Quantity(20)).reduce_only().for_the_day();
/// assert_ne!(rests, ends_a_loss);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an order that is not submitted is nothing"]
pub struct NewOrder {
    pub(super) intent: Intent,
}

impl NewOrder {
    /// At `price` or better, until it is canceled; both numbers at the instrument's scales.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side};
    /// let bid = NewOrder::limit(Side::Buy, Price(6_183_763), Quantity(20)).post_only();
    /// ```
    pub fn limit(side: Side, price: Price, quantity: Quantity) -> Self {
        NewOrder { intent: Intent::limit(ClientOrderId::default(), side, price, quantity) }
    }

    /// At any price, now; `quantity` at the instrument's quantity scale.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Quantity, Side};
    /// let out = NewOrder::market(Side::Sell, Quantity(20)).reduce_only();
    /// ```
    pub fn market(side: Side, quantity: Quantity) -> Self {
        NewOrder { intent: Intent::market(ClientOrderId::default(), side, quantity) }
    }

    /// A market order once the market has gone against its trigger: to `trigger` or above for a buyer, to it or below
    /// for a seller. It ends a loss. The engine holds it until then, as all orders that wait.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side, TriggerBy};
    /// let stop = NewOrder::stop(Side::Sell, Price(6_000_000), Quantity(20)).trigger_by(TriggerBy::Mark);
    /// ```
    pub fn stop(side: Side, trigger: Price, quantity: Quantity) -> Self {
        Self::waiting(OrderType::Stop, side, (trigger, Price(0)), quantity)
    }

    /// As [`NewOrder::stop`], and at `price` or better from then on.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side};
    /// // From 60,000.00 down it sells, but for no less than 59,900.00.
    /// let stop = NewOrder::stop_limit(Side::Sell, Price(6_000_000), Price(5_990_000), Quantity(20));
    /// ```
    pub fn stop_limit(side: Side, trigger: Price, price: Price, quantity: Quantity) -> Self {
        Self::waiting(OrderType::StopLimit, side, (trigger, price), quantity)
    }

    /// A [`NewOrder::stop`] whose trigger follows the market at `offset`, and never steps back. It begins at its offset
    /// from the market, and each move of it is told as
    /// [`Strategy::on_order_updated`](super::Strategy::on_order_updated).
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side, TriggerBy};
    /// // Sells once the bid is 500.00 below the best that it was.
    /// let stop = NewOrder::trailing_stop(Side::Sell, Price(50_000), Quantity(20)).trigger_by(TriggerBy::BidAsk);
    /// ```
    pub fn trailing_stop(side: Side, offset: Price, quantity: Quantity) -> Self {
        let mut order = Self::waiting(OrderType::TrailingStop, side, (Price(0), Price(0)), quantity);
        order.intent.trailing_offset = offset;
        order
    }

    /// A market order once the market has come to `trigger`: there or below for a buyer, there or above for a seller.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side};
    /// let dip = NewOrder::market_if_touched(Side::Buy, Price(5_900_000), Quantity(20));
    /// ```
    pub fn market_if_touched(side: Side, trigger: Price, quantity: Quantity) -> Self {
        Self::waiting(OrderType::MarketIfTouched, side, (trigger, Price(0)), quantity)
    }

    /// As [`NewOrder::market_if_touched`], and at `price` or better from then on.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side};
    /// let dip = NewOrder::limit_if_touched(Side::Buy, Price(5_900_000), Price(5_901_000), Quantity(20));
    /// ```
    pub fn limit_if_touched(side: Side, trigger: Price, price: Price, quantity: Quantity) -> Self {
        Self::waiting(OrderType::LimitIfTouched, side, (trigger, price), quantity)
    }

    fn waiting(
        order_type: OrderType,
        side: Side,
        (trigger, price): (Price, Price),
        quantity: Quantity,
    ) -> Self {
        let mut order = Self::limit(side, price, quantity);
        (order.intent.order_type, order.intent.trigger_price) = (order_type, trigger);
        order
    }

    /// Which price triggers it: that of the last trade where nothing is said.
    pub fn trigger_by(mut self, trigger_by: TriggerBy) -> Self {
        self.intent.trigger_by = trigger_by;
        self
    }

    /// Waits for that order, of the same strategy and instrument: it is sent once that is done, and for as much as that
    /// traded. What waits for a price too, does so from the other's first trade on; where it is triggered before the
    /// other is done, the rest of that is canceled first. It ends where the other ends without a trade.
    ///
    /// ```
    /// use fulmar_bus::record::{InstrumentId, Price, Quantity, Side};
    /// use fulmar_engine::contract::{Context, NewOrder, NotSubmitted};
    ///
    /// /// Buys, and offers what it bought.
    /// fn buy_then_offer(context: &mut Context<'_>, btc: InstrumentId) -> Result<(), NotSubmitted> {
    ///     let quantity = Quantity(20);
    ///     let entry = context.submit(btc, NewOrder::limit(Side::Buy, Price(6_183_763), quantity))?;
    ///     context.submit(btc, NewOrder::limit(Side::Sell, Price(6_200_000), quantity).after(entry))?;
    ///     Ok(())
    /// }
    /// ```
    pub fn after(mut self, parent: ClientOrderId) -> Self {
        // Its own id is given later; until then the parent's stands here, to be looked for.
        (self.intent.after_counter, self.intent.client_order_id) = (parent.counter, parent);
        self
    }

    /// Is one of the alternatives of this number: see
    /// [`Context::submit_alternatives`](super::Context::submit_alternatives), which chooses one.
    pub(super) fn alternatives(mut self, number: u32) -> Self {
        self.intent.alternatives = number;
        self
    }

    /// Takes nothing: it rests, or is rejected.
    pub fn post_only(mut self) -> Self {
        self.intent.post_only = 1;
        self
    }

    /// Only brings the position nearer to zero.
    pub fn reduce_only(mut self) -> Self {
        self.intent.reduce_only = 1;
        self
    }

    /// Stands until this moment at most; the engine cancels it then.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Nanos, Price, Quantity, Side, UnixNanos};
    /// # let now = UnixNanos(1);
    /// let for_a_minute =
    ///     NewOrder::limit(Side::Buy, Price(6_183_763), Quantity(20)).until(now + Nanos::from_secs(60));
    /// ```
    pub fn until(mut self, expire_at: UnixNanos) -> Self {
        (self.intent.time_in_force, self.intent.expire_at) = (TimeInForce::Gtd, expire_at);
        self
    }

    /// Stands to the end of the trading day at most, which is that of the day in UTC; the engine cancels it then.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side};
    /// let today = NewOrder::stop(Side::Sell, Price(6_000_000), Quantity(20)).for_the_day();
    /// ```
    pub fn for_the_day(self) -> Self {
        self.time_in_force(TimeInForce::Day)
    }

    /// Shows no more than this of it in the book, where it is a limit order that may stand. Where the venue does not do
    /// that the engine does, slice by slice; it is one order all the same.
    ///
    /// ```
    /// # use fulmar_engine::contract::NewOrder;
    /// # use fulmar_bus::record::{Price, Quantity, Side};
    /// let shows_a_tenth = NewOrder::limit(Side::Buy, Price(6_183_763), Quantity(20)).display(Quantity(2));
    /// ```
    pub fn display(mut self, quantity: Quantity) -> Self {
        self.intent.display_qty = quantity;
        self
    }

    /// Stands as long as `time_in_force` says.
    pub fn time_in_force(mut self, time_in_force: TimeInForce) -> Self {
        self.intent.time_in_force = time_in_force;
        self
    }

    /// What the strategy calls it; comes back in every report.
    pub fn tag(mut self, tag: u64) -> Self {
        self.intent.tag = tag;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::strategy::{Context, IntentSink, NotSubmitted, View};
    use fulmar_bus::record::{InstrumentId, ModifyIntent, StrategyId};

    const INSTRUMENT: InstrumentId = InstrumentId(1);
    const ALL: Quantity = Quantity(20);

    /// Keeps the intents that were wanted.
    #[derive(Default)]
    struct Sink(Vec<Intent>);

    impl IntentSink for Sink {
        fn submit(&mut self, _: InstrumentId, intent: &mut Intent) {
            intent.client_order_id = ClientOrderId::new(1, StrategyId(0), self.0.len() as u64 + 1);
            self.0.push(*intent);
        }

        fn cancel(&mut self, _: InstrumentId, _: ClientOrderId) -> bool {
            unreachable!("nothing is canceled here")
        }

        fn modify(&mut self, _: InstrumentId, _: &ModifyIntent) -> bool {
            unreachable!("nothing is changed here")
        }

        fn set_timer(&mut self, _: u64, _: UnixNanos) {
            unreachable!("no timer is set here")
        }
    }

    /// What is wanted by this, of a view that has room for so many orders.
    fn wanted<T>(room: usize, want: impl FnOnce(&mut Context<'_>) -> T) -> (T, Vec<Intent>, u64) {
        let (mut view, mut sink) = (View::new(&[INSTRUMENT], room), Sink::default());
        let told = want(&mut Context::new(UnixNanos(1), &mut view, &mut sink));
        (told, sink.0, view.not_submitted())
    }

    #[test]
    fn each_way_to_ask_says_its_type_its_prices_and_nothing_else() {
        let (trigger, price) = (Price(90), Price(80));
        let check = |order: NewOrder, order_type, (trigger_price, price, trailing_offset)| {
            let plain = Intent::limit(ClientOrderId::default(), Side::Sell, price, ALL);
            let mut expected = plain;
            (expected.order_type, expected.trigger_price) = (order_type, trigger_price);
            expected.trailing_offset = trailing_offset;
            assert_eq!(order.intent, expected);
        };
        check(NewOrder::stop(Side::Sell, trigger, ALL), OrderType::Stop, (trigger, Price(0), Price(0)));
        let stop_limit = NewOrder::stop_limit(Side::Sell, trigger, price, ALL);
        check(stop_limit, OrderType::StopLimit, (trigger, price, Price(0)));
        let trailing = NewOrder::trailing_stop(Side::Sell, Price(7), ALL);
        check(trailing, OrderType::TrailingStop, (Price(0), Price(0), Price(7)));
        let touched = NewOrder::market_if_touched(Side::Sell, trigger, ALL);
        check(touched, OrderType::MarketIfTouched, (trigger, Price(0), Price(0)));
        let touched = NewOrder::limit_if_touched(Side::Sell, trigger, price, ALL);
        check(touched, OrderType::LimitIfTouched, (trigger, price, Price(0)));
    }

    #[test]
    fn each_word_about_an_order_says_one_thing_of_it() {
        let plain = NewOrder::limit(Side::Buy, Price(80), ALL);
        let says = |order: NewOrder, expected: fn(&mut Intent)| {
            let mut intent = plain.intent;
            expected(&mut intent);
            assert_eq!(order.intent, intent);
        };
        says(plain.for_the_day(), |intent| intent.time_in_force = TimeInForce::Day);
        says(plain.until(UnixNanos(9)), |intent| {
            (intent.time_in_force, intent.expire_at) = (TimeInForce::Gtd, UnixNanos(9));
        });
        says(plain.time_in_force(TimeInForce::Fok), |intent| intent.time_in_force = TimeInForce::Fok);
        says(plain.display(Quantity(2)), |intent| intent.display_qty = Quantity(2));
        says(plain.trigger_by(TriggerBy::Index), |intent| intent.trigger_by = TriggerBy::Index);
        says(plain.after(ClientOrderId::new(1, StrategyId(0), 8)), |intent| {
            (intent.after_counter, intent.client_order_id) = (8, ClientOrderId::new(1, StrategyId(0), 8));
        });
        says(plain.post_only(), |intent| intent.post_only = 1);
        says(plain.reduce_only(), |intent| intent.reduce_only = 1);
        says(plain.tag(5), |intent| intent.tag = 5);
    }

    #[test]
    fn alternatives_share_a_number_that_no_others_have() {
        let both = [NewOrder::limit(Side::Sell, Price(99), ALL), NewOrder::stop(Side::Sell, Price(90), ALL)];
        let (_, intents, _) = wanted(8, |context| {
            context.submit_alternatives(INSTRUMENT, both).expect("there is room");
            context.submit_alternatives(INSTRUMENT, both).expect("there is room");
            context.submit_alternatives(INSTRUMENT, [both[0]]).expect("there is room");
        });
        let numbers: Vec<u32> = intents.iter().map(|intent| intent.alternatives).collect();
        assert_eq!(numbers, [1, 1, 2, 2, 0], "one by itself is an alternative to nothing");
    }

    #[test]
    fn the_exits_of_a_bracket_are_alternatives_that_wait_for_its_entry() {
        let entry = NewOrder::limit(Side::Buy, Price(95), ALL);
        let exits = [NewOrder::limit(Side::Sell, Price(99), ALL), NewOrder::stop(Side::Sell, Price(90), ALL)];
        let ((entry, exits), intents, _) = wanted(3, |context| {
            context.submit_bracket(INSTRUMENT, entry, exits).expect("there is room for three")
        });
        let depends = |intent: &Intent| (intent.client_order_id, intent.after_counter, intent.alternatives);
        let expected = [(entry, 0, 0), (exits[0], entry.counter, 1), (exits[1], entry.counter, 1)];
        assert_eq!(intents.iter().map(depends).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_group_is_wanted_whole_or_not_at_all() {
        let order = NewOrder::limit(Side::Sell, Price(99), ALL);
        let empty = NewOrder::limit(Side::Sell, Price(99), Quantity(0));
        let refused = |told: (Result<(), NotSubmitted>, Vec<Intent>, u64), expected| {
            assert_eq!(told, (Err(expected), Vec::new(), 1));
        };
        let both = |context: &mut Context<'_>, orders| {
            context.submit_alternatives(INSTRUMENT, orders).map(|_: [_; 2]| ())
        };
        refused(wanted(1, |context| both(context, [order, order])), NotSubmitted::OrdersFull);
        refused(wanted(8, |context| both(context, [order, empty])), NotSubmitted::Quantity);
        let bracket = |context: &mut Context<'_>, exits| {
            context.submit_bracket(INSTRUMENT, order, exits).map(|_: (_, [_; 2])| ())
        };
        refused(wanted(2, |context| bracket(context, [order, order])), NotSubmitted::OrdersFull);
        refused(wanted(8, |context| bracket(context, [order, empty])), NotSubmitted::Quantity);
    }
}
