//! What a process takes of the machine, as the system tells it: processor time and memory.

use std::fs;
use std::os::fd::AsFd as _;

use fulmar_bus::attach::Peer;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::param::clock_ticks_per_second;

/// What a process took so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time, its own and the system's for it.
    pub cpu_ms: u64,
    /// The most memory that it had at a time.
    pub memory_bytes_max: u64,
}

impl Usage {
    /// That of a process that lives; `None` of one that does not, whose number may be another's by now.
    pub fn of(peer: &Peer) -> Option<Usage> {
        let file = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", peer.pid)).ok();
        let (stat, status) = (file("stat")?, file("status")?);
        // Asked behind the reading: whoever lives now had the number all the time.
        if is_dead(peer) { None } else { Usage::read(&stat, &status, clock_ticks_per_second()) }
    }

    /// That of two processes, one after the other.
    pub fn and(self, other: Usage) -> Usage {
        Usage {
            cpu_ms: self.cpu_ms + other.cpu_ms,
            memory_bytes_max: self.memory_bytes_max.max(other.memory_bytes_max),
        }
    }

    fn read(stat: &str, status: &str, ticks_per_second: u64) -> Option<Usage> {
        // The program's own name comes first, between parentheses, and may hold anything.
        let (_, behind_name) = stat.rsplit_once(')')?;
        let mut times = behind_name.split_whitespace().skip(11);
        let mut time = || times.next()?.parse::<u64>().ok();
        let ticks = time()?.saturating_add(time()?);
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let peak_kib: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
        let cpu_ms = ticks.saturating_mul(1_000).checked_div(ticks_per_second)?;
        Some(Usage { cpu_ms, memory_bytes_max: peak_kib * 1_024 })
    }
}

/// True once the process is gone, whoever has its number now.
pub fn is_dead(peer: &Peer) -> bool {
    let mut process = [PollFd::from_borrowed_fd(peer.pidfd.as_fd(), PollFlags::IN)];
    poll(&mut process, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "7 (a ) b) S 1 7 7 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 3 0 99 1000 200 18446744";

    #[test]
    fn times_and_peak_are_found_whatever_the_program_is_called() {
        let status = "Name:\ta\nVmPeak:\t   9000 kB\nVmHWM:\t   1536 kB\nVmRSS:\t    800 kB\n";
        let usage = Usage { cpu_ms: 1_750, memory_bytes_max: 1_536 * 1_024 };
        assert_eq!(Usage::read(STAT, status, 100), Some(usage));
        assert_eq!(Usage::read(STAT, "Name:\ta\n", 100), None, "one that is ending has no memory");
        assert_eq!(Usage::read("7 (a) S 1", status, 100), None);
        let other = Usage { cpu_ms: 250, memory_bytes_max: 9 };
        assert_eq!(usage.and(other), Usage { cpu_ms: 2_000, ..usage });
    }

    #[test]
    fn a_process_is_read_while_it_lives_and_never_behind_its_end() {
        let mut child = std::process::Command::new("/bin/cat").stdin(std::process::Stdio::piped()).spawn();
        let child = child.as_mut().expect("the system has it");
        let pid = rustix::process::Pid::from_child(child);
        let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty());
        let pidfd = pidfd.expect("it is our child");
        let peer = Peer { pid: child.id(), uid: 0, gid: 0, pidfd };
        assert!(Usage::of(&peer).is_some() && !is_dead(&peer));
        drop(child.stdin.take());
        // It is not waited for before it was asked: its number is still its own, and it is gone all the same.
        let ended = [PollFd::from_borrowed_fd(peer.pidfd.as_fd(), PollFlags::IN)];
        assert_eq!(poll(&mut { ended }, None), Ok(1));
        assert!(is_dead(&peer) && Usage::of(&peer).is_none());
        child.wait().expect("it ended");
    }
}
