//! Judgements → points.

use super::{CheckResult, Scorecard, Status};
use crate::spec::{Check, Level};
use crate::verdict::{Judgement, Outcome, Story};

/// What is known of a check's run beside its judgement.
#[derive(Clone, Debug, Default)]
pub struct CheckFacts {
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The conversation, for reports.
    pub conversation: Vec<super::Line>,
    /// What the programs called.
    pub stories: Vec<Story>,
    /// Its capture, relative to the scorecard's folder.
    pub capture: Option<String>,
    /// The capture lost packets.
    pub capture_incomplete: bool,
    /// It is the result of a second run, because the first one failed for nothing but time.
    pub confirmed: bool,
    /// The command that repeats it.
    pub repeat: String,
}

/// A check's result: its points by its judgement.
pub fn check_result(check: &Check, judgement: Judgement, facts: CheckFacts) -> CheckResult {
    let max = if check.level == Level::Must {
        check.points
    } else {
        0.0
    };
    let points = match judgement.outcome {
        Outcome::Passed => max,
        Outcome::Partial => hundredths(max * (1.0 - judgement.lost)),
        Outcome::Failed | Outcome::NotRun | Outcome::Manual | Outcome::Error => 0.0,
    };
    CheckResult {
        id: check.id.clone(),
        title: check.title.clone(),
        level: check.level,
        bonus: check.bonus,
        hidden: check.hidden,
        outcome: judgement.outcome,
        points,
        max,
        duration_ms: facts.duration_ms,
        findings: judgement.findings,
        conversation: facts.conversation,
        stories: facts.stories,
        capture: facts.capture,
        capture_incomplete: facts.capture_incomplete,
        confirmed: facts.confirmed,
        repeat: facts.repeat,
        hint: check.hint.first().to_owned(),
        manual: check.manual.clone().unwrap_or_default(),
    }
}

/// Adds up the checks of a scorecard, and says whether it is graded: one check that could not be carried
/// out leaves the whole ungraded, since a sum without it would be a wrong one.
pub fn total(card: &mut Scorecard) {
    let sum = |of: &dyn Fn(&CheckResult) -> f64| hundredths(card.checks.iter().map(of).sum());
    let score = sum(&|check| check.points);
    let max = sum(&|check| if check.bonus { 0.0 } else { check.max });
    let bonus = sum(&|check| if check.bonus { check.points } else { 0.0 });
    let waiting = sum(&|check| {
        if check.outcome == Outcome::Manual {
            check.max
        } else {
            0.0
        }
    });
    let failed = card
        .checks
        .iter()
        .find(|check| check.outcome == Outcome::Error);
    if let Some(check) = failed {
        card.status = Status::NotGraded;
        let why = check
            .findings
            .first()
            .map_or("", |finding| finding.message.as_str());
        card.error
            .get_or_insert_with(|| format!("\"{}\": {why}", check.title));
    }
    (card.score, card.max, card.bonus, card.waiting) = (score, max, bonus, waiting);
}

/// Rounded to hundredths of a point, as gradebooks keep them.
fn hundredths(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}
