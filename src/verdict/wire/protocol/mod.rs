//! The protocol that a student designed: a handed-in `protocol.yaml` and the packets of the student's own
//! programs → whether the one explains the other (`docs/protocol.md`).

mod demand;
mod dissect;
mod message;
mod model;
mod read;
mod refuse;
mod shown;
mod text;
mod view;

use super::flows::View;
use crate::capture::Side;
use crate::diag::{Diagnostic, position};
use crate::event::{Bytes, Transport};
use crate::plan::Files;
use crate::spec::ProtocolCheck;
use crate::verdict::Source;
use crate::verdict::diagnose::{self, crash};
use crate::verdict::finding::{Excerpt, Finding};
use dissect::{Said, Talk};
use model::Declaration;
use shown::Wanted;

/// What is wrong with the declaration alone; none if nothing is, or if packets are asked for.
pub fn declared(files: Option<&Files>, check: &ProtocolCheck) -> Option<Finding> {
    load(files, check).err().map(|finding| *finding)
}

/// What is wrong with the declaration or with the packets.
pub fn judge(view: &View<'_>, check: &ProtocolCheck) -> Option<Finding> {
    match load(view.files(), check) {
        Err(finding) => Some(*finding),
        Ok(_) if check.declared_only => None,
        Ok(declaration) => match talks(view, check, &declaration) {
            Err(finding) => Some(*finding),
            Ok(talks) => demands(view, check, &declaration, &talks),
        },
    }
}

/// Why a step failed, if the packets of a declared protocol tell: answers that went to another sensor.
pub fn explains(view: &View<'_>, check: &ProtocolCheck) -> Option<Finding> {
    let declaration = load(view.files(), check).ok()?;
    let talks = talks(view, check, &declaration).ok()?;
    demand::wrong_client(&talks)
}

fn transport(check: &ProtocolCheck) -> Transport {
    match check.transport.as_str() {
        "udp" => Transport::Udp,
        _ => Transport::Tcp,
    }
}

/// Reads the declaration and refuses one that explains nothing.
fn load(files: Option<&Files>, check: &ProtocolCheck) -> Result<Declaration, Box<Finding>> {
    let name = &check.file;
    let Some((path, bytes)) = files.and_then(|files| files.find(name)) else {
        let message = format!("There is no file {name} in the submission.");
        return Err(Box::new(Finding::new("file-missing", message)));
    };
    let source = String::from_utf8_lossy(&bytes);
    let declaration =
        read::read(&source, &path).map_err(|problems| broken(&path, &source, &problems))?;
    let transport = transport(check);
    let refusals = refuse::refusals(&declaration, transport, check.reply);
    if let Some(first) = refusals.first() {
        let also = also(refusals[1..].iter().map(|refusal| refusal.message.clone()));
        let at = first.span.as_ref().map(|span| line_of(&source, span.start));
        let place = at
            .as_ref()
            .map_or(path.clone(), |(line, _)| format!("{path}, line {line}"));
        let message = format!("The protocol is refused. {place}: {}.{also}", first.message);
        let mut finding = Finding::new("protocol-refused", message);
        finding.source = at.map(|(line, text)| Source {
            file: path,
            line,
            text,
        });
        finding.hint = first.help.into();
        return Err(Box::new(finding));
    }
    let least = check
        .field_types
        .filter(|_| check.declared_only)
        .unwrap_or(0);
    match demand::field_types(&declaration, transport, None, least) {
        Some(finding) => Err(Box::new(finding)),
        None => Ok(declaration),
    }
}

fn broken(path: &str, source: &str, problems: &[Diagnostic]) -> Box<Finding> {
    let said = |problem: &Diagnostic| format!("line {}: {}", problem.line, problem.message);
    let first = problems.first();
    let also = also(problems.iter().skip(1).map(said));
    let message = format!(
        "{path} cannot be used, {}.{also}",
        first.map_or(String::new(), said)
    );
    let mut finding = Finding::new("protocol-broken", message);
    if let Some(first) = first {
        let (line, text) = line_of(source, first.span.start);
        let file = path.to_owned();
        finding.source = Some(Source { file, line, text });
        let help = first.help.as_deref().unwrap_or_default();
        finding.hint = diagnose::sentence(help);
    }
    Box::new(finding)
}

