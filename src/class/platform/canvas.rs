//! Canvas: all files in one folder, each named after the student, the student's number and its own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{left_aside, mostly, text};
use crate::class::discover::{Class, Handed};
use crate::class::tree::{Source, Top, Tree};
use crate::plan::files::shown;

/// `LATE` is in capitals and names are in small letters, so that no name is taken for it. A name may be
/// digits only, or have lost all of its characters; its underscore is always there.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<name>.*?)_(?:(?P<late>LATE)_)?(?P<uid>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<online>text|link)\.html)$")
        .expect("the pattern is a constant")
});
static ANONYMOUS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:(?P<late>LATE)_)?(?P<uid>anon_[A-Za-z0-9]+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<online>text|link)\.html)$")
        .expect("the pattern is a constant")
});
/// Canvas adds a number to the name of a file that is handed in once more.
static AGAIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<stem>.+)-\d{1,2}(?P<end>\.[A-Za-z0-9.]+)$")
        .expect("the pattern is a constant")
});

type Part<'a> = (&'a Top, Captures<'a>);

pub(super) fn recognise(tree: &Tree, tops: &[Top]) -> Option<Class> {
    let files = || tops.iter().filter(|t| !t.folder);
    let anonymous = files().all(|t| ANONYMOUS.is_match(&t.name));
    let found: Vec<Part> = files()
        .filter_map(|t| Some((t, captures(&t.name, anonymous)?)))
        .collect();
    if !mostly(found.len(), tops.len()) {
        return None;
    }
    let notes = left_aside(tops, &found, "Canvas");
    let mut students: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for part in found {
        students.entry(text(&part.1, "uid")).or_default().push(part);
    }
    let submissions = students
        .into_iter()
        .map(|(id, parts)| one(tree, id, &parts))
        .collect();
    Some(Class {
        submissions,
        layout: "a Canvas download",
        notes,
    })
}

/// Somebody may be called Anon: only letters in the number, or a download that is anonymous as a whole, tell.
fn captures(name: &str, anonymous: bool) -> Option<Captures<'_>> {
    let secret = ANONYMOUS.captures(name);
    let letters = |c: &Captures| c["uid"].chars().skip(5).any(char::is_alphabetic);
    match secret {
        Some(found) if anonymous || letters(&found) => Some(found),
        _ => NAMED.captures(name),
    }
}

fn one(tree: &Tree, id: String, parts: &[Part]) -> Handed {
    let mut handed = Handed::new(id.clone(), Source::Nothing);
    let files: Vec<(String, String)> = parts
        .iter()
        .filter(|(_, c)| c.name("file").is_some())
        .map(|(top, c)| (top.name.clone(), text(c, "file")))
        .collect();
    let files = without_numbers(files, &mut handed.notes);
    let files = latest_of_each(files, parts, &mut handed.notes);
    if !files.is_empty() {
        handed.source = tree.loose(&files);
    }
    handed.name = parts
        .iter()
        .find_map(|(_, c)| c.name("name"))
        .map(|name| name.as_str().to_owned())
        .unwrap_or_default();
    if parts.iter().any(|(_, c)| c.name("late").is_some()) {
        handed.facts.insert("late".to_owned(), "yes".to_owned());
    }
    for online in parts.iter().filter_map(|(_, c)| c.name("online")) {
        let what = online.as_str();
        handed.notes.push(format!(
            "a {what} was handed in on the platform; it was not read"
        ));
    }
    handed.facts.insert("canvas_id".to_owned(), id);
    handed
}

