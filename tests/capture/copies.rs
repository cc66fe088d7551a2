//! A class in which one student hands in another's capture.

use std::path::Path;
use std::process::Command;

use crate::made::Frame;
use crate::made::file::{self, Kind, PCAP};
use socklab::capture::read::Reader;

/// The same packets, an hour later, as pcap.
fn disguised(bytes: &[u8]) -> Vec<u8> {
    let mut reader = Reader::from_bytes(bytes).expect("a capture");
    let mut frames = Vec::new();
    let mut link_type = 1;
    while let Some(packet) = reader.next_packet() {
        link_type = packet.link_type;
        frames.push(Frame {
            time_ns: packet.time_ns as u64 + 3_600_000_000_000,
            bytes: packet.captured.to_vec(),
        });
    }
    file::write(&Kind { link_type, ..PCAP }, &frames)
}

#[test]
fn a_class_report_names_those_who_handed_in_the_same_capture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reference = |language: &str| root.join("reference/echo/tcp-echo-capture").join(language);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let hand_in = |key: &str, from: &Path, disguise: bool| {
        let to = dir.path().join("class").join(key);
        std::fs::create_dir_all(&to).expect("a folder");
        for file in std::fs::read_dir(from).expect("the reference") {
            let file = file.expect("a file").path();
            let name = file.file_name().unwrap_or_default();
            let bytes = std::fs::read(&file).expect("a file");
            if disguise && name == "tcp-echo.pcapng" {
                std::fs::write(to.join("tcp-echo.pcap"), disguised(&bytes)).expect("a file");
            } else {
                std::fs::write(to.join(name), bytes).expect("a file");
            }
        }
    };
    hand_in("s1001", &reference("python"), false);
    hand_in("s1002", &reference("rust"), false);
    hand_in("s1003", &reference("python"), true);
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .current_dir(root)
        .args(["grade", "tcp-echo-capture"])
        .arg(dir.path().join("class"))
        .arg("--out")
        .arg(dir.path().join("run"))
        .output()
        .expect("socklab runs");
    let said = String::from_utf8_lossy(&output.stdout);
    if said.contains("not graded") {
        eprintln!("SKIPPED: no sandbox here, so no class was graded");
        return;
    }
    let line = "s1001 and s1003 handed in the same capture (tcp-echo.pcap, tcp-echo.pcapng)";
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(line), "{said}");
    assert!(!words.contains("s1002 handed"), "{said}");
}
