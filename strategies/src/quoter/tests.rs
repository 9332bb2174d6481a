//! The quoter on its own: what it places, what it leaves alone, and how it lives with orders that take time.

use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_oneof, proptest};

use super::*;
use crate::sdk::{Intent, Rehearsal, TrackedOrder, Wanted};

fn quoter(requote_ticks: u32, skew_ticks: u32, position_max: &str) -> Rehearsal<Quoter> {
    let mut rehearsal = Rehearsal::new(Quoter::new(QuoterParameters {
        quantity: Amount::parse("0.1").expect("a number"),
        half_spread_ticks: 3,
        requote_ticks,
        skew_ticks,
        position_max: Some(Amount::parse(position_max).expect("a number")),
    }));
    let watch = rehearsal.wanted();
    assert!(matches!(watch[..], [Wanted::Timer { tag: WATCH, .. }]), "{watch:?}");
    rehearsal
}

/// What it wants, timers apart: prices of orders, buys above zero and sells below, and cancels.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Buy(i64),
    Sell(i64),
    Cancel(Side),
}

fn asked(rehearsal: &mut Rehearsal<Quoter>) -> Vec<Asked> {
    let wanted = rehearsal.wanted();
    let side = |id| rehearsal.view().orders().get(id).map(|order| order.intent().side);
    let ask = |wanted: Wanted| match wanted {
        Wanted::Order(intent) => {
            assert_eq!((intent.quantity, intent.post_only), (Quantity(10), 1));
            Some(if intent.side == Side::Buy {
                Asked::Buy(intent.price.0)
            } else {
                Asked::Sell(intent.price.0)
            })
        }
        Wanted::Cancel(id) => Some(Asked::Cancel(side(id).expect("it cancels its own orders"))),
        Wanted::Change(..) | Wanted::Timer { .. } => None,
    };
    wanted.into_iter().filter_map(ask).collect()
}

/// The quote of a side that stands and does not leave.
fn open(rehearsal: &Rehearsal<Quoter>, side: Side) -> ClientOrderId {
    of_side(rehearsal, side, false).expect("a quote stands")
}

/// The quote of a side whose cancel is on its way.
fn leaving(rehearsal: &Rehearsal<Quoter>, side: Side) -> ClientOrderId {
    of_side(rehearsal, side, true).expect("a quote leaves")
}

fn of_side(rehearsal: &Rehearsal<Quoter>, side: Side, is_leaving: bool) -> Option<ClientOrderId> {
    let orders = rehearsal.view().orders().open_orders();
    let mut orders =
        orders.filter(|order| order.intent().side == side && order.is_cancel_wanted() == is_leaving);
    let id = orders.next()?.intent().client_order_id;
    assert!(orders.next().is_none(), "one quote of a side stands, and one leaves, at most");
    Some(id)
}

fn accept_both(rehearsal: &mut Rehearsal<Quoter>) {
    for side in [Side::Buy, Side::Sell] {
        let id = open(rehearsal, side);
        rehearsal.accept(id);
    }
}

/// Quoting 97 and 103 around a middle of 100, accepted.
fn standing(requote_ticks: u32, skew_ticks: u32) -> Rehearsal<Quoter> {
    let mut rehearsal = quoter(requote_ticks, skew_ticks, "0.5");
    rehearsal.quote(99, 101);
    assert_eq!(asked(&mut rehearsal), [Asked::Buy(97), Asked::Sell(103)]);
    accept_both(&mut rehearsal);
    assert_eq!(asked(&mut rehearsal), []);
    rehearsal
}

#[test]
fn a_quote_that_is_near_enough_is_left_alone() {
    let mut rehearsal = standing(2, 0);
    rehearsal.quote(100, 102);
    rehearsal.quote(98, 100);
    rehearsal.quote(99, 101);
    assert_eq!(asked(&mut rehearsal), []);
}

#[test]
fn a_quote_that_is_too_far_off_is_canceled_and_placed_anew_in_the_same_moment() {
    let mut rehearsal = standing(2, 0);
    rehearsal.quote(101, 103);
    let moved = [Asked::Cancel(Side::Buy), Asked::Cancel(Side::Sell), Asked::Buy(99), Asked::Sell(105)];
    assert_eq!(asked(&mut rehearsal), moved);
    accept_both(&mut rehearsal);
    rehearsal.quote(105, 107);
    assert_eq!(asked(&mut rehearsal), [], "both sides still have a quote that leaves: there is no third");
    let buy = leaving(&rehearsal, Side::Buy);
    rehearsal.cancel(buy);
    assert_eq!(asked(&mut rehearsal), [Asked::Cancel(Side::Buy), Asked::Buy(103)], "to the target of now");
    let sell = leaving(&rehearsal, Side::Sell);
    rehearsal.cancel(sell);
    assert_eq!(asked(&mut rehearsal), [Asked::Cancel(Side::Sell), Asked::Sell(109)]);
}

