//! Writes the JSON Schemas of the canonical reports: `cargo run --example report_schemas` after their types
//! have changed. A test compares what is in `schema/` with what this writes.

use std::fs;

fn main() -> anyhow::Result<()> {
    for (name, schema) in [
        ("scorecard", socklab::report::scorecard_schema()),
        ("class", socklab::report::class_schema()),
    ] {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        fs::write(format!("schema/{name}.json"), text)?;
    }
    Ok(())
}
