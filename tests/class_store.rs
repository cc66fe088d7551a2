//! A run on disk: whole results or none, resumed, merged, compared, marked by hand.

mod planned;

use std::fs;
use std::path::Path;

use planned::EXERCISE;
use socklab::class::diff::diff;
use socklab::class::marks::{Mark, MarkError, give};
use socklab::class::merge::{MergeError, merge};
use socklab::class::run_plan::{PlannedSubmission, RunPlan, Shard};
use socklab::class::store::{Run, StoreError};
use socklab::event::{Event, What};
use socklab::score::{CheckResult, Scorecard, Status};
use socklab::spec::{Hidden, Level};
use socklab::verdict::Outcome;
use tempfile::TempDir;

fn submission(key: &str) -> PlannedSubmission {
    PlannedSubmission {
        name: format!("Student {key}"),
        digest: format!("digest of {key}"),
        ..planned::submission(key)
    }
}

fn plan(keys: &[&str]) -> RunPlan {
    planned::plan(keys.iter().map(|key| submission(key)).collect())
}

fn check(id: &str, outcome: Outcome, points: f64, max: f64) -> CheckResult {
    CheckResult {
        id: id.into(),
        title: id.into(),
        level: Level::Must,
        bonus: false,
        hidden: Hidden::Never,
        outcome,
        points,
        max,
        duration_ms: 1.5,
        findings: vec![],
        conversation: vec![],
        stories: Vec::new(),
        capture: None,
        capture_incomplete: false,
        confirmed: false,
        repeat: String::new(),
        hint: String::new(),
        manual: String::new(),
    }
}

fn card(run: &Run, key: &str, echoes: bool) -> Scorecard {
    let planned = run.plan.submission(key).unwrap();
    let mut card = run.not_graded(planned, &run.plan.exercises[0], String::new());
    card.status = Status::Graded;
    card.error = None;
    card.started = "2026-01-30T20:30:10Z".into();
    let outcome = if echoes {
        Outcome::Passed
    } else {
        Outcome::Failed
    };
    card.checks = vec![
        check("echoes", outcome, if echoes { 8.0 } else { 0.0 }, 8.0),
        check("report", Outcome::Manual, 0.0, 2.0),
    ];
    card.score = card.checks[0].points;
    card.waiting = 2.0;
    card
}

fn save(run: &Run, key: &str, card: &Scorecard) {
    let planned = run.plan.submission(key).unwrap();
    let draft = run.begin(planned, &run.plan.exercises[0]).unwrap();
    let event = Event {
        at: 1,
        what: What::OutOfTime,
    };
    draft.write_events("echoes", &[event]).unwrap();
    fs::write(draft.capture_path("echoes"), b"pcapng").unwrap();
    draft.commit(card).unwrap();
}

fn run(keys: &[&str]) -> (TempDir, Run) {
    let dir = tempfile::tempdir().unwrap();
    let run = Run::create(dir.path(), plan(keys)).unwrap();
    (dir, run)
}

fn is_done(run: &Run, key: &str) -> bool {
    run.is_done(run.plan.submission(key).unwrap(), &run.plan.exercises[0])
}

#[test]
fn a_result_comes_back_whole() {
    let (dir, run) = run(&["s1001"]);
    let card = card(&run, "s1001", true);
    save(&run, "s1001", &card);
    let again = Run::open(dir.path()).unwrap();
    assert_eq!(again.load("s1001", EXERCISE).unwrap().unwrap(), card);
    assert_eq!(
        again.events("s1001", EXERCISE, "echoes").unwrap(),
        [Event {
            at: 1,
            what: What::OutOfTime
        }]
    );
    assert_eq!(
        fs::read(
            again
                .result_dir("s1001", EXERCISE)
                .join("captures/echoes.pcapng")
        )
        .unwrap(),
        b"pcapng"
    );
}

