//! Archives that students hand in: honest ones are read, hostile ones are refused with the entry and the
//! reason, in bounded time and memory, and nothing is ever written.

mod archives;

use std::io::Write as _;
use std::time::{Duration, Instant};

use archives::{Tar, Zip, gzip};
use proptest::prelude::*;
use socklab::class::archive::read_archive;

fn refused(bytes: &[u8]) -> String {
    let started = Instant::now();
    let error = read_archive(bytes, "s1001.zip")
        .expect_err("the archive must be refused")
        .to_string();
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "took {:?}",
        started.elapsed()
    );
    error
}

fn zip_of(name: &[u8]) -> Vec<u8> {
    Zip::new().stored(name, b"x").finish()
}

#[test]
fn an_honest_zip_is_read() {
    let bytes = Zip::new()
        .folder("lab/")
        .deflated("lab/server.py", b"print(1)\n")
        .stored(b"lab/a b.txt", b"x")
        .finish();
    let files = read_archive(&bytes, "s.zip").unwrap();
    assert_eq!(
        files.paths().collect::<Vec<_>>(),
        ["lab/a b.txt", "lab/server.py"]
    );
    assert_eq!(files.text("lab/server.py").unwrap(), "print(1)\n");
}

#[test]
fn an_honest_tar_is_read_packed_or_not() {
    let tar = Tar::new()
        .folder("./")
        .file("./server.py", b"print(1)\n", 0o644)
        .file("./run", b"x", 0o755)
        .finish();
    for bytes in [tar.clone(), gzip(&tar)] {
        let files = read_archive(&bytes, "s.tgz").unwrap();
        assert_eq!(files.paths().collect::<Vec<_>>(), ["run", "server.py"]);
        assert!(
            files.get("run").unwrap().executable && !files.get("server.py").unwrap().executable
        );
    }
}

#[test]
fn long_names_of_both_tar_dialects_are_read() {
    let name = format!("{}/server.py", "d".repeat(150));
    for bytes in [
        Tar::new().gnu_long(&name, b"x").finish(),
        Tar::new().pax(&[("path", &name)], "short", b"x").finish(),
    ] {
        assert_eq!(
            read_archive(&bytes, "s.tar")
                .unwrap()
                .paths()
                .collect::<Vec<_>>(),
            [name.as_str()]
        );
    }
}

#[test]
fn names_that_lead_out_are_refused() {
    for (name, part) in [
        ("../../x", "leads out of the folder"),
        ("a/../../x", "leads out of the folder"),
        ("/etc/passwd", "absolute path"),
        ("a\\..\\b", "backslash"),
        ("C:/x", "drive letter"),
        ("a\0b", "NUL byte"),
        (".", "`.` component"),
        ("a//b", "empty or `.` component"),
        ("", "empty name"),
    ] {
        let text = refused(&zip_of(name.as_bytes()));
        assert!(text.contains(part), "{name:?}: {text}");
        if !name.is_empty() && !name.contains('\0') {
            let text = refused(&Tar::new().file(name, b"x", 0o644).finish());
            assert!(text.contains(part), "{name:?} in a tar: {text}");
        }
    }
}

#[test]
fn names_in_refusals_are_escaped() {
    let text = refused(&zip_of(b"../\x1b[31m\n"));
    assert!(!text.contains('\u{1b}') && !text.contains('\n'), "{text}");
}

#[test]
fn what_a_reader_says_of_damage_is_escaped() {
    let mut tar = Tar::new()
        .file("server.py", b"x", 0o644)
        .file("more.py", b"x", 0o644)
        .finish();
    // Where the second header's checksum stands there is something else, which the reader quotes.
    tar[1024 + 148..1024 + 156].copy_from_slice(b"007\xff'\x1b\x04\0");
    let text = refused(&tar);
    assert!(text.contains("\\u{1b}\\u{4}"), "{text:?}");
    assert!(!text.contains(char::is_control), "{text:?}");
}

#[test]
fn links_devices_and_special_modes_are_refused() {
    for (mode, part) in [
        (0o120_777, "a symbolic link"),
        (0o060_644, "a device"),
        (0o020_644, "a device"),
        (0o010_644, "a FIFO"),
        (0o140_644, "a socket"),
        (0o104_755, "a set-user-id file"),
    ] {
        let text = refused(&Zip::new().with_mode("x", b"/etc/passwd", mode).finish());
        assert!(text.contains(part), "{mode:o}: {text}");
    }
    for (kind, part) in [
        (b'1', "a hard link"),
        (b'2', "a symbolic link"),
        (b'3', "a device"),
        (b'4', "a device"),
        (b'6', "a FIFO"),
        (b'S', "a sparse file"),
        (b'Z', "of an unknown kind"),
    ] {
        let text = refused(&Tar::new().entry("x", kind, b"", 0o644).finish());
        assert!(text.contains(part), "{}: {text}", kind as char);
    }
    assert!(refused(&Tar::new().file("x", b"", 0o4755).finish()).contains("set-user-id"));
}

#[test]
fn a_link_inside_a_virtual_environment_harms_nobody() {
    let bytes = Zip::new()
        .stored(b"server.py", b"x")
        .with_mode("venv/bin/python", b"/usr/bin/python3", 0o120_777)
        .finish();
    assert_eq!(read_archive(&bytes, "s.zip").unwrap().len(), 1);
}

