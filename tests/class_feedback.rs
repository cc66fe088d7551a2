//! Reports as the archive that Moodle takes as feedback files.

mod planned;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use socklab::class::run_plan::PlannedSubmission;
use socklab::class::store::Run;
use socklab::score::Status;

fn submission(key: &str, name: &str, facts: &[(&str, &str)]) -> PlannedSubmission {
    PlannedSubmission {
        name: name.into(),
        facts: facts
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect(),
        ..planned::submission(key)
    }
}

/// A run of these submissions, graded but for the last one.
fn run(dir: &Path, submissions: Vec<PlannedSubmission>) {
    let run = Run::create(dir, planned::plan(submissions)).unwrap();
    let (last, graded) = run.plan.submissions.split_last().unwrap();
    for planned in graded {
        let mut card = run.not_graded(planned, &run.plan.exercises[0], String::new());
        (card.status, card.error) = (Status::Graded, None);
        let draft = run.begin(planned, &run.plan.exercises[0]).unwrap();
        draft.commit(&card).unwrap();
    }
    assert!(run.load(&last.key, "tcp-echo-server").unwrap().is_none());
}

#[test]
fn each_student_s_report_lies_where_moodle_looks_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let moodle = |id: &str, name: &str| submission(id, name, &[("moodle_id", id)]);
    run(
        &dir.path().join("RUN"),
        vec![
            moodle("101", "Zoë O'Connor-Núñez"),
            moodle("102", ".~Under_Score/Slash"),
            moodle("103", ""),
            submission("s1004", "Not Moodle", &[]),
            moodle("105", "Not Graded"),
        ],
    );
    let archive = dir.path().join("feedback.zip");
    let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .arg("gradebook")
        .arg(dir.path().join("RUN"))
        .args(["--for", "moodle-feedback", "--output"])
        .arg(&archive)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("s1004 was left out: it did not come from a Moodle download"));
    assert!(told.contains("105 has no report: not graded yet"));
    let mut zip = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    let mut names: Vec<String> = zip.file_names().map(|n| n.unwrap().into_owned()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "Participant_103_assignfeedback_file/tcp-echo-server.html",
            "Under Score Slash_102_assignfeedback_file/tcp-echo-server.html",
            "Zoë O'Connor-Núñez_101_assignfeedback_file/tcp-echo-server.html",
        ]
    );
    // Moodle's own rule: split at underscores, a number second, a plugin fourth, no hidden file.
    for name in &names {
        let (folder, file) = name.split_once('/').unwrap();
        let parts: Vec<&str> = folder.splitn(5, '_').collect();
        assert!(parts.len() >= 4 && parts[1].parse::<u64>().is_ok());
        assert_eq!(parts[2..], ["assignfeedback", "file"]);
        assert!(!file.starts_with(['.', '~']));
    }
    let mut page = String::new();
    zip.by_name(&names[2])
        .unwrap()
        .read_to_string(&mut page)
        .unwrap();
    assert!(page.starts_with("<!") && page.contains("TCP echo server"));
}
