//! What AWS asks for what we use, as data. Nothing here is looked up, and the live pages were not at hand: check
//! it against those that are named before you decide by it.

use serde::Serialize;

/// When these prices were put down.
pub const AS_OF: &str = "2026-11-22";
/// Where they hold. Other regions ask up to twice as much.
pub const REGION: &str = "us-east-1";

/// One price, beyond what an account has for nothing and before any discount for large use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Price {
    /// What is paid for.
    pub what: &'static str,
    /// In US dollars.
    pub usd: f64,
    /// For so many of them.
    pub per: f64,
    /// Where AWS says so.
    pub page: &'static str,
}

const MILLION: f64 = 1e6;

/// A request to an HTTP API.
pub const HTTP_API: Price = Price {
    what: "HTTP API requests, each begun 512 KB of a body",
    usd: 1.00,
    per: MILLION,
    page: "Amazon API Gateway pricing, HTTP APIs",
};
/// An invocation.
pub const INVOCATION: Price =
    Price { what: "Lambda invocations", usd: 0.20, per: MILLION, page: "AWS Lambda pricing, requests" };
/// A second with a gigabyte of memory.
pub const GB_SECOND: Price =
    Price { what: "Lambda GB-seconds on arm64", usd: 0.000_013_333_4, per: 1.0, page: "AWS Lambda pricing, duration" };
/// A request to a queue.
pub const SQS: Price = Price {
    what: "SQS requests, each begun 64 KB of what they carry",
    usd: 0.40,
    per: MILLION,
    page: "Amazon SQS pricing, standard queues",
};
/// What message groups cost on a standard queue. Which requests it is asked for is not said plainly, so all have it.
pub const SQS_FAIR: Price = Price {
    what: "the same requests, for message groups on a standard queue",
    usd: 0.10,
    per: MILLION,
    page: "Amazon SQS pricing, fair queues",
};
/// A write of a kilobyte.
pub const WRITE_UNIT: Price = Price {
    what: "DynamoDB write units, each begun KB of an item",
    usd: 0.625,
    per: MILLION,
    page: "Amazon DynamoDB pricing, on-demand capacity",
};
/// A consistent read of four kilobytes.
pub const READ_UNIT: Price = Price {
    what: "DynamoDB read units, each begun 4 KB of an item",
    usd: 0.125,
    per: MILLION,
    page: "Amazon DynamoDB pricing, on-demand capacity",
};
/// A gigabyte of a table for a month.
pub const TABLE: Price = Price {
    what: "DynamoDB storage, GB-months",
    usd: 0.25,
    per: 1.0,
    page: "Amazon DynamoDB pricing, data storage, standard table class",
};
/// The same, once more, so that any second can be restored.
pub const RECOVERY: Price = Price {
    what: "DynamoDB point-in-time recovery, GB-months",
    usd: 0.20,
    per: 1.0,
    page: "Amazon DynamoDB pricing, backup and restore",
};
/// A gigabyte of log lines.
pub const LOGS: Price = Price {
    what: "CloudWatch Logs ingested, GB",
    usd: 0.50,
    per: 1.0,
    page: "Amazon CloudWatch pricing, logs, standard class",
};
/// A trace.
pub const TRACE: Price =
    Price { what: "X-Ray traces recorded", usd: 5.00, per: MILLION, page: "AWS X-Ray pricing, traces recorded" };
/// A gigabyte to the internet.
pub const DATA_OUT: Price = Price {
    what: "data out to the internet, GB",
    usd: 0.09,
    per: 1.0,
    page: "Amazon EC2 on-demand pricing, data transfer out",
};

/// All of them, in the order of a bill.
pub const ALL: [Price; 12] =
    [HTTP_API, INVOCATION, GB_SECOND, SQS, SQS_FAIR, WRITE_UNIT, READ_UNIT, TABLE, RECOVERY, LOGS, TRACE, DATA_OUT];
