//! Which letters: by source, reason, type, id and time.

use std::str::FromStr;

use aws_sdk_sqs::primitives::{DateTime, DateTimeFormat};

use clap::builder::PossibleValuesParser;
use webhook::letter::Reason;

use super::letter::About;

/// What chosen letters have in common. What is not said does not matter.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Selection {
    /// Letters of this source
    #[arg(long, value_name = "NAME", help_heading = "Which letters")]
    pub source: Option<String>,
    /// Letters with this reason; - for those that SQS moved by itself, which have none
    #[arg(long, value_name = "REASON", value_parser = reasons(), hide_possible_values = true, help_heading = "Which letters")]
    pub reason: Option<String>,
    /// Letters of this type of event, as the provider names it
    #[arg(long = "type", value_name = "TYPE", help_heading = "Which letters")]
    pub event_type: Option<String>,
    /// Letters with this id: the provider's for the event, the identity in the ledger, or the letter's message id
    #[arg(long, value_name = "ID", help_heading = "Which letters")]
    pub id: Option<String>,
    /// Letters that died since then: 90s, 15m, 2h or 7d ago, a time as RFC 3339, or Unix time in milliseconds
    #[arg(long, value_name = "TIME", help_heading = "Which letters")]
    pub since: Option<Since>,
    /// No more than so many letters
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Which letters")]
    pub limit: Option<u32>,
}

/// The words that a reason may be: a misspelt one would choose no letter at all.
fn reasons() -> PossibleValuesParser {
    PossibleValuesParser::new(Reason::ALL.map(Reason::name).into_iter().chain(["-"]))
}

impl Selection {
    /// Whether it says nothing of the letters that it chooses; a limit does not.
    pub fn is_everything(&self) -> bool {
        let words = [&self.source, &self.reason, &self.event_type, &self.id];
        words.iter().all(|word| word.is_none()) && self.since.is_none()
    }

    /// Whether it chooses a letter, the limit left aside.
    pub fn chooses(&self, letter: &About, now_ms: u64) -> bool {
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        let reason = Some(letter.reason.clone().unwrap_or_else(|| "-".to_owned()));
        let ids = [Some(&letter.message_id), letter.event_id.as_ref(), letter.identity.as_ref()];
        is(&self.source, &letter.source)
            && is(&self.reason, &reason)
            && is(&self.event_type, &letter.event_type)
            && self.id.as_ref().is_none_or(|id| ids.contains(&Some(id)))
            && self.since.is_none_or(|since| letter.died_at_ms >= since.start_ms(now_ms))
    }

    /// Whether so many letters are all that are wanted.
    pub fn is_full(&self, letters: usize) -> bool {
        self.limit.is_some_and(|limit| letters >= limit as usize)
    }
}

/// The start of a time that lasts until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So many milliseconds ago.
    Ago(u64),
    /// At this Unix time in milliseconds.
    At(u64),
}

impl Since {
    /// When that was, Unix time in milliseconds.
    pub fn start_ms(self, now_ms: u64) -> u64 {
        match self {
            Since::Ago(ms) => now_ms.saturating_sub(ms),
            Since::At(ms) => ms,
        }
    }
}

/// A text that names no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not 90s, 15m, 2h or 7d, nor a time such as 2026-11-21T22:00:00Z, nor Unix time in milliseconds")]
pub struct NoTime;

impl FromStr for Since {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        if let Ok(ms) = text.parse() {
            return Ok(Since::At(ms));
        }
        for (unit, unit_ms) in [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000_u64)] {
            if let Some(count) = text.strip_suffix(unit) {
                let count = count.parse::<u64>().map_err(|_| NoTime)?;
                return count.checked_mul(unit_ms).map(Since::Ago).ok_or(NoTime);
            }
        }
        let time = DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset).map_err(|_| NoTime)?;
        let ms = time.to_millis().ok().and_then(|ms| u64::try_from(ms).ok());
        ms.map(Since::At).ok_or(NoTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Since, NoTime>) {
        assert_eq!(text.parse(), expected, "{text}");
    }

    #[test]
    fn a_time_is_so_long_ago_or_a_date_or_milliseconds() {
        check("90s", Ok(Since::Ago(90_000)));
        check("15m", Ok(Since::Ago(900_000)));
        check("2h", Ok(Since::Ago(7_200_000)));
        check("7d", Ok(Since::Ago(604_800_000)));
        check("1763762400000", Ok(Since::At(1_763_762_400_000)));
        check("2025-11-21T22:00:00Z", Ok(Since::At(1_763_762_400_000)));
        check("2025-11-21T23:00:00.5+01:00", Ok(Since::At(1_763_762_400_500)));
        for wrong in ["", "h", "2 h", "-2h", "2w", "yesterday", "99999999999999999d", "1969-01-01T00:00:00Z", "é"] {
            check(wrong, Err(NoTime));
        }
    }

    #[test]
    fn a_letter_is_chosen_when_all_that_is_said_is_true_of_it() {
        let word = |text: &str| Some(text.to_owned());
        let letter = About {
            message_id: "m1".to_owned(),
            reason: word("handler_rejected"),
            source: word("stripe"),
            identity: word("evt_1"),
            event_id: word("evt_1"),
            event_type: word("charge.failed"),
            died_at_ms: 5_000,
            ..About::default()
        };
        let chooses = |selection: Selection| selection.chooses(&letter, 10_000);
        let all = Selection { source: word("stripe"), reason: word("handler_rejected"), ..Selection::default() };
        assert!(chooses(Selection::default()) && chooses(all.clone()));
        assert!(!chooses(Selection { event_type: word("charge.succeeded"), ..all.clone() }));
        assert!(!chooses(Selection { reason: word("-"), ..Selection::default() }));
        for (id, chosen) in [("m1", true), ("evt_1", true), ("evt_2", false)] {
            assert_eq!(chooses(Selection { id: word(id), ..all.clone() }), chosen, "{id}");
        }
        for (since, chosen) in [(Since::Ago(5_000), true), (Since::Ago(4_999), false), (Since::At(5_001), false)] {
            assert_eq!(chooses(Selection { since: Some(since), ..Selection::default() }), chosen, "{since:?}");
        }
        let nameless = About { reason: None, source: None, ..letter.clone() };
        assert!(Selection { reason: word("-"), ..Selection::default() }.chooses(&nameless, 0));
        assert!(!Selection { source: word("-"), ..Selection::default() }.chooses(&nameless, 0));
    }
}
