//! `table`: a table in a text file, with pipes, tabs, commas, or columns aligned with spaces.

use std::collections::BTreeMap;

use super::cells;
use super::files::missing;
use super::{Verdict, unfitting};
use crate::event::Observed;
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::step::{CellKind, TableCheck};
use crate::spec::value::{Bindings, ValueError, expand_text, unhex};

/// A row with the number of its line.
struct Row {
    line: usize,
    cells: Vec<String>,
}

type Problem = (MismatchKind, String, String);

pub(super) fn judge(
    step: &TableCheck,
    observed: &Observed,
    bindings: &Bindings,
) -> Result<Verdict, ValueError> {
    let Observed::File {
        path,
        content,
        starter,
        ..
    } = observed
    else {
        return Ok(unfitting(observed));
    };
    let Some(path) = path else {
        return Ok(missing(&step.any_of));
    };
    let rows = rows(&content.lossy(), step);
    let starter = starter.as_ref().map(|s| self::rows(&s.lossy(), step));
    let mut wanted = Vec::new();
    for row in &step.has {
        let expanded = row
            .iter()
            .map(|(k, v)| Ok((k.clone(), expand_text(v, bindings)?)));
        wanted.push(expanded.collect::<Result<BTreeMap<_, _>, ValueError>>()?);
    }
    let problem = content_problem(step, &rows, path)
        .or_else(|| starter.and_then(|s| starter_problem(step, &rows, &s, path)))
        .or_else(|| rows_problem(step, &rows, path))
        .or_else(|| {
            wanted
                .iter()
                .find_map(|w| has_problem(step, &rows, w, path))
        });
    Ok(match problem {
        None => Verdict::met(),
        Some((kind, expected, explanation)) => {
            Verdict::unmet(Mismatch::described(kind, expected, &content.0, explanation))
        }
    })
}

/// The filled rows: header, rules and blank lines left out.
fn rows(text: &str, step: &TableCheck) -> Vec<Row> {
    let width = step.columns.len();
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(i, l)| (i + 1, l.trim_end()))
        .filter(|(_, l)| l.chars().any(char::is_alphanumeric))
        .collect();
    // Pipes and tabs stand nowhere else, so a table with a column too few is still cut at them.
    let several = |c: char| {
        let least = if matches!(c, '|' | '\t') {
            2
        } else {
            width.max(2)
        };
        lines
            .iter()
            .filter(|(_, l)| l.matches(c).count() + 1 >= least)
            .count()
    };
    // The separator that most lines have; a comma also stands inside of cells, so it comes last.
    let separator = ['|', '\t', ';', ',']
        .into_iter()
        .find(|c| 2 * several(*c) > lines.len());
    let mut rows: Vec<Row> = lines
        .iter()
        .map(|(line, text)| Row {
            line: *line,
            cells: cut(text, separator, step),
        })
        .collect();
    // Where the columns are named, the data begin; what stands there then is judged, be it words.
    let above = rows.iter().take_while(|row| is_header(row, step));
    let header = match above.clone().position(|row| names_columns(row, step)) {
        Some(names) => names + 1,
        None => above.count(),
    };
    rows.drain(..header);
    // A lone line of prose under or over the table is no row of it.
    rows.retain(|row| row.cells.len() > 1 || width == 1);
    rows
}

fn cut(line: &str, separator: Option<char>, step: &TableCheck) -> Vec<String> {
    let width = step.columns.len();
    let mut cells: Vec<String> = match separator {
        Some('|') => {
            let line = line.trim();
            let line = line.strip_prefix('|').unwrap_or(line);
            let line = line.strip_suffix('|').unwrap_or(line);
            line.split('|').map(|c| c.trim().to_owned()).collect()
        }
        Some(c) => line
            .split(c)
            .map(|c| c.trim().trim_matches('"').to_owned())
            .collect(),
        None => {
            let wide: Vec<String> = line
                .split("  ")
                .map(|c| c.trim().to_owned())
                .filter(|c| !c.is_empty())
                .collect();
            if wide.len() >= width {
                wide
            } else {
                line.split_whitespace().map(str::to_owned).collect()
            }
        }
    };
    if cells.len() > width && width > 0 {
        // What is too much belongs to the last column: several times, a remark.
        let rest = cells.split_off(width - 1).join(" ");
        cells.push(rest);
    }
    cells
}

