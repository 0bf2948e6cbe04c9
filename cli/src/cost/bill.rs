//! The bill: how much of everything so many deliveries use, times its price.

use serde::Serialize;
use webhook::protocol::Way;

use super::calls::{Acting, Asked, Shape, Stored, settle};
use super::prices::{self, Price};
use super::sizes::{
    ACCESS_LINE_BYTES, INGEST_LINE_BYTES, LINE_OVERHEAD_BYTES, PLATFORM_LINES_BYTES, POST_OVERHEAD_BYTES,
    REFUSED_LINE_BYTES, Sizes, WORKER_LINE_BYTES, result_bytes,
};

/// What is reckoned with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Assumptions {
    /// How many deliveries are posted.
    pub deliveries: u64,
    /// How many of a hundred are duplicates of others.
    pub duplicates_percent: f64,
    /// How many of a hundred events fail once and come again.
    pub retries_percent: f64,
    /// Where events take effect: in the table, or at an endpoint.
    pub at_endpoint: bool,
    /// How many messages a worker is handed at once, on average.
    pub batch: u32,
    /// How long the door takes for a request, in milliseconds.
    pub ingest_ms: f64,
    /// How long the worker takes for a batch, in milliseconds.
    pub worker_ms: f64,
    /// The memory of both functions, in MB.
    pub memory_mb: u32,
    /// How many bytes of its result a row keeps; all of the body where that is not said.
    pub kept_bytes: Option<u64>,
    /// How many writes of its own, of up to a kilobyte, the handler returns.
    pub handler_writes: u64,
    /// For how many days a row is kept.
    pub window_days: u32,
}

/// One line of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Line {
    /// What is paid for.
    #[serde(flatten)]
    pub price: Price,
    /// How much of it.
    pub units: f64,
    /// What that comes to, in US dollars.
    pub total_usd: f64,
}

/// What deliveries of one size cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bill {
    /// The body as it is posted.
    pub body_bytes: u64,
    /// The message in the queue.
    pub message_bytes: u64,
    /// The row in the table.
    pub row_bytes: u64,
    /// What is paid for, in the order of [`prices::ALL`].
    pub lines: Vec<Line>,
    /// All of it, in US dollars.
    pub total_usd: f64,
}

const KB: u64 = 1024;
const GB: f64 = 1024.0 * 1024.0 * 1024.0;
/// What DynamoDB counts for each item that it stores (developer guide, "DynamoDB item sizes and formats").
const ITEM_OVERHEAD_BYTES: u64 = 100;
/// X-Ray records one request a second and five of a hundred others.
const TRACED: f64 = 0.05;
const MONTH_DAYS: f64 = 30.0;

/// Reckons what deliveries of this size cost.
pub fn bill(sizes: &Sizes, assumed: &Assumptions) -> Bill {
    let kept_bytes = match (assumed.at_endpoint, assumed.kept_bytes) {
        (true, _) => None,
        (false, kept_bytes) => Some(kept_bytes.unwrap_or(sizes.body_bytes)),
    };
    let row_bytes = sizes.row_bytes + kept_bytes.map_or(0, result_bytes);
    let shape = Shape {
        way: if assumed.at_endpoint { Way::Claimed } else { Way::AtOnce },
        done_bytes: row_bytes,
        bare_bytes: sizes.row_bytes,
        extra_writes: assumed.handler_writes,
    };
    let lines: Vec<Line> = used(sizes, assumed, &shape)
        .into_iter()
        .map(|(price, units)| Line { price, units, total_usd: units / price.per * price.usd })
        .collect();
    let total_usd = lines.iter().map(|line| line.total_usd).sum();
    Bill { body_bytes: sizes.body_bytes, message_bytes: sizes.message_bytes, row_bytes, lines, total_usd }
}