#[test]
fn an_unfinished_result_is_no_result() {
    let (dir, run) = run(&["s1001"]);
    let old = card(&run, "s1001", true);
    save(&run, "s1001", &old);
    let draft = run
        .begin(
            run.plan.submission("s1001").unwrap(),
            &run.plan.exercises[0],
        )
        .unwrap();
    fs::write(draft.dir().join("scorecard.json"), b"{\"half\":").unwrap();
    // As if the process had been killed: nothing is cleaned up.
    std::mem::forget(draft);
    let again = Run::open(dir.path()).unwrap();
    assert_eq!(again.load("s1001", EXERCISE).unwrap().unwrap(), old);
    assert!(is_done(&again, "s1001"));
}

/// Also when the process was killed between making the folder and taking hold of it; and whoever is about to take hold of
/// one that is swept makes another.
#[test]
fn what_killed_runs_left_is_swept_while_others_begin() {
    let (dir, run) = run(&["s1001"]);
    let results = dir.path().join("results/s1001");
    let left = [".new-echo-1-1", ".draft-echo-1-2"].map(|name| results.join(name).join("events"));
    left.iter()
        .for_each(|left| fs::create_dir_all(left).unwrap());
    Run::create(dir.path(), run.plan.clone()).unwrap();
    assert!(left.iter().all(|left| !left.parent().unwrap().exists()));
    std::thread::scope(|scope| {
        let begin = || {
            let submission = run.plan.submission("s1001").unwrap();
            let begun = (0..300).map(|_| run.begin(submission, &run.plan.exercises[0]));
            begun.for_each(|draft| assert!(draft.unwrap().dir().join("events").is_dir()));
        };
        let sweep = || {
            for _ in 0..300 {
                Run::create(dir.path(), run.plan.clone()).unwrap();
            }
        };
        scope.spawn(begin);
        scope.spawn(sweep);
    });
}

#[test]
fn a_dropped_draft_leaves_nothing() {
    let (_dir, run) = run(&["s1001"]);
    let draft = run
        .begin(
            run.plan.submission("s1001").unwrap(),
            &run.plan.exercises[0],
        )
        .unwrap();
    let path = draft.dir().to_owned();
    drop(draft);
    assert!(!path.exists());
    assert!(!is_done(&run, "s1001"));
}

#[test]
fn a_result_is_reused_until_something_it_depends_on_changes() {
    let (dir, run) = run(&["s1001", "s1002"]);
    for key in ["s1001", "s1002"] {
        save(&run, key, &card(&run, key, true));
    }
    let with = |change: fn(&mut RunPlan)| {
        let mut plan = plan(&["s1001", "s1002"]);
        change(&mut plan);
        let run = Run::create(dir.path(), plan).unwrap();
        (is_done(&run, "s1001"), is_done(&run, "s1002"))
    };
    assert_eq!(with(|_| {}), (true, true));
    assert_eq!(
        with(|p| p.submissions[0].digest = "new".into()),
        (false, true)
    );
    assert_eq!(
        with(|p| p.exercises[0].spec_sha256 = "new".into()),
        (false, false)
    );
    assert_eq!(with(|p| p.socklab = "0.2.0".into()), (false, false));
    assert_eq!(with(|p| p.seed = Some(7)), (false, false));
    assert_eq!(
        with(|p| p.submissions[0].name = "New Name".into()),
        (true, true)
    );
}

#[test]
fn what_was_not_graded_is_tried_again_and_never_has_points() {
    let (_dir, run) = run(&["s1001", "s1002"]);
    let mut failed = card(&run, "s1001", true);
    failed.status = Status::NotGraded;
    failed.error = Some("no sandbox".into());
    save(&run, "s1001", &failed);
    assert!(!is_done(&run, "s1001"));
    let cards: Vec<Scorecard> = run.scorecards().collect();
    assert_eq!(cards[0].error.as_deref(), Some("no sandbox"));
    assert_eq!(cards[1].error.as_deref(), Some("not graded yet"));
    assert!(cards.iter().all(|c| c.status == Status::NotGraded));
}

