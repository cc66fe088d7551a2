//! The language reference: the schema and one example per word → Markdown (`docs/spec.md`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema::schema;
use super::wire::ANSWER_FACTS;

const HEAD: &str = include_str!("reference/head.md");
const EXAMPLES: &str = include_str!("reference/examples.yaml");

/// The examples by word; the wire assertion `close` is called `wire close`.
pub fn examples() -> BTreeMap<String, String> {
    serde_yaml::from_str(EXAMPLES).unwrap_or_default()
}

/// Types that are explained where they are used, with the heading they get.
const SHARED: &[(&str, &str)] = &[
    ("ProgramSpec", "A program"),
    ("Endpoint", "An endpoint"),
    ("LimitsSpec", "Limits"),
    ("Check", "A check"),
    ("PackSpec", "`pack` and `unpack`"),
    ("Faults", "What a relay does"),
    ("Column", "A column of a table"),
];

/// The whole reference.
pub fn reference() -> String {
    let schema = schema().to_value();
    let empty = Map::new();
    let types = schema["$defs"].as_object().unwrap_or(&empty);
    let mut out = HEAD.to_owned();
    out.push_str("\n## The file\n\n");
    table(&mut out, &schema, types);
    for (name, heading) in SHARED {
        let Some(shared) = types.get(*name) else {
            continue;
        };
        let _ = write!(out, "\n### {heading}\n\n{}\n\n", text(shared));
        table(&mut out, shared, types);
    }
    out.push_str("\n## Steps\n");
    words(&mut out, "Step", "", types);
    out.push_str("\n## Assertions on packets: `wire`\n\n");
    let _ = writeln!(out, "{}", text(&types["WireCheck"]));
    words(&mut out, "WireCheck", "wire ", types);
    out.push_str("\n## Facts that `answer` may ask for\n\n| fact | what it is |\n|---|---|\n");
    for (name, what) in ANSWER_FACTS {
        let _ = writeln!(out, "| `{name}` | {what} |");
    }
    out
}

/// One word of the reference: its section, without the heading's sign; none when there is no such word.
pub fn word(name: &str) -> Option<String> {
    let whole = reference();
    let heading = format!("### `{name}`\n");
    let start = whole.find(&heading)?;
    let section = &whole[start + 4..];
    let end = section
        .find("\n## ")
        .into_iter()
        .chain(section.find("\n### "))
        .min();
    Some(
        section[..end.unwrap_or(section.len())]
            .trim_end()
            .to_owned()
            + "\n",
    )
}

