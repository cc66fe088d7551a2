//! Cells of a table: text → a value of the column's kind, or what is wrong with it.

use std::net::IpAddr;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::spec::step::CellKind;

/// Checks a cell; the error is a lower-case fragment that begins with the cell.
pub fn check(kind: CellKind, cell: &str) -> Result<(), String> {
    let good = match kind {
        CellKind::Text => true,
        CellKind::Ip => ip(cell).is_some(),
        CellKind::Date => date(cell),
        CellKind::Times => !times(cell).is_empty(),
        CellKind::Number => number(cell).is_some(),
        CellKind::Hex => hex(cell).is_some(),
    };
    let noun = match kind {
        CellKind::Text => "a text",
        CellKind::Ip => "an IP address",
        CellKind::Date => "a date",
        CellKind::Times => "a time with its unit, such as `0.045 ms`",
        CellKind::Number => "a number",
        CellKind::Hex => "bytes in hexadecimal",
    };
    good.then_some(())
        .ok_or_else(|| format!("`{cell}` is not {noun}"))
}

/// An address, a prefix length after it left out.
fn ip(cell: &str) -> Option<IpAddr> {
    cell.split('/').next()?.trim().parse().ok()
}

/// A number; a decimal comma is one, too, and a unit or `%` after it is left out.
pub fn number(cell: &str) -> Option<f64> {
    let digits = cell
        .trim()
        .trim_end_matches(|c: char| c.is_alphabetic() || c == '%' || c == ' ');
    let digits = digits.replace('_', "");
    digits
        .parse()
        .or_else(|_| digits.replace(',', ".").parse())
        .ok()
}

/// Bytes in hexadecimal, as digits in lower case.
pub fn hex(cell: &str) -> Option<String> {
    let cell = cell.trim().trim_start_matches("b'").trim_end_matches('\'');
    let bytes = crate::spec::value::unhex(cell)?;
    (!bytes.is_empty()).then(|| crate::spec::value::hex(&bytes))
}

/// All durations with a unit in a cell, in milliseconds. `<1 ms` counts as 1 ms.
pub fn times(cell: &str) -> Vec<f64> {
    static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)(\d+(?:[.,]\d+)?)\s*(ns|us|µs|μs|ms|msec|milliseconds?|s|sec|seconds?)\b")
            .ok()
    });
    let Some(time) = TIME.as_ref() else {
        return Vec::new();
    };
    let found = time.captures_iter(cell).filter_map(|c| {
        let value: f64 = c[1].replace(',', ".").parse().ok()?;
        let unit = c[2].to_lowercase();
        Some(match unit.as_str() {
            "ns" => value / 1e6,
            "us" | "µs" | "μs" => value / 1e3,
            u if u.starts_with('m') => value,
            _ => value * 1e3,
        })
    });
    found.collect()
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Whether a cell is a date: day, month and year in a usual order, with or without a time of day. Years
/// from 1300 on count, so that dates of other calendars (1405/08/30) do, too.
fn date(cell: &str) -> bool {
    // ISO 8601 puts a `T` between day and time.
    let mut spaced = String::new();
    for c in cell.chars() {
        let between = matches!(c, 'T' | 't') && spaced.ends_with(|c: char| c.is_ascii_digit());
        spaced.push(if between { ' ' } else { c });
    }
    let words: Vec<String> = spaced
        .split(|c: char| !c.is_alphanumeric() && c != ':')
        .filter(|w| !w.is_empty() && !w.contains(':'))
        .map(str::to_lowercase)
        .collect();
    let is_month = |w: &String| MONTHS.iter().position(|m| w.starts_with(m));
    let named = words.iter().find_map(is_month);
    let numbers: Vec<i16> = words
        .iter()
        .filter_map(|w| {
            w.trim_end_matches(|c: char| c.is_ascii_alphabetic())
                .parse()
                .ok()
        })
        .collect();
    let real = |year: i16, month: i16, day: i16| {
        let year = if (0..100).contains(&year) {
            year + 2000
        } else {
            year
        };
        let known =
            (1300..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        known && (year < 1900 || Date::new(year, month as i8, day as i8).is_ok())
    };
    match (named, numbers.as_slice()) {
        (Some(month), [a, b, ..]) => {
            let month = month as i16 + 1;
            real(*b, month, *a) || real(*a, month, *b)
        }
        (None, [a, b, c, ..]) => real(*a, *b, *c) || real(*c, *b, *a) || real(*c, *a, *b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_usual_notations_are_dates() {
        for good in [
            "2026-11-21",
            "21.11.2026",
            "11/21/2026",
            "21 Nov 2026",
            "November 21st, 2026",
            "1405/08/30",
            "2026-11-21T09:05:00",
            "Sat Nov 21 09:05:00 2026",
            "21/11/26",
        ] {
            assert!(date(good), "{good}");
        }
        for bad in ["", "today", "2026-13-41", "12:30", "2026", "31.02.2026"] {
            assert!(!date(bad), "{bad}");
        }
    }

    #[test]
    fn times_need_a_unit() {
        assert_eq!(times("0.045 ms, 0,05ms  <1 ms"), [0.045, 0.05, 1.0]);
        assert_eq!(times("1.5 s"), [1500.0]);
        assert!(times("12").is_empty());
    }
}