/// Most cells of a row are the names of their columns.
fn names_columns(row: &Row, step: &TableCheck) -> bool {
    let pairs = row.cells.iter().zip(&step.columns);
    let named = pairs.filter(|(cell, column)| cell.eq_ignore_ascii_case(&column.name));
    2 * named.count() > row.cells.len()
}

/// A row above the data: most of its cells are not what their columns hold, or they are the columns' names.
fn is_header(row: &Row, step: &TableCheck) -> bool {
    let pairs = || row.cells.iter().zip(&step.columns);
    let typed = pairs().filter(|(_, column)| column.kind != CellKind::Text);
    let (mut wrong, mut all) = (0, 0);
    for (cell, column) in typed {
        all += 1;
        let words = cell.chars().any(char::is_alphabetic) || cell.is_empty();
        wrong += usize::from(words && cells::check(column.kind, cell).is_err());
    }
    row.cells.len() <= 1
        || names_columns(row, step)
        || (all > 0
            && wrong == all
            && !row
                .cells
                .iter()
                .any(|c| c.chars().any(|c| c.is_ascii_digit())))
}

fn content_problem(step: &TableCheck, rows: &[Row], path: &str) -> Option<Problem> {
    if (rows.len() as u64) < step.rows {
        let explanation = format!(
            "{path} has {} filled rows; at least {} are expected",
            rows.len(),
            step.rows
        );
        return Some((
            MismatchKind::TooShort,
            format!("at least {} rows", step.rows),
            explanation,
        ));
    }
    for row in rows {
        for (index, column) in step.columns.iter().enumerate() {
            let cell = row.cells.get(index).map_or("", String::as_str);
            let at = format!("{path}, line {}, column `{}`", row.line, column.name);
            if cell.is_empty() {
                if column.optional {
                    continue;
                }
                return Some((
                    MismatchKind::Missing,
                    column.name.clone(),
                    format!("{at}: the cell is empty"),
                ));
            }
            if let Err(why) = cells::check(column.kind, cell) {
                return Some((
                    MismatchKind::WrongValue,
                    column.name.clone(),
                    format!("{at}: {why}"),
                ));
            }
        }
    }
    None
}

fn starter_problem(
    step: &TableCheck,
    rows: &[Row],
    starter: &[Row],
    path: &str,
) -> Option<Problem> {
    if !step.no_starter_rows {
        return None;
    }
    let left = rows
        .iter()
        .find(|row| starter.iter().any(|s| s.cells == row.cells))?;
    let explanation = format!(
        "{path}, line {}: this row is still as in the handout",
        left.line
    );
    Some((
        MismatchKind::Unchanged,
        "rows of your own".into(),
        explanation,
    ))
}

/// Demands on all rows together.
fn rows_problem(step: &TableCheck, rows: &[Row], path: &str) -> Option<Problem> {
    for name in &step.differ {
        let values: Vec<&str> = column(step, rows, name);
        if values.len() > 1 && values.iter().all(|v| *v == values[0]) {
            let explanation = format!("{path}: column `{name}` holds `{}` in every row", values[0]);
            return Some((
                MismatchKind::Different,
                format!("different values in `{name}`"),
                explanation,
            ));
        }
    }
    let name = step.first_is_least.as_ref()?;
    let values: Vec<f64> = column(step, rows, name)
        .into_iter()
        .filter_map(value)
        .collect();
    let (first, rest) = values.split_first()?;
    let smaller = rest.iter().find(|v| *v < first)?;
    let explanation = format!(
        "{path}: the first row must have the smallest `{name}`, but {smaller} is smaller than its {first}"
    );
    Some((
        MismatchKind::WrongValue,
        format!("the smallest `{name}` in the first row"),
        explanation,
    ))
}

fn column<'a>(step: &TableCheck, rows: &'a [Row], name: &str) -> Vec<&'a str> {
    let Some(index) = step.columns.iter().position(|c| c.name == name) else {
        return Vec::new();
    };
    rows.iter()
        .filter_map(|row| row.cells.get(index).map(String::as_str))
        .collect()
}

