//! Documents that unverified requests name: kept, bounded, and not asked for more than need be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use http::StatusCode;
use ingest_fn::documents::{DocumentError, Documents};

use crate::answering::{Answering, answer};

const NOW_MS: u64 = 1_795_262_400_000;

/// A document that any answer is.
async fn get(documents: &Documents, url: &str, now_ms: u64) -> Result<bytes::Bytes, DocumentError> {
    documents.get("provider", url, &|_| true, now_ms).await
}

#[tokio::test]
async fn a_document_is_asked_for_once_while_it_is_fresh() {
    let server = Answering::start(|path, _| Some(answer("200 OK", "cache-control: max-age=600\r\n", path))).await;
    let (documents, url) = (Documents::default(), format!("{}/cert.pem?v=1", server.url));
    let got = join_all((0..100).map(|_| get(&documents, &url, NOW_MS))).await;
    assert!(got.iter().all(|got| got.as_deref() == Ok(b"/cert.pem?v=1".as_slice())), "a hundred at once");
    get(&documents, &url, NOW_MS + 599_999).await.unwrap();
    assert_eq!(server.paths().len(), 1);
    get(&documents, &url, NOW_MS + 600_000).await.unwrap();
    assert_eq!(server.paths().len(), 2);
}

#[tokio::test]
async fn a_stale_document_serves_on_when_its_server_fails() {
    let works = Arc::new(AtomicBool::new(true));
    let up = works.clone();
    let server = Answering::start(move |_, _| match up.load(Ordering::SeqCst) {
        true => Some(answer("200 OK", "", "document")),
        false => Some(answer("500 Internal Server Error", "", "sorry")),
    });
    let (server, documents) = (server.await, Documents::default());
    let url = format!("{}/keys", server.url);
    get(&documents, &url, NOW_MS).await.unwrap();
    works.store(false, Ordering::SeqCst);
    let later_ms = NOW_MS + 300_000;
    for now_ms in [later_ms, later_ms + 4_999] {
        assert_eq!(get(&documents, &url, now_ms).await.as_deref(), Ok(b"document".as_slice()));
    }
    assert_eq!(server.paths().len(), 2, "and it is left alone for a while");
    works.store(true, Ordering::SeqCst);
    get(&documents, &url, later_ms + 5_000).await.unwrap();
    assert_eq!(server.paths().len(), 3);
}

#[tokio::test]
async fn what_is_no_document_is_refused_and_not_asked_for_again_at_once() {
    let server = Answering::start(|path, _| match path {
        "/missing" => Some(answer("404 Not Found", "", "no")),
        "/moved" => Some(answer("302 Found", "location: /fits\r\n", "")),
        "/fits" => Some(answer("200 OK", "", &"x".repeat(65_536))),
        "/large" => Some(answer("200 OK", "", &"x".repeat(65_537))),
        "/endless" => Some(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(70_000))),
        _ => None,
    });
    let (server, documents) = (server.await, Documents::default());
    let check = async |path: &str, expected: DocumentError| {
        let url = format!("{}{path}", server.url);
        let asked = server.paths().len();
        for now_ms in [NOW_MS, NOW_MS + 4_999] {
            assert_eq!(get(&documents, &url, now_ms).await, Err(expected.clone()), "{path}");
        }
        assert_eq!(server.paths().len(), asked + 1, "{path}");
    };
    assert_eq!(get(&documents, &format!("{}/fits", server.url), NOW_MS).await.map(|d| d.len()), Ok(65_536));
    check("/missing", DocumentError::Status(StatusCode::NOT_FOUND)).await;
    check("/moved", DocumentError::Status(StatusCode::FOUND)).await;
    check("/large", DocumentError::TooLarge).await;
    check("/endless", DocumentError::TooLarge).await;
    check("/silent", DocumentError::Timeout).await;
    let nobody = get(&documents, "http://127.0.0.1:9/", NOW_MS).await;
    assert_eq!(nobody, Err(DocumentError::Unreachable));
}

#[tokio::test]
async fn a_flood_of_urls_is_no_flood_of_ours() {
    let server = Answering::start(|_, _| Some(answer("404 Not Found", "", ""))).await;
    let documents = Documents::default();
    let urls: Vec<String> = (0..1_000).map(|n| format!("{}/{n}", server.url)).collect();
    let got = join_all(urls.iter().map(|url| get(&documents, url, NOW_MS))).await;
    assert_eq!(server.paths().len(), 16);
    assert_eq!(got.iter().filter(|got| **got == Err(DocumentError::Busy)).count(), 984);
    assert_eq!(get(&documents, &urls[999], NOW_MS + 10_000).await, Err(DocumentError::Status(StatusCode::NOT_FOUND)));
}

#[tokio::test]
async fn thirty_two_documents_are_kept_and_those_that_never_came_give_way_first() {
    let server = Answering::start(|path, _| match path {
        "/none" => Some(answer("404 Not Found", "", "")),
        _ => Some(answer("200 OK", "cache-control: max-age=86400\r\n", path)),
    });
    let (server, documents) = (server.await, Documents::default());
    let mut now_ms = NOW_MS;
    let mut get = async |path: &str| {
        now_ms += 1_000;
        let asked = server.paths().len();
        drop(get(&documents, &format!("{}{path}", server.url), now_ms).await);
        server.paths().len() > asked
    };
    for n in 0..31 {
        assert!(get(&format!("/{n}")).await);
    }
    assert!(get("/none").await);
    assert!(get("/31").await, "in the place of the one that never came");
    assert!(!get("/0").await, "all 32 are here");
    assert!(get("/32").await);
    assert!(!get("/0").await && get("/1").await, "the one that was not used for longest gave way");
}

