//! An event bus of EventBridge that events are put on.

use serde::{Deserialize, Serialize};

/// An event bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bus {
    /// The destination's name: `eventbridge`, or `eventbridge:audit` for one that is named.
    pub name: String,
    /// Which bus it is.
    pub place: BusPlace,
}

/// The name of a bus, or its ARN where it is another account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusPlace {
    /// The name or ARN itself.
    Bus(String),
    /// The environment variable that holds it: buses differ from stage to stage.
    Env(String),
}

impl Bus {
    /// The only bus of a source.
    pub fn new(place: BusPlace) -> Self {
        Bus { name: "eventbridge".to_owned(), place }
    }

    /// One of several buses of a source.
    pub fn named(name: &str, place: BusPlace) -> Self {
        Bus { name: format!("eventbridge:{name}"), place }
    }
}

/// What a bus has to be, for those who wrote another one.
pub const BUS_EXPECTED: &str = "the name of an event bus in a-z, A-Z, 0-9, '.', '-', '_' and '/', or its ARN";

/// Whether EventBridge takes this as the name of a bus ("PutEventsRequestEntry", EventBusName).
pub fn is_bus(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_".contains(&byte);
    let is_name = |name: &str| (1..=256).contains(&name.len()) && name.bytes().all(fits);
    let Some(arn) = text.strip_prefix("arn:") else { return is_name(text) };
    let [partition, "events", region, account, resource] = arn.splitn(5, ':').collect::<Vec<_>>()[..] else {
        return false;
    };
    partition.starts_with("aws")
        && is_name(region)
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("event-bus/").is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::is_bus;

    #[test]
    fn a_bus_is_a_name_or_an_arn() {
        for good in
            ["default", "orders-prod", "aws.partner/x/1", "arn:aws:events:eu-west-1:123456789012:event-bus/orders"]
        {
            assert!(is_bus(good), "{good}");
        }
        for bad in [
            "",
            "two words",
            "a:b",
            "arn:aws:events:eu-west-1:123456789012:rule/orders",
            "arn:aws:sqs:eu-west-1:123456789012:event-bus/orders",
            "arn:aws:events:eu-west-1:1234:event-bus/orders",
            "arn:aws:events:eu-west-1:123456789012:event-bus/",
            "arn:aws:events",
        ] {
            assert!(!is_bus(bad), "{bad}");
        }
        assert!(!is_bus(&"a".repeat(257)));
    }
}
