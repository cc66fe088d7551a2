//! What platforms run, as they run it: `socklab ci` under their environment variables, the steps of
//! `action.yml`, Gradescope's bundle in a folder like theirs, the commands in `docs/formats`.

mod copy;
#[path = "report/github.rs"]
mod github;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use copy::copy;
use serde_json::Value;
use tempfile::TempDir;

const SOCKLAB: &str = env!("CARGO_BIN_EXE_socklab");
const EXERCISE: &str = "tcp-echo-server";
/// Lost points, and why: a submission to copy.
const FAULTY: &str = "tests/submissions/echo/tcp-echo-server/appends-newline";
const RIGHT: &str = "reference/echo/tcp-echo-server/python";

/// A repository with a solution in the folder `lab1`.
fn repository(solution: &str) -> TempDir {
    let root = TempDir::new().expect("a folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(solution);
    copy(&from, &root.path().join("lab1"));
    root
}

/// A program without any of this machine's own CI variables.
fn bare(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let kept = ["PATH", "HOME", "LANG", "PYENV_ROOT", "RUSTUP_HOME"];
    let all: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| kept.iter().any(|k| name == k))
        .collect();
    command.env_clear().envs(all).current_dir(folder);
    command
}

fn ci(folder: &Path, args: &[&str], environment: &[(&str, &Path)]) -> Option<Output> {
    let mut command = bare(SOCKLAB, folder);
    command.args(["ci", EXERCISE, "lab1"]).args(args);
    gradable(command.envs(environment.iter().copied()))
}

/// What a program gave out; none, and a word on it, when this machine has no sandbox.
fn gradable(command: &mut Command) -> Option<Output> {
    let output = command.output().expect("it runs");
    if output.status.code() == Some(3) {
        eprintln!("SKIPPED: this machine cannot grade: {}", stderr(&output));
        return None;
    }
    Some(output)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn github_actions_gets_annotations_on_the_code_a_summary_and_outputs() {
    let root = repository(FAULTY);
    let at = root.path();
    let (summary, outputs) = (at.join("summary.md"), at.join("outputs"));
    fs::write(&summary, "# Of a step before\n").expect("written");
    let environment = [
        ("GITHUB_ACTIONS", Path::new("true")),
        ("GITHUB_WORKSPACE", at),
        ("GITHUB_STEP_SUMMARY", &summary),
        ("GITHUB_OUTPUT", &outputs),
    ];
    let Some(output) = ci(at, &["--seed", "7", "--keep", "kept"], &environment) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let commands = github::commands(&stdout(&output));
    let names: Vec<&str> = commands.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names[..3], ["group", "stop-commands", "endgroup"]);
    let error = commands.iter().find(|c| c.name == "error");
    let error = error.expect("an annotation");
    assert_eq!(error.property("file"), Some("lab1/server.py"));
    let summary = read(summary);
    assert!(summary.starts_with("# Of a step before\n") && summary.contains("TCP echo server"));
    let outputs = read(outputs);
    for line in [
        "status=graded",
        "max-score=10",
        "full-marks=false",
        "seed=7",
    ] {
        assert!(outputs.lines().any(|l| l == line), "{line} in {outputs}");
    }
    assert!(at.join("kept/captures/echoes.pcapng").is_file());
    assert!(at.join("kept/scorecard.json").is_file());
}

#[test]
fn a_job_that_is_not_to_fail_ends_well_although_points_are_lost() {
    let root = repository(FAULTY);
    let environment = [("GITHUB_ACTIONS", Path::new("true"))];
    let Some(output) = ci(root.path(), &["--no-fail"], &environment) else {
        return;
    };
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn gitlab_gets_junit_with_captures_below_the_project() {
    let root = repository(FAULTY);
    let at = root.path();
    let environment = [("GITLAB_CI", Path::new("true")), ("CI_PROJECT_DIR", at)];
    let Some(output) = ci(at, &["--keep", "socklab-results"], &environment) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).starts_with("TCP echo server"), "the log");
    let junit = read(at.join("junit.xml"));
    let attachment = junit.split("[[ATTACHMENT|").nth(1).expect("a capture");
    let path = attachment.split("]]").next().expect("its end");
    assert!(path.starts_with("socklab-results/") && at.join(path).is_file());
}

#[test]
fn classroom_50_gets_its_result_and_a_job_that_ends_well() {
    let root = repository(FAULTY);
    let at = root.path();
    let environment = [
        ("GITHUB_ACTIONS", Path::new("true")),
        ("CLASSROOM", Path::new("net-f26")),
        ("ASSIGNMENT", Path::new(EXERCISE)),
        (
            "SOCKLAB_COMMIT_DATE",
            Path::new("2026-11-20T11:00:00+01:00"),
        ),
    ];
    let Some(output) = ci(at, &[], &environment) else {
        return;
    };
    assert!(output.status.success(), "{}", stderr(&output));
    let result: Value = serde_json::from_str(&read(at.join("result.json"))).expect("JSON");
    assert_eq!(result["schema"], "classroom50/result/v1");
    assert_eq!(result["datetime"], "2026-11-20T10:00:00Z");
    assert_eq!(result["max-score"], 1000);
}

