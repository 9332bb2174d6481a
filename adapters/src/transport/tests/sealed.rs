//! What leaves sealed, and connections that are told where to go.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, Uri};
use axum::routing::any;
use fulmar_engine::contract::Seal;

use super::*;

/// Writes the key wherever there is a gap for it.
struct Gaps;

const KEY: &str = "canary";

impl Seal for Gaps {
    fn seal(&mut self, _: RequestKind, bytes: &[u8], sealed: &mut Vec<u8>) {
        let filled = std::str::from_utf8(bytes).expect("text").replace('_', KEY);
        sealed.extend_from_slice(filled.as_bytes());
    }

    fn http_header(&self) -> Option<(&'static str, &str)> {
        Some(("x-key", KEY))
    }
}

/// An HTTP server that says what it was asked.
async fn telling() -> String {
    let tell = |method: Method, uri: Uri, headers: HeaderMap| async move {
        format!("{method} {uri} by {}", headers["x-key"].to_str().expect("text"))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(any(tell));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn what_leaves_is_sealed_and_what_comes_back_into_the_engine_names_what_was_written() {
    let plan = LinkPlan { rest_url: telling().await, ..link_to(&echo().await) };
    let mut engine = Engine::start_sealed(plan, Some(Box::new(Gaps)));
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::Send, 0, b"{\"key\":\"_\"}");
    assert_eq!(engine.frame().await.1, b"{\"key\":\"canary\"}", "the venue gave back what left");
    for (kind, method) in
        [(RequestKind::HttpGet, "GET"), (RequestKind::HttpPost, "POST"), (RequestKind::HttpDelete, "DELETE")]
    {
        engine.request(kind, 0, b"/order?signature=_");
        let told = format!("/order?signature=_\n{method} /order?signature=canary by canary");
        assert_eq!(engine.http_frame().await, (200, told.into_bytes()));
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_sealed_link_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.capture.zst");
    let writer = CaptureWriter::create(&path, "test", &[], (harness::clock())()).unwrap();
    let (tap, recorder) = start_recorder(writer, "").unwrap();
    let (ends, mut engine) = Engine::ends(Some(Box::new(Gaps)));
    let link = VenueLink::new(link_to(&echo().await), ends, Arc::clone(&engine.clock), Some(tap)).unwrap();
    engine.run(link);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::Send, 0, b"_");
    assert_eq!(engine.frame().await.1, b"canary");
    engine.stop().await;
    assert_eq!(recorder.finish().unwrap().lines, 0);
}

#[tokio::test]
async fn a_connection_without_an_address_stays_closed_until_it_is_told_one_and_goes_where_it_is_told() {
    let plan = LinkPlan {
        connections: vec![
            Connection { index: 0, url: echo().await },
            Connection { index: 1, url: String::new() },
        ],
        ..link_to("")
    };
    let mut engine = Engine::start(plan, None);
    assert_eq!(engine.frame().await.0, FrameSource::Opened);
    engine.request(RequestKind::Send, 0, b"alive");
    assert_eq!(engine.frame().await, (FrameSource::Message, b"alive".to_vec()), "the other has opened alone");
    for place in [echo().await, echo().await] {
        let place = format!("{place}/canary");
        engine.request(RequestKind::Open, 1, place.as_bytes());
        let mut opened = engine.frame().await;
        if opened.0 == FrameSource::Closed {
            opened = engine.frame().await;
        }
        assert_eq!(opened, (FrameSource::Opened, place.into_bytes()));
        engine.request(RequestKind::Send, 1, b"here");
        assert_eq!(engine.frame().await, (FrameSource::Message, b"here".to_vec()));
    }
    engine.request(RequestKind::Open, 1, b"ws://elsewhere.example/canary");
    let refused = engine.event(|event| matches!(event.status, LinkStatus::RequestDropped { .. })).await;
    assert!(!format!("{refused:?}").contains(KEY), "an address may hold a key: {refused:?}");
    engine.stop().await;
}
