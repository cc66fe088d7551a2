//! A run on disk, as `socklab grade` leaves one, of made-up scorecards.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use socklab::class::run_plan::{PLAN_VERSION, PlannedExercise, PlannedSubmission, RunPlan};
use socklab::class::store::Run;
use socklab::score::Scorecard;

fn planned(key: &str) -> PlannedSubmission {
    PlannedSubmission {
        key: key.into(),
        name: String::new(),
        facts: BTreeMap::new(),
        digest: "digest".into(),
        absent: false,
        refused: None,
    }
}

/// Stores a run of these scorecards, and of one submission that was not graded yet.
pub fn store(root: &Path, cards: &[Scorecard]) -> anyhow::Result<Run> {
    let exercise = PlannedExercise {
        exercise: "tcp-echo-server".into(),
        lab: "echo".into(),
        title: "TCP echo server".into(),
        points: 10.0,
        spec_sha256: "spec".into(),
    };
    let keys = cards.iter().map(|card| card.submission.key.as_str());
    let plan = RunPlan {
        version: PLAN_VERSION,
        socklab: "0.1.0".into(),
        exercises: vec![exercise.clone()],
        seed: None,
        shards: 1,
        submissions: keys.chain(["s9999"]).map(planned).collect(),
    };
    let run = Run::create(root, plan)?;
    for card in cards {
        let draft = run.begin(&planned(&card.submission.key), &exercise)?;
        for check in card.checks.iter().filter(|check| check.capture.is_some()) {
            fs::write(draft.capture_path(&check.id), vec![7; 2 << 20])?;
        }
        draft.commit(card)?;
    }
    Ok(run)
}
