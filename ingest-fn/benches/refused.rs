//! What the door spends on a request that it refuses: processor time, by kind of refusal and of signature.
//!
//! `cargo bench -p ingest-fn > /dev/null`; the log lines, which are part of the work, go to stdout, the table to stderr.
//! Only time that this thread ran is counted, so other work on the machine changes it little.

#![allow(clippy::unwrap_used, missing_docs, reason = "it may panic")]

#[path = "../tests/it/world.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod world;

use serde_json::{Value, json};
use world::{World, event, signed};

/// Each request is answered so often before it is measured, and ten times as often then.
const WARM: u32 = 50;

/// Nanoseconds that this thread has run (proc(5), `schedstat`).
fn ran_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Microseconds that one answer takes; it must be a refusal.
async fn us(world: &World, event: &Value, status: u16) -> u64 {
    let event = event.to_string();
    for _ in 0..WARM {
        let answer = world.door.answer(&event).await;
        assert_eq!(answer.status_code, status, "{}", &event[..event.len().min(300)]);
    }
    let begun_ns = ran_ns();
    for _ in 0..10 * WARM {
        world.door.answer(&event).await;
    }
    (ran_ns() - begun_ns) / u64::from(10 * WARM) / 1_000
}

/// A delivery of 2 KB or so whose body is another one than was signed.
fn forged(source: &str, bytes: usize) -> Value {
    let body = json!({"id": "evt_1", "type": "a", "data": "x".repeat(bytes)}).to_string();
    let mut event = signed(source, body.as_bytes(), false);
    event["body"] = json!(body.replace("evt_1", "evt_2"));
    event
}

/// A provider of each kind of signature that covers the body and whose key is not fetched.
const KINDS: [(&str, &str); 8] = [
    ("github", "HMAC-SHA256 of the body"),
    ("stripe", "HMAC-SHA256 of the time and the body"),
    ("svix", "HMAC-SHA256 of id, time and body"),
    ("intercom", "HMAC-SHA1"),
    ("discord", "Ed25519"),
    ("sendgrid", "ECDSA P-256"),
    ("wise", "RSA"),
    ("livekit", "JSON Web Token"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let world = World::with_queue_at("http://127.0.0.1:9").await;
    let line = |what: &str, us: u64| eprintln!("{us:>8} µs  {what}");
    line("no such source", us(&world, &event("nobody", &[], "{}", false), 404).await);
    line("no signature, 2 KB", us(&world, &event("github", &[], &"x".repeat(2_048), false), 401).await);
    for kb in [2, 64, 200, 4_000] {
        line(&format!("a forged HMAC, {kb} KB"), us(&world, &forged("github", kb * 1_000), 403).await);
    }
    line("a body of more than 8 MiB", us(&world, &event("github", &[], &"x".repeat(9_000_000), false), 413).await);

    for (source, kind) in KINDS {
        let event = forged(source, 2_000);
        let status = world.door.answer(&event.to_string()).await.status_code;
        assert!(matches!(status, 401 | 403), "{source}: {status}");
        line(&format!("a forged body of 2 KB, {kind} ({source})"), us(&world, &event, status).await);
    }
    let mut token = forged("gitlab", 2_000);
    token["headers"]["x-gitlab-token"] = json!("wrong");
    line("a wrong token (gitlab)", us(&world, &token, 403).await);
}
