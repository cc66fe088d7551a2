//! Answers: a key of a handed-in YAML file → whether it agrees with a fact of the student's own capture.

use crate::capture::Analysis;
use crate::capture::facts::{Fact, of_exchange, of_flow};
use crate::plan::Files;
use crate::spec::tree::{self, Node};
use crate::spec::{ANSWER_FACTS, AnswerCheck};
use crate::verdict::finding::Finding;

/// Largest answers file: 64 KiB.
const LARGEST: usize = 64 << 10;

/// What is wrong with an answer. The right one is not told: it is the student's to find.
pub fn judge(files: Option<&Files>, analysis: &Analysis, check: &AnswerCheck) -> Option<Finding> {
    let (key, file) = (&check.key, &check.file);
    let Some((path, bytes)) = files.and_then(|files| files.find(file)) else {
        let message = format!("There is no file {file} in the submission.");
        return Some(Finding::new("file-missing", message));
    };
    let root = match tree::parse(&String::from_utf8_lossy(&bytes), &path, LARGEST) {
        Ok(root) => root,
        Err(problem) => {
            let message = format!("{path} cannot be read as YAML: {problem}");
            return Some(Finding::new("file-content", message));
        }
    };
    let said = node(&root, key).and_then(Node::text).map_or("", str::trim);
    if said.is_empty() || said.trim_matches(['?', '.', '-', '_', ' ']).is_empty() {
        let message = format!("`{key}` is not filled in in {path}.");
        return Some(Finding::new("answer-missing", message));
    }
    let facts = facts(analysis, check);
    let tolerance = check.tolerance.unwrap_or(0.0);
    if facts.iter().any(|fact| fact.agrees(said, tolerance)) {
        return None;
    }
    Some(if facts.is_empty() {
        let on = check.on.as_deref().unwrap_or("any port");
        let message = format!("The capture shows nothing ({on}) that `{key}` could be about.");
        Finding::new("no-fact", message)
    } else {
        let asked = format!("`{key}` is `{said}` in {path}; that is not what the capture shows");
        mistake(analysis, check, said, &facts).map_or_else(
            || Finding::new("wrong-answer", format!("{asked}.")),
            |(cause, why)| Finding::new(cause, format!("{asked}: {why}.")),
        )
    })
}

/// What was taken for what, as far as a wrong answer shows it. It never tells the right one.
fn mistake(
    analysis: &Analysis,
    check: &AnswerCheck,
    said: &str,
    right: &[Fact],
) -> Option<(&'static str, String)> {
    let fact = check.fact.as_str();
    if fact.ends_with("_isn") && matches!(said, "0" | "1") {
        let why = "that is a relative number, which Wireshark counts from 0; the number as it was sent stands below it";
        return Some(("relative-number", why.into()));
    }
    let another = |name: &str| facts(analysis, &named(check, name));
    let agrees = |name: &str| another(name).iter().any(|fact| fact.agrees(said, 0.0));
    for (side, words) in [
        ("client", "it counts the client's only"),
        ("server", "it counts the server's only"),
    ] {
        if !fact.contains("_from_") && agrees(&format!("{fact}_from_{side}")) {
            return Some(("one-direction-only", words.into()));
        }
    }
    if let Some((_, words)) = ANSWER_FACTS
        .iter()
        .filter(|(name, _)| *name != fact && alike(name, fact))
        .find(|(name, _)| agrees(name))
    {
        return Some(("another-fact", format!("it is something else: {words}")));
    }
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if let (Some(said), true) = (number(said), fact.contains("header_bytes")) {
        let whole = right.iter().filter_map(|fact| number(&fact.to_string()));
        // The header of IPv4 without options has 20 bytes, that of IPv6 has 40.
        if whole
            .clone()
            .any(|whole| whole == said + 20 || whole == said + 40)
        {
            return Some(("without-ip-header", "the header of IP is left out".into()));
        }
        let with_data = analysis.flows.iter().map(|flow| {
            let packets = flow.packets.iter().filter(|packet| packet.len > 0);
            packets.map(|packet| packet.bytes.ip_headers()).sum::<u64>()
        });
        if with_data.into_iter().any(|sum| sum == said) {
            let why = "packets without data are left out, such as those of the handshake";
            return Some(("data-packets-only", why.into()));
        }
    }
    match right.first()? {
        Fact::Word(_) if fact == "close_kind" => Some((
            "close-miscounted",
            "look at which packets carry FIN, and which only ACK".into(),
        )),
        Fact::Word(_) if matches!(said, "client" | "server") => {
            Some(("sides-mixed-up", "it is the other side".into()))
        }
        Fact::Text(_) if fact.ends_with("payload") && said.len() > 3 => Some((
            "not-in-capture",
            "no packet begins the conversation with it".into(),
        )),
        _ => None,
    }
}

