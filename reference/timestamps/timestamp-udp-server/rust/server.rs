//! Timestamp server over UDP: answers each datagram with the local time and what it held.

use std::fs;
use std::io;
use std::net::UdpSocket;
use std::time::{SystemTime, UNIX_EPOCH};

/// Every address of this machine.
const HOST: &str = "0.0.0.0";
const PORT: u16 = 21567;

fn main() -> io::Result<()> {
    stop_on_interrupt();
    let socket = UdpSocket::bind((HOST, PORT))?;
    println!("waiting for messages...");
    let mut buffer = [0; 65_535]; // no datagram is larger
    loop {
        let (length, from) = socket.recv_from(&mut buffer)?;
        let mut reply = format!("[{}] ", ctime_now()).into_bytes();
        reply.extend_from_slice(&buffer[..length]);
        match socket.send_to(&reply, from) {
            Ok(_) => println!("...received from and returned to: {from}"),
            Err(error) => println!("cannot answer {from}: {error}"),
        }
    }
}

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn write(fd: i32, bytes: *const u8, length: usize) -> isize;
    fn _exit(status: i32) -> !;
}

/// Runs when the user presses Ctrl+C. Only calls that are allowed inside a signal handler: `println!`
/// could wait for a lock that the interrupted code holds. The system closes all sockets at the end.
extern "C" fn stop(_signal: i32) {
    let message = b"You pressed Ctrl+C...exiting\n";
    // SAFETY: both calls are async-signal-safe (signal-safety(7)); the pointer and the length are those of `message`.
    unsafe {
        write(1, message.as_ptr(), message.len());
        _exit(0)
    }
}

/// Asks the system to call `stop` on SIGINT.
fn stop_on_interrupt() {
    const SIGINT: i32 = 2;
    // SAFETY: `stop` has the type that signal(2) wants and only does what a handler may do.
    unsafe { signal(SIGINT, stop) };
}

/// The current local time as C's `ctime` writes it, without its newline: `Sat Nov 21 09:05:00 2026`.
fn ctime_now() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64);
    ctime(now + local_offset(now))
}

/// Writes a number of seconds since 1970 in the layout of `ctime`.
fn ctime(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let days = seconds.div_euclid(86_400);
    let time = seconds.rem_euclid(86_400);
    let (year, month, day) = date_of(days);
    let weekday = DAYS[days.rem_euclid(7) as usize]; // 1 January 1970 was a Thursday
    let month = MONTHS[month as usize - 1];
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year}")
}

/// Year, month (1 to 12) and day of month of a number of days since 1 January 1970.
fn date_of(days: i64) -> (i64, i64, i64) {
    let is_leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let (mut year, mut rest) = (1970, days);
    while rest >= 365 + i64::from(is_leap(year)) {
        rest -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + i64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, rest + 1)
}

/// Seconds to add to UTC for local time. Without a readable time zone file local time is UTC.
fn local_offset(now: i64) -> i64 {
    fs::read("/etc/localtime")
        .ok()
        .and_then(|file| offset_in_zone_file(&file, now))
        .unwrap_or(0)
}

/// Looks a moment up in a time zone file (RFC 8536): a list of moments at which the offset changed, and
/// at the file's end a rule for all later years.
fn offset_in_zone_file(file: &[u8], now: i64) -> Option<i64> {
    let first = zone_block(file, 4)?;
    // From version 2 on, all is said a second time with 8 bytes for a moment instead of 4.
    let version = *file.get(4)?;
    let block = if version == 0 {
        first
    } else {
        zone_block(first.rest, 8)?
    };
    let changes_before = (0..block.changes)
        .take_while(|i| {
            number(block.body, i * block.width, block.width).is_some_and(|at| at <= now)
        })
        .count();
    let footer = std::str::from_utf8(block.rest).unwrap_or("").trim();
    if changes_before == block.changes && version != 0 && !footer.is_empty() {
        return offset_by_rule(footer, now);
    }
    let kinds = block.changes * block.width;
    let kind = match changes_before {
        0 => 0,
        n => usize::from(*block.body.get(kinds + n - 1)?),
    };
    number(block.body, kinds + block.changes + kind * 6, 4)
}