#[tokio::test]
async fn whoever_gives_up_waiting_has_asked_all_the_same() {
    let (server, documents) = (Answering::start(|_, _| None).await, Documents::default());
    let url = format!("{}/silent", server.url);
    let asked = async {
        while server.paths().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        got = get(&documents, &url, NOW_MS) => panic!("{got:?}"),
        () = asked => {}
    }
    assert_eq!(get(&documents, &url, NOW_MS + 4_999).await, Err(DocumentError::Timeout));
    assert_eq!(server.paths().len(), 1);
}

#[tokio::test]
async fn only_https_and_this_machine_are_asked() {
    let documents = Documents::default();
    let long = format!("https://a.example/{}", "x".repeat(2_048));
    for url in
        ["http://a.example/x", "ftp://a.example/x", "https://me:hush@a.example/", "file:///etc/passwd", "", &long]
    {
        assert_eq!(get(&documents, url, NOW_MS).await, Err(DocumentError::Url), "{url}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_takes_the_place_of_no_document() {
    let works = Arc::new(AtomicBool::new(true));
    let good = works.clone();
    let server = Answering::start(move |_, _| match good.load(Ordering::SeqCst) {
        true => Some(answer("200 OK", "", "keys")),
        false => Some(answer("200 OK", "cache-control: max-age=86400\r\n", "<html>")),
    });
    let (server, documents) = (server.await, Documents::default());
    let read = async |now_ms| documents.get("provider", &server.url, &|text| text == b"keys", now_ms).await;
    works.store(false, Ordering::SeqCst);
    assert_eq!(read(NOW_MS).await, Err(DocumentError::Unreadable));
    works.store(true, Ordering::SeqCst);
    let got_ms = NOW_MS + 5_000;
    assert_eq!(read(got_ms).await.as_deref(), Ok(&b"keys"[..]));
    works.store(false, Ordering::SeqCst);
    const DAY_MS: u64 = 86_400_000;
    assert_eq!(read(got_ms + 300_000).await.as_deref(), Ok(&b"keys"[..]), "it serves on");
    let too_late_ms = got_ms + 300_000 + DAY_MS;
    assert_eq!(read(too_late_ms - 1).await.as_deref(), Ok(&b"keys"[..]), "for a day");
    assert_eq!(read(too_late_ms + 5_000).await, Err(DocumentError::Unreadable), "and no longer");
}

#[tokio::test]
async fn a_flood_for_one_provider_leaves_the_others_their_fetches() {
    let server = Answering::start(|_, _| Some(answer("404 Not Found", "", ""))).await;
    let documents = Documents::default();
    for number in 0..100 {
        drop(documents.get("flooded", &format!("{}/{number}", server.url), &|_| true, NOW_MS).await);
    }
    let flooded = documents.get("flooded", &format!("{}/x", server.url), &|_| true, NOW_MS).await;
    assert_eq!(flooded, Err(DocumentError::Busy));
    let other = documents.get("other", &format!("{}/y", server.url), &|_| true, NOW_MS).await;
    assert_eq!(other, Err(DocumentError::Status(StatusCode::NOT_FOUND)));
}

#[tokio::test]
async fn a_document_is_fetched_anew_on_demand_once_in_ten_seconds() {
    let works = Arc::new(AtomicBool::new(true));
    let good = works.clone();
    let server = Answering::start(move |_, _| match good.load(Ordering::SeqCst) {
        true => Some(answer("200 OK", "cache-control: max-age=86400\r\n", "keys")),
        false => Some(answer("500 Internal Server Error", "", "")),
    });
    let (server, documents) = (server.await, Documents::default());
    let url = format!("{}/keys", server.url);
    let newer = async |now_ms| documents.newer("provider", &url, &|_| true, now_ms).await;
    get(&documents, &url, NOW_MS).await.unwrap();
    assert_eq!(newer(NOW_MS + 9_999).await.as_deref(), Ok(&b"keys"[..]));
    assert_eq!(server.paths().len(), 1, "it has only just come");
    let got = join_all((0..100).map(|_| newer(NOW_MS + 10_000))).await;
    assert!(got.iter().all(|got| got.as_deref() == Ok(&b"keys"[..])));
    assert_eq!(server.paths().len(), 2, "a hundred at once");
    works.store(false, Ordering::SeqCst);
    for now_ms in [NOW_MS + 20_000, NOW_MS + 29_999] {
        assert_eq!(newer(now_ms).await, Err(DocumentError::Status(StatusCode::INTERNAL_SERVER_ERROR)));
    }
    assert_eq!(get(&documents, &url, NOW_MS + 30_000).await.as_deref(), Ok(&b"keys"[..]), "the one that is here stays");
    assert_eq!(server.paths().len(), 3);
}
