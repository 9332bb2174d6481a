//! What the operator orders: kills of one scope, other limits, and that something may go on.

use fulmar_bus::record::{Limit, LimitChange, LimitVerdict, Restraint, ScopeKind, ScopeReport};

use super::*;

const INSTRUMENT_SCOPE: (ScopeKind, u16) = (ScopeKind::Instrument, 0);

fn order(stage: &mut Stage, command: ControlCommand, scope: (ScopeKind, u16)) {
    send(&mut stage.control, stage.now, &Control::new(command, scope));
    stage.turn();
}

/// Wishes for a limit, in hundredths, and gives what became of that.
fn limit(stage: &mut Stage, limit: Limit, scope: (ScopeKind, u16), hundredths: i128) -> LimitVerdict {
    let by = Text::new("anna").expect("it is short");
    let change = LimitChange::new(limit, scope, (Notional(hundredths), 2), by);
    send(&mut stage.control, stage.now, &change);
    stage.turn();
    let [told] = drain_all::<LimitChange>(&mut stage.account)[..] else { panic!("one answer") };
    assert_eq!(told.with_verdict(LimitVerdict::Asked), change, "the wish stands in the answer");
    told.verdict
}

#[test]
fn a_kill_of_one_scope_cancels_its_orders_and_ends_when_somebody_enables_it() {
    let scopes = [INSTRUMENT_SCOPE, (ScopeKind::Strategy, 0), (ScopeKind::Venue, 0)];
    for scope in scopes {
        let mut stage = Stage::open();
        let id = stage.place(10);
        order(&mut stage, ControlCommand::Kill, scope);
        assert_eq!(stage.canceled(), [id], "{scope:?}");
        stage.want(10);
        assert_eq!(stage.denied().code, RiskCheck::KillSwitch.code());
        stage.report(id, ExecutionType::CancelRejected, OrderStatus::Accepted);
        stage.wait(CANCEL_RETRY_NS);
        assert_eq!(stage.canceled(), [id], "what the venue refused to cancel is canceled again");
        stage.report(id, ExecutionType::Canceled, OrderStatus::Canceled);
        stage.told();
        order(&mut stage, ControlCommand::Enable, scope);
        stage.place(10);
    }
}

#[test]
fn a_kill_of_another_scope_concerns_nobody_here() {
    for scope in [(ScopeKind::Strategy, 1), (ScopeKind::Venue, 1)] {
        let mut stage = Stage::open();
        order(&mut stage, ControlCommand::Kill, scope);
        stage.place(10);
    }
}

#[test]
fn a_kill_of_all_is_told_at_once_and_no_word_ends_it() {
    let mut stage = Stage::open();
    stage.kill();
    let reports = drain_all::<ScopeReport>(&mut stage.account);
    assert_eq!(reports[0].restraint, Restraint::Killed);
    order(&mut stage, ControlCommand::Enable, (ScopeKind::Engine, 0));
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::KillSwitch.code());
}

#[test]
fn a_limit_of_an_instrument_is_lowered_and_raised_again_but_never_beyond_what_is_configured() {
    let mut stage = Stage::open();
    let wish =
        |stage: &mut Stage, hundredths| limit(stage, Limit::OrderQuantity, INSTRUMENT_SCOPE, hundredths);
    assert_eq!(wish(&mut stage, 40), LimitVerdict::Applied);
    stage.want(41);
    let denial = stage.denied();
    assert_eq!((denial.code, denial.limit), (RiskCheck::MaxOrderQty.code(), 40));
    assert_eq!(wish(&mut stage, 81), LimitVerdict::OutOfBounds);
    assert_eq!(wish(&mut stage, -1), LimitVerdict::OutOfBounds);
    stage.want(41);
    assert_eq!(stage.denied().limit, 40, "what was refused changed nothing");
    assert_eq!(wish(&mut stage, 80), LimitVerdict::Applied);
    stage.place(80);
}

#[test]
fn every_limit_of_an_instrument_can_be_lowered_and_no_other_is_one() {
    let whole = 100;
    let lowered = [
        (Limit::OrderNotional, 30 * whole, RiskCheck::MaxOrderNotional),
        (Limit::Position, 20, RiskCheck::MaxPosition),
        (Limit::OpenOrders, 0, RiskCheck::MaxOpenOrders),
        (Limit::Messages, 0, RiskCheck::MaxMsgRate),
    ];
    for (which, value, check) in lowered {
        let mut stage = Stage::open();
        // Counts have no digits behind the point; prices of 100 at scale 2 are ones.
        let value = if value == 3_000 { 30 } else { value };
        let by = Text::new("anna").expect("it is short");
        let scale = if matches!(which, Limit::OpenOrders | Limit::Messages) { 0 } else { 2 };
        send(
            &mut stage.control,
            stage.now,
            &LimitChange::new(which, INSTRUMENT_SCOPE, (Notional(value), scale), by),
        );
        stage.turn();
        assert_eq!(
            drain_all::<LimitChange>(&mut stage.account)[0].verdict,
            LimitVerdict::Applied,
            "{which:?}"
        );
        stage.want(60);
        assert_eq!(RiskCheck::from_code(stage.denied().code), Some(check));
    }
    for which in [Limit::Exposure, Limit::DailyLoss, Limit::Drawdown, Limit::PnlJump] {
        let verdict = limit(&mut Stage::open(), which, INSTRUMENT_SCOPE, 1);
        assert_eq!(verdict, LimitVerdict::NoSuchLimit, "{which:?}");
    }
}

#[test]
fn a_limit_of_a_scope_is_changed_where_one_is_configured() {
    let at_most = ScopeLimits { open_orders_max: Some(3), ..ScopeLimits::default() };
    let mut stage = Stage::opened(Stage::with(at_most));
    let scope = (ScopeKind::Strategy, 0);
    assert_eq!(limit(&mut stage, Limit::OpenOrders, scope, 100), LimitVerdict::Applied);
    stage.place(10);
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::MaxOpenOrders.code());
    assert_eq!(limit(&mut stage, Limit::OpenOrders, scope, 400), LimitVerdict::OutOfBounds);
    assert_eq!(limit(&mut stage, Limit::Exposure, scope, 100), LimitVerdict::NoSuchLimit);
}

#[test]
fn an_instrument_that_was_held_passes_orders_again_once_it_is_enabled() {
    let mut stage = Stage::open();
    let id = stage.place(10);
    stage.fill(id, 11);
    stage.told();
    stage.want(10);
    assert_eq!(stage.denied().code, RiskCheck::UnknownOrderState.code());
    order(&mut stage, ControlCommand::Enable, INSTRUMENT_SCOPE);
    stage.place(10);
}