#[test]
fn who_handed_in_nothing_is_shown_as_such() {
    let mut plan = plan(&["s1001"]);
    plan.submissions[0].absent = true;
    let dir = tempfile::tempdir().unwrap();
    let run = Run::create(dir.path(), plan).unwrap();
    assert_eq!(
        run.scorecards().next().unwrap().error.as_deref(),
        Some("nothing was handed in")
    );
}

#[test]
fn damaged_and_newer_files_are_named() {
    let (dir, run) = run(&["s1001"]);
    save(&run, "s1001", &card(&run, "s1001", true));
    let path = run.result_dir("s1001", EXERCISE).join("scorecard.json");
    fs::write(&path, b"{").unwrap();
    assert!(matches!(
        run.load("s1001", EXERCISE),
        Err(StoreError::Damaged { .. })
    ));
    assert!(
        run.scorecards()
            .next()
            .unwrap()
            .error
            .unwrap()
            .contains("scorecard.json is damaged")
    );
    fs::write(dir.path().join("plan.json"), b"{\"version\": 99}").unwrap();
    assert!(matches!(
        Run::open(dir.path()),
        Err(StoreError::Newer { version: 99, .. })
    ));
}

#[test]
fn keys_never_lead_out_of_the_run() {
    let key = "../../evil\n\u{1b}";
    let (dir, run) = run(&[key]);
    save(&run, key, &card(&run, key, true));
    assert!(
        run.result_dir(key, EXERCISE)
            .starts_with(dir.path().join("results"))
    );
    assert!(run.load(key, EXERCISE).unwrap().is_some());
}

