//! Broken specs: each way of breaking one gives a diagnostic with line and column, and nothing runs.

use assert_cmd::Command;
use socklab::diag::{Diagnostic, render};
use socklab::spec::load;

const GOOD: &str = "\
version: 1
exercise: echo
title: Echo
points: 3
programs:
  server: { files: [server.py], listens: { tcp: 7000 } }
checks:
  - id: listens
    title: Listens
    points: 1
    steps:
      - start: server
      - listening: { program: server, on: tcp/7000 }
  - id: echoes
    title: Echoes
    points: 2
    needs: [listens]
    let: { line: \"${random.text 40}\" }
    steps:
      - start: server
      - connect: { as: alice, to: server }
      - send: { from: alice, text: \"${line}\" }
      - receive: { at: alice, text: \"${line}\" }
";

/// A way to break the good spec: what it is, the text, and the code, line and column of the diagnostic.
struct Broken {
    what: &'static str,
    text: String,
    code: &'static str,
    place: (usize, usize),
    /// Words that the rendered diagnostic must hold.
    says: &'static str,
}

fn broken(
    what: &'static str,
    change: (&str, &str),
    code: &'static str,
    place: (usize, usize),
    says: &'static str,
) -> Broken {
    let text = GOOD.replacen(change.0, change.1, 1);
    assert_ne!(text, GOOD, "{what}: the change does not apply");
    Broken {
        what,
        text,
        code,
        place,
        says,
    }
}

fn ways() -> Vec<Broken> {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x]\n");
    for name in 'b'..='i' {
        let before = char::from(name as u8 - 1);
        bomb.push_str(&format!(
            "{name}: &{name} [*{before}, *{before}, *{before}, *{before}]\n"
        ));
    }
    vec![
        broken(
            "unknown key",
            ("    points: 1\n", "    points: 1\n    pionts: 1\n"),
            "unknown-key",
            (11, 5),
            "no such key",
        ),
        broken(
            "a typo of a key",
            ("title: Echoes", "titel: Echoes"),
            "unknown-key",
            (15, 5),
            "did you mean `title`?",
        ),
        broken(
            "wrong type",
            ("points: 3", "points: three"),
            "wrong-type",
            (4, 9),
            "`points` must be a number, not `three`",
        ),
        broken(
            "typo of a step",
            ("- receive:", "- recieve:"),
            "unknown-step",
            (23, 9),
            "did you mean `receive`?",
        ),
        broken(
            "typo of a key in a step",
            ("at: alice", "att: alice"),
            "unknown-key",
            (23, 20),
            "did you mean `at`?",
        ),
        broken(
            "duplicate id",
            ("id: echoes", "id: listens"),
            "duplicate-id",
            (14, 9),
            "another check is called `listens`",
        ),
        broken(
            "needs a missing check",
            ("needs: [listens]", "needs: [listen]"),
            "needs-missing",
            (17, 13),
            "did you mean `listens`?",
        ),
        broken(
            "empty checks",
            (&GOOD[GOOD.find("checks:").unwrap()..], "checks: []\n"),
            "empty",
            (7, 9),
            "there are no checks",
        ),
        broken(
            "300 KiB",
            (
                "title: Echoes",
                &format!("title: {}", "x".repeat(300 << 10)),
            ),
            "too-large",
            (1, 1),
            "more than 256 KiB are not read",
        ),
        broken(
            "tabs",
            ("    points: 2", "\tpoints: 2"),
            "tab",
            (16, 1),
            "indented with spaces",
        ),
        Broken {
            what: "alias bomb",
            text: bomb,
            code: "alias",
            place: (1, 4),
            says: "anchors (`&name`) are not read",
        },
        Broken {
            what: "not YAML",
            text: "{\"version\": 1,\n\"exercise\": \"echo\"\n".into(),
            code: "syntax",
            place: (3, 1),
            says: "not YAML",
        },
        broken(
            "a missing key",
            ("exercise: echo\n", ""),
            "missing-key",
            (1, 1),
            "`exercise` is missing",
        ),
        broken(
            "two keys in one step",
            (
                "- start: server\n",
                "- start: server\n        stop: server\n",
            ),
            "not-one-key",
            (12, 9),
            "indent `stop` deeper than `start`",
        ),
        broken(
            "a duplicate key",
            ("title: Echoes\n", "title: Echoes\n    title: Again\n"),
            "duplicate-key",
            (16, 5),
            "stands here twice",
        ),
        broken(
            "a merge key",
            ("title: Echoes\n", "title: Echoes\n    <<: { points: 2 }\n"),
            "merge-key",
            (16, 5),
            "merge keys",
        ),
        broken(
            "a port out of range",
            ("tcp: 7000", "tcp: 70000"),
            "wrong-type",
            (6, 49),
            "0 to 65535",
        ),
        broken(
            "a duration without a unit",
            (
                "text: \"${line}\" }\n      - receive: { at: alice,",
                "text: \"${line}\" }\n      - receive: { at: alice, within: 2,",
            ),
            "wrong-value",
            (23, 39),
            "has no unit",
        ),
        Broken {
            what: "deep nesting",
            text: "[".repeat(200),
            code: "too-deep",
            place: (1, 66),
            says: "nested deeper",
        },
        Broken {
            what: "an empty file",
            text: "\n# nothing\n".into(),
            code: "empty",
            place: (1, 1),
            says: "the file is empty",
        },
        Broken {
            what: "a second document",
            text: format!("{GOOD}---\nversion: 1\n"),
            code: "documents",
            place: (24, 1),
            says: "second document",
        },
    ]
}

fn diagnostics(text: &str) -> Vec<Diagnostic> {
    load(text, "echo.yaml").err().unwrap_or_default()
}

#[test]
fn the_unbroken_spec_is_read() {
    assert_eq!(diagnostics(GOOD), []);
}

#[test]
fn every_way_of_breaking_a_spec_is_told_with_line_and_column() {
    for way in ways() {
        let found = diagnostics(&way.text);
        let shown = render(&found, &way.text, false);
        let first = found
            .first()
            .unwrap_or_else(|| panic!("{}: accepted", way.what));
        assert_eq!(
            (first.code, first.line, first.column),
            (way.code, way.place.0, way.place.1),
            "{}\n{shown}",
            way.what
        );
        assert!(
            shown.contains(way.says),
            "{}: {:?} is not in\n{shown}",
            way.what,
            way.says
        );
        assert!(
            shown.len() < 6000,
            "{}: {} bytes are too much to read",
            way.what,
            shown.len()
        );
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let text = GOOD
        .replacen("title: Echo\n", "titel: Echo\n", 1)
        .replacen("- listening", "- listning", 1)
        .replacen("points: 2", "points: two", 1);
    let found: Vec<_> = diagnostics(&text)
        .iter()
        .map(|d| (d.code, d.line))
        .collect();
    for wanted in [("unknown-key", 3), ("unknown-step", 13), ("wrong-type", 16)] {
        assert!(found.contains(&wanted), "{wanted:?} is not among {found:?}");
    }
}

/// The steps of a spec that is the good one up to its last step.
fn with_last_step(step: &str) -> String {
    format!("{GOOD}      - {step}\n")
}

#[test]
fn hostile_specs_cost_neither_memory_nor_a_flood_of_words() {
    let huge: String = (0..3000)
        .map(|i| format!("v{i}: \"${{repeat xxxxxxxx 2000000}}\", "))
        .collect();
    let many: String = (0..4000).map(|i| format!("{{ close: z{i} }}, ")).collect();
    for (text, code) in [
        (
            with_last_step(&format!("let: {{ {huge} }}")),
            "bad-expression",
        ),
        (
            with_last_step(&format!("either: [[{many}], []]")),
            "no-such-actor",
        ),
        (
            format!("{GOOD}{}", "k: v\n".repeat(40_000)),
            "duplicate-key",
        ),
        (
            (0..20_000).map(|i| format!("k{i}: 1\n")).collect(),
            "unknown-key",
        ),
        (
            format!("version: 1\nlet: {{ {} }}\n", "x".repeat(200_000)),
            "wrong-type",
        ),
        ("- ".repeat(100_000), "too-deep"),
        (format!("x{}: 1\n", "y".repeat(1000)), "unknown-key"),
    ] {
        let found = diagnostics(&text);
        assert_eq!(
            found.first().map(|d| d.code),
            Some(code),
            "{}",
            render(&found[..1], &text, false)
        );
        assert!(found.len() <= 50);
        assert!(render(&found, &text, false).len() < 300_000);
    }
}

#[test]
fn the_command_ends_with_status_2_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (index, way) in ways().iter().enumerate() {
        let file = folder.path().join(format!("{index}")).join("echo.yaml");
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &way.text).unwrap();
        let run = Command::cargo_bin("socklab")
            .unwrap()
            .args(["spec", "check"])
            .arg(&file)
            .assert();
        let output = run.code(2).get_output().clone();
        let errors = String::from_utf8_lossy(&output.stderr);
        let place = format!("echo.yaml:{}:{}", way.place.0, way.place.1);
        assert!(
            errors.contains(&place),
            "{}: {place} is not in\n{errors}",
            way.what
        );
        assert!(output.stdout.is_empty(), "{}", way.what);
    }
}
