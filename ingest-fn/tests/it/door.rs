//! The door against a real SQS endpoint: every line of the table of answers, and what the queue holds after it.

use crate::world::{NOW_MS, World, event, signed};
use serde_json::{Value, json};
use webhook::envelope::Envelope;

#[track_caller]
fn check(answer: &ingest_fn::gateway::Answer, status: u16, body: &str) {
    assert_eq!((answer.status_code, answer.body.as_str()), (status, body));
}

#[tokio::test]
async fn a_signed_delivery_is_accepted_once_the_queue_has_it() {
    let world = World::start().await;
    let body = "{\"zen\":\"Keep it \u{1f980} simple\",\r\n\"n\":1}";
    let answer = world.door.answer(&signed("github", body.as_bytes(), true).to_string()).await;
    check(&answer, 200, "");
    let message = world.received().await.expect("one message");
    let envelope = Envelope::open(&message).unwrap();
    assert_eq!(envelope.raw_body().unwrap(), body.as_bytes());
    assert_eq!((&*envelope.source, &*envelope.identity, envelope.received_at_ms), ("github", "id-1", NOW_MS));
}

#[tokio::test]
async fn plain_and_base64_bodies_are_the_same_delivery() {
    let world = World::start().await;
    let body = "text \u{1f680}\r\n".repeat(2_000);
    for base64 in [false, true] {
        check(&world.door.answer(&signed("github", body.as_bytes(), base64).to_string()).await, 200, "");
        let message = world.received().await.expect("one message");
        assert_eq!(Envelope::open(&message).unwrap().raw_body().unwrap(), body.as_bytes());
    }
}

#[tokio::test]
async fn what_is_not_signed_as_it_must_be_is_refused_and_not_queued() {
    let world = World::start().await;
    let refused = async |change: fn(&mut Value), source: &str, status: u16, body: &str| {
        let mut event = signed(source, b"{\"id\":\"evt_1\"}", false);
        change(&mut event);
        check(&world.door.answer(&event.to_string()).await, status, body);
    };
    let forbidden = "{\"message\":\"Forbidden\"}";
    refused(|e| e["body"] = json!("{\"id\":\"evt_2\"}"), "github", 403, forbidden).await;
    refused(|e| e["body"] = Value::Null, "github", 403, forbidden).await;
    refused(|e| e["requestContext"]["timeEpoch"] = json!(NOW_MS + 301_000), "stripe", 403, forbidden).await;
    refused(|e| e["requestContext"]["timeEpoch"] = json!(NOW_MS - 301_000), "slack", 403, forbidden).await;
    let unauthorized = "{\"message\":\"Unauthorized\"}";
    refused(|e| drop(e["headers"].as_object_mut().unwrap().remove("x-hub-signature-256")), "github", 401, unauthorized)
        .await;
    refused(|e| e["headers"]["svix-id"] = json!(""), "svix", 401, unauthorized).await;
    assert_eq!(world.received().await, None);
}

