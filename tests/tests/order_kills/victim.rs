//! The process that is killed: a real engine with a journal, whose time, frames and wishes come line by line on its
//! standard input, and whose requests leave, when it is told to carry them, line by line on its standard error.
//!
//! An order is in a mapped file as soon as the line that wants it is done, and outside only after the line that carries
//! it. So a kill between the two is a kill between writing ahead and sending.

use std::env;
use std::fmt::Arguments;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use fulmar::live::next_boot;
use fulmar_adapters::transport::LinkEnds;
use fulmar_bus::channel::Reader;
use fulmar_bus::record::{
    BalanceStatement, ExecutionReport, FrameSource, Nanos, Notional, RequestKind, Side, Timer, UnixNanos,
};
use fulmar_engine::contract::{Context, Event, NewOrder, Strategy};
use fulmar_engine::market::decimal::format_scaled;
use fulmar_engine::runtime::{FrameHead, Player, counters};
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_strategies::sdk::{Price, Quantity};
use fulmar_tests::order_desk::{BTC, LOT, MIDDLE, OrderDesk, TICK};
use fulmar_tests::stage::drain;

/// Where the engine keeps its state; its presence makes a test the process that is killed.
pub const STATE: &str = "FULMAR_VICTIM_STATE";
/// Who trades at the venue.
pub const CREDENTIALS: (&str, &str) = ("kills", "a-secret-that-nobody-else-has");
/// What stands for the end of a line within one.
pub const LINE_END: char = '\u{1}';
/// Smallest wait of the strategy.
pub const TICK_TIME: Nanos = Nanos::from_millis(1);

/// A strategy that submits what it is handed, and says how it is called.
struct Clerk {
    wanted: Receiver<NewOrder>,
}

impl Strategy for Clerk {
    fn on_start(&mut self, context: &mut Context<'_>) {
        context.set_timer(0, context.now() + TICK_TIME);
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _: Event<'_, Timer>) {
        for order in self.wanted.try_iter() {
            let id = context.submit(BTC, order).expect("it is traded");
            say(format_args!("submitted {id}"));
        }
        context.set_timer(0, context.now() + TICK_TIME);
    }
}

struct Victim {
    player: Player,
    ends: LinkEnds,
    gateway: Reader,
}

/// Becomes the victim where the environment says so; then this never returns.
pub fn become_one() {
    let Some(state) = env::var_os(STATE) else { return };
    serve(Path::new(&state));
    std::process::exit(0);
}

fn say(what: Arguments<'_>) {
    io::stderr().write_all(format!("{what}\n").as_bytes()).expect("somebody listens");
}

fn serve(state: &Path) {
    let boot = next_boot(state).expect("the state is ours");
    let (wishes, wanted) = channel();
    let risk = RiskSettings {
        order_quantity_max: "1".to_owned(),
        order_notional_max: "100000".to_owned(),
        position_max: "100".to_owned(),
        open_orders_max: 100,
        messages_per_second: 100,
        stale_after: Nanos::from_secs(1_000_000),
        guards: GuardSettings::default(),
    };
    let directory = state.join(format!("boot-{}", boot.epoch));
    // The recorder makes it; here nothing is copied out of the files that are written ahead.
    fs::create_dir_all(directory.join("rings")).expect("the state is ours");
    let desk = OrderDesk {
        strategies: vec![Box::new(Clerk { wanted })],
        epoch: boot.epoch,
        journal_directory: Some(directory),
        ..OrderDesk::new(risk, CREDENTIALS)
    };
    let (assembly, player, border) = desk.open();
    let gateway = assembly.channels().find(|(channel, _)| channel.name.starts_with("gateway."));
    let gateway = gateway.expect("orders leave through one").1.reader();
    let mut victim = Victim { player, ends: border.ends, gateway };
    say(format_args!("boot {}", boot.epoch));
    for line in io::stdin().lock().lines() {
        let line = line.expect("text");
        let (word, rest) = line.split_once(' ').expect("a word, and a moment");
        let (now, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let now = UnixNanos(now.parse().expect("a moment"));
        match word {
            "frame" => victim.take_frame(now, rest),
            "want" => {
                wishes.send(order(rest)).expect("the strategy listens");
                victim.player.advance(now);
            }
            "pass" => victim.player.advance(now),
            "carry" => victim.carry(),
            "stop" => return victim.stop(now),
            _ => panic!("nobody says {word}"),
        }
        victim.tell();
        say(format_args!("done"));
    }
}

/// One that rests for ever, or one that trades at once.
fn order(which: &str) -> NewOrder {
    let quantity = Quantity(LOT * 2_000);
    match which {
        "resting" => NewOrder::limit(Side::Buy, Price(MIDDLE - 20_000 * TICK), quantity).post_only(),
        "trading" => NewOrder::limit(Side::Buy, Price(MIDDLE + 2_000 * TICK), quantity),
        _ => panic!("nobody wants {which}"),
    }
}

impl Victim {
    fn take_frame(&mut self, now: UnixNanos, rest: &str) {
        let (source, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let (source, status) = match source {
            "opened" => (FrameSource::Opened, 0),
            "http" => (FrameSource::Http, 200),
            _ => (FrameSource::Message, 0),
        };
        let text = text.replace(LINE_END, "\n");
        let head = FrameHead { source, connection: 0, status, received_at: now };
        let mut end = 0;
        loop {
            end = self.ends.frames.write_part(head, text.as_bytes(), end).expect("each frame is drained");
            if end == text.len() {
                break;
            }
        }
        self.player.settle(now);
    }

    /// What the engine wants to leave leaves.
    fn carry(&mut self) {
        while let Some((request, bytes)) = self.ends.requests.poll().expect("requests") {
            let text = std::str::from_utf8(bytes).expect("text");
            let way = if request.kind == RequestKind::HttpGet { "http" } else { "send" };
            say(format_args!("{way} {text}"));
        }
    }

    /// What the session told of orders and of the account.
    fn tell(&mut self) {
        for record in drain(&mut self.gateway) {
            if let Ok(report) = record.read::<ExecutionReport>() {
                say(format_args!("told {} {:?}", report.client_order_id, report.status));
            } else if let Ok(told) = record.read::<BalanceStatement>() {
                let total = Notional::from(told.free).0 + Notional::from(told.locked).0;
                say(format_args!("has {} {}", told.asset, format_scaled(total, BalanceStatement::SCALE)));
            }
        }
    }

    fn stop(self, now: UnixNanos) {
        for (name, count) in counters(&self.player.stop(now)) {
            say(format_args!("counted {name} {count}"));
        }
        say(format_args!("done"));
    }
}
