//! Every report format from made-up scorecards: what it looks like, what it hides, what it makes inert.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test --test report` writes the new pictures;
//! they are read line by line before they are committed.

#[path = "report/fixtures.rs"]
mod fixtures;
#[path = "report/github.rs"]
mod github;
#[path = "report/hidden.rs"]
mod hidden;
#[path = "report/stored.rs"]
mod stored;

use fixtures::{instructor, student};
use socklab::report::{Audience, Class, Extras, Format, Look, Options, RunFacts, Scope, Visible};
use socklab::score::Scorecard;
use socklab::verdict::Outcome;

fn options() -> Options {
    Options {
        token: "a1b2c3d4e5f6a7b8c9d0".to_owned(),
        path_prefix: "lab1/".to_owned(),
        platform: [
            ("CLASSROOM", "net-f26"),
            ("ASSIGNMENT", "tcp-echo-server"),
            ("COMMIT_URL", "https://git.example/o/r/commit/1"),
            ("SOCKLAB_COMMIT_DATE", "2026-11-20T11:00:00+01:00"),
            ("VPL_GRADEMIN", "0"),
            ("VPL_GRADEMAX", "20"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into(),
        ..Options::default()
    }
}

fn one(format: Format, visible: &Visible) -> String {
    let mut out = Vec::new();
    if let Err(error) = format.write_one(visible, &options(), &mut out) {
        out.extend_from_slice(format!("ERROR {error}\n").as_bytes());
    }
    String::from_utf8(out).expect("reports are UTF-8")
}

fn class(format: Format, class: &Class) -> String {
    let mut out = Vec::new();
    format
        .write_class(class, &options(), &mut out)
        .expect("writes");
    String::from_utf8(out).expect("reports are UTF-8")
}

fn terminal(look: Look, visible: &Visible) -> String {
    let options = Options { look, ..options() };
    let mut out = Vec::new();
    Format::Terminal
        .write_one(visible, &options, &mut out)
        .expect("writes");
    String::from_utf8(out).expect("reports are UTF-8")
}

fn of_class() -> impl Iterator<Item = Format> {
    let both = |f: &Format| f.scope() == Scope::Both;
    Format::ALL.iter().copied().filter(both)
}

/// A report as it is kept for comparison: the style sheet left out, very long lines cut in the middle.
fn kept(text: &str) -> String {
    let mut text = text.to_owned();
    for tag in ["style", "script"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        if let (Some(from), Some(to)) = (text.find(&open), text.find(&close)) {
            text.replace_range(from + open.len()..to, "[LEFT OUT]");
        }
    }
    let cut = |line: &str| match line.chars().count() {
        0..=1500 => line.to_owned(),
        n => {
            let head: String = line.chars().take(700).collect();
            let tail: String = line.chars().skip(n - 300).collect();
            format!("{head}[{} CHARACTERS]{tail}", n - 1000)
        }
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// Scorecards as they come back from a run on disk.
fn from_disk(cards: &[Scorecard]) -> Vec<Scorecard> {
    let root = tempfile::tempdir().expect("a folder");
    let run = stored::store(root.path(), cards).expect("a run");
    run.scorecards().collect()
}

#[test]
fn every_format_shows_an_awkward_submission_to_its_student() {
    let stored = from_disk(&[fixtures::awkward()]);
    let visible = student(stored[0].clone());
    for format in Format::ALL {
        insta::assert_snapshot!(format!("awkward-{format}"), kept(&one(*format, &visible)));
    }
}

#[test]
fn the_instructor_sees_hidden_checks_marked_as_such() {
    let visible = instructor(fixtures::awkward());
    for format in [Format::Terminal, Format::Html, Format::Gradescope] {
        insta::assert_snapshot!(format!("instructor-{format}"), kept(&one(format, &visible)));
    }
}

#[test]
fn every_format_tells_what_was_not_graded_without_a_score_of_0() {
    let visible = student(fixtures::not_graded());
    let all: Vec<String> = Format::ALL
        .iter()
        .filter(|f| **f != Format::Html)
        .map(|format| format!("=== {format}\n{}", one(*format, &visible)))
        .collect();
    insta::assert_snapshot!("not-graded", all.concat());
}

#[test]
fn every_format_for_a_class_shows_it() {
    let twelve = fixtures::class(12);
    for format in of_class() {
        insta::assert_snapshot!(format!("class-{format}"), kept(&class(format, &twelve)));
    }
}

#[test]
fn every_format_for_a_class_shows_what_is_awkward() {
    let mut all = Class::new("TCP echo server", RunFacts::default());
    for card in from_disk(&[fixtures::awkward(), fixtures::not_graded()]) {
        all.add(&instructor(card), None);
    }
    let written: Vec<String> = of_class()
        .filter(|format| *format != Format::Html)
        .map(|format| format!("=== {format}\n{}", class(format, &all)))
        .collect();
    insta::assert_snapshot!("awkward-class", kept(&written.concat()));
    insta::assert_snapshot!("awkward-class-html", kept(&class(Format::Html, &all)));
}

#[test]
fn the_terminal_shows_full_marks_on_one_screen_and_one_failure_with_its_cause_first() {
    let full = terminal(Look::default(), &student(fixtures::full_marks()));
    assert!(full.lines().count() <= 12, "{full}");
    insta::assert_snapshot!("terminal-full-marks", full);
    let visible = student(fixtures::one_failure());
    insta::assert_snapshot!("terminal-one-failure", terminal(Look::default(), &visible));
    let narrow = Look {
        width: 60,
        ascii: true,
        verbose: true,
        color: false,
    };
    insta::assert_snapshot!("terminal-narrow-ascii-verbose", terminal(narrow, &visible));
    let broken = student(fixtures::does_not_compile());
    insta::assert_snapshot!(
        "terminal-does-not-compile",
        terminal(Look::default(), &broken)
    );
}

#[test]
fn the_ascii_look_adds_no_symbol_and_no_colour_means_no_escape() {
    let plain = Look {
        width: 80,
        ascii: true,
        verbose: true,
        color: false,
    };
    for card in [
        fixtures::one_failure(),
        fixtures::does_not_compile(),
        fixtures::full_marks(),
    ] {
        let mut card = card;
        card.submission.name.clear();
        let text = terminal(plain, &student(card));
        let odd: Vec<char> = text
            .chars()
            .filter(|c| !c.is_ascii() && !"“”".contains(*c))
            .collect();
        assert!(odd.is_empty(), "{odd:?} in\n{text}");
    }
}

#[test]
fn no_line_but_a_command_to_copy_is_wider_than_the_terminal() {
    use unicode_width::UnicodeWidthStr as _;
    for width in [40, 60, 80, 120] {
        let look = Look {
            width,
            ..Look::default()
        };
        for card in [
            fixtures::one_failure(),
            fixtures::awkward(),
            fixtures::hostile(),
        ] {
            let text = terminal(look, &student(card));
            let wide: Vec<&str> = text
                .lines()
                .filter(|l| {
                    l.width() > width
                        && !["again ", "more hints ", "by hand "]
                            .iter()
                            .any(|label| l.trim_start().starts_with(label))
                })
                .collect();
            assert!(wide.is_empty(), "wider than {width}: {wide:#?}");
        }
    }
}

/// All strings in a JSON value.
fn strings(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => out.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|v| strings(v, out)),
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                out.push(key.clone());
                strings(value, out);
            }
        }
        _ => {}
    }
}

