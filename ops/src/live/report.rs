//! Latencies as reports show them.

use std::collections::BTreeMap;

use fulmar_engine::runtime::{Hop, HopLatencies};
use hdrhistogram::Histogram;
use serde::Serialize;

/// The percentiles of one latency, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    /// How often it was measured.
    pub count: u64,
    /// Half were shorter.
    pub p50: u64,
    /// Nine of ten were shorter.
    pub p90: u64,
    /// 99 of 100 were shorter.
    pub p99: u64,
    /// 999 of 1,000 were shorter.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

/// The latencies of a run: of the whole way from frame to order, and of each hop.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyReport {
    /// From taking the frame to the order's bytes.
    pub tick_to_order: Latency,
    /// The part of each hop, by name.
    pub hops: BTreeMap<&'static str, Latency>,
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile);
        Latency {
            count: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max(),
        }
    }
}

impl From<&HopLatencies> for LatencyReport {
    fn from(latencies: &HopLatencies) -> Self {
        let hops = Hop::ALL.into_iter().zip(&latencies.hops);
        LatencyReport {
            tick_to_order: Latency::from(&latencies.tick_to_order),
            hops: hops.map(|(hop, histogram)| (hop.name(), Latency::from(histogram))).collect(),
        }
    }
}
