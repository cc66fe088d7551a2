//! Loading: the text of a spec file → [`Spec`], or everything that is wrong with it.

use crate::diag::Diagnostic;

use super::model::Spec;

/// Largest spec file: 256 KiB.
pub const LARGEST_FILE: usize = 256 << 10;

/// Reads a spec. `file` is its name as diagnostics show it; the exercise must bear the same name.
pub fn load(text: &str, file: &str) -> Result<Spec, Vec<Diagnostic>> {
    serde_yaml::from_str(text)
        .map_err(|e| vec![Diagnostic::error("syntax", e.to_string(), file, text, 0..0)])
}
