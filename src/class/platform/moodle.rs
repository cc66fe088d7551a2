//! Moodle: a folder (or, in old versions, files) for each participant and kind of submission.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{left_aside, mostly, text};
use crate::class::discover::{Class, Handed};
use crate::class::tree::{Source, Top, Tree};
use crate::plan::files::shown;

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<name>[^_]*)_(?P<id>\d+)_(?P<sub>assignsubmission|assignfeedback)_(?P<plugin>[a-z]+)_?(?P<rest>.*)$")
        .expect("the pattern is a constant")
});

type Part<'a> = (&'a Top, Captures<'a>);

pub(super) fn recognise(tree: &Tree, tops: &[Top]) -> Option<Class> {
    let found: Vec<Part> = tops
        .iter()
        .filter_map(|t| Some((t, NAME.captures(&t.name)?)))
        .collect();
    if !mostly(found.len(), tops.len()) {
        return None;
    }
    let notes = left_aside(tops, &found, "Moodle");
    let mut students: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    // What the teacher handed back is in the download, too, and is no submission.
    for part in found
        .into_iter()
        .filter(|p| &p.1["sub"] == "assignsubmission")
    {
        students.entry(text(&part.1, "id")).or_default().push(part);
    }
    let mut submissions: Vec<Handed> = students
        .into_iter()
        .map(|(id, parts)| one(tree, id, &parts))
        .collect();
    forget_common_name(&mut submissions);
    Some(Class {
        submissions,
        layout: "a Moodle download",
        notes,
    })
}

fn one(tree: &Tree, id: String, parts: &[Part]) -> Handed {
    let folders = parts.iter().filter(|(top, _)| top.folder);
    let folder = folders.clone().find(|(_, c)| &c["plugin"] == "file");
    let flat: Vec<&Part> = parts
        .iter()
        .filter(|(top, c)| !top.folder && !c["rest"].is_empty() && &c["plugin"] == "file")
        .collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let source = match folder {
        Some((top, _)) => {
            taken.insert(&top.name);
            tree.folder(&top.name)
        }
        None if flat.is_empty() => Source::Nothing,
        None => {
            taken.extend(flat.iter().map(|(top, _)| top.name.as_str()));
            let pairs: Vec<(String, String)> = flat
                .iter()
                .map(|(top, c)| (top.name.clone(), text(c, "rest")))
                .collect();
            tree.loose(&pairs)
        }
    };
    let mut handed = Handed::new(id.clone(), source);
    handed.name = parts
        .first()
        .map(|(_, c)| text(c, "name"))
        .unwrap_or_default();
    handed.facts.insert("moodle_id".to_owned(), id);
    for (top, captures) in parts
        .iter()
        .filter(|(top, _)| !taken.contains(top.name.as_str()))
    {
        handed.notes.push(match &captures["plugin"] {
            "onlinetext" => "a text was handed in on the platform; it was not read".to_owned(),
            _ => format!("{} was left aside: not a submitted file", shown(&top.name)),
        });
    }
    handed
}

/// With anonymous marking everybody is called by one word, in the site's language.
fn forget_common_name(submissions: &mut [Handed]) {
    let names: BTreeSet<String> = submissions.iter().map(|s| s.name.clone()).collect();
    let common = names.len() == 1 && submissions.len() > 1;
    for handed in submissions {
        if common || handed.name == "Participant" {
            handed.name.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moodle_names_are_taken_apart() {
        let file = "Jane Doe_12345_assignsubmission_file";
        for (name, who, id, rest) in [
            (file.to_owned(), "Jane Doe", "12345", ""),
            (format!("{file}_"), "Jane Doe", "12345", ""),
            (
                format!("{file}_my_server.py"),
                "Jane Doe",
                "12345",
                "my_server.py",
            ),
            (
                "Participant_7_assignsubmission_onlinetext".to_owned(),
                "Participant",
                "7",
                "",
            ),
        ] {
            let c = NAME.captures(&name).unwrap();
            assert_eq!(
                (&c["name"], &c["id"], &c["rest"]),
                (who, id, rest),
                "{name}"
            );
        }
        assert!(NAME.captures("s1001").is_none());
    }
}
