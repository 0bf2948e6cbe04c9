//! Bodies that are large: compressed, stored in S3 before their message is sent, or refused.

use std::sync::Arc;

use crate::world::{World, signed};
use local::s3::S3;
use tempfile::TempDir;
use tokio::net::TcpListener;
use webhook::envelope::{BodyEncoding, Envelope};

const BUCKET: &str = "bodies";

/// Characters of 6 bits each, which a compressor makes a fourth smaller and no more.
fn noise(bytes: usize) -> String {
    let mut chance = fastrand::Rng::with_seed(bytes as u64);
    std::iter::repeat_with(|| char::from(b'0' + chance.u8(..43))).take(bytes).collect()
}

/// A door with a bucket on a real S3 endpoint.
async fn with_bucket() -> (World, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = World::start().await;
    world.with_bucket_at(&format!("http://{}", listener.local_addr().unwrap()), BUCKET);
    let s3 = Arc::new(S3::open(folder.path(), [BUCKET].into_iter()).unwrap());
    tokio::spawn(s3.serve(listener, std::future::pending()));
    (world, folder)
}

/// Posts a delivery as its provider would, again where it is told to.
async fn post(world: &World, source: &str, body: &str) -> u16 {
    let mut event = signed(source, body.as_bytes(), false);
    let mut status = 503;
    for _ in 0..10 {
        // Received now: what was received long ago has less time left.
        event["requestContext"]["timeEpoch"] = shell::clock::now_ms().into();
        status = world.door.answer(&event.to_string()).await.status_code;
        if status != 503 {
            break;
        }
    }
    status
}

#[tokio::test]
async fn a_large_body_lies_in_the_bucket_before_its_message_is_sent() {
    let (world, folder) = with_bucket().await;
    let body = format!("{{\"noise\":\"{}\"}}", noise(5_000_000));
    assert_eq!(post(&world, "github", &body).await, 200);
    let message = world.received().await.expect("one message");
    let envelope = Envelope::open(&message).unwrap();
    let claim = envelope.claim.as_ref().expect("a claim");
    let object = std::fs::read(folder.path().join(&*claim.bucket).join(&*claim.key)).unwrap();
    assert_eq!((&*claim.bucket, claim.bytes), (BUCKET, object.len() as u64));
    assert!(envelope.claimed_body(object).unwrap() == body.as_bytes(), "another body");
}

#[tokio::test]
async fn without_a_bucket_it_is_refused_unless_it_can_be_compressed() {
    let world = World::start().await;
    assert_eq!(post(&world, "github", &noise(5_000_000)).await, 413);
    assert_eq!(world.received().await, None);
    // The largest that Lambda hands over.
    assert_eq!(post(&world, "github", &"0".repeat(5_990_000)).await, 200);
    let message = world.received().await.expect("one message");
    assert!(message.len() < 64 * 1024, "{} bytes", message.len());
    assert_eq!(Envelope::open(&message).unwrap().encoding, BodyEncoding::DeflateBase64);
}

#[tokio::test]
async fn while_s3_does_not_take_it_the_provider_has_to_come_again_and_nothing_is_sent() {
    let (mut world, folder) = with_bucket().await;
    let event = signed("github", noise(2_000_000).as_bytes(), false).to_string();
    std::fs::remove_dir(folder.path().join(BUCKET)).unwrap();
    let answer = world.door.answer(&event).await;
    assert_eq!(
        (answer.status_code, answer.headers.contains_key("retry-after")),
        (503, true),
        "there is no such bucket"
    );
    // Nobody listens on the port of a listener that is gone.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    world.with_bucket_at(&format!("http://{gone}"), BUCKET);
    assert_eq!(world.door.answer(&event).await.status_code, 503);
    assert_eq!(world.received().await, None);
}

#[tokio::test]
async fn a_large_event_of_a_batch_lies_in_the_bucket_and_the_others_in_their_messages() {
    let (mut world, _folder) = with_bucket().await;
    let source = world.door.sources.iter_mut().find(|source| source.name == "line").unwrap();
    source.split = source.provider.batch;
    let event = |id: &str, pad: &str| format!("{{\"webhookEventId\":\"{id}\",\"pad\":\"{pad}\"}}");
    let events = [event("a", ""), event("b", &noise(2_000_000)), event("c", "")].join(",");
    assert_eq!(post(&world, "line", &format!("{{\"destination\":\"U1\",\"events\":[{events}]}}")).await, 200);
    let mut claimed = Vec::new();
    while let Some(message) = world.received().await {
        let envelope = Envelope::open(&message).unwrap();
        claimed.push((envelope.claim.is_some(), envelope.body_bytes));
    }
    claimed.sort_unstable();
    let large = event("b", &noise(2_000_000)).len() as u64;
    assert_eq!(claimed, [(false, None), (false, None), (true, Some(large))]);
}
