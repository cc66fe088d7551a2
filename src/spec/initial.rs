//! The names that a check begins with.

use super::model::{Check, Spec};
use super::value::{Bindings, ValueError};

/// Draws the values of the exercise's and the check's `let`. Those of the exercise are the same in all
/// its checks.
///
/// # Errors
/// An expression that cannot be worked out; the loader refuses such specs.
pub fn initial_bindings(spec: &Spec, check: &Check, seed: u64) -> Result<Bindings, ValueError> {
    let mut bindings = Bindings::new(seed, &check.id);
    bindings.bind_all(&spec.bindings, &spec.exercise)?;
    bindings.bind_all(&check.bindings, &check.id)?;
    Ok(bindings)
}

/// The offset of a time zone as a spec writes it, `UTC+03:30`, in seconds east of Greenwich.
pub fn parse_zone(text: &str) -> Option<i32> {
    let rest = text.strip_prefix("UTC")?;
    if rest.is_empty() {
        return Some(0);
    }
    let sign = match rest.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = rest[1..].split_once(':').unwrap_or((&rest[1..], "0"));
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    // Zones in use reach from UTC-12:00 to UTC+14:00.
    ((0..=14).contains(&hours) && (0..60).contains(&minutes))
        .then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::parse_zone;

    #[test]
    fn zones_have_a_sign_hours_and_minutes() {
        assert_eq!(parse_zone("UTC+03:30"), Some(12_600));
        assert_eq!(parse_zone("UTC-05:00"), Some(-18_000));
        assert_eq!(parse_zone("UTC"), Some(0));
        assert_eq!(parse_zone("UTC+99"), None);
        assert_eq!(parse_zone("CET"), None);
    }
}
