//! What learning platforms let an instructor download: Moodle, Canvas, Gradescope, Blackboard. Each is
//! recognised by the names it gives, which carry whose each file is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_yaml::Value;

use super::discover::{Class, Handed};
use super::tree::{Source, Top, Tree};
use crate::plan::files::shown;

static MOODLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<name>[^_]*)_(?P<id>\d+)_(?P<sub>assignsubmission|assignfeedback)_(?P<plugin>[a-z]+)_?(?P<rest>.*)$")
        .expect("the pattern is a constant")
});
/// `LATE` is in capitals and names are in small letters, so that no name is taken for it.
static CANVAS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:(?P<name>[^_]+(?:_[^_]+)*?)_)??(?:(?P<late>LATE)_)?(?P<uid>\d+|anon_[A-Za-z0-9]+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<online>text|link)\.html)$")
        .expect("the pattern is a constant")
});
static BLACKBOARD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<title>.+)_(?P<user>[^_]+)_attempt_(?P<time>\d{4}(?:-\d{2}){5})(?:_(?P<file>.+)|\.txt)$")
        .expect("the pattern is a constant")
});
/// Canvas adds a number to the name of a file that is handed in once more.
static AGAIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<stem>.+)-\d{1,2}(?P<end>\.[A-Za-z0-9.]+)$")
        .expect("the pattern is a constant")
});

/// Metadata of a whole class with all results fits in this.
const LARGEST_METADATA: u64 = 32 << 20;

/// The class in a platform's download; none if it is not one.
pub(super) fn recognise(tree: &Tree, tops: &[Top]) -> Option<Class> {
    gradescope(tree, tops)
        .or_else(|| moodle(tree, tops))
        .or_else(|| blackboard(tree, tops))
        .or_else(|| canvas(tree, tops))
}

/// At least half of what is there must look like the platform's; a name or two may do so by accident.
fn mostly(matching: usize, all: usize) -> bool {
    matching > 0 && matching * 2 >= all
}

fn text(found: &Captures, name: &str) -> String {
    found
        .name(name)
        .map(|m| m.as_str().to_owned())
        .unwrap_or_default()
}

fn moodle(tree: &Tree, tops: &[Top]) -> Option<Class> {
    let found: Vec<(&Top, Captures)> = tops
        .iter()
        .filter_map(|t| Some((t, MOODLE.captures(&t.name)?)))
        .collect();
    if !mostly(found.len(), tops.len()) {
        return None;
    }
    let mut students: BTreeMap<String, Vec<(&Top, Captures)>> = BTreeMap::new();
    for (top, captures) in found
        .into_iter()
        .filter(|(_, c)| &c["sub"] == "assignsubmission")
    {
        students
            .entry(text(&captures, "id"))
            .or_default()
            .push((top, captures));
    }
    let mut submissions = Vec::new();
    for (id, parts) in students {
        let folder = parts
            .iter()
            .find(|(top, c)| top.folder && &c["plugin"] == "file");
        let flat: Vec<(String, String)> = parts
            .iter()
            .filter(|(top, c)| !top.folder && !c["rest"].is_empty())
            .map(|(top, c)| (top.name.clone(), text(c, "rest")))
            .collect();
        let source = match (folder, parts.first()) {
            (Some((top, _)), _) => tree.folder(&top.name),
            (None, Some((top, _))) if top.folder => tree.folder(&top.name),
            _ => tree.loose(&flat),
        };
        let mut handed = Handed::new(id.clone(), source);
        handed.name = parts
            .first()
            .map(|(_, c)| text(c, "name"))
            .unwrap_or_default();
        // With anonymous marking every name is the same word.
        if handed.name == "Participant" {
            handed.name.clear();
        }
        handed.facts.insert("moodle_id".to_owned(), id);
        submissions.push(handed);
    }
    Some(Class {
        submissions,
        layout: "a Moodle download",
        notes: Vec::new(),
    })
}

fn canvas(tree: &Tree, tops: &[Top]) -> Option<Class> {
    let found: Vec<(&Top, Captures)> = tops
        .iter()
        .filter(|t| !t.folder)
        .filter_map(|t| Some((t, CANVAS.captures(&t.name)?)))
        .collect();
    if !mostly(found.len(), tops.len()) {
        return None;
    }
    let mut students: BTreeMap<String, Vec<(&Top, Captures)>> = BTreeMap::new();
    for (top, captures) in found {
        students
            .entry(text(&captures, "uid"))
            .or_default()
            .push((top, captures));
    }
    let mut submissions = Vec::new();
    for (id, parts) in students {
        let files: Vec<(String, String)> = parts
            .iter()
            .filter(|(_, c)| c.name("file").is_some())
            .map(|(top, c)| (top.name.clone(), text(c, "file")))
            .collect();
        let mut handed = Handed::new(id.clone(), Source::Nothing);
        let files = without_numbers(files, &mut handed.notes);
        if !files.is_empty() {
            handed.source = tree.loose(&files);
        }
        handed.name = parts
            .first()
            .map(|(_, c)| text(c, "name"))
            .unwrap_or_default();
        if parts.iter().any(|(_, c)| c.name("late").is_some()) {
            handed.facts.insert("late".to_owned(), "yes".to_owned());
        }
        if let Some(online) = parts.iter().find_map(|(_, c)| c.name("online")) {
            handed.notes.push(format!(
                "a {} was handed in on the platform; it was not read",
                if online.as_str() == "link" {
                    "link"
                } else {
                    "text"
                }
            ));
        }
        handed.facts.insert("canvas_id".to_owned(), id);
        submissions.push(handed);
    }
    Some(Class {
        submissions,
        layout: "a Canvas download",
        notes: Vec::new(),
    })
}

