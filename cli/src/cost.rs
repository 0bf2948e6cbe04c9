//! `tidegate cost`: what AWS asks for so many deliveries, from the calls that the code makes and from dated prices.

pub mod bill;
pub mod calls;
mod page;
pub mod prices;
pub mod sizes;

use std::process::ExitCode;

use serde::Serialize;

use crate::dead::print;
use crate::{CliError, table};
use bill::{Assumptions, Bill, bill};
pub use page::document;
use prices::{AS_OF, Price, REGION};
use sizes::Sizes;

/// The sizes that are reckoned with unless others are asked for.
const SIZES: [u64; 4] = [2 << 10, 8 << 10, 64 << 10, 200 << 10];
/// What a row may keep of a result, which the worker holds to.
const KEPT_BYTES_MAX: u64 = 380 << 10;

/// Reckon what deliveries cost on AWS: the calls that the code makes, times dated list prices
///
/// Nothing is asked of AWS. Prices are those of us-east-1 without free tiers and discounts: check them against the pages
/// that `--json` names. How long the functions take is an assumption: take yours from the REPORT lines of their logs.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many deliveries are posted, duplicates among them
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    deliveries: u64,
    /// How large a body is, such as 2KB or 200KB; may be given several times
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    size: Vec<u64>,
    /// How many of a hundred deliveries are duplicates
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    duplicates: f64,
    /// How many of a hundred events fail once and are tried again
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    retries: f64,
    /// Where events take effect
    #[arg(long, value_enum, default_value_t = Place::Table)]
    destination: Place,
    /// How many messages a worker is handed at once, on average: 1 when little comes, 10 at most
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
    batch: u32,
    /// How long the door takes for a request, in milliseconds
    #[arg(long, value_name = "MS", default_value = "15", value_parser = positive)]
    ingest_ms: f64,
    /// How long the worker takes for a batch, in milliseconds; 25 without this, and 125 where it waits for an endpoint
    #[arg(long, value_name = "MS", value_parser = positive)]
    worker_ms: Option<f64>,
    /// The memory of both functions, in MB
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    memory: u32,
    /// How many bytes of its result a row keeps; as many as the body has without this, as the handler comes
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    kept: Option<u64>,
    /// How many writes of its own, of up to a kilobyte, the handler returns
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=99))]
    writes: u64,
    /// For how many days a row is kept
    #[arg(long, value_name = "DAYS", default_value_t = 35)]
    window_days: u32,
    /// Print all of it as JSON
    #[arg(long)]
    json: bool,
    /// Print the page docs/cost.md, which no other option alters
    #[arg(long, exclusive = true)]
    markdown: bool,
}

/// Where events take effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Place {
    /// In the table
    Table,
    /// At an endpoint that is posted to
    Https,
}

/// Prints a bill.
///
/// # Errors
/// When a delivery of such a size is not possible.
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    if options.markdown {
        return print::text(&document()?).map(|()| ExitCode::SUCCESS);
    }
    let assumed = options.assumptions();
    let sizes = if options.size.is_empty() { &SIZES[..] } else { &options.size };
    let bills = bills(sizes, &assumed)?;
    if options.json {
        let all = All { as_of: AS_OF, region: REGION, assumed, bills };
        let all = serde_json::to_string_pretty(&all).map_err(|error| CliError::failed(error.to_string()))?;
        return print::text(&(all + "\n")).map(|()| ExitCode::SUCCESS);
    }
    print::text(&table::layout(&titles(&bills), &rows(&bills)))?;
    eprintln!(
        "US dollars for {} deliveries, {REGION}, list prices as of {AS_OF}; docs/cost.md says what is left out",
        assumed.deliveries
    );
    Ok(ExitCode::SUCCESS)
}

