//! Small values that specs write as text: durations, ratios, templates.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A duration as a spec writes it: `300ms`, `2s`, `1.5s`, `2m`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Span(pub Duration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let split = text
            .find(|c: char| c.is_ascii_alphabetic())
            .ok_or_else(|| format!("`{text}` has no unit; write `300ms`, `2s` or `1m`"))?;
        let (number, unit) = text.split_at(split);
        let seconds_per_unit = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            _ => return Err(format!("`{unit}` is not a unit of time; use ms, s or m")),
        };
        let value: f64 = number
            .trim()
            .parse()
            .map_err(|_| format!("`{number}` is not a number"))?;
        Duration::try_from_secs_f64(value * seconds_per_unit)
            .ok()
            .filter(|d| *d <= Duration::from_secs(3600))
            .map(Span)
            .ok_or_else(|| format!("`{text}` must be between 0 and one hour"))
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis.is_multiple_of(1000) {
            write!(f, "{}s", millis / 1000)
        } else {
            write!(f, "{millis}ms")
        }
    }
}

/// A text that may hold `${…}` expressions, as the spec writes it.
pub type Text = String;
