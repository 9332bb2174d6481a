//! The gate as an actor: what passes, what does not and why, and what a kill does.

use fulmar_bus::record::{
    AccountId, CancelIntent, CancelOrder, ClientOrderId, ContractSize, Control, ControlCommand, Denial,
    ExecutionReport, ExecutionType, HeldOrder, InstrumentDefinition, InstrumentStatus, Intent, Listing,
    ModifyIntent, ModifyOrder, Nanos, Order, OrderStatus, OrderTerms, OrderType, Position, ScopeKind, Side,
    StrategyId, SyncChange, SyncReason, SyncState, TimeInForce,
};

mod adoption;
mod cancels;
mod control;
mod losses;
mod presence;
mod statements;
mod value_at_risk;

use super::*;
use crate::actors::limits::{CANCEL_RETRY_NS, CLOSE_RETRY_NS};
use crate::actors::{HeldPlan, Risk, RiskOutboxes, RiskPlan};
use crate::contract::local_reason;
use crate::runtime::Inboxes;
use crate::trading::risk::{GuardSettings, RiskCheck, RiskSettings, ScopeLimits};
use crate::trading::treasury::TreasuryPlan;

/// A gate of one strategy and one instrument, all ends of its channels, and what it told.
pub(super) struct Stage {
    pub(super) actor: Risk,
    control: Outbox,
    pub(super) gateway: Outbox,
    pub(super) book: Outbox,
    pub(super) market: Outbox,
    pub(super) intents: Outbox,
    estimates: Outbox,
    pub(super) approved: Reader,
    reports: Reader,
    account: Reader,
    recalls: Reader,
    pub(super) kept: Reader,
    pub(super) now: UnixNanos,
    order_count: u64,
}

impl Stage {
    /// A gate that was told nothing yet.
    fn new() -> Self {
        Stage::with(ScopeLimits::default())
    }

    /// One whose only strategy has these limits, in the quote asset of its instrument.
    fn with(limits: ScopeLimits) -> Self {
        Stage::made(limits, Vec::new())
    }

    /// One that these orders of an earlier boot are given to.
    pub(super) fn after(restored: Vec<(InstrumentId, HeldOrder)>) -> Self {
        Stage::made(ScopeLimits::default(), restored)
    }

    fn made(limits: ScopeLimits, restored: Vec<(InstrumentId, HeldOrder)>) -> Self {
        let currency = Some(definition().quote).filter(|_| limits != ScopeLimits::default());
        let treasury =
            TreasuryPlan { currency, venue_of: vec![0], strategies: vec![limits], ..TreasuryPlan::default() };
        let (control, control_ring) = channel(1, ROOMY);
        let (gateway, gateway_ring) = channel(2, ROOMY);
        let (book, book_ring) = channel(3, ROOMY);
        let (intents, intent_ring) = channel(4, ROOMY);
        let (approved, approved_ring) = channel(5, 128);
        let (reports, report_ring) = channel(6, ROOMY);
        let (recall, recall_ring) = channel(7, 128);
        let (account, account_ring) = channel(8, ROOMY);
        let (market, market_ring) = channel(10, ROOMY);
        let (estimates, estimate_ring) = channel(9, ROOMY);
        let mut inboxes = Inboxes::new();
        [&control_ring, &gateway_ring].into_iter().for_each(|ring| _ = inboxes.add(gated(ring)));
        inboxes.add(book_ring.reader());
        inboxes.add(market_ring.reader());
        [&intent_ring, &estimate_ring].into_iter().for_each(|ring| _ = inboxes.add(gated(ring)));
        let settings = RiskSettings {
            order_quantity_max: "0.80".into(),
            order_notional_max: "1000".into(),
            position_max: "1.00".into(),
            open_orders_max: 100,
            messages_per_second: 1_000,
            stale_after: Nanos::from_secs(10),
            guards: GuardSettings {
                is_self_trade_allowed: false,
                unknown_age_max: Some(Nanos::from_secs(1)),
                fill_band_bps: Some(5_000),
                ..GuardSettings::default()
            },
        };
        let plan = RiskPlan {
            settings: vec![Some(settings)],
            books: vec![InstrumentId(0)],
            strategies: vec![vec![InstrumentId(0)]],
            accounts: vec![AccountId(0)],
            carries_icebergs: true,
            held: HeldPlan { restored, ..HeldPlan::default() },
            treasury,
            epoch: 1,
        };
        let (kept, kept_ring) = channel(9, ROOMY);
        let (approved_reader, report_reader) = (gated(&approved_ring), gated(&report_ring));
        Stage {
            actor: Risk::new(
                plan,
                inboxes,
                RiskOutboxes {
                    approved: vec![approved],
                    reports: vec![reports],
                    account,
                    recalls: vec![Some(recall)],
                    kept: Some(kept),
                },
            ),
            control,
            gateway,
            book,
            market,
            intents,
            estimates,
            approved: approved_reader,
            reports: report_reader,
            account: gated(&account_ring),
            recalls: gated(&recall_ring),
            kept: kept_ring.reader(),
            now: OPENS_AT,
            order_count: 0,
        }
    }

