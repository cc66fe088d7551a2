//! What a sandbox costs: run with `cargo test --release --test sandbox_speed -- --ignored --nocapture`.

#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use socklab::sandbox::{Config, Launch, Launcher, RingSpec, Sandbox, SandboxEvent};

/// User and system time of ended children, all generations of them, in steps of 10 ms.
fn cpu_of_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields
        .split(' ')
        .skip(13)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap());
    Duration::from_millis(10 * ticks.sum::<u64>())
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

/// What sixteen programs cost that do nothing, while their sockets are watched, and while not.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a test"]
async fn sixteen_idle_programs() {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_socklab"));
    for (watch, seconds) in [(false, 0), (true, 0), (false, 10), (true, 10)] {
        let cpu = cpu_of_children();
        let mut all = Vec::new();
        for _ in 0..16 {
            let sandbox = Sandbox::launch(&launcher, Config::default()).await.unwrap();
            let launch = Launch {
                watch,
                ..Launch::new(["sleep", "600"])
            };
            let program = sandbox.spawn(launch).await.unwrap();
            all.push((sandbox, program));
        }
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        for (sandbox, _) in all {
            sandbox.close().await;
        }
        println!("watch {watch}, {seconds} s: {:?}", cpu_of_children() - cpu);
    }
}
