//! Links against servers of our own on loopback: what goes in comes out, and every way to fail is told and bounded.

mod budget;
mod harness;
mod sealed;

use std::time::Duration;

use fulmar_bus::record::{FrameSource, RequestKind};
use fulmar_engine::contract::Connection;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::capture::{CaptureLine, CaptureReader, CaptureWriter};
use super::*;
use harness::{Engine, Http, any_connection, echo, link_to, serve_http, serve_http_at, unused_address};

#[tokio::test]
async fn frames_arrive_byte_for_byte_and_in_order() {
    let url = echo().await;
    let mut engine = Engine::start(link_to(&url), None);
    assert_eq!(engine.frame().await, (FrameSource::Opened, url.clone().into_bytes()));
    let messages: Vec<Vec<u8>> =
        (0..20u8).map(|index| vec![b'a' + index % 26; usize::from(index) * 150]).collect();
    for message in &messages {
        engine.request(RequestKind::Send, 0, message);
    }
    engine.request(RequestKind::Send, 0, b"no text: \xff\xfe");
    for message in messages {
        assert_eq!(engine.frame().await, (FrameSource::Message, message));
    }
    assert_eq!(engine.frame().await, (FrameSource::Message, b"no text: \xff\xfe".to_vec()));
    assert_eq!(engine.stop().await.messages_sent, 21);
}

