//! Submissions in every shape in which they arrive.

mod archives;

use std::fs;
use std::path::Path;

use archives::{Tar, Zip, gzip};
use socklab::class::discover::{Class, discover, open_submission};
use socklab::class::roster::Roster;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(dir.path(), path, text.as_bytes());
    }
    dir
}

fn write(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn class(dir: &Path) -> Class {
    discover(dir, None).unwrap()
}

fn keys(class: &Class) -> Vec<&str> {
    class.submissions.iter().map(|s| s.key.as_str()).collect()
}

fn paths(class: &Class, key: &str) -> Vec<String> {
    let handed = class.submissions.iter().find(|s| s.key == key).unwrap();
    handed
        .read()
        .unwrap()
        .files
        .paths()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_folder_of_folders_and_archives_is_a_class_sorted_by_key() {
    let dir = folder(&[
        ("s1003/lab/server.py", "x"),
        ("notes.txt", "x"),
        (".hidden/x.py", "x"),
    ]);
    write(
        dir.path(),
        "s1001.zip",
        &Zip::new().stored(b"server.py", b"x").finish(),
    );
    write(
        dir.path(),
        "s1002.tar.gz",
        &gzip(&Tar::new().file("lab/server.py", b"x", 0o644).finish()),
    );
    fs::create_dir(dir.path().join("s1004")).unwrap();
    let class = class(dir.path());
    assert_eq!(keys(&class), ["s1001", "s1002", "s1003", "s1004"]);
    for key in ["s1001", "s1002", "s1003"] {
        assert_eq!(paths(&class, key), ["server.py"], "{key}");
    }
    assert!(paths(&class, "s1004").is_empty());
    assert_eq!(
        class.notes,
        ["notes.txt was left aside: neither a folder nor an archive"]
    );
}

#[test]
fn one_archive_of_many_is_a_class() {
    let dir = tempfile::tempdir().unwrap();
    let zip = Zip::new()
        .stored(b"class/s1001/server.py", b"x")
        .stored(b"class/s1002/a/server.py", b"x")
        .folder("class/s1003/");
    write(dir.path(), "all.zip", &zip.finish());
    let tar =
        Tar::new()
            .file("./s1001/server.py", b"x", 0o644)
            .file("./s1002/server.py", b"x", 0o644);
    write(dir.path(), "all.tgz", &gzip(&tar.finish()));
    let zip = class(&dir.path().join("all.zip"));
    assert_eq!(keys(&zip), ["s1001", "s1002", "s1003"]);
    assert_eq!(paths(&zip, "s1002"), ["server.py"]);
    let tar = class(&dir.path().join("all.tgz"));
    assert_eq!(keys(&tar), ["s1001", "s1002"]);
    assert_eq!(paths(&tar, "s1001"), ["server.py"]);
}

#[test]
fn a_folder_or_an_archive_with_programs_at_its_top_is_one_submission() {
    let dir = folder(&[("s1001/server.py", "x"), ("s1001/util/a.py", "x")]);
    let class = class(&dir.path().join("s1001"));
    assert_eq!(keys(&class), ["s1001"]);
    assert_eq!(paths(&class, "s1001"), ["server.py", "util/a.py"]);
    write(
        dir.path(),
        "s1002.zip",
        &Zip::new().stored(b"server.c", b"x").finish(),
    );
    assert_eq!(keys(&self::class(&dir.path().join("s1002.zip"))), ["s1002"]);
}

#[test]
fn loose_files_named_after_students_are_one_submission_each() {
    let dir = folder(&[("s1001.py", "x"), ("s1002.py", "x"), ("s1003.c", "x")]);
    assert_eq!(keys(&class(dir.path())), ["s1001", "s1002", "s1003"]);
}

#[test]
fn a_moodle_download_gives_ids_and_names() {
    let dir = folder(&[
        ("Ann Bee_101_assignsubmission_file/server.py", "x"),
        ("Cid Dee_102_assignsubmission_file_/lab/server.py", "x"),
        ("Eve Eff_103_assignsubmission_file_server.py", "x"),
        (
            "Eve Eff_103_assignsubmission_onlinetext_onlinetext.html",
            "x",
        ),
        ("Ann Bee_101_assignfeedback_file/report.html", "x"),
    ]);
    let class = class(dir.path());
    assert_eq!(class.layout, "a Moodle download");
    assert_eq!(keys(&class), ["101", "102", "103"]);
    assert_eq!(class.submissions[0].name, "Ann Bee");
    assert_eq!(class.submissions[0].facts["moodle_id"], "101");
    assert_eq!(paths(&class, "102"), ["server.py"]);
    assert!(paths(&class, "103").contains(&"server.py".to_owned()));
}

#[test]
fn a_moodle_download_is_read_from_its_zip() {
    let dir = tempfile::tempdir().unwrap();
    let inner = Zip::new().stored(b"lab2/server.py", b"x").finish();
    let zip = Zip::new()
        .stored(b"Ann Bee_101_assignsubmission_file/server.py", b"x")
        .stored(b"Cid Dee_102_assignsubmission_file/lab2.zip", &inner);
    write(dir.path(), "NET-Lab2-77.zip", &zip.finish());
    let class = class(&dir.path().join("NET-Lab2-77.zip"));
    assert_eq!(keys(&class), ["101", "102"]);
    assert_eq!(paths(&class, "102"), ["server.py"]);
}

#[test]
fn a_canvas_download_is_grouped_by_student() {
    let dir = folder(&[
        ("beeann_5001_9001_server-2.py", "x"),
        ("beeann_5001_9002_util.py", "x"),
        ("deecid_LATE_5002_9003_server.c", "x"),
        ("effeve_5003_text.html", "x"),
        ("anon_a1b2_9005_server.py", "x"),
    ]);
    let class = class(dir.path());
    assert_eq!(class.layout, "a Canvas download");
    assert_eq!(keys(&class), ["5001", "5002", "5003", "anon_a1b2"]);
    assert_eq!(paths(&class, "5001"), ["server.py", "util.py"]);
    assert_eq!(
        class.submissions[0].notes,
        ["server.py was handed in as server-2.py"]
    );
    assert_eq!(class.submissions[1].facts["late"], "yes");
    assert!(paths(&class, "5003").is_empty());
}

#[test]
fn a_gradescope_export_gives_its_people() {
    let metadata = "submission_11:\n  :submitters:\n  - :name: Ann Bee\n    :sid: s1001\n    :email: ann@example.edu\n  :created_at: 2026-01-30 20:30:10 -0800\n  :results:\n    tests: []\n\
                    submission_12:\n  :submitters:\n  - :name: Cid Dee\n    :sid: s1002\n  - :name: Eve Eff\n    :sid: s1003\n";
    let dir = folder(&[
        ("assignment_7_export/submission_metadata.yml", metadata),
        ("assignment_7_export/submission_11/server.py", "x"),
        ("assignment_7_export/submission_12/server.py", "x"),
    ]);
    let class = class(dir.path());
    assert_eq!(class.layout, "a Gradescope export");
    assert_eq!(keys(&class), ["s1001", "submission_12"]);
    assert_eq!(class.submissions[0].facts["email"], "ann@example.edu");
    assert_eq!(class.submissions[1].name, "Cid Dee, Eve Eff");
}

#[test]
fn of_several_blackboard_attempts_the_latest_is_taken() {
    let dir = folder(&[
        ("Lab 2_s1001_attempt_2026-01-30-20-30-10_server.py", "old"),
        ("Lab 2_s1001_attempt_2026-01-31-08-00-00_server.py", "new"),
        ("Lab 2_s1001_attempt_2026-01-31-08-00-00.txt", "receipt"),
        ("Lab 2_s1002_attempt_2026-01-30-20-30-10.txt", "receipt"),
    ]);
    let class = class(dir.path());
    assert_eq!(keys(&class), ["s1001", "s1002"]);
    let files = class.submissions[0].read().unwrap().files;
    assert_eq!(files.text("server.py").unwrap(), "new");
    assert!(
        class.submissions[0].notes[0]
            .contains("2 attempts; the latest, of 2026-01-31-08-00-00, was taken")
    );
}

#[test]
fn clones_of_repositories_are_called_by_login() {
    let dir = folder(&[]);
    for login in ["ann-b", "cid"] {
        write(dir.path(), &format!("lab2-{login}/server.py"), b"x");
        let config =
            format!("[remote \"origin\"]\n\turl = https://github.com/course/lab2-{login}.git\n");
        write(
            dir.path(),
            &format!("lab2-{login}/.git/config"),
            config.as_bytes(),
        );
    }
    let class = class(dir.path());
    assert_eq!(keys(&class), ["ann-b", "cid"]);
    assert_eq!(paths(&class, "cid"), ["server.py"]);
}

#[test]
fn a_roster_gives_names_and_tells_who_handed_in_nothing() {
    let dir = folder(&[
        ("s1001/server.py", "x"),
        ("s1002_lab2/server.py", "x"),
        ("bee-ann/server.py", "x"),
        ("stranger/server.py", "x"),
    ]);
    let roster = Roster::read("\u{feff}Student ID;First name;Last name;Email\ns1001;Una;One;una@example.edu\ns1002;Duo;Two;\ns1003;Ann;Bee;\ns1004;Nil;Nought;nil@example.edu\n").unwrap();
    let class = discover(dir.path(), Some(&roster)).unwrap();
    let of = |key: &str| class.submissions.iter().find(|s| s.key == key).unwrap();
    assert_eq!(of("s1001").name, "Una One");
    assert_eq!(of("s1002_lab2").name, "Duo Two");
    assert_eq!(of("bee-ann").name, "Ann Bee");
    assert!(of("s1004").absent && of("s1004").name == "Nil Nought");
    assert!(!of("stranger").absent);
    assert_eq!(class.submissions.len(), 5);
    assert_eq!(class.notes, ["stranger is not on the roster"]);
}

#[test]
fn gradebooks_of_platforms_serve_as_rosters() {
    let canvas = Roster::read("Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (77)\n    Points Possible,,,,,10\n\"Bee, Ann\",5001,S1,abee,NET-01,\n\"Student, Test\",9,,,NET-01,\n").unwrap();
    assert_eq!(canvas.students.len(), 1);
    assert_eq!(canvas.students[0].name, "Ann Bee");
    assert_eq!(canvas.students[0].ids, ["5001", "S1", "abee"]);
    let moodle = Roster::read("Identifier,\"Full name\",\"Email address\",Status,Grade\n\"Participant 101\",\"Ann Bee\",ann@example.edu,x,\n").unwrap();
    assert_eq!(moodle.students[0].ids, ["101", "ann@example.edu"]);
    assert!(Roster::read("Grade,Remark\n1,2\n").is_err());
    assert!(Roster::read("").is_err());
}

#[test]
fn canvas_file_names_meet_the_roster_without_spaces() {
    let dir = folder(&[("beeann_77_9001_server.py", "x")]);
    let roster = Roster::read("Name,Number\n\"Bee, Ann\",s1001\n").unwrap();
    let class = discover(dir.path(), Some(&roster)).unwrap();
    assert_eq!(class.submissions[0].name, "Ann Bee");
    assert_eq!(class.submissions[0].facts["roster_id"], "s1001");
}

#[test]
fn what_is_no_regular_file_is_left_out_and_named() {
    let dir = folder(&[("s1001/server.py", "x")]);
    let inside = dir.path().join("s1001");
    std::os::unix::fs::symlink("/etc/passwd", inside.join("link.py")).unwrap();
    std::os::unix::fs::symlink("/", inside.join("root")).unwrap();
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        inside.join("pipe.py"),
        rustix::fs::Mode::RUSR,
    )
    .unwrap();
    let files = open_submission(&inside).unwrap().read().unwrap().files;
    assert_eq!(files.paths().collect::<Vec<_>>(), ["server.py"]);
    let mut left: Vec<_> = files
        .left_out
        .iter()
        .map(|l| format!("{}: {}", l.path, l.why))
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "link.py: a symbolic link",
            "pipe.py: a FIFO",
            "root: a symbolic link"
        ]
    );
}

#[test]
fn a_hostile_archive_spoils_only_its_own_submission() {
    let dir = folder(&[("s1001/server.py", "x")]);
    write(
        dir.path(),
        "s1002.zip",
        &Zip::new().stored(b"../../evil", b"x").finish(),
    );
    let class = class(dir.path());
    assert_eq!(paths(&class, "s1001"), ["server.py"]);
    let error = class.submissions[1].read().unwrap_err();
    assert!(error.is_students());
    assert_eq!(
        error.to_string(),
        "s1002.zip was refused: its entry `../../evil` leads out of the folder (`..`)"
    );
}

#[test]
fn a_missing_or_empty_path_is_an_error() {
    assert!(discover(Path::new("/nonexistent/class"), None).is_err());
    assert!(discover(tempfile::tempdir().unwrap().path(), None).is_err());
}