/// The number in a cell; the smallest one of several times.
fn value(cell: &str) -> Option<f64> {
    let times = cells::times(cell);
    times
        .into_iter()
        .reduce(f64::min)
        .or_else(|| cells::number(cell))
}

fn has_problem(
    step: &TableCheck,
    rows: &[Row],
    wanted: &BTreeMap<String, String>,
    path: &str,
) -> Option<Problem> {
    let cell = |row: &'_ Row, name: &str| {
        let index = step.columns.iter().position(|c| c.name == name)?;
        Some((row.cells.get(index)?.clone(), step.columns[index].kind))
    };
    let fits = |row: &Row| {
        wanted.iter().all(|(name, value)| {
            cell(row, name)
                .is_some_and(|(cell, kind)| same(kind, &cell, value, step.tolerance.unwrap_or(0.0)))
        })
    };
    if rows.iter().any(fits) {
        return None;
    }
    let list: Vec<String> = wanted.iter().map(|(k, v)| format!("{k} = {v}")).collect();
    let list = list.join(", ");
    // The row with most of it right tells which cell is wrong.
    let agreeing = |row: &&Row| {
        wanted
            .iter()
            .filter(|(n, v)| {
                cell(row, n).is_some_and(|(c, k)| same(k, &c, v, step.tolerance.unwrap_or(0.0)))
            })
            .count()
    };
    // The name of a row counts more than what stands in it: it says what the row is about.
    let named = |row: &&Row| {
        wanted.iter().any(|(name, value)| {
            cell(row, name)
                .is_some_and(|(cell, kind)| kind == CellKind::Text && same(kind, &cell, value, 0.0))
        })
    };
    let nearest = rows
        .iter()
        .max_by_key(|row| (named(row), agreeing(row)))
        .filter(|row| agreeing(row) > 0);
    let kind = nearest.map_or(MismatchKind::WrongValue, |row| {
        let bytes = wanted.iter().find_map(|(name, value)| {
            let (cell, kind) = cell(row, name)?;
            (kind == CellKind::Hex).then_some((hex_bytes(&cell)?, hex_bytes(value)?))
        });
        bytes.map_or(MismatchKind::WrongValue, |(seen, wanted)| {
            layout(&seen, &wanted)
        })
    });
    let explanation = match nearest {
        Some(row) => {
            let wrong = wanted.iter().find_map(|(name, value)| {
                let (cell, kind) = cell(row, name)?;
                (!same(kind, &cell, value, step.tolerance.unwrap_or(0.0)))
                    .then(|| format!("`{name}` is `{cell}`"))
            });
            let wrong = wrong.unwrap_or_else(|| "a cell is missing".into());
            format!("{path}, line {}: {wrong}, which is not right", row.line)
        }
        None => format!(
            "{path}: no row is about {}",
            wanted.values().next().map_or("it", String::as_str)
        ),
    };
    Some((kind, list, explanation))
}

fn hex_bytes(cell: &str) -> Option<Vec<u8>> {
    unhex(&cells::hex(cell)?)
}

/// How packed bytes differ: by the order of the bytes of each number, or by gaps between numbers.
fn layout(seen: &[u8], wanted: &[u8]) -> MismatchKind {
    let turned = |size: usize| -> Vec<u8> {
        let numbers = wanted.chunks(size);
        numbers
            .flat_map(|number| number.iter().rev().copied())
            .collect()
    };
    let plain = |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|b| *b != 0).collect() };
    if seen != wanted && [2, 4, 8].iter().any(|size| turned(*size) == seen) {
        MismatchKind::WrongEndianness
    } else if seen.len() != wanted.len() && plain(seen) == plain(wanted) {
        MismatchKind::WrongLayout
    } else {
        MismatchKind::WrongValue
    }
}

fn same(kind: CellKind, cell: &str, wanted: &str, tolerance: f64) -> bool {
    match kind {
        CellKind::Hex => cells::hex(cell).is_some_and(|c| Some(c) == cells::hex(wanted)),
        CellKind::Number | CellKind::Times => match (value(cell), value(wanted)) {
            (Some(a), Some(b)) => (a - b).abs() <= tolerance * b.abs(),
            _ => false,
        },
        _ => {
            let plain = |t: &str| {
                t.split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .to_lowercase()
            };
            plain(cell) == plain(wanted)
        }
    }
}

#[cfg(test)]
mod tests;
