//! A step as one short plain line, for events, packet comments and reports.

use super::place::parse_place;
use super::step::*;
use super::value::Bindings;
use crate::event::Bytes;

/// Characters of a text that a label shows.
const SHOWN: usize = 40;

impl Step {
    /// One short plain line: `alice sends "hello"`, `server listens on TCP port 65432`. Templates stand in it
    /// as the spec writes them; see [`filled`].
    pub fn label(&self) -> String {
        match self {
            Step::Start(s) => format!("{} starts", s.name.as_ref().unwrap_or(&s.program)),
            Step::Type(s) => match s.line.as_ref().or(s.text.as_ref()) {
                Some(text) => format!("{} is typed for {}", quoted(text), s.to),
                None => format!("a line is typed for {}", s.to),
            },
            Step::EndOfInput(p) => format!("the input of {} ends", p.0),
            Step::Prints(s) => format!("{} prints {}", s.program, printed(s)),
            Step::NotPrints(s) => format!("{} has not printed {}", s.program, printed(s)),
            Step::Signal(s) => format!("{} gets SIG{}", s.to, s.signal),
            Step::Exits(s) => exits(s),
            Step::StillRunning(p) => format!("{} still runs", p.0),
            Step::Stop(p) => format!("{} is stopped", p.0),
            Step::Listening(s) => {
                let at =
                    s.at.as_ref()
                        .map_or(String::new(), |at| format!(" at {at}"));
                format!("{} listens on {}{at}", s.program, place(&s.on))
            }
            Step::NotListening(p) => format!("{} listens no more", p.0),
            Step::Connect(s) => connect(s),
            Step::Listen(s) => match &s.program {
                Some(program) => format!("{} listens where {program} connects to", s.name),
                None => format!("{} listens", s.name),
            },
            Step::Accept(s) => format!("{} accepts {}", s.at, s.name),
            Step::NoConnection(s) => format!("no connection reaches {}", s.at),
            Step::Send(s) => format!("{} sends {}", s.from, sent(s)),
            Step::Receive(s) => format!("{} receives {}", s.at, received(s)),
            Step::ReceiveSet(s) => {
                format!("{} receives {} datagrams in any order", s.at, s.texts.len())
            }
            Step::Silent(s) => format!("nothing reaches {}", s.at),
            Step::Shutdown(s) => match s.side {
                Side::Write => format!("{} half-closes its connection", s.of),
                Side::Read => format!("{} shuts its reading side down", s.of),
                Side::Both => format!("{} shuts its connection down", s.of),
            },
            Step::Close(a) => format!("{} closes", a.0),
            Step::Reset(a) => format!("{} resets its connection", a.0),
            Step::Closed(s) => match s.by {
                CloseBy::Reset => format!("the connection of {} is reset", s.at),
                CloseBy::Fin | CloseBy::Any => format!("the connection of {} is closed", s.at),
            },
            Step::StillOpen(s) => format!("the connection of {} stays open", s.at),
            Step::StopReading(s) => format!("{} stops reading", s.at),
            Step::Sockets(s) => format!("sockets of {} are in state {}", s.program, s.state),
            Step::Relay(s) => format!("{} relays to {}", s.name, s.to),
            Step::SetRelay(s) => format!("{} behaves otherwise", s.relay),
            Step::Gpio(s) => format!("pin {}", s.pin),
            Step::File(s) if s.absent => format!("no file {}", s.any_of.join(" or ")),
            Step::File(s) => format!("file {}", s.any_of.join(" or ")),
            Step::Table(s) => format!("table in {}", s.any_of.join(" or ")),
            Step::Yaml(s) => format!("fields of {}", s.file),
            Step::Together(branches) => {
                let names: Vec<&str> = branches.keys().map(String::as_str).collect();
                format!("at the same time: {}", names.join(", "))
            }
            Step::For(s) => format!("for each {} of {}", s.each, s.values.len()),
            Step::Repeat(s) => format!("{} times", s.times),
            Step::Pause(span) => format!("a pause of {span}"),
            Step::Let(names) => {
                let names: Vec<&str> = names.keys().map(String::as_str).collect();
                format!("let {}", names.join(", "))
            }
            Step::Either(ways) => format!("one of {} ways", ways.len()),
        }
    }
}

