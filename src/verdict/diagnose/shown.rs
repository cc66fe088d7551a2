//! What a program printed in place of what it should.

use super::{Case, Cause, contains, numbers, others};
use crate::event::End;
use crate::spec::{Prints, Step, expand, expand_text};
use crate::verdict::history::ProgramPast;

/// What is known of a failed `prints`.
pub struct Shown<'a> {
    /// The step.
    pub step: &'a Prints,
    /// The program's name.
    pub name: String,
    /// The program.
    pub program: &'a ProgramPast,
    /// All that was searched.
    pub text: &'a [u8],
    /// Where the search began.
    pub from: usize,
    /// Why the wait ended.
    pub end: &'a End,
    /// The literal text that is wanted, if it is one.
    pub wanted: Option<Vec<u8>>,
}

/// Why the text is not there.
pub fn diagnose(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    label(case, shown)
        .or_else(|| printed_form(case, shown))
        .or_else(|| one_only(case, shown))
        .or_else(|| part(case, shown))
        .or_else(|| not_received(case, shown))
        .or_else(|| own_message(case, shown))
        .or_else(|| something_else(case, shown))
        .or_else(|| numbers::shown(case, shown))
        .or_else(|| own_words(case, shown))
}

impl Shown<'_> {
    /// What was printed since something was last said to the program.
    fn since(&self) -> &[u8] {
        self.program.printed_since()
    }
}

/// The value is there, the words in front of it are not.
fn label(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let (name, step) = (&shown.name, shown.step);
    if let (true, Some(wanted)) = (step.next, &shown.wanted)
        && contains(&shown.text[..shown.from.min(shown.text.len())], wanted)
    {
        let message = format!(
            "The {name} prints \"{}\" before what it should stand behind.",
            String::from_utf8_lossy(wanted)
        );
        return Some(Cause::new("wrong-order", message));
    }
    let (who, said) = case.last_said();
    let value: Vec<u8> = match (&step.like, &step.contains) {
        (Some(like), _) => last_name(like)
            .and_then(|name| case.past.bindings.get(name))?
            .to_vec(),
        (None, Some(text)) if !text.contains("${") && case.past.actors.contains_key(who) => {
            said.trim_ascii().to_vec()
        }
        _ => return None,
    };
    let text = step.like.as_ref().or(step.contains.as_ref())?;
    let words = text.split("${").next()?.trim();
    if value.len() < 3 || words.is_empty() || !contains(shown.text, &value) {
        return None;
    }
    let lower = String::from_utf8_lossy(shown.text).to_lowercase();
    let shown_value = String::from_utf8_lossy(&value).into_owned();
    Some(if lower.contains(&words.to_lowercase()) {
        if !contains(shown.text, words.as_bytes()) && !step.ignore_case {
            return None;
        }
        Cause::new(
            "wrong-order",
            format!("The {name} prints \"{words}\", but not in front of \"{shown_value}\"."),
        )
    } else {
        Cause::new(
            "label-missing",
            format!("The {name} prints \"{shown_value}\" without \"{words}\" in front of it."),
        )
    })
}

/// The last `${name}` of a pattern that is a plain name.
fn last_name(like: &str) -> Option<&str> {
    like.rsplit("${")
        .filter_map(|part| part.split_once('}').map(|(name, _)| name.trim()))
        .find(|name| {
            !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
                && *name != "any"
                && *name != "ws"
        })
}

/// A client shows what it sent, not what it was answered.
fn own_message(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let name = &shown.name;
    let (who, _) = case.last_said();
    let actor = case.past.actors.get(who).filter(|actor| actor.accepted)?;
    let own = [
        case.past.typed.as_deref().unwrap_or_default(),
        actor.received.trim_ascii(),
    ];
    let own = own
        .into_iter()
        .find(|own| own.len() > 1 && contains(shown.since(), own))?;
    let message = format!(
        "The {name} prints what it has sent (\"{}\"), not what it is answered.",
        crate::event::Bytes::capped(own, 40).escaped()
    );
    Some(
        Cause::new("prints-own-message", message)
            .hint("The answer is what recv() returns; print that."),
    )
}

