//! Frames as Binance sends them, made from a seed: numbers of many lengths, levels that come and go, ids that follow
//! each other. Never the same frame twice in a run.

use std::fmt::{Display, Write as _};

use fulmar_adapters::binance::Product;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::limits::SEED;

/// The symbol of every frame.
pub const SYMBOL: &str = "BTCUSDT";

/// The touch stands here, in ticks of the product.
const MIDDLE_TICKS: i64 = 618_376;
/// Levels lie at most so far from it.
const RANGE_TICKS: i64 = 4_000;
/// Of the levels that change, so many in a hundred are deleted: as on the venue.
const DELETED_PERCENT: u32 = 35;
/// The first update.
const FIRST_UPDATE_ID: u64 = 50_093_239_189;
/// When the venue sends the first frame, in milliseconds of the Unix epoch.
const FIRST_SENT_AT_MS: u64 = 1_723_161_255_208;

/// Writes one frame after the other into the same text.
pub struct Frames {
    product: Product,
    random: ChaCha8Rng,
    text: String,
    update_id: u64,
    sent_at_ms: u64,
}

impl Frames {
    /// The frames of a product.
    pub fn new(product: Product) -> Self {
        Frames {
            product,
            random: ChaCha8Rng::seed_from_u64(SEED),
            text: String::new(),
            update_id: FIRST_UPDATE_ID,
            sent_at_ms: FIRST_SENT_AT_MS,
        }
    }

    /// A depth update as near to `bytes` as whole levels allow. The best bid and ask are the first of each side, so
    /// that every update moves the top of the book.
    pub fn depth(&mut self, bytes: usize) -> &str {
        let (first, last) = (self.update_id + 1, self.update_id + self.random.random_range(1..40));
        let previous = std::mem::replace(&mut self.update_id, last);
        self.open("depth@100ms");
        let sent_at_ms = self.sent_at_ms;
        self.put(format_args!("{{\"e\":\"depthUpdate\",\"E\":{sent_at_ms}"));
        if self.product == Product::UsdMargined {
            self.put(format_args!(",\"T\":{sent_at_ms}"));
        }
        self.put(format_args!(",\"s\":\"{SYMBOL}\",\"U\":{first},\"u\":{last}"));
        if self.product == Product::UsdMargined {
            self.put(format_args!(",\"pu\":{previous}"));
        }
        let middle_bytes = usize::midpoint(self.text.len(), bytes);
        self.put(",\"b\":");
        self.side(-1, middle_bytes);
        self.put(",\"a\":");
        self.side(1, bytes);
        self.put("}}");
        &self.text
    }

    /// A single trade.
    pub fn trade(&mut self) -> &str {
        self.update_id += 1;
        self.open("trade");
        let (sent_at_ms, trade_id) = (self.sent_at_ms, self.update_id);
        let ticks = MIDDLE_TICKS + self.random.random_range(-20..20);
        let is_maker = self.random.random_bool(0.5);
        self.put(format_args!("{{\"e\":\"trade\",\"E\":{sent_at_ms}"));
        if self.product == Product::UsdMargined {
            self.put(format_args!(",\"T\":{sent_at_ms}"));
        }
        self.put(format_args!(",\"s\":\"{SYMBOL}\",\"t\":{trade_id},\"p\":\""));
        self.price(ticks);
        self.put("\",\"q\":\"");
        self.quantity();
        match self.product {
            Product::Spot => self.put(format_args!("\",\"T\":{sent_at_ms},\"m\":{is_maker},\"M\":true}}}}")),
            _ => self.put(format_args!("\",\"X\":\"MARKET\",\"m\":{is_maker}}}}}")),
        }
        &self.text
    }

    /// The best bid and ask, a little elsewhere each time.
    pub fn book_ticker(&mut self) -> &str {
        self.update_id += self.random.random_range(1..40);
        self.open("bookTicker");
        let (sent_at_ms, update_id) = (self.sent_at_ms, self.update_id);
        let bid_ticks = MIDDLE_TICKS + self.random.random_range(-50..50);
        let event = if self.product == Product::Spot { "" } else { "\"e\":\"bookTicker\"," };
        self.put(format_args!("{{{event}\"u\":{update_id},\"s\":\"{SYMBOL}\",\"b\":\""));
        self.price(bid_ticks);
        self.put("\",\"B\":\"");
        self.quantity();
        self.put("\",\"a\":\"");
        self.price(bid_ticks + 1);
        self.put("\",\"A\":\"");
        self.quantity();
        match self.product {
            Product::Spot => self.put("\"}}"),
            _ => {
                self.put(format_args!("\",\"T\":{sent_at_ms},\"E\":{sent_at_ms}}}}}"));
            }
        }
        &self.text
    }

