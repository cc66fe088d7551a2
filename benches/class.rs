//! What grading costs over running the programs at all, as ratios measured side by side in one run.
//!
//! `cargo bench --bench class` prints two comparisons: the processor time of a sandbox around `/bin/true` over a bare start
//! of it, and the wall time of a class of echo servers over the floor: the same launches and messages by a bare
//! loop without sandbox, capture or judgement, on the same cores. SOCKLAB_BENCH_CLASS (default 200) is the size of the
//! class, SOCKLAB_BENCH_ROUNDS (default 5) how often each side runs, in turn.

mod class_floor;
mod processor;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use socklab::sandbox::{Config, Launch, Launcher, RingSpec, Sandbox, SandboxEvent};

fn main() {
    let rounds = setting("SOCKLAB_BENCH_ROUNDS", 5);
    if let Err(error) = launches(rounds) {
        println!("SKIPPED: no sandbox here: {error}");
        return;
    }
    class(setting("SOCKLAB_BENCH_CLASS", 200), rounds);
}

fn setting(name: &str, usual: usize) -> usize {
    let value = std::env::var(name).ok();
    value.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Processor time of one of `count` equal pieces of work.
fn cpu_each(
    count: usize,
    work: impl FnOnce() -> Result<(), socklab::sandbox::SandboxError>,
) -> Result<f64, socklab::sandbox::SandboxError> {
    let before = processor::of_children(true);
    work()?;
    Ok((processor::of_children(true) - before).as_secs_f64() * 1e3 / count as f64)
}

fn launches(rounds: usize) -> Result<(), socklab::sandbox::SandboxError> {
    const EACH: usize = 200;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_socklab"));
    let plain = Config::default();
    let captured = Config {
        capture: Some(RingSpec {
            block_bytes: 1 << 16,
            blocks: 32,
            retire_ms: 20,
        }),
        ..plain.clone()
    };
    let (mut bare, mut sandbox, mut capture) = (Vec::new(), Vec::new(), Vec::new());
    let inside = |config: &Config| {
        runtime.block_on(async {
            for _ in 0..EACH {
                once(&launcher, config.clone()).await?;
            }
            Ok(())
        })
    };
    inside(&plain)?;
    for _ in 0..rounds {
        bare.push(cpu_each(EACH, || {
            for _ in 0..EACH {
                Command::new("/bin/true").status().expect("/bin/true");
            }
            Ok(())
        })?);
        sandbox.push(cpu_each(EACH, || inside(&plain))?);
        capture.push(cpu_each(EACH, || inside(&captured))?);
    }
    let (bare, sandbox, capture) = (median(bare), median(sandbox), median(capture));
    println!("one launch of /bin/true, processor time, median of {rounds} rounds of {EACH}:");
    println!(
        "  bare {bare:.2} ms · in a sandbox {sandbox:.2} ms (+{:.2} ms) · with a capture {capture:.2} ms (+{:.2} ms)\n",
        sandbox - bare,
        capture - bare
    );
    Ok(())
}

async fn once(launcher: &Launcher, config: Config) -> Result<(), socklab::sandbox::SandboxError> {
    let mut sandbox = Sandbox::launch(launcher, config).await?;
    let _program = sandbox
        .spawn(Launch::new(["/bin/true"]))
        .await
        .expect("/bin/true");
    while !matches!(
        sandbox.next_event().await,
        Some(SandboxEvent::Exited { .. }) | None
    ) {}
    sandbox.close().await;
    Ok(())
}

fn class(size: usize, rounds: usize) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let submissions = folder.path().join("class");
    for number in 0..size {
        let own = submissions.join(format!("s{number:04}"));
        std::fs::create_dir_all(&own).expect("a folder");
        let program = format!("# submission {number}\n{}", class_floor::SERVER);
        std::fs::write(own.join("server.py"), program).expect("a file");
    }
    let (mut floor, mut graded, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let bare = class_floor::run(folder.path(), size);
        let (wall, peak) = grade(&submissions, &folder.path().join(format!("run{round}")));
        println!(
            "  round {}: floor {bare:.2} s · socklab {wall:.2} s · ratio {:.2} · peak memory of the grader {peak} MiB",
            round + 1,
            wall / bare
        );
        floor.push(bare);
        graded.push(wall);
        ratios.push(wall / bare);
    }
    println!(
        "a class of {size} echo servers in Python, medians of {rounds}: floor {:.2} s ({} launches) · socklab {:.2} s · ratio {:.2}",
        median(floor),
        size * class_floor::CHECKS.len(),
        median(graded),
        median(ratios)
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "the peak is sampled while the grader runs: afterwards the kernel tells that of all children only"
)]
/// Grades the class: seconds, and the grader's own peak memory in MiB.
fn grade(submissions: &Path, out: &Path) -> (f64, u64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args(["grade", "tcp-echo-server", "--out"])
        .arg(out)
        .arg(submissions)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the grader");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a child") {
            break ended;
        }
        peak = peak.max(peak_kib(&status));
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "the class was graded");
    (start.elapsed().as_secs_f64(), peak / 1024)
}

fn peak_kib(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
