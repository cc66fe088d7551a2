//! Times in what a program sent: text → seconds of local time, or what is wrong with it in a student's
//! words.

use jiff::civil::{Date, DateTime, Weekday};

use super::hole::{After, Layout};
use crate::spec::expect::Context;
use std::time::Duration;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// Checks a text that has the layout of a time: a real date, the right day of the week, and fresh.
pub fn verify(text: &[u8], within: Option<Duration>, context: &Context) -> Result<(), String> {
    let (written, zone) = read(text)?;
    match within {
        Some(within) => fresh(written, zone, within, context),
        None => Ok(()),
    }
}

/// Checks how much later a time is than an earlier one that was written the same way.
///
/// It may be later than was meant by as much as has really passed: on a busy machine a pause lasts longer, and a message is
/// longer on its way. So what is too late is only what is ahead of the clock, too.
pub fn verify_after(text: &[u8], after: &After, context: &Context) -> Result<(), String> {
    let (Ok((written, zone)), Ok((earlier, _))) = (read(text), read(&after.earlier)) else {
        return Ok(());
    };
    let later = seconds(written) - seconds(earlier);
    let now = local_ms(zone, context).div_euclid(1000);
    let passed = u64::try_from(now - seconds(earlier)).unwrap_or(0);
    let (least, most) = (after.least.as_secs(), after.most.as_secs());
    if u64::try_from(later).is_ok_and(|later| (least..=most.max(passed)).contains(&later)) {
        return Ok(());
    }
    Err(match later {
        0 => "the time is the same as before: was it taken once and kept?".into(),
        later if later < 0 => format!("the time is {} s before the earlier one", -later),
        later => format!(
            "the time is {later} s later than the earlier one; {least} to {most} s are expected"
        ),
    })
}

/// The time as written, and its own offset from UTC in seconds if it names one.
fn read(text: &[u8]) -> Result<(DateTime, Option<i32>), String> {
    let text = std::str::from_utf8(text).map_err(|_| "this is not a time".to_owned())?;
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        iso(text)
    } else {
        Ok((ctime(text)?, None))
    }
}

fn number(text: &str, from: usize, to: usize) -> i16 {
    text.get(from..to)
        .and_then(|t| t.trim().parse().ok())
        .unwrap_or(-1)
}

fn civil(year: i16, month: i16, day: i16, clock: [i16; 3]) -> Result<DateTime, String> {
    let date = Date::new(year, month as i8, day as i8)
        .map_err(|_| format!("there is no day {day} in month {month} of {year}"))?;
    // A leap second is written as 60; it is close enough to 59.
    let [hour, minute, second] = [clock[0], clock[1], clock[2].min(59)];
    let time = jiff::civil::Time::new(hour as i8, minute as i8, second as i8, 0)
        .map_err(|_| format!("{hour:02}:{minute:02}:{second:02} is no time of day"))?;
    Ok(date.to_datetime(time))
}

fn ctime(text: &str) -> Result<DateTime, String> {
    let month = text.get(4..7).unwrap_or("");
    let month_number = MONTHS.iter().position(|m| *m == month).ok_or_else(|| {
        format!("`{month}` is no month; C's ctime writes English names such as `Nov`")
    })?;
    let clock = [
        number(text, 11, 13),
        number(text, 14, 16),
        number(text, 17, 19),
    ];
    let written = civil(
        number(text, 20, 24),
        month_number as i16 + 1,
        number(text, 8, 10),
        clock,
    )?;
    let day = text.get(0..3).unwrap_or("");
    match DAYS.iter().find(|(name, _)| *name == day) {
        None => Err(format!(
            "`{day}` is no day of the week; C's ctime writes English names such as `Sat`"
        )),
        Some((_, weekday)) if *weekday != written.weekday() => {
            Err(format!("that day is no `{day}`"))
        }
        Some(_) => Ok(written),
    }
}

