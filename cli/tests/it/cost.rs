//! What `tidegate cost` takes for granted, held against a delivery that goes through the real functions.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use tidegate::bundle::TABLE;
use tidegate::cost::sizes::{
    INGEST_LINE_BYTES, REFUSED_LINE_BYTES, SOURCE, Sizes, WORKER_LINE_BYTES, body, result_bytes,
};
use tidegate::post::Poster;
use webhook::ledger::Key;

use crate::harness::Harness;

const BODY_BYTES: usize = 8 * 1024;

/// An item as DynamoDB counts it: names, and values by their kind.
fn item_bytes(item: &HashMap<String, AttributeValue>) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        _ => 1,
    };
    item.iter().map(|(name, of)| name.len() + value(of)).sum()
}

#[track_caller]
fn check(what: &str, assumed: u64, real: usize) {
    let real = real as u64;
    assert!(assumed.abs_diff(real) * 10 <= real, "{what}: {real} bytes, and tidegate cost assumes {assumed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_log_lines_are_as_large_as_the_bill_has_them() {
    let harness = Harness::start_altered(tempfile::tempdir().unwrap(), Duration::from_secs(5), 1, |config| {
        for function in &mut config.functions {
            // With it, lines carry their metrics.
            function.env.push(("TIDEGATE_STACK".to_owned(), "tidegate".to_owned()));
        }
    })
    .await;
    let sizes = Sizes::of(BODY_BYTES as u64).unwrap();
    let delivery = harness.delivery(SOURCE, "unused", Some(body(BODY_BYTES).as_bytes()));
    assert_eq!(Poster::new().unwrap().post(&delivery).await.unwrap().status, 200);
    let forged = harness.send(&[SOURCE, "--tamper", "secret"]).await;
    assert!(String::from_utf8_lossy(&forged.stdout).starts_with("403"), "{forged:?}");
    let Key { pk, sk } = delivery.key.unwrap();
    harness.wait_until(&[Key { pk: pk.clone(), sk: sk.clone() }], "done", 30).await;

    let get = harness.running.account.dynamodb().get_item().table_name(TABLE);
    let row = get.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk)).send().await.unwrap().item.unwrap();
    check("a row", sizes.row_bytes + result_bytes(sizes.body_bytes), item_bytes(&row));
    let without: HashMap<_, _> = row.into_iter().filter(|(name, _)| name != "result").collect();
    check("a row without its result", sizes.row_bytes, item_bytes(&without));

    // The line comes a moment after the row.
    let line = async |outcome: &str| {
        let is_it = |line: &&String| line.contains(&format!(r#""outcome":"{outcome}""#));
        for _ in 0..200 {
            if let Some(line) = harness.log().iter().find(is_it) {
                return line.len();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no line says {outcome}");
    };
    check("a line of the door", INGEST_LINE_BYTES, line("accepted").await);
    check("a line on a forged request", REFUSED_LINE_BYTES, line("signature_invalid").await);
    check("a line of the worker", WORKER_LINE_BYTES, line("done").await);
    harness.stop().await;
}
