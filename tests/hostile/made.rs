//! Submissions that are made by code: archives that are wrong in every way, names, answers.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::archives::{Tar, Zip, gzip};
use crate::world::here;

/// Makes the submissions of an item in the folder of a class.
pub fn make(name: &str, class: &Path) {
    match name {
        "names-that-lead-out" => archives(class, slips()),
        "links" => archives(class, links()),
        "special-entries" => archives(class, specials()),
        "bombs" => archives(class, bombs()),
        "closed-bombs" => archives(class, closed_bombs()),
        "file-names" => file_names(class),
        "student-names" => student_names(class),
        "answers" => answers(class),
        _ => panic!("nobody makes {name}"),
    }
}

fn archives(class: &Path, list: Vec<(String, Vec<u8>)>) {
    for (name, bytes) in list {
        fs::write(class.join(format!("hostile-{name}")), bytes).unwrap();
    }
}

fn honest() -> String {
    let text = fs::read_to_string(here().join("common/honest.py")).unwrap();
    format!("{text}\n\nserve()\n")
}

fn slips() -> Vec<(String, Vec<u8>)> {
    let names: [&[u8]; 14] = [
        b"../../x",
        b"../../../../../../tmp/x",
        b"/etc/cron.d/x",
        b"a/../../x",
        b"..\\..\\x",
        b"a\\b",
        b"C:\\x",
        b"C:/x",
        b"a\0b",
        b".",
        b"..",
        b"a/./b",
        b"a//b",
        b"\xff/../../x",
    ];
    let mut list = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let zip = Zip::new()
            .stored(b"server.py", honest().as_bytes())
            .stored(name, b"x")
            .finish();
        list.push((format!("{number}.zip"), zip));
        if let Ok(name) = std::str::from_utf8(name)
            && !name.contains('\0')
        {
            let tar = Tar::new()
                .file("server.py", honest().as_bytes(), 0o644)
                .file(name, b"x", 0o644)
                .finish();
            list.push((format!("t{number}.tar.gz"), gzip(&tar)));
        }
    }
    // A tar names its root `.`, and so do honest ones; a drive letter's colon is the only harm in `C:/x`.
    list.retain(|(name, _)| name != "t9.tar.gz");
    list
}