/// The time as written, and its own offset from UTC in seconds if it names one.
fn iso(text: &str) -> Result<(DateTime, Option<i32>), String> {
    let seconds = if text.as_bytes().get(16) == Some(&b':') {
        number(text, 17, 19)
    } else {
        0
    };
    let clock = [number(text, 11, 13), number(text, 14, 16), seconds];
    let written = civil(
        number(text, 0, 4),
        number(text, 5, 7),
        number(text, 8, 10),
        clock,
    )?;
    let tail = text.get(16..).unwrap_or("").trim_end();
    let zone = if tail.ends_with(['Z', 'z']) {
        Some(0)
    } else {
        tail.rfind(['+', '-']).map(|sign| {
            let digits: String = tail[sign + 1..]
                .chars()
                .filter(char::is_ascii_digit)
                .collect();
            let minutes = i32::from(number(&digits, 0, 2)) * 60 + i32::from(number(&digits, 2, 4));
            if tail[sign..].starts_with('-') {
                -60 * minutes
            } else {
                60 * minutes
            }
        })
    };
    Ok((written, zone))
}

/// Seconds since 1970 as if the written time were UTC.
fn seconds(written: DateTime) -> i64 {
    written
        .duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0))
        .as_secs()
}

/// Milliseconds since 1970 of the observation, as if the time in this zone, or inside the sandbox, were UTC.
fn local_ms(zone: Option<i32>, context: &Context) -> i64 {
    context.unix_ms + 1000 * i64::from(zone.unwrap_or(context.zone_offset_s))
}

fn fresh(
    written: DateTime,
    zone: Option<i32>,
    within: Duration,
    context: &Context,
) -> Result<(), String> {
    let late = local_ms(zone, context) - 1000 * seconds(written);
    let most = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
    // A time written in whole seconds is up to one second old when it is new.
    // On a busy machine an answer may be on its way for longer than it is fresh.
    let oldest = most.saturating_add(1000).saturating_add(context.waited_ms);
    if (-most..=oldest).contains(&late) {
        return Ok(());
    }
    let offset = 1000 * i64::from(context.zone_offset_s);
    let size = in_words(late.abs() / 1000);
    let side = if late > 0 { "behind" } else { "ahead" };
    let near = |other: i64| (other - late).abs() <= most.saturating_add(1000);
    Err(if zone.is_none() && offset != 0 && near(offset) {
        format!("the time is {size} {side}: UTC instead of local time?")
    } else if (1..=14).any(|h| near(h * 3_600_000) || near(-h * 3_600_000)) {
        format!("the time is {size} {side}: another time zone?")
    } else if late > 0 {
        format!("the time is {size} behind: was it taken once and kept?")
    } else {
        format!("the time is {size} ahead")
    })
}

fn in_words(seconds: i64) -> String {
    match seconds {
        0..=7200 => format!("{seconds} s"),
        7201..=172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// What stands where a time is wanted, in a student's words.
pub fn misread(layout: Layout, rest: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&rest[..rest.len().min(40)]).into_owned();
    let words: Vec<&str> = head.split_whitespace().collect();
    let is_number = |w: &str| {
        w.split('.')
            .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    let first = words.first()?.trim_end_matches([']', ')', ',', ':']);
    if first.len() >= 9 && is_number(first) {
        return Some(format!(
            "`{first}` is a number of seconds since 1970 (as from time.time()), not a date and time"
        ));
    }
    if layout == Layout::Ctime {
        let iso = first.len() >= 10 && first.as_bytes()[4] == b'-' && first.as_bytes()[7] == b'-';
        if iso {
            return Some("the time is written as ISO 8601; expected the layout of C's ctime: `Sat Nov 21 09:05:00 2026`".into());
        }
        if let [day, month, number, clock, ..] = words[..]
            && DAYS.iter().any(|(d, _)| *d == day)
            && MONTHS.contains(&month)
            && clock.len() >= 8
        {
            if number.len() == 1 {
                return Some(
                    "expected a day of month padded with a space: two spaces before a single digit"
                        .into(),
                );
            }
            if number.starts_with('0') {
                return Some("the day of month is padded with a zero; expected a space".into());
            }
        }
        if words
            .first()
            .is_some_and(|w| w.ends_with(',') && w.len() == 4)
        {
            return Some("the time is written as in mail headers; expected the layout of C's ctime: `Sat Nov 21 09:05:00 2026`".into());
        }
    }
    None
}