    /// One whose instrument is defined, its book live at 100 bid and 101 asked.
    pub(super) fn open() -> Self {
        Stage::opened(Stage::new())
    }

    fn opened(mut stage: Stage) -> Self {
        stage.opens();
        stage
    }

    /// Its instrument is defined, and its book is live. Gives what left to the gateway.
    pub(super) fn opens(&mut self) -> Vec<Record> {
        send(&mut self.book, self.now, &definition());
        send(&mut self.book, self.now, &SyncChange::new(SyncState::Live, SyncReason::Joined, 1, 0, 0));
        send(&mut self.book, self.now, &top(100, 101, 1));
        self.turn();
        let left = drain(&mut self.approved);
        assert_eq!(all::<InstrumentDefinition>(&left).len(), 1, "the gateway hears what the instrument is");
        left
    }

    pub(super) fn turn(&mut self) -> Work {
        turn(&mut self.actor, self.now)
    }

    /// The strategy wants to buy so much at the bid, and the gate has a turn.
    pub(super) fn want(&mut self, quantity: i64) -> ClientOrderId {
        self.order_count += 1;
        let id = ClientOrderId::new(1, StrategyId(0), self.order_count);
        let mut intent = Intent::limit(id, Side::Buy, Price(100), Quantity(quantity));
        intent.tag = 70 + self.order_count;
        send(&mut self.intents, self.now, &intent);
        self.turn();
        id
    }

    /// As [`Stage::want`], for what must pass.
    pub(super) fn place(&mut self, quantity: i64) -> ClientOrderId {
        let id = self.want(quantity);
        let orders = drain_all::<Order>(&mut self.approved);
        assert_eq!(orders.iter().map(|order| order.intent.client_order_id).collect::<Vec<_>>(), [id]);
        self.told();
        id
    }

    pub(super) fn report(&mut self, id: ClientOrderId, execution: ExecutionType, status: OrderStatus) {
        send(&mut self.gateway, self.now, &ExecutionReport::new(id, Side::Buy, execution, status));
        self.turn();
    }

    /// The venue says that so much of the order traded.
    fn fill(&mut self, id: ClientOrderId, quantity: i64) {
        let (execution, status) = (ExecutionType::Trade, OrderStatus::PartiallyFilled);
        let mut report = ExecutionReport::new(id, Side::Buy, execution, status);
        (report.trade_id, report.last_px) = (1, Price(100));
        (report.last_qty, report.cumulative_qty) = (Quantity(quantity), Quantity(quantity));
        send(&mut self.gateway, self.now, &report);
        self.turn();
    }

    pub(super) fn kill(&mut self) {
        send(&mut self.control, self.now, &Control::engine(ControlCommand::Kill));
        self.turn();
    }

    /// So much later; gives what the gate did then.
    pub(super) fn wait(&mut self, wait_ns: u64) -> Work {
        self.now = self.now + Nanos(wait_ns);
        self.turn()
    }

    /// The orders that were canceled since this was last asked.
    fn canceled(&mut self) -> Vec<ClientOrderId> {
        let records = drain(&mut self.approved);
        assert_eq!(all::<Order>(&records), [], "no order passed");
        all::<CancelOrder>(&records).iter().map(|cancel| cancel.client_order_id).collect()
    }

