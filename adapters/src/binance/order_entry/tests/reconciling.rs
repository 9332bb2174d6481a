//! What the venue says stands, is had and traded: told once, adopted where it is not known, never made up.

use fulmar_bus::record::Text;

use super::*;

/// An open order as the venue lists it.
fn row(client_order_id: &str, venue_order_id: u64, executed: &str) -> String {
    let status = if executed.starts_with("0.0") { "NEW" } else { "PARTIALLY_FILLED" };
    format!(
        r#"{{"symbol":"BTCUSDT","orderId":{venue_order_id},"clientOrderId":"{client_order_id}","price":"99.00","origQty":"0.50000",
"executedQty":"{executed}","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"SELL","updateTime":5}}"#
    )
}

fn trade(trade_id: u64, venue_order_id: u64) -> (u64, String) {
    trade_at(1_700_000_000_000, trade_id, venue_order_id)
}

fn trade_at(at_ms: u64, trade_id: u64, venue_order_id: u64) -> (u64, String) {
    let row = format!(
        r#"{{"symbol":"BTCUSDT","id":{trade_id},"orderId":{venue_order_id},"price":"99.00","qty":"0.20000","commission":"0.00",
"commissionAsset":"BNB","time":{at_ms},"isBuyer":false,"isMaker":true}}"#
    );
    (trade_id, row)
}

impl Bench {
    /// Lets rounds pass; what they told.
    fn rounds(&mut self, count: u64) -> usize {
        self.pass(Nanos::from_secs(60 * count));
        self.log.reports.len() + self.log.balances.len()
    }
}