/// How much is used of everything that is paid for.
fn used(sizes: &Sizes, assumed: &Assumptions, shape: &Shape) -> [(Price, f64); prices::ALL.len()] {
    let deliveries = assumed.deliveries as f64;
    let duplicates = deliveries * assumed.duplicates_percent / 100.0;
    let events = deliveries - duplicates;
    let retries = events * assumed.retries_percent / 100.0;
    let stories = Stories::of(shape);
    let sum = |of: fn(&Asked) -> f64| {
        let retried: f64 = stories.retried.iter().map(of).sum();
        (events - retries) * of(&stories.fresh) + duplicates * of(&stories.duplicate) + retries * retried
    };

    let receives = deliveries + retries;
    let batches = receives / f64::from(assumed.batch);
    let invocations = deliveries + batches;
    let chunks = |bytes: u64| bytes.div_ceil(64 * KB) as f64;
    let sent = deliveries * chunks(sizes.message_bytes);
    let received = batches * chunks(sizes.message_bytes * u64::from(assumed.batch));
    // One call deletes what was settled of a batch.
    let deleted = batches;
    let delayed = sum(|asked| f64::from(u8::from(asked.delayed)));
    let sqs_requests = sent + received + deleted + delayed;

    let seconds = (deliveries * assumed.ingest_ms + batches * assumed.worker_ms) / 1000.0;
    let gb_seconds = seconds * f64::from(assumed.memory_mb) / 1024.0;

    let line = |bytes: u64| (bytes + LINE_OVERHEAD_BYTES) as f64;
    let platform = (PLATFORM_LINES_BYTES + 3 * LINE_OVERHEAD_BYTES) as f64;
    let log_bytes = deliveries * (line(ACCESS_LINE_BYTES) + line(INGEST_LINE_BYTES) + platform)
        + receives * line(WORKER_LINE_BYTES)
        + batches * platform;

    let stored_bytes = events * (shape.done_bytes + ITEM_OVERHEAD_BYTES) as f64;
    let table_gb_months = stored_bytes / GB * f64::from(assumed.window_days) / MONTH_DAYS;
    let posts = if assumed.at_endpoint { sum(|asked| asked.acted as f64) } else { 0.0 };
    let out_gb = posts * (sizes.body_bytes + POST_OVERHEAD_BYTES) as f64 / GB;

    [
        (prices::HTTP_API, deliveries * sizes.body_bytes.div_ceil(512 * KB).max(1) as f64),
        (prices::INVOCATION, invocations),
        (prices::GB_SECOND, gb_seconds),
        (prices::SQS, sqs_requests),
        (prices::SQS_FAIR, sqs_requests),
        (prices::WRITE_UNIT, sum(|asked| asked.writes as f64)),
        (prices::READ_UNIT, sum(|asked| asked.reads as f64)),
        (prices::TABLE, table_gb_months),
        (prices::RECOVERY, table_gb_months),
        (prices::LOGS, log_bytes / GB),
        (prices::TRACE, invocations * TRACED),
        (prices::DATA_OUT, out_gb),
    ]
}

/// What requests cost that are refused at the door, in US dollars: each its own, an invocation that waits for nothing, and
/// the lines on it.
pub fn refused_usd(requests: f64, memory_mb: u32) -> f64 {
    const SECONDS: f64 = 0.005;
    let log_bytes = ACCESS_LINE_BYTES + REFUSED_LINE_BYTES + PLATFORM_LINES_BYTES + 5 * LINE_OVERHEAD_BYTES;
    let each = [
        (prices::HTTP_API, 1.0),
        (prices::INVOCATION, 1.0),
        (prices::GB_SECOND, SECONDS * f64::from(memory_mb) / 1024.0),
        (prices::LOGS, log_bytes as f64 / GB),
        (prices::TRACE, TRACED),
    ];
    requests * each.iter().map(|(price, units)| units / price.per * price.usd).sum::<f64>()
}

/// What settling asks for in each of the ways that it can go.
struct Stories {
    /// The event is new.
    fresh: Asked,
    /// It is done before.
    duplicate: Asked,
    /// It fails once, and is done when it comes again.
    retried: [Asked; 2],
}