    fn actor_counter(&self, name: &str) -> u64 {
        let mut found = None;
        self.actor.counters(&mut |counter, value| found = found.or((counter == name).then_some(value)));
        found.expect("the gate counts it")
    }

    /// What the strategy was told since this was last asked.
    pub(super) fn told(&mut self) -> Vec<Record> {
        drain(&mut self.reports)
    }

    /// What the strategy was told, where that is one denial.
    pub(super) fn denied(&mut self) -> Denial {
        match all::<Denial>(&self.told())[..] {
            [denial] => denial,
            ref other => panic!("one denial, not {other:?}"),
        }
    }
}

#[test]
fn an_approved_order_is_sent_once_and_its_strategy_hears_that_it_left() {
    let mut stage = Stage::open();
    let id = stage.want(60);
    let [order] = drain_all::<Order>(&mut stage.approved)[..] else { panic!("one order") };
    assert_eq!((order.intent.client_order_id, order.approved_at), (id, stage.now));
    let [report] = all::<ExecutionReport>(&stage.told())[..] else { panic!("one report") };
    assert_eq!((report.execution, report.tag), (ExecutionType::Submitted, 71));
}

#[test]
fn a_denial_names_its_check_what_it_allows_and_what_was_wanted() {
    let mut stage = Stage::open();
    let id = stage.want(81);
    let denial = stage.denied();
    assert_eq!((denial.client_order_id, denial.tag), (id, 71));
    assert_eq!(RiskCheck::from_code(denial.code), Some(RiskCheck::MaxOrderQty));
    assert_eq!((denial.limit, denial.value), (80, 81));
    assert_eq!(stage.canceled(), [], "nothing left");
}

#[test]
fn before_a_definition_and_while_the_book_is_not_live_nothing_passes() {
    let mut stage = Stage::new();
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::UnknownInstrument.code());
    let mut stage = Stage::open();
    let change = SyncChange::new(SyncState::Desynced, SyncReason::Gap, 1, 1, 1);
    send(&mut stage.book, stage.now, &change);
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::StaleMarketData.code());
}

#[test]
fn a_suspect_top_neither_moves_what_orders_are_judged_by_nor_keeps_it_young() {
    let mut stage = Stage::open();
    stage.wait(Nanos::from_secs(9).0);
    send_suspect(&mut stage.book, stage.now, &top(100_000, 100_001, 2));
    stage.place(50);
    stage.wait(Nanos::from_secs(1).0);
    stage.place(10);
    stage.wait(1);
    stage.want(10);
    let denial = stage.denied();
    assert_eq!(denial.code, RiskCheck::StaleMarketData.code());
    assert_eq!(
        denial.value,
        i64::try_from(Nanos::from_secs(10).0).expect("seconds") + 1,
        "the good one's age"
    );
    send(&mut stage.book, stage.now, &top(100, 101, 3));
    stage.place(10);
}

#[test]
fn a_suspect_top_after_a_break_is_no_market() {
    let mut stage = Stage::open();
    for (state, reason) in [(SyncState::Desynced, SyncReason::Gap), (SyncState::Live, SyncReason::Joined)] {
        send(&mut stage.book, stage.now, &SyncChange::new(state, reason, 2, 1, 1));
    }
    send_suspect(&mut stage.book, stage.now, &top(300, 301, 2));
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::StaleMarketData.code());
}

#[test]
fn while_the_venue_halts_an_instrument_no_order_passes_and_what_stands_can_be_canceled() {
    let mut stage = Stage::open();
    let id = stage.place(10);
    send(&mut stage.book, stage.now, &InstrumentStatus::new(Listing::Halted, "maintenance"));
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::InstrumentHalted.code());
    send(&mut stage.intents, stage.now, &CancelIntent { client_order_id: id });
    stage.turn();
    assert_eq!(stage.canceled(), [id]);
    send(&mut stage.book, stage.now, &InstrumentStatus::new(Listing::Listed, "online"));
    stage.place(10);
}

