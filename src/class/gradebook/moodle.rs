//! Moodle's grade import, and its offline grading worksheet.

use super::{Grade, GradebookError, Row, Table, cells, find, graded, members, number};
use crate::class::matching::Who;
use crate::class::table;
use crate::report::escape::csv_text;

/// A table for Moodle's grade import, where the teacher says which column is what. Moodle refuses the whole
/// file for one user it does not know, so that who has nothing but a number from a download is left out.
pub fn moodle(title: &str, grades: &[Grade]) -> Table {
    let mut remarks = Vec::new();
    let feedback = format!("{title} feedback");
    let mut rows: Vec<Row> = vec![cells(["id", "email", "name", title, &feedback])];
    for grade in members(grades) {
        let Some(total) = graded(&grade, &mut remarks) else {
            continue;
        };
        let key = csv_text(&grade.key);
        if total > 100.0 {
            remarks.push(format!(
                "{key} has more than 100 points; Moodle then refuses the whole file"
            ));
        }
        let (id, email) = (grade.student_id(), grade.fact("email"));
        if id.is_empty() && email.is_empty() {
            remarks.push(format!("{key} was left out: the numbers in a platform's downloads are no user ids; give a roster, or fill Moodle's offline grading worksheet"));
            continue;
        }
        rows.push(cells([
            &csv_text(id),
            &csv_text(email),
            &csv_text(&grade.name),
            &format!("{total:.2}"),
            &csv_text(&grade.feedback),
        ]));
    }
    Table {
        text: table::write(&rows, ','),
        remarks,
    }
}

/// Where a worksheet has what. Moodle's labels are in the site's language; these must be English.
struct Columns {
    identifier: usize,
    grade: usize,
    feedback: Option<usize>,
    max: Option<usize>,
    may_change: Option<usize>,
    name: Option<usize>,
    email: Option<usize>,
}

impl Columns {
    fn of(head: &[String]) -> Result<Columns, GradebookError> {
        let column = |name: &str| head.iter().position(|h| h.trim().to_lowercase() == name);
        let need = |name: &str| {
            column(name).ok_or_else(|| GradebookError::Foreign {
                what: "Moodle grading worksheet",
                why: format!("it has no column `{name}`"),
            })
        };
        Ok(Columns {
            identifier: need("identifier")?,
            grade: need("grade")?,
            feedback: column("feedback comments"),
            max: column("maximum grade"),
            may_change: column("grade can be changed"),
            name: column("full name"),
            email: column("email address"),
        })
    }

    fn who(&self, row: &[String]) -> Who {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map_or("", |c| c.trim());
        // `Participant 12345`, with the word in the site's language.
        let id = cell(Some(self.identifier)).rsplit(' ').next().unwrap_or("");
        let mut who = Who {
            moodle: Some(id.to_owned()).filter(|id| !id.is_empty()),
            ..Who::default()
        };
        who.id(id);
        who.id(cell(self.email));
        who.name(cell(self.name));
        who
    }

    /// Why a grade must not be written, or what Moodle will say to it.
    fn objection(&self, row: &[String], total: f64) -> Option<(bool, String)> {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map(|c| c.trim());
        if cell(self.may_change).is_some_and(|text| text.eq_ignore_ascii_case("no")) {
            let why = ": the grade can no longer be changed in Moodle".to_owned();
            return Some((true, why));
        }
        let most = cell(self.max).and_then(|text| text.replace(',', ".").parse::<f64>().ok());
        most.filter(|most| total > *most).map(|_| {
            let points = number(total);
            (
                false,
                format!(" has {points} points, more than Moodle's maximum"),
            )
        })
    }
}

/// Moodle's offline grading worksheet with grades and feedback filled in. Everything else stays as it is,
/// byte for byte.
///
/// # Errors
/// It is no such worksheet.
pub fn moodle_worksheet(worksheet: &str, grades: &[Grade]) -> Result<Table, GradebookError> {
    let grades = members(grades);
    let spans = table::spans(worksheet);
    let values: Vec<Vec<String>> = spans
        .iter()
        .map(|row| {
            row.iter()
                .map(|s| table::value(worksheet, s.clone()))
                .collect()
        })
        .collect();
    let Some((head, rows)) = values.split_first() else {
        return Err(GradebookError::Foreign {
            what: "Moodle grading worksheet",
            why: "it is empty".to_owned(),
        });
    };
    let columns = Columns::of(head)?;
    let list: Vec<Who> = rows.iter().map(|row| columns.who(row)).collect();
    let (mut remarks, mut unknown) = (Vec::new(), Vec::new());
    let pairs = find(&list, &grades, "worksheet", &mut unknown);
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    for ((row, spans), who) in rows.iter().zip(&spans[1..]).zip(pairs.of_list) {
        let Some(grade) = who.map(|who| &grades[who]) else {
            continue;
        };
        let Some(total) = graded(grade, &mut remarks) else {
            continue;
        };
        let objection = columns.objection(row, total);
        remarks.extend(
            objection
                .iter()
                .map(|(_, why)| format!("{}{why}", csv_text(&grade.key))),
        );
        if objection.is_some_and(|(refused, _)| refused) {
            continue;
        }
        let at = |column: usize| spans.get(column).cloned();
        edits.extend(at(columns.grade).map(|span| (span, format!("{total:.2}"))));
        let told = columns
            .feedback
            .and_then(at)
            .filter(|_| !grade.feedback.is_empty());
        edits.extend(told.map(|span| (span, table::quoted(&csv_text(&grade.feedback), ','))));
    }
    remarks.extend(unknown);
    Ok(Table {
        text: table::splice(worksheet, edits),
        remarks,
    })
}