impl Stories {
    fn of(shape: &Shape) -> Self {
        let mut once = Stored::default();
        let fresh = settle(shape, &mut once, 1, Acting::Well);
        let duplicate = settle(shape, &mut once, 2, Acting::Well);
        let mut twice = Stored::default();
        let retried = [settle(shape, &mut twice, 1, Acting::Fails), settle(shape, &mut twice, 2, Acting::Well)];
        Stories { fresh, duplicate, retried }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSUMED: Assumptions = Assumptions {
        deliveries: 1_000_000,
        duplicates_percent: 0.0,
        retries_percent: 0.0,
        at_endpoint: false,
        batch: 1,
        ingest_ms: 10.0,
        worker_ms: 30.0,
        memory_mb: 512,
        kept_bytes: None,
        handler_writes: 0,
        window_days: 35,
    };
    const SMALL: Sizes = Sizes { body_bytes: 2_048, message_bytes: 2_500, row_bytes: 500 };
    const LARGE: Sizes = Sizes { body_bytes: 204_800, message_bytes: 220_000, row_bytes: 500 };

    #[track_caller]
    fn check(sizes: &Sizes, assumed: &Assumptions, price: Price, units: f64, usd: f64) {
        let bill = bill(sizes, assumed);
        let line = bill.lines.iter().find(|line| line.price == price).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs().max(1.0);
        assert!(near(line.units, units), "{} {}, expected {units}", line.units, price.what);
        assert!(near(line.total_usd, usd), "{} for {}, expected {usd}", line.total_usd, price.what);
    }

    #[test]
    fn a_million_small_deliveries_into_the_table() {
        check(&SMALL, &ASSUMED, prices::HTTP_API, 1e6, 1.0);
        check(&SMALL, &ASSUMED, prices::INVOCATION, 2e6, 0.4);
        // 40 ms of half a GB.
        check(&SMALL, &ASSUMED, prices::GB_SECOND, 20_000.0, 0.266_668);
        // Sent, received, deleted.
        check(&SMALL, &ASSUMED, prices::SQS, 3e6, 1.2);
        check(&SMALL, &ASSUMED, prices::SQS_FAIR, 3e6, 0.3);
        // 500 + 6 + 2,048 bytes are three begun KB.
        check(&SMALL, &ASSUMED, prices::WRITE_UNIT, 3e6, 1.875);
        check(&SMALL, &ASSUMED, prices::READ_UNIT, 0.0, 0.0);
        // 2,654 bytes of a million rows for 35 days.
        let gb_months = 2_654e6 / 1_073_741_824.0 * 35.0 / 30.0;
        check(&SMALL, &ASSUMED, prices::TABLE, gb_months, gb_months * 0.25);
        check(&SMALL, &ASSUMED, prices::RECOVERY, gb_months, gb_months * 0.2);
        let lines = ACCESS_LINE_BYTES + INGEST_LINE_BYTES + WORKER_LINE_BYTES + 2 * PLATFORM_LINES_BYTES + 9 * 26;
        let gb = lines as f64 * 1e6 / 1_073_741_824.0;
        check(&SMALL, &ASSUMED, prices::LOGS, gb, gb * 0.5);
        check(&SMALL, &ASSUMED, prices::TRACE, 1e5, 0.5);
        check(&SMALL, &ASSUMED, prices::DATA_OUT, 0.0, 0.0);
    }

    #[test]
    fn what_is_metered_in_chunks_is() {
        // 220,000 bytes are four chunks of 64 KB to send and to receive.
        check(&LARGE, &ASSUMED, prices::SQS, 9e6, 3.6);
        // Ten of them are 2,200,000 bytes in one receive, which are 34.
        let busy = Assumptions { batch: 10, ..ASSUMED };
        check(&LARGE, &busy, prices::SQS, 4e6 + 3.4e6 + 1e5, 3.0);
        // 500 + 6 + 204,800 bytes are 201 begun KB.
        check(&LARGE, &ASSUMED, prices::WRITE_UNIT, 201e6, 125.625);
        let kept = Assumptions { kept_bytes: Some(500), ..ASSUMED };
        check(&LARGE, &kept, prices::WRITE_UNIT, 1e6, 0.625);
        let huge = Sizes { body_bytes: 700_000, ..LARGE };
        check(&huge, &ASSUMED, prices::HTTP_API, 2e6, 2.0);
    }

    #[test]
    fn duplicates_and_retries_are_paid_for_too() {
        let duplicates = Assumptions { duplicates_percent: 10.0, ..ASSUMED };
        check(&SMALL, &duplicates, prices::WRITE_UNIT, 3e6, 1.875);
        let gb_months = 0.9 * 2_654e6 / 1_073_741_824.0 * 35.0 / 30.0;
        check(&SMALL, &duplicates, prices::TABLE, gb_months, gb_months * 0.25);
        let retries = Assumptions { retries_percent: 10.0, ..ASSUMED };
        // A mark that it waits, one write that it refuses, and the one that is taken.
        check(&SMALL, &retries, prices::WRITE_UNIT, 0.9 * 3e6 + 0.1 * (1.0 + 1.0 + 3.0) * 1e6, 2.0);
        check(&SMALL, &retries, prices::READ_UNIT, 1e5, 0.0125);
        // Sent once; received and deleted 1.1 times, hidden 0.1 times.
        check(&SMALL, &retries, prices::SQS, 1e6 + 1.1e6 + 1.1e6 + 0.1e6, 1.32);
    }

    #[test]
    fn an_endpoint_takes_two_small_writes_and_a_post() {
        let outside = Assumptions { at_endpoint: true, ..ASSUMED };
        check(&SMALL, &outside, prices::WRITE_UNIT, 2e6, 1.25);
        let gb = (2_048 + POST_OVERHEAD_BYTES) as f64 * 1e6 / 1_073_741_824.0;
        check(&SMALL, &outside, prices::DATA_OUT, gb, gb * 0.09);
    }

    #[test]
    fn a_refused_request_costs_its_way_to_the_door_and_nothing_behind_it() {
        let logs = (ACCESS_LINE_BYTES + REFUSED_LINE_BYTES + PLATFORM_LINES_BYTES + 130) as f64 / 1_073.741_824 * 0.5;
        // A request, an invocation, 2.5 GB-milliseconds, the lines, and the traces of five in a hundred.
        let expected = 1.0 + 0.2 + 2_500.0 * 0.000_013_333_4 + logs + 0.25;
        let usd = refused_usd(1e6, 512);
        assert!((usd - expected).abs() < 1e-6, "{usd}, expected {expected}");
    }

    #[test]
    fn a_bill_has_every_price_and_its_sum() {
        let bill = bill(&SMALL, &ASSUMED);
        assert_eq!(bill.lines.iter().map(|line| line.price).collect::<Vec<_>>(), prices::ALL);
        assert!((bill.total_usd - bill.lines.iter().map(|line| line.total_usd).sum::<f64>()).abs() < 1e-9);
        assert_eq!(bill.row_bytes, 500 + 6 + 2_048);
    }
}
