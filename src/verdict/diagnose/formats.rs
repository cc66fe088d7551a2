//! Times, requests and words in another form than they should have.

use regex::bytes::Regex;

use super::{Case, Cause, contains};
use crate::constant::pattern;
use crate::spec::Step;

pattern!(
    CTIME,
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d \d\d:\d\d:\d\d \d{4}"
);
pattern!(EPOCH, r"(?:^|\D)[12]\d{9}(?:\.\d+)?(?:\D|$)");
pattern!(ISO, r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d");
pattern!(OTHER_TIME, r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\d{1,2}:\d\d");
pattern!(REQUEST_LINE, r"^[A-Z]+ (?:/|http://)\S* HTTP/1\.[01]\r?\n");
pattern!(HOST, r"(?i)\r?\nHost:[ \t]*\S");

/// A time in another layout, or in another place of the answer.
pub fn time(case: &Case<'_>, name: &str, seen: &[u8]) -> Option<Cause> {
    let Step::Receive(step) = case.step else {
        return None;
    };
    let like = step.like.as_ref().filter(|like| like.contains("${time"))?;
    let brackets = like.starts_with('[');
    let Some(found) = CTIME.find(seen) else {
        let what = if ISO.is_match(seen) {
            (
                "iso-time",
                "in the ISO layout",
                "time.ctime() gives the layout of the handout; isoformat() and str(datetime) give another.",
            )
        } else if EPOCH.is_match(seen) {
            (
                "epoch-seconds",
                "as a number of seconds",
                "time.time() counts seconds; time.ctime() makes a date and time of them.",
            )
        } else if OTHER_TIME.is_match(seen) {
            (
                "other-time-layout",
                "in a layout of its own",
                "time.ctime() gives the layout of the handout.",
            )
        } else {
            return None;
        };
        let message = format!(
            "The {name} writes the time {}, not as C's ctime does.",
            what.1
        );
        return Some(Cause::new(what.0, message).hint(what.2));
    };
    let (before, after) = (&seen[..found.start()], &seen[found.end()..]);
    if after.starts_with(b"\n") && contains(after, b"]") {
        let message =
            format!("The {name} sends a line ending inside the brackets, behind the time.");
        return Some(
            Cause::new("newline-in-time", message)
                .hint("C's ctime() ends its text with a newline: cut it off, text[24] = 0."),
        );
    }
    if !brackets {
        return None;
    }
    if before.len() > 1 && before.ends_with(b"[") {
        let message = format!("The {name} puts the time behind the message, not in front of it.");
        return Some(Cause::new("time-behind", message));
    }
    (!contains(seen, b"[")).then(|| {
        Cause::new(
            "brackets-missing",
            format!("The {name} leaves out the square brackets around the time."),
        )
    })
}

/// What is wrong with an HTTP request.
pub fn request(case: &Case<'_>, name: &str, seen: &[u8]) -> Option<Cause> {
    let (_, actor) = case.actor()?;
    let all = if actor.received.is_empty() {
        seen
    } else {
        &actor.received
    };
    let verbs: [&[u8]; 3] = [b"GET", b"HEAD", b"POST"];
    if !actor.accepted || !verbs.iter().any(|verb| all.starts_with(verb)) {
        return None;
    }
    let crlf = contains(all, b"\r\n");
    Some(if !crlf && contains(all, b"\n") {
        Cause::new(
            "line-feeds-only",
            format!("The {name} ends the lines of its request with \\n alone."),
        )
        .hint("Each line of an HTTP request ends with \\r\\n (RFC 9112, section 2.2).")
    } else if !REQUEST_LINE.is_match(all) {
        Cause::new("request-line", format!("The {name} sends a request line that is not complete: it has a verb, a path and a version."))
            .hint("GET / HTTP/1.1 : the path is / when nothing else is asked for.")
    } else if !contains(all, b"\r\n\r\n") {
        Cause::new("no-empty-line", format!("The {name} does not end its request with an empty line, so that the server waits for more."))
            .hint("The last header is followed by \\r\\n\\r\\n.")
    } else if !HOST.is_match(all) {
        Cause::new(
            "no-host-header",
            format!("The {name} speaks HTTP/1.1 without a Host header."),
        )
        .hint("HTTP/1.1 demands Host: and the name of the server (RFC 9112, section 3.2).")
    } else {
        return None;
    })
}

/// Nearly the right text.
pub fn misspelt(name: &str, expected: &[u8], seen: &[u8]) -> Option<Cause> {
    let (expected, seen) = (
        std::str::from_utf8(expected).ok()?,
        std::str::from_utf8(seen).ok()?,
    );
    let (short, long) = (4, 200);
    if !(short..long).contains(&expected.len()) || seen.len() > long {
        return None;
    }
    let distance = distance(&expected.to_lowercase(), &seen.to_lowercase());
    (distance > 0 && distance * 4 <= expected.chars().count()).then(|| {
        let shown = crate::event::Bytes(seen.as_bytes().to_vec()).escaped();
        let message = format!(
            "The {name} sends \"{shown}\", which is nearly the text of the handout, but not quite."
        );
        Cause::new("misspelt", message)
            .hint("Copy the text from the handout, with its punctuation.")
    })
}

/// How many characters must be put in, left out or changed to make one text of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, c) in from.chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let change = corner + usize::from(c != *other);
            corner = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(corner + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_comma_is_a_slip_and_another_text_is_not() {
        let misspelt = |a: &str, b: &str| misspelt("client", a.as_bytes(), b.as_bytes()).is_some();
        assert!(misspelt("Hello, world", "Hello world"));
        assert!(misspelt("Hello, world", "Hello World!"));
        assert!(!misspelt("Hello, world", "something else"));
        assert!(!misspelt("closed", "accepted"));
    }
}
