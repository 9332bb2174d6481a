//! The matching against a reference that is plainly right: a list of orders, searched from end to end.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::market::FeeRate;

const FEE: FeeRate = FeeRate::from_bps(25);
const DEPOSIT: Balance = Balance { base: 5_000, quote: 500_000 };
const ACCOUNTS: u16 = 3;

/// An order of the reference.
#[derive(Clone, Copy, Debug)]
struct Plain {
    number: u64,
    account: AccountId,
    order: NewOrder,
    leaves: i64,
    shown: i64,
}

impl Plain {
    fn new(number: u64, account: AccountId, order: NewOrder, leaves: i64) -> Self {
        let display_qty = order.display_qty.0;
        let shown = if display_qty == 0 { leaves } else { display_qty.min(leaves) };
        Plain { number, account, order, leaves, shown }
    }
}

/// A trade as both sides must see it: maker, taker, price, quantity.
type PlainTrade = (u64, u64, i64, i64);

/// The reference: one list, no ledger, no levels. Whether an account can pay is taken from the matching.
#[derive(Default)]
struct Reference {
    open: Vec<Plain>,
    trades: Vec<PlainTrade>,
}

impl Reference {
    /// The order on the other side that `order` trades with next: the best price, then the earliest.
    fn next_maker(&self, order: &NewOrder) -> Option<usize> {
        let others = self.open.iter().enumerate().filter(|(_, maker)| maker.order.side != order.side);
        let reachable = others.filter(|(_, maker)| match (order.kind, order.side) {
            (OrderKind::Market, _) => true,
            (_, Side::Buy) => maker.order.price <= order.price,
            (_, Side::Sell) => maker.order.price >= order.price,
        });
        let sign = if order.side == Side::Buy { 1 } else { -1 };
        // The first of equals: the list is in the order of arrival.
        reachable.min_by_key(|(_, maker)| sign * maker.order.price.0).map(|(index, _)| index)
    }

    fn submit(&mut self, number: u64, account: AccountId, order: NewOrder) {
        let before = (self.open.clone(), self.trades.len());
        let mut leaves = order.quantity.0;
        let mut met_itself = false;
        while leaves > 0
            && let Some(index) = self.next_maker(&order)
        {
            if order.self_trade != SelfTrade::Allow && self.open[index].account == account {
                if order.self_trade != SelfTrade::ExpireTaker {
                    self.open.remove(index);
                }
                if order.self_trade == SelfTrade::ExpireMaker {
                    continue;
                }
                met_itself = true;
                break;
            }
            let maker = &mut self.open[index];
            let quantity = leaves.min(maker.shown);
            maker.leaves -= quantity;
            maker.shown -= quantity;
            leaves -= quantity;
            self.trades.push((maker.number, number, maker.order.price.0, quantity));
            if maker.shown == 0 {
                let Plain { number, account, order, leaves, .. } = self.open.remove(index);
                self.open.extend((leaves > 0).then(|| Plain::new(number, account, order, leaves)));
            }
        }
        if order.kind == OrderKind::FillOrKill && leaves > 0 {
            self.open = before.0;
            self.trades.truncate(before.1);
        } else if leaves > 0 && !met_itself && matches!(order.kind, OrderKind::Limit | OrderKind::PostOnly) {
            self.open.push(Plain::new(number, account, order, leaves));
        }
    }

    /// Less of an order leaves it where it is; anything else is a new order that has the old one's number, and a new
    /// place in time.
    fn amend(&mut self, index: usize, order: NewOrder) {
        let before = self.open[index];
        if order.price == before.order.price && order.quantity.0 < before.leaves {
            self.open[index].leaves = order.quantity.0;
            self.open[index].shown = before.shown.min(order.quantity.0);
            return;
        }
        self.open.remove(index);
        self.submit(before.number, before.account, order);
    }

    fn levels(&self, side: Side) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        let mut open: Vec<&Plain> = self.open.iter().filter(|order| order.order.side == side).collect();
        open.sort_by_key(|order| if side == Side::Buy { -order.order.price.0 } else { order.order.price.0 });
        for order in open {
            match levels.last_mut().filter(|level| level.price == order.order.price) {
                Some(level) => level.quantity.0 += order.shown,
                None => levels.push(Level { price: order.order.price, quantity: Quantity(order.shown) }),
            }
        }
        levels
    }
}

fn may_stand(kind: OrderKind) -> bool {
    matches!(kind, OrderKind::Limit | OrderKind::PostOnly)
}

#[derive(Clone, Debug)]
enum Step {
    Submit(u16, NewOrder),
    /// Cancels one of the orders so far, whether it is open or not.
    Cancel(usize),
    /// Has the venue end one of them.
    Expire(usize),
    /// Gives one of them another price and quantity.
    Amend(usize, i64, i64),
}

