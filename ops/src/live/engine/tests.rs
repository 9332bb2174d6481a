//! Runs that cannot start, and runs that lose a part: nothing is left running, and everything is told.

use std::path::Path;
use std::time::Duration;

use fulmar_bus::channel::{Region, RingShape, create};
use fulmar_bus::record::{
    ChannelId, ClientOrderId, ExecutionReport, ExecutionType, Flags, Heading, OrderStatus, Record, RecordId,
    Side,
};
use fulmar_engine::runtime::{Actor, Doorbell, Inboxes, Wait, Work};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use super::*;
use crate::configuration::Variables;
use crate::live::{End, Held, Route, Signals, Silent, Watch};

/// The only one of these tests that runs now: one looks at the threads of this process.
async fn process() -> MutexGuard<'static, ()> {
    static PROCESS: Mutex<()> = Mutex::const_new(());
    PROCESS.lock().await
}

/// A placement with a core loop whose name no other test of this process has.
const PLACEMENT: &str = "[[core]]\nname = \"left-behind\"\nactors = [\"*\"]\n";

/// What a run on one venue at `stream_url` is made from, its files in `folder`.
fn launch(folder: &Path, stream_url: &str) -> (Launch, Loaded) {
    std::fs::write(folder.join("placement.toml"), PLACEMENT).expect("the folder takes a file");
    let text = format!(
        "[[venue]]\nname = \"binance-spot\"\ninstruments = [\"BTCUSDT\"]\nstream_url = \"{stream_url}\"\n\
         rest_url = \"http://127.0.0.1:1\"\n[placement]\nfile = \"placement.toml\"\n"
    );
    let source = crate::configuration::Source { file: folder.join("fulmar.toml"), text };
    let launch = Launch {
        sources: vec![source.into()],
        variables: Variables::new(),
        route: Route::None,
        keys: std::collections::BTreeMap::new(),
        epoch: 1,
        started_at_ns: 1,
        held: Held::default(),
    };
    let loaded = launch.load(&fulmar_strategies::Registry::default()).expect("the configuration is valid");
    (launch, loaded)
}

/// The names of this process's threads.
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the kernel lists threads");
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        // A thread may end between the list and the look.
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    tasks.filter_map(name).map(|name| name.trim().to_owned()).collect()
}

#[tokio::test]
async fn a_start_that_fails_after_its_cores_leaves_nothing_running() {
    let _process = process().await;
    let folder = tempfile::tempdir().expect("a folder");
    // A configuration takes this address; a link finds that no connection can ever be asked for it.
    let (launch, loaded) = launch(folder.path(), "wss://a<b");
    let journal = folder.path().join("journal");
    let started = LiveEngine::start(launch, &loaded, Some(&journal), (None, Seals::new())).await;
    assert!(started.is_err(), "the address is none");
    let left = threads();
    for name in ["left-behind", "recorder", "io"] {
        assert!(!left.iter().any(|thread| thread == name), "{name} still runs: {left:?}");
    }
}

/// An actor with a bug.
#[derive(Default)]
struct Buggy {
    inboxes: Inboxes,
}

impl Actor for Buggy {
    fn name(&self) -> &str {
        "buggy"
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, _now: UnixNanos) -> Work {
        panic!("a bug of this actor")
    }
}

/// A board of one order that stands.
fn board_of_one_order() -> OrderBoard {
    let shape = RingShape { slot_count: 1024, gate_count: 1 };
    let (mut writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(0));
    let board = OrderBoard::new(vec![ring.reader()]);
    let heading = Heading {
        instrument_id: InstrumentId(0),
        cause: RecordId::NONE,
        received_at: UnixNanos(1),
        flags: Flags::NONE,
    };
    let (execution, status) = (ExecutionType::Submitted, OrderStatus::Submitted);
    let mut record = Record::new();
    record.write(heading, &ExecutionReport::new(ClientOrderId::default(), Side::Buy, execution, status));
    writer.publish(&mut record).expect("nobody holds the writer up");
    board
}

#[tokio::test]
async fn a_run_that_lost_the_core_of_its_gate_waits_for_no_cancel_and_tells_of_the_panic() {
    let _process = process().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (launch, loaded) = launch(folder.path(), "ws://127.0.0.1:1");
    let mut engine = LiveEngine::start(launch, &loaded, None, (None, Seals::new())).await.expect("it starts");
    let seats = vec![Seat { number: 0, rank: 0, actor: Box::new(Buggy::default()) }];
    let (name, bell) = ("gate".to_owned(), Doorbell::new());
    let core = CoreLoop { name, cpu: None, wait: Wait::Park, bell, seats, notes: None };
    engine.threads.start_core(core).expect("the system gives a thread");
    engine.order_cores = BTreeSet::from([1]);
    let mut watch = Watch::new(&engine);
    watch.orders = board_of_one_order();

    let mut signals = Signals::catch().expect("signals can be caught");
    assert_eq!(watch.until_end(&mut engine, &mut signals, None, &mut Silent).await, End::LostCore);
    let canceled = timeout(Duration::ZERO, watch.cancel_all(&mut engine)).await;
    assert!(canceled.is_ok(), "nobody is left to cancel: there is nothing to wait for");
    assert_eq!(watch.orders.open_count(), 1);
    let stopped = engine.stop().await;
    assert_eq!(stopped.failures, ["core loop \"gate\" ended in a panic: a bug of this actor"]);
}