/// The texts that a reader of a report sees: those in JSON decoded.
fn seen(text: &str) -> Vec<String> {
    let values: Vec<serde_json::Value> = match serde_json::from_str(text) {
        Ok(value) => vec![value],
        Err(_) => text
            .lines()
            .filter_map(|l| serde_json::from_str(l).ok())
            .collect(),
    };
    let mut out = vec![text.to_owned()];
    values.iter().for_each(|v| strings(v, &mut out));
    out
}

fn hostile_reports() -> Vec<(String, String)> {
    let visible = student(fixtures::hostile());
    let mut many = Class::new(fixtures::HOSTILE, RunFacts::default());
    many.add(&visible, Some("javascript:alert(1)".to_owned()));
    let ones = Format::ALL
        .iter()
        .map(|f| (f.to_string(), one(*f, &visible)));
    let all = of_class().map(|f| (format!("{f} of a class"), class(f, &many)));
    ones.chain(all).collect()
}

#[test]
fn no_control_or_direction_character_of_a_student_survives_in_any_format() {
    for (name, text) in hostile_reports() {
        // The canonical form keeps the stored texts as they are; JSON escapes what is dangerous.
        let texts = if name.starts_with("json") {
            vec![text.clone()]
        } else {
            seen(&text)
        };
        for text in texts {
            let odd = |c: &char| c.is_control() && *c != '\n';
            let found: Vec<char> = text.chars().filter(odd).collect();
            assert!(found.is_empty(), "{name}: {found:?}");
            let turned = text.contains('\u{202e}');
            assert!(!turned, "{name}: text direction turned around");
        }
    }
}

#[test]
fn markup_of_a_student_is_inert_in_pages_and_xml() {
    for (name, text) in hostile_reports() {
        let scripts = usize::from(name == "html of a class");
        if name.starts_with("html") || name.starts_with("junit") {
            assert_eq!(text.matches("<script").count(), scripts, "{name}");
            assert!(
                !text.contains("<img") && !text.contains("href=\"javascript:"),
                "{name}"
            );
            let open = text.matches("<pre").count();
            assert_eq!(open, text.matches("</pre>").count(), "{name}");
        }
    }
}

#[test]
fn no_format_holds_a_command_for_the_runner_that_is_not_ours() {
    for (name, text) in hostile_reports() {
        let commands = github::commands(&text);
        if name.starts_with("github") && !name.contains('-') {
            continue;
        }
        assert!(commands.is_empty(), "{name}: {commands:?}");
    }
}