fn order() -> impl Strategy<Value = NewOrder> {
    let kind = prop_oneof![
        4 => Just(OrderKind::Limit),
        1 => Just(OrderKind::PostOnly),
        1 => Just(OrderKind::ImmediateOrCancel),
        1 => Just(OrderKind::FillOrKill),
        1 => Just(OrderKind::Market),
    ];
    let self_trade = prop_oneof![
        3 => Just(SelfTrade::Allow),
        1 => Just(SelfTrade::ExpireTaker),
        1 => Just(SelfTrade::ExpireMaker),
        1 => Just(SelfTrade::ExpireBoth),
    ];
    (any::<bool>(), kind, 90..110i64, (1..40i64, 0..15i64), self_trade).prop_map(
        |(is_buy, kind, price, (lots, shown), self_trade)| NewOrder {
            side: if is_buy { Side::Buy } else { Side::Sell },
            kind,
            price: Price(price * 2),
            quantity: Quantity(lots * 5),
            display_qty: Quantity(if may_stand(kind) { shown * 5 } else { 0 }),
            self_trade,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let which = || any::<prop::sample::Index>().prop_map(|index| index.index(1 << 20));
    prop_oneof![
        8 => (0..ACCOUNTS, order()).prop_map(|(account, order)| Step::Submit(account, order)),
        2 => which().prop_map(Step::Cancel),
        1 => which().prop_map(Step::Expire),
        2 => (which(), 90..110i64, 1..40i64).prop_map(|(index, price, lots)| Step::Amend(index, price, lots)),
    ]
}

fn market() -> Matching {
    market_of(Settlement::Delivery)
}

fn market_of(settlement: Settlement) -> Matching {
    let terms = Terms { tick: Price(2), lot: Quantity(5), settlement, fee: FEE, money_unit: Notional(10) };
    let mut market = Matching::new(terms);
    for _ in 0..ACCOUNTS {
        market.open_account(DEPOSIT).expect("there is room for three");
    }
    market
}

fn trades(events: &[Event]) -> Vec<PlainTrade> {
    let trades = events.iter().filter_map(|event| match event {
        Event::Trade(trade) => {
            Some((trade.maker.number, trade.taker.number, trade.price.0, trade.quantity.0))
        }
        _ => None,
    });
    trades.collect()
}

/// All that must hold after every operation, whatever came before.
fn assert_sound(market: &Matching, reference: &Reference, open: &[OrderKey]) {
    for side in [Side::Buy, Side::Sell] {
        assert_eq!(market.levels(side).collect::<Vec<_>>(), reference.levels(side), "the {side:?} side");
    }
    if let (Some(bid), Some(ask)) = (market.best(Side::Buy), market.best(Side::Sell)) {
        assert!(bid.price < ask.price, "the book is not crossed at rest");
    }
    let sum = market.ledger().sum();
    let deposits = (DEPOSIT.base * i128::from(ACCOUNTS), DEPOSIT.quote * i128::from(ACCOUNTS));
    assert_eq!((sum.base, sum.quote), deposits, "nothing is made or lost");

    let is_delivered = market.terms().settlement == Settlement::Delivery;
    let mut locked = vec![Balance::default(); usize::from(ACCOUNTS)];
    for order in &reference.open {
        let balance = &mut locked[order.account.index()];
        match order.order.side {
            _ if !is_delivered => {}
            Side::Buy => balance.quote += i128::from(order.order.price.0 * order.leaves),
            Side::Sell => balance.base += i128::from(order.leaves),
        }
        let key = open.iter().find(|key| key.number == order.number).expect("every order has a key");
        assert_eq!(market.leaves(*key), Some(Quantity(order.leaves)));
    }
    for account in 0..ACCOUNTS {
        let account = AccountId(account);
        assert_eq!(
            market.ledger().locked(account),
            locked[account.index()],
            "what open orders need is locked"
        );
        let free = market.ledger().free(account);
        assert!(!is_delivered || (free.base >= 0 && free.quote >= 0), "nobody owes");
    }
    assert_eq!(market.open_orders(), reference.open.len());
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() })]

    #[test]
    fn every_trade_is_the_references_and_money_is_conserved_after_every_operation(
        steps in prop::collection::vec(step(), 1..150), is_delivered in any::<bool>(),
    ) {
        let settlement = if is_delivered { Settlement::Delivery } else { Settlement::Contracts };
        let (mut market, mut reference) = (market_of(settlement), Reference::default());
        let (mut keys, mut events) = (Vec::new(), Vec::new());
        let mut shadow = [std::collections::BTreeMap::new(), std::collections::BTreeMap::new()];
        for step in steps {
            events.clear();
            let told = reference.trades.len();
            match step {
                Step::Submit(account, order) => {
                    if let Ok(key) = market.submit(AccountId(account), order, &mut events) {
                        keys.push(key);
                        reference.submit(key.number, AccountId(account), order);
                    } else {
                        prop_assert!(events.is_empty(), "a refused order changes nothing");
                    }
                }
                Step::Cancel(index) | Step::Expire(index) | Step::Amend(index, ..) if !keys.is_empty() => {
                    let key: OrderKey = keys[index % keys.len()];
                    let stands = reference.open.iter().position(|order| order.number == key.number);
                    change(&step, (&mut market, &mut reference), (key, stands), &mut events);
                }
                Step::Cancel(_) | Step::Expire(_) | Step::Amend(..) => {}
            }
            prop_assert_eq!(trades(&events), &reference.trades[told..], "the same trades, one by one");
            market.drain_changed(|side, level| {
                shadow[index(side)].insert(level.price, level.quantity);
            });
            for side in [Side::Buy, Side::Sell] {
                let stands = shadow[index(side)].iter().filter(|(_, quantity)| quantity.0 > 0);
                let stands: usize = stands.map(|(price, quantity)| {
                    assert_eq!(market.quantity_at(side, *price), *quantity, "every change was told");
                    1
                }).sum();
                prop_assert_eq!(stands, market.level_count(side));
            }
            assert_sound(&market, &reference, &keys);
        }
    }
}

