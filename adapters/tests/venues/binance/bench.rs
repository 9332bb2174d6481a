//! A market data session, its sink, and a clock that is moved by hand.

use fulmar_adapters::binance::{Binance, BinanceConfig, Product};
use fulmar_adapters::session::{InstrumentConfig, MarketData};
use fulmar_bus::record::{FrameSource, InstrumentId, Nanos, SyncReason, SyncState, UnixNanos};
use fulmar_engine::contract::{DecodeError, InboundFrame, MarketSession as _};

use super::writer::{Pairs, Writer};
use crate::keeper::Keeper;

pub const BTC: InstrumentId = InstrumentId(0);
pub const ETH: InstrumentId = InstrumentId(1);
pub const BIDS: Pairs = &[("100.50", "1.000"), ("100.25", "2.000")];
pub const ASKS: Pairs = &[("101.00", "3.000")];
pub const NOTHING: Pairs = &[];

/// A session, its sink and a clock that is moved by hand.
pub struct Bench {
    pub session: MarketData,
    pub keeper: Keeper,
    pub now: UnixNanos,
    pub write: Writer,
}

impl Bench {
    pub fn new(product: Product) -> Self {
        let mut config = BinanceConfig::production(product);
        config.instruments =
            vec![InstrumentConfig::new("BTCUSDT", BTC), InstrumentConfig::new("ETHUSDT", ETH)];
        Self::with(&config)
    }

    pub fn with(config: &BinanceConfig) -> Self {
        let mut bench = Bench {
            session: Binance::market_data(config),
            keeper: Keeper::default(),
            now: UnixNanos::from_millis(1_000_000),
            write: Writer(config.product),
        };
        bench.session.on_start(bench.now, &mut bench.keeper);
        bench.feed(FrameSource::Opened, 0, 0, b"wss://");
        bench
    }

    /// Both books live at 100, nothing in the request log.
    pub fn live(product: Product) -> Self {
        let mut bench = Bench::new(product);
        for symbol in ["BTCUSDT", "ETHUSDT"] {
            bench.answer(&bench.write.snapshot(symbol, 99, BIDS, ASKS));
            bench.message(&bench.write.depth(symbol, [100, 100, 99], NOTHING, NOTHING));
        }
        assert_eq!((bench.state(BTC), bench.state(ETH)), (SyncState::Live, SyncState::Live));
        bench.keeper.requests.clear();
        bench
    }

    pub fn feed(&mut self, source: FrameSource, connection: u8, status: u16, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let frame = InboundFrame { source, connection, status, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.keeper);
    }

    pub fn message(&mut self, text: &str) {
        self.feed(FrameSource::Message, 0, 0, text.as_bytes());
    }

    pub fn answer(&mut self, text: &str) {
        self.feed(FrameSource::Http, 0, 200, text.as_bytes());
    }

    /// Lets time pass, serving the session whenever it asks to be.
    pub fn pass(&mut self, duration: Nanos) {
        let end = self.now + duration;
        while let Some(due_at) = self.session.due_at().filter(|due_at| *due_at <= end) {
            self.now = self.now.max(due_at);
            self.session.on_time(self.now, &mut self.keeper);
            assert!(self.session.due_at() > Some(due_at), "what is due once is not due at once again");
        }
        self.now = end;
    }

    pub fn state(&self, instrument_id: InstrumentId) -> SyncState {
        self.keeper.instruments[&instrument_id].state.expect("a state").state
    }

    pub fn reason(&self, instrument_id: InstrumentId) -> SyncReason {
        self.keeper.instruments[&instrument_id].state.expect("a state").reason
    }

    /// Paths asked for since the last call.
    pub fn asked(&mut self) -> Vec<String> {
        self.keeper.requests.drain(..).map(|(_, _, text)| text).collect()
    }

    pub fn errors(&self, error: DecodeError) -> u64 {
        self.session.counters().decode_errors[error as usize]
    }
}
