//! Scorecards of a class → the tables that learning platforms import: Canvas, Moodle, Moodle's offline
//! grading worksheet, and a plain one. Pure. Who was not graded has no row, or an untouched one: an
//! empty cell would wipe out a grade that is there, and 0 would be a lie.

mod canvas;
mod moodle;

pub use canvas::canvas;
pub use moodle::{moodle, moodle_worksheet};

use std::collections::{BTreeMap, BTreeSet};

use super::matching::{Pairs, Who, pair};
use super::table::{self, Row};
use crate::report::escape::csv_text;
use crate::report::{Audience, Extras, Visible};
use crate::score::{CheckResult, Scorecard, Status};
use crate::verdict::Outcome;

/// Characters of a feedback cell; platforms show it in a narrow column.
const FEEDBACK: usize = 1000;

/// What one student gets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grade {
    /// The submission's key.
    pub key: String,
    /// The student's name, when known.
    pub name: String,
    /// Facts of the platform and the roster.
    pub facts: BTreeMap<String, String>,
    /// By exercise: its title, the points if it was graded, and the points to be had.
    pub exercises: Vec<(String, Option<f64>, f64)>,
    /// Points that wait for a person.
    pub waiting: f64,
    /// What was lost, for the student: checks that are always shown by name, hidden ones as a sum.
    pub feedback: String,
    /// Why there is no grade.
    pub error: Option<String>,
}

impl Grade {
    /// The sum of all exercises; none if one of them was not graded.
    pub fn total(&self) -> Option<f64> {
        self.exercises
            .iter()
            .map(|(_, points, _)| *points)
            .sum::<Option<f64>>()
            .filter(|_| !self.exercises.is_empty())
    }

    /// The points to be had in all exercises.
    pub fn max(&self) -> f64 {
        self.exercises.iter().map(|(_, _, max)| max).sum()
    }

    fn fact(&self, name: &str) -> &str {
        self.facts.get(name).map_or("", String::as_str)
    }

    /// The key is a number that a platform made up, and names nobody elsewhere.
    fn has_platform_key(&self) -> bool {
        ["canvas_id", "moodle_id"]
            .map(|fact| self.fact(fact))
            .contains(&self.key.as_str())
    }

    /// What other lists call the student, if anybody knows: the roster, Gradescope, the folder's name.
    fn student_id(&self) -> &str {
        match (self.fact("roster_id"), self.fact("sid")) {
            ("", "") if self.has_platform_key() => "",
            ("", "") => &self.key,
            ("", sid) => sid,
            (id, _) => id,
        }
    }

    fn who(&self) -> Who {
        let number = |fact: &str| self.facts.get(fact).filter(|f| !f.is_empty()).cloned();
        let mut who = Who {
            canvas: number("canvas_id"),
            moodle: number("moodle_id"),
            ..Who::default()
        };
        for fact in ["roster_id", "sid", "email", "blackboard_user", "github"] {
            who.id(self.fact(fact));
        }
        if !self.has_platform_key() {
            who.id(&self.key);
        }
        who.name(&self.name);
        who
    }
}

/// One grade for each member of a group that handed in together, as Gradescope lists them.
fn members(grades: &[Grade]) -> Vec<Grade> {
    let mut all = Vec::new();
    for grade in grades {
        let list = |text: &str| -> Vec<String> { text.split(", ").map(str::to_owned).collect() };
        let sids = list(grade.fact("sid"));
        if sids.len() < 2 {
            all.push(grade.clone());
            continue;
        }
        let (emails, names) = (list(grade.fact("email")), list(&grade.name));
        // Somebody without an address, or a comma in a name: then nobody can say whose is whose.
        let of = |values: &[String], at: usize| match values.len() == sids.len() {
            true => values[at].clone(),
            false => String::new(),
        };
        for (at, sid) in sids.iter().enumerate() {
            let mut member = grade.clone();
            member.name = of(&names, at);
            member.facts.insert("email".to_owned(), of(&emails, at));
            member.facts.insert("sid".to_owned(), sid.clone());
            member.facts.remove("roster_id");
            all.push(member);
        }
    }
    all
}

/// Gathers the scorecards of each submission. They must come submission by submission.
pub fn grades(cards: impl IntoIterator<Item = Scorecard>) -> Vec<Grade> {
    let mut grades: Vec<Grade> = Vec::new();
    for card in cards {
        if grades
            .last()
            .is_none_or(|grade| grade.key != card.submission.key)
        {
            grades.push(Grade {
                key: card.submission.key.clone(),
                name: card.submission.name.clone(),
                facts: card.submission.facts.clone(),
                ..Grade::default()
            });
        }
        let Some(grade) = grades.last_mut() else {
            continue;
        };
        // What was run without isolation is practice: no platform gets a grade from it.
        let graded = card.status == Status::Graded && !card.is_practice();
        grade
            .exercises
            .push((card.title.clone(), graded.then_some(card.score), card.max));
        grade.waiting += if graded { card.waiting } else { 0.0 };
        if !graded && grade.error.is_none() {
            let why = if card.is_practice() {
                "practice, not for credit: run without isolation"
            } else {
                "not graded"
            };
            grade.error = Some(card.error.clone().unwrap_or_else(|| why.to_owned()));
        }
        let lost = feedback(card);
        if !lost.is_empty() {
            let several = grade.feedback.len();
            if several > 0 {
                grade.feedback.push_str("; ");
            }
            grade.feedback.push_str(&lost);
        }
    }
    for grade in &mut grades {
        if let Some((at, _)) = grade.feedback.char_indices().nth(FEEDBACK) {
            grade.feedback.truncate(at);
            grade.feedback.push('…');
        }
    }
    grades
}

