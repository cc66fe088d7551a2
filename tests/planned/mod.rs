//! Plans of made-up submissions to the TCP echo server, for tests that need a run on disk and no grading.

use std::collections::BTreeMap;

use socklab::class::run_plan::{PLAN_VERSION, PlannedExercise, PlannedSubmission, RunPlan};

/// The exercise's name.
pub const EXERCISE: &str = "tcp-echo-server";

/// A submission that was handed in, of which nothing but its key is known.
pub fn submission(key: &str) -> PlannedSubmission {
    PlannedSubmission {
        key: key.into(),
        name: String::new(),
        facts: BTreeMap::new(),
        digest: "digest".into(),
        absent: false,
        refused: None,
    }
}

/// A plan to grade these submissions.
pub fn plan(submissions: Vec<PlannedSubmission>) -> RunPlan {
    let exercise = PlannedExercise {
        exercise: EXERCISE.into(),
        lab: "echo".into(),
        title: "TCP echo server".into(),
        points: 10.0,
        spec_sha256: "spec".into(),
    };
    RunPlan {
        version: PLAN_VERSION,
        socklab: "0.1.0".into(),
        exercises: vec![exercise],
        seed: None,
        shards: 1,
        submissions,
    }
}
