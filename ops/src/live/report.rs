//! Latencies as reports show them.

use std::collections::BTreeMap;
use std::fmt;

use fulmar_engine::runtime::{Hop, HopLatencies, Way};
use hdrhistogram::Histogram;
use serde::Serialize;

/// The percentiles of one latency, in nanoseconds; `None` where it was never measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How often it was measured.
    pub count: u64,
    /// Half were shorter.
    pub p50: Option<u64>,
    /// Nine of ten were shorter.
    pub p90: Option<u64>,
    /// 99 of 100 were shorter.
    pub p99: Option<u64>,
    /// 999 of 1,000 were shorter.
    pub p999: Option<u64>,
    /// The longest.
    pub max: Option<u64>,
}

/// The latencies of a run: of whole ways, by what began them and what they led to, and of each hop. What time or an
/// operator caused is in none of them.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyReport {
    /// From taking a frame of a market to the bytes of an order that it caused.
    pub tick_to_order: Latency,
    /// From taking a frame of an account, or from a report that no frame told, to the bytes of an order that it caused.
    pub report_to_order: Latency,
    /// As the first, to the bytes of a cancel.
    pub tick_to_cancel: Latency,
    /// As the second, to the bytes of a cancel.
    pub report_to_cancel: Latency,
    /// Each hop, by name, of all that passed it.
    pub hops: BTreeMap<&'static str, Latency>,
    /// Records whose stamps were overwritten before they were read: what is missing in the figures.
    pub lost: u64,
}

impl LatencyReport {
    /// The rows of a table: the ways, then the hops in their order.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, &Latency)> {
        let ways = [
            ("tick to order", &self.tick_to_order),
            ("report to order", &self.report_to_order),
            ("tick to cancel", &self.tick_to_cancel),
            ("report to cancel", &self.report_to_cancel),
        ];
        ways.into_iter().chain(Hop::ALL.into_iter().map(|hop| (hop.name(), &self.hops[hop.name()])))
    }
}

/// A table with a line a latency, for people.
impl fmt::Display for LatencyReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["count", "p50", "p99", "max"].map(|column| format!("{column:>10}"));
        write!(out, "{:<18}{}", "latency, ns", head.concat())?;
        for (name, latency) in self.rows() {
            write!(out, "\n  {name:<16}{:>10}", latency.count)?;
            let numbers = [latency.p50, latency.p99, latency.max].map(text_of);
            numbers.iter().try_for_each(|number| write!(out, "{number:>10}"))?;
        }
        Ok(())
    }
}

/// Nanoseconds for people; `-` where there was nothing to measure.
pub fn text_of(latency_ns: Option<u64>) -> String {
    latency_ns.map_or_else(|| "-".to_owned(), |latency_ns| latency_ns.to_string())
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Self {
        let measured = |value| (!histogram.is_empty()).then_some(value);
        let at = |quantile| measured(histogram.value_at_quantile(quantile));
        Latency {
            count: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: measured(histogram.max()),
        }
    }
}

impl From<&HopLatencies> for LatencyReport {
    fn from(latencies: &HopLatencies) -> Self {
        let of = |way| Latency::from(&latencies.ways[way as usize]);
        let hops = Hop::ALL.into_iter().zip(&latencies.hops);
        LatencyReport {
            tick_to_order: of(Way::TickToOrder),
            report_to_order: of(Way::ReportToOrder),
            tick_to_cancel: of(Way::TickToCancel),
            report_to_cancel: of(Way::ReportToCancel),
            hops: hops.map(|(hop, histogram)| (hop.name(), Latency::from(histogram))).collect(),
            lost: latencies.lost_count,
        }
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::{ChannelId, RecordId};
    use fulmar_engine::runtime::{Arrival, Clock, HopStamps, Stage, Start};
    use serde_json::json;

    use super::*;

    /// One order on paper, of one tick that reached the strategy as it came from the feed.
    fn on_paper() -> LatencyReport {
        let (stamps, board) = HopStamps::new(Clock::new());
        let [frame, trade, intent, approved] =
            [0, 1, 2, 3].map(|channel| RecordId::new(ChannelId(channel), 1));
        stamps.begin(Start::Tick, frame);
        for (hop, via, id) in
            [(Hop::Decode, frame, trade), (Hop::Strategy, trade, intent), (Hop::Risk, intent, approved)]
        {
            stamps.station(Stage::Hop(hop)).follow(via, id);
        }
        stamps.station(Stage::Arrive).end(Arrival::Order, approved);
        LatencyReport::from(&board.latencies())
    }

    #[test]
    fn what_a_route_has_not_is_null_and_never_zero() {
        let told = serde_json::to_value(on_paper()).expect("a report is JSON");
        let nothing = json!({"count": 0, "p50": null, "p90": null, "p99": null, "p999": null, "max": null});
        for absent in
            ["/hops/encode", "/hops/book", "/report_to_order", "/tick_to_cancel", "/report_to_cancel"]
        {
            assert_eq!(told.pointer(absent), Some(&nothing), "{absent}: {told:#}");
        }
        for measured in ["/tick_to_order", "/hops/decode", "/hops/strategy", "/hops/risk"] {
            assert_eq!(told.pointer(measured).expect("it is there")["count"], 1, "{measured}: {told:#}");
            for figure in ["p50", "p90", "p99", "p999", "max"] {
                assert!(told.pointer(measured).expect("it is there")[figure].as_u64() > Some(0), "{told:#}");
            }
        }
        assert_eq!(told["lost"], 0);
    }

    #[test]
    fn people_read_a_line_a_latency_in_the_order_of_the_way_and_a_dash_for_none() {
        let text = on_paper().to_string();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["latency,", "ns", "count", "p50", "p99", "max"]);
        assert_eq!(lines[2], ["report", "to", "order", "0", "-", "-", "-"]);
        let firsts: Vec<&str> = lines[5..].iter().map(|line| line[0]).collect();
        assert_eq!(firsts, ["decode", "book", "strategy", "risk", "encode"]);
        assert_eq!(lines[9], ["encode", "0", "-", "-", "-"]);
        assert_eq!(lines[8][1], "1");
    }
}