#[tokio::test]
async fn a_source_that_describes_its_provider_itself_is_let_in_and_refused_like_a_row() {
    let world = World::start().await;
    let body = "{\"type\":\"order.paid\"}";
    let (old, new) = (ACME_SIGNATURE, "v1=00");
    let signed = format!("t={},{new},{old}", NOW_MS / 1000);
    let post = async |change: fn(&mut Value)| {
        let headers = [("X-Acme-Signature", signed.as_str()), ("X-Acme-Id", "a-1")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut event = event("acme", &headers, body, false);
        change(&mut event);
        world.door.answer(&event.to_string()).await
    };
    check(&post(|_| ()).await, 202, "");
    let message = world.received().await.expect("one message");
    let envelope = Envelope::open(&message).unwrap();
    assert_eq!((&*envelope.source, &*envelope.provider, &*envelope.identity), ("acme", "acme", "a-1"));
    assert_eq!(envelope.event_type.as_deref(), Some("order.paid"));
    assert_eq!(envelope.raw_body().unwrap(), body.as_bytes());
    assert_eq!(envelope.headers.keys().map(|name| &**name).collect::<Vec<_>>(), ["x-acme-id"]);

    let unauthorized = "{\"message\":\"Unauthorized\"}";
    check(&post(|e| e["body"] = json!("{}")).await, 401, unauthorized);
    check(&post(|e| e["headers"]["X-Acme-Signature"] = json!("")).await, 401, unauthorized);
    check(&post(|e| e["requestContext"]["timeEpoch"] = json!(NOW_MS + 301_000)).await, 401, unauthorized);
    check(&post(|e| e["requestContext"]["timeEpoch"] = json!(NOW_MS - 301_000)).await, 401, unauthorized);
    assert_eq!(world.received().await, None);
}

/// What openssl makes: `printf '1795262400.{"type":"order.paid"}' | openssl dgst -sha256 -hmac "acme's secret"`.
const ACME_SIGNATURE: &str = "v1=854169eae9614837ee36f35340495525d32f95986572ce05367c6af2c1a1a648";

#[tokio::test]
async fn what_is_no_delivery_is_refused_and_not_queued() {
    let world = World::start().await;
    let answer = world.door.answer(&event("nobody", &[], "x", false).to_string()).await;
    check(&answer, 404, "{\"message\":\"Not Found\"}");

    let mut get = signed("github", b"{}", false);
    get["requestContext"]["http"]["method"] = json!("GET");
    let answer = world.door.answer(&get.to_string()).await;
    check(&answer, 405, "{\"message\":\"Method Not Allowed\"}");
    assert_eq!(answer.headers["allow"], "POST");

    let mut garbled = signed("github", b"{}", true);
    garbled["body"] = json!("this is no base64!");
    check(&world.door.answer(&garbled.to_string()).await, 400, "{\"message\":\"Bad Request\"}");

    let mut unreadable = signed("github", b"{}", false);
    unreadable["headers"]["x-hub-signature-256"] = json!(["not", "text"]);
    check(&world.door.answer(&unreadable.to_string()).await, 400, "{\"message\":\"Bad Request\"}");
    check(&world.door.answer("{}").await, 400, "{\"message\":\"Bad Request\"}");

    let large = "x".repeat(8 * 1024 * 1024 + 1);
    let answer = world.door.answer(&signed("github", large.as_bytes(), false).to_string()).await;
    check(&answer, 413, "{\"message\":\"Content Too Large\"}");
    assert_eq!(world.received().await, None);
}

#[tokio::test]
async fn an_answer_has_the_headers_that_a_provider_wants() {
    let world = World::start().await;
    let run = br#"{"ctx":{"run_id":"01JBS8Q5M2T4V6X8Z0B1D3F5H7"},"event":{"name":"tide/gate.opened"}}"#;
    let answer = world.door.answer(&signed("inngest", run, false).to_string()).await;
    check(&answer, 200, "null");
    assert_eq!(
        (&*answer.headers["content-type"], &*answer.headers["x-inngest-req-version"]),
        ("application/json", "1")
    );
    assert!(answer.headers["x-inngest-sdk"].starts_with("tidegate:v"), "without an SDK's name the attempt has failed");
    assert!(world.received().await.is_some());
}

#[tokio::test]
async fn handshakes_are_answered_and_not_queued() {
    let world = World::start().await;
    let challenge = br#"{"type":"url_verification","challenge":"3eZbrw1a"}"#;
    let answer = world.door.answer(&signed("slack", challenge, false).to_string()).await;
    check(&answer, 200, "3eZbrw1a");
    assert_eq!(answer.headers["content-type"], "text/plain");

    let form = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    check(&world.door.answer(&event("slack", &form, "ssl_check=1&token=x", false).to_string()).await, 200, "");

    let mut unsigned = signed("slack", challenge, false);
    unsigned["headers"]["x-slack-signature"] = json!("v0=00");
    check(&world.door.answer(&unsigned.to_string()).await, 403, "{\"message\":\"Forbidden\"}");
    assert_eq!(world.received().await, None);
}

#[tokio::test]
async fn a_provider_that_only_asks_is_answered_by_its_own_method() {
    let world = World::start().await;
    let ask = async |source: &str, method: &str, query: &str| {
        let mut event = event(source, &[], "", false);
        event["requestContext"]["http"]["method"] = json!(method);
        event["rawQueryString"] = json!(query);
        world.door.answer(&event.to_string()).await
    };
    let answer = ask("meta", "GET", "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t").await;
    check(&answer, 200, "1158201444");
    assert_eq!(
        (&*answer.headers["content-type"], &*answer.headers["x-content-type-options"]),
        ("text/plain", "nosniff")
    );
    check(&ask("trello", "HEAD", "").await, 200, "");
    check(&ask("meta", "GET", "hub.mode=subscribe").await, 405, "{\"message\":\"Method Not Allowed\"}");
    check(&ask("github", "HEAD", "").await, 405, "{\"message\":\"Method Not Allowed\"}");
    check(&ask("meta", "PUT", "hub.mode=subscribe&hub.challenge=1").await, 405, "{\"message\":\"Method Not Allowed\"}");
    assert_eq!(world.received().await, None);
}

#[tokio::test]
async fn a_provider_that_tries_us_with_wrong_signatures_gets_the_status_that_it_wants() {
    let world = World::start().await;
    let wrong = async |source: &str| {
        let mut event = signed(source, b"{\"id\":\"1\",\"type\":0}", false);
        event["body"] = json!("{}");
        world.door.answer(&event.to_string()).await
    };
    check(&wrong("discord").await, 401, "{\"message\":\"Unauthorized\"}");
    check(&wrong("telnyx").await, 403, "{\"message\":\"Forbidden\"}");
}

#[tokio::test]
async fn a_body_that_is_no_json_was_verified_and_is_let_in_by_its_hash() {
    let world = World::start().await;
    check(&world.door.answer(&signed("stripe", b"{\"id\":\"evt_1\"", false).to_string()).await, 200, "");
    let message = world.received().await.expect("one message");
    let envelope = Envelope::open(&message).unwrap();
    assert!(envelope.identity.starts_with("sha256:") && envelope.event_id.is_none(), "{envelope:?}");
}

#[tokio::test]
async fn a_source_without_a_secret_answers_503_and_the_others_work() {
    let mut world = World::start().await;
    world.without_secret("stripe");
    let answer = world.door.answer(&signed("stripe", b"{}", false).to_string()).await;
    check(&answer, 503, "{\"message\":\"Service Unavailable\"}");
    assert_eq!(answer.headers["retry-after"], "5");
    check(&world.door.answer(&signed("github", b"{}", false).to_string()).await, 200, "");
}

#[tokio::test]
async fn several_secrets_are_live_at_once_while_one_is_rotated() {
    let mut world = World::start().await;
    let event = signed("github", b"{}", false).to_string();
    world.with_secret("github", "the-new-one\ntidegate-test-secret");
    check(&world.door.answer(&event).await, 200, "");
    world.with_secret("github", "the-new-one");
    check(&world.door.answer(&event).await, 403, "{\"message\":\"Forbidden\"}");
}

#[tokio::test]
async fn a_queue_that_refuses_connections_makes_a_503_in_time() {
    check_unavailable(World::with_queue_at("http://127.0.0.1:9").await).await;
}

#[tokio::test]
async fn a_queue_that_never_answers_makes_a_503_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    check_unavailable(World::with_queue_at(&format!("http://{address}")).await).await;
    drop(listener);
}

#[tokio::test]
async fn a_queue_that_is_not_there_makes_a_503() {
    check_unavailable(World::without_queue().await).await;
}

/// Slack gives up after 3 s: the answer must be there before that.
async fn check_unavailable(world: World) {
    let started_ms = shell::clock::now_ms();
    let answer = world.door.answer(&signed("github", b"{}", false).to_string()).await;
    check(&answer, 503, "{\"message\":\"Service Unavailable\"}");
    assert_eq!(answer.headers["retry-after"], "5");
    let took_ms = shell::clock::now_ms() - started_ms;
    assert!(took_ms < 3_000, "answered after {took_ms} ms");
}
