//! A class in which hostile archives, links and names are handed in beside honest work: all honest
//! submissions get full marks, the others are refused with a reason, nothing is written anywhere, and every
//! table shows the names harmless.

mod archives;

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use archives::{Tar, Zip, gzip};
use socklab::class::store::Run;
use socklab::score::Status;

const HONEST: &str = include_str!("class/s1001/server.py");

fn honest(class: &Path, key: &str, file: &[u8]) {
    fs::create_dir_all(class.join(key)).unwrap();
    fs::write(
        class.join(key).join(std::ffi::OsStr::from_bytes(file)),
        HONEST,
    )
    .unwrap();
}

fn hand_in(class: &Path) {
    for key in [
        "=HYPERLINK(1)",
        "a\nb\u{1b}[31m",
        "\"><script>alert(1)<",
        "-rf",
        "\u{202e}cod",
        "::error::x",
    ] {
        honest(class, key, b"server.py");
    }
    for (key, file) in [
        ("dash", &b"-rf.py"[..]),
        ("at", b"@x.py"),
        ("bytes", b"serv\xff.py"),
        ("line", b"a\nserver.py"),
        ("shell", b"$(id).py"),
    ] {
        honest(class, key, file);
    }
    let write = |name: &str, bytes: &[u8]| fs::write(class.join(name), bytes).unwrap();
    write(
        "slip.zip",
        &Zip::new().stored(b"../../evil.py", b"x").finish(),
    );
    write(
        "bomb.zip",
        &Zip::new().deflated("bomb", &vec![0; 70 << 20]).finish(),
    );
    write(
        "link.tar.gz",
        &gzip(&Tar::new().entry("server.py", b'2', b"", 0o644).finish()),
    );
    write("seven.7z", b"7z\xbc\xaf\x27\x1c123");
    write("nothing.zip", b"");
    fs::create_dir_all(class.join("links")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", class.join("links/server.py")).unwrap();
}

#[test]
fn hostile_submissions_harm_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (class, out) = (dir.path().join("a/b/class"), dir.path().join("RUN"));
    fs::create_dir_all(&class).unwrap();
    hand_in(&class);
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args([
            "grade",
            "tcp-echo-server",
            class.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ])
        .output()
        .unwrap();
    if output.status.code() == Some(3) {
        println!(
            "SKIPPED: no sandbox here: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = [output.stdout, output.stderr].concat();
    assert!(
        !text.contains(&0x1b),
        "an escape reached the terminal: {}",
        String::from_utf8_lossy(&text)
    );
    for card in Run::open(&out).unwrap().scorecards() {
        let key = card.submission.key.as_str();
        let because = card.error.clone().unwrap_or_default();
        match key {
            "slip" => assert!(
                because.contains("`../../evil.py` leads out of the folder"),
                "{because}"
            ),
            "bomb" => assert!(because.contains("unpacks to more than 64 MiB"), "{because}"),
            "link" => assert!(because.contains("is a symbolic link"), "{because}"),
            "seven" => assert!(because.contains("is a 7z archive"), "{because}"),
            "links" | "nothing" => {
                assert_eq!((card.status, card.score), (Status::Graded, 0.0), "{key}")
            }
            _ => assert_eq!(
                (card.status, card.score),
                (Status::Graded, 10.0),
                "{key}: {because}"
            ),
        }
        if ["slip", "bomb", "link", "seven"].contains(&key) {
            assert_eq!(card.status, Status::NotGraded, "{key}");
        }
    }
    let mut left: Vec<String> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["RUN", "a"], "something was written beside the run");
    assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
}

#[test]
fn tables_show_hostile_names_as_text() {
    let dir = tempfile::tempdir().unwrap();
    let (class, out) = (dir.path().join("class"), dir.path().join("RUN"));
    for key in ["=HYPERLINK(1)", "+1", "@SUM(A1)", "-2"] {
        // Nothing to run: the names are what matters here.
        fs::create_dir_all(class.join(key)).unwrap();
    }
    let run = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_socklab"))
            .args(args)
            .output()
            .unwrap()
    };
    let graded = run(&[
        "grade",
        "tcp-echo-server",
        class.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    if graded.status.code() == Some(3) {
        println!(
            "SKIPPED: no sandbox here: {}",
            String::from_utf8_lossy(&graded.stderr)
        );
        return;
    }
    for platform in ["plain", "canvas", "moodle"] {
        let table = run(&["gradebook", out.to_str().unwrap(), "--for", platform]).stdout;
        let table = String::from_utf8(table).unwrap();
        assert!(table.contains("'=HYPERLINK(1)"), "{platform}: {table}");
        let formula = |line: &&str| {
            line.split(',')
                .any(|cell| cell.trim_matches('"').starts_with(['=', '+', '@', '-']))
        };
        assert_eq!(table.lines().find(formula), None, "{platform}");
    }
}
