//! The JSON Schema of the spec language, generated from the types, for editors.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::de::SHORT_FORMS;
use super::model::Spec;
use super::place::PLACE_PATTERN;

/// The schema: that of the types, and the short forms of steps.
pub fn schema() -> Schema {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Spec>();
    schema.insert("title".into(), json!("socklab exercise"));
    if let Some(Value::Object(types)) = schema.get_mut("$defs") {
        for (name, field) in SHORT_FORMS {
            add_short_form(types, name, field);
        }
        for (owner, field) in [("Listening", "on"), ("DialCheck", "on")] {
            add_pattern(types, owner, field);
        }
    }
    schema
}

/// The schema as the text of `schema/spec.json`.
pub fn schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

/// `start: server` beside `start: { program: server }`.
fn add_short_form(types: &mut Map<String, Value>, name: &str, field: &str) {
    let Some(long) = types.remove(name) else {
        return;
    };
    let description = long.get("description").cloned().unwrap_or_default();
    let short = format!("Short for a map with `{field}` alone.");
    let both = json!({
        "description": description,
        "anyOf": [{ "type": "string", "description": short }, long],
    });
    types.insert(name.to_owned(), both);
}

fn add_pattern(types: &mut Map<String, Value>, owner: &str, field: &str) {
    let property = types
        .get_mut(owner)
        .and_then(|t| t.pointer_mut(&format!("/properties/{field}")))
        .and_then(Value::as_object_mut);
    if let Some(property) = property {
        property.insert("pattern".into(), json!(PLACE_PATTERN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_stand_beside_long_ones() {
        let schema = schema();
        let start = schema.pointer("/$defs/Start/anyOf").unwrap();
        assert_eq!(start[0]["type"], "string");
        assert_eq!(start[1]["properties"]["program"]["type"], "string");
        for (name, _) in SHORT_FORMS {
            assert!(
                schema.pointer(&format!("/$defs/{name}/anyOf")).is_some(),
                "{name}"
            );
        }
    }
}
