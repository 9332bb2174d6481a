//! Runs that cannot start, and runs that lose a part: nothing is left running, and everything is told.

use super::*;
use crate::configuration::{Loaded, Variables};

/// A placement with a core loop whose name no other test of this process has.
const PLACEMENT: &str = "[[core]]\nname = \"left-behind\"\nactors = [\"*\"]\n";

/// What a run on one venue at `stream_url` is made from, its files in `folder`.
fn launch(folder: &std::path::Path, stream_url: &str) -> (Launch, Loaded) {
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
        api_key: String::new(),
        epoch: 1,
        started_at_ns: 1,
    };
    let loaded = launch.load().expect("the configuration is valid");
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
    let folder = tempfile::tempdir().expect("a folder");
    // A configuration takes this address; a link finds that no connection can ever be asked for it.
    let (launch, loaded) = launch(folder.path(), "wss://a<b");
    let journal = folder.path().join("journal");
    let started = LiveEngine::start(launch, &loaded, Some(&journal), None).await;
    assert!(started.is_err(), "the address is none");
    let left = threads();
    for name in ["left-behind", "recorder", "io"] {
        assert!(!left.iter().any(|thread| thread == name), "{name} still runs: {left:?}");
    }
}
