//! Who may see what: a scorecard and an audience → what every report is rendered from.
//!
//! This is the only place that looks at [`Hidden`]. A renderer takes a [`Visible`], which cannot be made
//! otherwise, so that a hidden check's title, inputs and findings cannot reach a student's file by
//! forgetting a test in one of the formats.

use std::collections::BTreeMap;

use super::words::clean;
use crate::score::{CheckResult, Scorecard};
use crate::spec::Hidden;
use crate::verdict::{Finding, Outcome};

/// Who reads a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The student, before the due date or without one.
    Student,
    /// The student, once the due date has passed.
    StudentAfterDue,
    /// The instructor: sees everything.
    Instructor,
}

impl Audience {
    /// Whether this reader may see a check hidden in this way.
    pub fn may_see(self, hidden: Hidden) -> bool {
        match self {
            Audience::Instructor => true,
            Audience::StudentAfterDue => hidden != Hidden::Always,
            Audience::Student => hidden == Hidden::Never,
        }
    }

    /// Who sees a check hidden in this way first: all that is written into it must be fit for them.
    pub fn of(hidden: Hidden) -> Self {
        match hidden {
            Hidden::Never => Audience::Student,
            Hidden::UntilDue => Audience::StudentAfterDue,
            Hidden::Always => Audience::Instructor,
        }
    }
}

/// A capture that a report offers for download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// It lies beside the report, at this path relative to it.
    Beside(String),
    /// It is part of the report: the file's name and content.
    Embedded(String, Vec<u8>),
}

/// What belongs to a scorecard beside it, by check: the caller reads or draws these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Ladder diagrams as plain text.
    pub ladder: BTreeMap<String, String>,
    /// Ladder diagrams as SVG elements, without scripts.
    pub svg: BTreeMap<String, String>,
    /// What a student can do next: commands, each with a label.
    pub further: BTreeMap<String, Vec<(String, String)>>,
    /// Captures.
    pub captures: BTreeMap<String, Capture>,
}

/// Points of a whole submission.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grade {
    /// Points earned, bonus included.
    pub score: f64,
    /// Points of all checks that are not bonus.
    pub max: f64,
    /// Points earned in bonus checks.
    pub bonus: f64,
    /// Points that wait for a person.
    pub waiting: f64,
}

/// What a reader does not see.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Withheld {
    /// How many checks.
    pub checks: usize,
    /// Points to be had in them, bonus left out.
    pub max: f64,
    /// Points earned in them. Only for formats that carry a grade to a platform, which shows it anyway.
    pub points: f64,
}

/// A scorecard as one audience may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Visible {
    card: Scorecard,
    extras: Extras,
    grade: Grade,
    withheld: Withheld,
    audience: Audience,
}

impl Visible {
    /// Leaves out of a scorecard what `audience` may not see.
    ///
    /// The totals of what is left are of the checks that are left: a total over all checks would tell a
    /// student by subtraction what the hidden ones came to, and with a few tries what is in them. The
    /// whole grade stays in [`Self::grade`], for platforms that keep the grades.
    pub fn new(mut card: Scorecard, extras: Extras, audience: Audience) -> Self {
        card.score = clean(card.score);
        card.max = clean(card.max);
        card.bonus = clean(card.bonus);
        card.waiting = clean(card.waiting);
        let grade = Grade {
            score: card.score,
            max: card.max,
            bonus: card.bonus,
            waiting: card.waiting,
        };
        let mut visible = Visible {
            card,
            extras,
            grade,
            withheld: Withheld::default(),
            audience,
        };
        visible.withhold();
        visible
    }

