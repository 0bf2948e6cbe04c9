//! A share of the deliveries, as the command line has it: `30%` or `0.3`.

use std::str::FromStr;

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Share {
    /// None of them.
    pub const NONE: Share = Share(0.0);

    /// Whether the next one is among them.
    pub fn draws(self, random: &mut fastrand::Rng) -> bool {
        random.f64() < self.0
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = match text.strip_suffix('%') {
            Some(percent) => percent.parse::<f64>().map(|percent| percent / 100.0),
            None => text.parse(),
        };
        let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Share).ok_or_else(|| "expected a share from 0% to 100%, such as 30% or 0.3".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage_or_a_fraction() {
        let share = |text: &str| text.parse::<Share>();
        assert_eq!(
            (share("30%"), share("0.3"), share("0"), share("100%")),
            (Ok(Share(0.3)), Ok(Share(0.3)), Ok(Share(0.0)), Ok(Share(1.0)))
        );
        for wrong in ["30", "-1%", "101%", "NaN", "a third", "", "%"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
