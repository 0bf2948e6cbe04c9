//! What a source redacts, through the whole stack: it is in no queue, row, letter or log.

use crate::harness::Harness;
use crate::letters::{letters, quiet, visible};
use tidegate::bundle::TABLE;
use tidegate::post::Poster;

/// Stands in every value that must not be stored.
const MARKER: &str = "hush";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redacted_is_in_no_row_letter_or_log_whatever_becomes_of_the_event() {
    let harness = Harness::start().await;
    let person = r#""email":"hush@example.com","customer":{"id":7,"email":"hush","phone":["hush"]}"#;
    let bodies = [
        ("done", format!("{{\"id\":1.0,{person}}}")),
        ("dead", format!("{{\"id\":{{}},\"order_number\":1,{person}}}")),
        ("no-json", format!("{{\"id\":1,{person}")),
    ];
    let poster = Poster::new().unwrap();
    let mut keys = Vec::new();
    for (id, body) in &bodies {
        let delivery = harness.delivery("shopify", id, Some(body.as_bytes()));
        assert_eq!(poster.post(&delivery).await.unwrap().status, 200);
        keys.push(delivery.key.unwrap());
    }
    harness.wait_until(&keys[..1], "done", 30).await;
    harness.wait_until(&keys[1..], "dead", 30).await;
    quiet(&harness).await;
    visible(&harness, 2).await;

    let results = harness.running.account.results(&keys[..1]).await.unwrap();
    assert_eq!(results[&keys[0]], r#"{"id":1.0,"customer":{"id":7}}"#);
    let letters = letters(&harness).await;
    let items = harness.running.account.dynamodb().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let (log, rows) = (harness.log().join("\n"), format!("{items:?}"));
    assert!(rows.contains("redacted: not JSON, so nothing of the body was kept"), "{rows}");
    for (place, text) in [("letters", format!("{letters:?}")), ("rows", rows), ("log", log)] {
        assert!(!text.contains(MARKER), "{place}: {text}");
    }
    harness.stop().await;
}
