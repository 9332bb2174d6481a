//! What a venue that counts connection attempts by address sees of many connections, in virtual time. The moment of an
//! attempt is when the link tells of it, which no socket delays.

use tokio::sync::broadcast;

use super::*;

/// Of the link.
const CONNECTIONS: usize = 40;
const AT_ONCE: RateLimit = RateLimit { count_max: 3, window: Duration::from_secs(1) };
const SHORT: RateLimit = RateLimit { count_max: 60, window: Duration::from_secs(60) };

/// An attempt: which connection's, and when.
type Attempt = (u8, Instant);

/// A link of forty connections, at a venue of 3 attempts a second and 60 a minute.
fn link_of_many(url: &str) -> LinkPlan {
    let mut plan = link_to(url);
    plan.connections = (0..40).map(|index| Connection { index, url: url.to_owned() }).collect();
    plan.limits = TransportLimits::default();
    plan.limits.reconnect.attempts_at_once = AT_ONCE;
    plan.limits.reconnect.attempts_short = SHORT;
    // The sockets are real and time is not: it runs ahead of them where nothing else is to be done.
    plan.limits.connection.connect_timeout = Duration::from_secs(86_400);
    plan.limits.connection.ping_after = Duration::from_secs(86_400);
    plan.limits.connection.idle_timeout = Duration::from_secs(2 * 86_400);
    plan
}

/// The next attempts, and those before as many connections as `open_count` were opened.
async fn attempts(engine: &mut Engine, count: usize, mut open_count: usize) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    while attempts.len() < count || open_count > 0 {
        let event = engine.next_event().await;
        match (&event.status, event.connection) {
            (LinkStatus::Connecting { .. }, Some(connection)) => attempts.push((connection, Instant::now())),
            (LinkStatus::Open { .. }, _) => open_count = open_count.saturating_sub(1),
            _ => {}
        }
    }
    attempts
}

/// Asserts that no window anywhere holds more attempts than a venue takes.
fn assert_within_limits(attempts: &[Attempt]) {
    for RateLimit { count_max, window } in [AT_ONCE, SHORT] {
        for (start, (_, from)) in attempts.iter().enumerate() {
            let inside = attempts[start..].iter().take_while(|(_, at)| *at - *from < window).count();
            assert!(inside <= count_max as usize, "{inside} attempts in {window:?} after attempt {start}");
        }
    }
}

/// Asserts that these are attempts of every connection, one each.
fn assert_everyone_had_a_turn(attempts: &[Attempt]) {
    let mut connections: Vec<u8> = attempts.iter().map(|(connection, _)| *connection).collect();
    connections.sort_unstable();
    assert_eq!(connections, (0..40).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn many_connections_to_a_venue_that_closes_each_at_once_keep_within_its_limits_together() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let began_at = Instant::now();
    let mut engine = Engine::start(link_of_many(&url), None);
    let made = attempts(&mut engine, 600, 0).await;
    assert_within_limits(&made);
    assert_everyone_had_a_turn(&made[..CONNECTIONS]);
    let (_, last_at) = made[599];
    assert!(last_at - began_at < Duration::from_secs(10 * 60), "the budget is used, not only kept");
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_lost_at_one_moment_come_back_one_after_the_other_and_none_is_passed_over() {
    let (storm, _) = broadcast::channel::<()>(1);
    let storms = storm.clone();
    let url = any_connection(move |mut socket| {
        let mut storm = storms.subscribe();
        async move {
            storm.recv().await.unwrap();
            drop(socket.close(None).await);
        }
    })
    .await;
    let mut engine = Engine::start(link_of_many(&url), None);
    let mut made = attempts(&mut engine, CONNECTIONS, CONNECTIONS).await;
    assert_everyone_had_a_turn(&made);
    for _ in 0..4 {
        storm.send(()).unwrap();
        let again = attempts(&mut engine, CONNECTIONS, CONNECTIONS).await;
        assert_everyone_had_a_turn(&again);
        made.extend(again);
    }
    assert_within_limits(&made);
    assert_eq!(engine.stop().await.connect_attempts, 5 * 40);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_waits_for_the_budget_says_for_how_long() {
    let url = echo().await;
    let mut plan = link_of_many(&url);
    plan.limits.reconnect.attempts_short.count_max = 39;
    let mut engine = Engine::start(plan, None);
    let mut waiting = Vec::new();
    while waiting.last().is_none_or(|line: &String| !line.contains("connection 40 ")) {
        let event = engine.next_event().await;
        if matches!(event.status, LinkStatus::Waiting { .. }) {
            waiting.push(event.to_string());
        }
    }
    let address = url.trim_end_matches("/ws");
    let line = |connection: u8, then: &str| {
        format!(
            "test: connection {connection} of 40: connecting to {address} waits for its turn; attempt 1, {then} s"
        )
    };
    assert_eq!(waiting[0], line(7, "next in 2.0"), "who goes within a second says nothing");
    assert_eq!(waiting[32], line(39, "next in 12.0"));
    assert_eq!(waiting[33], line(40, "the budget of attempts is used up, next in 60.0"));
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_link_that_runs_again_goes_on_with_its_budget() {
    let url = echo().await;
    let mut engine = Engine::start(link_of_many(&url), None);
    let mut made = attempts(&mut engine, CONNECTIONS, CONNECTIONS).await;
    engine.restart().await;
    made.extend(attempts(&mut engine, CONNECTIONS, CONNECTIONS).await);
    assert_within_limits(&made);
    engine.stop().await;
}