/// Bytes are shown as Python writes them.
fn printed_form(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let actors = case.past.actors.values();
    let packed: Vec<&[u8]> = match &shown.wanted {
        Some(wanted) => vec![wanted],
        // The pattern is about the bytes of packed values.
        None if numbers::format(case).is_some() => actors
            .flat_map(|actor| {
                actor
                    .sent
                    .iter()
                    .map(|sent| &sent.0[..])
                    .chain([&actor.received[..]])
            })
            .collect(),
        None => return None,
    };
    let form = packed
        .into_iter()
        .filter(|bytes| bytes.len() > 2 && !contains(shown.text, bytes))
        .find_map(|bytes| crate::spec::expect::printed_form(bytes, shown.text))?;
    let message = format!(
        "The {} prints bytes as Python writes them ({form}), not what they stand for.",
        shown.name
    );
    Some(
        Cause::new("repr-of-bytes", message)
            .hint("decode() makes text of bytes, hex() makes hexadecimal digits of them."),
    )
}

/// Only the beginning of a message is shown.
fn part(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let (who, said) = case.last_said();
    let actor = case.past.actors.get(who);
    let from_program = case.past.programs.len() > 1 && shown.wanted.is_some();
    if actor.is_none() && !from_program {
        return None;
    }
    let answer = match (&shown.wanted, actor) {
        (Some(wanted), _) if from_program => wanted.as_slice(),
        _ => said.trim_ascii(),
    };
    // Messages that begin in the same way are told apart by what comes after that.
    let others = case.past.actors.values().flat_map(|other| {
        let sent = other.sent.iter().map(|sent| sent.0.trim_ascii());
        sent.chain([other.received.trim_ascii()])
    });
    let common = others
        .chain(case.past.typed.as_deref())
        .filter(|other| *other != answer)
        .map(|other| crate::spec::expect::first_difference(answer, other))
        .max();
    let length = prefix_in(answer, shown.text);
    if length >= 3 && length < answer.len() && common.is_none_or(|common| common < length) {
        return Some(partly(case, &shown.name, length, answer.len()));
    }
    let note = case.note("reads-once");
    if let (Some(_), true) = (note, in_pieces(case)) {
        return Some(partly(case, &shown.name, length, answer.len()));
    }
    let actor = actor?;
    let (_, before) = actor.pieces.split_last()?;
    let some = before
        .iter()
        .any(|piece| contains(shown.text, piece.0.trim_ascii()));
    let lost = *shown.end == End::Exited && case.left_unread(actor);
    if !(some && lost) {
        return None;
    }
    let sent = actor.pieces.iter().map(|piece| piece.0.len()).sum();
    Some(partly(case, &shown.name, before[0].0.len(), sent))
}

/// Length of the longest beginning of `wanted` that stands somewhere in `text`.
pub fn prefix_in(wanted: &[u8], text: &[u8]) -> usize {
    let starts = (0..text.len()).filter(|at| text.get(*at) == wanted.first());
    let common = |at: usize| {
        let both = wanted.iter().zip(&text[at..]);
        both.take_while(|(a, b)| a == b).count()
    };
    starts.map(common).max().unwrap_or(0)
}

/// Whether the check sends one message in several pieces.
fn in_pieces(case: &Case<'_>) -> bool {
    let pieces = |step: &Step| matches!(step, Step::Send(send) if !send.in_pieces.is_empty());
    case.check.steps.iter().any(pieces)
}

fn partly(case: &Case<'_>, name: &str, shown: usize, length: usize) -> Cause {
    let sends = |step: &&Step| matches!(step, Step::Send(_));
    let several = case.check.steps.iter().filter(sends).count() > 1;
    if several || in_pieces(case) {
        let part = if shown > 2 {
            format!(": it shows {shown} of {length} bytes")
        } else {
            String::new()
        };
        let message =
            format!("The {name} takes what one recv() returns for the whole message{part}.");
        let cause = Cause::new("reads-once", message)
            .hint("recv() returns what has come so far; call it in a loop until the message is complete, or until it returns nothing.");
        return match case.note("reads-once") {
            Some(note) => cause.at(note),
            None => cause,
        };
    }
    truncated(
        case,
        format!("The {name} shows only the first {shown} of {length} bytes."),
        shown,
    )
}

