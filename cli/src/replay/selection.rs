//! Which events are replayed.

use clap::builder::PossibleValuesParser;

use crate::dead::selection::Since;

/// What may have become of an event at a destination, as far as a replay can do something about it. What waits or is
/// claimed is in the queue anyway.
const STATUSES: [&str; 5] = ["done", "dead", "superseded", "filtered", NONE];
/// Of which the first four stand in rows, and the last is that there is none.
pub const NONE: &str = "none";
/// What is replayed where nothing else is asked for: what had no effect.
const DEFAULT: [&str; 2] = ["dead", "filtered"];

/// What chosen events have in common. What is not said does not matter.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Selection {
    /// Events of this source
    #[arg(long, value_name = "NAME", help_heading = "Which events")]
    pub source: Option<String>,
    /// Events with this id: the provider's, or the identity in the ledger
    #[arg(long, value_name = "ID", help_heading = "Which events")]
    pub id: Option<String>,
    /// Events of this type, as the provider names it
    #[arg(long = "type", value_name = "TYPE", help_heading = "Which events")]
    pub event_type: Option<String>,
    /// Events that ended so at any destination: done, dead, superseded, filtered, or none where there is no row
    /// [default: dead and filtered]
    #[arg(
        long,
        value_name = "STATUS",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(STATUSES),
        hide_possible_values = true,
        help_heading = "Which events"
    )]
    pub status: Vec<String>,
    /// Events that came since then: 90s, 15m, 2h or 7d ago, a time as RFC 3339, or Unix time in milliseconds
    #[arg(long, value_name = "TIME", help_heading = "Which events")]
    pub since: Option<Since>,
    /// Events that came before then, likewise
    #[arg(long, value_name = "TIME", help_heading = "Which events")]
    pub until: Option<Since>,
    /// No more than so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Which events")]
    pub max: Option<u32>,
}

impl Selection {
    /// Whether it says nothing of the events that it chooses; a maximum does not.
    pub fn is_everything(&self) -> bool {
        let words = [&self.source, &self.id, &self.event_type];
        let times = [self.since, self.until];
        words.iter().all(|word| word.is_none()) && times.iter().all(Option::is_none) && self.status.is_empty()
    }

    /// Whether an event that ended so at its destinations is chosen.
    pub fn chooses<'s>(&self, mut statuses: impl Iterator<Item = &'s str>) -> bool {
        statuses.any(|status| match &self.status[..] {
            [] => DEFAULT.contains(&status),
            wanted => wanted.iter().any(|wanted| wanted == status),
        })
    }

    /// Whether so many events are all that are wanted.
    pub fn is_full(&self, events: usize) -> bool {
        self.max.is_some_and(|max| events >= max as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_had_no_effect_is_chosen_unless_something_else_is_asked_for() {
        let of = |status: &[&str]| Selection {
            status: status.iter().map(|status| (*status).to_owned()).collect(),
            ..Selection::default()
        };
        let chosen = |status: &[&str], rows: &[&str]| of(status).chooses(rows.iter().copied());
        assert!(chosen(&[], &["dead"]) && chosen(&[], &["done", "filtered"]));
        assert!(!chosen(&[], &["done", "waiting", "claimed", "superseded"]) && !chosen(&[], &[NONE]));
        assert!(chosen(&["done", NONE], &[NONE]) && !chosen(&["done"], &["dead"]));
        assert!(Selection { max: Some(1), ..Selection::default() }.is_everything() && !of(&["done"]).is_everything());
    }
}
