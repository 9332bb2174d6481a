//! The machine that figures were taken on: a latency without it is a number without a unit.

use std::fmt;
use std::fs;

use serde::Serialize;

use super::measure::Cores;

/// What of the machine decides latencies, as far as it can be read.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's model.
    pub cpu: String,
    /// The cores that this process may use.
    pub allowed_cpus: Vec<usize>,
    /// The cores that the bench runs on: the one that measures, then the one that answers.
    pub used_cpus: Vec<usize>,
    /// The kernel's release.
    pub kernel: String,
    /// Where the kernel takes its time from.
    pub clock_source: Option<String>,
    /// How the measuring core chooses its frequency; none where the host decides.
    pub governor: Option<String>,
    /// How this program was built.
    pub profile: &'static str,
}

impl Machine {
    /// This machine.
    pub fn read(cores: &Cores) -> Self {
        let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu_info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let measuring = cores.measuring.unwrap_or_default();
        Machine {
            cpu: model.map_or_else(|| "unknown".to_owned(), |(_, model)| model.to_owned()),
            allowed_cpus: cores.allowed.clone(),
            used_cpus: [cores.measuring, cores.answering].into_iter().flatten().collect(),
            kernel: told("/proc/sys/kernel/osrelease").unwrap_or_else(|| "unknown".to_owned()),
            clock_source: told("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            governor: told(&format!("/sys/devices/system/cpu/cpu{measuring}/cpufreq/scaling_governor")),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cpu, allowed_cpus, used_cpus, kernel, profile, .. } = self;
        let clock = self.clock_source.as_deref().unwrap_or("unknown");
        let governor = self.governor.as_deref().unwrap_or("not told");
        write!(
            out,
            "{cpu}, cpus {used_cpus:?} of {allowed_cpus:?}, Linux {kernel}, clock {clock}, governor {governor}, \
             {profile} build"
        )
    }
}

/// The one line of a file that the kernel writes.
fn told(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}
