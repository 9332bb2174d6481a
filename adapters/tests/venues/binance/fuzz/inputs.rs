//! What the venue sends, of every kind, with numbers that are usual, and now and then extreme.

use fulmar_adapters::binance::Product;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;

use super::judge::{Decoder, order_id};
use crate::binance::writer::Writer;

const SYMBOLS: [&str; 4] = ["BTCUSDT", "ETHUSDT", "SHIBUSDT", "DOGEUSDT"];

/// An input of `decoder`, in the layout that the venue sends.
pub fn input(random: &mut ChaCha8Rng, product: Product, decoder: Decoder) -> String {
    match decoder {
        Decoder::Trades | Decoder::Depth | Decoder::Ticker => message(random, product, decoder),
        Decoder::Snapshot => {
            let text = snapshot(random, Writer(product));
            text.split_once('\n').expect("a path and a body").1.to_owned()
        }
        Decoder::Definitions => definitions(random, product),
        Decoder::OrderAnswers if random.random() => trades_of_order(random),
        Decoder::OrderAnswers => standing(random),
        Decoder::UserData if random.random() => order_trade_update(random),
        Decoder::UserData => execution_report(random),
    }
}

/// A message of one kind, on a combined stream or alone.
fn message(random: &mut ChaCha8Rng, product: Product, decoder: Decoder) -> String {
    let (writer, symbol, id) = (Writer(product), symbol(random), number(random));
    let texts = levels(random, symbol, 2);
    let pairs: Vec<(&str, &str)> = texts.iter().map(|(price, quantity)| (&**price, &**quantity)).collect();
    let text = match decoder {
        Decoder::Depth => {
            let (bids, asks) = pairs.split_at(random.random_range(0..pairs.len()));
            let numbers = [id, id.saturating_add(random.random_range(0..9)), id.saturating_sub(1)];
            writer.depth(symbol, numbers, bids, asks)
        }
        Decoder::Trades if random.random() => writer.trade(symbol, id, pairs[0], random.random()),
        Decoder::Trades => writer.aggregate(symbol, id, pairs[0].0, pairs[0].1),
        _ => writer.ticker(symbol, id, pairs[0], pairs[1]),
    };
    let data_at = text.find("\"data\":").expect("a combined frame") + 7;
    if random.random_bool(0.3) { text[data_at..text.len() - 1].to_owned() } else { text }
}

/// The answer with a book, and the path that was asked for.
pub fn snapshot(random: &mut ChaCha8Rng, writer: Writer) -> String {
    let symbol = symbol(random);
    let texts = levels(random, symbol, 0);
    let pairs: Vec<(&str, &str)> = texts.iter().map(|(price, quantity)| (&**price, &**quantity)).collect();
    let (bids, asks) = pairs.split_at(random.random_range(0..=pairs.len()));
    writer.snapshot(symbol, number(random), bids, asks)
}

