//! The sample class, graded from the command line: every submission comes to what `tests/class/expected.yaml`
//! says; runs are resumed, cut in shards, merged, compared and marked by hand.

mod copy;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use copy::copy;
use serde::Deserialize;
use socklab::class::store::Run;
use socklab::score::{Scorecard, Status};
use socklab::verdict::Outcome;
use tempfile::TempDir;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    exercise: String,
    submissions: BTreeMap<String, Submission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    /// What the submission is, for whoever reads a failure.
    about: String,
    score: f64,
    #[serde(default)]
    failed: Vec<String>,
    #[serde(default)]
    not_run: Vec<String>,
    /// There is nothing to run, so that it does not matter which check says so.
    #[serde(default)]
    nothing_passes: bool,
    /// The first cause of the first failed check.
    #[serde(default)]
    cause: Option<String>,
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/class")
}

fn expected() -> Expected {
    let text = fs::read_to_string(sample().join("expected.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn socklab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args(args)
        .output()
        .unwrap()
}

/// Grades a class; false (and a word on it) when this machine has no sandbox.
fn grade(class: &Path, out: &Path, more: &[&str]) -> bool {
    let (class, out) = (class.to_str().unwrap(), out.to_str().unwrap());
    let mut args = vec!["grade", "tcp-echo-server", class, "--out", out];
    args.extend(more);
    let output = socklab(&args);
    // A language's tools may be absent, and the rest be graded.
    let graded = || Run::open(Path::new(out)).is_ok_and(|run| run.scorecards().any(is_graded));
    if output.status.code() == Some(3) && !graded() {
        println!(
            "SKIPPED: no sandbox here: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        return false;
    }
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

fn is_graded(card: Scorecard) -> bool {
    card.status == Status::Graded
}

fn card(run: &Path, key: &str) -> Scorecard {
    let path = run
        .join("results")
        .join(key)
        .join("tcp-echo-server/scorecard.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Copies a few submissions of the sample class.
fn part(keys: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for key in keys {
        copy(&sample().join(key), &dir.path().join(key));
    }
    dir
}

#[test]
fn every_submission_comes_to_what_is_expected() {
    let expected = expected();
    let run = tempfile::tempdir().unwrap();
    if !grade(&sample(), run.path(), &[]) {
        return;
    }
    let mut wrong = Vec::new();
    for (key, submission) in &expected.submissions {
        let card = card(run.path(), key);
        assert_eq!(card.exercise, expected.exercise);
        if let Some(why) = lacks_a_tool(&card) {
            println!("SKIPPED: {key}: {why}");
            continue;
        }
        wrong.extend(
            differences(&card, submission)
                .into_iter()
                .map(|d| format!("{key} ({}): {d}", submission.about)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Why the submission cannot be graded here, if its language's tools are absent.
fn lacks_a_tool(card: &Scorecard) -> Option<&str> {
    let why = card.error.as_deref()?;
    why.contains("which this machine does not have")
        .then_some(why)
}

fn differences(card: &Scorecard, expected: &Submission) -> Vec<String> {
    let mut list = Vec::new();
    if card.status != Status::Graded {
        return vec![format!("not graded: {:?}", card.error)];
    }
    if (card.score - expected.score).abs() > 1e-9 {
        list.push(format!(
            "{} points instead of {}",
            card.score, expected.score
        ));
    }
    for check in &card.checks {
        let wanted = if expected.failed.contains(&check.id) {
            Outcome::Failed
        } else if expected.not_run.contains(&check.id) {
            Outcome::NotRun
        } else {
            Outcome::Passed
        };
        let right = if expected.nothing_passes {
            check.outcome != Outcome::Passed
        } else {
            check.outcome == wanted
        };
        if !right {
            let first = check.findings.first().map_or("", |f| f.message.as_str());
            list.push(format!("{} is {:?} ({first})", check.id, check.outcome));
        }
    }
    let first = card
        .checks
        .iter()
        .find(|c| c.outcome == Outcome::Failed)
        .and_then(|c| c.findings.first());
    if let Some(cause) = &expected.cause
        && first.map(|f| &f.cause) != Some(cause)
    {
        list.push(format!(
            "the cause is {:?} instead of {cause}",
            first.map(|f| &f.cause)
        ));
    }
    list
}

/// How often an event file of a run says that a program was running already.
fn shared(run: &Path) -> usize {
    let events = |key: &str| {
        let checks = run.join("results").join(key).join("tcp-echo-server/events");
        let checks = fs::read_dir(checks).unwrap();
        checks
            .map(|events| fs::read_to_string(events.unwrap().path()).unwrap())
            .filter(|events| events.contains("\"since\""))
            .count()
    };
    SHARING.iter().copied().map(events).sum()
}

/// One client, then the end; a thread for each; one after another, in C; another port.
const SHARING: [&str; 4] = ["s1001", "s1002", "s1004", "s1009"];

#[test]
fn launches_that_checks_share_change_no_score() {
    let class = part(&SHARING);
    let (run, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if !grade(class.path(), run.path(), &[]) {
        return;
    }
    assert!(grade(class.path(), fresh.path(), &["--fresh"]));
    assert!(shared(run.path()) > 3, "nothing was shared");
    assert_eq!(shared(fresh.path()), 0);
    for key in SHARING {
        let outcomes = |run: &Path| -> Vec<_> {
            let card = card(run, key);
            let checks = card.checks.into_iter();
            let checks = checks.map(|check| {
                let cause = check.findings.first().map(|finding| finding.cause.clone());
                (check.id, check.outcome, check.points.to_string(), cause)
            });
            checks.collect()
        };
        assert_eq!(outcomes(run.path()), outcomes(fresh.path()), "{key}");
    }
}

#[test]
fn a_second_run_grades_only_what_changed() {
    let class = part(&["s1001", "s1009", "s1013"]);
    let run = tempfile::tempdir().unwrap();
    if !grade(class.path(), run.path(), &[]) {
        return;
    }
    let before: Vec<Scorecard> = ["s1001", "s1009"]
        .iter()
        .map(|key| card(run.path(), key))
        .collect();
    copy(
        &sample().join("s1001/server.py"),
        &class.path().join("s1009/server.py"),
    );
    assert!(grade(class.path(), run.path(), &[]));
    assert_eq!(card(run.path(), "s1001"), before[0]);
    assert_eq!(
        (before[1].score, card(run.path(), "s1009").score),
        (9.0, 10.0)
    );
}

#[test]
fn a_killed_run_leaves_whole_results_and_goes_on() {
    let class = part(&["s1001", "s1002", "s1008", "s1009", "s1010", "s1016.zip"]);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("RUN");
    let mut child = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args([
            "grade",
            "tcp-echo-server",
            class.path().to_str().unwrap(),
            "--jobs",
            "1",
            "--out",
            out.to_str().unwrap(),
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let first = out.join("results/s1001/tcp-echo-server/scorecard.json");
    while !first.exists() && child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    if !first.exists() {
        assert_eq!(
            child.wait().unwrap().code(),
            Some(3),
            "the run ended without a result"
        );
        println!("SKIPPED: no sandbox here");
        return;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = fs::read(&first).unwrap();
    serde_json::from_slice::<Scorecard>(&kept).expect("a whole scorecard");
    assert!(grade(class.path(), &out, &[]));
    assert_eq!(
        fs::read(&first).unwrap(),
        kept,
        "what was graded is not graded again"
    );
    for (key, points) in [
        ("s1002", 10.0),
        ("s1008", 2.0),
        ("s1009", 9.0),
        ("s1010", 5.0),
        ("s1016", 10.0),
    ] {
        assert_eq!(card(&out, key).score, points, "{key}");
    }
}

#[test]
fn shards_are_merged_compared_and_marked() {
    let class = part(&["s1001", "s1009", "s1010", "s1013"]);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    for (name, shard) in [("one", "1/2"), ("two", "2/2")] {
        if !grade(class.path(), &path(name), &["--shard", shard]) {
            return;
        }
    }
    let partial = socklab(&["merge", &text("one"), "--out", &text("part")]);
    assert_eq!(
        partial.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&partial.stderr)
    );
    assert!(String::from_utf8_lossy(&partial.stderr).contains("s1009"));
    let whole = socklab(&["merge", &text("one"), &text("two"), "--out", &text("all")]);
    assert!(
        whole.status.success(),
        "{}",
        String::from_utf8_lossy(&whole.stderr)
    );
    assert!(grade(class.path(), &path("whole"), &[]));
    let same = socklab(&["diff", &text("whole"), &text("all")]);
    assert!(same.status.success());
    assert_eq!(String::from_utf8_lossy(&same.stdout), "No differences.\n");
    let marked = socklab(&[
        "mark",
        &text("all"),
        "s1010",
        "several-messages",
        "1.5",
        "--note",
        "explained it in person",
    ]);
    assert!(
        marked.status.success(),
        "{}",
        String::from_utf8_lossy(&marked.stderr)
    );
    let changed = socklab(&["diff", &text("whole"), &text("all")]);
    let changed = String::from_utf8_lossy(&changed.stdout);
    assert!(
        changed.contains("s1010")
            && changed.contains("5 → 6.5")
            && changed.contains("several-messages"),
        "{changed}"
    );
}
