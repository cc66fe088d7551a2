//! What grading costs over running the programs at all, as ratios measured side by side in one run.
//!
//! `cargo bench --bench class` prints two comparisons: the processor time of a sandbox around `/bin/true` over a bare start
//! of it, and the wall time of a class of echo servers over the floor: a launch for each check and its messages, by a bare
//! loop without sandbox, capture or judgement, on the same cores. The class is graded as usual, and with `--fresh`, which
//! makes the launches of the floor. SOCKLAB_BENCH_CLASS (default 200) is the size of the
//! class, SOCKLAB_BENCH_ROUNDS (default 5) how often each side runs, in turn.

mod class_floor;
mod graded;
mod processor;

use std::process::Command;

use graded::{grade, load, median, setting};

use socklab::sandbox::{Config, Launch, Launcher, RingSpec, Sandbox, SandboxEvent};

fn main() {
    let rounds = setting("SOCKLAB_BENCH_ROUNDS", 5);
    if let Err(error) = launches(rounds) {
        println!("SKIPPED: no sandbox here: {error}");
        return;
    }
    class(setting("SOCKLAB_BENCH_CLASS", 200), rounds);
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
        // What its processes used counts once it is gone.
        let launcher = Launcher::new(env!("CARGO_BIN_EXE_socklab"));
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
    let text = |_| class_floor::SERVER.to_owned();
    let submissions = graded::class(&folder.path().join("class"), size, text);
    println!("load before: {}", load());
    let mut floor = Vec::new();
    let ways: [(&str, &[&str]); 2] = [("checks share launches", &[]), ("--fresh", &["--fresh"])];
    let mut results = ways.map(|_| (Vec::new(), Vec::new()));
    for round in 0..rounds {
        let bare = class_floor::run(folder.path(), size);
        floor.push(bare);
        for ((way, more), (walls, ratios)) in ways.iter().zip(&mut results) {
            let out = folder.path().join(format!("run{round} {way}"));
            let args = [&["grade", "tcp-echo-server"], *more].concat();
            let used = grade(&args, &submissions, &out);
            let (wall, peak) = (used.wall, used.peak_mib);
            println!(
                "  round {}: floor {bare:.2} s · {way}: {wall:.2} s · ratio {:.2} · peak memory of the grader {peak:.1} MiB",
                round + 1,
                wall / bare
            );
            walls.push(wall);
            ratios.push(wall / bare);
        }
    }
    println!(
        "a class of {size} echo servers in Python, medians of {rounds}: floor {:.2} s ({} launches)",
        median(floor),
        size * class_floor::LAUNCHES
    );
    for ((way, _), (walls, ratios)) in ways.iter().zip(results) {
        println!(
            "  socklab, {way}: {:.2} s · ratio {:.2}",
            median(walls),
            median(ratios)
        );
    }
    println!("load after: {}", load());
}