#[test]
fn an_order_of_unknown_fate_counts_as_exposure_until_it_is_settled() {
    let mut stage = Stage::open();
    let id = stage.place(60);
    stage.report(id, ExecutionType::Unknown, OrderStatus::Unknown);
    stage.told();
    stage.want(60);
    let denial = stage.denied();
    assert_eq!(denial.code, RiskCheck::MaxPosition.code());
    assert_eq!((denial.limit, denial.value), (100, 120));
    stage.report(id, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.place(60);
}

#[test]
fn a_full_approved_ring_is_a_denial_and_no_lost_order() {
    let mut stage = Stage::open();
    // Nobody drains what was approved: the ring has room for fewer orders than the limits allow.
    let denial = (0..100).find_map(|_| {
        stage.want(1);
        all::<Denial>(&stage.told()).first().copied()
    });
    assert_eq!(denial.map(|denial| denial.code), Some(RiskCheck::MaxOpenOrders.code()));
    let orders = drain_all::<Order>(&mut stage.approved);
    assert_eq!(orders.len() as u64, stage.order_count - 1);
    stage.place(1);
}

#[test]
fn a_kill_is_latched_and_cancels_what_stands_every_100_ms_until_it_stands_no_more() {
    let mut stage = Stage::open();
    let id = stage.place(10);
    stage.report(id, ExecutionType::Accepted, OrderStatus::Accepted);
    stage.kill();
    assert_eq!(stage.canceled(), [id]);
    for _ in 0..2 {
        stage.report(id, ExecutionType::CancelRejected, OrderStatus::Accepted);
        assert_eq!(stage.wait(CANCEL_RETRY_NS - 1), Work::NONE);
        assert_eq!(stage.wait(1), Work(1));
        assert_eq!(stage.canceled(), [id]);
    }
    stage.report(id, ExecutionType::Canceled, OrderStatus::Canceled);
    assert_eq!(stage.wait(CANCEL_RETRY_NS), Work(1));
    assert_eq!((stage.canceled(), stage.actor.due_at()), (vec![], None));
    stage.told();
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::KillSwitch.code(), "it is latched");
}

#[test]
fn cancels_of_a_kill_that_find_no_room_are_sent_once_there_is_some() {
    let mut stage = Stage::open();
    // The orders stay in the approved ring until it has no room for another.
    let count = (0..100).take_while(|_| {
        stage.want(1);
        all::<Denial>(&stage.told()).is_empty()
    });
    let count = count.count();
    send(&mut stage.control, stage.now, &Control::new(ControlCommand::Kill, (ScopeKind::Strategy, 0)));
    stage.turn();
    let records = drain(&mut stage.approved);
    let early = all::<CancelOrder>(&records).len();
    assert!(early < count, "{early} of {count} cancels found room beside the orders");
    assert_eq!(stage.wait(CANCEL_RETRY_NS), Work(1));
    assert_eq!(early + stage.canceled().len(), count, "each order was canceled once");
}

#[test]
fn an_order_whose_cancel_found_no_room_is_canceled_by_a_kill() {
    let mut stage = Stage::open();
    let id = stage.place(1);
    while all::<Denial>(&stage.told()).is_empty() {
        stage.want(1);
    }
    // What is left is less than an order takes; cancels of another are shorter, so they fill it.
    let last = ClientOrderId::new(1, StrategyId(0), stage.order_count - 1);
    let cancel = |stage: &mut Stage, client_order_id| {
        send(&mut stage.intents, stage.now, &CancelIntent { client_order_id });
        stage.turn();
    };
    while counter(&stage.actor, "lost_records") == 0 {
        cancel(&mut stage, last);
    }
    cancel(&mut stage, id);
    let before = all::<CancelOrder>(&drain(&mut stage.approved));
    assert!(before.iter().all(|cancel| cancel.client_order_id != id), "it found no room");
    let told = all::<ExecutionReport>(&stage.told());
    let refused = told.iter().filter(|report| report.execution == ExecutionType::CancelRejected);
    assert!(
        refused.map(|report| report.client_order_id).any(|refused| refused == id),
        "the strategy hears of it"
    );
    send(&mut stage.control, stage.now, &Control::new(ControlCommand::Kill, (ScopeKind::Strategy, 0)));
    stage.turn();
    assert!(stage.canceled().contains(&id));
}

