//! Links that fail on purpose: they are started again, given up, and stopped, as told.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// Longer than anything here takes, and no test waits for it in vain.
const PATIENCE: Duration = Duration::from_secs(20);
const LIMIT: RestartLimit = RestartLimit { restarts_max: 3, window: Duration::from_secs(60) };

/// A link that panics at its first starts and then runs until it is told to stop; and how often it was started.
fn failing_link(venue: &str, failure_count: u32) -> (SupervisedLink, Arc<AtomicU32>) {
    let starts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&starts);
    let start: StartLink = Arc::new(move |mut stop| {
        let start_index = counted.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            assert!(start_index >= failure_count, "a bug of this link");
            stop.wait_for(|is_stopped| *is_stopped).await.unwrap();
            LinkReport { frames: 7, ..LinkReport::default() }
        })
    });
    (SupervisedLink { venue: venue.to_owned(), start }, starts)
}

async fn wait_for(supervisor: &LinkSupervisor, is_wanted: impl FnMut(&Board) -> bool) -> Board {
    let mut board = supervisor.board();
    let wanted = timeout(PATIENCE, board.wait_for(is_wanted)).await.expect("the board comes to this");
    wanted.unwrap().clone()
}

#[tokio::test]
async fn a_link_that_panics_is_started_again_and_the_others_never_notice() {
    let (failing, starts) = failing_link("okx", 2);
    let (healthy, healthy_starts) = failing_link("kraken", 0);
    let supervisor = LinkSupervisor::start(vec![failing, healthy], LIMIT).await;
    let recovered = LinkState { restart_count: 2, phase: LinkPhase::Running };
    wait_for(&supervisor, |board| board["okx"] == recovered).await;
    let report = LinkReport { frames: 7, ..LinkReport::default() };
    let board = supervisor.stop().await;
    assert_eq!(board["okx"], LinkState { restart_count: 2, phase: LinkPhase::Stopped { report } });
    assert_eq!(board["kraken"], LinkState { restart_count: 0, phase: LinkPhase::Stopped { report } });
    assert_eq!(starts.load(Ordering::Relaxed), 3);
    assert_eq!(healthy_starts.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_link_that_keeps_failing_is_given_up_and_told() {
    let (failing, starts) = failing_link("okx", u32::MAX);
    let supervisor = LinkSupervisor::start(vec![failing], LIMIT).await;
    let board = wait_for(&supervisor, |board| board["okx"].is_over()).await;
    let cause = "it panicked: a bug of this link".to_owned();
    assert_eq!(board["okx"], LinkState { restart_count: 3, phase: LinkPhase::Failed { cause } });
    assert_eq!(starts.load(Ordering::Relaxed), 4, "the first start and three more");
    assert_eq!(supervisor.stop().await, board);
}

#[tokio::test]
async fn a_link_that_ends_without_being_told_to_has_failed_too() {
    let start: StartLink = Arc::new(|_stop| tokio::spawn(async { LinkReport::default() }));
    let link = SupervisedLink { venue: "okx".to_owned(), start };
    let supervisor = LinkSupervisor::start(vec![link], LIMIT).await;
    let board = wait_for(&supervisor, |board| board["okx"].is_over()).await;
    let cause = "it ended without being told to".to_owned();
    assert_eq!(board["okx"].phase, LinkPhase::Failed { cause });
    supervisor.stop().await;
}

#[tokio::test]
async fn stopping_waits_for_every_link_to_end() {
    let (first, _) = failing_link("okx", 0);
    let (second, _) = failing_link("kraken", 0);
    let supervisor = LinkSupervisor::start(vec![first, second], LIMIT).await;
    let board = supervisor.stop().await;
    assert!(board.values().all(|state| matches!(state.phase, LinkPhase::Stopped { .. })), "{board:?}");
}
