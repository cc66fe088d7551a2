//! The same eight checks by socklab and by check50.
//!
//! `cargo bench --bench check50` installs check50 3.5 from PyPI into a virtual environment (or takes the one in
//! SOCKLAB_BENCH_VENV), and grades SOCKLAB_BENCH_CLASS (default 10) echo servers with both, in turn, in
//! SOCKLAB_BENCH_ROUNDS rounds (default 5). check50 has no private networks: its checks wait for each other so that they do not
//! meet on the port, and submissions are checked one after another.

#[path = "../class_floor/mod.rs"]
#[expect(dead_code, reason = "only the server's text is of use here")]
mod class_floor;
#[path = "../graded/mod.rs"]
mod graded;
#[path = "../processor/mod.rs"]
mod processor;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use graded::{class, grade, load, median, setting};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/check50");

fn main() {
    let (size, rounds) = (
        setting("SOCKLAB_BENCH_CLASS", 10),
        setting("SOCKLAB_BENCH_ROUNDS", 5),
    );
    let folder = tempfile::tempdir().expect("a temporary directory");
    let Some(venv) = check50(folder.path()) else {
        println!("SKIPPED: check50 cannot be installed here");
        return;
    };
    let text = |_| class_floor::SERVER.to_owned();
    let submissions = class(&folder.path().join("class"), size, text);
    println!("load before: {}", load());
    let (mut ours, mut theirs, mut walls, mut cpus) = (vec![], vec![], vec![], vec![]);
    for round in 0..rounds {
        let out = folder.path().join(format!("run{round}"));
        let course = format!("{HERE}/course");
        let before = processor::of_children(false);
        let own = grade(&["--course", &course, "grade", "echo"], &submissions, &out).wall;
        let own_cpu = seconds_since(before);
        assert_eq!(passed(&out, size), size * 8, "all pass with socklab");
        let before = processor::of_children(false);
        let start = Instant::now();
        for number in 0..size {
            one(&venv, &submissions.join(format!("s{number:04}")));
        }
        let (other, other_cpu) = (start.elapsed().as_secs_f64(), seconds_since(before));
        println!(
            "  round {}: socklab {own:.2} s ({own_cpu:.2} s of the processor) · check50 {other:.2} s ({other_cpu:.2} s) · ratio {:.1}",
            round + 1,
            other / own
        );
        walls.push(other / own);
        cpus.push(other_cpu / own_cpu);
        ours.push(own);
        theirs.push(other);
    }
    println!(
        "{size} submissions, 8 checks each, medians of {rounds}: socklab {:.2} s · check50 {:.2} s · ratio {:.1} · of processor time {:.1}",
        median(ours),
        median(theirs),
        median(walls),
        median(cpus)
    );
    println!("load after: {}", load());
}

fn seconds_since(before: Duration) -> f64 {
    (processor::of_children(false) - before).as_secs_f64()
}

/// The folder of a virtual environment with check50.
fn check50(folder: &Path) -> Option<PathBuf> {
    if let Some(venv) = std::env::var_os("SOCKLAB_BENCH_VENV") {
        return Some(PathBuf::from(venv));
    }
    let venv = folder.join("venv");
    let quiet = |command: &mut Command| {
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let made = quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let pip = ["install", "--quiet", "--retries", "1", "check50==3.5.0"];
    (made && quiet(Command::new(venv.join("bin/pip")).args(pip))).then_some(venv)
}

/// Checks one submission as a student would, and makes sure that all eight checks pass.
fn one(venv: &Path, submission: &Path) {
    let out = submission.with_extension("json");
    let status = Command::new(venv.join("bin/check50"))
        .args([
            "--dev",
            "--log-level",
            "error",
            "-o",
            "json",
            "--output-file",
        ])
        .arg(&out)
        .arg(format!("{HERE}/checks"))
        .current_dir(submission)
        // As in the sandbox, where the system's own interpreter comes first.
        .env(
            "PATH",
            format!("{}/bin:/usr/local/bin:/usr/bin:/bin", venv.display()),
        )
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("check50");
    assert!(status.success(), "check50 ran");
    let text = std::fs::read_to_string(&out).expect("its report");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let results = report["results"].as_array().expect("results");
    assert!(
        results.len() == 8 && results.iter().all(|result| result["passed"] == true),
        "all pass with check50: {text}"
    );
}

/// Checks that passed in a run of socklab.
fn passed(run: &Path, size: usize) -> usize {
    let card = |number: usize| {
        let path = run.join(format!("results/s{number:04}/echo/scorecard.json"));
        let text = std::fs::read(path).expect("a scorecard");
        let card: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let checks = card["checks"].as_array().expect("checks").clone();
        let passed = checks.iter().filter(|check| check["outcome"] == "passed");
        passed.count()
    };
    (0..size).map(card).sum()
}