fn named(check: &AnswerCheck, fact: &str) -> AnswerCheck {
    AnswerCheck {
        fact: fact.to_owned(),
        ..check.clone()
    }
}

/// Whether one fact may be taken for another: packet numbers, sequence numbers, counts of the same thing.
fn alike(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        let name = name
            .trim_end_matches("_from_client")
            .trim_end_matches("_from_server");
        let name = name
            .trim_start_matches("transport_")
            .trim_start_matches("network_");
        let ends = ["_packet", "_isn", "_first_payload"];
        let end = ends.into_iter().find(|end| name.ends_with(end));
        end.map_or_else(|| name.to_owned(), str::to_owned)
    };
    plain(one) == plain(other)
}

/// A node by its key; `a.b` goes down two maps.
fn node<'a>(root: &'a Node, key: &str) -> Option<&'a Node> {
    root.get(key)
        .or_else(|| key.split('.').try_fold(root, |node, part| node.get(part)))
}

/// The fact, of each conversation that the assertion is about.
fn facts(analysis: &Analysis, check: &AnswerCheck) -> Vec<Fact> {
    let (transport, port) = match check.on.as_deref().and_then(|on| on.split_once('/')) {
        Some((transport, port)) => (Some(transport), port.parse::<u16>().ok()),
        None => (None, None),
    };
    let there = |ports: [u16; 2]| port.is_none_or(|port| ports.contains(&port));
    let tcp = analysis
        .flows
        .iter()
        .filter(|flow| transport != Some("udp") && there([flow.client.port(), flow.server.port()]))
        .filter_map(|flow| of_flow(flow, &check.fact));
    let udp = analysis
        .udp
        .iter()
        .filter(|flow| transport != Some("tcp") && there([flow.client.port(), flow.server.port()]))
        .filter_map(|exchange| of_exchange(exchange, &check.fact));
    tcp.chain(udp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::facts::{SHARED_FACTS, TCP_FACTS, UDP_FACTS};

    #[test]
    fn specs_may_ask_for_exactly_the_facts_that_captures_give() {
        let name = |(name, _): &(&'static str, &str)| *name;
        let one_way = |name: &'static str| {
            ["_from_client", "_from_server"]
                .into_iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(name)
        };
        let mut given: Vec<&str> = [TCP_FACTS, SHARED_FACTS, UDP_FACTS]
            .into_iter()
            .flatten()
            .map(name)
            .collect();
        let mut asked: Vec<&str> = ANSWER_FACTS.iter().map(name).map(one_way).collect();
        given.sort_unstable();
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked, given);
    }

    #[test]
    fn an_answer_that_is_not_there_is_asked_for() {
        let files = Files::of([("answers.yaml", "packets: \"?\"\n")]);
        let check = |key: &str| AnswerCheck {
            file: "answers.yaml".into(),
            key: key.into(),
            fact: "packets".into(),
            on: None,
            tolerance: None,
        };
        let cause = |files, key: &str| {
            let finding = judge(files, &Analysis::default(), &check(key));
            finding.map(|finding| finding.cause)
        };
        assert_eq!(
            cause(Some(&files), "packets").as_deref(),
            Some("answer-missing")
        );
        assert_eq!(
            cause(Some(&files), "datagrams").as_deref(),
            Some("answer-missing")
        );
        assert_eq!(cause(None, "packets").as_deref(), Some("file-missing"));
    }
}
