//! A word that should make a program do something, and does not.

use super::{Case, Cause};

/// Why the program does not know the word that it was sent, as far as its source tells.
pub fn unknown(case: &Case<'_>) -> Option<Cause> {
    let (name, _) = case.program()?;
    let (_, said) = case.last_said();
    let word = std::str::from_utf8(said).ok()?.trim();
    if word.is_empty() || word.len() > 20 {
        return None;
    }
    let lower = word.to_lowercase();
    let quoted = |text: &str| {
        let text = text.to_lowercase();
        [format!("'{lower}'"), format!("\"{lower}\"")]
            .iter()
            .any(|quoted| text.contains(quoted))
    };
    if let Some(note) = case.notes("bytes-compared").find(|note| quoted(&note.text)) {
        let message = format!(
            "The {name} compares the bytes that it has received with the text \"{lower}\" in line {} of {}: bytes and str are never equal.",
            note.line, note.file
        );
        return Some(
            Cause::new("compares-bytes-with-str", message)
                .hint(
                    "decode() what recv() returned before the comparison, or compare with b\"…\".",
                )
                .at(note),
        );
    }
    let literal = case
        .notes("literal")
        .find(|note| note.text.to_lowercase() == lower)?;
    if lower != word && literal.text != word && case.note("no-case-folding").is_some() {
        let message = format!(
            "The {name} knows \"{}\" in exactly these letters only, and was sent \"{word}\".",
            literal.text
        );
        return Some(
            Cause::new("case-sensitive", message)
                .hint("Turn the message into small letters before the comparison: lower() in Python, tolower() in C.")
                .at(literal),
        );
    }
    None
}