#[test]
fn two_ways_to_read_one_tar_are_refused() {
    let sizes = Tar::new().pax(&[("size", "1")], "x", b"hello").finish();
    assert!(refused(&sizes).contains("two different sizes"));
    let sparse = Tar::new()
        .pax(&[("GNU.sparse.major", "1")], "x", b"hello")
        .finish();
    assert!(refused(&sparse).contains("a sparse file"));
    let twice = Tar::new()
        .pax_only(b'x', &[("path", "a")])
        .pax(&[("path", "b")], "x", b"")
        .finish();
    assert!(refused(&twice).contains("two extension headers"));
    let global = Tar::new()
        .pax_only(b'g', &[("path", "../x")])
        .file("x", b"", 0o644)
        .finish();
    assert!(refused(&global).contains("renames or resizes all"));
}

#[test]
fn a_file_and_a_folder_of_one_name_are_refused() {
    let bytes = Tar::new()
        .file("a", b"", 0o644)
        .file("a/b", b"", 0o644)
        .finish();
    assert!(refused(&bytes).contains("is there twice"));
    let bytes = Zip::new().stored(b"a", b"1").stored(b"a", b"2").finish();
    assert!(refused(&bytes).contains("same name"), "{}", refused(&bytes));
}

#[test]
fn names_that_differ_in_case_only_are_both_read() {
    let bytes = Zip::new()
        .stored(b"server.py", b"1")
        .stored(b"Server.py", b"2")
        .finish();
    assert_eq!(read_archive(&bytes, "s.zip").unwrap().len(), 2);
}

#[test]
fn too_much_of_anything_is_refused() {
    let zeros = vec![0u8; 3 << 20];
    assert!(
        refused(&Zip::new().deflated("bomb", &zeros).finish())
            .contains("100 times its packed size")
    );
    let tar = Tar::new().file("bomb", &zeros, 0o644).finish();
    assert!(refused(&gzip(&tar)).contains("100 times its packed size"));
    let mut many = Zip::new();
    for number in 0..2001 {
        many = many.stored(format!("f{number}").as_bytes(), b"");
    }
    assert!(refused(&many.finish()).contains("more than 2000 files"));
    assert!(refused(&zip_of("d/".repeat(17).as_bytes())).contains("too many folders deep"));
    assert!(refused(&zip_of(&[b'n'; 60_000])).contains("1024 bytes"));
    assert!(refused(&vec![b'P'; (20 << 20) + 1]).contains("larger than 20 MiB"));
}

#[test]
fn a_directory_that_claims_a_million_entries_is_refused_before_it_is_read() {
    let mut bytes = zip_of(b"x");
    let at = bytes.len() - 22;
    bytes[at + 10..at + 12].copy_from_slice(&60_000u16.to_le_bytes());
    assert!(refused(&bytes).contains("more than 20000 files"));
}

#[test]
fn overlapping_entries_are_refused() {
    let bytes = Zip::new()
        .stored(b"a", &[7; 1000])
        .same_data_as_first(b"b")
        .finish();
    assert!(refused(&bytes).contains("share their bytes"));
}

#[test]
fn a_size_that_is_not_true_is_refused() {
    let bytes = Zip::new().lying("x", b"hello world", 5).finish();
    let text = refused(&bytes);
    assert!(
        text.contains("larger than the archive says") || text.contains("damaged"),
        "{text}"
    );
}

#[test]
fn a_bomb_that_declares_small_sizes_stays_small() {
    let bytes = Zip::new()
        .lying_deflated("x", &vec![0u8; 40 << 20], 10)
        .finish();
    assert!(refused(&bytes).contains("`x`"));
}

#[test]
fn encrypted_archives_and_other_formats_are_named() {
    assert!(refused(&Zip::new().encrypted("x", b"y").finish()).contains("is encrypted"));
    for (magic, part) in [
        (&b"7z\xbc\xaf\x27\x1c_______"[..], "a 7z archive"),
        (b"Rar!\x1a\x07\x01\0____", "a RAR archive"),
        (b"\xfd7zXZ\0_____", "compressed by xz"),
        (b"hello, this is text", "neither a zip nor a tar"),
        (b"", "neither a zip nor a tar"),
    ] {
        let text = refused(magic);
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn cut_off_archives_are_called_damaged() {
    let zip = Zip::new()
        .deflated("server.py", b"print(1)\n".repeat(50).as_slice())
        .finish();
    let tar = gzip(&Tar::new().file("server.py", b"print(1)\n", 0o644).finish());
    for whole in [zip, tar] {
        let text = refused(&whole[..whole.len() - 15]);
        assert!(text.contains("damaged"), "{text}");
    }
}

#[test]
fn nested_archives_stay_files() {
    let inner = zip_of(b"server.py");
    let files = read_archive(&Zip::new().stored(b"inner.zip", &inner).finish(), "s.zip").unwrap();
    assert_eq!(files.paths().collect::<Vec<_>>(), ["inner.zip"]);
}

#[test]
fn a_quine_of_gzip_members_ends() {
    let mut bytes = Vec::new();
    let member = gzip(&[0u8; 1024]);
    while bytes.len() < 1 << 20 {
        bytes.write_all(&member).unwrap();
    }
    let _ = read_archive(&bytes, "s.tgz");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Damage anywhere gives files or a refusal, never a panic, and never a path that leads out.
    #[test]
    fn damaged_archives_never_panic(zip: bool, edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<Option<prop::sample::Index>>()) {
        let mut bytes = match zip {
            true => Zip::new().folder("lab/").deflated("lab/server.py", b"print(1)\n").with_mode("run", b"x", 0o100_755).finish(),
            false => Tar::new().gnu_long("a/b/c", b"x").pax(&[("path", "lab/server.py")], "x", b"print(1)\n").file("run", b"x", 0o755).finish(),
        };
        for (at, byte) in &edits {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        if let Ok(files) = read_archive(&bytes, "s.zip") {
            for path in files.paths() {
                prop_assert!(!path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | "..")));
            }
        }
    }
}
