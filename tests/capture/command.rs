//! `socklab pcap` as a user sees it.

use std::path::Path;
use std::process::{Command, Output};

use crate::made::{file, other, scenario, trouble};

fn socklab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_socklab"))
        .arg("pcap")
        .args(args)
        .output()
        .expect("socklab runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn written(dir: &Path, name: &str) -> String {
    let all = [scenario::opens_and_closes(), trouble::all(), other::all()].concat();
    let frames = all
        .into_iter()
        .find(|(n, _)| *n == name)
        .expect("a scenario")
        .1;
    let path = dir.join(format!("{name}.pcapng"));
    std::fs::write(&path, file::write(&file::PCAPNG, &frames)).expect("a file");
    path.to_string_lossy().into_owned()
}

#[test]
fn shows_a_table_and_a_story() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let output = socklab(&[&written(dir.path(), "four-way-close")]);
    assert!(output.status.success());
    let shown = stdout(&output).replace(&*dir.path().to_string_lossy(), "[DIR]");
    insta::assert_snapshot!(shown);
}

#[test]
fn shows_a_ladder_and_what_was_said() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let output = socklab(&[&written(dir.path(), "half-close"), "--ladder", "--follow"]);
    let shown = stdout(&output).replace(&*dir.path().to_string_lossy(), "[DIR]");
    insta::assert_snapshot!(shown);
}

#[test]
fn one_flow_can_be_chosen_and_a_wrong_one_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = written(dir.path(), "two-at-once");
    let one = stdout(&socklab(&[&path, "--flow", "tcp/1"]));
    assert!(one.contains("tcp/1") && !one.contains("tcp/0"), "{one}");
    let none = socklab(&[&path, "--flow", "9"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("no such flow"));
    let wrong = socklab(&[&path, "--flow", "icmp/1"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("tcp/N or udp/N"));
}

#[test]
fn json_is_one_document_for_all_files() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = written(dir.path(), "udp-nobody");
    let broken = dir.path().join("broken.pcap");
    std::fs::write(&broken, b"not a capture").expect("a file");
    let output = socklab(&["--json", &path, &broken.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(2));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(json["version"], 1);
    assert_eq!(json["files"][0]["analysis"]["udp"][0]["unreachable"][0], 2);
    assert!(
        json["files"][1]["error"]
            .as_str()
            .is_some_and(|e| e.contains("no pcap or pcapng"))
    );
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = written(dir.path(), "refused");
    let missing = dir
        .path()
        .join("missing.pcap")
        .to_string_lossy()
        .into_owned();
    let output = socklab(&[&missing, &path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("missing.pcap"));
    assert!(stdout(&output).contains("refused"));
}

#[test]
fn an_svg_is_written() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let svg = dir.path().join("ladder.svg").to_string_lossy().into_owned();
    let output = socklab(&[&written(dir.path(), "ipv6"), "--svg", &svg]);
    assert!(output.status.success());
    assert!(
        std::fs::read_to_string(&svg)
            .expect("the file")
            .starts_with("<svg ")
    );
}

#[test]
fn hostile_bytes_do_not_reach_the_terminal() {
    use crate::made::scenario::Talk;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let frames = Talk::new()
        .open()
        .c(24, 1, 1, b"\x1b]0;owned\x07\xff\xe2\x80\xae\0\r\n")
        .done();
    let path = dir.path().join("evil.pcapng");
    std::fs::write(&path, file::write(&file::PCAPNG, &frames)).expect("a file");
    let shown = stdout(&socklab(&[&path.to_string_lossy(), "--follow"]));
    assert!(
        shown.contains("\\x1b]0;owned\\x07\\xff\\u{202e}\\0\\r\\n"),
        "{shown}"
    );
    assert!(
        !shown.chars().any(|c| c.is_control() && c != '\n'),
        "{shown:?}"
    );
}

#[test]
fn a_damaged_file_is_shown_with_its_warning() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = written(dir.path(), "ipv6");
    let bytes = std::fs::read(&path).expect("the file");
    std::fs::write(&path, &bytes[..bytes.len() - 5]).expect("a file");
    let output = socklab(&[&path]);
    assert!(output.status.success());
    let shown = stdout(&output);
    assert!(
        shown.contains("warning") && shown.contains("cut off"),
        "{shown}"
    );
}
