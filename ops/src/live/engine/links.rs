//! The links of an engine to its venues, each supervised.

use std::sync::Arc;
use std::time::Duration;

use fulmar_adapters::transport::{
    Clock as LinkClock, ConnectBudgets, IoThread, LinkCounters, LinkEnds, LinkPlan, Requests, Tap, VenueLink,
    status_channel,
};
use fulmar_engine::runtime::Clock;
use fulmar_engine::wiring::Link;

use super::Seals;
use crate::configuration::Configuration;
use crate::supervisor::{LinkSupervisor, RestartLimit, SupervisedLink, on_io_thread};
use crate::venues;

/// How often a link may be started anew before it is given up.
const LINK_RESTARTS: RestartLimit = RestartLimit { restarts_max: 5, window: Duration::from_secs(60) };
/// Events of links that wait to be looked at.
const LINK_EVENTS_MAX: usize = 256;

/// Starts them.
pub(super) async fn start_links(
    links: Vec<Link>,
    configuration: &Configuration,
    clock: &Clock,
    (io, tap, mut seals): (&IoThread, Option<Tap>, Seals),
) -> anyhow::Result<(LinkSupervisor, Vec<Arc<LinkCounters>>)> {
    let (status, mut events) = status_channel(LINK_EVENTS_MAX);
    // What links tell is logged where it is told; the board is for those who ask.
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let stamp = clock.clone();
    let clock: LinkClock = Arc::new(move || stamp.now());
    let budgets = ConnectBudgets::default();
    let (mut supervised, mut counters) = (Vec::new(), Vec::new());
    for link in links {
        let venue_name = link.name.strip_suffix(".orders").unwrap_or(&link.name);
        let venue = configuration.venues.iter().find(|venue| venue.name == venue_name);
        let venue = venue.expect("a link is of a venue of the configuration");
        let rest_url = venues::rest_url(venue)?;
        let limits = venues::transport_limits(venue, &link.name);
        let plan = LinkPlan {
            venue: link.name.clone(),
            connections: link.connections,
            rest_url,
            limits,
            budgets: budgets.clone(),
        };
        let seal = if link.name == venue_name { None } else { seals.remove(venue_name) };
        let ends = LinkEnds { frames: link.frames, requests: Requests::new(link.requests, seal) };
        let made = VenueLink::new(plan, ends, Arc::clone(&clock), tap.clone())?;
        counters.push(made.counters());
        let start = on_io_thread(made, io.handle().clone(), status.clone());
        supervised.push(SupervisedLink { venue: link.name, start });
    }
    Ok((LinkSupervisor::start(supervised, LINK_RESTARTS).await, counters))
}
