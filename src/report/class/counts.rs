//! Counts over a class: totals per student, the spread of scores, which checks fail and why.

use std::collections::BTreeMap;

use super::{Cell, Class, Summary};
use crate::report::words::{clean, share};
use crate::score::{Status, Submission};
use crate::verdict::Outcome;

/// How a check went in the whole class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckCount {
    /// Submissions that passed it.
    pub passed: usize,
    /// Submissions that failed it, wholly or in part.
    pub failed: usize,
    /// Submissions in which it was not run, not graded or waits for a person.
    pub other: usize,
    /// Why it failed: the cause's name, a sentence of one of them, how many; the commonest first.
    pub causes: Vec<(String, String, usize)>,
}

/// One student's total over all exercises.
#[derive(Clone, Debug, PartialEq)]
pub struct Total<'c> {
    /// Whose.
    pub submission: &'c Submission,
    /// Points earned in what was graded.
    pub score: f64,
    /// Points of it that were to be had.
    pub max: f64,
    /// Everything was graded.
    pub complete: bool,
}

impl Class {
    /// How many were graded.
    pub fn graded(&self) -> usize {
        let graded = |s: &&Summary| s.status == Status::Graded;
        self.submissions.iter().filter(graded).count()
    }

    /// One total per student, in the order in which they were added.
    pub fn totals(&self) -> Vec<Total<'_>> {
        let mut at: BTreeMap<&str, usize> = BTreeMap::new();
        let mut totals: Vec<Total<'_>> = Vec::new();
        for summary in &self.submissions {
            let i = *at.entry(&summary.submission.key).or_insert(totals.len());
            if i == totals.len() {
                totals.push(Total {
                    submission: &summary.submission,
                    score: 0.0,
                    max: 0.0,
                    complete: true,
                });
            }
            if summary.status == Status::Graded {
                totals[i].score = clean(totals[i].score + summary.score);
                totals[i].max = clean(totals[i].max + summary.max);
            } else {
                totals[i].complete = false;
            }
        }
        totals
    }

    /// How many complete totals lie in each tenth of the full marks, and in the last place how many have
    /// them all.
    pub fn histogram(&self) -> [usize; 11] {
        let mut bins = [0; 11];
        for total in self.totals().iter().filter(|t| t.complete) {
            let tenth = (share(total.score, total.max) * 10.0 + 1e-9) as usize;
            bins[tenth.min(10)] += 1;
        }
        bins
    }

    /// Middle value of the complete totals, as a share of the full marks; none without any.
    pub fn median(&self) -> Option<f64> {
        let totals = self.totals();
        let complete = totals.iter().filter(|t| t.complete);
        let mut shares: Vec<f64> = complete.map(|t| share(t.score, t.max)).collect();
        shares.sort_by(f64::total_cmp);
        let middle = shares.len() / 2;
        let upper = *shares.get(middle)?;
        Some(if shares.len().is_multiple_of(2) {
            (shares[middle - 1] + upper) / 2.0
        } else {
            upper
        })
    }

    /// How each check of an exercise went, in its order.
    pub fn check_counts(&self, exercise: &str) -> Vec<CheckCount> {
        let checks = self.exercise(exercise).map_or(0, |e| e.checks.len());
        let mut counts = vec![CheckCount::default(); checks];
        let graded = |s: &&Summary| s.status == Status::Graded;
        for summary in self.of_exercise(exercise).filter(graded) {
            for (count, cell) in counts.iter_mut().zip(&summary.checks) {
                count.add(cell);
            }
        }
        for count in &mut counts {
            count
                .causes
                .sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        }
        counts
    }

    /// The commonest causes over all checks, each counted once per submission: name, a sentence of one of
    /// them, how many.
    pub fn common_causes(&self) -> Vec<(&str, &str, usize)> {
        let mut by_name: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
        for summary in &self.submissions {
            let mut seen: Vec<&str> = Vec::new();
            for cell in summary.checks.iter().filter(|c| c.is_fault()) {
                if !seen.contains(&cell.cause.as_str()) {
                    seen.push(&cell.cause);
                    by_name.entry(&cell.cause).or_insert((&cell.message, 0)).1 += 1;
                }
            }
        }
        let mut causes: Vec<_> = by_name.into_iter().map(|(n, (m, c))| (n, m, c)).collect();
        causes.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(b.0)));
        causes
    }
}

impl CheckCount {
    fn add(&mut self, cell: &Cell) {
        match cell.outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed | Outcome::Partial => self.failed += 1,
            Outcome::NotRun | Outcome::Manual | Outcome::Error => self.other += 1,
        }
        if cell.is_fault() {
            match self.causes.iter_mut().find(|c| c.0 == cell.cause) {
                Some(known) => known.2 += 1,
                None => self
                    .causes
                    .push((cell.cause.clone(), cell.message.clone(), 1)),
            }
        }
    }
}
