//! Downloads of Moodle, Canvas and Gradescope with awkward names, taken in whole: nobody's work goes to somebody
//! else, and what is not understood is named.

mod archives;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use archives::{Tar, Zip, gzip};
use socklab::class::discover::{Class, Handed, discover};
use socklab::class::roster::Roster;
use tempfile::TempDir;

/// A zip archive on disk with these files; each holds whose it is.
fn bundle(name: &str, files: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let zip = files.iter().fold(Zip::new(), |zip, (path, data)| {
        zip.stored(path.as_bytes(), data)
    });
    let path = dir.path().join(name);
    fs::write(&path, zip.finish()).unwrap();
    (dir, path)
}

/// The same files in a folder, as an instructor has them who unpacked the download.
fn unpacked(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, data) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, data).unwrap();
    }
    dir
}

fn of<'a>(class: &'a Class, key: &str) -> &'a Handed {
    let found = class.submissions.iter().find(|s| s.key == key);
    found.unwrap_or_else(|| panic!("no {key} among {:?}", keys(class)))
}

fn keys(class: &Class) -> Vec<&str> {
    class.submissions.iter().map(|s| s.key.as_str()).collect()
}

/// A submission's files with what is in them.
fn files(class: &Class, key: &str) -> BTreeMap<String, String> {
    let read = of(class, key).read().unwrap().files;
    let text = |path: &str| read.text(path).unwrap().to_string();
    read.paths().map(|p| (p.to_owned(), text(p))).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

fn both_ways(name: &str, files: &[(&str, &[u8])], look: impl Fn(&Path)) {
    let (_packed, path) = bundle(name, files);
    look(&path);
    let folder = unpacked(files);
    look(folder.path());
}

#[test]
fn a_moodle_download_with_awkward_names_is_taken_in_whole() {
    let nested = Zip::new()
        .stored("Übung 2/server.py".as_bytes(), b"104")
        .stored("__MACOSX/Übung 2/._server.py".as_bytes(), b"junk")
        .stored("Übung 2/.DS_Store".as_bytes(), b"junk")
        .finish();
    let packed = gzip(&Tar::new().file("lab/server.py", b"107", 0o644).finish());
    let entries: Vec<(&str, &[u8])> = vec![
        (
            "Zoë O'Connor-Núñez_101_assignsubmission_file/server.py",
            b"101",
        ),
        (
            "Zoë O'Connor-Núñez_101_assignsubmission_file/my notes.txt",
            b"101",
        ),
        // Two students of one name.
        ("李 雷_102_assignsubmission_file_/server.py", b"102"),
        ("李 雷_103_assignsubmission_file_/server.py", b"103"),
        (
            "Jose\u{301} Roe_104_assignsubmission_file/Übung 2.zip",
            &nested,
        ),
        // A text beside the files, a text alone, and what the teacher handed back.
        ("Ann Bee_105_assignsubmission_file/server.py", b"105"),
        (
            "Ann Bee_105_assignsubmission_onlinetext/onlinetext.html",
            b"text",
        ),
        (
            "Cid Dee_106_assignsubmission_onlinetext/onlinetext.html",
            b"text",
        ),
        ("Ann Bee_105_assignfeedback_file/report.html", b"report"),
        ("Gus Gee_107_assignsubmission_file/lab.tar.gz", &packed),
        // A team without a number, and a stray file of the teacher's.
        ("Team Rocket_assignsubmission_file/server.py", b"?"),
        ("grades.csv", b"?"),
        (
            "__MACOSX/Ann Bee_105_assignsubmission_file/._server.py",
            b"junk",
        ),
    ];
    both_ways("NET-Lab2-77.zip", &entries, |path| {
        let class = discover(path, None).unwrap();
        assert_eq!(class.layout, "a Moodle download");
        assert_eq!(
            keys(&class),
            ["101", "102", "103", "104", "105", "106", "107"]
        );
        for key in ["102", "103", "104", "105", "107"] {
            assert_eq!(files(&class, key), map(&[("server.py", key)]), "{key}");
        }
        assert_eq!(
            files(&class, "101"),
            map(&[("server.py", "101"), ("my notes.txt", "101")])
        );
        assert!(files(&class, "106").is_empty());
        assert_eq!(of(&class, "101").name, "Zoë O'Connor-Núñez");
        assert_eq!(of(&class, "103").name, "李 雷");
        let text = "a text was handed in on the platform; it was not read";
        assert_eq!(of(&class, "105").notes, [text]);
        assert_eq!(of(&class, "106").notes, [text]);
        assert_eq!(class.notes.len(), 2, "{:?}", class.notes);
        assert!(class.notes[0].starts_with("Team Rocket_assignsubmission_file was left aside"));
        assert!(class.notes[1].starts_with("grades.csv was left aside"));
    });
}

#[test]
fn in_a_blind_moodle_download_nobody_has_a_name_in_any_language() {
    let entries: Vec<(&str, &[u8])> = vec![
        ("Teilnehmer-in_201_assignsubmission_file/server.py", b"201"),
        ("Teilnehmer-in_202_assignsubmission_file/server.py", b"202"),
    ];
    let folder = unpacked(&entries);
    // A student whose number is a participant's, and one whose name is the word.
    let roster = Roster::read("Number,Name\n201,Ann Bee\ns1002,Teilnehmer-in\n").unwrap();
    let class = discover(folder.path(), Some(&roster)).unwrap();
    assert_eq!(of(&class, "202").name, "");
    assert!(of(&class, "202").facts.keys().eq(["moodle_id"]));
    assert_eq!(of(&class, "s1002").name, "Teilnehmer-in");
    assert!(of(&class, "s1002").absent);
    assert_eq!(of(&class, "201").name, "");
    assert_eq!(
        class.notes,
        [
            "201 is not on the roster",
            "202 is not on the roster",
            "201 of the roster handed in nothing; the submission of this key is somebody else's"
        ]
    );
    // The worksheet of the same assignment has the participants' numbers.
    let sheet =
        Roster::read("Identifier,Full name,Email address,Grade\nTeilnehmer-in 202,,,\n").unwrap();
    let class = discover(folder.path(), Some(&sheet)).unwrap();
    assert_eq!(of(&class, "202").facts["roster_id"], "202");
    assert_eq!(class.notes, ["201 is not on the roster"]);
}

#[test]
fn a_canvas_download_with_awkward_names_is_taken_in_whole() {
    let nested = Zip::new()
        .stored(b"lab/server.py", b"5004")
        .stored(b"__MACOSX/lab/._server.py", b"junk")
        .finish();
    let entries: Vec<(&str, &[u8])> = vec![
        ("oconnornúñezzoë_5001_9001_server.py", b"5001"),
        ("oconnornúñezzoë_5001_9002_my helper_2_3.py", b"helper"),
        ("李雷_LATE_5002_9003_server-1.py", b"5002"),
        // The same file twice, of which the second is the later one.
        ("beeann_5003_9005_server.py", b"5003"),
        ("beeann_5003_9004_server.py", b"old"),
        ("deecid_5004_9006_Übung 2.zip", &nested),
        // A name of digits, and one of which nothing was left.
        ("007_5005_9007_2_server.py", b"5005"),
        ("_5006_9008_server.py", b"5006"),
        // Only a text, and a link beside a file.
        ("effeve_5007_text.html", b"text"),
        ("geegus_LATE_5008_9009_server.py", b"5008"),
        ("geegus_LATE_5008_link.html", b"link"),
        // What Canvas does not write.
        ("notes of the teacher.txt", b"?"),
        ("old/beeann_5003_9000_server.py", b"?"),
    ];
    both_ways("net-lab-2_submissions.zip", &entries, |path| {
        let class = discover(path, None).unwrap();
        assert_eq!(class.layout, "a Canvas download");
        assert_eq!(
            keys(&class),
            [
                "5001", "5002", "5003", "5004", "5005", "5006", "5007", "5008"
            ]
        );
        assert_eq!(
            files(&class, "5001"),
            map(&[("server.py", "5001"), ("my helper_2_3.py", "helper")])
        );
        for key in ["5002", "5003", "5004", "5006", "5008"] {
            assert_eq!(files(&class, key), map(&[("server.py", key)]), "{key}");
        }
        assert_eq!(files(&class, "5005"), map(&[("2_server.py", "5005")]));
        assert!(files(&class, "5007").is_empty());
        assert_eq!(of(&class, "5001").name, "oconnornúñezzoë");
        assert_eq!(
            (
                of(&class, "5005").name.as_str(),
                of(&class, "5006").name.as_str()
            ),
            ("007", "")
        );
        for (key, late) in [("5001", false), ("5002", true), ("5008", true)] {
            assert_eq!(of(&class, key).facts.contains_key("late"), late, "{key}");
        }
        let notes: Vec<&String> = class.submissions.iter().flat_map(|s| &s.notes).collect();
        assert_eq!(
            notes,
            [
                "server.py was handed in as server-1.py",
                "beeann_5003_9004_server.py was left aside: a later file has the same name",
                "a text was handed in on the platform; it was not read",
                "a link was handed in on the platform; it was not read",
            ]
        );
        assert_eq!(class.notes.len(), 2, "{:?}", class.notes);
        assert!(class.notes[0].starts_with("notes of the teacher.txt was left aside"));
        assert!(class.notes[1].starts_with("old was left aside"));
    });
}

#[test]
fn an_anonymous_canvas_download_has_numbers_and_no_names() {
    let entries: Vec<(&str, &[u8])> = vec![
        ("anon_a1B2c_9001_7_server.py", b"a"),
        ("LATE_anon_12345_9002_server.py", b"b"),
        ("LATE_anon_Zz9_text.html", b"text"),
    ];
    both_ways("net-lab-2_submissions.zip", &entries, |path| {
        let class = discover(path, None).unwrap();
        assert_eq!(keys(&class), ["anon_12345", "anon_Zz9", "anon_a1B2c"]);
        assert!(class.submissions.iter().all(|s| s.name.is_empty()));
        assert_eq!(files(&class, "anon_a1B2c"), map(&[("7_server.py", "a")]));
        assert_eq!(files(&class, "anon_12345"), map(&[("server.py", "b")]));
        assert!(of(&class, "anon_12345").facts.contains_key("late"));
        assert!(class.notes.is_empty());
    });
}

const METADATA: &str = "\
submission_11:
  :submitters:
  - :name: Zoë O'Connor-Núñez
    :sid: s1001
    :email: zoe@example.edu
  :created_at: 2026-01-30 20:30:10 -0800
  :results:
    tests: []
submission_12:
  :submitters:
  - :name: Cid Dee
    :sid: s1002
    :email: cid@example.edu
  - :name: Eve Eff
    :sid: 1003
    :email: eve@example.edu
submission_13:
  :submitters:
  - :name: Gus Gee
    :sid: s1004
";

fn gradescope() -> Vec<(&'static str, &'static [u8])> {
    vec![
        (
            "assignment_7_export/submission_metadata.yml",
            METADATA.as_bytes(),
        ),
        (
            "assignment_7_export/submission_11/my server/server.py",
            b"11",
        ),
        ("assignment_7_export/submission_12/server.py", b"12"),
        (
            "assignment_7_export/submission_12/__MACOSX/._server.py",
            b"junk",
        ),
        ("assignment_7_export/submission_99/server.py", b"99"),
        ("assignment_7_export/README.pdf", b"?"),
    ]
}

#[test]
fn a_gradescope_export_gives_people_groups_and_what_is_missing() {
    both_ways("assignment_7_export.zip", &gradescope(), |path| {
        let class = discover(path, None).unwrap();
        assert_eq!(class.layout, "a Gradescope export");
        assert_eq!(keys(&class), ["s1001", "submission_12", "submission_99"]);
        assert_eq!(files(&class, "s1001"), map(&[("server.py", "11")]));
        assert_eq!(files(&class, "submission_12"), map(&[("server.py", "12")]));
        assert_eq!(of(&class, "s1001").name, "Zoë O'Connor-Núñez");
        assert_eq!(of(&class, "submission_12").facts["sid"], "s1002, 1003");
        let mut notes = class.notes.clone();
        notes.sort();
        assert_eq!(
            notes,
            [
                "README.pdf was left aside: no submission of Gradescope's",
                "submission_13 is in submission_metadata.yml, and there is no such folder",
                "submission_99 is not in submission_metadata.yml: whose it is is unknown",
            ]
        );
    });
}

#[test]
fn nobody_of_a_group_has_handed_in_nothing() {
    let folder = unpacked(&gradescope());
    let roster = Roster::read(
        "SID,Name\ns1001,Zoë O'Connor-Núñez\ns1002,Cid Dee\n1003,Eve Eff\ns1004,Gus Gee\n",
    )
    .unwrap();
    let class = discover(folder.path(), Some(&roster)).unwrap();
    let absent: Vec<&str> = class
        .submissions
        .iter()
        .filter(|s| s.absent)
        .map(|s| s.key.as_str())
        .collect();
    assert_eq!(absent, ["s1004"]);
    assert_eq!(of(&class, "submission_12").name, "Cid Dee, Eve Eff");
}

#[test]
fn a_platform_s_number_is_not_taken_for_a_student_number() {
    let folder = unpacked(&[
        ("beeann_5001_9001_server.py", b"ann"),
        ("deecid_5002_9002_server.py", b"cid"),
    ]);
    // The student number 5001 is Cid's.
    let roster = Roster::read("Student number,Name\n5001,Cid Dee\n5002,Ann Bee\n").unwrap();
    let class = discover(folder.path(), Some(&roster)).unwrap();
    assert_eq!(of(&class, "5001").name, "Ann Bee");
    assert_eq!(of(&class, "5001").facts["roster_id"], "5002");
    assert_eq!(of(&class, "5002").name, "Cid Dee");
    // In Canvas's own gradebook it is Ann's.
    let canvas = Roster::read(
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab 2 (7)\n\"Dee, Cid\",5002,5001,cdee,A,\n\"Bee, Ann\",5001,5002,abee,A,\n",
    )
    .unwrap();
    let class = discover(folder.path(), Some(&canvas)).unwrap();
    assert_eq!(of(&class, "5001").name, "Ann Bee");
    assert_eq!(of(&class, "5002").name, "Cid Dee");
    assert!(class.notes.is_empty(), "{:?}", class.notes);
}

#[test]
fn two_students_of_one_name_and_two_submissions_of_one_student_are_not_guessed() {
    let folder = unpacked(&[
        ("Ann Bee_101_assignsubmission_file/server.py", b"a"),
        ("Cid Dee_102_assignsubmission_file/server.py", b"b"),
    ]);
    let roster = Roster::read("Number,Name\ns1,Ann Bee\ns2,Ann Bee\ns3,Cid Dee\n").unwrap();
    let class = discover(folder.path(), Some(&roster)).unwrap();
    assert!(!of(&class, "101").facts.contains_key("roster_id"));
    assert_eq!(of(&class, "102").facts["roster_id"], "s3");
    assert!(
        class.notes[0].starts_with("101 could be several students"),
        "{:?}",
        class.notes
    );
    let twice = unpacked(&[("s1001_a/server.py", b"a"), ("s1001_b/server.py", b"b")]);
    let roster = Roster::read("Number,Name\ns1001,Ann Bee\n").unwrap();
    let class = discover(twice.path(), Some(&roster)).unwrap();
    assert_eq!(keys(&class), ["s1001_a", "s1001_b"]);
    assert!(class.submissions.iter().all(|s| s.name.is_empty()));
    assert_eq!(class.notes.len(), 2, "{:?}", class.notes);
}

#[test]
fn several_archives_and_an_archive_beside_a_program_are_named() {
    let zip = Zip::new().stored(b"server.py", b"x").finish();
    let folder = unpacked(&[
        ("s1001/one.zip", &zip),
        ("s1001/two.zip", &zip),
        ("s1002/server.py", b"y"),
        ("s1002/old.zip", &zip),
    ]);
    let class = discover(folder.path(), None).unwrap();
    let notes = |key: &str| of(&class, key).read().unwrap().notes;
    assert_eq!(
        notes("s1001"),
        [
            "one.zip was not unpacked: there are several archives, and only one could be the submission",
            "two.zip was not unpacked: there are several archives, and only one could be the submission",
        ]
    );
    assert_eq!(
        notes("s1002"),
        ["old.zip was not unpacked: there are programs beside it"]
    );
}