/// A label with values in the place of names, so that a reader sees what was really sent. Holes that are no
/// bound names, as those of patterns, stay.
pub fn filled(label: &str, bindings: &Bindings) -> String {
    let mut out = String::with_capacity(label.len());
    let mut rest = label;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let hole = after.split_once('}');
        match hole.and_then(|(name, after)| Some((bindings.get(name)?, after))) {
            Some((value, after)) => {
                // One byte takes at most four characters.
                let value = Bytes(value.iter().take(SHOWN + 1).copied().collect()).escaped();
                out.push_str(&cut(&value));
                rest = after;
            }
            None => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn quoted(text: &str) -> String {
    let one_line = text.replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{}\"", cut(&one_line))
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn printed(s: &Prints) -> String {
    let one = s.contains.as_ref().or(s.like.as_ref());
    match (one, &s.matches, s.any_of.first()) {
        (Some(text), _, _) => quoted(text),
        (None, Some(regex), _) => meant(regex, s.meaning.as_ref()),
        (None, None, Some(first)) if s.any_of.len() == 1 => quoted(first),
        (None, None, Some(first)) => format!("{} or the like", quoted(first)),
        (None, None, None) => "something".into(),
    }
}

fn meant(regex: &str, meaning: Option<&String>) -> String {
    meaning.map_or_else(|| format!("something like /{regex}/"), String::clone)
}

fn exits(s: &Exits) -> String {
    match &s.status {
        Some(ExitStatus::Code(n)) => format!("{} ends with status {n}", s.program),
        Some(ExitStatus::Nonzero) => format!("{} ends with a status other than 0", s.program),
        _ => format!("{} ends", s.program),
    }
}

fn place(on: &str) -> String {
    parse_place(on).map_or_else(|_| on.to_owned(), |place| place.to_string())
}

fn connect(s: &Connect) -> String {
    let to = match (&s.to, &s.at, &s.on) {
        (Some(to), None, None) => to.clone(),
        (Some(to), Some(at), None) => format!("{to} at {at}"),
        (Some(to), at, Some(on)) => {
            let at = at.as_ref().map_or(String::new(), |at| format!(" at {at}"));
            format!("{to}{at} on {}", place(on))
        }
        (None, at, on) => {
            let at = at.as_deref().unwrap_or("the machine");
            on.as_ref()
                .map_or_else(|| at.to_owned(), |on| format!("{at} on {}", place(on)))
        }
    };
    match s.expect {
        ConnectExpect::Ok => format!("{} connects to {to}", s.name),
        ConnectExpect::Refused => format!("{} is refused by {to}", s.name),
    }
}

fn sent(s: &Send) -> String {
    if let Some(text) = s.text.as_ref().or(s.line.as_ref()).or(s.bytes.as_ref()) {
        return quoted(text);
    }
    match (&s.hex, &s.pack) {
        (Some(hex), _) => format!("the bytes {}", hex.chars().take(SHOWN).collect::<String>()),
        (None, Some(pack)) => format!("values packed as {}", pack.format),
        (None, None) => "nothing".into(),
    }
}

fn received(s: &Receive) -> String {
    if let Some(text) = s
        .text
        .as_ref()
        .or(s.line.as_ref())
        .or(s.bytes.as_ref())
        .or(s.like.as_ref())
    {
        return quoted(text);
    }
    if let Some(regex) = &s.matches {
        return meant(regex, s.meaning.as_ref());
    }
    if let Some(first) = s.any_of.first() {
        return format!("{} or the like", quoted(first));
    }
    match (&s.hex, s.length, &s.unpack) {
        (Some(hex), _, _) => format!("the bytes {}", hex.chars().take(SHOWN).collect::<String>()),
        (None, Some(1), _) => "1 byte".into(),
        (None, Some(n), _) => format!("{n} bytes"),
        (None, None, Some(pack)) => format!("values packed as {}", pack.format),
        (None, None, None) => "something".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_label_give_way_to_short_values_and_patterns_stay() {
        let mut bindings = Bindings::new(1, "check");
        bindings.set("line", "hi\n");
        bindings.set("blob", vec![0_u8; 200_000]);
        let label = filled("a sends \"${line}${blob}\" like ${int as n} ${", &bindings);
        let blob = "\\x00".repeat(10);
        assert_eq!(
            label,
            format!("a sends \"hi\\n{blob}…\" like ${{int as n}} ${{")
        );
    }

    #[test]
    fn labels_are_short_plain_lines() {
        for (yaml, label) in [
            ("start: server", "server starts"),
            (
                "listening: { program: server, on: tcp/65432 }",
                "server listens on TCP port 65432",
            ),
            (
                "connect: { as: bob, to: server, at: 10.0.0.1, expect: refused }",
                "bob is refused by server at 10.0.0.1",
            ),
            (
                "send: { from: alice, text: \"a\\nb\" }",
                "alice sends \"a\\nb\"",
            ),
            ("receive: { at: alice, length: 1 }", "alice receives 1 byte"),
            (
                "exits: { program: server, status: nonzero }",
                "server ends with a status other than 0",
            ),
            ("pause: 1100ms", "a pause of 1100ms"),
        ] {
            assert_eq!(crate::spec::load::step(yaml).unwrap().label(), label);
        }
    }
}