#[test]
fn the_github_log_gives_the_runner_exactly_our_commands() {
    for (name, text) in hostile_reports() {
        if name != "github" && name != "github of a class" {
            continue;
        }
        let names: Vec<String> = github::commands(&text)
            .into_iter()
            .map(|c| c.name)
            .collect();
        let expected: &[&str] = match name.as_str() {
            "github" => &["group", "stop-commands", "endgroup", "error"],
            _ => &["group", "stop-commands", "endgroup", "notice"],
        };
        assert_eq!(names, expected, "{name}:\n{text}");
    }
}

#[test]
fn an_annotation_says_where_what_and_how_many_points() {
    let text = one(Format::GitHub, &student(fixtures::one_failure()));
    let command = github::commands(&text).pop().expect("an annotation");
    assert_eq!(command.name, "error");
    assert_eq!(command.property("file"), Some("lab1/server.py"));
    assert_eq!(command.property("line"), Some("14"));
    assert_eq!(
        command.property("title"),
        Some("Sends back exactly the bytes it received (0/3)")
    );
    assert!(
        command.message.starts_with("Your server sends \\r\\n"),
        "{command:?}"
    );
}

#[test]
fn no_more_annotations_are_written_than_the_runner_shows() {
    let checks = (0..30).map(|i| {
        let title = format!("Check {i}");
        fixtures::not_passed(&format!("c{i}"), &title, Outcome::Failed, 0.0, f64::from(i))
    });
    let text = one(
        Format::GitHub,
        &student(fixtures::card("s1", checks.collect())),
    );
    let errors: Vec<github::Command> = github::commands(&text)
        .into_iter()
        .filter(|c| c.name == "error")
        .collect();
    assert_eq!(errors.len(), 10);
    assert_eq!(
        errors[0].property("title"),
        Some("Check 29 (0/29)"),
        "the costliest first"
    );
    assert_eq!(errors[9].property("title"), Some("And 21 more"));
}

#[test]
fn the_github_log_refuses_a_word_that_can_be_guessed() {
    let options = Options {
        token: "error".to_owned(),
        ..options()
    };
    let visible = student(fixtures::full_marks());
    let error = Format::GitHub.write_one(&visible, &options, &mut Vec::new());
    assert!(error.is_err());
}

#[test]
fn a_job_summary_is_never_larger_than_github_takes() {
    let mut many = fixtures::class(5);
    for i in 0..9000 {
        let mut submission = many.submissions[0].submission.clone();
        submission.key = format!("t{i}");
        many.add_missing(submission, "tcp-echo-server", &"a long reason ".repeat(15));
    }
    let text = class(Format::GitHubSummary, &many);
    assert!(text.len() <= 1 << 20, "{}", text.len());
    assert!(
        text.ends_with("left out for want of room.\n"),
        "{}",
        &text[text.len() - 200..]
    );
}

#[test]
fn the_page_of_a_thousand_submissions_is_smaller_than_3_mb() {
    let text = class(Format::Html, &fixtures::class(1000));
    assert!(text.len() < 3_000_000, "{}", text.len());
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, schema) in [
        ("scorecard", socklab::report::scorecard_schema()),
        ("class", socklab::report::class_schema()),
    ] {
        let path = format!("{}/schema/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let stored: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).expect("the schema")).expect("JSON");
        assert_eq!(stored, schema, "run `cargo run --example report_schemas`");
    }
}

#[test]
fn the_canonical_form_comes_back_unchanged() {
    let card = fixtures::hostile();
    let visible = Visible::new(card, Extras::default(), Audience::Instructor);
    let back: Scorecard = serde_json::from_str(&one(Format::Json, &visible)).expect("a scorecard");
    assert_eq!(&back, visible.card());
    let class_text = class(Format::Json, &fixtures::class(40));
    let back: Class = serde_json::from_str(&class_text).expect("a class");
    assert_eq!(back, fixtures::class(40));
}

#[test]
fn json_says_of_a_run_without_isolation_that_it_is_practice() {
    let says = |level: &str| {
        let mut card = fixtures::full_marks();
        card.isolation = level.into();
        let visible = Visible::new(card, Extras::default(), Audience::Student);
        let json: serde_json::Value = serde_json::from_str(&one(Format::Json, &visible)).unwrap();
        json["practice"].as_str().map(str::to_owned)
    };
    assert_eq!(says("F").as_deref(), Some("practice, not for credit"));
    assert_eq!(says("D"), None);
}

#[test]
fn a_format_for_one_submission_refuses_a_class_and_says_so() {
    let error = Format::Vpl
        .write_class(&fixtures::class(1), &options(), &mut Vec::new())
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "the format `vpl` is for one submission; choose another with --format"
    );
}

#[test]
fn every_format_has_a_name_of_its_own_that_is_read_back() {
    for format in Format::ALL {
        assert_eq!(format.name().parse::<Format>().as_ref(), Ok(format));
    }
    let error = "nonsense".parse::<Format>().expect_err("no format");
    assert!(error.contains("terminal, json, html"), "{error}");
}

#[test]
fn every_format_has_a_page_in_the_documentation() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats");
    let index = std::fs::read_to_string(dir.join("README.md")).expect("docs/formats/README.md");
    for format in Format::ALL {
        let row = format!("| `{format}` |");
        assert!(
            index.contains(&row),
            "docs/formats/README.md has no row {row}"
        );
    }
}
