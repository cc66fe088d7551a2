//! The files that we write.

use std::process::Command;

use socklab::capture::read::Reader;
use socklab::capture::write::{FileHeader, OutPacket, Writer};
use socklab::capture::{Direction, Name};

fn packet<'a>(captured: &'a [u8], comment: Option<&'a str>) -> OutPacket<'a> {
    OutPacket {
        time_ns: 1_700_000_000_123_456_789,
        original_len: captured.len() as u32,
        captured,
        direction: Some(Direction::Inbound),
        comment,
    }
}

/// A file with everything that we write, odd things included.
fn everything() -> Vec<u8> {
    let header = FileHeader {
        comment: "check listens · seed 7",
        ..FileHeader::default()
    };
    let mut writer = Writer::new(Vec::new(), &header, 1 << 20).expect("a vector");
    let name = |a: &str, n: &str| Name {
        address: a.parse().expect("an address"),
        name: n.to_owned(),
    };
    let names = [
        name("10.0.0.1", "alice"),
        name("10.0.0.2", "student\0hidden"),
        name("2001:db8::1", "bob"),
    ];
    writer.names(&names).expect("a vector");
    let frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x06];
    for (len, comment) in [
        (14, Some("step 1")),
        (13, Some("a\nb — ü")),
        (12, None),
        (11, Some("")),
    ] {
        writer
            .packet(&packet(&frame[..len], comment))
            .expect("a vector");
    }
    writer.finish(3).expect("a vector").0
}

#[test]
fn a_written_file_is_read_back_as_it_was() {
    let bytes = everything();
    let mut reader = Reader::from_bytes(&bytes).expect("a capture");
    let mut seen = Vec::new();
    while let Some(p) = reader.next_packet() {
        assert_eq!(p.time_ns, 1_700_000_000_123_456_789);
        assert_eq!(p.direction, Some(Direction::Inbound));
        seen.push((p.captured.len(), p.comment));
    }
    let text = |s: &str| Some(s.to_owned());
    assert_eq!(
        seen,
        [
            (14, text("step 1")),
            (13, text("a\nb — ü")),
            (12, None),
            (11, text(""))
        ]
    );
    assert!(reader.warnings().is_empty(), "{:?}", reader.warnings());
    assert_eq!(reader.names()[1].name, "studenthidden");
}

#[test]
fn wireshark_reads_it_without_a_warning() {
    let available = |tool: &str| {
        Command::new(tool)
            .arg("--version")
            .output()
            .is_ok_and(|o| o.status.success())
    };
    if !available("capinfos") || !available("tshark") {
        eprintln!(
            "SKIPPED: capinfos and tshark are not installed, so the files were not shown to them"
        );
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("everything.pcapng");
    std::fs::write(&path, everything()).expect("a file");
    let said = |tool: &str, args: &[&str]| {
        let output = Command::new(tool)
            .args(args)
            .arg(&path)
            .output()
            .expect("the tool");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let complaints: Vec<&str> = errors
            .lines()
            .filter(|l| !l.contains("Running as user"))
            .collect();
        assert!(
            output.status.success() && complaints.is_empty(),
            "{tool}: {complaints:?}"
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let infos = said("capinfos", &[]);
    assert!(infos.contains("Number of packets:   4"), "{infos}");
    assert!(infos.contains("Capture application: socklab"), "{infos}");
    assert!(infos.contains("nanoseconds"), "{infos}");
    let told = said("tshark", &["-T", "fields", "-e", "frame.comment", "-r"]);
    assert!(told.contains("step 1"), "{told}");
}

#[test]
fn a_file_stops_growing_at_its_cap_and_says_that_it_is_incomplete() {
    let mut writer = Writer::new(Vec::new(), &FileHeader::default(), 200_000).expect("a vector");
    let frame = [0u8; 1000];
    for _ in 0..1000 {
        writer
            .packet(&packet(&frame, Some("a step")))
            .expect("a vector");
    }
    let (bytes, written) = writer.finish(0).expect("a vector");
    assert!(bytes.len() <= 200_000, "{} bytes", bytes.len());
    assert_eq!(written.packets + written.left_out, 1000);
    assert!(written.left_out > 0 && written.packets > 50);
    let note = b"capture incomplete";
    assert!(bytes.windows(note.len()).any(|w| w == note));
}