/// A message is cut at the size of a buffer.
pub fn truncated(case: &Case<'_>, message: String, size: usize) -> Cause {
    let cause = Cause::new("truncated", message)
        .hint("recv(n) returns at most n bytes: use a larger number, or call it in a loop.");
    let size = size.to_string();
    match case.notes("buffer").find(|note| note.text == size) {
        Some(note) => cause.at(note),
        None => cause,
    }
}

/// The program has not taken in what it should show.
fn not_received(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let name = &shown.name;
    let (who, _) = case.last_said();
    let actor = case.past.actors.get(who)?;
    let unread = case.past.after.unread.get(who);
    if actor.datagrams
        && !actor.accepted
        && let Some(cause) = others::tied(case, name, who, shown.end)
    {
        return Some(cause);
    }
    let gone = actor.accepted && *shown.end == End::Exited;
    let never = actor.datagrams && case.note("no-receive").is_some();
    if gone && (case.left_unread(actor) || never) {
        return Some(
            Cause::new(
                "never-receives",
                format!("The {name} ends without receiving what it is answered."),
            )
            .hint("recv() waits for the answer and returns it; print that before you close."),
        );
    }
    if actor.accepted && actor.datagrams && !case.has_ended(name) && unread.is_some() {
        let message = format!(
            "The {name} waits for the answer on another socket than the one that asked; the answer goes to the socket that asked."
        );
        return Some(
            Cause::new("waits-elsewhere", message)
                .hint("Make one socket, before the loop: sendto() and recvfrom() on the same one."),
        );
    }
    None
}

/// Earlier messages are shown, this one is not, and the program takes no more.
fn one_only(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let name = &shown.name;
    let (who, said) = case.last_said();
    let actor = case.past.actors.get(who).filter(|actor| !actor.accepted)?;
    let clients = || case.past.actors.values().filter(|actor| !actor.accepted);
    let earlier = clients()
        .flat_map(|actor| &actor.sent)
        .filter(|message| message.0 != said && message.0.len() > 2)
        .any(|message| contains(shown.text, message.0.trim_ascii()));
    if !earlier || contains(shown.text, said.trim_ascii()) {
        return None;
    }
    let closed = actor.peer_closed || case.past.after.closed.contains(who);
    if case.has_ended(name) {
        let message =
            format!("The {name} ends after the first message, although more are sent to it.");
        return Some(super::silence::with_loop(
            case,
            Cause::new("one-message-only", message),
        ));
    }
    closed.then(|| {
        let message = format!("The {name} closes the connection after the first message, although more are sent to it.");
        super::silence::with_loop(case, Cause::new("closes-after-each-message", message))
    })
}

/// Something about the message is shown, not the message.
fn something_else(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let name = &shown.name;
    let (who, said) = case.last_said();
    let new = String::from_utf8_lossy(shown.since()).into_owned();
    let template = shown.step.matches.as_deref().unwrap_or_default();
    if template.starts_with("${port of ") || template.starts_with("${address of ") {
        return Some(
            Cause::new(
                "address-not-shown",
                format!("The {name} does not print where its client comes from."),
            )
            .hint("accept() and recvfrom() return the other side's address as their second value."),
        );
    }
    let actor = case.past.actors.get(who)?;
    let port = actor.local.map(|local| local.port().to_string());
    let wanted = shown.wanted.as_deref().unwrap_or(said).trim_ascii();
    if said.is_empty() || contains(shown.text, wanted) {
        return None;
    }
    // What stands in a line of its own about where the client comes from was printed before the message came.
    let shows = |line: &str, number: &str| {
        line.split(|c: char| !c.is_ascii_digit())
            .any(|word| word == number)
    };
    let told_port = |line: &str| port.as_ref().is_some_and(|port| shows(line, port));
    let length = said.len().to_string();
    if new
        .lines()
        .any(|line| shows(line, &length) && !told_port(line))
    {
        let message = format!("The {name} prints how many bytes came ({length}), not the bytes.");
        return Some(Cause::new("prints-length", message)
            .hint("print(data) shows what came; len(data) and the result of recv() in C are only its length."));
    }
    // Over a connection the client has dialled the port itself: no message tells it.
    let told = !actor.accepted || actor.datagrams;
    (told && new.lines().any(told_port)).then(|| {
        let message = format!("The {name} prints where the message comes from, not the message.");
        Cause::new("prints-address", message)
            .hint("recvfrom() returns two things: the bytes first, then the sender's address.")
    })
}

