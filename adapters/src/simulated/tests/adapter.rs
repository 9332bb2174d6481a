//! The adapter for the real venue, over real sockets: it cannot tell.

use std::collections::BTreeMap;

use fulmar_bus::record::{
    Bar, FrameSource, Funding, InstrumentDefinition, InstrumentId, InstrumentStatus, Level, MarkPrice, Nanos,
    Price, Quantity, RequestKind, SyncChange, SyncState, TopOfBook, Trade, UnixNanos,
};
use fulmar_engine::contract::{InboundFrame, MarketSession, MarketSink, Update};
use fulmar_engine::market::decimal::parse;
use reqwest::Method;
use serde_json::Value;

use super::client::{STARTED_AT, Served};
use crate::binance::{Binance, BinanceConfig, Product};
use crate::session::{InstrumentConfig, MarketData};
use crate::simulated::SimulatedVenueConfig;

/// What the adapter told.
#[derive(Default)]
struct Told {
    definition: Option<InstrumentDefinition>,
    sides: [BTreeMap<Price, Quantity>; 2],
    update_id: u64,
    sync: Option<SyncChange>,
    trade_count: u64,
    top: Option<TopOfBook>,
    unlisted: Vec<(InstrumentId, String)>,
    requests: Vec<String>,
    marks: u64,
}

impl Told {
    fn apply(&mut self, update: Update<'_>) {
        self.update_id = update.update_id;
        for (side, levels) in self.sides.iter_mut().zip([update.bids, update.asks]) {
            for Level { price, quantity } in levels {
                match quantity.0 {
                    0 => side.remove(price),
                    _ => side.insert(*price, *quantity),
                };
            }
        }
    }
}

impl MarketSink for Told {
    fn definition(&mut self, _: InstrumentId, definition: &InstrumentDefinition) {
        self.definition = Some(*definition);
    }

    fn status(&mut self, instrument_id: InstrumentId, status: &InstrumentStatus) {
        self.unlisted.push((instrument_id, status.text.to_string()));
    }

    fn trade(&mut self, _: InstrumentId, _: &Trade) {
        self.trade_count += 1;
    }

    fn top(&mut self, _: InstrumentId, top: &TopOfBook) {
        self.top = Some(*top);
    }

    fn funding(&mut self, _: InstrumentId, funding: &Funding) {
        assert_ne!(funding.rate.0, 0, "{funding:?}");
    }

    fn mark_price(&mut self, _: InstrumentId, mark: &MarkPrice) {
        assert_eq!(mark.mark, mark.index, "one book is all the index there is");
        self.marks += 1;
    }

    fn bar(&mut self, _: InstrumentId, _: &Bar) {
        panic!("the simulated venue makes no bars");
    }

    fn snapshot(&mut self, _: InstrumentId, update: Update<'_>) {
        self.sides = Default::default();
        self.apply(update);
    }

    fn levels(&mut self, _: InstrumentId, update: Update<'_>) {
        self.apply(update);
    }

    fn sync(&mut self, _: InstrumentId, change: &SyncChange) {
        self.sync = Some(*change);
    }

    fn request(&mut self, _: u8, kind: RequestKind, _: Nanos, bytes: &[u8]) {
        assert_eq!(kind, RequestKind::HttpGet, "addresses hold all streams of one symbol");
        self.requests.push(String::from_utf8(bytes.to_vec()).expect("a path is text"));
    }
}

/// The adapter, what it told, and its time, which moves a millisecond with each frame.
struct Driven {
    session: MarketData,
    told: Told,
    now: UnixNanos,
}

impl Driven {
    fn frame(&mut self, source: FrameSource, (connection, status): (u8, u16), text: String) {
        self.now = self.now + Nanos::from_millis(1);
        let mut bytes = text.into_bytes();
        let frame = InboundFrame { source, connection, status, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.told);
        if self.session.due_at().is_some_and(|due_at| due_at <= self.now) {
            self.session.on_time(self.now, &mut self.told);
        }
    }

    /// Fetches what the adapter asked for.
    async fn fetch(&mut self, venue: &Served) {
        for path in std::mem::take(&mut self.told.requests) {
            let (status, body, _) = venue.http(Method::GET, &path).await;
            self.frame(FrameSource::Http, (0, status), format!("{path}\n{body}"));
        }
    }

