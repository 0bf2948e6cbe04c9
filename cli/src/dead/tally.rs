//! What a redrive did, counted.

use std::collections::BTreeMap;
use std::fmt;

use super::letter::About;
use super::print::cell;

/// The letters that a redrive met, by what it did with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Nothing was sent: the redriven ones would have been.
    pub dry_run: bool,
    /// Sent back to the queue, by reason.
    pub redriven: BTreeMap<String, usize>,
    /// Chosen, but still a letter.
    pub failed: usize,
    /// Not chosen.
    pub left: usize,
    /// Chosen, but younger than the run.
    pub younger: usize,
}

impl Tally {
    /// Counts a letter that was sent back.
    pub fn redrove(&mut self, letter: &About) {
        *self.redriven.entry(cell(letter.reason.as_deref(), 40)).or_default() += 1;
    }

    /// How many letters were sent back.
    pub fn redriven(&self) -> usize {
        self.redriven.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.dry_run { "would be redriven" } else { "redriven" };
        writeln!(f, "{} {what}", self.redriven())?;
        for (reason, count) in &self.redriven {
            writeln!(f, "  {count} {reason}")?;
        }
        writeln!(f, "{} failed", self.failed)?;
        writeln!(f, "{} not chosen", self.left)?;
        if self.younger > 0 {
            writeln!(f, "{} left, because they came after this run had begun", self.younger)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_became_of_every_letter() {
        let redriven = BTreeMap::from([("handler_panicked".to_owned(), 2), ("-".to_owned(), 1)]);
        let tally = Tally { dry_run: false, redriven, failed: 1, left: 4, younger: 0 };
        assert_eq!(tally.to_string(), "3 redriven\n  1 -\n  2 handler_panicked\n1 failed\n4 not chosen\n");
        let tally = Tally { dry_run: true, younger: 1, ..Tally::default() };
        let expected =
            "0 would be redriven\n0 failed\n0 not chosen\n1 left, because they came after this run had begun\n";
        assert_eq!(tally.to_string(), expected);
    }
}
