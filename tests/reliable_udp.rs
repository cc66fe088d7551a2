//! The worst link of the exercise reliable-udp, twenty times over: a long run, for whoever changes the link, the
//! references or the limits. `cargo test --release --test reliable_udp -- --ignored --nocapture` prints the counts.

use std::path::Path;
use std::process::Command;

use socklab::score::{Scorecard, Status};
use socklab::verdict::Outcome;

/// The check of the link with 20 % loss, 10 % doubled and 20 % swapped, and the one that counts datagrams on it.
const CHECKS: [&str; 2] = ["bad-link", "frugal"];

const SEEDS: u64 = 20;

/// The checks of a reference that failed with a seed, with what they say; none when there is no sandbox here.
fn failed(language: &str, seed: u64) -> Option<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("reference/sensors/reliable-udp")
        .join(language);
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args(["check", "reliable-udp", folder.to_str().unwrap()])
        .args(CHECKS.iter().flat_map(|check| ["--only", check]))
        .args(["--seed", &seed.to_string(), "--format", "json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let Ok(card) = serde_json::from_slice::<Scorecard>(&output.stdout) else {
        assert_eq!(output.status.code(), Some(3), "no scorecard: {said}");
        println!("SKIPPED: no sandbox here: {said}");
        return None;
    };
    if card.status == Status::NotGraded {
        println!("SKIPPED: {language}: {}", card.error.unwrap_or_default());
        return None;
    }
    let missed = card
        .checks
        .iter()
        .filter(|check| check.outcome != Outcome::Passed);
    let words = missed.map(|check| {
        let finding = check.findings.first();
        format!(
            "{}: {}",
            check.id,
            finding.map_or("", |finding| &finding.message)
        )
    });
    Some(words.collect())
}

#[test]
#[ignore = "forty gradings over the worst link take minutes"]
fn both_references_pass_the_worst_link_with_twenty_seeds() {
    let mut wrong = Vec::new();
    for language in ["python", "rust"] {
        let mut passed = 0;
        for seed in 1..=SEEDS {
            let Some(failed) = failed(language, seed) else {
                return;
            };
            if failed.is_empty() {
                passed += 1;
            } else {
                println!("{language}, seed {seed}: {}", failed.join("; "));
                wrong.push((language, seed));
            }
        }
        println!(
            "{language}: {passed} of {SEEDS} seeds passed {}",
            CHECKS.join(" and ")
        );
    }
    assert_eq!(wrong, []);
}
