//! Scorecards of a class → the tables that learning platforms import: Canvas, Moodle, Moodle's offline
//! grading worksheet, and a plain one. Pure. Who was not graded has no row, or an untouched one: an
//! empty cell would wipe out a grade that is there, and 0 would be a lie.

use std::collections::{BTreeMap, BTreeSet};

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

    /// Whatever may name the student in another list, in small letters.
    fn names(&self) -> BTreeSet<String> {
        let facts = [
            "canvas_id",
            "moodle_id",
            "roster_id",
            "sid",
            "email",
            "blackboard_user",
            "github",
        ];
        let values = facts
            .iter()
            .filter_map(|fact| self.facts.get(*fact))
            .chain([&self.key]);
        values
            .filter(|v| !v.is_empty())
            .map(|v| v.to_lowercase())
            .collect()
    }
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

/// A Canvas gradebook import with one column, `title`. `exported` is the gradebook as Canvas exported it:
/// its columns that identify students are kept as they are, and a column `title (12345)` is found by title
/// or number. Without it the columns are filled from what is known.
///
/// # Errors
/// `exported` is no Canvas gradebook.
pub fn canvas(
    exported: Option<&str>,
    title: &str,
    grades: &[Grade],
) -> Result<Table, GradebookError> {
    match exported {
        Some(text) => canvas_filled(text, title, grades),
        None => Ok(canvas_new(title, grades)),
    }
}

fn canvas_new(title: &str, grades: &[Grade]) -> Table {
    let mut remarks = vec![format!(
        "Canvas makes a new assignment of `{title}`, unless there is one of exactly this name"
    )];
    let mut rows: Vec<Row> = vec![cells([
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        title,
    ])];
    let max = grades.iter().map(Grade::max).fold(0.0, f64::max);
    rows.push(cells(["    Points Possible", "", "", "", "", &number(max)]));
    for grade in grades {
        let Some(total) = graded(grade, &mut remarks) else {
            continue;
        };
        let fact = |name: &str| csv_text(grade.facts.get(name).map_or("", String::as_str));
        let login = grade
            .facts
            .get("email")
            .and_then(|e| e.split('@').next())
            .unwrap_or("");
        let sis = if grade.facts.contains_key("roster_id") {
            fact("roster_id")
        } else {
            csv_text(&grade.key)
        };
        let sis = if grade.facts.contains_key("canvas_id") && !grade.facts.contains_key("roster_id")
        {
            String::new()
        } else {
            sis
        };
        rows.push(cells([
            &csv_text(&grade.name),
            &fact("canvas_id"),
            &sis,
            &csv_text(login),
            &fact("section"),
            &format!("{total:.2}"),
        ]));
    }
    Table {
        text: table::write(&rows, ','),
        remarks,
    }
}

fn canvas_filled(text: &str, title: &str, grades: &[Grade]) -> Result<Table, GradebookError> {
    let foreign = |why: &str| GradebookError::Foreign {
        what: "Canvas gradebook",
        why: why.to_owned(),
    };
    let (rows, delimiter) = table::read(text);
    let head = rows.first().ok_or_else(|| foreign("it is empty"))?;
    let column = |name: &str| head.iter().position(|h| h.trim() == name);
    let student = column("Student").ok_or_else(|| foreign("it has no column `Student`"))?;
    let id = column("ID").ok_or_else(|| foreign("it has no column `ID`"))?;
    let section = column("Section").ok_or_else(|| foreign("it has no column `Section`"))?;
    let mut remarks = Vec::new();
    let assignment = head
        .iter()
        .skip(section + 1)
        .position(|h| is_assignment(h, title))
        .map(|at| at + section + 1);
    let heading = match assignment {
        Some(at) => head[at].clone(),
        None => {
            remarks.push(format!(
                "the gradebook has no assignment `{title}`; Canvas makes a new one"
            ));
            title.to_owned()
        }
    };
    let identity = |row: &Row| -> Row {
        (0..=section)
            .map(|at| row.get(at).cloned().unwrap_or_default())
            .collect()
    };
    let mut out: Vec<Row> = vec![identity(head)];
    out[0].push(heading);
    let index = Index::of(grades);
    let mut met: BTreeSet<usize> = BTreeSet::new();
    for row in &rows[1..] {
        let cell = |at: usize| row.get(at).map_or("", |c| c.trim());
        if cell(student).contains("Points Possible") {
            let mut points = identity(row);
            points.push(assignment.map(|at| cell(at).to_owned()).unwrap_or_default());
            out.push(points);
            continue;
        }
        let ids = (id..section).map(cell).chain([cell(student)]);
        let Some(number) = index.find(ids) else {
            continue;
        };
        met.insert(number);
        if let Some(total) = graded(&grades[number], &mut remarks) {
            let mut line = identity(row);
            line.push(format!("{total:.2}"));
            out.push(line);
        }
    }
    strangers(grades, &met, "gradebook", &mut remarks);
    Ok(Table {
        text: table::write(&out, delimiter),
        remarks,
    })
}

/// `Lab 3 (98765)` is the assignment `Lab 3`, and 98765.
fn is_assignment(heading: &str, title: &str) -> bool {
    let heading = heading.trim();
    let (name, number) = match heading.strip_suffix(')').and_then(|h| h.rsplit_once(" (")) {
        Some((name, number)) if number.chars().all(|c| c.is_ascii_digit()) => (name, number),
        _ => (heading, ""),
    };
    heading == title || name == title || (!number.is_empty() && number == title)
}

