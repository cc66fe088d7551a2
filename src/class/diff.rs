//! Two runs → who changed, and by which check.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::store::Run;
use crate::score::{Scorecard, Status};
use crate::verdict::Outcome;

/// A submission whose result differs between two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The submission.
    pub key: String,
    /// The exercise.
    pub exercise: String,
    /// Its score before; none if it was not graded.
    pub before: Option<f64>,
    /// Its score after; none if it was not graded.
    pub after: Option<f64>,
    /// The checks that differ, in the order of the later run.
    pub checks: Vec<CheckChange>,
}

/// A check whose result differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckChange {
    /// The check.
    pub id: String,
    /// Outcome and points before; none if there was no such check.
    pub before: Option<(Outcome, f64)>,
    /// Outcome and points after; none if there is no such check.
    pub after: Option<(Outcome, f64)>,
    /// The first cause before and after, when one of them failed.
    pub causes: (Option<String>, Option<String>),
}

/// Compares two runs. Points given by hand count. Times do not.
pub fn diff(before: &Run, after: &Run) -> Vec<Change> {
    let pairs = |run: &Run| -> BTreeSet<(String, String)> {
        let submissions = run.plan.submissions.iter();
        submissions
            .flat_map(|s| {
                run.plan
                    .exercises
                    .iter()
                    .map(|e| (s.key.clone(), e.exercise.clone()))
            })
            .collect()
    };
    let all: BTreeSet<(String, String)> = pairs(before).union(&pairs(after)).cloned().collect();
    let load = |run: &Run, key: &str, exercise: &str| {
        run.load(key, exercise)
            .ok()
            .flatten()
            .filter(|card| card.status == Status::Graded)
    };
    all.into_iter()
        .filter_map(|(key, exercise)| {
            let (old, new) = (load(before, &key, &exercise), load(after, &key, &exercise));
            let checks = checks(old.as_ref(), new.as_ref());
            let (before, after) = (old.map(|c| c.score), new.map(|c| c.score));
            (before != after || !checks.is_empty()).then_some(Change {
                key,
                exercise,
                before,
                after,
                checks,
            })
        })
        .collect()
}

fn checks(old: Option<&Scorecard>, new: Option<&Scorecard>) -> Vec<CheckChange> {
    let (Some(old), Some(new)) = (old, new) else {
        return Vec::new();
    };
    let results = |card: &Scorecard| -> BTreeMap<String, (Outcome, f64, Option<String>)> {
        let of = |c: &crate::score::CheckResult| {
            let cause = c
                .findings
                .first()
                .filter(|_| c.outcome != Outcome::Passed)
                .map(|f| f.cause.clone());
            (c.id.clone(), (c.outcome, c.points, cause))
        };
        card.checks.iter().map(of).collect()
    };
    let (was, is) = (results(old), results(new));
    let gone = old.checks.iter().filter(|c| !is.contains_key(&c.id));
    let ids = new.checks.iter().chain(gone).map(|c| &c.id);
    ids.filter(|id| was.get(*id).map(|r| (r.0, r.1)) != is.get(*id).map(|r| (r.0, r.1)))
        .map(|id| CheckChange {
            id: id.clone(),
            before: was.get(id).map(|r| (r.0, r.1)),
            after: is.get(id).map(|r| (r.0, r.1)),
            causes: (
                was.get(id).and_then(|r| r.2.clone()),
                is.get(id).and_then(|r| r.2.clone()),
            ),
        })
        .collect()
}