#[test]
fn a_new_scale_while_something_is_held_is_a_kill() {
    let mut stage = Stage::open();
    let id = stage.place(60);
    stage.fill(id, 20);
    assert_eq!(all::<Position>(&stage.told()).iter().map(|held| held.quantity.0).collect::<Vec<_>>(), [20]);
    send(&mut stage.book, stage.now, &wider_definition());
    stage.turn();
    assert_eq!(stage.canceled(), [id], "what is left of it");
    assert_eq!(counter(&stage.actor, "rescaled_holdings"), 1);
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::KillSwitch.code());
}

#[test]
fn another_contract_size_ends_trading_and_is_a_kill_where_something_is_held() {
    let hundredth = InstrumentDefinition { contract_size: ContractSize::new(1, 2), ..definition() };
    for (is_held, expected) in [(false, RiskCheck::NotSupported), (true, RiskCheck::KillSwitch)] {
        let mut stage = Stage::open();
        if is_held {
            let id = stage.place(60);
            stage.fill(id, 20);
            stage.told();
        }
        send(&mut stage.book, stage.now, &hundredth);
        send(&mut stage.book, stage.now, &top(100, 101, 2));
        stage.turn();
        drain(&mut stage.approved);
        stage.want(10);
        assert_eq!(stage.denied().code, expected.code());
        assert_eq!(counter(&stage.actor, "rescaled_holdings"), u64::from(is_held));
    }
}

#[test]
fn a_gate_that_lost_records_of_a_book_lets_nothing_pass_until_it_has_heard_all_anew() {
    let mut stage = Stage::open();
    send(&mut stage.book, stage.now, &wider_definition());
    for update_id in 0..3_000 {
        send(&mut stage.book, stage.now, &top(100, 101, update_id));
    }
    stage.turn();
    let wishes = drain_all::<SyncChange>(&mut stage.recalls);
    assert_eq!(wishes.iter().map(|wish| wish.reason).collect::<Vec<_>>(), [SyncReason::Lapped]);
    stage.want(1);
    assert_eq!(stage.denied().code, RiskCheck::UnknownInstrument.code(), "it may be another one by now");
    send(&mut stage.book, stage.now, &wider_definition());
    send(&mut stage.book, stage.now, &SyncChange::new(SyncState::Live, SyncReason::Joined, 1, 0, 1));
    send(&mut stage.book, stage.now, &top(100, 101, 5_000));
    stage.turn();
    assert_eq!(drain_all::<InstrumentDefinition>(&mut stage.approved), [wider_definition()]);
    stage.place(600);
}

#[test]
fn a_new_scale_while_nothing_is_held_is_none() {
    let mut stage = Stage::open();
    send(&mut stage.book, stage.now, &wider_definition());
    send(&mut stage.book, stage.now, &top(100, 101, 2));
    stage.turn();
    drain(&mut stage.approved);
    stage.place(600);
    assert_eq!(counter(&stage.actor, "rescaled_holdings"), 0);
}

#[test]
fn a_trade_that_the_venue_tells_twice_is_booked_and_heard_once() {
    let mut stage = Stage::open();
    let id = stage.place(60);
    for heard in [1, 0] {
        stage.fill(id, 20);
        let told = stage.told();
        assert_eq!((all::<Position>(&told).len(), all::<ExecutionReport>(&told).len()), (heard, heard));
    }
    assert_eq!(counter(&stage.actor, "duplicate_trades"), 1);
}

#[test]
fn a_report_of_an_order_that_nobody_here_placed_is_counted_and_told_to_nobody() {
    let mut stage = Stage::open();
    stage.report(ClientOrderId::new(9, StrategyId(0), 1), ExecutionType::Accepted, OrderStatus::Accepted);
    assert_eq!(stage.told().len(), 0);
    assert_eq!(counter(&stage.actor, "orphan_reports"), 1);
}

fn modify(id: ClientOrderId, price: i64, quantity: i64, revision: u16) -> ModifyIntent {
    let terms = OrderTerms { price: Price(price), trigger_price: Price(0), quantity: Quantity(quantity) };
    ModifyIntent::new(id, terms, revision)
}

impl Stage {
    /// The strategy wants an order changed; what the gate sent for it.
    fn change(&mut self, modify: &ModifyIntent) -> Vec<ModifyOrder> {
        send(&mut self.intents, self.now, modify);
        self.turn();
        drain_all::<ModifyOrder>(&mut self.approved)
    }

