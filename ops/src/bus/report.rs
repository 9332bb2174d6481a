//! What the processes of one strategy did and took, for the end of a run.

use fulmar_engine::runtime::{LineFigures, LineStatus};
use serde::Serialize;

use super::usage::Usage;

/// What is kept of one strategy's processes.
pub struct Logbook {
    name: String,
    status: LineStatus,
    /// Of those that went; `None` until one was seen.
    usage: Option<Usage>,
}

/// The processes of one strategy, in a run's report.
#[derive(Clone, Debug, Serialize)]
pub struct AttachedReport {
    /// The strategy.
    pub name: String,
    /// How often a process attached.
    pub lines: u64,
    /// Orders, changes and cancels that the gate was given.
    pub commands: u64,
    /// Those of them that were orders.
    pub orders: u64,
    /// Wishes that made no sense.
    pub misuses: u64,
    /// Lines that were ended for misuse, or for damage.
    pub quarantines: u64,
    /// Events that found no room.
    pub events_lost: u64,
    /// The most events that a process had not read at a time.
    pub lag_events_max: u64,
    /// How the last line ended; nothing where a process was there to the end, or none came.
    pub ended_by: Option<&'static str>,
    /// Processor time of all its processes, as far as it was seen.
    pub cpu_ms: Option<u64>,
    /// The most memory that any of them had.
    pub memory_bytes_max: Option<u64>,
}

impl Logbook {
    /// An empty one.
    pub fn new(name: &str, status: &LineStatus) -> Self {
        Logbook { name: name.to_owned(), status: status.clone(), usage: None }
    }

    /// A process went that had taken so much.
    pub fn add(&mut self, usage: Option<Usage>) {
        self.usage = match (self.usage, usage) {
            (Some(before), Some(usage)) => Some(before.and(usage)),
            (before, usage) => before.or(usage),
        };
    }

    /// How things stand.
    pub fn report(&self) -> AttachedReport {
        let LineFigures { lines, commands, orders, misuses, quarantines, events_lost, lag_events_max } =
            self.status.figures();
        let ended_by = self.status.ends().1.filter(|_| !self.status.is_attached());
        AttachedReport {
            name: self.name.clone(),
            lines,
            commands,
            orders,
            misuses,
            quarantines,
            events_lost,
            lag_events_max,
            ended_by: ended_by.map(|ended| ended.words()),
            cpu_ms: self.usage.map(|usage| usage.cpu_ms),
            memory_bytes_max: self.usage.map(|usage| usage.memory_bytes_max),
        }
    }
}

/// One line, for people.
impl std::fmt::Display for AttachedReport {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AttachedReport { name, lines, commands, orders, misuses, quarantines, events_lost, .. } = self;
        let lag = self.lag_events_max;
        write!(
            out,
            "attached {name}: {lines} times, {commands} commands, {orders} of them orders, {misuses} misuses, \
             {quarantines} quarantines, {events_lost} events lost, {lag} behind at most"
        )?;
        let usage = self.cpu_ms.zip(self.memory_bytes_max);
        usage.map_or(Ok(()), |(cpu_ms, bytes)| write!(out, ", {}", taken_words(cpu_ms, bytes)))?;
        self.ended_by.map_or(Ok(()), |words| write!(out, "; {words}"))
    }
}

/// What a line did and its process took, in words for the log.
pub fn parting_words(before: LineFigures, now: LineFigures, usage: Option<Usage>) -> String {
    let (commands, orders) = (now.commands - before.commands, now.orders - before.orders);
    let lost = now.events_lost - before.events_lost;
    let did = format!("{commands} commands, {orders} of them orders, {lost} events lost");
    match usage {
        Some(Usage { cpu_ms, memory_bytes_max }) => {
            format!("{did}, {}", taken_words(cpu_ms, memory_bytes_max))
        }
        None => did,
    }
}

fn taken_words(cpu_ms: u64, memory_bytes_max: u64) -> String {
    let (seconds, rest) = (cpu_ms / 1_000, cpu_ms % 1_000);
    format!("{seconds}.{rest:03} s of processor time, {} KiB of memory", memory_bytes_max / 1_024)
}

#[cfg(test)]
mod tests {
    use fulmar_engine::runtime::Ended;

    use super::*;

    #[test]
    fn what_all_processes_did_is_summed_and_what_each_had_is_the_most_of_any() {
        let status = LineStatus::default();
        let mut logbook = Logbook::new("outside", &status);
        let none = serde_json::to_value(logbook.report()).expect("it is JSON");
        assert_eq!((&none["cpu_ms"], &none["lines"]), (&serde_json::Value::Null, &0.into()), "{none}");
        for (counter, lag) in [(1, 9), (2, 4)] {
            status.attach();
            status.count_command(counter);
            status.count_command(counter);
            status.count_lost();
            status.show_lag(lag);
            status.part(Ended::Silence);
            logbook.add(Some(Usage { cpu_ms: 1_250, memory_bytes_max: 2_048 * lag }));
        }
        logbook.add(None);
        let text = logbook.report().to_string();
        let words = "attached outside: 2 times, 4 commands, 2 of them orders, 0 misuses, 0 quarantines, 2 events lost, \
                     9 behind at most, 2.500 s of processor time, 18 KiB of memory; its process shows no sign of life";
        assert_eq!(text, words);
        status.attach();
        assert_eq!(logbook.report().ended_by, None, "it is there");
    }

    #[test]
    fn what_is_told_of_one_that_goes_is_its_own_and_not_that_of_those_before_it() {
        let before = LineFigures { commands: 100, orders: 60, events_lost: 5, ..LineFigures::default() };
        let now = LineFigures { commands: 107, orders: 63, events_lost: 5, ..before };
        assert_eq!(parting_words(before, now, None), "7 commands, 3 of them orders, 0 events lost");
        let usage = Some(Usage { cpu_ms: 31, memory_bytes_max: 5 << 20 });
        let told = parting_words(before, now, usage);
        assert!(told.ends_with("0.031 s of processor time, 5120 KiB of memory"), "{told}");
    }
}