impl Options {
    fn assumptions(&self) -> Assumptions {
        let at_endpoint = self.destination == Place::Https;
        Assumptions {
            deliveries: self.deliveries,
            duplicates_percent: self.duplicates,
            retries_percent: self.retries,
            at_endpoint,
            batch: self.batch,
            ingest_ms: self.ingest_ms,
            worker_ms: self.worker_ms.unwrap_or(if at_endpoint { 125.0 } else { 25.0 }),
            memory_mb: self.memory,
            kept_bytes: self.kept,
            handler_writes: self.writes,
            window_days: self.window_days,
        }
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct All {
    as_of: &'static str,
    region: &'static str,
    assumed: Assumptions,
    bills: Vec<Bill>,
}

fn bills(sizes: &[u64], assumed: &Assumptions) -> Result<Vec<Bill>, CliError> {
    sizes
        .iter()
        .map(|size| {
            let kept_bytes = assumed.kept_bytes.unwrap_or(*size);
            if !assumed.at_endpoint && kept_bytes > KEPT_BYTES_MAX {
                let wrong = format!("a row keeps {KEPT_BYTES_MAX} bytes of a result at most, not {kept_bytes}");
                return Err(CliError::Usage(format!("{wrong}: --kept says how many, or --destination https")));
            }
            Ok(bill(&Sizes::of(*size)?, assumed))
        })
        .collect()
}

/// A column for each size.
fn titles(bills: &[Bill]) -> Vec<String> {
    let size = |bill: &Bill| match bill.body_bytes {
        bytes if bytes % 1024 == 0 => format!("{} KB", bytes / 1024),
        bytes => format!("{bytes} bytes"),
    };
    std::iter::once("paid for".to_owned()).chain(bills.iter().map(size)).collect()
}

/// A row for each price that something is to be paid for, and one for the sum.
fn rows(bills: &[Bill]) -> Vec<Vec<String>> {
    let row = |(index, price): (usize, &Price)| {
        let costs = || bills.iter().map(|bill| bill.lines[index].total_usd);
        let cells = std::iter::once(price.what.to_owned()).chain(costs().map(money)).collect();
        (costs().sum::<f64>() > 0.0).then_some(cells)
    };
    let sum = std::iter::once("all of it".to_owned()).chain(bills.iter().map(|bill| money(bill.total_usd)));
    prices::ALL.iter().enumerate().filter_map(row).chain([sum.collect()]).collect()
}

fn money(usd: f64) -> String {
    format!("{usd:.2}")
}

/// Reads a size: `200KB`, `1MB`, or bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let (digits, each) = match (upper.strip_suffix("KB"), upper.strip_suffix("MB")) {
        (Some(digits), _) => (digits, 1 << 10),
        (_, Some(digits)) => (digits, 1 << 20),
        _ => (upper.as_str(), 1),
    };
    let number: Option<u64> = digits.trim().parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(each)).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| "expected a size such as 2KB, 1MB or 1500".to_owned())
}

/// Reads a share of a hundred; `%` may stand behind it.
fn percent(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.trim_end_matches('%').parse().ok();
    share.filter(|share| (0.0..=100.0).contains(share)).ok_or_else(|| "expected 0 to 100".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number.filter(|number| *number > 0.0 && number.is_finite()).ok_or_else(|| "expected a number above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shares_are_read_as_people_write_them() {
        assert_eq!(["2KB", "200kb", "1MB", "1500"].map(bytes), [Ok(2_048), Ok(204_800), Ok(1_048_576), Ok(1_500)]);
        for wrong in ["", "KB", "0", "-1", "2GB", "99999999999999999999KB", "18446744073709551615KB"] {
            assert_eq!(bytes(wrong), Err("expected a size such as 2KB, 1MB or 1500".to_owned()), "{wrong}");
        }
        assert_eq!(["5", "2.5%", "100"].map(percent), [Ok(5.0), Ok(2.5), Ok(100.0)]);
        for wrong in ["", "101", "-1", "nan"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
        assert!(positive("0").is_err() && positive("inf").is_err() && positive("2.5") == Ok(2.5));
    }
}