/// Does to an order of both, which stands at a place of the reference or does not, what `step` says.
fn change(
    step: &Step,
    (market, reference): (&mut Matching, &mut Reference),
    (key, stands): (OrderKey, Option<usize>),
    events: &mut Vec<Event>,
) {
    let is_done = match step {
        Step::Amend(_, price, lots) => {
            let old = stands.map(|index| reference.open[index]);
            let terms = place(Side::Buy, OrderKind::Limit, 0, 0);
            let (price, quantity) = (Price(price * 2), Quantity(lots * 5));
            let order = NewOrder { price, quantity, ..old.map_or(terms, |old| old.order) };
            match market.amend(key, order, events) {
                Err(_) => return assert!(events.is_empty(), "a refused change changes nothing"),
                Ok(is_done) => {
                    if is_done {
                        reference.amend(stands.expect("what is amended stands"), order);
                    }
                    is_done
                }
            }
        }
        Step::Expire(_) => market.expire(key, Expiry::Venue, events),
        _ => market.cancel(key, events),
    };
    assert_eq!(is_done, stands.is_some());
    if let (Some(index), false) = (stands, matches!(step, Step::Amend(..))) {
        reference.open.remove(index);
    }
}

fn place(side: Side, kind: OrderKind, price: i64, quantity: i64) -> NewOrder {
    let (price, quantity) = (Price(price), Quantity(quantity));
    NewOrder { side, kind, price, quantity, display_qty: Quantity(0), self_trade: SelfTrade::ExpireTaker }
}

#[test]
fn earlier_orders_at_a_price_trade_first_and_a_canceled_one_keeps_no_place() {
    let (mut market, mut events) = (market(), Vec::new());
    let sell = place(Side::Sell, OrderKind::Limit, 200, 10);
    let keys: Vec<OrderKey> =
        (0..3).map(|_| market.submit(AccountId(0), sell, &mut events).expect("it can pay")).collect();
    assert!(market.cancel(keys[1], &mut events));
    assert!(!market.cancel(keys[1], &mut events), "it is canceled once");
    events.clear();
    market
        .submit(AccountId(1), place(Side::Buy, OrderKind::Limit, 200, 15), &mut events)
        .expect("it can pay");
    assert_eq!(trades(&events), [(1, 4, 200, 10), (3, 4, 200, 5)]);
    assert_eq!(market.leaves(keys[2]), Some(Quantity(5)));
}

#[test]
fn the_book_shows_a_part_and_the_next_one_waits_behind_all_that_is_there() {
    let (mut market, mut events) = (market(), Vec::new());
    let shows = NewOrder { display_qty: Quantity(10), ..place(Side::Sell, OrderKind::Limit, 200, 25) };
    let plain = place(Side::Sell, OrderKind::Limit, 200, 5);
    let keys: Vec<OrderKey> = [shows, plain]
        .map(|order| market.submit(AccountId(0), order, &mut events).expect("it can pay"))
        .to_vec();
    assert_eq!(market.quantity_at(Side::Sell, Price(200)), Quantity(15));
    assert_eq!(market.ahead(keys[1]), Some(Quantity(10)), "what is hidden is behind");
    let mut buy = |market: &mut Matching, quantity| {
        events.clear();
        let order = place(Side::Buy, OrderKind::ImmediateOrCancel, 200, quantity);
        market.submit(AccountId(1), order, &mut events).expect("it can pay");
        trades(&events)
    };
    assert_eq!(buy(&mut market, 10), [(1, 3, 200, 10)]);
    assert_eq!(
        (market.quantity_at(Side::Sell, Price(200)), market.ahead(keys[0])),
        (Quantity(15), Some(Quantity(5)))
    );
    assert_eq!(
        buy(&mut market, 25),
        [(2, 4, 200, 5), (1, 4, 200, 10), (1, 4, 200, 5)],
        "until nothing is left"
    );
    assert_eq!(market.open_orders(), 0);
}