    fn withhold(&mut self) {
        let audience = self.audience;
        let (seen, hidden): (Vec<_>, Vec<_>) = std::mem::take(&mut self.card.checks)
            .into_iter()
            .partition(|check| audience.may_see(check.hidden));
        self.card.checks = seen;
        if hidden.is_empty() {
            return;
        }
        self.withheld = Withheld {
            checks: hidden.len(),
            max: clean(hidden.iter().filter(|c| !c.bonus).map(|c| c.max).sum()),
            points: clean(hidden.iter().map(|c| c.points).sum()),
        };
        self.recount();
        for check in &mut self.card.checks {
            forget(check, &hidden);
        }
        let names_hidden = |text: &String| has_title(text, &hidden);
        self.card.notes.retain(|note| !names_hidden(note));
        if self.card.error.as_ref().is_some_and(names_hidden) {
            self.card.error = Some("a check could not be carried out".to_owned());
        }
        let keep = |id: &String| self.card.checks.iter().any(|c| &c.id == id);
        self.extras.ladder.retain(|id, _| keep(id));
        self.extras.svg.retain(|id, _| keep(id));
        self.extras.captures.retain(|id, _| keep(id));
    }

    /// Totals of the checks that are left. The time too: a hidden check that hangs would show in it.
    fn recount(&mut self) {
        let checks = &self.card.checks;
        let sum = |of: &dyn Fn(&CheckResult) -> f64| clean(checks.iter().map(of).sum());
        let score = sum(&|c| c.points);
        let max = sum(&|c| if c.bonus { 0.0 } else { c.max });
        let bonus = sum(&|c| if c.bonus { c.points } else { 0.0 });
        let waiting = sum(&|c| {
            if c.outcome == Outcome::Manual {
                (c.max - c.points).max(0.0)
            } else {
                0.0
            }
        });
        let duration_ms = sum(&|c| c.duration_ms);
        self.card.score = score;
        self.card.max = max;
        self.card.bonus = bonus;
        self.card.waiting = waiting;
        self.card.duration_ms = duration_ms;
    }

    /// The same for a reader who may see less. For platforms that get everything and hide by themselves:
    /// what they show to a student must not name what they hide.
    pub fn narrowed(&self, audience: Audience) -> Self {
        Visible::new(self.card.clone(), self.extras.clone(), audience)
    }

    /// The scorecard without what is withheld; its totals are those of the checks in it.
    pub fn card(&self) -> &Scorecard {
        &self.card
    }

    /// What goes with the visible checks.
    pub fn extras(&self) -> &Extras {
        &self.extras
    }

    /// The whole grade, withheld checks included: only for formats whose platform keeps the grade.
    pub fn grade(&self) -> Grade {
        self.grade
    }

    /// What is withheld; none if nothing is.
    pub fn withheld(&self) -> Option<Withheld> {
        (self.withheld.checks > 0).then_some(self.withheld)
    }

    /// Whom it is for.
    pub fn audience(&self) -> Audience {
        self.audience
    }
}

/// Whether a text holds the title of one of the hidden checks.
fn has_title(text: &str, hidden: &[CheckResult]) -> bool {
    hidden
        .iter()
        .any(|check| !check.title.is_empty() && text.contains(&check.title))
}

/// Whether a text names one of the hidden checks, by its title or id.
fn mentions(text: &str, hidden: &[CheckResult]) -> bool {
    has_title(text, hidden) || hidden.iter().any(|check| names(text, &check.id))
}

/// Whether an id stands in a text as a word of its own.
fn names(text: &str, id: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    !id.is_empty()
        && text.match_indices(id).any(|(at, _)| {
            !text[..at].ends_with(part_of_word) && !text[at + id.len()..].starts_with(part_of_word)
        })
}

/// A visible check that was not run because of a hidden one says so without naming it.
fn forget(check: &mut CheckResult, hidden: &[CheckResult]) {
    if check.outcome != Outcome::NotRun {
        return;
    }
    for finding in &mut check.findings {
        let texts = [
            Some(&finding.message),
            finding.step.as_ref(),
            Some(&finding.hint),
        ];
        if texts
            .into_iter()
            .flatten()
            .any(|text| mentions(text, hidden))
        {
            *finding = not_named(finding);
        }
    }
}

fn not_named(finding: &Finding) -> Finding {
    Finding {
        cause: finding.cause.clone(),
        message: "Not run, because a check that comes before it and is not shown did not pass."
            .to_owned(),
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests;
