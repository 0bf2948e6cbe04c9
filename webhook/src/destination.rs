//! Where events take effect.

mod bus;
mod endpoint;

pub use bus::{BUS_EXPECTED, Bus, BusPlace, is_bus};
pub use endpoint::{Address, Endpoint, URL_EXPECTED, host, is_url};
use serde::{Deserialize, Serialize};

use crate::protocol::Way;

/// Where the events of a source take effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destination {
    /// In the table, in the same write that marks them done.
    Table,
    /// Wherever the handler acts, while it holds a lease on the row.
    Handler,
    /// At an HTTP endpoint, which gets what the handler makes of them.
    Https(Endpoint),
    /// On an event bus of EventBridge, which gets the same.
    EventBridge(Bus),
}

impl Destination {
    /// Every name that a destination without one of its own has.
    pub const NAMES: [&'static str; 4] = ["table", "handler", "https", "eventbridge"];

    /// The stable name: part of the key of every row, so it never changes.
    pub fn name(&self) -> &str {
        match self {
            Destination::Table => "table",
            Destination::Handler => "handler",
            Destination::Https(endpoint) => &endpoint.name,
            Destination::EventBridge(bus) => &bus.name,
        }
    }

    /// How events are settled here.
    pub fn way(&self) -> Way {
        match self {
            Destination::Table => Way::AtOnce,
            Destination::Handler | Destination::Https(_) | Destination::EventBridge(_) => Way::Claimed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_listed() {
        let https = Destination::Https(Endpoint::new(Address::Env("A".to_owned())));
        let bus = Destination::EventBridge(Bus::new(BusPlace::Env("A".to_owned())));
        let all = [Destination::Table, Destination::Handler, https, bus];
        assert_eq!(all.each_ref().map(Destination::name), Destination::NAMES);
    }
}
