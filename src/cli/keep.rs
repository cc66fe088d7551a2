//! `--keep`: the scorecard, the captures and the events of one submission in a folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::class::grade::Graded;
use crate::report::{Audience, Extras, Format, Options, Visible};

/// Stores what `audience` may see: a CI job hands this folder to the student as an artifact.
///
/// # Errors
/// When the folder cannot be written.
pub fn keep(folder: &Path, graded: &Graded, audience: Audience) -> anyhow::Result<()> {
    let visible = Visible::new(graded.card.clone(), Extras::default(), audience);
    let mut card = Vec::new();
    Format::Json.write_one(&visible, &Options::default(), &mut card)?;
    write(folder.join("scorecard.json"), &card)?;
    for check in &visible.card().checks {
        let id = &check.id;
        if let Some(bytes) = graded.captures.get(id) {
            write(folder.join(format!("captures/{id}.pcapng")), bytes)?;
        }
        if let Some(events) = graded.events.get(id) {
            let mut lines = Vec::new();
            for event in events {
                serde_json::to_writer(&mut lines, event)?;
                lines.push(b'\n');
            }
            write(folder.join(format!("events/{id}.jsonl")), &lines)?;
        }
    }
    Ok(())
}

fn write(path: PathBuf, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make {}", parent.display()))?;
    }
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Scorecard;

    /// A check that is shown and one that is not, both with a capture and events.
    fn graded() -> Graded {
        let check = |id: &str, hidden: &str| {
            serde_json::json!({
                "id": id, "title": format!("Title of {id}"), "level": "must", "bonus": false,
                "hidden": hidden, "outcome": "passed", "points": 1.0, "max": 1.0, "duration_ms": 1.0,
                "findings": [], "repeat": "",
            })
        };
        let card: Scorecard = serde_json::from_value(serde_json::json!({
            "version": 1, "socklab": "0", "exercise": "e", "lab": "l", "title": "E",
            "submission": { "key": "s1001" }, "seed": 1, "isolation": "A", "started": "",
            "duration_ms": 2.0, "status": "graded", "score": 2.0, "max": 2.0, "bonus": 0.0, "waiting": 0.0,
            "checks": [check("open", "never"), check("secret", "always")], "programs": [],
        }))
        .expect("a scorecard");
        let ids = ["open", "secret"].map(str::to_owned);
        Graded {
            card,
            captures: ids.clone().map(|id| (id, vec![1])).into(),
            events: ids.map(|id| (id, Vec::new())).into(),
        }
    }

    fn kept(audience: Audience) -> (Vec<bool>, String) {
        let folder = tempfile::tempdir().expect("a folder");
        keep(folder.path(), &graded(), audience).expect("written");
        let is_there = |path: &str| folder.path().join(path).is_file();
        let files = [
            "captures/open.pcapng",
            "events/open.jsonl",
            "captures/secret.pcapng",
            "events/secret.jsonl",
        ];
        let card = std::fs::read_to_string(folder.path().join("scorecard.json"));
        (files.map(is_there).into(), card.expect("a scorecard"))
    }

    #[test]
    fn a_student_s_folder_holds_nothing_of_a_hidden_check() {
        let (files, card) = kept(Audience::Student);
        assert_eq!(files, [true, true, false, false]);
        assert!(
            card.contains("Title of open") && !card.contains("secret"),
            "{card}"
        );
    }

    #[test]
    fn an_instructor_s_folder_holds_everything() {
        let (files, card) = kept(Audience::Instructor);
        assert_eq!(files, [true; 4]);
        assert!(card.contains("Title of secret"), "{card}");
    }
}
