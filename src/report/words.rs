//! Numbers and outcomes as words: points, durations, counts.

use crate::score::CheckResult;
use crate::verdict::Outcome;

/// Points with at most two decimals and no trailing zeros: `7`, `2.5`, `0.33`.
pub fn points(value: f64) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// What is said of results of programs that nothing fenced in.
pub const PRACTICE: &str = "practice, not for credit";

/// `isolation level B`; empty if it is not known, because nothing was run.
pub fn isolation(level: &str) -> String {
    match level {
        "" => String::new(),
        "F" => format!("isolation level F: {PRACTICE}"),
        level => format!("isolation level {}", super::escape::line(level)),
    }
}

/// What must be known to trust a check's result.
pub fn notes(check: &CheckResult) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if check.capture_incomplete {
        notes.push("The capture lost packets, so what it shows was not judged.");
    }
    if check.confirmed {
        notes.push(
            "The first run failed for time alone, so this is a second one, with a core of its own and more patience.",
        );
    }
    notes
}

/// What is said of a check of which no finding tells more.
pub fn without_finding(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "",
        Outcome::Manual => "waits for a person's points",
        Outcome::NotRun => "not run",
        Outcome::Error => "could not be graded here; no points are lost",
        Outcome::Failed | Outcome::Partial => "did not pass",
    }
}

/// Text whose first letter is a capital one.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// `1 point`, `2 points`, `0.5 points`.
pub fn points_unit(value: f64) -> String {
    let text = points(value);
    let unit = if text == "1" { "point" } else { "points" };
    format!("{text} {unit}")
}

/// A whole number with thousands separated: `1,048,576`.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 byte`, `2,000 bytes`: a count with its noun, which takes an `s` unless there is exactly one.
pub fn count(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(value))
}

/// A duration in milliseconds as people say it: `40 ms`, `1.2 s`, `3 min 5 s`.
pub fn duration(ms: f64) -> String {
    if !ms.is_finite() || ms < 0.0 {
        return "?".to_owned();
    }
    if ms < 999.5 {
        return format!("{ms:.0} ms");
    }
    if ms < 59_950.0 {
        return format!("{:.1} s", ms / 1000.0);
    }
    let seconds = (ms / 1000.0).round() as u64;
    if seconds < 3600 {
        return format!("{} min {} s", seconds / 60, seconds % 60);
    }
    format!("{} h {} min", seconds / 3600, seconds % 3600 / 60)
}

/// A time in RFC 3339 as people read it, to the second; what is no such time, as it is.
pub fn moment(time: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// The share that `part` is of `whole`, from 0 to 1; 1 when nothing was to be had.
pub fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (part / whole).clamp(0.0, 1.0)
    } else {
        1.0
    }
}

/// An outcome as a word or two.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Partial => "partly",
        Outcome::NotRun => "not run",
        Outcome::Manual => "by hand",
        Outcome::Error => "not graded",
    }
}

/// Points that carry the noise of binary fractions, rounded to a millionth.
pub fn clean(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded == 0.0 { 0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lose_trailing_zeros_and_the_sign_of_zero() {
        let shown: Vec<String> = [7.0, 2.5, 1.0 / 3.0, -0.0, f64::NAN].map(points).to_vec();
        assert_eq!(shown, ["7", "2.5", "0.33", "0", "?"]);
    }

    #[test]
    fn durations_change_their_unit_with_their_size() {
        let shown: Vec<String> = [4.4, 999.6, 61_000.0, 7_260_000.0].map(duration).to_vec();
        assert_eq!(shown, ["4 ms", "1.0 s", "1 min 1 s", "2 h 1 min"]);
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(count(1_048_576, "byte"), "1,048,576 bytes");
        assert_eq!(count(1, "byte"), "1 byte");
    }
}
