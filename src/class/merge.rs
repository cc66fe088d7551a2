//! Several folders of one run, graded in shards → one run with exactly one result for each planned
//! submission. What nobody graded is listed; it is never 0.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::marks;
use super::run_plan::{PlannedExercise, PlannedSubmission, RunPlan};
use super::store::{Run, StoreError, read_json, replace_dir, safe_name, system};
use crate::score::{SCORECARD_VERSION, Scorecard, Status};

/// What a merge did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeReport {
    /// Results taken.
    pub taken: usize,
    /// Submissions and exercises without a result.
    pub missing: Vec<(String, String)>,
    /// Submissions that are refused, with the reason: nobody can grade them.
    pub refused: Vec<(String, String)>,
    /// Results that were there more than once and differ, with which folder's was taken and why.
    pub differing: Vec<String>,
    /// Results that the plan does not know.
    pub stray: Vec<String>,
}

/// Why folders cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Nothing to merge.
    #[error("no run to merge; give the folders that the shards wrote")]
    Nothing,
    /// They belong to different runs.
    #[error("{} and {} have different plans ({difference}); only shards of one plan can be merged", first.display(), other.display())]
    Plans {
        /// The first folder.
        first: PathBuf,
        /// One with another plan.
        other: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// A folder cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Merges runs into a folder (which may be one of them).
///
/// # Errors
/// The runs have different plans, or a folder cannot be read or written.
pub fn merge(into: &Path, from: &[PathBuf]) -> Result<MergeReport, MergeError> {
    let runs = from
        .iter()
        .map(|path| Run::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let Some(first) = runs.first() else {
        return Err(MergeError::Nothing);
    };
    for other in &runs[1..] {
        if let Some(difference) = difference(&first.plan, &other.plan) {
            return Err(MergeError::Plans {
                first: first.root().to_owned(),
                other: other.root().to_owned(),
                difference,
            });
        }
    }
    let target = Run::create(into, first.plan.clone())?;
    let mut report = MergeReport {
        stray: stray(&runs),
        ..MergeReport::default()
    };
    for submission in &first.plan.submissions {
        for exercise in &first.plan.exercises {
            one(&target, &runs, submission, exercise, &mut report)?;
        }
    }
    Ok(report)
}

/// The first difference between two plans. In how many shards a run was cut is none.
fn difference(a: &RunPlan, b: &RunPlan) -> Option<String> {
    if a.socklab != b.socklab {
        return Some(format!("socklab {} and {}", a.socklab, b.socklab));
    }
    if a.seed != b.seed {
        return Some("the seeds".to_owned());
    }
    if let Some((x, _)) = a.exercises.iter().zip(&b.exercises).find(|(x, y)| x != y) {
        return Some(format!("the spec of {}", x.exercise));
    }
    if a.exercises.len() != b.exercises.len() {
        return Some("the list of exercises".to_owned());
    }
    if let Some((x, _)) = a
        .submissions
        .iter()
        .zip(&b.submissions)
        .find(|(x, y)| x != y)
    {
        return Some(format!("the submission {}", x.key));
    }
    (a.submissions.len() != b.submissions.len()).then(|| "the list of submissions".to_owned())
}

fn one(
    target: &Run,
    runs: &[Run],
    submission: &PlannedSubmission,
    exercise: &PlannedExercise,
    report: &mut MergeReport,
) -> Result<(), MergeError> {
    let (key, name) = (submission.key.as_str(), exercise.exercise.as_str());
    let mut found: Vec<(&Run, Scorecard)> = Vec::new();
    for run in runs {
        let path = run.result_dir(key, name).join("scorecard.json");
        match read_json::<Scorecard>(&path, SCORECARD_VERSION) {
            Ok(card) => found.push((run, card)),
            Err(StoreError::System { .. }) => {}
            // A damaged result is no result: the submission is then missing, and can be graded again.
            Err(StoreError::Damaged { .. }) => {
                report.stray.push(format!("{} is damaged", path.display()))
            }
            Err(error) => return Err(error.into()),
        }
        take_marks(target, run, key, name, report)?;
    }
    // Graded before not graded, then the earliest: a rule that does not depend on the order of the folders.
    found.sort_by(|(_, a), (_, b)| {
        let rank = |card: &Scorecard| (card.status != Status::Graded, card.started.clone());
        rank(a).cmp(&rank(b))
    });
    let Some((run, card)) = found.first() else {
        if !submission.absent {
            report.missing.push((key.to_owned(), name.to_owned()));
        }
        return Ok(());
    };
    let differs = |(_, other): &&(&Run, Scorecard)| {
        other.status == card.status && judged(other) != judged(card)
    };
    if let Some((other, _)) = found.iter().skip(1).find(differs) {
        report.differing.push(format!(
            "{key}, {name}: {} and {} differ; the first was taken, it began earlier",
            run.root().display(),
            other.root().display()
        ));
    }
    match &submission.refused {
        _ if card.status == Status::Graded => {}
        Some(why) => report.refused.push((key.to_owned(), why.clone())),
        None if submission.absent => {}
        None => report.missing.push((key.to_owned(), name.to_owned())),
    }
    report.taken += 1;
    if run.root() != target.root() {
        copy_result(&run.result_dir(key, name), &target.result_dir(key, name))?;
    }
    Ok(())
}

/// What of a scorecard must be the same however often it is made. Times and recordings are new each time, and
/// so are the ports of clients, which messages may quote.
fn judged(card: &Scorecard) -> impl PartialEq {
    let checks = card.checks.iter().map(|check| {
        let causes = check.findings.iter().map(|finding| finding.cause.clone());
        let causes: Vec<_> = causes.collect();
        (check.id.clone(), check.outcome, check.points, causes)
    });
    (card.score, card.seed, checks.collect::<Vec<_>>())
}

fn take_marks(
    target: &Run,
    run: &Run,
    key: &str,
    exercise: &str,
    report: &mut MergeReport,
) -> Result<(), MergeError> {
    if run.root() == target.root() {
        return Ok(());
    }
    let theirs = marks::read(run.root(), key, exercise)?;
    if theirs.checks.is_empty() {
        return Ok(());
    }
    let mut ours = marks::read(target.root(), key, exercise)?;
    for (check, mark) in theirs.checks {
        match ours.checks.get(&check) {
            Some(other) if *other != mark => {
                report.differing.push(format!("{key}, {exercise}, {check}: points by hand differ; those that were there first stay"));
            }
            _ => {
                ours.checks.insert(check, mark);
            }
        }
    }
    Ok(marks::write(target.root(), key, exercise, &ours)?)
}

fn copy_result(from: &Path, to: &Path) -> Result<(), StoreError> {
    let aside = to.with_file_name(format!(
        ".merge-{}-{}",
        to.file_name().unwrap_or_default().to_string_lossy(),
        std::process::id()
    ));
    copy_folder(from, &aside)?;
    replace_dir(&aside, to)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to).map_err(system("write", to))?;
    for entry in fs::read_dir(from).map_err(system("read", from))? {
        let entry = entry.map_err(system("read", from))?;
        let (source, place) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(system("read", &source))?;
        if kind.is_dir() {
            copy_folder(&source, &place)?;
        } else if kind.is_file() {
            fs::copy(&source, &place).map_err(system("write", &place))?;
        }
    }
    Ok(())
}

/// Folders of results that no planned submission has.
fn stray(runs: &[Run]) -> Vec<String> {
    let mut list = Vec::new();
    for run in runs {
        let known: BTreeSet<String> = run
            .plan
            .submissions
            .iter()
            .map(|s| safe_name(&s.key))
            .collect();
        let Ok(entries) = fs::read_dir(run.root().join("results")) else {
            continue;
        };
        for entry in entries.flatten() {
            if !known.contains(entry.file_name().to_string_lossy().as_ref()) {
                list.push(format!("{} is not in the plan", entry.path().display()));
            }
        }
    }
    list.sort();
    list
}
