//! Canvas's gradebook import: the columns that identify students as Canvas exported them, and one assignment.

use super::{Grade, GradebookError, Table, cells, find, graded, members, number};
use crate::class::matching::Who;
use crate::class::table::{self, Row};
use crate::report::escape::csv_text;

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
    let grades = members(grades);
    match exported {
        Some(text) => filled(text, title, &grades),
        None => Ok(new(title, &grades)),
    }
}

fn new(title: &str, grades: &[Grade]) -> Table {
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
        // Canvas looks at its own number first; one more identity could only contradict it.
        let known = !grade.fact("canvas_id").is_empty() && grade.fact("roster_id").is_empty();
        let sis = if known { "" } else { grade.student_id() };
        let login = grade.fact("email").split('@').next().unwrap_or("");
        rows.push(cells([
            &csv_text(&grade.name),
            &csv_text(grade.fact("canvas_id")),
            &csv_text(sis),
            &csv_text(login),
            &csv_text(grade.fact("section")),
            &format!("{total:.2}"),
        ]));
    }
    Table {
        text: table::write(&rows, ','),
        remarks,
    }
}

/// Where an exported gradebook has what.
struct Columns {
    /// `Student`, or `LastName` and `FirstName`.
    names: Vec<usize>,
    canvas: usize,
    /// The last of those that identify a student.
    section: usize,
    assignment: Option<usize>,
}

impl Columns {
    fn of(head: &Row, title: &str) -> Result<Columns, GradebookError> {
        let column = |name: &str| head.iter().position(|h| h.trim() == name);
        let need = |name: &str| {
            column(name).ok_or_else(|| GradebookError::Foreign {
                what: "Canvas gradebook",
                why: format!("it has no column `{name}`"),
            })
        };
        let names = match (column("LastName"), column("FirstName")) {
            (Some(last), Some(first)) => vec![last, first],
            _ => vec![need("Student")?],
        };
        let (canvas, section) = (need("ID")?, need("Section")?);
        let is_it = |at: &usize| is_assignment(&head[*at], title);
        Ok(Columns {
            names,
            canvas,
            section,
            assignment: (section + 1..head.len()).find(is_it),
        })
    }

    fn who(&self, row: &Row) -> Who {
        let cell = |at: usize| row.get(at).map_or("", |c| c.trim());
        let mut who = Who {
            canvas: Some(cell(self.canvas).to_owned()).filter(|c| !c.is_empty()),
            ..Who::default()
        };
        (self.canvas..self.section).for_each(|at| who.id(cell(at)));
        let names: Vec<&str> = self.names.iter().map(|at| cell(*at)).collect();
        who.name(&names.join(" "));
        who
    }
}

fn filled(text: &str, title: &str, grades: &[Grade]) -> Result<Table, GradebookError> {
    let (rows, delimiter) = table::read(text);
    let (head, rows) = rows.split_first().ok_or_else(|| GradebookError::Foreign {
        what: "Canvas gradebook",
        why: "it is empty".to_owned(),
    })?;
    let columns = Columns::of(head, title)?;
    let mut remarks = Vec::new();
    let heading = match columns.assignment {
        Some(at) => head[at].clone(),
        None => {
            remarks.push(format!(
                "the gradebook has no assignment `{title}`; Canvas makes a new one"
            ));
            title.to_owned()
        }
    };
    let with = |row: &Row, last: String| -> Row {
        let cell = |at: usize| row.get(at).cloned().unwrap_or_default();
        (0..=columns.section).map(cell).chain([last]).collect()
    };
    let cell = |row: &Row| {
        let at = columns.assignment?;
        row.get(at).map(|cell| cell.trim().to_owned())
    };
    let is_points = |row: &&Row| row.first().is_some_and(|c| c.contains("Points Possible"));
    let mut out: Vec<Row> = vec![with(head, heading)];
    out.extend(
        rows.iter()
            .filter(is_points)
            .map(|row| with(row, cell(row).unwrap_or_default())),
    );
    let students: Vec<&Row> = rows.iter().filter(|row| !is_points(row)).collect();
    let list: Vec<Who> = students.iter().map(|row| columns.who(row)).collect();
    let mut unknown = Vec::new();
    let pairs = find(&list, grades, "gradebook", &mut unknown);
    for (row, who) in students.iter().zip(pairs.of_list) {
        let Some(grade) = who.map(|who| &grades[who]) else {
            continue;
        };
        let Some(total) = graded(grade, &mut remarks) else {
            continue;
        };
        if cell(row).is_some_and(|cell| cell.eq_ignore_ascii_case("EX")) {
            let key = csv_text(&grade.key);
            remarks.push(format!(
                "{key} is excused in Canvas; the grade was left out"
            ));
            continue;
        }
        out.push(with(row, format!("{total:.2}")));
    }
    remarks.extend(unknown);
    // Spreadsheets tell UTF-8 by the mark that Canvas writes, and so does whoever opens this.
    let mark = if text.starts_with('\u{feff}') {
        "\u{feff}"
    } else {
        ""
    };
    Ok(Table {
        text: format!("{mark}{}", table::write(&out, delimiter)),
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