fn shards(n: u32) -> (TempDir, Vec<std::path::PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let keys: Vec<String> = (1001..1011).map(|n| format!("s{n}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut paths = Vec::new();
    for index in 1..=n {
        let path = dir.path().join(format!("shard-{index}"));
        let mut plan = plan(&keys);
        plan.shards = n;
        let run = Run::create(&path, plan).unwrap();
        for planned in run.plan.of_shard(Shard { index, of: n }) {
            save(
                &run,
                &planned.key,
                &card(&run, &planned.key, planned.key != "s1004"),
            );
        }
        paths.push(path);
    }
    (dir, paths)
}

fn results(path: &Path) -> Vec<Scorecard> {
    Run::open(path).unwrap().scorecards().collect()
}

#[test]
fn shards_merge_into_what_one_process_would_have_made() {
    let (one, paths) = shards(1);
    merge(&one.path().join("all"), &paths).unwrap();
    let (eight, paths) = shards(8);
    let report = merge(&eight.path().join("all"), &paths).unwrap();
    assert_eq!(
        (report.taken, report.missing.len(), report.stray.len()),
        (10, 0, 0)
    );
    assert_eq!(
        results(&one.path().join("all")),
        results(&eight.path().join("all"))
    );
    let run = Run::open(&eight.path().join("all")).unwrap();
    assert!(
        run.result_dir("s1003", EXERCISE)
            .join("captures/echoes.pcapng")
            .exists()
    );
}

#[test]
fn a_missing_shard_is_listed_and_never_zero() {
    let (dir, mut paths) = shards(4);
    paths.remove(1);
    let report = merge(&dir.path().join("all"), &paths).unwrap();
    let missing: Vec<&str> = report.missing.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(missing, ["s1002", "s1006", "s1010"]);
    let cards = results(&dir.path().join("all"));
    assert_eq!(cards[1].status, Status::NotGraded);
}

#[test]
fn equal_duplicates_are_silent_and_different_ones_are_reported() {
    let (dir, paths) = shards(2);
    let (a, b) = (Run::open(&paths[0]).unwrap(), Run::open(&paths[1]).unwrap());
    let mut same = card(&b, "s1001", true);
    same.started = "2026-01-30T21:00:00Z".into();
    same.checks[0].duration_ms = 99.0;
    save(&b, "s1001", &same);
    let mut other = card(&a, "s1002", false);
    other.started = "2026-01-30T21:00:00Z".into();
    save(&a, "s1002", &other);
    let report = merge(&dir.path().join("all"), &paths).unwrap();
    assert_eq!(report.differing.len(), 1);
    assert!(
        report.differing[0].starts_with("s1002, tcp-echo-server: "),
        "{:?}",
        report.differing
    );
    let cards = results(&dir.path().join("all"));
    assert_eq!(cards[1].score, 8.0, "the earlier result is taken");
}

#[test]
fn shards_of_different_plans_are_refused() {
    let (dir, mut paths) = shards(1);
    let mut plan = plan(&["s1001"]);
    plan.exercises[0].spec_sha256 = "another".into();
    let path = dir.path().join("other");
    Run::create(&path, plan).unwrap();
    paths.push(path);
    let error = merge(&dir.path().join("all"), &paths).unwrap_err();
    assert!(
        matches!(&error, MergeError::Plans { difference, .. } if difference == "the spec of tcp-echo-server"),
        "{error}"
    );
    assert!(matches!(merge(dir.path(), &[]), Err(MergeError::Nothing)));
}

#[test]
fn points_by_hand_are_added_and_survive_grading_again() {
    let (_dir, run) = run(&["s1001"]);
    save(&run, "s1001", &card(&run, "s1001", true));
    let mark = Mark {
        points: 1.5,
        note: "good tables".into(),
        by: "T. Teacher".into(),
    };
    let marked = give(&run, "s1001", EXERCISE, "report", Some(mark)).unwrap();
    assert_eq!((marked.score, marked.waiting), (9.5, 0.0));
    assert_eq!(marked.checks[1].outcome, Outcome::Partial);
    assert_eq!(
        marked.checks[1].findings[0].message,
        "1.5 of 2 points given by T. Teacher: good tables"
    );
    save(&run, "s1001", &card(&run, "s1001", false));
    assert_eq!(run.load("s1001", EXERCISE).unwrap().unwrap().score, 1.5);
    let back = give(&run, "s1001", EXERCISE, "report", None).unwrap();
    assert_eq!((back.score, back.waiting), (0.0, 2.0));
}

#[test]
fn points_by_hand_must_fit_the_check() {
    let (_dir, run) = run(&["s1001", "s1002"]);
    save(&run, "s1001", &card(&run, "s1001", true));
    let mark = |points| {
        Some(Mark {
            points,
            note: String::new(),
            by: String::new(),
        })
    };
    for points in [-1.0, 2.5, f64::NAN] {
        assert!(matches!(
            give(&run, "s1001", EXERCISE, "report", mark(points)),
            Err(MarkError::OutOfRange { .. })
        ));
    }
    let error = give(&run, "s1001", EXERCISE, "nothing", mark(1.0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tcp-echo-server has no check nothing; it has echoes, report"
    );
    assert!(matches!(
        give(&run, "s1002", EXERCISE, "report", mark(1.0)),
        Err(MarkError::NoResult { .. })
    ));
}

#[test]
fn a_comparison_says_who_changed_by_which_check() {
    let (_a, before) = run(&["s1001", "s1002", "s1003"]);
    let (_b, after) = run(&["s1001", "s1002", "s1003"]);
    for (key, was, is) in [("s1001", true, true), ("s1002", false, true)] {
        save(&before, key, &card(&before, key, was));
        save(&after, key, &card(&after, key, is));
    }
    save(&after, "s1003", &card(&after, "s1003", true));
    let changes = diff(&before, &after);
    assert_eq!(
        changes
            .iter()
            .map(|c| (c.key.as_str(), c.before, c.after))
            .collect::<Vec<_>>(),
        [("s1002", Some(0.0), Some(8.0)), ("s1003", None, Some(8.0)),]
    );
    assert_eq!(changes[0].checks.len(), 1);
    assert_eq!(changes[0].checks[0].after, Some((Outcome::Passed, 8.0)));
}