/// Gives files back the names they had before they were handed in again: `server-2.py` → `server.py`,
/// unless there is another file of that name.
fn without_numbers(files: Vec<(String, String)>, notes: &mut Vec<String>) -> Vec<(String, String)> {
    let original = |name: &str| {
        AGAIN
            .captures(name)
            .map(|c| format!("{}{}", &c["stem"], &c["end"]))
    };
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

fn blackboard(tree: &Tree, tops: &[Top]) -> Option<Class> {
    let found: Vec<(&Top, Captures)> = tops
        .iter()
        .filter(|t| !t.folder)
        .filter_map(|t| Some((t, BLACKBOARD.captures(&t.name)?)))
        .collect();
    if !mostly(found.len(), tops.len()) {
        return None;
    }
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
        notes: Vec::new(),
    })
}

fn gradescope(tree: &Tree, tops: &[Top]) -> Option<Class> {
    tops.iter()
        .find(|t| !t.folder && t.name == "submission_metadata.yml")?;
    let metadata = tree.text("submission_metadata.yml", LARGEST_METADATA)?;
    let metadata: Value = serde_yaml::from_str(&metadata).ok()?;
    let metadata = metadata.as_mapping()?;
    let mut submissions = Vec::new();
    for top in tops.iter().filter(|t| t.folder) {
        let mut handed = Handed::new(top.name.clone(), tree.folder(&top.name));
        let about = metadata.get(top.name.as_str());
        let people = about
            .and_then(|a| field(a, "submitters"))
            .and_then(Value::as_sequence);
        let people: Vec<&Value> = people.into_iter().flatten().collect();
        let all = |name: &str| {
            people
                .iter()
                .filter_map(|p| field(p, name))
                .filter_map(plain)
                .collect::<Vec<_>>()
        };
        handed.name = all("name").join(", ");
        for (fact, values) in [("sid", all("sid")), ("email", all("email"))] {
            if !values.is_empty() {
                handed.facts.insert(fact.to_owned(), values.join(", "));
            }
        }
        if let Some(id) = top.name.strip_prefix("submission_") {
            handed
                .facts
                .insert("gradescope_id".to_owned(), id.to_owned());
        }
        if let Some(time) = about.and_then(|a| field(a, "created_at")).and_then(plain) {
            handed.facts.insert("handed_in".to_owned(), time);
        }
        // A single person's own number is what every other list calls the person.
        if let [sid] = all("sid").as_slice() {
            handed.key.clone_from(sid);
        }
        submissions.push(handed);
    }
    Some(Class {
        submissions,
        layout: "a Gradescope export",
        notes: Vec::new(),
    })
}

/// A field whose key may have the colon of a Ruby symbol.
fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value
        .get(format!(":{name}").as_str())
        .or_else(|| value.get(name))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas_of(name: &str) -> Option<(String, bool, String, String)> {
        let c = CANVAS.captures(name)?;
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
        assert_eq!(canvas_of("server.py"), None);
        assert_eq!(canvas_of("lab_2_server.py"), None);
    }

    #[test]
    fn moodle_names_are_taken_apart() {
        for (name, who, id, rest) in [
            (
                "Jane Doe_12345_assignsubmission_file",
                "Jane Doe",
                "12345",
                "",
            ),
            (
                "Jane Doe_12345_assignsubmission_file_",
                "Jane Doe",
                "12345",
                "",
            ),
            (
                "Jane Doe_12345_assignsubmission_file_my_server.py",
                "Jane Doe",
                "12345",
                "my_server.py",
            ),
            (
                "Participant_7_assignsubmission_onlinetext",
                "Participant",
                "7",
                "",
            ),
        ] {
            let c = MOODLE.captures(name).unwrap();
            assert_eq!(
                (&c["name"], &c["id"], &c["rest"]),
                (who, id, rest),
                "{name}"
            );
        }
        assert!(MOODLE.captures("s1001").is_none());
    }

    #[test]
    fn blackboard_names_are_taken_apart() {
        let c = BLACKBOARD
            .captures("Lab_2_s1001_attempt_2026-01-30-20-30-10_my_server.py")
            .unwrap();
        assert_eq!(
            (&c["user"], &c["time"], &c["file"]),
            ("s1001", "2026-01-30-20-30-10", "my_server.py")
        );
        assert!(
            BLACKBOARD
                .captures("Lab 2_s1001_attempt_2026-01-30-20-30-10.txt")
                .is_some()
        );
    }

    #[test]
    fn numbers_of_later_attempts_are_cut_off() {
        let again = |name: &str| {
            AGAIN
                .captures(name)
                .map(|c| format!("{}{}", &c["stem"], &c["end"]))
        };
        assert_eq!(again("server-2.py").as_deref(), Some("server.py"));
        assert_eq!(again("lab-2.tar.gz").as_deref(), Some("lab.tar.gz"));
        assert_eq!(again("server.py"), None);
    }
}
