//! Correct TCP echo servers in many languages get full marks. A language whose tools this machine lacks is
//! skipped, loudly.

use std::path::Path;
use std::process::Command;

use socklab::score::{Scorecard, Status};

fn full_marks(language: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/languages")
        .join(language);
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args([
            "check",
            "tcp-echo-server",
            folder.to_str().unwrap(),
            "--format",
            "json",
        ])
        .output()
        .unwrap();
    let card: Scorecard = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no scorecard: {}", String::from_utf8_lossy(&output.stderr)));
    if card.status == Status::NotGraded {
        println!("SKIPPED: {language}: {}", card.error.unwrap_or_default());
        return;
    }
    let lost: Vec<String> = card
        .checks
        .iter()
        .filter(|check| !check.findings.is_empty())
        .map(|check| format!("{}: {}", check.id, check.findings[0].message))
        .collect();
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!(card.score, card.max);
}

macro_rules! languages {
    ($($test:ident: $folder:literal;)*) => {
        $(#[test]
        fn $test() {
            full_marks($folder);
        })*
    };
}

languages! {
    c_with_poll_gets_full_marks: "c";
    cpp_with_threads_gets_full_marks: "cpp";
    java_with_a_package_gets_full_marks: "java";
    node_gets_full_marks: "node";
    go_in_two_files_gets_full_marks: "go";
    rust_gets_full_marks: "rust";
    python_with_asyncio_gets_full_marks: "python";
    perl_with_processes_gets_full_marks: "perl";
}