    /// The answer to a request for the whole book, with the path asked for: `level_count` levels a side.
    pub fn snapshot(&mut self, level_count: i64) -> &str {
        self.text.clear();
        let update_id = self.update_id;
        self.put(format_args!(
            "/api/v3/depth?symbol={SYMBOL}&limit=5000\n{{\"lastUpdateId\":{update_id},\"bids\":["
        ));
        for (side, name) in [(-1, "],\"asks\":["), (1, "]}")] {
            for distance in 1..=level_count {
                self.level(if distance == 1 { "" } else { "," }, MIDDLE_TICKS + side * distance, true);
            }
            self.put(name);
        }
        &self.text
    }

    /// The answer that defines the symbol.
    pub fn definition(&mut self) -> &str {
        self.text.clear();
        self.put(concat!(
            "/api/v3/exchangeInfo?symbols=x\n",
            r#"{"symbols":[{"symbol":"BTCUSDT","baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","#,
            r#""quotePrecision":8,"filters":["#,
            r#"{"filterType":"PRICE_FILTER","maxPrice":"1000000.00000000","tickSize":"0.01000000"},"#,
            r#"{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000.0","stepSize":"0.00001000"},"#,
            r#"{"filterType":"NOTIONAL","minNotional":"5.00000000"}]}]}"#,
        ));
        &self.text
    }

    fn open(&mut self, stream: &str) {
        self.sent_at_ms += self.random.random_range(0..120);
        self.text.clear();
        self.put(format_args!("{{\"stream\":\"btcusdt@{stream}\",\"data\":"));
    }

    /// Levels until the text, closed, would be about `end_bytes` long; the first is the best of its side.
    fn side(&mut self, side: i64, end_bytes: usize) {
        self.put("[");
        // A quantity that no frame just before it had.
        let lots = self.update_id % 1_000_000 + 1;
        self.put("[\"");
        self.price(MIDDLE_TICKS + side);
        self.put("\",\"");
        self.lots(lots);
        self.put("\"]");
        let level_bytes = if self.product == Product::Spot { 32 } else { 21 };
        while self.text.len() + level_bytes / 2 + 4 < end_bytes {
            let distance = 2 + self.random.random_range(0..RANGE_TICKS);
            let stays = self.random.random_range(0..100) >= DELETED_PERCENT;
            self.level(",", MIDDLE_TICKS + side * distance, stays);
        }
        self.put("]");
    }

    fn level(&mut self, before: &str, ticks: i64, stays: bool) {
        self.put(format_args!("{before}[\""));
        self.price(ticks);
        self.put("\",\"");
        if stays {
            self.quantity();
        } else {
            self.put(if self.product == Product::Spot { "0.00000000" } else { "0.000" });
        }
        self.put("\"]");
    }

    fn price(&mut self, ticks: i64) {
        match self.product {
            Product::Spot => self.put(format_args!("{}.{:02}000000", ticks / 100 + 55_000, ticks % 100)),
            _ => self.put(format_args!("{}.{}0", ticks / 10, ticks % 10)),
        }
    }

    /// A quantity above zero: most are small, some are large.
    fn quantity(&mut self) {
        let magnitude = self.random.random_range(1..=6);
        let lots = self.random.random_range(1..10_u64.pow(magnitude));
        self.lots(lots);
    }

    fn lots(&mut self, lots: u64) {
        match self.product {
            Product::Spot => self.put(format_args!("{}.{:05}000", lots / 100_000, lots % 100_000)),
            _ => self.put(format_args!("{}.{:03}", lots / 1_000, lots % 1_000)),
        }
    }

    fn put(&mut self, part: impl Display) {
        write!(self.text, "{part}").expect("a string takes any text");
    }
}
