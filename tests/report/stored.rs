//! A run on disk, as `socklab grade` leaves one, of made-up scorecards.

#[path = "../planned/mod.rs"]
mod planned;

use std::fs;
use std::path::Path;

use planned::{plan, submission};
use socklab::class::store::Run;
use socklab::score::Scorecard;

/// Stores a run of these scorecards, and of one submission that was not graded yet.
pub fn store(root: &Path, cards: &[Scorecard]) -> anyhow::Result<Run> {
    let keys = cards.iter().map(|card| card.submission.key.as_str());
    let run = Run::create(root, plan(keys.chain(["s9999"]).map(submission).collect()))?;
    for card in cards {
        let draft = run.begin(&submission(&card.submission.key), &run.plan.exercises[0])?;
        for check in card.checks.iter().filter(|check| check.capture.is_some()) {
            fs::write(draft.capture_path(&check.id), vec![7; 2 << 20])?;
        }
        draft.commit(card)?;
    }
    Ok(run)
}
