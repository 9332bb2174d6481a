//! A program that runs beside the test: started, watched line by line, signaled, and never left behind.
//!
//! Every wait is for something that the program says or does, and ends in a failure that shows what it said. Nothing
//! here knows what a test is about.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

/// How long a test waits for one thing before it fails: far longer than a busy machine needs.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The only one of these tests that runs now: each starts engines, and an engine owns its cores.
pub fn machine() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often something is repeated: `usually`, or so often as a full campaign wants.
pub fn rounds(usually: u64, in_full: u64) -> u64 {
    match std::env::var("FULMAR_CAMPAIGN") {
        Ok(campaign) if campaign == "full" => in_full,
        _ => usually,
    }
}

/// A running program. Dropping it kills it.
pub struct Program {
    child: Child,
    output: Lines,
    told: Lines,
}

/// A program that came to its end.
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote on standard output.
    pub output: String,
    /// What it wrote on standard error.
    pub told: String,
}

/// What a program writes on one stream.
struct Lines {
    coming: Receiver<String>,
    taken: String,
}

impl Program {
    /// Starts `fulmar` with these arguments and nothing of this process's environment.
    pub fn fulmar(arguments: &[impl AsRef<std::ffi::OsStr>]) -> Self {
        Self::start(Command::new(env!("CARGO_BIN_EXE_fulmar")).args(arguments).env_clear())
    }

    /// The same with these variables.
    pub fn fulmar_with(arguments: &[impl AsRef<std::ffi::OsStr>], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fulmar"));
        Self::start(command.args(arguments).env_clear().envs(variables.iter().copied()))
    }

    /// The same, leading a process group of its own, as a shell starts it from a terminal: it hears of the terminal's
    /// end also where these tests were started so that they do not.
    pub fn leading_a_group(arguments: &[impl AsRef<std::ffi::OsStr>]) -> Self {
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_fulmar")]);
        Self::start(command.args(arguments).env_clear().process_group(0))
    }

    /// Starts a command.
    pub fn start(command: &mut Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program was built with this test");
        let output = Lines::of(child.stdout.take().expect("it is piped"));
        let told = Lines::of(child.stderr.take().expect("it is piped"));
        Program { child, output, told }
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits until it writes a line on standard output.
    pub fn output_line(&mut self) -> String {
        self.output.until(|_| true)
    }

    /// Waits until it writes a line on standard output that contains these words.
    pub fn said_line(&mut self, words: &str) -> String {
        self.output.until(|line| line.contains(words))
    }

    /// Writes an empty line to its standard input.
    pub fn ask(&mut self) {
        let input = self.child.stdin.as_mut().expect("it is piped");
        input.write_all(b"\n").expect("it reads");
    }

    /// Waits until it writes a line on standard error that contains all of `words`.
    pub fn told_line(&mut self, words: &[&str]) -> String {
        self.told.until(|line| words.iter().all(|word| line.contains(word)))
    }

    /// As [`Program::told_line`]; says how long that took.
    pub fn told_line_after(&mut self, words: &[&str]) -> (String, Duration) {
        let began = now();
        (self.told_line(words), now().saturating_duration_since(began))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Sends a signal to all of the group that it leads, as a terminal does for Ctrl-C.
    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(self.pid(), signal).expect("it leads a group");
    }

    /// Closes its input and waits until it ends by itself.
    pub fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let (output, told) = (self.output.rest(), self.told.rest());
        let status = self.child.wait().expect("it is a child of this process");
        Ended { status, output, told }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail where it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The report that a program left which ended well: one JSON document and nothing else on standard output.
    pub fn report(&self) -> Value {
        self.report_with(0)
    }

    /// The report of a program that ended with this exit code.
    pub fn report_with(&self, code: i32) -> Value {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.output, self.told);
        serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("{error}: {}", self.output))
    }
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, coming) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Lines { coming, taken: String::new() }
    }

    /// The next line, should it come before `deadline`; `None` at the end.
    fn next(&mut self, deadline: Instant) -> Option<String> {
        match self.coming.recv_timeout(deadline.saturating_duration_since(now())) {
            Ok(line) => {
                self.taken.push_str(&line);
                self.taken.push('\n');
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("waited for {PATIENCE:?} in vain: {}", self.taken),
        }
    }

    fn until(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = now() + PATIENCE;
        loop {
            let line = self.next(deadline);
            let line =
                line.unwrap_or_else(|| panic!("it ended without the line that was awaited: {}", self.taken));
            if is_it(&line) {
                return line;
            }
        }
    }

    fn rest(&mut self) -> String {
        let deadline = now() + PATIENCE;
        while self.next(deadline).is_some() {}
        std::mem::take(&mut self.taken)
    }
}

/// This moment.
#[expect(clippy::disallowed_methods, reason = "a test that waits for another process gives up some time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The simulated venue in a process of its own, and where it listens.
pub fn simulated_venue() -> (Program, SocketAddr) {
    simulated_venue_of(&[])
}

/// The same, with these arguments more.
pub fn simulated_venue_of(more: &[&str]) -> (Program, SocketAddr) {
    let usual = ["simulated-venue", "--port", "0", "--until-input-ends", "--format", "json"];
    let mut venue = Program::fulmar(&[&usual, more].concat());
    let listening: Value = serde_json::from_str(&venue.output_line()).expect("a line of JSON");
    let address = listening["address"].as_str().expect("the address is a text");
    (venue, address.parse().expect("an address"))
}

/// Replays a journal, and gives what became of it.
pub fn replay(journal: &Path) -> Value {
    let journal = journal.to_str().expect("a path of ours is UTF-8");
    let report = Program::fulmar(&["replay", journal, "--format", "json"]).end().report();
    report["journals"][0].clone()
}
