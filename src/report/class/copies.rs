//! Captures that several submissions have in common. A capture is made by its author's own programs, with
//! ports and numbers that the system draws: two with the same bytes are one capture, handed in twice.

use std::collections::{BTreeMap, BTreeSet};

use super::Class;

/// A capture that more than one submission has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedCapture {
    /// The file, by the names that it has in the submissions.
    pub files: BTreeSet<String>,
    /// The submissions' keys.
    pub submissions: BTreeSet<String>,
}

impl Class {
    /// The captures that several submissions have in common. A student who hands the same capture in to two exercises
    /// is one submission.
    pub fn shared_captures(&self) -> Vec<SharedCapture> {
        let mut by_digest: BTreeMap<&str, SharedCapture> = BTreeMap::new();
        for summary in &self.submissions {
            for (file, digest) in &summary.captures {
                let shared = by_digest.entry(digest).or_insert_with(|| SharedCapture {
                    files: BTreeSet::new(),
                    submissions: BTreeSet::new(),
                });
                shared.files.insert(file.clone());
                shared.submissions.insert(summary.submission.key.clone());
            }
        }
        let mut shared: Vec<SharedCapture> = by_digest
            .into_values()
            .filter(|shared| shared.submissions.len() > 1)
            .collect();
        shared.sort_by(|a, b| a.submissions.cmp(&b.submissions));
        shared
    }
}

impl SharedCapture {
    /// As a sentence: `s1001 and s1004 handed in the same capture (tcp-echo.pcapng)`.
    pub fn sentence(&self) -> String {
        let mut keys: Vec<&str> = self.submissions.iter().map(String::as_str).collect();
        let last = keys.pop().unwrap_or_default();
        let files: Vec<&str> = self.files.iter().map(String::as_str).collect();
        format!(
            "{} and {last} handed in the same capture ({})",
            keys.join(", "),
            files.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::class::{RunFacts, Summary};
    use crate::score::{Status, Submission};

    fn summary(key: &str, exercise: &str, captures: &[(&str, &str)]) -> Summary {
        let pair = |(file, digest): &(&str, &str)| ((*file).to_owned(), (*digest).to_owned());
        Summary {
            submission: Submission {
                key: key.into(),
                ..Submission::default()
            },
            exercise: exercise.into(),
            status: Status::Graded,
            score: 1.0,
            max: 1.0,
            bonus: 0.0,
            waiting: 0.0,
            duration_ms: 1.0,
            started: String::new(),
            isolation: String::new(),
            error: None,
            checks: Vec::new(),
            captures: captures.iter().map(pair).collect(),
            link: None,
        }
    }

    #[test]
    fn a_capture_of_two_students_is_told_and_one_of_two_exercises_is_not() {
        let mut class = Class::new("Echo", RunFacts::default());
        class.submissions = vec![
            summary("s1001", "tcp", &[("tcp.pcapng", "aa")]),
            summary(
                "s1001",
                "udp",
                &[("tcp.pcapng", "aa"), ("udp.pcapng", "bb")],
            ),
            summary("s1002", "tcp", &[("tcp.pcapng", "cc")]),
            summary("s1003", "tcp", &[("TCP.pcap", "cc")]),
            summary("s1004", "udp", &[("udp.pcapng", "dd")]),
        ];
        let told: Vec<String> = class
            .shared_captures()
            .iter()
            .map(SharedCapture::sentence)
            .collect();
        assert_eq!(
            told,
            ["s1002 and s1003 handed in the same capture (TCP.pcap, tcp.pcapng)"]
        );
    }
}
