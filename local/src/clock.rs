//! The time of day: the one file of the plane that reads it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, as the Lambda and API Gateway events carry them.
#[expect(clippy::disallowed_methods, reason = "this is the plane's clock")]
pub(crate) fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.map_or(0, |elapsed| elapsed.as_millis() as u64)
}

/// `12/Mar/2020:19:03:58 +0000`: the Common Log Format, in which API Gateway writes `requestContext.time`.
pub(crate) fn common_log_format(ms: u64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = ms / 1000;
    let (year, month, day) = civil_from_days((seconds / 86_400) as i64);
    format!(
        "{day:02}/{}/{year}:{:02}:{:02}:{:02} +0000",
        MONTHS[month - 1],
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Year, month (1 to 12) and day of the proleptic Gregorian calendar.
/// Years start in March here, so that the leap day comes last; Howard Hinnant's "chrono-compatible
/// low-level date algorithms" explains the constants.
fn civil_from_days(days: i64) -> (i64, usize, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as usize, day)
}

#[cfg(test)]
mod tests {
    use super::common_log_format;

    #[track_caller]
    fn check(ms: u64, expected: &str) {
        assert_eq!(common_log_format(ms), expected);
    }

    #[test]
    fn the_epoch_starts_on_the_first_of_january() {
        check(0, "01/Jan/1970:00:00:00 +0000");
    }

    #[test]
    fn a_moment_in_march_is_written_as_api_gateway_does() {
        check(1_583_348_638_390, "04/Mar/2020:19:03:58 +0000");
    }

    #[test]
    fn leap_days_exist_in_2000_and_not_in_2100() {
        check(951_782_400_000, "29/Feb/2000:00:00:00 +0000");
        check(4_107_542_400_000, "01/Mar/2100:00:00:00 +0000");
    }

    #[test]
    fn the_last_second_of_a_year_stays_in_it() {
        check(1_767_225_599_999, "31/Dec/2025:23:59:59 +0000");
    }
}
