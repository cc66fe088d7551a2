//! Answers: a key of a handed-in YAML file → whether it agrees with a fact of the student's own capture.

use crate::capture::Analysis;
use crate::capture::facts::{Fact, of_exchange, of_flow};
use crate::plan::Files;
use crate::spec::AnswerCheck;
use crate::spec::tree::{self, Node};
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
        let message = format!("`{key}` is `{said}` in {path}; that is not what the capture shows.");
        Finding::new("wrong-answer", message)
    })
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
    use crate::spec::ANSWER_FACTS;

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
