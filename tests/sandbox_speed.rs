//! What a sandbox costs: run with `cargo test --release --test sandbox_speed -- --ignored --nocapture`.

#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use socklab::sandbox::{Config, Launch, Launcher, RingSpec, Sandbox, SandboxEvent};

/// User and system time of ended children, all generations of them.
fn cpu_of_children() -> Duration {
    // SAFETY: all-zero is a valid `rusage`, and the pointer is to a live value.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

async fn once(launcher: &Launcher, config: Config) {
    let mut sandbox = Sandbox::launch(launcher, config).await.unwrap();
    let _program = sandbox.spawn(Launch::new(["/bin/true"])).await.unwrap();
    while !matches!(
        sandbox.next_event().await,
        Some(SandboxEvent::Exited { .. })
    ) {}
    sandbox.close().await;
}

async fn measure(what: &str, config: Config, at_once: usize, rounds: usize) {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_socklab"));
    let (start, cpu) = (Instant::now(), cpu_of_children());
    let mut walls = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        let all = (0..at_once).map(|_| {
            let (launcher, config) = (launcher.clone(), config.clone());
            tokio::spawn(async move { once(&launcher, config).await })
        });
        for one in all.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        walls.push(begun.elapsed());
    }
    walls.sort();
    let count = at_once * rounds;
    let cpu = (cpu_of_children() - cpu) / count as u32;
    let rate = count as f64 / start.elapsed().as_secs_f64();
    println!(
        "{what}, {at_once} at once: {rate:.0}/s, round p50 {:?}, CPU {cpu:?} each",
        walls[rounds / 2]
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a test"]
async fn launch_run_true_and_tear_down() {
    let plain = Config::default();
    let small = RingSpec {
        block_bytes: 1 << 16,
        blocks: 32,
        retire_ms: 20,
    };
    let small = Config {
        capture: Some(small),
        ..plain.clone()
    };
    let large = Config {
        capture: Some(RingSpec::default()),
        ..plain.clone()
    };
    measure("warm-up", plain.clone(), 1, 20).await;
    measure("no capture", plain.clone(), 1, 200).await;
    measure("no capture", plain, 16, 30).await;
    measure("2 MiB ring", small.clone(), 1, 200).await;
    measure("2 MiB ring", small, 16, 30).await;
    measure("16 MiB ring", large.clone(), 1, 100).await;
    measure("16 MiB ring", large, 16, 20).await;
}