    /// What the strategy was told, where that is one report.
    fn told_report(&mut self) -> ExecutionReport {
        match all::<ExecutionReport>(&self.told())[..] {
            [report] => report,
            ref other => panic!("one report, not {other:?}"),
        }
    }
}

#[test]
fn a_change_is_judged_as_the_order_that_it_makes_beside_all_others() {
    let mut stage = Stage::open();
    let first = stage.place(60);
    let second = stage.place(30);
    assert_eq!(stage.change(&modify(first, 100, 71, 1)), [], "101 would be more than one coin");
    let refused = stage.told_report();
    assert_eq!((refused.execution, refused.revision), (ExecutionType::UpdateRejected, 1));
    assert_eq!(
        RiskCheck::from_code(refused.reason.try_into().expect("a code")),
        Some(RiskCheck::MaxPosition)
    );
    let [sent] = stage.change(&modify(first, 99, 70, 2))[..] else {
        panic!("its own sixty do not count twice")
    };
    assert_eq!((sent.terms.price, sent.terms_before.price), (Price(99), Price(100)));
    assert_eq!(stage.change(&modify(first, 98, 70, 3)), [], "the one before is not answered");
    assert_eq!(stage.told_report().reason, local_reason::NOT_STANDING);
    stage.want(1);
    assert_eq!(stage.denied().code, RiskCheck::MaxPosition.code(), "70 and 30 are on their way");
    assert_eq!(stage.change(&modify(second, 100, 20, 1)).len(), 1, "less is always possible");
}

#[test]
fn the_strategy_hears_that_its_order_was_changed_and_the_exposure_follows() {
    let mut stage = Stage::open();
    let id = stage.place(80);
    stage.change(&modify(id, 100, 20, 1));
    let mut updated = ExecutionReport::new(id, Side::Buy, ExecutionType::Updated, OrderStatus::Accepted);
    (updated.revision, updated.venue_at) = (1, stage.now);
    (updated.price, updated.quantity) = (Price(100), Quantity(20));
    send(&mut stage.gateway, stage.now, &updated);
    stage.want(80);
    let told = all::<ExecutionReport>(&stage.told());
    let kinds: Vec<_> = told.iter().map(|report| (report.execution, report.quantity.0)).collect();
    assert_eq!(
        kinds,
        [(ExecutionType::Updated, 20), (ExecutionType::Submitted, 0)],
        "there is room for 80 again"
    );
}

#[test]
fn the_answer_to_a_change_is_told_though_a_cancel_is_on_its_way_and_nothing_else_changes() {
    let mut stage = Stage::open();
    let id = stage.place(80);
    stage.report(id, ExecutionType::Accepted, OrderStatus::Accepted);
    stage.change(&modify(id, 100, 80, 1));
    send(&mut stage.intents, stage.now, &CancelIntent { client_order_id: id });
    stage.turn();
    stage.told();
    let mut updated = ExecutionReport::new(id, Side::Buy, ExecutionType::Updated, OrderStatus::Accepted);
    (updated.revision, updated.venue_at) = (1, stage.now);
    (updated.price, updated.quantity) = (Price(100), Quantity(80));
    for reports in [1, 0] {
        send(&mut stage.gateway, stage.now, &updated);
        stage.turn();
        let told = all::<ExecutionReport>(&stage.told());
        assert_eq!(told.iter().filter(|report| report.revision == 1).count(), reports);
    }
}

#[test]
fn after_a_kill_and_while_the_book_is_stale_no_change_passes() {
    let mut stage = Stage::open();
    let id = stage.place(80);
    stage.kill();
    stage.canceled();
    assert_eq!(stage.change(&modify(id, 100, 20, 1)), []);
    assert_eq!(stage.told_report().reason, i32::from(RiskCheck::KillSwitch.code()));
}