/// Further things that are wrong, in as many words as still help.
fn also(further: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 3;
    let further: Vec<String> = further.collect();
    if further.is_empty() {
        return String::new();
    }
    let more = further.len().saturating_sub(SHOWN);
    let shown = further[..further.len() - more].join("; ");
    let rest = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!(" Also: {shown}{rest}.")
}

/// The number and the text of the line at a place.
fn line_of(source: &str, at: usize) -> (u32, String) {
    let (line, _) = position(source, at);
    let text = source.lines().nth(line - 1).unwrap_or_default().trim();
    let text: String = text.chars().take(120).collect();
    (line as u32, text)
}

/// The conversations at the port that counts.
fn talks<'a>(
    view: &View<'a>,
    check: &ProtocolCheck,
    declaration: &Declaration,
) -> Result<Vec<Talk<'a>>, Box<Finding>> {
    let transport = transport(check);
    let channel = declaration
        .channel(transport)
        .ok_or_else(|| Box::new(Finding::default()))?;
    let given = check
        .on
        .as_deref()
        .and_then(|on| on.split_once('/')?.1.parse().ok());
    let port = given.unwrap_or(channel.port);
    let mut talks = Vec::new();
    if transport == Transport::Udp {
        for exchange in view.protocol_exchanges() {
            if let Some(up) = side(exchange.client.port(), exchange.server.port(), port) {
                talks.push(dissect::exchange(declaration, exchange, up)?);
            }
        }
    } else {
        for flow in view.protocol_flows() {
            if let Some(up) = side(flow.client.port(), flow.server.port(), port) {
                talks.push(dissect::connection(declaration, channel, flow, up)?);
            }
        }
    }
    talks.retain(|talk| !talk.up.is_empty() || !talk.down.is_empty());
    if talks.is_empty() {
        return Err(nothing(view, declaration, transport, port, given.is_some()));
    }
    Ok(talks)
}

/// The sensor's side: the one that does not have the server's port.
fn side(client: u16, server: u16, port: u16) -> Option<Side> {
    match (client == port, server == port) {
        (_, true) => Some(Side::Client),
        (true, false) => Some(Side::Server),
        (false, false) => None,
    }
}

fn nothing(
    view: &View<'_>,
    declaration: &Declaration,
    transport: Transport,
    port: u16,
    given: bool,
) -> Box<Finding> {
    let ports = match transport {
        Transport::Udp => view.protocol_exchanges().map(|e| e.server.port()).collect(),
        _ => view
            .protocol_flows()
            .map(|f| f.server.port())
            .collect::<Vec<_>>(),
    };
    let other = ports.iter().find(|other| **other != port);
    let instead = other.map_or(String::new(), |other| {
        format!("; there is something on port {other}")
    });
    Box::new(if given {
        let message = format!(
            "No data goes over {transport} port {port}, which the sensor was given as an argument{instead}."
        );
        Finding::new("nothing-on-given-port", message)
    } else {
        let file = &declaration.path;
        let message =
            format!("No data goes over {transport} port {port}, which {file} declares{instead}.");
        Finding::new("nothing-on-declared-port", message)
    })
}