/// All words of the language, steps first.
pub fn all_words() -> Vec<String> {
    let schema = schema().to_value();
    let of = |name: &str| {
        let variants = schema["$defs"][name]["oneOf"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        variants
            .iter()
            .filter_map(|v| Some(v["required"][0].as_str()?.to_owned()))
            .collect::<Vec<_>>()
    };
    [of("Step"), of("WireCheck")].concat()
}

/// The words of an enumeration, each with what it means, an example and its keys.
fn words(out: &mut String, name: &str, prefix: &str, types: &Map<String, Value>) {
    let examples = examples();
    let variants = types.get(name).and_then(|t| t["oneOf"].as_array());
    for variant in variants.into_iter().flatten() {
        let Some(word) = variant["required"][0].as_str() else {
            continue;
        };
        let _ = write!(out, "\n### `{word}`\n\n{}\n", text(variant));
        let own = format!("{prefix}{word}");
        if let Some(example) = examples.get(&own).or_else(|| examples.get(word)) {
            let _ = write!(out, "\n```yaml\n{}```\n", example);
        }
        let property = &variant["properties"][word];
        let target = resolve(property, types);
        if let Some(long) = long_form(target) {
            out.push('\n');
            table(out, long, types);
        } else {
            let _ = writeln!(out, "\nValue: {}.", kind(property, types));
        }
    }
}

/// The schema behind a reference.
fn resolve<'a>(value: &'a Value, types: &'a Map<String, Value>) -> &'a Value {
    let name = value["$ref"].as_str().and_then(|r| r.rsplit('/').next());
    name.and_then(|name| types.get(name)).unwrap_or(value)
}

/// The form with keys, where there is one.
fn long_form(value: &Value) -> Option<&Value> {
    if value["properties"].is_object() {
        return Some(value);
    }
    let forms = value["anyOf"].as_array()?;
    forms.iter().find(|form| form["properties"].is_object())
}

/// A table of keys, those that must be there first.
fn table(out: &mut String, value: &Value, types: &Map<String, Value>) {
    let Some(properties) = value["properties"].as_object() else {
        return;
    };
    let required: Vec<&str> = value["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let needed = required
        .iter()
        .filter_map(|name| properties.get_key_value(*name));
    let rest = properties
        .iter()
        .filter(|(name, _)| !required.contains(&name.as_str()));
    out.push_str("| key | value | meaning |\n|---|---|---|\n");
    for (name, property) in needed.chain(rest) {
        let must = if required.contains(&name.as_str()) {
            " (must be there)"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "| `{name}` | {} | {}{must} |",
            kind(property, types).replace('|', "\\|"),
            text(property).replace('|', "\\|")
        );
    }
}

/// A description as one line.
fn text(value: &Value) -> String {
    value["description"]
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a value is, in a few words.
fn kind(value: &Value, types: &Map<String, Value>) -> String {
    if let Some(name) = value["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return named(name, types);
    }
    if let Some(forms) = value["anyOf"].as_array() {
        let forms: Vec<String> = forms
            .iter()
            .filter(|f| f["type"] != "null")
            .map(|f| kind(f, types))
            .collect();
        return forms.join(" or ");
    }
    if let Some(words) = value["enum"].as_array() {
        return quoted(words.iter().filter_map(Value::as_str));
    }
    let word = match &value["type"] {
        Value::String(word) => word.as_str(),
        Value::Array(words) => words
            .iter()
            .filter_map(Value::as_str)
            .find(|w| *w != "null")
            .unwrap_or(""),
        _ => "",
    };
    match word {
        "string" => "text".into(),
        "integer" => "whole number".into(),
        "number" => "number".into(),
        "boolean" => "`true` or `false`".into(),
        "array" => format!("list of {}", kind(&value["items"], types)),
        "object" => match &value["additionalProperties"] {
            Value::Object(inner) => {
                format!("map: name → {}", kind(&Value::Object(inner.clone()), types))
            }
            _ => "map".into(),
        },
        _ => "any value".into(),
    }
}

/// A named type: its words if it has some, else what it is.
fn named(name: &str, types: &Map<String, Value>) -> String {
    match name {
        "Span" => return "duration: `300ms`, `2s`, `1m`".into(),
        "Step" => return "steps".into(),
        "WireCheck" => return "assertions".into(),
        "ProgramRef" => return "a program".into(),
        "ActorRef" => return "an actor".into(),
        _ => {}
    }
    if let Some((_, heading)) = SHARED.iter().find(|(n, _)| *n == name) {
        let anchor: String = heading
            .to_lowercase()
            .replace(' ', "-")
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        return format!("[{}](#{anchor})", heading.to_lowercase());
    }
    let Some(target) = types.get(name) else {
        return name.to_lowercase();
    };
    if let Some(variants) = target["oneOf"].as_array() {
        return quoted(variants.iter().filter_map(|v| v["const"].as_str()));
    }
    if target["anyOf"].is_array() && long_form(target).is_none() {
        return kind(&serde_json::json!({ "anyOf": target["anyOf"] }), types);
    }
    kind(target, types)
}

fn quoted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|w| format!("`{w}`")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_an_example_that_is_read() {
        let examples = examples();
        for word in all_words() {
            assert!(
                examples.contains_key(&word) || examples.contains_key(&format!("wire {word}")),
                "`{word}` has no example"
            );
        }
        let steps = examples
            .iter()
            .filter(|(word, _)| !wire_words().contains(word));
        for (word, example) in steps {
            let read = crate::spec::load::steps(example);
            assert!(read.is_ok(), "{word}: {read:?}");
        }
        for word in wire_words() {
            let example = examples.get(&word).unwrap();
            let read = crate::spec::load::assertions(example);
            assert!(read.is_ok(), "{word}: {read:?}");
        }
    }

    fn wire_words() -> Vec<String> {
        let all = all_words();
        let first = all.iter().position(|w| w == "first_fin").unwrap();
        all[first..]
            .iter()
            .map(|w| {
                if w == "close" {
                    "wire close".into()
                } else {
                    w.clone()
                }
            })
            .collect()
    }

    #[test]
    fn a_word_can_be_looked_up() {
        let section = word("receive").unwrap();
        assert!(section.starts_with("`receive`"));
        assert!(section.contains("| `at` |") && section.contains("| `unpack` |"));
        assert!(!section.contains("### "));
        assert_eq!(word("recieve"), None);
    }

    #[test]
    fn examples_in_the_text_are_read() {
        for block in HEAD.split("```yaml\n").skip(1) {
            let yaml = block.split("```").next().unwrap();
            if yaml.starts_with("version") {
                assert!(crate::spec::load(yaml, "shouting-server.yaml").is_ok());
            } else {
                let read = crate::spec::load::steps(yaml);
                assert!(read.is_ok(), "{yaml}: {read:?}");
            }
        }
    }
}
