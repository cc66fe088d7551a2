//! Stored events → new scorecards, by the specs as they are now.

use std::collections::BTreeMap;

use super::course::{Course, CourseError};
use super::grade::whole_capture;
use super::run_plan::{PlannedExercise, RunPlan};
use super::store::{Run, StoreError};
use crate::score::{self, CheckFacts, Scorecard, Status};
use crate::spec::Spec;
use crate::verdict::{self, Judgement, Outcome, Program};

/// Why a run could not be judged again.
#[derive(Debug, thiserror::Error)]
pub enum RejudgeError {
    /// A spec.
    #[error(transparent)]
    Course(#[from] CourseError),
    /// A result.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Judges every result of a run again. Checks that the spec has now and that were not run then stay as
/// they were or are left out; how many scorecards have changed is returned.
///
/// # Errors
/// A broken spec, or a result that cannot be read or written.
pub fn rejudge(run: &Run, course: &Course) -> Result<usize, RejudgeError> {
    let mut changed = 0;
    let mut exercises = Vec::new();
    for planned in &run.plan.exercises {
        let exercise = course.exercise(&planned.exercise)?;
        let spec = exercise.spec()?;
        exercises.push(PlannedExercise {
            title: spec.title.clone(),
            points: spec.points,
            spec_sha256: super::run_plan::text_digest(&exercise.text),
            ..planned.clone()
        });
        for submission in &run.plan.submissions {
            let Some(mut card) = run.load_plain(&submission.key, &planned.exercise)? else {
                continue;
            };
            if card.status != Status::Graded {
                continue;
            }
            let before = card.clone();
            judge_card(run, &spec, &mut card)?;
            if card != before {
                changed += 1;
            }
            run.replace_card(submission, exercises.last().unwrap_or(planned), &card)?;
        }
    }
    let plan = RunPlan {
        exercises,
        ..run.plan.clone()
    };
    Run::create(run.root(), plan)?;
    Ok(changed)
}

fn judge_card(run: &Run, spec: &Spec, card: &mut Scorecard) -> Result<(), RejudgeError> {
    let programs: BTreeMap<String, Program> = card
        .programs
        .iter()
        // A problem is asked for only when there was nothing to start.
        .filter(|program| !program.remark.is_empty() || program.build_output.is_some())
        .map(|program| {
            let known = Program {
                problem: Some(program.remark.clone()),
                build_output: program.build_output.as_ref().map(|output| output.0.clone()),
            };
            (program.role.clone(), known)
        })
        .collect();
    let mut results = Vec::new();
    for check in &spec.checks {
        let Some(old) = card.checks.iter().find(|old| old.id == check.id) else {
            continue;
        };
        let facts = CheckFacts {
            duration_ms: old.duration_ms,
            conversation: old.conversation.clone(),
            stories: old.stories.clone(),
            capture: old.capture.clone(),
            capture_incomplete: old.capture_incomplete,
            confirmed: old.confirmed,
            repeat: old.repeat.clone(),
        };
        let judgement = if old.outcome == Outcome::NotRun || verdict::reads_files(check) {
            // What it is judged by was not recorded; what was said then stands.
            let lost = if old.outcome == Outcome::Passed {
                0.0
            } else {
                1.0
            };
            Judgement {
                check: check.id.clone(),
                outcome: old.outcome,
                lost,
                dead: None,
                findings: old.findings.clone(),
            }
        } else {
            let events = run.events(&card.submission.key, &card.exercise, &check.id)?;
            let capture = run.capture(&card.submission.key, &card.exercise, &check.id)?;
            let analysis = whole_capture(&events, &capture.unwrap_or_default());
            let input = verdict::Input {
                spec,
                check,
                events: &events,
                capture: analysis.as_ref(),
                programs: &programs,
                files: None,
            };
            verdict::judge(&input)
        };
        results.push(score::check_result(check, judgement, facts));
    }
    card.checks = results;
    score::total(card);
    Ok(())
}