/// A table for Moodle's grade import, where the teacher says which column is what.
pub fn moodle(title: &str, grades: &[Grade]) -> Table {
    let mut remarks = Vec::new();
    let mut rows: Vec<Row> = vec![cells([
        "id",
        "email",
        "name",
        title,
        &format!("{title} feedback"),
    ])];
    for grade in grades {
        let Some(total) = graded(grade, &mut remarks) else {
            continue;
        };
        if total > 100.0 {
            remarks.push(format!(
                "{} has more than 100 points; Moodle then refuses the whole file",
                csv_text(&grade.key)
            ));
        }
        let id = grade.facts.get("roster_id").unwrap_or(&grade.key);
        let email = grade.facts.get("email").map_or("", String::as_str);
        rows.push(cells([
            &csv_text(id),
            &csv_text(email),
            &csv_text(&grade.name),
            &format!("{total:.2}"),
            &csv_text(&grade.feedback),
        ]));
    }
    if grades
        .iter()
        .any(|g| g.facts.contains_key("moodle_id") && !g.facts.contains_key("roster_id"))
    {
        remarks.push("the numbers in Moodle's downloads are no user ids; give a roster, or fill the offline grading worksheet".to_owned());
    }
    Table {
        text: table::write(&rows, ','),
        remarks,
    }
}

/// Moodle's offline grading worksheet with grades and feedback filled in. Everything else stays as it is,
/// byte for byte.
///
/// # Errors
/// It is no such worksheet.
pub fn moodle_worksheet(worksheet: &str, grades: &[Grade]) -> Result<Table, GradebookError> {
    let foreign = |why: String| GradebookError::Foreign {
        what: "Moodle grading worksheet",
        why,
    };
    let spans = table::spans(worksheet);
    let head = spans
        .first()
        .ok_or_else(|| foreign("it is empty".to_owned()))?;
    let heading = |at: usize| {
        table::value(worksheet, head[at].clone())
            .trim_start_matches('\u{feff}')
            .trim()
            .to_lowercase()
    };
    let column = |name: &str| (0..head.len()).find(|at| heading(*at) == name);
    let need =
        |name: &str| column(name).ok_or_else(|| foreign(format!("it has no column `{name}`")));
    let (identifier, grade_at) = (need("identifier")?, need("grade")?);
    let (feedback_at, max_at, may_at) = (
        column("feedback comments"),
        column("maximum grade"),
        column("grade can be changed"),
    );
    let index = Index::of(grades);
    let mut met = BTreeSet::new();
    let mut remarks = Vec::new();
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    for row in &spans[1..] {
        let cell = |at: Option<usize>| {
            at.and_then(|at| row.get(at))
                .map(|span| table::value(worksheet, span.clone()))
        };
        // `Participant 12345`, with the word in the site's language.
        let id = cell(Some(identifier)).unwrap_or_default();
        let Some(number_of) = index.find([id.rsplit(' ').next().unwrap_or("")].into_iter()) else {
            continue;
        };
        met.insert(number_of);
        let grade = &grades[number_of];
        let Some(total) = graded(grade, &mut remarks) else {
            continue;
        };
        if cell(may_at).is_some_and(|text| text.trim().eq_ignore_ascii_case("no")) {
            remarks.push(format!(
                "{}: the grade can no longer be changed in Moodle",
                csv_text(&grade.key)
            ));
            continue;
        }
        let most = cell(max_at).and_then(|text| text.trim().replace(',', ".").parse::<f64>().ok());
        if most.is_some_and(|most| total > most) {
            remarks.push(format!(
                "{} has {} points, more than Moodle's maximum",
                csv_text(&grade.key),
                number(total)
            ));
        }
        edits.extend(
            row.get(grade_at)
                .map(|span| (span.clone(), format!("{total:.2}"))),
        );
        if let Some(span) = feedback_at
            .and_then(|at| row.get(at))
            .filter(|_| !grade.feedback.is_empty())
        {
            edits.push((span.clone(), table::quoted(&csv_text(&grade.feedback), ',')));
        }
    }
    strangers(grades, &met, "worksheet", &mut remarks);
    Ok(Table {
        text: table::splice(worksheet, edits),
        remarks,
    })
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
        let fact = |name: &str| csv_text(grade.facts.get(name).map_or("", String::as_str));
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

fn strangers(grades: &[Grade], met: &BTreeSet<usize>, list: &str, remarks: &mut Vec<String>) {
    for (number, grade) in grades.iter().enumerate() {
        if !met.contains(&number) && grade.total().is_some() {
            remarks.push(format!(
                "{} is not in the {list}; its grade was left out",
                csv_text(&grade.key)
            ));
        }
    }
}

/// Grades by everything that can name a student; what names two names nobody.
struct Index(BTreeMap<String, Option<usize>>);

impl Index {
    fn of(grades: &[Grade]) -> Index {
        let mut index: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (number, grade) in grades.iter().enumerate() {
            let mut names = grade.names();
            names.extend(
                grade
                    .facts
                    .get("email")
                    .and_then(|e| e.split('@').next())
                    .map(str::to_lowercase),
            );
            names.insert(words(&grade.name));
            for name in names.into_iter().filter(|n| !n.is_empty()) {
                index
                    .entry(name)
                    .and_modify(|n| *n = n.filter(|n| *n == number))
                    .or_insert(Some(number));
            }
        }
        Index(index)
    }

    fn find<'t>(&self, ids: impl Iterator<Item = &'t str>) -> Option<usize> {
        let get = |text: &str| self.0.get(text).copied().flatten();
        ids.filter(|id| !id.is_empty())
            .find_map(|id| get(&id.to_lowercase()).or_else(|| get(&words(id))))
    }
}

/// The words of a name in one order, so that `Bee, Ann` is `Ann Bee`.
fn words(name: &str) -> String {
    let mut words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.sort();
    words.join(" ")
}