    fn is_live(&self) -> bool {
        self.told.sync.is_some_and(|change| change.state == SyncState::Live)
    }
}

#[tokio::test]
async fn the_adapter_for_the_real_venue_ends_with_this_ones_book() {
    ends_with_the_book(Product::Spot, SimulatedVenueConfig::new(STARTED_AT)).await;
}

#[tokio::test]
async fn the_adapter_for_real_futures_ends_with_this_ones_book() {
    ends_with_the_book(Product::UsdMargined, SimulatedVenueConfig::usd_margined(STARTED_AT)).await;
}

async fn ends_with_the_book(product: Product, venue: SimulatedVenueConfig) {
    let venue = Served::start(SimulatedVenueConfig { seed: 4, ..venue }).await;
    let mut config = BinanceConfig::production(product);
    config.stream_url = format!("ws://{}", venue.address);
    config.instruments = vec![
        InstrumentConfig::new("BTCUSDT", InstrumentId(0)),
        InstrumentConfig::new("NOSUCH", InstrumentId(1)),
    ];
    let session = Binance::market_data(&config);
    let urls: Vec<String> = session.connections().into_iter().map(|connection| connection.url).collect();
    let mut driven = Driven { session, told: Told::default(), now: STARTED_AT };

    driven.session.on_start(driven.now, &mut driven.told);
    driven.fetch(&venue).await;
    let mut streams = Vec::new();
    for (index, url) in (0..).zip(&urls) {
        let path = url.strip_prefix(&config.stream_url).expect("the address is the venue's");
        streams.push((index, venue.connect(path).await));
        driven.frame(FrameSource::Opened, (index, 0), url.clone());
    }
    let is_marked = product == Product::UsdMargined;
    while !driven.is_live() || driven.told.trade_count < 50 || is_marked && driven.told.marks == 0 {
        for (index, stream) in &mut streams {
            driven.fetch(&venue).await;
            let text = stream.next_text().await.expect("the connection stands");
            driven.frame(FrameSource::Message, (*index, 0), text);
        }
    }
    let end = venue.pause().await;
    while driven.told.update_id != end {
        let text = streams[0].1.next_text().await.expect("the connection stands");
        driven.frame(FrameSource::Message, (0, 0), text);
    }

    let told = &driven.told;
    let words = match product {
        Product::Spot => "Invalid symbol.",
        _ => "its list of instruments does not have it",
    };
    assert_eq!(told.unlisted, [(InstrumentId(1), words.to_owned())]);
    let sync = told.sync.expect("it is live");
    assert_eq!((sync.state, sync.gap_count, sync.resync_count), (SyncState::Live, 0, 0));
    assert_eq!(driven.session.counters().decode_error_count(), 0, "{:?}", driven.session.counters());
    let definition = told.definition.expect("the venue defined it");
    assert_eq!(
        (definition.is_inferred, definition.base.as_str(), definition.quote.as_str()),
        (0, "BTC", "USDT")
    );

    assert_eq!(told.marks > 0, is_marked);
    let truth = venue.get(&format!("{}/depth?symbol=BTCUSDT&limit=1000", product.rest_path())).await;
    let scales = (definition.price_scale, definition.quantity_scale);
    for (side, name) in told.sides.iter().zip(["bids", "asks"]) {
        let number = |value: &Value, scale| parse(value.as_str().expect("text").as_bytes(), scale);
        let levels = truth[name].as_array().expect("levels").iter().map(|level| {
            let price = number(&level[0], scales.0).expect("a price at the definition's scale");
            (
                Price(price),
                Quantity(number(&level[1], scales.1).expect("a quantity at the definition's scale")),
            )
        });
        assert_eq!(*side, levels.collect(), "{name}");
    }
    let top = told.top.expect("the best prices were told");
    let best = (told.sides[0].last_key_value(), told.sides[1].first_key_value());
    assert_eq!(best.0, Some((&top.bid.price, &top.bid.quantity)));
    assert_eq!(best.1, Some((&top.ask.price, &top.ask.quantity)));
    venue.stop().await;
}
