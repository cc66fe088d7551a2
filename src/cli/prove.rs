//! The proving part of `socklab spec check`: references, starters and seeded bugs are graded.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::Semaphore;

use super::context::{Context, cores, runtime};
use super::status::ExitStatus;
use crate::class::course::{Course, Origin};
use crate::class::prove::{Naming, Proof, prove};

/// Submissions that are proved at the same time, and their sandboxes: nearly all of them wait, and more than half of the
/// seeded bugs wait long.
const AT_ONCE: usize = 24;
const SANDBOXES: usize = 64;

/// Proves exercises and prints what does not hold, then the counts. Scores go to the file `scores`, if one is given.
///
/// # Errors
/// A broken spec, or a machine that gives no sandbox.
pub fn prove_all(
    context: &Context,
    course: &Course,
    names: &[String],
    seed: Option<u64>,
    scores: Option<&Path>,
) -> anyhow::Result<ExitStatus> {
    let runtime = runtime()?;
    let bench = context
        .bench(context.launcher()?, 8)
        .with_room_for(SANDBOXES, cores());
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let began = std::time::Instant::now();
    let mut totals = Totals::default();
    let mut proofs = Vec::new();
    runtime.block_on(async {
        let mut all = Vec::new();
        for name in longest_first(course, names)? {
            let exercise = course.exercise(name)?;
            let bugs = bugs_folder(course, &exercise.lab, name);
            let (bench, slots) = (&bench, &slots);
            all.push(
                async move { prove(bench, course, &exercise, bugs.as_deref(), slots, seed).await },
            );
        }
        let mut all = futures_util::stream::FuturesUnordered::from_iter(all);
        while let Some(proof) = futures_util::StreamExt::next(&mut all).await {
            let proof = proof?;
            totals.add(&proof)?;
            proofs.push(proof);
        }
        anyhow::Ok(())
    })?;
    totals.print(began.elapsed())?;
    if let Some(path) = scores {
        write_scores(path, proofs).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if totals.problems == 0 {
        ExitStatus::Success
    } else {
        ExitStatus::Usage
    })
}

/// A table of what was graded, in an order that does not depend on who was ready first.
fn write_scores(path: &Path, mut proofs: Vec<Proof>) -> anyhow::Result<()> {
    proofs.sort_by(|a, b| a.exercise.cmp(&b.exercise));
    let mut out = csv::Writer::from_path(path)?;
    out.write_record(["exercise", "submission", "score", "max", "cause"])?;
    for proof in &proofs {
        for claim in &proof.claims {
            let Some(grade) = &claim.grade else {
                continue;
            };
            out.write_record([
                &proof.exercise,
                &claim.subject,
                &grade.score.to_string(),
                &grade.max.to_string(),
                grade.cause.as_deref().unwrap_or_default(),
            ])?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Exercises whose checks may take long begin first, so that nothing waits for one of them at the end.
fn longest_first<'n>(course: &Course, names: &'n [String]) -> anyhow::Result<Vec<&'n String>> {
    let mut list = Vec::new();
    for name in names {
        let limits = course.exercise(name)?.spec()?.limits;
        list.push((limits.wall.map_or(Duration::ZERO, |span| span.0), name));
    }
    list.sort_by_key(|(longest, _)| std::cmp::Reverse(*longest));
    Ok(list.into_iter().map(|(_, name)| name).collect())
}

fn bugs_folder(course: &Course, lab: &str, name: &str) -> Option<PathBuf> {
    match course.origin() {
        Origin::Built => None,
        Origin::Folder(folder) => Some(folder.join("tests/submissions").join(lab).join(name)),
    }
}

#[derive(Default)]
struct Totals {
    exercises: usize,
    checks: usize,
    references: usize,
    starters: usize,
    bugs: usize,
    skipped: usize,
    problems: usize,
    named_right: usize,
    named_wrong: usize,
    /// Bugs whose cause was not named, with what is shown instead.
    not_named: Vec<String>,
}

impl Totals {
    fn add(&mut self, proof: &Proof) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        self.exercises += 1;
        self.checks += proof.checks;
        for claim in &proof.claims {
            match claim.subject.split(' ').next() {
                Some("reference") => self.references += 1,
                Some("starter") => self.starters += 1,
                _ => self.bugs += 1,
            }
            match &claim.naming {
                Some(Naming::Right) => self.named_right += 1,
                Some(Naming::Wrong(_)) => self.named_wrong += 1,
                Some(Naming::None(cause)) => self
                    .not_named
                    .push(format!("{} · {} [{cause}]", proof.exercise, claim.subject)),
                None => {}
            }
            if let Some(why) = &claim.skipped {
                self.skipped += 1;
                writeln!(
                    out,
                    "SKIPPED  {} · {}: {why}",
                    proof.exercise, claim.subject
                )?;
            }
            if let Some(problem) = &claim.problem {
                self.problems += 1;
                writeln!(
                    out,
                    "WRONG    {} · {}: {problem}",
                    proof.exercise, claim.subject
                )?;
            }
        }
        let wrong = proof.problems().count();
        let verdict = if wrong == 0 {
            "proved".to_owned()
        } else {
            format!("{wrong} WRONG")
        };
        writeln!(
            out,
            "{verdict:<8} {} ({} claims)",
            proof.exercise,
            proof.claims.len()
        )
    }

    fn print(&self, took: Duration) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "\n{} exercises, {} checks, {} references, {} starters, {} bugs: {} wrong, {} skipped, in {} s",
            self.exercises,
            self.checks,
            self.references,
            self.starters,
            self.bugs,
            self.problems,
            self.skipped,
            took.as_secs()
        )?;
        self.print_naming(&mut out)
    }

    /// How often the cause that a student reads first is the one that the bug's author gives.
    fn print_naming(&self, out: &mut impl Write) -> std::io::Result<()> {
        let (right, wrong, none) = (self.named_right, self.named_wrong, self.not_named.len());
        let all = right + wrong + none;
        if all == 0 {
            return Ok(());
        }
        for bug in &self.not_named {
            writeln!(out, "NOT NAMED {bug}")?;
        }
        let percent = 100.0 * right as f64 / all as f64;
        writeln!(
            out,
            "first causes of {all} bugs: {right} named right ({percent:.1} %), {wrong} named wrong, {none} not named"
        )
    }
}
