//! Gradescope: a folder for each submission, and a file of metadata that says whose each is.

use serde_yaml::Value;

use crate::class::discover::{Class, Handed};
use crate::class::tree::{Top, Tree};
use crate::plan::files::shown;

/// The file beside the folders.
const METADATA: &str = "submission_metadata.yml";
/// Metadata of a whole class with all results fits in this.
const LARGEST_METADATA: u64 = 32 << 20;

pub(super) fn recognise(tree: &Tree, tops: &[Top]) -> Option<Class> {
    tops.iter().find(|t| !t.folder && t.name == METADATA)?;
    let metadata = tree.text(METADATA, LARGEST_METADATA)?;
    let metadata: Value = serde_yaml::from_str(&metadata).ok()?;
    let metadata = metadata.as_mapping()?;
    let mut submissions = Vec::new();
    let mut notes = Vec::new();
    for top in tops.iter().filter(|t| !t.folder && t.name != METADATA) {
        notes.push(format!(
            "{} was left aside: no submission of Gradescope's",
            shown(&top.name)
        ));
    }
    for (folder, _) in metadata {
        let name = folder.as_str().unwrap_or_default();
        if !tops.iter().any(|t| t.folder && t.name == name) {
            notes.push(format!(
                "{} is in {METADATA}, and there is no such folder",
                shown(name)
            ));
        }
    }
    for top in tops.iter().filter(|t| t.folder) {
        let mut handed = Handed::new(top.name.clone(), tree.folder(&top.name));
        let about = metadata.get(top.name.as_str());
        if about.is_none() {
            notes.push(format!(
                "{} is not in {METADATA}: whose it is is unknown",
                shown(&top.name)
            ));
        }
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
        notes,
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
