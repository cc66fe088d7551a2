//! Did you mean …?: a word that is not known and the words that are → the nearest one.

/// Longest word that is compared, in bytes.
const LONGEST: usize = 64;

/// The known word that `word` most probably stands for; none when nothing is near.
pub fn nearest<S: AsRef<str>>(word: &str, known: &[S]) -> Option<String> {
    // Nobody means a word of the language by a text of this length, and comparing it would take long.
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known.iter().map(AsRef::as_ref) {
        let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        // One slip per three letters: `stpes`, `recieve`, `listenning`.
        let near =
            distance <= 1 + candidate.len().min(word.len()) / 4 && distance < candidate.len();
        if near && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    let best = best.map(|(_, candidate)| candidate);
    best.or_else(|| shortened(&lower, known)).map(str::to_owned)
}

/// A known word that was shortened: `recv`, `conn`, `prog`.
fn shortened<'a, S: AsRef<str>>(word: &str, known: &'a [S]) -> Option<&'a str> {
    // Below 0.85 the first letters agree by chance only.
    known
        .iter()
        .map(|k| (strsim::jaro_winkler(word, k.as_ref()), k.as_ref()))
        .filter(|(likeness, _)| *likeness >= 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

/// Words in backquotes with commas between them.
pub fn listed<S: AsRef<str>>(words: &[S]) -> String {
    words
        .iter()
        .map(|w| format!("`{}`", w.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_short_forms_are_recognised_and_strangers_are_not() {
        let known = [
            "receive",
            "repeat",
            "reset",
            "start",
            "steps",
            "still_running",
        ];
        for (word, meant) in [
            ("recieve", "receive"),
            ("recv", "receive"),
            ("Start", "start"),
            ("stpes", "steps"),
            ("still-running", "still_running"),
        ] {
            assert_eq!(nearest(word, &known).as_deref(), Some(meant));
        }
        assert_eq!(nearest("colour", &known), None);
    }
}