fn links() -> Vec<(String, Vec<u8>)> {
    let target = |kind: u8, name: &str, to: &str| {
        let mut bytes = Tar::new().entry(name, kind, b"", 0o777).finish();
        bytes[157..157 + to.len()].copy_from_slice(to.as_bytes());
        bytes[148..156].fill(b' ');
        let sum: u32 = bytes[..512].iter().map(|b| u32::from(*b)).sum();
        bytes[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.truncate(512);
        bytes
    };
    let then = |mut first: Vec<u8>, rest: Vec<u8>| {
        first.extend(rest);
        gzip(&first)
    };
    let file = |name: &str| Tar::new().file(name, b"x", 0o644).finish();
    let folder = Tar::new()
        .folder("escape")
        .file("escape/x", b"x", 0o777)
        .finish();
    vec![
        (
            "symlink.zip".into(),
            Zip::new()
                .with_mode("escape", b"/tmp", 0o120_777)
                .stored(b"escape/x", b"x")
                .finish(),
        ),
        (
            "symlink-only.zip".into(),
            Zip::new()
                .with_mode("server.py", b"/etc/passwd", 0o120_777)
                .finish(),
        ),
        (
            "through.tar.gz".into(),
            then(target(b'2', "escape", "/tmp"), file("escape/x")),
        ),
        (
            "over-folder.tar.gz".into(),
            then(target(b'2', "escape", "/tmp"), folder),
        ),
        (
            "hard.tar.gz".into(),
            then(target(b'1', "server.py", "/etc/passwd"), file("y")),
        ),
        (
            "relative.tar.gz".into(),
            then(target(b'2', "server.py", "../../../etc/passwd"), file("y")),
        ),
    ]
}

fn specials() -> Vec<(String, Vec<u8>)> {
    let mut list = Vec::new();
    for (kind, name) in [
        (b'3', "character"),
        (b'4', "block"),
        (b'6', "fifo"),
        (b'S', "sparse"),
        (b'V', "volume"),
        (b'M', "multi"),
    ] {
        let tar = Tar::new()
            .file("server.py", honest().as_bytes(), 0o644)
            .entry("x", kind, b"", 0o644)
            .finish();
        list.push((format!("{name}.tar.gz"), gzip(&tar)));
    }
    for (mode, name) in [
        (0o010_644, "fifo"),
        (0o140_644, "socket"),
        (0o020_644, "character"),
        (0o060_644, "block"),
        (0o104_755, "setuid"),
        (0o102_755, "setgid"),
    ] {
        let zip = Zip::new()
            .stored(b"server.py", honest().as_bytes())
            .with_mode("x", b"", mode)
            .finish();
        list.push((format!("{name}.zip"), zip));
    }
    let setuid = Tar::new()
        .file("server.py", honest().as_bytes(), 0o4755)
        .finish();
    list.push(("setuid.tar".into(), setuid));
    let sizes = Tar::new()
        .pax(&[("size", "1")], "server.py", honest().as_bytes())
        .finish();
    list.push(("sizes.tar".into(), sizes));
    let sparse = Tar::new()
        .pax(
            &[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")],
            "server.py",
            b"x",
        )
        .finish();
    list.push(("sparse-pax.tar".into(), sparse));
    let global = Tar::new()
        .pax_only(b'g', &[("path", "server.py")])
        .file("x", b"x", 0o644)
        .finish();
    list.push(("global.tar".into(), global));
    list
}

fn bombs() -> Vec<(String, Vec<u8>)> {
    let zeros = vec![0u8; 60 << 20];
    let mut many = Zip::new();
    for number in 0..30_000 {
        many = many.stored(format!("f{number}").as_bytes(), b"");
    }
    let mut overlapping = Zip::new().deflated("a", &zeros);
    for number in 0..100 {
        overlapping = overlapping.same_data_as_first(format!("b{number}").as_bytes());
    }
    let mut claims = Zip::new().stored(b"x", b"x").finish();
    let at = claims.len() - 22;
    claims[at + 8..at + 12].copy_from_slice(&[0xfe, 0xff, 0xfe, 0xff]);
    let deep = "d/".repeat(1000) + "x";
    let pax = "x".repeat(70_000);
    vec![
        (
            "zeros.zip".into(),
            Zip::new().deflated("zeros", &zeros).finish(),
        ),
        (
            "lies.zip".into(),
            Zip::new().lying_deflated("zeros", &zeros, 10).finish(),
        ),
        ("overlapping.zip".into(), overlapping.finish()),
        ("many.zip".into(), many.finish()),
        ("claims.zip".into(), claims),
        (
            "name.zip".into(),
            Zip::new().stored(&vec![b'n'; 65_000], b"x").finish(),
        ),
        (
            "deep.zip".into(),
            Zip::new().stored(deep.as_bytes(), b"x").finish(),
        ),
        (
            "zeros.tar.gz".into(),
            gzip(&Tar::new().file("zeros", &zeros, 0o644).finish()),
        ),
        (
            "deep.tar".into(),
            Tar::new().pax(&[("path", &deep)], "x", b"x").finish(),
        ),
        (
            "header.tar".into(),
            Tar::new().pax(&[("comment", &pax)], "x", b"x").finish(),
        ),
    ]
}

/// Archives that are read, and hold nothing that is unpacked any further.
fn closed_bombs() -> Vec<(String, Vec<u8>)> {
    let zeros = vec![0u8; 60 << 20];
    // An archive in an archive in an archive: what a quine and 42.zip are made of. They are not unpacked again.
    let inner = Zip::new().deflated("zeros", &zeros).finish();
    let nested = (0..5).fold(inner, |inner, n| {
        Zip::new()
            .stored(format!("{n}.zip").as_bytes(), &inner)
            .finish()
    });
    let mut members = Vec::new();
    while members.len() < 10 << 20 {
        members.extend(gzip(&zeros[..1 << 20]));
    }
    vec![
        ("nested.zip".into(), nested),
        ("members.tar.gz".into(), members),
    ]
}

/// Names that a shell, a terminal, a browser or a table would obey, on honest work.
fn file_names(class: &Path) {
    let names: [&[u8]; 13] = [
        b"a\nserver.py",
        b"\x1b[31mserver.py",
        b"\"><script>alert(1)<.py",
        b"-rf.py",
        b"--help.py",
        b"=cmd|' 'A0.py",
        b"\xe2\x80\xaeyp.server.py",
        b"serv\xff\xfe.py",
        b"$(touch x).py",
        b"`id`.py",
        b"; reboot #.py",
        b"@x.py",
        b" server .py",
    ];
    for (number, name) in names.iter().enumerate() {
        let folder = class.join(format!("hostile-{number}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(std::ffi::OsStr::from_bytes(name)), honest()).unwrap();
    }
    let folder = class.join("hostile-case");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("server.py"), honest()).unwrap();
    fs::write(folder.join("SERVER.TXT"), "x").unwrap();
    fs::write(folder.join("Server.txt"), "y").unwrap();
}

/// Names of students.
fn student_names(class: &Path) {
    let names: [&[u8]; 10] = [
        b"=HYPERLINK(\"http://evil.example\",\"x\")",
        b"@SUM(A1)",
        b"+1",
        b"-2",
        b"\ttab",
        b"hostile\nline",
        b"\x1b]52;c;x\x07",
        b"hostile, \"quoted\"",
        b"::error::x",
        b"<img src=x onerror=alert(1)>",
    ];
    for name in names {
        let name: Vec<u8> = name
            .iter()
            .map(|b| if *b == b'/' { b'_' } else { *b })
            .collect();
        let folder = class.join(std::ffi::OsStr::from_bytes(&name));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("server.py"), honest()).unwrap();
    }
}

fn answers(class: &Path) {
    let aliases: String = (1..30)
        .map(|n| {
            format!(
                "b{n}: &b{n} [*b{0},*b{0},*b{0},*b{0},*b{0},*b{0},*b{0},*b{0},*b{0}]\n",
                n - 1
            )
        })
        .collect();
    let list = [
        (
            "aliases",
            format!("b0: &b0 [x]\n{aliases}number: 7\nprotocol: udp\n"),
        ),
        ("nested", "[".repeat(100_000)),
        (
            "nested-maps",
            (0..3000)
                .map(|n| format!("{}a:\n", " ".repeat(n)))
                .collect(),
        ),
        (
            "merge",
            "base: &x {number: 7}\nall:\n  <<: *x\nnumber: 7\nprotocol: udp\n".into(),
        ),
        (
            "huge",
            format!("number: 7\nprotocol: udp\nmore: {}\n", "9".repeat(300_000)),
        ),
        (
            "tags",
            "number: !!python/object/apply:os.system ['touch /tmp/x']\nprotocol: udp\n".into(),
        ),
        (
            "number",
            format!("number: {}\nprotocol: udp\n", "9".repeat(5000)),
        ),
        ("twice", "number: 7\nnumber: 8\nprotocol: udp\n".into()),
        (
            "documents",
            "number: 7\nprotocol: udp\n---\nnumber: 7\n".into(),
        ),
        ("binary", "\u{0}\u{1}\u{feff}number: 7".into()),
    ];
    for (name, text) in list {
        let folder = class.join(format!("hostile-{name}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("answers.yaml"), text).unwrap();
    }
}
