//! Configurations of these tests, on disk where the program reads them.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rustix::thread::{CpuSet, sched_getaffinity};

/// A folder with a configuration. It is removed with everything that the program wrote into it.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// A quoter on paper on BTCUSDT of each of these venues, which listen on loopback; `more` stands at the end.
    pub fn new(venues: &[(&str, SocketAddr)], more: &str) -> Self {
        let desk = Desk { folder: tempfile::tempdir().expect("a folder") };
        let state = desk.file("state");
        let mut text = format!("[engine]\nname = \"system\"\nstate_directory = \"{}\"\n", state.display());
        for (name, address) in venues {
            let rest = format!("[[venue]]\nname = \"{name}\"\ninstruments = [\"BTCUSDT\"]\n");
            write!(text, "{rest}stream_url = \"ws://{address}\"\nrest_url = \"http://{address}\"\n")
                .expect("a String takes all text");
            text.push_str(
                "reconnect = { attempts_per_minute = 3, backoff_min_ms = 10, backoff_max_ms = 10 }\n",
            );
        }
        let instruments: Vec<String> = venues.iter().map(|(name, _)| format!("\"{name}:BTCUSDT\"")).collect();
        let instruments = instruments.join(", ");
        text.push_str("[[strategy]]\nname = \"quoter\"\nkind = \"quoter\"\n");
        text.push_str("parameters = { quantity = \"0.01\", half_spread_ticks = 5 }\n");
        writeln!(text, "instruments = [{instruments}]").expect("a String takes all text");
        text.push_str("[risk]\norder_quantity_max = \"0.05\"\norder_notional_max = \"5000\"\n");
        text.push_str("position_max = \"0.25\"\nmessages_per_second = 500\n");
        text.push_str(more);
        std::fs::write(desk.file("fulmar.toml"), text).expect("the folder takes a file");
        desk
    }

    /// The same with a placement file.
    pub fn placed(venues: &[(&str, SocketAddr)], placement: &str) -> Self {
        let desk = Self::new(venues, "[placement]\nfile = \"placement.toml\"\n");
        std::fs::write(desk.file("placement.toml"), placement).expect("the folder takes a file");
        desk
    }

    /// Market data alone, of the venues of these tables, on one core loop that sleeps when it has no work.
    pub fn of(venues: &str) -> Self {
        let desk = Desk { folder: tempfile::tempdir().expect("a folder") };
        let state = desk.file("state");
        let head = format!("[engine]\nmode = \"paper\"\nstate_directory = \"{}\"\n", state.display());
        let placement = "[placement]\nfile = \"placement.toml\"\n";
        let core = "[[core]]\nname = \"all\"\nwait = \"park\"\nactors = [\"*\"]\n";
        std::fs::write(desk.file("fulmar.toml"), [&head, venues, placement].concat()).expect("a file");
        std::fs::write(desk.file("placement.toml"), core).expect("a file");
        desk
    }

    /// Adds this to the configuration.
    pub fn add(&self, more: &str) {
        let file = self.file("fulmar.toml");
        let text = std::fs::read_to_string(&file).expect("it was written") + more;
        std::fs::write(&file, text).expect("the folder takes a file");
    }

    /// Where a file of this name lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `arguments` of `fulmar`, with the configuration and with reports as JSON.
    pub fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<String> {
        let configuration = text(&self.file("fulmar.toml")).to_owned();
        let more = ["--config", &configuration, "--format", "json"];
        arguments.iter().chain(&more).map(|argument| (*argument).to_owned()).collect()
    }
}

/// A path of ours.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("it is UTF-8")
}

/// The processors that this process may use, in ascending order.
pub fn allowed_cpus() -> Vec<usize> {
    let set = sched_getaffinity(None).expect("every thread has a mask");
    (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
}