#[test]
fn a_cancel_that_the_venue_refuses_is_wanted_again_and_not_at_once() {
    let mut rehearsal = standing(2, 0);
    rehearsal.quote(101, 103);
    asked(&mut rehearsal);
    let buy = leaving(&rehearsal, Side::Buy);
    rehearsal.refuse_cancel(buy);
    rehearsal.quote(102, 104);
    assert_eq!(asked(&mut rehearsal), [], "it would be refused again");
    rehearsal.pass(CANCEL_AGAIN);
    rehearsal.timer(WATCH);
    assert_eq!(asked(&mut rehearsal), [Asked::Cancel(Side::Buy)]);
}

#[test]
fn what_leaves_counts_toward_the_position_limit() {
    let mut rehearsal = standing(1, 0);
    rehearsal.hold(Side::Buy, Quantity(40), Price(100));
    rehearsal.quote(101, 103);
    let moved = [Asked::Cancel(Side::Buy), Asked::Cancel(Side::Sell), Asked::Sell(105)];
    assert_eq!(asked(&mut rehearsal), moved, "both buys together would make sixty of fifty");
    let buy = leaving(&rehearsal, Side::Buy);
    rehearsal.cancel(buy);
    assert_eq!(asked(&mut rehearsal), [Asked::Buy(99)]);
}

#[test]
fn a_quote_that_the_venue_has_not_answered_is_not_canceled_until_it_has() {
    let mut rehearsal = quoter(1, 0, "0.5");
    rehearsal.quote(99, 101);
    rehearsal.quote(199, 201);
    assert_eq!(asked(&mut rehearsal), [Asked::Buy(97), Asked::Sell(103)]);
    let buy = open(&rehearsal, Side::Buy);
    rehearsal.accept(buy);
    assert_eq!(asked(&mut rehearsal), [Asked::Cancel(Side::Buy), Asked::Buy(197)]);
}

#[test]
fn a_filled_quote_is_placed_anew_and_both_lean_away_from_what_is_held() {
    let mut rehearsal = standing(1, 1);
    let buy = open(&rehearsal, Side::Buy);
    rehearsal.fill(buy, 10, 97);
    assert_eq!(asked(&mut rehearsal), [Asked::Cancel(Side::Sell), Asked::Buy(96), Asked::Sell(102)]);
}

#[test]
fn a_part_of_a_fill_leaves_the_rest_standing() {
    let mut rehearsal = standing(1, 0);
    let buy = open(&rehearsal, Side::Buy);
    rehearsal.fill(buy, 4, 97);
    assert_eq!(asked(&mut rehearsal), []);
}

#[test]
fn a_side_that_would_pass_the_position_limit_is_not_quoted() {
    let mut rehearsal = standing(1, 0);
    rehearsal.hold(Side::Sell, Quantity(40), Price(103));
    rehearsal.quote(99, 101);
    assert_eq!(asked(&mut rehearsal), [], "another ten short are within fifty");
    rehearsal.hold(Side::Sell, Quantity(1), Price(103));
    rehearsal.quote(99, 101);
    assert_eq!(asked(&mut rehearsal), [Asked::Cancel(Side::Sell)]);
    let sell = leaving(&rehearsal, Side::Sell);
    rehearsal.cancel(sell);
    rehearsal.quote(99, 101);
    assert_eq!(asked(&mut rehearsal), []);
    rehearsal.hold(Side::Buy, Quantity(1), Price(103));
    rehearsal.quote(99, 101);
    assert_eq!(asked(&mut rehearsal), [Asked::Sell(103)]);
}

#[test]
fn the_position_limit_is_ten_quotes_worth_or_what_is_stated() {
    for (stated, held) in [(None, 90), (Some("0.3"), 20)] {
        let pairs = [Some(("quantity", "0.1")), stated.map(|most| ("position_max", most))];
        let parameters = ENTRY.complete(&Parameters::from_pairs(pairs.into_iter().flatten()));
        let parameters = QuoterParameters::read(&parameters.expect("they fit")).expect("they go together");
        for (beyond, sides) in [(0, 2), (1, 1)] {
            let mut rehearsal = Rehearsal::new(Quoter::new(parameters));
            rehearsal.hold(Side::Buy, Quantity(held + beyond), Price(100));
            rehearsal.quote(1_000, 1_002);
            assert_eq!(rehearsal.view().orders().open_count(crate::sdk::INSTRUMENT), sides, "{stated:?}");
        }
    }
}

#[test]
fn a_refused_quote_is_not_tried_again_at_the_same_price() {
    let mut rehearsal = quoter(1, 0, "0.5");
    rehearsal.quote(99, 101);
    assert_eq!(asked(&mut rehearsal), [Asked::Buy(97), Asked::Sell(103)]);
    let (buy, sell) = (open(&rehearsal, Side::Buy), open(&rehearsal, Side::Sell));
    rehearsal.deny(buy);
    rehearsal.reject(sell);
    for _ in 0..10 {
        rehearsal.quote(99, 101);
    }
    assert_eq!(asked(&mut rehearsal), []);
    rehearsal.quote(100, 102);
    assert_eq!(asked(&mut rehearsal), [Asked::Buy(98), Asked::Sell(104)]);
}

