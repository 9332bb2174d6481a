//! Orders whose whole way is shown, through strategy, gate and order entry, with a venue that says what the test says.

use std::sync::mpsc::{Receiver, Sender, channel};

use fulmar_adapters::transport::{LinkEnds, Requests};
use fulmar_bus::record::{
    AccountId, ClientOrderId, ExecutionReport, FrameSource, Nanos, Notional, OrderStatus, Position, Price,
    Quantity, RequestKind, Side, StrategyId, Timer, UnixNanos,
};
use fulmar_engine::contract::{Context, Event, NewOrder, Strategy};
use fulmar_engine::runtime::{FrameHead, FrameWriter, Player};
use fulmar_engine::trading::account::{Account, AccountPlan, Amount, CostMethod, Fee, FeeSchedule};
use fulmar_engine::trading::order::Fill;
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_tests::order_desk::{BTC, LOT, MIDDLE, OrderDesk, bitcoin};
use fulmar_tests::stage::OPENS_AT;
use fulmar_tests::venue_end::permissions;

/// What the venue says of the account before anything trades.
const ACCOUNT: &str =
    r#"{"canTrade":true,"updateTime":5,"balances":[{"asset":"USDT","free":"100000","locked":"0"}]}"#;

/// What a test wants of its strategy.
type Wish = Box<dyn FnOnce(&mut Context<'_>) + Send>;

/// A strategy that does what the test wants, within a millisecond.
struct Puppet {
    wishes: Receiver<Wish>,
    reports: Sender<ExecutionReport>,
    positions: Sender<Position>,
}

impl Strategy for Puppet {
    fn on_start(&mut self, context: &mut Context<'_>) {
        context.set_timer(0, context.now() + Nanos::from_millis(1));
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _: Event<'_, Timer>) {
        self.wishes.try_iter().for_each(|wish| wish(context));
        context.set_timer(0, context.now() + Nanos::from_millis(1));
    }

    fn on_order_filled(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        self.reports.send(*report).expect("the test listens");
    }

    fn on_position_changed(&mut self, _: &mut Context<'_>, position: Event<'_, Position>) {
        self.positions.send(*position).expect("the test listens");
    }
}

/// An engine with one strategy, and the venue's side of its order entry.
struct Desk {
    player: Player,
    frames: FrameWriter,
    requests: Requests,
    wishes: Sender<Wish>,
    fills: Receiver<ExecutionReport>,
    positions: Receiver<Position>,
    now: UnixNanos,
}

impl Desk {
    /// A desk that is logged in.
    fn open() -> Self {
        let ((wishes, wanted), (reports, fills)) = (channel(), channel());
        let (told, positions) = channel();
        let risk = RiskSettings {
            order_quantity_max: "1".to_owned(),
            order_notional_max: "100000".to_owned(),
            position_max: "0.6".to_owned(),
            open_orders_max: 8,
            messages_per_second: 100,
            stale_after: Nanos::from_secs(3_600),
            guards: GuardSettings::default(),
        };
        let puppet = Puppet { wishes: wanted, reports, positions: told };
        let desk =
            OrderDesk { strategies: vec![Box::new(puppet)], ..OrderDesk::new(risk, ("key", "secret")) };
        let (_, player, border) = desk.open();
        let LinkEnds { frames, requests } = border.ends;
        let mut desk = Desk { player, frames, requests, wishes, fills, positions, now: OPENS_AT };
        desk.frame(FrameSource::Opened, "");
        assert_eq!(desk.asked(), ["userDataStream.subscribe.signature"]);
        desk.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
        assert_eq!(desk.asked(), Vec::<String>::new());
        desk
    }

    fn frame(&mut self, source: FrameSource, text: &str) {
        let status = if source == FrameSource::Http { 200 } else { 0 };
        let head = FrameHead { source, connection: 0, status, received_at: self.now };
        let end = self.frames.write_part(head, text.as_bytes(), 0).expect("each frame is drained");
        assert_eq!(end, text.len());
        self.player.settle(self.now);
    }

    fn message(&mut self, text: &str) {
        self.frame(FrameSource::Message, text);
    }

    /// The venue answers a request of this purpose with an error.
    fn error(&mut self, purpose: char, id: ClientOrderId, code: i32) {
        self.message(&format!(
            r#"{{"id":"{purpose}{id}","status":400,"error":{{"code":{code},"msg":"Duplicate or not"}}}}"#
        ));
    }

    /// The venue tells of a trade of an order of 0.5 at 60000.01, of so much, after which so much had traded.
    fn traded(&mut self, id: ClientOrderId, trade_id: u64, (last, sum): (&str, &str), status: &str) {
        self.message(&format!(
            r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":9,"s":"BTCUSDT","c":"{id}","S":"BUY","o":"LIMIT",
"f":"GTC","q":"0.50000000","p":"60000.01000000","C":"","x":"TRADE","X":"{status}","r":"NONE","i":77,"T":1723161255123,
"t":{trade_id},"l":"{last}","z":"{sum}","L":"60000.00000000","n":"0.00010000","N":"BTC","m":false}}}}"#
        ));
    }

    /// The venue answers where that order stands.
    fn stands(&mut self, id: ClientOrderId, status: &str, sum: &str) {
        self.message(&format!(
            r#"{{"id":"s{id}","status":200,"result":{{"symbol":"BTCUSDT","orderId":77,"clientOrderId":"{id}",
"price":"60000.01000000","origQty":"0.50000000","executedQty":"{sum}","status":"{status}","timeInForce":"GTC",
"type":"LIMIT","side":"BUY","updateTime":1723161255124}}}}"#
        ));
    }

    /// The venue answers which trades it had.
    fn had_trades(&mut self, id: ClientOrderId, trades: &[(u64, &str)]) {
        let row = |(trade_id, quantity): &(u64, &str)| {
            format!(
                r#"{{"symbol":"BTCUSDT","id":{trade_id},"orderId":77,"price":"60000.00000000","qty":"{quantity}",
"commission":"0.00010000","commissionAsset":"BTC","time":1723161255123,"isBuyer":true,"isMaker":false}}"#
            )
        };
        let rows: Vec<String> = trades.iter().map(row).collect();
        self.message(&format!(r#"{{"id":"t{id}","status":200,"result":[{}]}}"#, rows.join(",")));
    }

    /// The methods that the venue was asked with since, but for what the session asks by itself: that is answered.
    fn asked(&mut self) -> Vec<String> {
        let mut methods = Vec::new();
        while let Some((request, bytes)) = self.requests.poll().expect("requests") {
            let text = std::str::from_utf8(bytes).expect("text");
            let word_behind = |mark: &str| {
                let (_, rest) = text.split_once(mark)?;
                rest.split('"').next().map(str::to_owned)
            };
            if request.kind == RequestKind::HttpGet {
                let answer = String::from_utf8(permissions(text)).expect("text");
                self.frame(FrameSource::Http, &answer);
                continue;
            }
            let id = word_behind(r#""id":""#).expect("a request has an id");
            let method = word_behind(r#""method":""#).expect("a request names its method");
            let result = match (&id[..1], method.as_str()) {
                ("n", "time") => format!(r#"{{"serverTime":{}}}"#, self.now.0 / 1_000_000),
                ("r", "account.status") => ACCOUNT.to_owned(),
                ("r", "openOrders.status" | "myTrades") => "[]".to_owned(),
                _ => {
                    methods.push(method);
                    continue;
                }
            };
            self.message(&format!(r#"{{"id":"{id}","status":200,"result":{result}}}"#));
        }
        methods
    }

    fn pass(&mut self, time: Nanos) {
        self.now = self.now + time;
        self.player.advance(self.now);
    }

    fn want<T: Send + 'static>(&mut self, wish: impl FnOnce(&mut Context<'_>) -> T + Send + 'static) -> T {
        let (answer, answered) = channel();
        let wish: Wish = Box::new(move |context| answer.send(wish(context)).expect("the test waits"));
        assert!(self.wishes.send(wish).is_ok(), "the strategy listens");
        self.pass(Nanos::from_millis(1));
        answered.try_recv().expect("it was done at the timer")
    }

    /// A buy of half a bitcoin leaves.
    fn buy(&mut self) -> ClientOrderId {
        let order = NewOrder::limit(Side::Buy, Price(MIDDLE + 1_000_000), Quantity(LOT * 50_000));
        let id = self.want(move |context| context.submit(BTC, order).expect("it is traded"));
        assert_eq!(self.asked(), ["order.place"]);
        id
    }

    fn status(&mut self, id: ClientOrderId) -> OrderStatus {
        self.want(move |context| context.order(id).expect("it is known").status())
    }

    /// The trades that the strategy heard of since.
    fn heard(&self) -> Vec<u64> {
        self.fills.try_iter().map(|report| report.trade_id).collect()
    }

    fn held(&self) -> Option<Quantity> {
        self.positions.try_iter().last().map(|position| position.quantity)
    }

    /// What the gate says to one lot more; its number where it refuses.
    fn is_more_allowed(&mut self) -> bool {
        let order = NewOrder::limit(Side::Buy, Price(MIDDLE), Quantity(LOT * 20_000));
        let id = self.want(move |context| context.submit(BTC, order).expect("it is traded"));
        let is_allowed = self.asked() == ["order.place"];
        assert_eq!(is_allowed, self.status(id) != OrderStatus::Denied);
        is_allowed
    }
}

fn bitcoins(hundred_millionths: i64) -> Quantity {
    Quantity(hundred_millionths)
}

#[test]
fn partial_fills_reach_position_balance_and_fee() {
    let mut desk = Desk::open();
    let id = desk.buy();
    let fees = FeeSchedule::default();
    let plan =
        AccountPlan { account_id: AccountId(0), method: CostMethod::Average, fees, instrument_count: 1 };
    let mut account = Account::new(plan);
    account.define(BTC, &bitcoin()).expect("it can be held");
    let mut held = Vec::new();
    for (trade_id, told) in [(1, ("0.20000000", "0.20000000")), (2, ("0.10000000", "0.30000000"))] {
        desk.traded(id, trade_id, told, "PARTIALLY_FILLED");
        let report = desk.fills.try_recv().expect("the strategy heard of it");
        let fill = Fill {
            instrument_id: BTC,
            strategy_id: StrategyId(0),
            account_id: AccountId(0),
            side: report.side,
            quantity: report.last_qty,
            price: report.last_px,
        };
        account.apply_fill(&fill).expect("it fits");
        account.apply_fee(&fill, Fee::of(&report)).expect("it fits");
        held.push(desk.positions.try_recv().expect("it was told what it holds"));
    }
    let quantities: Vec<Quantity> = held.iter().map(|position| position.quantity).collect();
    assert_eq!(quantities, [bitcoins(20_000_000), bitcoins(30_000_000)]);
    assert_eq!(Notional::from(held[1].cost), Price(MIDDLE).times(bitcoins(30_000_000)));
    assert_eq!(desk.status(id), OrderStatus::PartiallyFilled);
    let balance = |name| {
        let asset = fulmar_bus::record::Text::new(name).expect("a short word");
        account.balance(asset).map(|balance| balance.total())
    };
    let fees = Amount::floor(20_000, 8).expect("it fits");
    let bought = Amount::floor(30_000_000, 8).expect("it fits");
    let kept = bought.checked_add(fees.checked_neg().expect("it fits")).expect("it fits");
    assert_eq!(balance("BTC"), Some(kept), "what was bought less both fees");
    assert_eq!(balance("USDT"), Amount::floor(-18_000, 0), "three tenths at 60,000");
}

#[test]
fn an_exactly_exhausted_order_is_terminal() {
    let mut desk = Desk::open();
    let id = desk.buy();
    desk.traded(id, 1, ("0.49999000", "0.49999000"), "PARTIALLY_FILLED");
    assert_eq!(desk.status(id), OrderStatus::PartiallyFilled);
    // The venue's word for it is behind its own sum.
    desk.traded(id, 2, ("0.00001000", "0.50000000"), "PARTIALLY_FILLED");
    assert_eq!(desk.status(id), OrderStatus::Filled);
    assert!(!desk.want(move |context| context.cancel(id)), "there is nothing left to cancel");
    assert_eq!(desk.asked(), Vec::<String>::new());
    assert_eq!(desk.held(), Some(bitcoins(50_000_000)));
}

#[test]
fn an_order_that_timed_out_and_filled_is_found() {
    let mut desk = Desk::open();
    let id = desk.buy();
    desk.error('p', id, -1007);
    assert_eq!(desk.status(id), OrderStatus::Unknown);
    assert_eq!(desk.asked(), ["order.status"], "asked for, and not sent again");
    assert!(
        !desk.is_more_allowed(),
        "half a bitcoin may have been bought, and six tenths is all that may be held"
    );
    desk.stands(id, "FILLED", "0.50000000");
    assert_eq!((desk.status(id), desk.held()), (OrderStatus::Filled, None), "its trades did not come yet");
    assert_eq!(desk.asked(), ["myTrades"]);
    assert!(!desk.is_more_allowed(), "what traded is in no position yet, and counts all the same");
    desk.had_trades(id, &[(1, "0.30000000"), (2, "0.20000000")]);
    assert_eq!((desk.heard(), desk.held()), (vec![1, 2], Some(bitcoins(50_000_000))));
    assert!(!desk.is_more_allowed(), "it is held now");
}

#[test]
fn a_cancel_fill_race_books_once() {
    let mut desk = Desk::open();
    let id = desk.buy();
    desk.traded(id, 1, ("0.30000000", "0.30000000"), "PARTIALLY_FILLED");
    assert!(desk.want(move |context| context.cancel(id)));
    assert_eq!(desk.asked(), ["order.cancel"]);
    // The rest trades before the cancel arrives, and the refusal comes before what it is because of.
    desk.error('c', id, -2011);
    assert_eq!(
        (desk.status(id), desk.asked()),
        (OrderStatus::PartiallyFilled, vec!["order.status".to_owned()])
    );
    desk.stands(id, "FILLED", "0.50000000");
    desk.traded(id, 2, ("0.20000000", "0.50000000"), "FILLED");
    desk.traded(id, 2, ("0.20000000", "0.50000000"), "FILLED");
    desk.had_trades(id, &[(1, "0.30000000"), (2, "0.20000000")]);
    assert_eq!(desk.status(id), OrderStatus::Filled);
    assert_eq!((desk.heard(), desk.held()), (vec![1, 2], Some(bitcoins(50_000_000))));
}

#[test]
fn a_duplicate_that_the_venue_refuses_is_the_order_itself() {
    let mut desk = Desk::open();
    let id = desk.buy();
    desk.error('p', id, -2010);
    assert_eq!(desk.status(id), OrderStatus::Unknown, "the id is ours alone, so the first one arrived");
    assert_eq!(desk.asked(), ["order.status"]);
    desk.stands(id, "NEW", "0.00000000");
    assert_eq!(desk.status(id), OrderStatus::Accepted);
}

#[test]
fn more_than_was_ordered_is_booked_and_nothing_more_is_sent() {
    let mut desk = Desk::open();
    let id = desk.buy();
    desk.traded(id, 1, ("0.50000000", "0.50000000"), "FILLED");
    desk.traded(id, 2, ("0.01000000", "0.51000000"), "FILLED");
    assert_eq!((desk.heard(), desk.held()), (vec![1, 2], Some(bitcoins(51_000_000))), "it is real");
    let order = NewOrder::limit(Side::Sell, Price(MIDDLE), Quantity(LOT * 1_000));
    let next = desk.want(move |context| context.submit(BTC, order).expect("it is traded"));
    assert_eq!(
        desk.status(next),
        OrderStatus::Denied,
        "nothing more may be sent by who understands so little"
    );
}

#[test]
fn a_trade_that_is_taken_back_is_not_believed_and_the_order_is_asked_for() {
    let mut desk = Desk::open();
    let id = desk.buy();
    desk.traded(id, 1, ("0.20000000", "0.20000000"), "PARTIALLY_FILLED");
    desk.message(&format!(
        r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":9,"s":"BTCUSDT","c":"{id}","S":"BUY","o":"LIMIT",
"f":"GTC","q":"0.50000000","p":"60000.01000000","C":"","x":"TRADE_CANCEL","X":"NEW","r":"NONE","i":77,"T":1723161255125,
"t":1,"l":"-0.20000000","z":"0.00000000","L":"60000.00000000","n":"0.00000000","N":"BTC","m":false}}}}"#
    ));
    assert_eq!(
        (desk.heard(), desk.held()),
        (vec![1], Some(bitcoins(20_000_000))),
        "what was told stays told"
    );
    desk.pass(Nanos::from_millis(300));
    assert_eq!(desk.asked(), ["order.status"]);
    assert_eq!(desk.status(id), OrderStatus::PartiallyFilled);
}
