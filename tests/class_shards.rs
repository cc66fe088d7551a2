//! A class graded in 1, 3 and 8 shards and merged is one and the same run: byte for byte, times and recordings aside.

mod copy;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use copy::copy;
use serde_json::Value;
use socklab::class::store::Run;
use socklab::score::Status;

/// Submissions of the sample class that take little time, and come to different ends.
const KEYS: [&str; 8] = [
    "s1001",
    "s1002",
    "s1008",
    "s1009",
    "s1011",
    "s1013",
    "s1016.zip",
    "s1018",
];

fn socklab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args(args)
        .output()
        .unwrap()
}

fn class(into: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/class");
    for key in KEYS {
        copy(&sample.join(key), &into.join(key));
    }
}

/// The class in `n` shards, merged; none when this machine has no sandbox.
fn merged(dir: &Path, n: u32) -> Option<PathBuf> {
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let class = text(dir.join("class"));
    let shards: Vec<String> = (1..=n)
        .map(|index| text(dir.join(format!("of-{n}-{index}"))))
        .collect();
    for (index, out) in (1..).zip(&shards) {
        let shard = format!("{index}/{n}");
        let args = ["grade", "tcp-echo-server", &class, "--shard", &shard];
        let output = socklab(&[args.as_slice(), &["--out", out]].concat());
        if output.status.code() == Some(3) {
            let run = Run::open(Path::new(out)).unwrap();
            assert!(run.scorecards().all(|card| card.status != Status::Graded));
            println!(
                "SKIPPED: no sandbox here: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            return None;
        }
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "shard {shard}: {told}");
    }
    let whole = dir.join(format!("whole-{n}"));
    let mut args = vec!["merge"];
    args.extend(shards.iter().map(String::as_str));
    let out = text(whole.clone());
    let output = socklab(&[args.as_slice(), &["--out", &out]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{n} shards: {told}");
    assert!(!told.contains("note:"), "{n} shards: {told}");
    Some(whole)
}

/// What is new each time: times, recordings of the wire, and the ports that Linux gives to clients, which
/// messages may quote (`ip_local_port_range`).
fn without_times(value: &mut Value) {
    const ASIDE: [&str; 8] = [
        "started",
        "duration_ms",
        "at_ms",
        "conversation",
        "packets",
        // A busy machine may make a second look necessary, or lose a packet of a recording.
        "confirmed",
        "capture_incomplete",
        // A server that closes with bytes unread is last seen closing or resetting.
        "last_seen",
    ];
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !ASIDE.contains(&key.as_str()));
            map.values_mut().for_each(without_times);
        }
        Value::Array(list) => list.iter_mut().for_each(without_times),
        Value::String(text) => {
            let number = regex::Regex::new(r"\b\d{5}\b").unwrap();
            let told = number.replace_all(text, |found: &regex::Captures| {
                match found[0].parse::<u32>() {
                    Ok(32768..=60999) => "PORT".to_owned(),
                    _ => found[0].to_owned(),
                }
            });
            *text = told.into_owned();
        }
        _ => {}
    }
}

/// The results of a run as bytes, by path, and its gradebook.
fn contents(run: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for planned in &Run::open(run).unwrap().plan.submissions {
        let folder = run
            .join("results")
            .join(&planned.key)
            .join("tcp-echo-server");
        for name in ["scorecard.json", "stamp.json"] {
            let bytes = fs::read(folder.join(name)).unwrap();
            let mut value: Value = serde_json::from_slice(&bytes).unwrap();
            without_times(&mut value);
            all.insert(
                format!("{}/{name}", planned.key),
                serde_json::to_string_pretty(&value).unwrap(),
            );
        }
        for part in ["events", "captures"] {
            let names = fs::read_dir(folder.join(part)).unwrap();
            let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            all.insert(format!("{}/{part}", planned.key), format!("{names:?}"));
        }
    }
    let table = socklab(&["gradebook", run.to_str().unwrap()]);
    assert!(table.status.success());
    all.insert(
        "gradebook".to_owned(),
        String::from_utf8(table.stdout).unwrap(),
    );
    all
}

#[test]
fn one_three_and_eight_shards_make_the_same_run() {
    let dir = tempfile::tempdir().unwrap();
    class(&dir.path().join("class"));
    let Some(one) = merged(dir.path(), 1) else {
        return;
    };
    let one = contents(&one);
    assert_eq!(one.len(), KEYS.len() * 4 + 1);
    for n in [3, 8] {
        let other = contents(&merged(dir.path(), n).unwrap());
        assert_eq!(
            one.keys().collect::<Vec<_>>(),
            other.keys().collect::<Vec<_>>()
        );
        for (name, bytes) in &one {
            assert_eq!(bytes, &other[name], "{name} with {n} shards");
        }
    }
}
