//! A venue on loopback that speaks as Binance's USD-margined futures do: a seeded market of one symbol, in bursts, some
//! thousand frames a second.
//!
//! It has one book, which both its snapshots and its updates are of. It takes no orders and checks nothing: what the
//! engine should ask is tested where the protocol is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio_tungstenite::tungstenite::{self, Message};

/// Levels near the middle that an update sets anew, on each side.
const LEVELS: i64 = 3;
/// The middle at the start, in ticks of 0.1.
const START_TICKS: i64 = 600_000;
/// Frames that are sent one upon another: far less than the engine keeps for a recorder that waits for its disk.
const BURST: usize = 8;
/// How long the venue listens between two bursts.
const LISTEN: Duration = Duration::from_millis(1);
/// Bytes of a request's first line that say what it wants.
const WISH_BYTES: usize = 12;

const DEFINITION: &str = r#"{"timezone":"UTC","symbols":[{"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL",
"status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USDT","pricePrecision":2,"quantityPrecision":3,
"filters":[{"filterType":"PRICE_FILTER","minPrice":"556.80","maxPrice":"4529764","tickSize":"0.10"},
{"filterType":"LOT_SIZE","stepSize":"0.001","maxQty":"1000","minQty":"0.001"},
{"filterType":"MIN_NOTIONAL","notional":"100"}]}]}"#;

/// The venue. Its threads end with the connections that they serve, and with the process.
pub struct FuturesVenue {
    /// Where it listens.
    pub address: SocketAddr,
}

/// One market, shared by all connections.
struct Market {
    random: ChaCha8Rng,
    middle: i64,
    update_id: u64,
    trade_id: u64,
    /// Quantities in thousandths, by price in ticks.
    bids: BTreeMap<i64, u32>,
    asks: BTreeMap<i64, u32>,
}

impl FuturesVenue {
    /// Starts a venue whose market follows from `seed`.
    pub fn start(seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let market = Arc::new(Mutex::new(Market::new(seed)));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let market = Arc::clone(&market);
                std::thread::spawn(move || serve(stream, &market));
            }
        });
        FuturesVenue { address }
    }
}

/// Serves one connection until the other side goes away.
fn serve(mut stream: TcpStream, market: &Mutex<Market>) {
    let mut wish = [0; WISH_BYTES];
    while stream.peek(&mut wish).is_ok_and(|bytes| (1..WISH_BYTES).contains(&bytes)) {}
    match &wish {
        b"GET /public/" => stream_frames(stream, || lock(market).book_frames()),
        b"GET /market/" => stream_frames(stream, || [lock(market).trade_frame()]),
        b"GET /fapi/v1" => answer(&mut stream, market),
        _ => {}
    }
}

/// Sends frames until the other side has had enough, and hears it out after each burst.
fn stream_frames<const COUNT: usize>(stream: TcpStream, next: impl Fn() -> [String; COUNT]) {
    let Ok(mut socket) = tungstenite::accept(stream) else { return };
    socket.get_ref().set_read_timeout(Some(LISTEN)).expect("it is not zero");
    let mut is_open = true;
    while is_open {
        is_open = (0..BURST).flat_map(|_| next()).all(|frame| socket.send(Message::text(frame)).is_ok());
        is_open &= match socket.read() {
            Err(tungstenite::Error::Io(error)) => error.kind() == ErrorKind::WouldBlock,
            heard => heard.is_ok(),
        };
    }
}

fn answer(stream: &mut TcpStream, market: &Mutex<Market>) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|bytes| bytes > 0) {
        request.push(byte[0]);
    }
    let wants_book = request.starts_with(b"GET /fapi/v1/depth");
    let body = if wants_book { lock(market).snapshot() } else { DEFINITION.to_owned() };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    // Whoever asked may have gone: that is no business of the venue.
    let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
}

