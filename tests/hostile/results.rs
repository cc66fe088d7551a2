//! What a run has left on disk, read as the program itself reads it.

use socklab::class::store::Run;
use socklab::event::Event;
use socklab::score::Scorecard;
use socklab::verdict::Outcome;

use crate::world::World;

/// All scorecards of a run.
pub fn cards(world: &World, run: &str) -> Vec<Scorecard> {
    match Run::open(&world.path(run)) {
        Ok(run) => run.scorecards().collect(),
        Err(_) => Vec::new(),
    }
}

/// The events of a check; none if it was not run.
pub fn events(world: &World, run: &str, card: &Scorecard, check: &str) -> Vec<Event> {
    let run = Run::open(&world.path(run)).unwrap();
    let events = run.events(&card.submission.key, &card.exercise, check);
    events.unwrap_or_default()
}

/// The cause that the report names first.
pub fn first_cause(card: &Scorecard) -> Option<&str> {
    let failed = |outcome| matches!(outcome, Outcome::Failed | Outcome::Partial);
    let check = card.checks.iter().find(|check| failed(check.outcome))?;
    check.findings.first().map(|finding| finding.cause.as_str())
}