#[tokio::test]
async fn a_frame_larger_than_the_ring_waits_for_the_engine_and_comes_whole() {
    let message: String = (0..400_000u32).map(|index| char::from(b'0' + (index % 10) as u8)).collect();
    let expected = message.clone();
    let url = any_connection(move |mut socket| {
        let message = message.clone();
        async move {
            socket.send(Message::text(message)).await.unwrap();
            socket.send(Message::text("next")).await.unwrap();
            while socket.next().await.is_some() {}
        }
    })
    .await;
    let mut engine = Engine::start(link_to(&url), None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    assert_eq!(engine.frame().await, (FrameSource::Message, expected.into_bytes()));
    assert_eq!(engine.frame().await, (FrameSource::Message, b"next".to_vec()));
    assert!(engine.stop().await.backpressure_waits > 0);
}

#[tokio::test]
async fn a_connection_that_the_venue_closes_is_told_and_opened_anew() {
    let url = any_connection(|mut socket| async move {
        let close = CloseFrame { code: CloseCode::Away, reason: "maintenance".into() };
        socket.close(Some(close)).await.unwrap();
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let mut engine = Engine::start(link_to(&url), None);
    for _ in 0..3 {
        assert_eq!(engine.frame().await.0, FrameSource::Opened);
        let (source, reason) = engine.frame().await;
        assert_eq!(source, FrameSource::Closed);
        assert_eq!(String::from_utf8(reason).unwrap(), "the venue closed it: 1001 maintenance");
    }
    assert!(engine.stop().await.connections_opened >= 3);
}

#[tokio::test]
async fn a_dead_address_is_told_in_one_line_and_tried_within_the_budget() {
    let address = unused_address().await;
    let mut plan = link_to(&format!("ws://{address}/ws/secret"));
    plan.limits.reconnect.attempts_short = RateLimit { count_max: 3, window: Duration::from_secs(3600) };
    let mut engine = Engine::start(plan, None);
    for attempt in 1..=3 {
        engine.event(|event| matches!(event.status, LinkStatus::Connecting { .. })).await;
        let line =
            engine.event(|event| matches!(event.status, LinkStatus::ConnectFailed { .. })).await.to_string();
        let then = if attempt == 3 { "the budget of attempts is used up, next in 3" } else { "next in 0." };
        let expected =
            format!("test: cannot connect to ws://{address} (connection refused); attempt {attempt}, {then}");
        assert!(line.starts_with(&expected), "{line}");
    }
    assert_eq!(engine.stop().await.connect_attempts, 3);
}

#[tokio::test]
async fn a_venue_that_fell_silent_is_left() {
    let url = any_connection(|socket| async move {
        // Holds the connection and reads nothing, so no ping is ever answered.
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let mut engine = Engine::start(link_to(&url), None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    assert_eq!(engine.frame().await, (FrameSource::Closed, b"nothing came for 0.3 s".to_vec()));
    engine.stop().await;
}

#[tokio::test]
async fn a_quiet_venue_that_answers_pings_is_kept() {
    let url = any_connection(|mut socket| async move {
        let mut ping_count = 0;
        while let Some(Ok(message)) = socket.next().await {
            ping_count += usize::from(message.is_ping());
            if ping_count == 8 {
                socket.send(Message::text("still here")).await.unwrap();
            }
        }
    })
    .await;
    let mut engine = Engine::start(link_to(&url), None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    assert_eq!(engine.frame().await, (FrameSource::Message, b"still here".to_vec()));
    engine.stop().await;
}

#[tokio::test]
async fn a_message_beyond_the_limit_closes_the_connection() {
    let url = any_connection(|mut socket| async move {
        socket.send(Message::text("x".repeat(1001))).await.unwrap();
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let mut plan = link_to(&url);
    plan.limits.connection.message_bytes_max = 1000;
    let mut engine = Engine::start(plan, None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    let (source, reason) = engine.frame().await;
    assert_eq!(source, FrameSource::Closed);
    assert_eq!(
        String::from_utf8(reason).unwrap(),
        "a message of 1001 bytes is longer than the limit of 1000"
    );
    engine.stop().await;
}

#[tokio::test]
async fn a_server_without_tls_behind_a_tls_address_is_told_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 64];
            drop(stream.read(&mut hello).await);
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
        }
    });
    let mut engine = Engine::start(link_to(&format!("wss://{address}")), None);
    let event = engine.event(|event| matches!(event.status, LinkStatus::ConnectFailed { .. })).await;
    assert!(event.to_string().contains("(TLS: "), "{event}");
    engine.stop().await;
}

#[tokio::test]
async fn a_reconnect_closes_and_opens_anew() {
    let mut engine = Engine::start(link_to(&echo().await), None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::Reconnect, 0, b"sequence gap");
    assert_eq!(engine.frame().await, (FrameSource::Closed, b"reconnecting: sequence gap".to_vec()));
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.stop().await;
}

#[tokio::test]
async fn what_cannot_go_out_is_dropped_and_told() {
    let address = unused_address().await;
    let mut engine = Engine::start(link_to(&format!("ws://{address}")), None);
    engine.event(|event| matches!(event.status, LinkStatus::ConnectFailed { .. })).await;
    for (kind, connection, bytes, cause) in [
        (RequestKind::Send, 0, &b"{}"[..], "the connection is closed"),
        (RequestKind::Send, 7, b"{}", "the venue has no such connection"),
        (RequestKind::HttpGet, 0, b"/time", "the venue has no HTTP address"),
    ] {
        engine.request(kind, connection, bytes);
        let event = engine.event(|event| matches!(event.status, LinkStatus::RequestDropped { .. })).await;
        assert_eq!(event.status, LinkStatus::RequestDropped { cause });
    }
    assert_eq!(engine.stop().await.requests_dropped, 3);
}

#[tokio::test]
async fn a_request_waits_for_its_moment() {
    let mut engine = Engine::start(link_to(&echo().await), None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    let later_at = engine.now() + fulmar_bus::record::Nanos::from_millis(150);
    engine.delayed_request(later_at, b"second");
    engine.request(RequestKind::Send, 0, b"first");
    assert_eq!(engine.frame().await.1, b"first");
    assert_eq!(engine.frame().await.1, b"second");
    assert!(engine.now() >= later_at);
    engine.stop().await;
}

#[tokio::test]
async fn what_waited_for_its_moment_is_not_sent_on_the_next_connection() {
    let mut engine = Engine::start(link_to(&echo().await), None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.delayed_request(engine.now() + fulmar_bus::record::Nanos::from_millis(150), b"unsubscribe");
    // Answered, so the link has taken what came before it.
    engine.request(RequestKind::Send, 0, b"first");
    assert_eq!(engine.frame().await.1, b"first");
    engine.request(RequestKind::Reconnect, 0, b"frames are missing");
    assert_eq!(engine.frame().await.0, FrameSource::Closed);
    let event = engine.event(|event| matches!(event.status, LinkStatus::RequestDropped { .. })).await;
    assert_eq!(event.status, LinkStatus::RequestDropped { cause: "its connection closed before its moment" });
    engine.stop().await;
}

#[tokio::test]
async fn messages_keep_within_the_rate_of_the_venue() {
    let mut plan = link_to(&echo().await);
    let window = Duration::from_millis(200);
    plan.limits.connection.messages = RateLimit { count_max: 2, window };
    let mut engine = Engine::start(plan, None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    let began_at = Instant::now();
    for _ in 0..5 {
        engine.request(RequestKind::Send, 0, b"{}");
    }
    for _ in 0..5 {
        assert_eq!(engine.frame().await.0, FrameSource::Message);
    }
    assert!(began_at.elapsed() >= 2 * window, "five messages need three windows of two");
    engine.stop().await;
}

#[tokio::test]
async fn an_http_answer_comes_with_what_was_asked_for() {
    let (rest_url, _asked) =
        serve_http(vec![Http { status: 200, retry_after: None, body: "{\"a\":1}" }]).await;
    let mut engine = Engine::start(LinkPlan { rest_url, ..link_to(&echo().await) }, None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::HttpGet, 0, b"/api/v3/depth?symbol=BTCUSDT&limit=5");
    assert_eq!(engine.http_frame().await, (200, b"/api/v3/depth?symbol=BTCUSDT&limit=5\n{\"a\":1}".to_vec()));
    engine.stop().await;
}

#[tokio::test]
async fn a_venue_that_asks_for_silence_gets_it() {
    let warned = Http { status: 429, retry_after: Some("1"), body: "slow down" };
    let (rest_url, mut asked) =
        serve_http(vec![warned, Http { status: 200, retry_after: None, body: "ok" }]).await;
    let mut engine = Engine::start(LinkPlan { rest_url, ..link_to(&echo().await) }, None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::HttpGet, 0, b"/one");
    assert_eq!(engine.http_frame().await, (429, b"/one\nslow down".to_vec()));
    engine.request(RequestKind::HttpGet, 0, b"/two");
    assert_eq!(engine.http_frame().await, (200, b"/two\nok".to_vec()));
    let (first_at, second_at) = (asked.recv().await.unwrap(), asked.recv().await.unwrap());
    assert!(second_at - first_at >= Duration::from_secs(1));
    engine.stop().await;
}

#[tokio::test]
async fn a_venue_that_shuts_us_out_is_neither_asked_nor_connected_to_until_it_is_over() {
    let shut_out = || Http { status: 403, retry_after: Some("1"), body: "access too frequent" };
    let (url, mut connected) = serve_http(vec![shut_out(), shut_out()]).await;
    let (rest_url, mut asked) =
        serve_http(vec![Http { status: 200, retry_after: None, body: "ok" }, shut_out()]).await;
    let plan = LinkPlan { rest_url, ..link_to(&url.replace("http://", "ws://")) };
    let mut engine = Engine::start(plan, None);
    engine.event(|event| matches!(event.status, LinkStatus::KeepStill { status: 403, .. })).await;
    engine.request(RequestKind::HttpGet, 0, b"/one");
    assert_eq!(engine.http_frame().await, (200, b"/one\nok".to_vec()));
    let (first_at, second_at) = (connected.recv().await.unwrap(), connected.recv().await.unwrap());
    assert!(second_at - first_at >= Duration::from_secs(1));
    assert!(asked.recv().await.unwrap() - first_at >= Duration::from_secs(1));
    engine.stop().await;
}

#[tokio::test]
async fn an_http_request_without_an_answer_still_gets_its_frame() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rest_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let mut engine = Engine::start(LinkPlan { rest_url, ..link_to(&echo().await) }, None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::HttpGet, 0, b"/time");
    let (status, bytes) = engine.http_frame().await;
    assert_eq!(status, 0);
    assert!(bytes.starts_with(b"/time\n"), "{}", String::from_utf8_lossy(&bytes));
    assert_eq!(engine.stop().await.http_failures, 1);
}

#[tokio::test]
async fn an_http_request_that_cannot_reach_the_venue_is_tried_as_a_connection_is_and_told_alike() {
    let address = unused_address().await;
    let plan = LinkPlan {
        rest_url: format!("http://{address}"),
        ..link_to(&format!("ws://{}", unused_address().await))
    };
    let mut engine = Engine::start(plan, None);
    // Asked for anew while it waits, it is one request.
    (0..3).for_each(|_| engine.request(RequestKind::HttpGet, 0, b"/time"));
    let told =
        engine.event(|event| matches!(event.status, LinkStatus::ConnectFailed { .. })).await.to_string();
    let (_, connection_says) = told.split_once(" (").unwrap();
    for attempt in 1..=3 {
        let is_of_http = |event: &LinkEvent| matches!(event.status, LinkStatus::HttpUnreachable { .. });
        let told = engine.event(is_of_http).await.to_string();
        let (says, next) = told.split_once("next in ").unwrap();
        let cause = connection_says.split_once(')').unwrap().0;
        assert_eq!(says, format!("test: cannot reach http://{address} ({cause}); attempt {attempt}, "));
        assert!(next.ends_with(" s"), "{told}");
    }
    let (_, _asked) = serve_http_at(address, vec![Http { status: 200, retry_after: None, body: "ok" }]).await;
    assert_eq!(engine.http_frame().await, (200, b"/time\nok".to_vec()));
    engine.stop().await;
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_a_failure() {
    let (rest_url, _asked) =
        serve_http(vec![Http { status: 200, retry_after: None, body: "longer than ten" }]).await;
    let mut plan = LinkPlan { rest_url, ..link_to(&echo().await) };
    plan.limits.rest.body_bytes_max = 10;
    let mut engine = Engine::start(plan, None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::HttpGet, 0, b"/time");
    assert_eq!(engine.http_frame().await, (0, b"/time\nthe answer is longer than 10 bytes".to_vec()));
    engine.stop().await;
}

#[tokio::test]
async fn a_plan_that_can_never_work_is_refused_before_anything_runs() {
    let (ends, _engine) = Engine::ends(None);
    let refused = VenueLink::new(link_to("ws://stream.example"), ends, harness::clock(), None).err().unwrap();
    assert!(
        matches!(refused, PlanError::Address { source: AddressError::PlainText { .. }, .. }),
        "{refused}"
    );
    let (ends, _engine) = Engine::ends(None);
    let mut plan = link_to("ws://127.0.0.1:9");
    plan.connections[0].index = 3;
    let refused = VenueLink::new(plan, ends, harness::clock(), None).err().unwrap();
    assert_eq!(refused.to_string(), "test: connection 3 stands where connection 0 is expected");
}

#[tokio::test]
async fn a_link_that_runs_again_says_first_that_its_connections_are_closed() {
    let mut engine = Engine::start(link_to(&echo().await), None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.restart().await;
    assert_eq!(engine.frame().await, (FrameSource::Closed, b"stopped".to_vec()));
    assert_eq!(engine.frame().await, (FrameSource::Closed, b"the link was started again".to_vec()));
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.stop().await;
}

#[tokio::test]
async fn a_recording_holds_what_the_link_saw() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.capture.zst");
    let writer = CaptureWriter::create(&path, "test", &[], (harness::clock())()).unwrap();
    let (rest_url, _asked) = serve_http(vec![Http { status: 200, retry_after: None, body: "{}" }]).await;
    let (tap, recorder) = start_recorder(writer, &rest_url).unwrap();
    let url = echo().await;
    let mut engine = Engine::start(LinkPlan { rest_url: rest_url.clone(), ..link_to(&url) }, Some(tap));
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::Send, 0, b"{\"op\":\"subscribe\"}");
    assert_eq!(engine.frame().await.0, FrameSource::Message);
    engine.request(RequestKind::HttpGet, 0, b"/time");
    assert_eq!(engine.http_frame().await.0, 200);
    engine.stop().await;
    assert_eq!(recorder.finish().unwrap(), Recording { lines: 5, lost_count: 0 });

    let mut reader = CaptureReader::open(&path).unwrap();
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line().unwrap() {
        lines.push(match line {
            CaptureLine::Header { venue, .. } => format!("header {venue}"),
            CaptureLine::Connect { conn, url, .. } => format!("connect {conn} {url}"),
            CaptureLine::Send { conn, data, .. } => format!("send {conn} {data}"),
            CaptureLine::Recv { conn, data, .. } => format!("recv {conn} {data}"),
            CaptureLine::Http { url, status, body, .. } => format!("http {url} {status} {body}"),
            CaptureLine::Disconnect { conn, reason, .. } => format!("disconnect {conn} {reason}"),
        });
    }
    assert_eq!(
        lines,
        [
            "header test".to_owned(),
            format!("connect 1 {url}"),
            "send 1 {\"op\":\"subscribe\"}".to_owned(),
            "recv 1 {\"op\":\"subscribe\"}".to_owned(),
            format!("http {rest_url}/time 200 {{}}"),
            "disconnect 1 stopped".to_owned(),
        ]
    );
}
