//! `pack:` as a spec writes it → bytes.

use super::pack::{self, Format};
use super::step::PackSpec;
use super::value::{Bindings, Value, ValueError, expand};

/// The bytes of a `pack:` with its `${…}` filled in.
///
/// # Errors
/// A malformed format, too few values, a value that does not fit; the loader refuses what it can see.
pub fn packed(spec: &PackSpec, bindings: &Bindings) -> Result<Vec<u8>, ValueError> {
    let invalid = |error: pack::PackError| ValueError::Invalid(error.to_string());
    let format = Format::parse(&spec.format).map_err(invalid)?;
    let kinds: Vec<_> = format.kinds().collect();
    if kinds.len() != spec.values.len() {
        let message = format!(
            "the format takes {} values, {} are given",
            kinds.len(),
            spec.values.len()
        );
        return Err(ValueError::Invalid(message));
    }
    let values = spec
        .values
        .iter()
        .zip(kinds)
        .map(|(value, kind)| {
            Ok(match value {
                serde_json::Value::String(text) => {
                    pack::value_of_text(&expand(text, bindings)?, kind)
                }
                serde_json::Value::Bool(value) => Value::Bool(*value),
                other => pack::value_of_text(other.to_string().as_bytes(), kind),
            })
        })
        .collect::<Result<Vec<_>, ValueError>>()?;
    format.pack(&values).map_err(invalid)
}
