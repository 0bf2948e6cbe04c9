//! Metrics, written into the log lines that are there anyway: CloudWatch reads them out by its Embedded Metric Format
//! (CloudWatch user guide, "Specification: Embedded metric format"), so that counting costs no call.
//!
//! Dimensions are bounded, because each combination is a metric of its own that is paid for: the stack, the sources of
//! `sources.toml`, and the reasons that the code knows.

use std::sync::OnceLock;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::clock;

/// The namespace of all of them.
pub const NAMESPACE: &str = "Tidegate";

/// The name of the deployment, by which the metrics of several in one account are told apart.
static STACK: OnceLock<String> = OnceLock::new();

/// Begins to write metrics for a deployment. Without it, lines carry none: nobody reads them on a developer's machine.
pub fn begin(stack: Option<String>) {
    if let Some(stack) = stack {
        // The first one counts: there is one deployment to a process.
        drop(STACK.set(stack));
    }
}

/// One value of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name, as alarms have it.
    pub name: &'static str,
    /// What the value counts.
    pub unit: Unit,
    /// The value.
    pub value: u64,
}

/// What a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// How often something happened.
    Count,
    /// How long it took.
    Milliseconds,
}

impl Metric {
    /// Something happened so many times.
    pub fn count(name: &'static str, value: u64) -> Self {
        Metric { name, unit: Unit::Count, value }
    }

    /// Something took so long.
    pub fn ms(name: &'static str, value: u64) -> Self {
        Metric { name, unit: Unit::Milliseconds, value }
    }
}

/// The metrics of one line.
#[derive(Debug, Clone)]
pub struct Metrics<'a> {
    stack: &'a str,
    /// The source, one of `sources.toml`.
    pub source: Option<&'a str>,
    reason: Option<&'static str>,
    values: Vec<Metric>,
}

impl<'a> Metrics<'a> {
    /// The metrics of a line, where somebody reads them. `source` is one of `sources.toml`, and `reason` a word of the
    /// code's: neither is ever what a sender wrote.
    pub fn of(source: Option<&'a str>, reason: Option<&'static str>, values: Vec<Metric>) -> Option<Self> {
        let stack = STACK.get().filter(|_| !values.is_empty())?;
        Some(Metrics { stack, source, reason, values })
    }

    /// By the whole stack, and in it by source and by reason.
    fn dimensions(&self) -> Vec<Vec<&'static str>> {
        let mut sets = vec![vec!["Stack"]];
        sets.extend(self.source.map(|_| vec!["Stack", "Source"]));
        sets.extend(self.reason.map(|_| vec!["Stack", "Reason"]));
        sets
    }
}

/// What tells CloudWatch which fields of the line are metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    timestamp: u64,
    cloud_watch_metrics: [Set<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Set<'a> {
    namespace: &'a str,
    dimensions: Vec<Vec<&'a str>>,
    metrics: Vec<Named<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Named<'a> {
    name: &'a str,
    unit: Unit,
}

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let metrics = self.values.iter().map(|metric| Named { name: metric.name, unit: metric.unit }).collect();
        let set = Set { namespace: NAMESPACE, dimensions: self.dimensions(), metrics };
        let mut line = to.serialize_map(None)?;
        line.serialize_entry("_aws", &Directive { timestamp: clock::now_ms(), cloud_watch_metrics: [set] })?;
        line.serialize_entry("Stack", self.stack)?;
        if let Some(source) = self.source {
            line.serialize_entry("Source", source)?;
        }
        if let Some(reason) = self.reason {
            line.serialize_entry("Reason", reason)?;
        }
        for metric in &self.values {
            line.serialize_entry(metric.name, &metric.value)?;
        }
        line.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Line<'a> {
        outcome: &'a str,
        #[serde(flatten)]
        metrics: Option<Metrics<'a>>,
    }

    #[test]
    fn a_line_carries_its_metrics_as_cloudwatch_reads_them() {
        let values = vec![Metric::count("Refused", 1), Metric::ms("AckMs", 12)];
        let metrics = Metrics { stack: "prod", source: Some("github"), reason: Some("malformed"), values };
        let line = serde_json::to_value(Line { outcome: "malformed", metrics: Some(metrics) }).unwrap();
        let set = &line["_aws"]["CloudWatchMetrics"][0];
        assert!(line["_aws"]["Timestamp"].as_u64().is_some_and(|at| at > 1_700_000_000_000), "{line}");
        assert_eq!(set["Namespace"], "Tidegate");
        assert_eq!(set["Dimensions"], serde_json::json!([["Stack"], ["Stack", "Source"], ["Stack", "Reason"]]));
        let named = |name: &str, unit: &str| serde_json::json!({ "Name": name, "Unit": unit });
        assert_eq!(set["Metrics"], serde_json::json!([named("Refused", "Count"), named("AckMs", "Milliseconds")]));
        // Every dimension and every metric that is named is a field of the line.
        for (field, value) in [("Stack", "prod"), ("Source", "github"), ("Reason", "malformed")] {
            assert_eq!(line[field], value);
        }
        assert_eq!((line["Refused"].as_u64(), line["AckMs"].as_u64()), (Some(1), Some(12)));
    }

    #[test]
    fn without_a_deployment_there_are_none() {
        // This process has begun no metrics.
        assert!(Metrics::of(Some("github"), None, vec![Metric::count("Accepted", 1)]).is_none());
        assert_eq!(serde_json::to_string(&Line { outcome: "a", metrics: None }).unwrap(), r#"{"outcome":"a"}"#);
    }
}