/// Of several files of one name the one with the largest number was handed in last.
fn latest_of_each(
    files: Vec<(String, String)>,
    parts: &[Part],
    notes: &mut Vec<String>,
) -> Vec<(String, String)> {
    let number = |at: &str| {
        let part = parts.iter().find(|(top, _)| top.name == at);
        part.and_then(|(_, c)| c["attachment"].parse::<u64>().ok())
    };
    let mut latest: BTreeMap<String, String> = BTreeMap::new();
    for (at, name) in files {
        let older = match latest.get(&name) {
            Some(other) if number(other) >= number(&at) => at,
            Some(_) => latest.insert(name.clone(), at).unwrap_or_default(),
            None => {
                latest.insert(name, at);
                continue;
            }
        };
        notes.push(format!(
            "{} was left aside: a later file has the same name",
            shown(&older)
        ));
    }
    latest.into_iter().map(|(name, at)| (at, name)).collect()
}

/// Gives files back the names they had before they were handed in again: `server-2.py` → `server.py`,
/// unless there is another file of that name.
fn without_numbers(files: Vec<(String, String)>, notes: &mut Vec<String>) -> Vec<(String, String)> {
    let count = |wanted: &str| {
        let is = |(_, name): &&(String, String)| {
            name == wanted || original(name).as_deref() == Some(wanted)
        };
        files.iter().filter(is).count()
    };
    let mut list = Vec::new();
    for (at, name) in &files {
        let name = match original(name).filter(|wanted| count(wanted) == 1) {
            Some(wanted) => {
                notes.push(format!(
                    "{} was handed in as {}",
                    shown(&wanted),
                    shown(name)
                ));
                wanted
            }
            None => name.clone(),
        };
        list.push((at.clone(), name));
    }
    list
}

/// The name before Canvas added a number, if it did.
fn original(name: &str) -> Option<String> {
    let found = AGAIN.captures(name)?;
    Some(format!("{}{}", &found["stem"], &found["end"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas_of(name: &str) -> Option<(String, bool, String, String)> {
        let c = captures(name, false)?;
        Some((
            text(&c, "name"),
            c.name("late").is_some(),
            text(&c, "uid"),
            text(&c, "file"),
        ))
    }

    #[test]
    fn canvas_names_are_taken_apart() {
        let of = |name: &str, late, uid: &str, file: &str| {
            Some((name.to_owned(), late, uid.to_owned(), file.to_owned()))
        };
        assert_eq!(
            canvas_of("doejane_12345_678_server.py"),
            of("doejane", false, "12345", "server.py")
        );
        assert_eq!(
            canvas_of("doejane_LATE_12345_678_my server.py"),
            of("doejane", true, "12345", "my server.py")
        );
        assert_eq!(
            canvas_of("anon_a1B2_678_server.py"),
            of("", false, "anon_a1B2", "server.py")
        );
        assert_eq!(
            canvas_of("LATE_anon_a1B2_678_server.py"),
            of("", true, "anon_a1B2", "server.py")
        );
        assert_eq!(
            canvas_of("müllerjörg_5_6_a_7_8_b.py"),
            of("müllerjörg", false, "5", "a_7_8_b.py")
        );
        assert_eq!(
            canvas_of("doejane_12345_text.html"),
            of("doejane", false, "12345", "")
        );
        // Names of digits, without any character that is kept, and Anon's.
        assert_eq!(
            canvas_of("007_5001_9001_a_2.py"),
            of("007", false, "5001", "a_2.py")
        );
        assert_eq!(
            canvas_of("_LATE_5001_9001_a.py"),
            of("", true, "5001", "a.py")
        );
        assert_eq!(
            canvas_of("anon_5001_9001_a.py"),
            of("anon", false, "5001", "a.py")
        );
        assert_eq!(
            canvas_of("anon_a1b2_9005_77_x.py"),
            of("", false, "anon_a1b2", "77_x.py")
        );
        assert_eq!(canvas_of("server.py"), None);
        assert_eq!(canvas_of("lab_2_server.py"), None);
    }

    #[test]
    fn numbers_of_later_attempts_are_cut_off() {
        assert_eq!(original("server-2.py").as_deref(), Some("server.py"));
        assert_eq!(original("lab-2.tar.gz").as_deref(), Some("lab.tar.gz"));
        assert_eq!(original("server.py"), None);
    }
}