/// One block of a time zone file.
struct ZoneBlock<'a> {
    /// How many changes of the offset it lists.
    changes: usize,
    /// Bytes per moment.
    width: usize,
    /// The lists: moments, the kind of time after each, the kinds (6 bytes each) …
    body: &'a [u8],
    /// What follows the block.
    rest: &'a [u8],
}

fn zone_block(file: &[u8], width: usize) -> Option<ZoneBlock<'_>> {
    if file.get(..4)? != b"TZif" {
        return None;
    }
    let count = |i: usize| number(file, 20 + 4 * i, 4).map(|n| n as usize);
    let (utc, standard, leaps, changes, kinds, letters) = (
        count(0)?,
        count(1)?,
        count(2)?,
        count(3)?,
        count(4)?,
        count(5)?,
    );
    let length = changes * (width + 1) + kinds * 6 + letters + leaps * (width + 4) + standard + utc;
    Some(ZoneBlock {
        changes,
        width,
        body: file.get(44..44 + length)?,
        rest: file.get(44 + length..)?,
    })
}

/// A signed big-endian number.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<i64> {
    let digits = bytes.get(at..at + width)?;
    let sign = i64::from(digits[0] as i8);
    Some(
        digits[1..]
            .iter()
            .fold(sign, |n, byte| n << 8 | i64::from(*byte)),
    )
}

/// Applies a rule such as `<+0330>-3:30` or `CET-1CEST,M3.5.0,M10.5.0/3`: names, offsets *west* of UTC, and
/// the days on which summer time begins and ends.
fn offset_by_rule(rule: &str, now: i64) -> Option<i64> {
    let (standard, rest) = hours(skip_name(rule));
    let standard = -standard?;
    if rest.is_empty() {
        return Some(standard);
    }
    let (summer, rest) = hours(skip_name(rest));
    let summer = summer.map_or(standard + 3600, |west| -west);
    let mut days = rest.split(',').skip(1);
    let (year, ..) = date_of((now + standard).div_euclid(86_400));
    let begin = change_in(year, days.next()?)? - standard;
    let end = change_in(year, days.next()?)? - summer;
    let is_summer = if begin < end {
        (begin..end).contains(&now)
    } else {
        !(end..begin).contains(&now) // south of the equator
    };
    Some(if is_summer { summer } else { standard })
}

fn skip_name(rule: &str) -> &str {
    match rule.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').map_or("", |(_, rest)| rest),
        None => rule.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    }
}

/// Reads `[+-]hh[:mm[:ss]]` as seconds; gives back what follows it.
fn hours(text: &str) -> (Option<i64>, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || "+-:".contains(c)))
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let parts = digits.trim_start_matches(['+', '-']).split(':');
    let seconds = parts.zip([3600, 60, 1]).try_fold(0, |sum, (part, unit)| {
        Some(sum + part.parse::<i64>().ok()? * unit)
    });
    let sign = if digits.starts_with('-') { -1 } else { 1 };
    (seconds.map(|n| n * sign), rest)
}

/// Local time of a change such as `M3.5.0/3` in a year: in March, the fifth (= last) Sunday, at 3 o'clock.
fn change_in(year: i64, change: &str) -> Option<i64> {
    let (day, time) = change.split_once('/').unwrap_or((change, "2"));
    let mut parts = day.strip_prefix('M')?.split('.').map(|n| n.parse::<i64>());
    let (month, week, weekday) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    let from = (year - 1970) * 365; // no later than 1 January of that year
    let first = (from..).find(|day| date_of(*day) == (year, month, 1))?;
    let first_match = first + (weekday - (first + 4)).rem_euclid(7);
    let mut day = first_match + (week - 1) * 7;
    while date_of(day).1 != month {
        day -= 7;
    }
    Some(day * 86_400 + hours(time).0?)
}
