//! Canonical JSON: the scorecard and the class as stored, versioned, with a published schema each.

use std::io::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::format::ReportError;
use super::visible::Visible;
use crate::score::Scorecard;

/// A scorecard as a JSON document: its fields, and what the reader does not see.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "socklab scorecard")]
pub struct ScorecardDocument {
    /// The scorecard; its totals are those of the checks in it.
    #[serde(flatten)]
    pub scorecard: Scorecard,
    /// How many checks this document's reader may not see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_checks: Option<u64>,
    /// Points to be had in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_max: Option<f64>,
}

/// Writes one scorecard, indented, with a line break at the end.
pub fn write_one(visible: &Visible, w: &mut dyn Write) -> Result<(), ReportError> {
    let withheld = visible.withheld();
    let document = ScorecardDocument {
        scorecard: visible.card().clone(),
        withheld_checks: withheld.map(|hidden| hidden.checks as u64),
        withheld_max: withheld.map(|hidden| hidden.max),
    };
    write(&document, w)
}

/// Writes a class, indented, with a line break at the end.
pub fn write_class(class: &Class, w: &mut dyn Write) -> Result<(), ReportError> {
    write(class, w)
}

/// Writes any value as indented JSON with a line break at the end.
pub fn write(value: &impl Serialize, w: &mut dyn Write) -> Result<(), ReportError> {
    serde_json::to_writer_pretty(&mut *w, value)?;
    w.write_all(b"\n")?;
    Ok(())
}

/// The JSON Schema of [`write_one`]'s document.
pub fn scorecard_schema() -> serde_json::Value {
    schemars::schema_for!(ScorecardDocument).to_value()
}

/// The JSON Schema of [`write_class`]'s document.
pub fn class_schema() -> serde_json::Value {
    schemars::schema_for!(Class).to_value()
}
