//! The causes that findings may name: those that `docs/causes.md` explains.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The list for people, which is the list for us, too.
const DOCUMENT: &str = include_str!("../../docs/causes.md");

static KNOWN: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once('`')?.0))
        .collect()
});

/// Whether `docs/causes.md` has a line for a cause.
pub fn is_known(cause: &str) -> bool {
    KNOWN.contains(cause)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use regex::Regex;

    use super::*;

    fn sources(folder: &Path, list: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, list);
            } else if path
                .file_name()
                .is_none_or(|name| name != "tests.rs" && name != "causes.rs")
            {
                list.push(path);
            }
        }
    }

    /// The source of the judging part, without its tests.
    fn code() -> String {
        let mut list = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verdict"),
            &mut list,
        );
        let texts = list.iter().map(|path| fs::read_to_string(path).unwrap());
        texts
            .map(|text| {
                text.split("\nmod tests {")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn every_cause_that_the_code_names_is_explained() {
        let named =
            Regex::new(r#"(?:Cause::new|Finding::new|because)\(\s*"([a-z0-9-]+)""#).unwrap();
        let code = code();
        let missing: Vec<&str> = named
            .captures_iter(&code)
            .map(|found| found.get(1).unwrap().as_str())
            .filter(|cause| !is_known(cause))
            .collect();
        assert!(missing.is_empty(), "docs/causes.md lacks {missing:?}");
    }

    #[test]
    fn every_cause_that_is_explained_can_be_named() {
        let code = code();
        let gone: Vec<_> = KNOWN
            .iter()
            .filter(|cause| !code.contains(&format!("\"{cause}\"")))
            .collect();
        assert!(gone.is_empty(), "no rule names {gone:?}");
    }

    #[test]
    fn each_line_has_a_sentence_and_says_what_to_look_up() {
        let rows: Vec<&str> = DOCUMENT
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        for row in &rows {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            assert!(
                cells.len() == 3 && cells.iter().all(|cell| cell.len() > 1),
                "{row}"
            );
        }
        assert!(
            rows.is_sorted_by_key(|row| row.split('`').nth(1)),
            "the causes are in the order of the alphabet"
        );
        assert_eq!(rows.len(), KNOWN.len(), "a cause has two lines");
    }

    #[test]
    fn causes_that_only_restate_a_difference_are_known() {
        for cause in crate::verdict::GENERIC {
            assert!(is_known(cause), "{cause}");
        }
    }
}
