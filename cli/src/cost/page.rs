//! The page `docs/cost.md`.

use crate::CliError;

use super::bill::{Assumptions, refused_usd};
use super::prices::{self, AS_OF, REGION};
use super::{SIZES, bills, money, rows, titles};

const ASSUMED: Assumptions = Assumptions {
    deliveries: 1_000_000,
    duplicates_percent: 0.0,
    retries_percent: 0.0,
    at_endpoint: false,
    batch: 1,
    ingest_ms: 15.0,
    worker_ms: 25.0,
    memory_mb: 512,
    kept_bytes: None,
    handler_writes: 0,
    window_days: 35,
};
const AT_ENDPOINT: Assumptions = Assumptions { at_endpoint: true, worker_ms: 125.0, ..ASSUMED };

/// What else a million deliveries may be like.
const OTHERS: [(&str, &str, Assumptions); 6] = [
    ("as above", "", ASSUMED),
    ("a busy queue: ten messages a batch", "--batch 10", Assumptions { batch: 10, ..ASSUMED }),
    ("rows keep 1 KB of each result", "--kept 1KB", Assumptions { kept_bytes: Some(1_024), ..ASSUMED }),
    (
        "one delivery in ten is a duplicate, one event in twenty fails once",
        "--duplicates 10 --retries 5",
        Assumptions { duplicates_percent: 10.0, retries_percent: 5.0, ..ASSUMED },
    ),
    ("the handler returns a write of its own", "--writes 1", Assumptions { handler_writes: 1, ..ASSUMED }),
    (
        "both: busy, and rows keep 1 KB",
        "--batch 10 --kept 1KB",
        Assumptions { batch: 10, kept_bytes: Some(1_024), ..ASSUMED },
    ),
];

/// The page.
///
/// # Errors
/// Never with the sizes that are on it; the signature is that of reckoning.
pub fn document() -> Result<String, CliError> {
    let mut page = format!("{HEAD}\nUS dollars for a million deliveries in {REGION}, list prices as of {AS_OF}.\n\n");
    for (heading, assumed) in [("Effects in the table", ASSUMED), ("Effects at an endpoint", AT_ENDPOINT)] {
        let bills = bills(&SIZES, &assumed)?;
        page += &format!("## {heading}\n\n{}\n", table(&titles(&bills), &rows(&bills)));
    }
    let mut others = Vec::new();
    for (what, options, assumed) in OTHERS {
        let sums = bills(&SIZES, &assumed)?.into_iter().map(|bill| money(bill.total_usd));
        let options = if options.is_empty() { String::new() } else { format!("`{options}`") };
        others.push([what.to_owned(), options].into_iter().chain(sums).collect());
    }
    let mut heads = titles(&bills(&SIZES, &ASSUMED)?);
    heads.splice(..1, ["a million deliveries".to_owned(), "options".to_owned()]);
    let prices: Vec<Vec<String>> = prices::ALL
        .iter()
        .map(|price| {
            let per = if price.per > 1.0 { "a million" } else { "one" };
            vec![price.what.to_owned(), format!("{} for {per}", price.usd), price.page.to_owned()]
        })
        .collect();
    const HOUR_AT_500: f64 = 500.0 * 3_600.0;
    let refused = format!(
        "A million requests that are refused at the door cost {}; a flood at the default throttle of 500 a second, {} an hour.\n",
        money(refused_usd(1e6, ASSUMED.memory_mb)),
        money(refused_usd(HOUR_AT_500, ASSUMED.memory_mb))
    );
    let price_heads = ["paid for", "US dollars", "page"].map(str::to_owned);
    page += &format!(
        "## What moves it\n\n{}\n{SAVES}{refused}\n{TAIL}{}",
        table(&heads, &others),
        table(&price_heads, &prices)
    );
    Ok(page)
}

fn table(heads: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(heads.len()));
    line(heads) + &rule + &rows.iter().map(|row| line(row)).collect::<String>()
}

const HEAD: &str = "# What it costs

`tidegate cost` reckons it from the calls that the code makes, and `cargo run -- cost --markdown > docs/cost.md` writes this page.
Messages are made by the door's own code, and what the worker asks of the table is counted by going through its protocol (`webhook/src/protocol.rs`); a test holds rows and log lines against those of a real delivery.
`cargo run -- cost --help` says what else can be assumed, and `--json` prints units and prices with the pages where AWS says them.
";

const SAVES: &str = "A row is written by the kilobyte, so bodies that are kept whole are most of the bill from 8 KB on.
A handler that returns what you need of a payload, and not all of it, is what saves most.
";

const TAIL: &str = "## Assumed

- One message a batch, as when little comes; `--batch` for more.
- 15 ms for the door and 25 ms for a batch at 512 MB on arm64, nearly all of it the wait for SQS and DynamoDB; an endpoint that answers within 100 ms. Take yours from the REPORT lines, `--ingest-ms` and `--worker-ms`.
- Rows are kept for 35 days, and an endpoint is on the internet.
- One request in twenty is traced.
- The surcharge for message groups is asked for every request to the queue.

## Left out

- Free tiers, discounts for large use, taxes.
- Months in which nothing comes: Lambda's five pollers ask an empty queue about 650,000 times a month (0.33), an alarm costs 0.10, a custom metric 0.30 and a dashboard 3.00 a month.
- KMS: the table is sealed with the key that AWS manages, which is asked for once in five minutes by each caller (0.03 for 10,000 requests), and SSM's is asked for with each renewal of parameters: cents a month.
- Cold starts: their INIT is paid for like the rest, some tens of milliseconds each.
- Log storage (0.03 for a GB and month, compressed), reading logs, dead letters and their redrives, what `tidegate` itself asks.
- A custom domain is free; CloudFront and WAF in front of it are not.

## Prices

Put down on the day above without a look at the live pages, as these and others' accounts of them had the prices in 2026, first tier.
They change: check them against the pages before you decide by them.

";
