//! Canonical JSON: the scorecard and the class as stored, versioned, with a published schema each.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::class::Class;
use super::escape;
use super::format::ReportError;
use super::visible::Visible;
use super::words::PRACTICE;
use crate::score::Scorecard;

/// A scorecard as a JSON document: its fields, and what the reader does not see.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "socklab scorecard")]
pub struct ScorecardDocument {
    /// The scorecard; its totals are those of the checks in it.
    #[serde(flatten)]
    pub scorecard: Scorecard,
    /// Set when this is no grade, since nothing fenced the program in: `practice, not for credit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<String>,
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
        practice: visible.card().is_practice().then(|| PRACTICE.to_owned()),
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
    let formatter = Careful(PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(&mut *w, formatter);
    value.serialize(&mut serializer)?;
    w.write_all(b"\n")?;
    Ok(())
}

/// Writes any value as JSON on one line, with a line break at the end.
pub fn write_line(value: &impl Serialize, w: &mut dyn Write) -> Result<(), ReportError> {
    let formatter = Careful(CompactFormatter);
    let mut serializer = serde_json::Serializer::with_formatter(&mut *w, formatter);
    value.serialize(&mut serializer)?;
    w.write_all(b"\n")?;
    Ok(())
}

/// A formatter that writes every character that is not drawn as itself in its `\u` form: the values stay
/// as they are, and the file is safe to print.
struct Careful<F>(F);

impl<F: Formatter> Formatter for Careful<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        w: &mut W,
        text: &str,
    ) -> io::Result<()> {
        w.write_all(escape::json(text).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_array(w)
    }

    fn end_array<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array(w)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(w, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_array_value(w)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object(w)
    }

    fn end_object<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object(w)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.begin_object_value(w)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.0.end_object_value(w)
    }
}

/// The JSON Schema of [`write_one`]'s document.
pub fn scorecard_schema() -> serde_json::Value {
    schemars::schema_for!(ScorecardDocument).to_value()
}

/// The JSON Schema of [`write_class`]'s document.
pub fn class_schema() -> serde_json::Value {
    schemars::schema_for!(Class).to_value()
}