fn lock(market: &Mutex<Market>) -> MutexGuard<'_, Market> {
    market.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Market {
    fn new(seed: u64) -> Self {
        let mut market = Market {
            random: ChaCha8Rng::seed_from_u64(seed),
            middle: START_TICKS,
            update_id: 1_000,
            trade_id: 0,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
        };
        market.step();
        market
    }

    /// Moves the market; gives the changed levels of both sides. The middle itself holds neither bids nor asks, and
    /// moves by one tick at most, so that no old level can cross it.
    fn step(&mut self) -> [Vec<(i64, u32)>; 2] {
        self.middle += self.random.random_range(-1..=1);
        let middle = self.middle;
        let mut side = |levels: &mut BTreeMap<i64, u32>, direction: i64| {
            let mut changes = vec![(middle, 0)];
            let near = (1..=LEVELS).map(|away| middle + direction * away);
            changes.extend(near.map(|price| (price, self.random.random_range(1..5_000))));
            for (price, quantity) in &changes {
                match quantity {
                    0 => levels.remove(price),
                    _ => levels.insert(*price, *quantity),
                };
            }
            changes
        };
        [side(&mut self.bids, -1), side(&mut self.asks, 1)]
    }

    /// The next update of the book, and its best prices.
    fn book_frames(&mut self) -> [String; 2] {
        let [bids, asks] = self.step();
        let previous = self.update_id;
        self.update_id += self.random.random_range(1..5);
        let (first, last) = (previous + 1, self.update_id);
        let (bids, asks) = (levels(bids), levels(asks));
        let depth = format!(
            r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":{first},"u":{last},"pu":{previous},"b":{bids},"a":{asks}}}}}"#
        );
        [depth, self.best_prices()]
    }

    fn best_prices(&self) -> String {
        let (bid, bid_quantity) = self.bids.last_key_value().expect("there are always bids");
        let (ask, ask_quantity) = self.asks.first_key_value().expect("there are always asks");
        let (bid, ask) = (price(*bid), price(*ask));
        let (bid_quantity, ask_quantity) = (quantity(*bid_quantity), quantity(*ask_quantity));
        let update_id = self.update_id;
        format!(
            r#"{{"stream":"btcusdt@bookTicker","data":{{"e":"bookTicker","u":{update_id},"s":"BTCUSDT","b":"{bid}","B":"{bid_quantity}","a":"{ask}","A":"{ask_quantity}","T":1723161256313,"E":1723161256314}}}}"#
        )
    }

    fn trade_frame(&mut self) -> String {
        self.trade_id += 1;
        let is_sell = self.random.random_bool(0.5);
        let at = price(if is_sell { self.middle - 1 } else { self.middle + 1 });
        let (trade_id, quantity) = (self.trade_id, quantity(self.random.random_range(1..100)));
        format!(
            r#"{{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":1723161256322,"a":{trade_id},"s":"BTCUSDT","p":"{at}","q":"{quantity}","f":{trade_id},"l":{trade_id},"T":1723161256321,"m":{is_sell}}}}}"#
        )
    }

    fn snapshot(&self) -> String {
        let bids = levels(self.bids.iter().rev().map(|(price, quantity)| (*price, *quantity)).collect());
        let asks = levels(self.asks.iter().map(|(price, quantity)| (*price, *quantity)).collect());
        let update_id = self.update_id;
        format!(
            r#"{{"lastUpdateId":{update_id},"E":1723161256501,"T":1723161256500,"bids":{bids},"asks":{asks}}}"#
        )
    }
}

fn levels(levels: Vec<(i64, u32)>) -> String {
    let mut text = String::from("[");
    for (index, (at, size)) in levels.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(text, r#"{comma}["{}","{}"]"#, price(at), quantity(size)).expect("a String takes all text");
    }
    text.push(']');
    text
}

fn price(ticks: i64) -> String {
    format!("{}.{}0", ticks / 10, ticks % 10)
}

fn quantity(thousandths: u32) -> String {
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}