/// The shell scripts of `action.yml` by the names of their steps, and the outputs that it promises.
fn action() -> (Vec<(String, String)>, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    let action: serde_yaml::Value = serde_yaml::from_str(&read(path)).expect("YAML");
    let text = |value: &serde_yaml::Value| value.as_str().unwrap_or_default().to_owned();
    let steps = action["runs"]["steps"].as_sequence().expect("steps");
    let scripts = steps.iter().map(|s| (text(&s["name"]), text(&s["run"])));
    let outputs = action["outputs"].as_mapping().expect("outputs").keys();
    (scripts.collect(), outputs.map(text).collect())
}

/// Runs a step of the action as the runner does: `bash -e -o pipefail` on a file.
fn step(folder: &Path, name: &str) -> Command {
    let (steps, _) = action();
    let script = steps.iter().find(|s| s.0.starts_with(name)).expect(name);
    let file = folder.join("step.sh");
    fs::write(&file, &script.1).expect("written");
    let mut command = bare("bash", folder);
    command
        .args(["--noprofile", "--norc", "-eo", "pipefail"])
        .arg(file);
    command
}

#[test]
fn the_action_checks_and_gives_out_all_that_it_promises() {
    let root = repository(RIGHT);
    let at = root.path();
    let bin = Path::new(SOCKLAB).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = step(at, "Check");
    let command = command
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("EXERCISE", EXERCISE)
        .env("SOLUTION", "lab1")
        .env("SEED", "7")
        .env("FAIL", "true")
        .env("GITHUB_ACTIONS", "true")
        .env("RUNNER_TEMP", at)
        .env("GITHUB_OUTPUT", at.join("outputs"));
    let Some(output) = gradable(command) else {
        return;
    };
    assert!(output.status.success(), "{}", stderr(&output));
    let outputs = read(at.join("outputs"));
    for name in action().1 {
        let line = format!("{name}=");
        assert!(
            outputs.lines().any(|l| l.starts_with(&line)),
            "{name} in {outputs}"
        );
    }
    assert!(
        at.join("socklab-results/scorecard.json").is_file(),
        "the artifact"
    );
}

#[test]
fn the_action_refuses_to_run_a_stranger_s_code_with_secrets() {
    let root = TempDir::new().expect("a folder");
    let output = step(root.path(), "Refuse").output().expect("bash");
    assert_eq!(output.status.code(), Some(2));
    let commands = github::commands(&stdout(&output));
    assert_eq!(commands[0].name, "error");
}

/// Gradescope's folders, its bundle unpacked in them, and a submission.
fn autograder(solution: &str) -> TempDir {
    let root = repository(solution);
    let at = root.path();
    let mut command = bare(SOCKLAB, at);
    command.args([
        "report",
        "--bundle",
        "gradescope",
        "--exercise",
        EXERCISE,
        "--out",
        ".",
    ]);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", stderr(&output));
    let file = fs::File::open(at.join("autograder.zip")).expect("the bundle");
    let mut bundle = zip::ZipArchive::new(file).expect("a zip");
    bundle.extract(at.join("source")).expect("unpacked");
    fs::rename(at.join("lab1"), at.join("submission")).expect("moved");
    root
}

#[test]
fn gradescope_s_bundle_grades_where_it_was_unpacked() {
    let root = autograder(FAULTY);
    let at = root.path();
    let mut command = bare(at.join("source/run_autograder"), at);
    let Some(output) = gradable(command.arg(at)) else {
        return;
    };
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).is_empty(), "nothing for a student to read");
    let files: Vec<PathBuf> = fs::read_dir(at.join("results"))
        .expect("the results")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(files, [at.join("results/results.json")]);
    let result: Value = serde_json::from_str(&read(&files[0])).expect("JSON");
    assert!(result["score"].as_f64().expect("a score") < 10.0);
    assert!(result["tests"].as_array().expect("tests").len() > 5);
}

#[test]
fn gradescope_gets_no_score_when_nothing_can_be_graded() {
    let root = autograder(RIGHT);
    let at = root.path();
    fs::remove_dir_all(at.join("submission")).expect("removed");
    let output = bare(at.join("source/run_autograder"), at).arg(at).output();
    assert_eq!(output.expect("it runs").status.code(), Some(2));
    assert_eq!(
        fs::read_dir(at.join("results")).expect("a folder").count(),
        0
    );
}

/// Commands of socklab in the pages on formats, as words; variables of the shell stay as they are.
fn commands() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("docs/formats") {
        let path = entry.expect("an entry").path();
        for line in read(&path).lines() {
            let line = line.trim_start_matches([' ', '-', '$', '\t']);
            let Some(rest) = line
                .strip_prefix("socklab ")
                .or(line.strip_prefix("run: socklab "))
            else {
                continue;
            };
            let end = rest.find([';', '|', '>', '&']).unwrap_or(rest.len());
            let words = rest[..end].split_whitespace();
            let words = words.map(|w| w.trim_matches('"').to_owned());
            found.push((path.display().to_string(), words.collect()));
        }
    }
    found
}

#[test]
fn every_command_in_the_pages_on_formats_is_understood() {
    let commands = commands();
    assert!(commands.len() >= 10, "only {commands:?}");
    let root = TempDir::new().expect("a folder");
    for (page, words) in commands {
        // With `--help` at its end nothing is done, but a word that is not known is still refused.
        let mut command = bare(SOCKLAB, root.path());
        let output = command
            .args(&words)
            .arg("--help")
            .output()
            .expect("it runs");
        assert!(
            output.status.success(),
            "{page}: {words:?}: {}",
            stderr(&output)
        );
    }
}