#[test]
fn quotes_are_pulled_when_the_book_is_not_known_any_more() {
    let mut rehearsal = standing(1, 0);
    rehearsal.desync();
    rehearsal.timer(WATCH);
    assert_eq!(asked(&mut rehearsal), [Asked::Cancel(Side::Buy), Asked::Cancel(Side::Sell)]);
}

#[test]
fn the_watch_is_set_again_each_time() {
    let mut rehearsal = quoter(1, 0, "0.5");
    rehearsal.timer(WATCH);
    let due_at = rehearsal.now() + WATCH_INTERVAL;
    assert_eq!(rehearsal.wanted(), [Wanted::Timer { tag: WATCH, due_at }]);
}

#[test]
fn a_book_with_one_side_or_crossed_is_not_quoted() {
    let mut rehearsal = quoter(1, 0, "0.5");
    rehearsal.quote(101, 101);
    rehearsal.quote(102, 101);
    assert_eq!(asked(&mut rehearsal), []);
}

fn intents(wanted: Vec<Wanted>) -> impl Iterator<Item = Intent> {
    wanted.into_iter().filter_map(|wanted| match wanted {
        Wanted::Order(intent) => Some(intent),
        _ => None,
    })
}

/// What happens to a quoter.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Quote(i64, i64),
    Accept(Side),
    Fill(Side, i64),
    Cancel(Side),
    Deny(Side),
    Desync,
    Watch,
}

fn happens() -> impl Strategy<Value = Happens> {
    let side = || prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    prop_oneof![
        4 => (1_i64..60, 0_i64..6).prop_map(|(bid, spread)| Happens::Quote(bid, bid + spread)),
        3 => side().prop_map(Happens::Accept),
        2 => (side(), 1_i64..=10).prop_map(|(side, quantity)| Happens::Fill(side, quantity)),
        2 => side().prop_map(Happens::Cancel),
        1 => side().prop_map(Happens::Deny),
        1 => Just(Happens::Desync),
        1 => Just(Happens::Watch),
    ]
}

proptest! {
    #![proptest_config(crate::seeded(500))]

    #[test]
    fn whatever_happens_one_quote_a_side_stands_nothing_crosses_and_the_position_keeps_its_limit(
        story in prop::collection::vec(happens(), 1..120),
    ) {
        let mut rehearsal = quoter(2, 2, "0.35");
        for step in story {
            let of = |rehearsal: &Rehearsal<Quoter>, side: Side| {
                let order = rehearsal.view().orders().open_orders().find(|o| o.intent().side == side);
                order.map(|order: &TrackedOrder| (order.intent().client_order_id, order.leaves_qty().0))
            };
            match step {
                Happens::Quote(bid, ask) => rehearsal.quote(bid, ask),
                Happens::Accept(side) => {
                    if let Some((id, _)) = of(&rehearsal, side) { rehearsal.accept(id) }
                }
                Happens::Fill(side, quantity) => {
                    if let Some((id, leaves)) = of(&rehearsal, side) {
                        rehearsal.fill(id, quantity.min(leaves), 30);
                    }
                }
                Happens::Cancel(side) => if let Some((id, _)) = of(&rehearsal, side) { rehearsal.cancel(id) },
                Happens::Deny(side) => if let Some((id, _)) = of(&rehearsal, side) { rehearsal.deny(id) },
                Happens::Desync => rehearsal.desync(),
                Happens::Watch => rehearsal.timer(WATCH),
            }
            let instrument = rehearsal.view().instrument(crate::sdk::INSTRUMENT).expect("it is traded");
            let (top, held) = (instrument.top, instrument.position_quantity().0);
            for intent in intents(rehearsal.wanted()) {
                let top = top.expect("it quotes a book that it knows");
                prop_assert!(intent.price.0 > 0);
                match intent.side {
                    Side::Buy => prop_assert!(intent.price < top.ask.price),
                    Side::Sell => prop_assert!(intent.price > top.bid.price),
                }
            }
            for (side, toward) in [(Side::Buy, held), (Side::Sell, -held)] {
                let of_side = || rehearsal.view().orders().open_orders().filter(|o| o.intent().side == side);
                prop_assert!(of_side().filter(|order| !order.is_cancel_wanted()).count() <= 1);
                prop_assert!(of_side().filter(|order| order.is_cancel_wanted()).count() <= 1);
                let open_qty: i64 = of_side().map(|order| order.leaves_qty().0).sum();
                prop_assert!(open_qty == 0 || toward + open_qty <= 35, "{side:?}: {toward} and {open_qty} open");
            }
        }
    }
}