/// The body of an answer with definitions.
pub fn definitions(random: &mut ChaCha8Rng, product: Product) -> String {
    let count = random.random_range(0..4);
    let symbols: Vec<String> = (0..count).map(|_| definition(random, product)).collect();
    format!(r#"{{"timezone":"UTC","serverTime":{},"symbols":[{}]}}"#, number(random), symbols.join(","))
}

fn definition(random: &mut ChaCha8Rng, product: Product) -> String {
    let symbol = symbol(random);
    let digits = |random: &mut ChaCha8Rng| random.random_range(0..14);
    let (price_digits, quantity_digits) = (digits(random), digits(random));
    let kinds = match product {
        Product::Spot => format!(r#""baseAssetPrecision":{quantity_digits},"quotePrecision":{price_digits}"#),
        Product::UsdMargined | Product::CoinMargined => {
            let kind = ["PERPETUAL", "CURRENT_QUARTER", "TRADIFI_PERPETUAL"].choose(random).expect("one");
            let sizes = ["", r#""contractSize":0,"#, r#""contractSize":10,"#, r#""contractSize":100,"#];
            let size = sizes.choose(random).expect("one");
            format!(
                r#"{size}"contractType":"{kind}","pricePrecision":{price_digits},"quantityPrecision":{quantity_digits}"#
            )
        }
    };
    let mut filters = vec![
        format!(
            r#"{{"filterType":"PRICE_FILTER","minPrice":"{0}","maxPrice":"{1}","tickSize":"{0}"}}"#,
            step(random),
            decimal(random, symbol)
        ),
        format!(
            r#"{{"filterType":"LOT_SIZE","stepSize":"{0}","minQty":"{0}","maxQty":"{1}"}}"#,
            step(random),
            decimal(random, "SHIBUSDT")
        ),
        match random.random_range(0..3) {
            0 => r#"{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true}"#.to_owned(),
            1 => r#"{"filterType":"MIN_NOTIONAL","notional":"20"}"#.to_owned(),
            _ => r#"{"filterType":"MIN_NOTIONAL","minNotional":"0.0001"}"#.to_owned(),
        },
    ];
    filters.truncate(random.random_range(0..4));
    if random.random_bool(0.5) {
        filters.push(r#"{"filterType":"ICEBERG_PARTS","limit":10}"#.to_owned());
    }
    let takes = ["", r#""icebergAllowed":true,"#, r#""icebergAllowed":false,"#, r#""icebergAllowed":1,"#];
    let takes = takes.choose(random).expect("one");
    format!(
        r#"{{"symbol":"{symbol}","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT",{takes}{kinds},"filters":[{}]}}"#,
        filters.join(",")
    )
}

fn step(random: &mut ChaCha8Rng) -> String {
    let digits = random.random_range(0..9);
    if digits == 0 { "1.00000000".to_owned() } else { format!("0.{:0<8}", format!("{:0>digits$}", 1)) }
}

/// An event of the user-data stream, most of them on our order.
pub fn execution_report(random: &mut ChaCha8Rng) -> String {
    let ours = order_id().to_string();
    let (client_id, original) = match random.random_range(0..4) {
        0 => ("web_1", ours.as_str()),
        1 => ("web_1", ""),
        _ => (ours.as_str(), ""),
    };
    let executions =
        ["NEW", "TRADE", "TRADE", "CANCELED", "REJECTED", "EXPIRED", "TRADE_PREVENTION", "AMENDED"];
    let execution = executions.choose(random).expect("one");
    let (status, side) = (status(random), side(random));
    let [quantity, price, last, cumulative, fee] = [(); 5].map(|()| decimal(random, "ETHUSDT"));
    let (order, trade) = (number(random), number(random));
    let asset = ["\"BNB\"", "null", "\"USDT\""].choose(random).expect("one");
    format!(
        concat!(
            r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":1700000000124,"s":"ETHUSDT","c":"{}","#,
            r#""S":"{}","o":"LIMIT","f":"GTC","q":"{}","p":"{}","C":"{}","x":"{}","X":"{}","r":"NONE","#,
            r#""i":{},"l":"{}","z":"{}","L":"{}","n":"{}","N":{},"T":1700000000123,"t":{},"m":{}}}}}"#
        ),
        client_id,
        side,
        quantity,
        price,
        original,
        execution,
        status,
        order,
        last,
        cumulative,
        price,
        fee,
        asset,
        trade,
        random.random::<bool>()
    )
}

/// What futures tell of an order.
fn order_trade_update(random: &mut ChaCha8Rng) -> String {
    let ours = order_id().to_string();
    let id = [ours.clone(), format!("{ours}r00a1"), "web_1".to_owned()];
    let id = id.choose(random).expect("one");
    let execution = ["NEW", "TRADE", "TRADE", "CANCELED", "EXPIRED", "AMENDMENT", "CALCULATED"];
    let execution = execution.choose(random).expect("one");
    let (status, side) = (status(random), side(random));
    let [quantity, price, last, cumulative, fee] = [(); 5].map(|()| decimal(random, "ETHUSDT"));
    let (order, trade, is_maker) = (number(random), number(random), random.random::<bool>());
    let fee = if random.random() { format!(r#""N":"USDT","n":"{fee}","#) } else { String::new() };
    format!(
        concat!(
            r#"{{"e":"ORDER_TRADE_UPDATE","E":1700000000124,"T":1700000000123,"o":{{"s":"ETHUSDT","c":"{}","#,
            r#""S":"{}","o":"LIMIT","f":"GTC","q":"{}","p":"{}","ap":"0","sp":"0","x":"{}","X":"{}","i":{},"#,
            r#""l":"{}","z":"{}","L":"{}",{}"T":1700000000123,"t":{},"m":{},"R":false,"ps":"BOTH","rp":"0"}}}}"#
        ),
        id, side, quantity, price, execution, status, order, last, cumulative, price, fee, trade, is_maker
    )
}

/// The answer to a query for an order, or to a cancel.
pub fn standing(random: &mut ChaCha8Rng) -> String {
    let moment = if random.random() { "updateTime" } else { "transactTime" };
    let (status, side, purpose) = (status(random), side(random), purpose(random));
    let [price, quantity, executed] = [(); 3].map(|()| decimal(random, "ETHUSDT"));
    format!(
        concat!(
            r#"{{"id":"{}{}","status":200,"result":{{"symbol":"ETHUSDT","orderId":{},"price":"{}","#,
            r#""origQty":"{}","executedQty":"{}","status":"{}","side":"{}","{}":1700000000123}}}}"#
        ),
        purpose,
        order_id(),
        number(random),
        price,
        quantity,
        executed,
        status,
        side,
        moment
    )
}

/// The answer to a query for the trades of an order.
pub fn trades_of_order(random: &mut ChaCha8Rng) -> String {
    let rows = (0..random.random_range(0..4)).map(|_| {
        let [price, quantity, fee] = [(); 3].map(|()| decimal(random, "ETHUSDT"));
        format!(
            concat!(
                r#"{{"symbol":"ETHUSDT","id":{},"orderId":{},"price":"{}","qty":"{}","commission":"{}","#,
                r#""commissionAsset":"BNB","time":1700000000123,"isBuyer":{},"isMaker":{}}}"#
            ),
            number(random),
            number(random),
            price,
            quantity,
            fee,
            random.random::<bool>(),
            random.random::<bool>()
        )
    });
    let rows: Vec<String> = rows.collect();
    format!(r#"{{"id":"t{}","status":200,"result":[{}]}}"#, order_id(), rows.join(","))
}

/// The answer that refuses a request.
pub fn refusal(random: &mut ChaCha8Rng) -> String {
    let codes = ["-2010", "-2011", "-2013", "-1003", "-1007", "-1121"];
    let code = codes.choose(random).expect("one");
    format!(
        r#"{{"id":"{}{}","status":400,"error":{{"code":{code},"msg":"Unknown order sent."}}}}"#,
        purpose(random),
        order_id()
    )
}

fn purpose(random: &mut ChaCha8Rng) -> &'static str {
    ["p", "c", "s", "t", "l"].choose(random).expect("one")
}

fn status(random: &mut ChaCha8Rng) -> &'static str {
    let all =
        ["NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH", "ODD"];
    all.choose(random).expect("one")
}

fn side(random: &mut ChaCha8Rng) -> &'static str {
    if random.random() { "BUY" } else { "SELL" }
}

fn symbol(random: &mut ChaCha8Rng) -> &'static str {
    SYMBOLS.choose(random).expect("one")
}

fn levels(random: &mut ChaCha8Rng, symbol: &str, count_min: usize) -> Vec<(String, String)> {
    let count = random.random_range(count_min..12);
    (0..count).map(|_| (decimal(random, symbol), decimal(random, symbol))).collect()
}

/// Small numbers, so that updates and snapshots meet, and now and then the extremes.
fn number(random: &mut ChaCha8Rng) -> u64 {
    match random.random_range(0..8) {
        0 => 10_u64.pow(random.random_range(0..19)) - random.random_range(0..2),
        1 => random.next_u64(),
        _ => random.random_range(90..120),
    }
}

fn decimal(random: &mut ChaCha8Rng, symbol: &str) -> String {
    let digits = match symbol {
        "SHIBUSDT" => 0,
        // Mostly what its scales hold, which is what the venue sends.
        "ETHUSDT" if random.random_bool(0.9) => random.random_range(0..3),
        _ => random.random_range(0..10),
    };
    let whole = match random.random_range(0..6) {
        0 => 0,
        1 => 10_u64.pow(random.random_range(0..12)),
        _ => random.random_range(0..99_999),
    };
    let fraction = random.random_range(0..10_u64.pow(digits));
    match digits {
        0 => whole.to_string(),
        _ if random.random_bool(0.5) => format!("{whole}.{:0<1$}", fraction % 10, digits as usize),
        _ => format!("{whole}.{fraction:0>0$}", digits as usize),
    }
}