/// Nobody is there, and the program says so in words of its own.
fn own_words(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let name = &shown.name;
    let said = String::from_utf8_lossy(shown.text);
    let last = said
        .trim()
        .lines()
        .last()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let (who, _) = case.last_said();
    if last.is_empty() || case.past.actors.contains_key(who) || *shown.end != End::Exited {
        return None;
    }
    match (&shown.step.contains, &shown.step.matches) {
        (Some(text), _) if !text.contains("${") => Some(Cause::new(
            "other-words",
            format!("The {name} prints \"{last}\", where the handout asks for \"{text}\"."),
        )),
        (None, Some(_)) if case.past.connected.is_empty() => Some(
            Cause::new(
                "vague-message",
                format!(
                    "The {name} prints \"{last}\", which does not say what went wrong and where."
                ),
            )
            .hint(
                "Print the address and the reason: the exception in Python, strerror(errno) in C.",
            ),
        ),
        _ => None,
    }
}

/// Something is printed that must not be.
pub fn unwanted(case: &Case<'_>, step: &Prints, text: &[u8]) -> Option<Cause> {
    let (name, program) = case.program()?;
    let template = step.matches.as_deref().unwrap_or_default();
    if template.matches(r"\n").count() > 2 {
        let lines = String::from_utf8_lossy(text);
        let lines = lines.lines().filter(|line| !line.trim().is_empty()).count();
        let message = format!("The {name} prints {lines} lines, where one is enough.");
        return Some(Cause::new("too-many-lines", message));
    }
    let (_, said) = case.last_said();
    let actor = case.past.actors.values().filter(|actor| !actor.accepted);
    let new = program.printed_since();
    let said = said.trim_ascii();
    let stale = actor.flat_map(|actor| &actor.sent).find(|old| {
        let rest = old.0.get(said.len()..).unwrap_or_default().trim_ascii_end();
        rest.len() > 2 && contains(new, &[said, rest].concat())
    });
    stale.map(|_| {
        let message =
            format!("The {name} shows the rest of an earlier, longer message behind the new one.");
        Cause::new("stale-buffer", message).hint(
            "In C, recv() does not end a text: put buffer[n] = 0 after it, or print with %.*s.",
        )
    })
}

/// The text that a `prints` looks for, if it is a literal one.
pub fn wanted(case: &Case<'_>, step: &Prints) -> Option<Vec<u8>> {
    let text = step.contains.as_ref()?;
    expand(text, &case.past.bindings).ok()
}

/// Whether a count always begins anew: the pattern for the first number fits more often than once.
pub fn counts_anew(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let template = shown
        .step
        .matches
        .as_ref()
        .filter(|text| text.contains("${i}"))?;
    let mut bindings = case.past.bindings.clone();
    bindings.set("i", b"1".to_vec());
    let first = regex::bytes::Regex::new(&expand_text(template, &bindings).ok()?).ok()?;
    (first.find_iter(shown.text).count() > 1).then(|| {
        Cause::new(
            "count-begins-anew",
            format!("The {} counts every client as number 1.", shown.name),
        )
        .hint("Set the counter to 0 before the loop, and add 1 in the loop.")
    })
}