fn demands(
    view: &View<'_>,
    check: &ProtocolCheck,
    declaration: &Declaration,
    talks: &[Talk<'_>],
) -> Option<Finding> {
    let used = demand::used(talks);
    let least = check.at_least.unwrap_or(1);
    let types = check.field_types.unwrap_or(0);
    // What is not shown tells why a server that died has got so few.
    let shown = check.shown_by.as_ref();
    shown
        .and_then(|program| not_shown(view, declaration, talks, program))
        .or_else(|| demand::at_least(declaration, talks, least))
        .or_else(|| demand::field_types(declaration, transport(check), Some(&used), types))
        .or_else(|| check.reply.then(|| demand::reply(talks)).flatten())
        .or_else(|| demand::period(declaration, talks, check.period_tolerance?))
        .or_else(|| {
            check
                .readings_differ
                .then(|| demand::differ(declaration, talks))
                .flatten()
        })
}

/// Values that a program's output does not hold.
fn not_shown(
    view: &View<'_>,
    declaration: &Declaration,
    talks: &[Talk<'_>],
    program: &str,
) -> Option<Finding> {
    let output = view.output(program);
    let tokens = shown::tokens(&output);
    let missing = |said: &[Vec<Wanted>]| shown::first_missing(&output, &tokens, said);
    let declared = |said: &Said| shown::wanted(declaration, said.message, &said.values);
    let (talk, (index, values)) = talks.iter().find_map(|talk| {
        let said: Vec<_> = talk.up.iter().map(declared).collect();
        Some((talk, missing(&said)?))
    })?;
    let said = &talk.up[index];
    let name = &declaration.messages[said.message].name;
    let which = format!(
        "message {} of the sensor at {} (`{name}`)",
        index + 1,
        talk.sensor
    );
    let words: Vec<String> = values
        .iter()
        .take(4)
        .map(|wanted| {
            format!(
                "{} = {}",
                wanted.name,
                crate::spec::pack::show(&wanted.value)
            )
        })
        .collect();
    let words = words.join(", ");
    let mut finding = if let Some(format) = other_order(declaration, talk, missing) {
        let message = format!(
            "The {program} shows other values than {} declares: its numbers are those of `{format}`. Of {which} it should show {words}.",
            declaration.path
        );
        Finding::new("values-differ", message)
    } else if let Some(pieces) = view
        .pieces(program, talk, said)
        .filter(|pieces| *pieces > 1)
    {
        let message = format!(
            "The {program} takes what one recv() returns for a whole message: {which} came in {pieces} pieces, and {words} is not shown."
        );
        Finding::new("reads-once", message)
    } else if let Some(crash) = crash::find(&output) {
        let cause = diagnose::crash_cause(&crash, program);
        let mut finding = Finding::new(cause.code, cause.message);
        (finding.source, finding.hint) = (cause.source, cause.hint);
        finding
    } else {
        let together = if view.together(program, talk, said) {
            " It arrived together with other messages: one recv() may return several."
        } else {
            ""
        };
        let message = format!(
            "The {program} does not show every value: of {which}, {words} is missing.{together}"
        );
        Finding::new("values-missing", message)
    };
    finding.packets = vec![said.packet];
    finding.output = Some(excerpt(program, &output));
    Some(finding)
}

/// Another byte order or alignment by which all messages of a conversation are shown.
fn other_order(
    declaration: &Declaration,
    talk: &Talk<'_>,
    missing: impl Fn(&[Vec<Wanted>]) -> Option<(usize, Vec<Wanted>)>,
) -> Option<String> {
    let first = talk.up.first()?;
    let orders = dissect::other_orders(&declaration.messages[first.message]);
    let names: Vec<String> = orders.map(|(text, _)| text).collect();
    names.into_iter().find(|name| {
        let prefix = name.chars().next().unwrap_or('@');
        let read = |said: &Said| {
            let message = &declaration.messages[said.message];
            let (_, format) = message.in_order(prefix)?;
            let values = message.explain_struct(&format, &said.bytes, true).ok()?;
            Some(shown::wanted(declaration, said.message, &values))
        };
        let said: Option<Vec<_>> = talk.up.iter().map(read).collect();
        said.is_some_and(|said| missing(&said).is_none())
    })
}

fn excerpt(program: &str, output: &str) -> Excerpt {
    const LAST: usize = 1500;
    let mut from = output.len().saturating_sub(LAST);
    while !output.is_char_boundary(from) {
        from += 1;
    }
    Excerpt {
        label: format!("the {program} printed"),
        bytes: Bytes::from(&output[from..]),
        length: output.len() as u64,
        described: false,
    }
}

#[cfg(test)]
mod tests;
