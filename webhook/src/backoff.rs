//! When to try again: exponential backoff with full jitter.

/// The first delay's upper bound, in seconds.
const BASE_S: u64 = 2;
/// No delay is longer, in seconds.
pub const CAP_S: u64 = 15 * 60;

/// The delay before the next receive, in seconds, after a message was received `receives` times.
///
/// `random` is uniform over all of `u64`; it is a parameter so that the rule stays a function. At least one
/// second, so that a message never comes back into the same hot loop.
pub fn delay_s(receives: u32, random: u64) -> u32 {
    let doublings = receives.saturating_sub(1).min(16);
    let bound_s = (BASE_S << doublings).min(CAP_S);
    // OK because the bound is at most CAP_S.
    u32::try_from(1 + random % bound_s).expect("a delay of at most 15 minutes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(receives: u32, bound_s: u32) {
        assert_eq!((delay_s(receives, 0), delay_s(receives, u64::from(bound_s) - 1)), (1, bound_s));
    }

    #[test]
    fn the_bound_doubles_with_each_receive_up_to_the_cap() {
        check(0, 2);
        check(1, 2);
        check(2, 4);
        check(5, 32);
        check(10, 900);
        check(u32::MAX, 900);
    }
}
