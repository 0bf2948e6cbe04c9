//! Secrets in SSM: rotated while deliveries come, a store that is down, and floods that it must not feel.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ingest_fn::secrets::AGAIN_MS;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::answering::{Answering, answer};
use crate::store::{Places, REFRESH_MS, Stored};
use crate::world::{signed, signed_with};

const GITHUB: &str = "/tidegate/test/github";

fn github() -> Places {
    Places::from([("github", vec!["ssm:/tidegate/{stage}/github"])])
}

/// A load of deliveries, each signed with one of these secrets, and what they were answered.
async fn load(stored: &Arc<Stored>, secrets: &[&'static str]) -> BTreeSet<u16> {
    const AT_ONCE: usize = 8;
    const EACH: usize = 12;
    let worker = |worker: usize| {
        let (stored, secrets) = (stored.clone(), secrets.to_vec());
        tokio::spawn(async move {
            let mut answers = BTreeSet::new();
            for n in 0..EACH {
                answers.insert(stored.deliver("github", secrets[(worker + n) % secrets.len()]).await);
            }
            answers
        })
    };
    join_all((0..AT_ONCE).map(worker)).await.into_iter().flat_map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_rotated_under_load_and_no_valid_delivery_is_refused() {
    let stored = Arc::new(Stored::start(github(), &[(GITHUB, "old")]).await);
    let under_way = tokio::spawn({
        let stored = stored.clone();
        async move { load(&stored, &["old"]).await }
    });
    stored.ssm.put(GITHUB, "old\nnew");
    stored.pass(AGAIN_MS);
    assert_eq!(load(&stored, &["old", "new"]).await, [200].into(), "both are live");
    assert_eq!(under_way.await.unwrap(), [200].into());
    assert_eq!(stored.ssm.fetches(), 2, "at start, and for the first delivery that the new one signed");

    stored.ssm.put(GITHUB, "new");
    stored.pass(REFRESH_MS);
    assert_eq!(load(&stored, &["new"]).await, [200].into());
    assert_eq!(stored.ssm.fetches(), 3, "the interval was over");
    assert_eq!(load(&stored, &["old"]).await, [403].into(), "the old one is gone");
    assert_eq!(load(&stored, &["new"]).await, [200].into());
}

#[tokio::test]
async fn an_old_secret_is_not_let_in_by_a_process_that_slept_over_the_rotation() {
    let stored = Stored::start(github(), &[(GITHUB, "old")]).await;
    stored.ssm.put(GITHUB, "new");
    stored.pass(REFRESH_MS - 1);
    assert_eq!(stored.deliver("github", "old").await, 200, "nobody has looked yet");
    assert_eq!(stored.ssm.fetches(), 1);
    stored.pass(REFRESH_MS + 1);
    assert_eq!(stored.deliver("github", "old").await, 403);
    assert_eq!(stored.deliver("github", "new").await, 200);
    assert_eq!(stored.ssm.fetches(), 2);
}

#[tokio::test]
async fn a_store_that_is_down_takes_no_secret_away() {
    let mut stored = Stored::start(github(), &[(GITHUB, "hush")]).await;
    stored.stop_serving().await;
    for _ in 0..4 {
        stored.pass(REFRESH_MS);
        assert_eq!(stored.deliver("github", "hush").await, 200);
        assert_eq!(stored.deliver("github", "other").await, 403);
    }
}

#[tokio::test]
async fn a_store_that_never_answers_makes_no_delivery_slow_or_wrong_and_is_asked_again_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let mut stored = Stored::at(&endpoint, github()).await;
    stored.ssm.put(GITHUB, "hush");
    stored.world.door.secrets.fill(Duration::from_millis(50)).await;
    let answer = stored.world.door.answer(&signed_with("github", "hush", b"{}", false).to_string()).await;
    assert_eq!((answer.status_code, &*answer.headers["retry-after"]), (503, "5"));
    assert_eq!(stored.deliver("stripe", "tidegate-test-secret").await, 200, "the others work");
    stored.pass(AGAIN_MS);
    assert_eq!(stored.deliver("github", "hush").await, 503, "it was asked again in vain");
    stored.pass(AGAIN_MS);
    stored.serve(listener);
    assert_eq!(stored.deliver("github", "hush").await, 200, "and now it answers");
}

#[tokio::test]
async fn floods_do_not_reach_the_store() {
    let stored = Stored::start(github(), &[(GITHUB, "hush")]).await;
    let flood = async |event: Value, times: usize, status: u16| {
        let event = event.to_string();
        let answers = join_all((0..times).map(|_| stored.world.door.answer(&event))).await;
        assert!(answers.iter().all(|answer| answer.status_code == status));
    };
    let forged = || signed_with("github", "another", b"{}", false);
    flood(forged(), 100, 403).await;
    assert_eq!(stored.ssm.fetches(), 1, "it was asked a moment ago");
    stored.pass(AGAIN_MS);
    let mut unsigned = forged();
    unsigned["headers"].as_object_mut().unwrap().remove("x-hub-signature-256");
    flood(unsigned, 100, 401).await;
    flood(signed_with("stripe", "another", b"{}", false), 100, 403).await;
    assert_eq!(stored.ssm.fetches(), 1, "no secret of the store would help");
    flood(forged(), 1_000, 403).await;
    assert_eq!(stored.ssm.fetches(), 2, "a thousand at once are one call");
    flood(forged(), 1_000, 403).await;
    assert_eq!(stored.ssm.fetches(), 2, "and a thousand more are none");
}

#[tokio::test]
async fn ten_parameters_are_one_call_and_each_is_asked_for_once() {
    const NAMES: [[&str; 8]; 3] = [
        ["ssm:/a0", "ssm:/a1", "ssm:/a2", "ssm:/a3", "ssm:/a4", "ssm:/a5", "ssm:/a6", "ssm:/a7"],
        ["ssm:/b0", "ssm:/b1", "ssm:/b2", "ssm:/b3", "ssm:/b4", "ssm:/b5", "ssm:/b6", "ssm:/b7"],
        ["ssm:/c0", "ssm:/c1", "ssm:/c2", "ssm:/c3", "ssm:/c4", "ssm:/c5", "ssm:/c6", "ssm:/a0"],
    ];
    let sources = ["github", "stripe", "slack"];
    let places = sources.into_iter().zip(NAMES.map(|names| names.to_vec())).collect();
    let parameters: Vec<(&str, &str)> = NAMES.iter().flatten().map(|place| (&place[4..], &place[5..])).collect();
    let stored = Stored::start(places, &parameters).await;
    assert_eq!(stored.ssm.fetches(), 3, "23 parameters");
    for (source, secret) in [("github", "a0"), ("github", "a7"), ("stripe", "b3"), ("slack", "c6"), ("slack", "a0")] {
        assert_eq!(stored.deliver(source, secret).await, 200, "{source} {secret}");
    }
    assert_eq!(stored.deliver("github", "c6").await, 403);
}

#[tokio::test]
async fn a_parameter_that_vanishes_takes_its_own_source_down_until_it_is_back() {
    let places = Places::from([("github", vec!["ssm:/github"]), ("slack", vec!["ssm:/slack"])]);
    let stored = Stored::start(places, &[("/github", "hush"), ("/slack", "hush")]).await;
    stored.ssm.delete("/github").unwrap();
    stored.pass(REFRESH_MS);
    assert_eq!(stored.deliver("slack", "hush").await, 200, "and beside it all are fetched");
    assert_eq!(stored.deliver("github", "hush").await, 503);
    assert_eq!(stored.deliver("slack", "hush").await, 200);
    stored.ssm.put("/github", "hush");
    assert_eq!(stored.deliver("github", "hush").await, 503, "the store is left alone for a while");
    stored.pass(AGAIN_MS);
    assert_eq!(stored.deliver("github", "hush").await, 200);
}

#[tokio::test]
async fn variables_and_parameters_are_live_beside_each_other() {
    let places =
        Places::from([("github", vec!["env:github", "ssm:/aws/reference/secretsmanager/github", "env:unset"])]);
    let stored =
        Stored::start(places, &[("/aws/reference/secretsmanager/github", "from the store\n and another")]).await;
    let own = stored.world.door.answer(&signed("github", b"{}", false).to_string()).await;
    assert_eq!(own.status_code, 200);
    for secret in ["from the store", "and another"] {
        assert_eq!(stored.deliver("github", secret).await, 200, "{secret}");
    }
    assert_eq!(stored.deliver("github", "a third").await, 403);
}

#[tokio::test]
async fn a_parameter_that_may_not_be_read_takes_no_other_source_down() {
    // So SSM refuses a whole call for one name of it, and says that a name below Secrets Manager is not there.
    let server = Answering::start(|_, body| {
        let refuse = |code: &str| Some(answer("400 Bad Request", "", &format!("{{\"__type\":\"{code}\"}}")));
        if body.contains("/forbidden") {
            return refuse("AccessDeniedException");
        }
        if body.contains("/aws/") {
            return refuse("com.amazonaws.ssm#ParameterNotFound");
        }
        Some(answer("200 OK", "", "{\"Parameters\":[{\"Name\":\"/github\",\"Value\":\"hush\"}]}"))
    });
    let places = Places::from([
        ("github", vec!["ssm:/github"]),
        ("stripe", vec!["ssm:/forbidden"]),
        ("slack", vec!["ssm:/aws/reference/secretsmanager/none"]),
    ]);
    let server = server.await;
    let stored = Stored::at(&server.url, places).await;
    stored.world.door.secrets.fill(Duration::from_secs(5)).await;
    assert_eq!(server.paths().len(), 4, "one call for all, and one for each");
    assert_eq!(stored.deliver("github", "hush").await, 200);
    let why = |name: &str| {
        let source = stored.world.door.sources.iter().position(|source| source.name == name).unwrap();
        stored.world.door.secrets.of(source).unwrap_err().to_string()
    };
    assert_eq!(why("stripe"), "the parameter /forbidden could not be fetched");
    assert_eq!(why("slack"), "the parameter /aws/reference/secretsmanager/none does not exist");
}
