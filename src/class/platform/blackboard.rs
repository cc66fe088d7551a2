//! Blackboard: files named after title, student and attempt, all in one folder.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{left_aside, mostly, text};
use crate::class::discover::{Class, Handed};
use crate::class::tree::{Source, Top, Tree};

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<title>.+)_(?P<user>[^_]+)_attempt_(?P<time>\d{4}(?:-\d{2}){5})(?:_(?P<file>.+)|\.txt)$")
        .expect("the pattern is a constant")
});

pub(super) fn recognise(tree: &Tree, tops: &[Top]) -> Option<Class> {
    let found: Vec<(&Top, Captures)> = tops
        .iter()
        .filter(|t| !t.folder)
        .filter_map(|t| Some((t, NAME.captures(&t.name)?)))
        .collect();
    if !mostly(found.len(), tops.len()) {
        return None;
    }
    let notes = left_aside(tops, &found, "Blackboard");
    let mut students: BTreeMap<String, BTreeMap<String, Vec<(String, String)>>> = BTreeMap::new();
    for (top, captures) in found {
        let attempt = students
            .entry(text(&captures, "user"))
            .or_default()
            .entry(text(&captures, "time"))
            .or_default();
        // The file without a name of its own is the platform's receipt.
        if captures.name("file").is_some() {
            attempt.push((top.name.clone(), text(&captures, "file")));
        }
    }
    let mut submissions = Vec::new();
    for (user, attempts) in students {
        let count = attempts.len();
        let Some((time, files)) = attempts.into_iter().next_back() else {
            continue;
        };
        let source = if files.is_empty() {
            Source::Nothing
        } else {
            tree.loose(&files)
        };
        let mut handed = Handed::new(user.clone(), source);
        if count > 1 {
            handed.notes.push(format!(
                "{count} attempts; the latest, of {time}, was taken"
            ));
        }
        handed.facts.insert("blackboard_user".to_owned(), user);
        handed.facts.insert("handed_in".to_owned(), time);
        submissions.push(handed);
    }
    Some(Class {
        submissions,
        layout: "a Blackboard download",
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blackboard_names_are_taken_apart() {
        let c = NAME
            .captures("Lab_2_s1001_attempt_2026-01-30-20-30-10_my_server.py")
            .unwrap();
        assert_eq!(
            (&c["user"], &c["time"], &c["file"]),
            ("s1001", "2026-01-30-20-30-10", "my_server.py")
        );
        assert!(
            NAME.captures("Lab 2_s1001_attempt_2026-01-30-20-30-10.txt")
                .is_some()
        );
    }
}
