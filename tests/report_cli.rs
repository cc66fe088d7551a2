//! `socklab report` over a stored run, through the program itself.

#[expect(dead_code, reason = "the report tests use more of it")]
#[path = "report/fixtures.rs"]
mod fixtures;
#[path = "report/stored.rs"]
mod stored;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use socklab::score::Scorecard;
use tempfile::TempDir;

/// A run of these scorecards, and of one submission that was not graded yet.
fn run(cards: Vec<Scorecard>) -> TempDir {
    let root = TempDir::new().expect("a folder");
    stored::store(root.path(), &cards).expect("a run");
    root
}

fn report(root: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("socklab").expect("the program");
    command.arg("report").arg(root).args(args).assert()
}

#[test]
fn the_usual_report_is_the_class_on_the_terminal() {
    let root = run(vec![fixtures::full_marks(), fixtures::one_failure()]);
    report(root.path(), &[])
        .success()
        .stdout(predicate::str::contains("s1002   7/10"))
        .stdout(predicate::str::contains(
            "s9999      -  not graded: not graded yet",
        ));
}

#[test]
fn pages_link_to_each_other_and_a_large_capture_lies_beside() {
    let root = run(vec![fixtures::one_failure()]);
    report(root.path(), &["--format", "html"]).success();
    let folder = root.path().join("reports/html");
    let class = fs::read_to_string(folder.join("class.html")).expect("class.html");
    assert!(class.contains("href=\"./s1002/tcp-echo-server/report.html\""));
    let one = folder.join("s1002/tcp-echo-server");
    let page = fs::read_to_string(one.join("report.html")).expect("report.html");
    assert!(page.contains("href=\"./captures/echoes.pcapng\""));
    assert_eq!(
        fs::metadata(one.join("captures/echoes.pcapng"))
            .expect("a file")
            .len(),
        2 << 20
    );
}

#[test]
fn a_key_full_of_tricks_stays_below_the_reports() {
    let root = run(vec![fixtures::hostile()]);
    report(root.path(), &["--format", "html", "--format", "csv"]).success();
    let class = fs::read_to_string(root.path().join("reports/html/class.html")).expect("a page");
    let href = class.split("href=\"./").nth(1).expect("a link");
    let href = href.split('"').next().expect("its end").replace("%25", "%");
    assert!(root.path().join("reports/html").join(href).is_file());
}

#[test]
fn hidden_checks_are_shown_to_the_instructor_only_when_asked_for() {
    let root = run(vec![fixtures::awkward()]);
    let one = ["--submission", "s1004"];
    report(root.path(), &one)
        .success()
        .stdout(predicate::str::contains("Secret").not());
    report(root.path(), &[one[0], one[1], "--audience", "instructor"])
        .success()
        .stdout(predicate::str::contains("Secret flood"));
}

#[test]
fn every_format_writes_its_file_for_a_run() {
    let root = run(vec![fixtures::full_marks(), fixtures::awkward()]);
    for format in socklab::report::Format::ALL {
        let out = root.path().join("out");
        let mut command = Command::cargo_bin("socklab").expect("the program");
        command
            .arg("report")
            .arg(root.path())
            .args(["--format", format.name(), "--out"])
            .arg(&out)
            .env("CLASSROOM", "net-f26")
            .env("ASSIGNMENT", "tcp-echo-server")
            .assert()
            .success();
        let folder = out.join(format.name());
        let one = folder
            .join("s1001/tcp-echo-server")
            .join(format.file_name());
        let class = folder.join(format.class_file_name());
        assert!(
            one.is_file() || class.is_file(),
            "{format}: nothing in {folder:?}"
        );
    }
}

#[test]
fn an_unknown_submission_is_an_error_of_the_command_line() {
    let root = run(vec![fixtures::full_marks()]);
    report(root.path(), &["--submission", "nobody"])
        .code(2)
        .stderr(predicate::str::contains("no submission `nobody`"));
}

#[test]
fn gradescope_s_bundle_holds_scripts_that_may_be_run_and_the_program() {
    let out = TempDir::new().expect("a folder");
    Command::cargo_bin("socklab")
        .expect("the program")
        .args([
            "report",
            "--bundle",
            "gradescope",
            "--exercise",
            "tcp-echo-server",
            "--out",
        ])
        .arg(out.path())
        .assert()
        .success();
    let file = fs::File::open(out.path().join("autograder.zip")).expect("the bundle");
    let mut zip = zip::ZipArchive::new(file).expect("a zip");
    for name in ["setup.sh", "run_autograder", "socklab"] {
        let entry = zip.by_name(name).expect(name);
        assert_eq!(entry.unix_mode().expect("a mode") & 0o777, 0o755, "{name}");
        assert!(entry.size() > 0);
    }
}