#[test]
fn what_may_not_stand_and_no_whole_lots_are_not_shown_in_part() {
    let (mut market, mut events) = (market(), Vec::new());
    let shows = |kind, shown| NewOrder { display_qty: Quantity(shown), ..place(Side::Sell, kind, 200, 25) };
    for (kind, shown) in [
        (OrderKind::ImmediateOrCancel, 10),
        (OrderKind::FillOrKill, 10),
        (OrderKind::Market, 10),
        (OrderKind::Limit, 9),
        (OrderKind::Limit, -5),
    ] {
        let refused = market.submit(AccountId(0), shows(kind, shown), &mut events);
        assert_eq!(refused, Err(Rejection::Display), "{kind:?} {shown}");
    }
    market.submit(AccountId(0), shows(OrderKind::PostOnly, 10), &mut events).expect("it may stand");
}

#[test]
fn an_order_with_less_left_keeps_its_place_and_frees_what_it_had_locked() {
    for (side, locked) in [(Side::Sell, (4, 0)), (Side::Buy, (0, 4 * 200))] {
        let (mut market, mut events) = (market(), Vec::new());
        let order = place(side, OrderKind::Limit, 200, 10);
        let keys: Vec<OrderKey> =
            (0..2).map(|_| market.submit(AccountId(0), order, &mut events).expect("it can pay")).collect();
        let before = market.ledger().sum();
        assert!(market.reduce(keys[0], Quantity(6), &mut events) && market.cancel(keys[1], &mut events));
        for impossible in [0, -1, 4, 5] {
            assert!(!market.reduce(keys[0], Quantity(impossible), &mut events), "of four, {impossible}");
        }
        assert!(!market.reduce(keys[1], Quantity(1), &mut events), "it is canceled");
        assert_eq!(
            (market.leaves(keys[0]), market.quantity_at(side, Price(200))),
            (Some(Quantity(4)), Quantity(4))
        );
        let left = market.ledger().locked(AccountId(0));
        assert_eq!((left.base, left.quote), locked);
        assert_eq!(market.ledger().sum(), before, "nothing is made or lost");
    }
}

#[test]
fn what_is_refused_says_why() {
    let (mut market, mut events) = (market(), Vec::new());
    market
        .submit(AccountId(0), place(Side::Sell, OrderKind::Limit, 200, 10), &mut events)
        .expect("it can pay");
    let cases = [
        (AccountId(9), place(Side::Buy, OrderKind::Limit, 200, 10), Rejection::UnknownAccount),
        (AccountId(1), place(Side::Buy, OrderKind::Limit, 201, 10), Rejection::Price),
        (AccountId(1), place(Side::Buy, OrderKind::Limit, -200, 10), Rejection::Price),
        (AccountId(1), place(Side::Buy, OrderKind::Limit, 200, 9), Rejection::Quantity),
        (AccountId(1), place(Side::Buy, OrderKind::Limit, 200, 0), Rejection::Quantity),
        (AccountId(1), place(Side::Buy, OrderKind::PostOnly, 200, 10), Rejection::WouldTake),
        (AccountId(1), place(Side::Buy, OrderKind::Limit, 200, 2_505), Rejection::InsufficientBalance),
        (AccountId(1), place(Side::Sell, OrderKind::Market, 0, 5_005), Rejection::InsufficientBalance),
    ];
    for (account, order, expected) in cases {
        assert_eq!(market.submit(account, order, &mut events), Err(expected), "{order:?}");
    }
    assert_eq!((events.len(), market.update_id()), (1, 1), "none of them changed anything");
}

#[test]
fn an_order_that_meets_its_own_account_expires_if_it_asked_for_that() {
    let (mut market, mut events) = (market(), Vec::new());
    market
        .submit(AccountId(0), place(Side::Sell, OrderKind::Limit, 200, 10), &mut events)
        .expect("it can pay");
    events.clear();
    let key = market.submit(AccountId(0), place(Side::Buy, OrderKind::Limit, 210, 10), &mut events);
    let (key, account, leaves) = (key.expect("it can pay"), AccountId(0), Quantity(10));
    assert_eq!(
        events,
        [
            Event::Accepted { key, account },
            Event::Expired { key, account, leaves, reason: Expiry::SelfTrade }
        ]
    );
    assert_eq!(market.ledger().change(AccountId(0)), Balance::default());
}