/// What a student lost. A gradebook is read before the due date too, so that only what is never hidden is told.
fn feedback(card: Scorecard) -> String {
    let visible = Visible::new(card, Extras::default(), Audience::Student);
    let checks = visible.card().checks.iter();
    let lost = checks.filter(|c| c.max > 0.0 && c.outcome != Outcome::Passed);
    let mut parts: Vec<String> = lost.map(told).collect();
    if let Some(hidden) = visible.withheld().filter(|h| h.points < h.max) {
        let (points, max) = (number(hidden.points), number(hidden.max));
        parts.push(format!("hidden checks: {points}/{max}"));
    }
    parts.join("; ")
}

fn told(check: &CheckResult) -> String {
    let points = match check.outcome {
        Outcome::Manual => format!("{} points wait for your instructor", number(check.max)),
        _ => format!("{}/{}", number(check.points), number(check.max)),
    };
    let first = check.findings.first();
    let why = first.map(|f| format!(" ({})", f.message));
    format!("{}: {points}{}", check.title, why.unwrap_or_default())
}

/// Points with at most two decimals, as all platforms compare them.
fn number(points: f64) -> String {
    let text = format!("{:.2}", if points.is_finite() { points } else { 0.0 });
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A finished table, and what the instructor should know before importing it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The file's text.
    pub text: String,
    /// Who is missing and why, limits of the platform.
    pub remarks: Vec<String>,
}

/// Why a table cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GradebookError {
    /// The exported file is not what it should be.
    #[error(
        "the file is no {what}: {why}; export it anew from the platform and leave its headings as they are"
    )]
    Foreign {
        /// `Canvas gradebook`, `Moodle grading worksheet`.
        what: &'static str,
        /// What is missing.
        why: String,
    },
}

/// One row per submission, one column per exercise.
pub fn plain(grades: &[Grade]) -> Table {
    let titles: Vec<String> = grades
        .first()
        .map(|g| {
            g.exercises
                .iter()
                .map(|(title, _, _)| title.clone())
                .collect()
        })
        .unwrap_or_default();
    let mut head: Row = cells(["submission", "name", "id", "email", "section"]);
    head.extend(titles.iter().map(|t| csv_text(t)));
    head.extend(cells(["total", "max", "waiting", "remark"]));
    let mut rows = vec![head];
    for grade in grades {
        let fact = |name: &str| csv_text(grade.fact(name));
        let mut row = vec![
            csv_text(&grade.key),
            csv_text(&grade.name),
            fact("roster_id"),
            fact("email"),
            fact("section"),
        ];
        row.extend(
            grade
                .exercises
                .iter()
                .map(|(_, points, _)| points.map(number).unwrap_or_default()),
        );
        let remark = grade
            .error
            .as_ref()
            .map(|e| format!("not graded: {e}"))
            .unwrap_or_default();
        row.extend([
            grade.total().map(number).unwrap_or_default(),
            number(grade.max()),
            number(grade.waiting),
            csv_text(&remark),
        ]);
        rows.push(row);
    }
    Table {
        text: table::write(&rows, ','),
        remarks: Vec::new(),
    }
}

fn cells<const N: usize>(list: [&str; N]) -> Row {
    list.iter().map(|cell| (*cell).to_owned()).collect()
}

/// The total, if there is one; else a remark.
fn graded(grade: &Grade, remarks: &mut Vec<String>) -> Option<f64> {
    let total = grade.total();
    if total.is_none() {
        let why = grade.error.as_deref().unwrap_or("not graded");
        remarks.push(format!(
            "{} has no grade: {}",
            csv_text(&grade.key),
            csv_text(why)
        ));
    } else if grade.waiting > 0.0 {
        remarks.push(format!(
            "{}: {} points still wait for a person",
            csv_text(&grade.key),
            number(grade.waiting)
        ));
    }
    total
}

/// Looks the grades up in a platform's list, and says who was not found there.
fn find(list: &[Who], grades: &[Grade], what: &str, remarks: &mut Vec<String>) -> Pairs {
    let looked_up: Vec<Who> = grades.iter().map(Grade::who).collect();
    let pairs = pair(list, &looked_up);
    let met: BTreeSet<usize> = pairs.of_list.iter().flatten().copied().collect();
    for (number, grade) in grades.iter().enumerate() {
        if met.contains(&number) || grade.total().is_none() {
            continue;
        }
        let key = csv_text(&grade.key);
        remarks.push(match pairs.doubtful.contains(&number) {
            true => format!("{key} could be several students of the {what}, or is one of several submissions of the same student; its grade was left out"),
            false => format!("{key} is not in the {what}; its grade was left out"),
        });
    }
    pairs
}
