//! The signals of a run: SIGINT, SIGTERM and SIGHUP end it, all cleanly; SIGUSR1 halts it.

use std::fs;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// An end; and the name of the signal.
    End(&'static str),
    /// That nothing more is traded.
    Halt,
}

/// Waits for somebody to want something.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    halt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Catches the signals from now on. Call it within a tokio runtime. A hangup that the process was started to ignore
    /// stays ignored, so that `nohup` means what it says.
    ///
    /// # Errors
    /// What the system says.
    pub fn catch() -> io::Result<Self> {
        let hangup = SignalKind::hangup();
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            halt: signal(SignalKind::user_defined1())?,
            hangup: if is_ignored(hangup) { None } else { Some(signal(hangup)?) },
        })
    }

    /// Returns what the first signal that comes wants.
    pub async fn wait(&mut self) -> Wish {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // One that came together with an end outlives it.
            biased;
            _ = self.halt.recv() => Wish::Halt,
            _ = self.interrupt.recv() => Wish::End("SIGINT"),
            _ = self.terminate.recv() => Wish::End("SIGTERM"),
            _ = hangup => Wish::End("SIGHUP"),
        }
    }
}

/// True where this process ignores the signal, as the kernel tells it: in a mask, signal one the lowest bit.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}
