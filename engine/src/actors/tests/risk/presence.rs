//! The processes of attached strategies, as the gate hears of them: what becomes of orders when one goes, and when
//! another one takes its place.

use fulmar_bus::record::{OnDisconnect, Presence, PresenceNews};

use super::*;

impl Stage {
    fn hears(&mut self, presence: &Presence) {
        send(&mut self.intents, self.now, presence);
        self.turn();
    }
}

#[test]
fn one_that_takes_anothers_place_is_told_all_that_stands_and_is_held_and_nothing_is_canceled() {
    let mut stage = Stage::open();
    stage.hears(&Presence::HERE);
    let held = stage.place(30);
    stage.fill(held, 10);
    let standing = stage.place(40);
    stage.report(standing, ExecutionType::Accepted, OrderStatus::Accepted);
    stage.told();

    stage.hears(&Presence::HERE);
    let told = stage.told();
    let anew = told[0].read::<Presence>().expect("the first says that all is told anew");
    assert_eq!((anew.news, anew.counter), (PresenceNews::Anew, 2), "numbers go on from there");
    let orders = all::<HeldOrder>(&told);
    let named: Vec<_> = orders.iter().map(|order| order.intent.client_order_id).collect();
    assert_eq!(named, [held, standing]);
    assert_eq!(all::<Position>(&told).iter().map(|held| held.quantity).collect::<Vec<_>>(), [Quantity(10)]);
    stage.wait(10 * CANCEL_RETRY_NS);
    assert_eq!(stage.canceled(), []);

    // What stands and is held counts against the same limit as before: 10 held, 60 standing, 100 allowed.
    stage.want(31);
    assert_eq!(stage.denied().code, RiskCheck::MaxPosition.code());
    stage.place(30);
}

#[test]
fn when_one_goes_its_orders_are_canceled_until_none_stands_or_left_as_was_agreed() {
    for (policy, is_canceled) in [(OnDisconnect::Cancel, true), (OnDisconnect::Leave, false)] {
        let mut stage = Stage::open();
        stage.hears(&Presence::HERE);
        let id = stage.place(30);
        stage.report(id, ExecutionType::Accepted, OrderStatus::Accepted);
        stage.hears(&Presence::gone(policy));
        let expected = if is_canceled { vec![id] } else { Vec::new() };
        assert_eq!(stage.canceled(), expected, "{policy:?}");
    }
}
