//! A secret in SSM is rotated while the real door runs: nothing is deployed and no process starts anew.

use std::time::Duration;

use serde_json::json;
use tidegate::bundle::INGEST;
use tidegate::delivery::{Delivery, Draft, random_id};
use tidegate::post::Poster;
use webhook::sign::test_secret;

use crate::harness::Harness;

const NEW: &str = "whsec_dGhlIG5ldyBvbmU=";
const FORGED: &str = "whsec_bm9ib2R5J3M=";

/// The status that a delivery of svix gets which is signed with this secret.
async fn deliver(harness: &Harness, poster: &Poster, secret: &str) -> u16 {
    let draft = Draft {
        source: webhook::sources::by_name(&harness.running.sources, "svix").unwrap(),
        base_url: &harness.running.stack.gateway_url(),
        event_id: random_id(),
        body: None,
        content_type: None,
        tamper: None,
        now_ms: shell::clock::now_ms(),
    };
    poster.post(&draft.sign_with(secret).unwrap()).await.unwrap().status
}

/// Writes the parameter as `aws ssm put-parameter --overwrite` does.
async fn put(harness: &Harness, poster: &Poster, value: &str) {
    let input = json!({"Name": "/tidegate/local/svix", "Value": value, "Type": "SecureString", "Overwrite": true});
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AmazonSSM.PutParameter")];
    let call = Delivery {
        url: harness.running.stack.ssm_url(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: input.to_string().into_bytes(),
        key: None,
        parts: Vec::new(),
    };
    assert_eq!(poster.post(&call).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_rotated_without_a_deployment() {
    // One door, so that what it has learnt is what the next delivery meets.
    let alone = |config: &mut local::StackConfig| {
        config.functions.iter_mut().filter(|function| function.name == INGEST).for_each(|door| door.processes = 1);
    };
    let harness = Harness::start_altered(tempfile::tempdir().unwrap(), Duration::from_secs(5), 1, alone).await;
    let poster = Poster::new().unwrap();
    let old = test_secret(harness.running.sources.iter().find(|source| source.name == "svix").unwrap().provider);
    let before = harness.running.stack.process_ids(INGEST);
    assert_eq!(deliver(&harness, &poster, &old).await, 200);

    put(&harness, &poster, &format!("{old}\n{NEW}")).await;
    wait(async || {
        assert_eq!(deliver(&harness, &poster, &old).await, 200, "the old one stays good");
        deliver(&harness, &poster, NEW).await == 200
    })
    .await;

    put(&harness, &poster, NEW).await;
    wait(async || {
        assert_eq!(deliver(&harness, &poster, NEW).await, 200, "the new one stays good");
        // Whatever does not fit makes the door look again, at most every ten seconds.
        assert_eq!(deliver(&harness, &poster, FORGED).await, 403);
        deliver(&harness, &poster, &old).await == 403
    })
    .await;
    assert_eq!(harness.running.stack.process_ids(INGEST), before, "no process was started anew");
    let log = harness.log();
    assert_eq!(log.iter().filter(|line| line.contains("\"secrets_changed\"")).count(), 2);
    let told = [NEW, &old].into_iter().flat_map(|secret| [secret, secret.trim_start_matches("whsec_")]);
    told.for_each(|secret| assert!(!log.iter().any(|line| line.contains(secret)), "a secret in the log"));
    harness.stop().await;
}

/// Waits for longer than the door leaves the store alone.
async fn wait(mut condition: impl AsyncFnMut() -> bool) {
    let ends_ms = shell::clock::now_ms() + 60_000;
    while !condition().await {
        assert!(shell::clock::now_ms() < ends_ms, "the door has not looked");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
