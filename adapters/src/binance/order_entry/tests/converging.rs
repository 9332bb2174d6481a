//! Reconciliation against a venue that has a truth: whatever was lost, rounds come to that truth, tell each thing once,
//! and make nothing up.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// One of somebody else's orders or trades, or the loss of the wire.
#[derive(Clone, Debug)]
enum Happening {
    /// An order is sent by somebody else; heard of or not.
    Order { is_heard: bool },
    /// The oldest order of somebody else trades a little; heard of or not.
    Trade { is_heard: bool },
    /// The oldest order of somebody else is canceled; heard of or not.
    Cancel { is_heard: bool },
    /// The connection is lost, and comes back.
    Lost,
    /// A minute passes, in which a round is made.
    Round,
}

/// What really is, at the venue.
#[derive(Default)]
struct Venue {
    orders: BTreeMap<u64, i64>,
    trades: BTreeSet<u64>,
    next: u64,
}

const QUANTITY: i64 = 50_000;

fn text(units: i64) -> String {
    format!("{}.{:05}", units / 100_000, units % 100_000)
}

impl Venue {
    fn tell(&self, bench: &mut Bench) {
        let row = |(number, traded): (&u64, &i64)| {
            let status = if *traded == 0 { "NEW" } else { "PARTIALLY_FILLED" };
            let (whole, traded) = (text(QUANTITY), text(*traded));
            format!(
                r#"{{"symbol":"BTCUSDT","orderId":{number},"clientOrderId":"web_{number}","price":"99.00","origQty":"{whole}",
"executedQty":"{traded}","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":5}}"#
            )
        };
        bench.truth.open_orders = self.orders.iter().map(row).collect();
    }

    /// Something happens; it is told where the connection carries it.
    fn happen(&mut self, bench: &mut Bench, happening: &Happening) {
        self.next += 1;
        let oldest = self.orders.first_key_value().map(|(number, traded)| (*number, *traded));
        match (happening, oldest) {
            (Happening::Order { is_heard }, _) => {
                self.orders.insert(self.next, 0);
                self.hear(bench, *is_heard, (self.next, "NEW", "NEW"), NOTHING);
            }
            (Happening::Trade { is_heard }, Some((number, traded))) => {
                let (trade_id, traded) = (self.next, traded + 10_000);
                self.trades.insert(trade_id);
                let row = format!(
                    r#"{{"symbol":"BTCUSDT","id":{trade_id},"orderId":{number},"price":"99.00","qty":"0.10000","commission":"0.00",
"commissionAsset":"BNB","time":1700000000000,"isBuyer":true,"isMaker":true}}"#
                );
                bench.truth.trades.push((trade_id, row));
                let is_done = traded == QUANTITY;
                if is_done {
                    self.orders.remove(&number)
                } else {
                    self.orders.insert(number, traded)
                };
                let status = if is_done { "FILLED" } else { "PARTIALLY_FILLED" };
                let traded = text(traded);
                let trade = format!(
                    r#""l":"0.10000","z":"{traded}","L":"99.00","n":"0","N":null,"t":{trade_id},"m":true"#
                );
                self.hear(bench, *is_heard, (number, "TRADE", status), &trade);
            }
            (Happening::Cancel { is_heard }, Some((number, traded))) => {
                self.orders.remove(&number);
                let sum = format!(r#""z":"{}""#, text(traded));
                let trade = NOTHING.replace(r#""z":"0.00000000""#, &sum);
                self.hear(bench, *is_heard, (number, "CANCELED", "CANCELED"), &trade);
            }
            _ => {}
        }
        self.tell(bench);
    }

    fn hear(&self, bench: &mut Bench, is_heard: bool, (number, x, status): (u64, &str, &str), trade: &str) {
        if is_heard {
            bench.message(&format!(
                r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":9,"s":"BTCUSDT","c":"web_{number}","S":"BUY","o":"LIMIT",
"f":"GTC","q":"0.50000","p":"99.00","C":"","x":"{x}","X":"{status}","r":"NONE","i":{number},"T":7,{trade}}}}}"#
            ));
        }
    }

    /// Answers the queries for single orders, which are not the session's own.
    fn answer_queries(&self, bench: &mut Bench) {
        for request in bench.asked() {
            let parts: Vec<&str> = request.split('"').collect();
            let (id, method) = (parts[3], parts[7]);
            let name = ClientOrderId::parse(&id.as_bytes()[1..]).expect("an order is asked for");
            let number = name.counter;
            let traded = i64::try_from(self.traded(bench, number).len()).expect("few") * 10_000;
            let result = match method {
                "order.status" => {
                    let status = match (self.orders.contains_key(&number), traded) {
                        (true, 0) => "NEW",
                        (true, _) => "PARTIALLY_FILLED",
                        (false, QUANTITY) => "FILLED",
                        (false, _) => "CANCELED",
                    };
                    let (whole, traded) = (text(QUANTITY), text(traded));
                    format!(
                        r#"{{"symbol":"BTCUSDT","orderId":{number},"clientOrderId":"web_{number}","price":"99.00","origQty":"{whole}",
"executedQty":"{traded}","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"BUY","updateTime":9}}"#
                    )
                }
                "myTrades" => format!("[{}]", self.traded(bench, number).join(",")),
                _ => panic!("the session asks for {method}"),
            };
            bench.message(&format!(r#"{{"id":"{id}","status":200,"result":{result}}}"#));
        }
    }

    /// The trades of an order.
    fn traded(&self, bench: &Bench, number: u64) -> Vec<String> {
        let of_it = format!(r#""orderId":{number},"#);
        bench
            .truth
            .trades
            .iter()
            .filter(|(_, row)| row.contains(&of_it))
            .map(|(_, row)| row.clone())
            .collect()
    }
}

/// What somebody who hears the reports knows.
#[derive(Default)]
struct Heard {
    /// Orders that were told, and whether they ended.
    orders: BTreeMap<u64, bool>,
    trades: BTreeSet<u64>,
}

impl Heard {
    fn hear(&mut self, bench: &mut Bench, venue: &Venue) {
        for report in bench.log.reports.drain(..) {
            let number = report.client_order_id.counter;
            assert!(report.client_order_id.is_foreign() && number <= venue.next, "{report:?} was made up");
            *self.orders.entry(number).or_default() |= report.status.is_terminal();
            if report.execution == ExecutionType::Trade {
                assert!(venue.trades.contains(&report.trade_id), "{report:?} was made up");
                self.trades.insert(report.trade_id);
            }
        }
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => any::<bool>().prop_map(|is_heard| Happening::Order { is_heard }),
        4 => any::<bool>().prop_map(|is_heard| Happening::Trade { is_heard }),
        2 => any::<bool>().prop_map(|is_heard| Happening::Cancel { is_heard }),
        1 => Just(Happening::Lost),
        2 => Just(Happening::Round),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: proptest::test_runner::RngSeed::Fixed(0x5EED),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rounds_come_to_the_venues_truth_tell_it_once_and_make_nothing_up(
        happenings in prop::collection::vec(happening(), 0..40)
    ) {
        let mut bench = Bench::new();
        let (mut venue, mut heard) = (Venue::default(), Heard::default());
        for happening in &happenings {
            match happening {
                Happening::Lost => {
                    bench.feed(FrameSource::Closed, "reset");
                    bench.log_in();
                }
                Happening::Round => bench.pass(Nanos::from_secs(61)),
                _ => venue.happen(&mut bench, happening),
            }
            venue.answer_queries(&mut bench);
            heard.hear(&mut bench, &venue);
        }
        // Two rounds: the second reads the trades of what the first found to have ended.
        for _ in 0..4 {
            bench.pass(Nanos::from_secs(61));
            venue.answer_queries(&mut bench);
        }
        heard.hear(&mut bench, &venue);
        for number in venue.orders.keys() {
            prop_assert_eq!(heard.orders.get(number), Some(&false), "order {} stands", number);
        }
        for (number, has_ended) in &heard.orders {
            let traded_out = venue.traded(&bench, *number).len() == 5;
            prop_assert!(
                *has_ended || traded_out || venue.orders.contains_key(number) || !bench.knows(*number),
                "order {} ended and nobody said so", number
            );
        }
        prop_assert_eq!(&heard.trades, &venue.trades);
        // What is settled is told no more, whatever is asked again.
        bench.feed(FrameSource::Closed, "reset");
        bench.log_in();
        for _ in 0..3 {
            venue.answer_queries(&mut bench);
            bench.pass(Nanos::from_secs(61));
        }
        let name = |report: &ExecutionReport| (report.client_order_id.counter, report.execution);
        let told: Vec<_> = bench.log.reports.iter().map(name).collect();
        prop_assert_eq!(told, vec![]);
    }
}

impl Bench {
    /// True where the session follows the order of this number.
    fn knows(&mut self, number: u64) -> bool {
        let id = ClientOrderId::foreign(number).expect("small");
        self.session.orders.get_mut(id).is_some()
    }
}