#[test]
fn an_order_that_would_meet_one_of_ours_is_denied_whichever_strategy_it_is_of() {
    let mut stage = Stage::open();
    let bid = stage.place(10);
    let mut sell =
        Intent::limit(ClientOrderId::new(1, StrategyId(0), 50), Side::Sell, Price(100), Quantity(10));
    send(&mut stage.intents, stage.now, &sell);
    stage.turn();
    assert_eq!(stage.denied().code, RiskCheck::SelfTrade.code());
    stage.report(bid, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.told();
    sell.client_order_id.counter = 51;
    send(&mut stage.intents, stage.now, &sell);
    stage.turn();
    assert_eq!(drain_all::<Order>(&mut stage.approved).len(), 1, "what it would have met is gone");
}

#[test]
fn a_strategy_that_nobody_gave_the_instrument_to_is_denied() {
    let mut stage = Stage::open();
    let id = ClientOrderId::new(1, StrategyId(0), 50);
    let mut intent = Intent::limit(id, Side::Buy, Price(100), Quantity(10));
    intent.strategy_id = StrategyId(3);
    send(&mut stage.intents, stage.now, &intent);
    stage.turn();
    assert_eq!(drain_all::<Order>(&mut stage.approved), []);
}

#[test]
fn what_cannot_be_carried_out_is_denied_and_nothing_is_sent_in_its_place() {
    let mut stage = Stage::open();
    let mut intent =
        Intent::limit(ClientOrderId::new(1, StrategyId(0), 50), Side::Sell, Price(105), Quantity(10));
    intent.alternatives = 7;
    intent.display_qty = Quantity(5);
    send(&mut stage.intents, stage.now, &intent);
    stage.turn();
    assert_eq!(stage.denied().code, RiskCheck::NotSupported.code());
    assert_eq!(drain_all::<Order>(&mut stage.approved), []);
}

/// A limit order that ends by itself.
fn ending(counter: u64, time_in_force: TimeInForce, expire_at: UnixNanos) -> Intent {
    let id = ClientOrderId::new(1, StrategyId(0), counter);
    let mut intent = Intent::limit(id, Side::Buy, Price(100), Quantity(10));
    (intent.time_in_force, intent.expire_at) = (time_in_force, expire_at);
    intent
}

#[test]
fn an_order_ends_at_the_moment_that_it_names_or_with_the_day() {
    const DAY_NS: u64 = 86_400_000_000_000;
    let until = OPENS_AT + Nanos::from_secs(5);
    let midnight = UnixNanos((OPENS_AT.0 / DAY_NS + 1) * DAY_NS);
    for (intent, end) in
        [(ending(50, TimeInForce::Gtd, until), until), (ending(51, TimeInForce::Day, UnixNanos(0)), midnight)]
    {
        let mut stage = Stage::open();
        send(&mut stage.intents, stage.now, &intent);
        stage.turn();
        assert_eq!(drain_all::<Order>(&mut stage.approved).len(), 1);
        assert_eq!(stage.actor.due_at(), Some(end));
        assert_eq!(stage.wait(end.since(OPENS_AT).0 - 1), Work::NONE);
        assert_eq!(stage.canceled(), []);
        stage.wait(1);
        assert_eq!(stage.canceled(), [intent.client_order_id]);
        assert_eq!(stage.actor.due_at(), None, "it is asked for once");
    }
}

#[test]
fn an_end_that_the_venue_refuses_is_asked_for_again_and_one_that_came_before_is_not() {
    let mut stage = Stage::open();
    let until = OPENS_AT + Nanos::from_secs(5);
    let (first, second) = (ending(50, TimeInForce::Gtd, until), ending(51, TimeInForce::Gtd, until));
    for intent in [first, second] {
        send(&mut stage.intents, stage.now, &intent);
    }
    stage.turn();
    drain_all::<Order>(&mut stage.approved);
    stage.report(first.client_order_id, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.wait(Nanos::from_secs(5).0);
    assert_eq!(stage.canceled(), [second.client_order_id]);
    stage.report(second.client_order_id, ExecutionType::CancelRejected, OrderStatus::Accepted);
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(stage.canceled(), [second.client_order_id], "it still stands");
}

#[test]
fn an_order_of_unknown_fate_ages_from_when_it_became_one() {
    let mut stage = Stage::open();
    let id = stage.place(10);
    stage.report(id, ExecutionType::Unknown, OrderStatus::Unknown);
    stage.wait(2_000_000_000);
    send(&mut stage.book, stage.now, &top(100, 101, 2));
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::UnknownOrderState.code(), "of the first intent since, too");
    stage.report(id, ExecutionType::Accepted, OrderStatus::Accepted);
    stage.told();
    stage.place(10);
}