#[test]
fn nothing_is_sent_before_the_venue_has_said_what_stands() {
    let mut bench = Bench::new();
    bench.feed(FrameSource::Closed, "reset");
    bench.truth.answers = false;
    bench.feed(FrameSource::Opened, "");
    bench.asked();
    bench.message(r#"{"id":"n","status":200,"result":{"serverTime":1700000000000}}"#);
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    assert_eq!(bench.asked_methods(), ["userDataStream.subscribe.signature", "openOrders.status"]);
    bench.pass(Nanos::from_secs(25));
    assert_eq!(bench.asked_methods(), ["openOrders.status"; 2], "it is asked again where no answer comes");
    assert!(!bench.session.is_ready());
    bench.truth.answers = true;
    bench.pass(Nanos::from_secs(10));
    assert!(bench.session.is_ready());
}

#[test]
fn what_the_account_has_is_asked_for_last_so_that_its_first_word_has_all_in_it_that_is_history() {
    let mut bench = Bench::new();
    bench.feed(FrameSource::Closed, "reset");
    bench.truth.answers = false;
    bench.feed(FrameSource::Opened, "");
    bench.message(r#"{"id":"n","status":200,"result":{"serverTime":1700000000000}}"#);
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    for method in ["openOrders.status", "myTrades"] {
        let question = bench.asked().pop().expect("it asks");
        let words: Vec<&str> = question.split('"').collect();
        assert_eq!(words[7], method);
        bench.message(&format!(r#"{{"id":"{}","status":200,"result":[]}}"#, words[3]));
    }
    assert_eq!(bench.asked_methods(), ["account.status"]);
    assert!(!bench.session.is_ready());
}

#[test]
fn an_instrument_that_is_new_is_reconciled_before_an_order_of_it_leaves() {
    let mut bench = Bench::new();
    assert!(bench.session.is_ready());
    let other = InstrumentDefinition::inferred(("binance-spot", "ETHUSDT"), ContractKind::Spot, (2, 5));
    bench.session.define(InstrumentId(1), &other);
    assert!(!bench.session.is_ready());
    bench.pass(Nanos(1));
    assert!(bench.session.is_ready());
    bench.session.define(InstrumentId(1), &other);
    assert!(bench.session.is_ready(), "it is not new any more");
}

#[test]
fn an_order_of_an_earlier_boot_that_stands_is_adopted_with_all_that_is_known_of_it() {
    let earlier = ClientOrderId::new(6, StrategyId(2), 41);
    let mut bench = Bench::new();
    bench.truth.open_orders = vec![row(&earlier.to_string(), 55, "0.10000")];
    bench.begin_anew();
    bench.log_in();
    bench.log.balances.clear();
    let report = bench.log.reports[0];
    assert_eq!((report.client_order_id, report.venue_order_id), (earlier, 55));
    assert_eq!((report.price, report.quantity, report.side), (Price(9_900), Quantity(50_000), Side::Sell));
    assert_eq!((report.cumulative_qty, report.leaves_qty), (Quantity(10_000), Quantity(40_000)));
    assert_eq!(bench.told(), [(ExecutionType::Accepted, OrderStatus::PartiallyFilled)]);
    assert_eq!(bench.asked(), Vec::<String>::new());
    assert_eq!(bench.rounds(10), 0, "ten rounds on top of it tell nothing");
}

#[test]
fn an_order_that_began_while_we_listened_is_told_without_the_trades_that_are_still_to_come() {
    let foreign = ClientOrderId::foreign(55).expect("a small number");
    let mut bench = Bench::new();
    bench.rounds(1);
    bench.asked();
    bench.truth.open_orders = vec![row("web_0815", 55, "0.10000")];
    bench.rounds(1);
    let report = bench.log.reports[0];
    assert_eq!((report.client_order_id, report.cumulative_qty), (foreign, Quantity(0)));
    assert_eq!(report.status, OrderStatus::PartiallyFilled);
    assert_eq!(bench.asked_methods(), ["myTrades"], "and they are asked for");
}

#[test]
fn an_order_of_somebody_else_is_told_under_the_venues_number_and_can_be_canceled_by_it() {
    let foreign = ClientOrderId::foreign(901).expect("a small number");
    let mut bench = Bench::new();
    bench.truth.open_orders = vec![row("web_0815", 901, "0.00000")];
    bench.rounds(1);
    assert_eq!(bench.log.reports[0].client_order_id, foreign);
    assert_eq!(bench.told(), [ACCEPTED]);
    assert_eq!(bench.rounds(10), 0);
    bench.asked();
    let cancel = CancelOrder { client_order_id: foreign, venue_order_id: 901 };
    let approved = bench.gate.pass_cancel(cancel, BTC, bench.now);
    bench.session.cancel(bench.now, &approved, &mut bench.log);
    let at = bench.now.0 / 1_000_000;
    let expected = format!(
        r#"{{"id":"c{foreign}","method":"order.cancel","params":{{"apiKey":"","orderId":901,"recvWindow":5000,"symbol":"BTCUSDT","timestamp":{at}}}}}"#
    );
    assert_eq!(bench.asked(), [expected]);
}

#[test]
fn what_somebody_else_does_while_we_listen_is_told_as_it_happens() {
    let foreign = ClientOrderId::foreign(77).expect("a small number");
    let mut bench = Bench::new();
    bench.event("NEW", "NEW", ("web_0815", ""), NOTHING);
    assert_eq!(bench.log.reports[0].client_order_id, foreign);
    let filled = r#""l":"0.50000000","z":"0.50000000","L":"99.50000000","n":"0","N":null,"t":8,"m":true"#;
    bench.event("TRADE", "FILLED", ("web_0815", ""), filled);
    assert_eq!(bench.told(), [ACCEPTED, (ExecutionType::Trade, OrderStatus::Filled)]);
    assert_eq!(bench.rounds(2), 0);
}

#[test]
fn an_order_that_stands_here_and_not_there_is_asked_for() {
    let mut bench = Bench::accepted();
    bench.rounds(1);
    assert_eq!(bench.asked_methods(), ["order.status"]);
    bench.message(&standing("s", "CANCELED", "0.00000"));
    assert_eq!(bench.told(), [(ExecutionType::Canceled, OrderStatus::Canceled)]);
    assert_eq!(bench.rounds(10), 0);
}

#[test]
fn trades_that_nobody_heard_of_are_found_and_those_before_us_are_not_ours_to_tell() {
    let mut bench = Bench::new();
    bench.truth.trades = vec![trade(10, 500)];
    bench.feed(FrameSource::Closed, "reset");
    bench.log_in();
    let told = |bench: &mut Bench| -> Vec<(ClientOrderId, u64)> {
        bench.log.reports.drain(..).map(|report| (report.client_order_id, report.trade_id)).collect()
    };
    let foreign = ClientOrderId::foreign(500).expect("small");
    assert_eq!(told(&mut bench), [(foreign, 10)], "the first round found that there was none");
    bench.truth.trades.push(trade(11, 500));
    bench.truth.trades.push(trade(12, 600));
    bench.rounds(1);
    assert_eq!(told(&mut bench), [(foreign, 11), (ClientOrderId::foreign(600).expect("small"), 12)]);
    assert_eq!(bench.rounds(10), 0);

    let mut late = Bench::new();
    late.truth.trades = vec![trade(10, 500)];
    late.begin_anew();
    late.log_in();
    assert_eq!(told(&mut late), [], "what traded before the first login is told by nobody");
    late.truth.trades.push(trade(11, 500));
    late.rounds(1);
    assert_eq!(told(&mut late), [(foreign, 11)]);
}

#[test]
fn trades_from_long_before_us_are_not_told_where_the_first_answer_had_none() {
    let mut bench = Bench::new();
    // Asked without a first trade, the venue had none that was recent; asked from the first on, it gives the oldest.
    let old = 1_690_000_000_000;
    bench.truth.trades = (1..=1_500).map(|number| trade_at(old + number, number, 500)).collect();
    assert_eq!(bench.rounds(1), 0);
    bench.truth.trades.push(trade_at(1_700_000_070_000, 1_501, 600));
    bench.rounds(2);
    let told: Vec<_> = bench.log.reports.drain(..).map(|report| report.trade_id).collect();
    assert_eq!(told, [1_501]);
}

#[test]
fn a_trade_in_the_gap_of_a_lost_connection_is_found_though_a_later_one_was_heard_first() {
    let mut bench = Bench::accepted();
    bench.feed(FrameSource::Closed, "reset");
    bench.truth.trades = vec![trade(40, 77), trade(41, 77)];
    bench.truth.answers = false;
    bench.feed(FrameSource::Opened, "");
    bench.message(r#"{"id":"n","status":200,"result":{"serverTime":1700000000000}}"#);
    bench.message(r#"{"id":"l","status":200,"result":{"subscriptionId":0}}"#);
    let later = r#""l":"0.20000000","z":"0.40000000","L":"99.50000000","n":"0","N":null,"t":41,"m":true"#;
    bench.event("TRADE", "PARTIALLY_FILLED", (&order_id(1).to_string(), ""), later);
    bench.truth.answers = true;
    bench.stands_there("0.40000");
    bench.pass(Nanos::from_secs(11));
    assert!(bench.session.is_ready());
    let asked = bench.asked_methods();
    assert_eq!(asked.last().map(String::as_str), Some("myTrades"), "its trades are asked for: {asked:?}");
}

#[test]
fn balances_are_told_where_they_are_news_and_a_balance_that_is_gone_is_nothing() {
    let mut bench = Bench::new();
    bench.truth.account =
        r#"{"canTrade":true,"updateTime":7,"balances":[{"asset":"BTC","free":"0.25","locked":"0"}]}"#
            .to_owned();
    bench.rounds(1);
    let told: Vec<_> = bench.log.balances.drain(..).collect();
    let amounts = |told: &BalanceStatement| (told.asset.as_str().to_owned(), Notional::from(told.free).0);
    let told: Vec<_> = told.iter().map(amounts).collect();
    assert_eq!(told, [("BTC".to_owned(), 250_000_000_000_000_000), ("USDT".to_owned(), 0)]);
    assert_eq!(bench.rounds(10), 0);
    bench.message(
        r#"{"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":9,"u":8,"B":[{"a":"BTC","f":"0.20","l":"0.05"}]}}"#,
    );
    assert_eq!(Notional::from(bench.log.balances[0].locked).0, 50_000_000_000_000_000);
    assert_eq!(bench.log.balances[0].venue_at, UnixNanos::from_millis(8));
}

#[test]
fn a_trade_of_an_order_whose_answer_never_came_is_not_taken_for_somebody_elses() {
    let mut bench = Bench::new();
    bench.submit(|_| {});
    bench.asked();
    bench.truth.trades = vec![trade(10, 77)];
    bench.rounds(1);
    assert_eq!(bench.told(), [UNKNOWN], "nothing is made up");
    bench.message(&standing("s", "NEW", "0.00000"));
    assert_eq!(bench.told(), [ACCEPTED]);
    bench.stands_there("0.00000");
    bench.pass(Nanos::from_secs(5));
    assert!(
        bench.asked_methods().iter().all(|method| method == "order.status"),
        "it is asked what it traded"
    );
    assert_eq!(bench.told(), []);
}

#[test]
fn that_there_is_nothing_of_what_is_traded_is_told_once_and_before_an_order_leaves() {
    let mut bench = Bench::new();
    let told = |bench: &mut Bench| -> Vec<(String, i128)> {
        let told = bench.log.balances.drain(..);
        told.map(|told| (told.asset.as_str().to_owned(), Notional::from(told.free).0)).collect()
    };
    let ether = InstrumentDefinition {
        symbol: Text::new("ETHUSDT").expect("it is short"),
        base: Text::new("ETH").expect("it is short"),
        quote: Text::new("USDT").expect("it is short"),
        ..btc()
    };
    bench.session.define(InstrumentId(1), &ether);
    assert!(!bench.session.is_ready());
    bench.pass(Nanos::from_secs(1));
    assert!(bench.session.is_ready());
    assert_eq!(
        told(&mut bench),
        [("ETH".to_owned(), 0)],
        "else what is bought would pass for what was there"
    );
    assert_eq!(bench.rounds(10), 0);
}
