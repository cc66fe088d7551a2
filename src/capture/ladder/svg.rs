//! A ladder as a self-contained SVG. Everything is placed by counting character cells of a monospaced font, so nothing overlaps
//! whatever the texts are; no identifiers are used, so that several ladders can stand in one HTML page.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{DEFAULT_ROWS, Ladder, Row};
use crate::capture::story::{count, duration};

/// Width of one character at 12 px; monospaced fonts are at most 0.62 em wide.
const CELL: usize = 8;
const ROW: usize = 30;
const HEAD: usize = 52;
const MARGIN: usize = 12;
/// Cells for the time, `+999.99 ms`.
const TIME: usize = 11;
/// Longest step name and note that are shown whole, in cells.
const MAX_STEP: usize = 44;
const MAX_NOTE: usize = 46;

const STYLE: &str = "\
.socklab-ladder{--bg:#fff;--ink:#1f2328;--faint:#656d76;--line:#d0d7de;--band:#f6f8fa;--open:#116329;--data:#0550ae;--bare:#57606a;--close:#8250df;--break:#b3261e;\
font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\
@media(prefers-color-scheme:dark){.socklab-ladder{--bg:#0d1117;--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--band:#161b22;--open:#56d364;--data:#79c0ff;--bare:#9ea7b3;--close:#d2a8ff;--break:#ff7b72}}\
.socklab-ladder .bg{fill:var(--bg)}.socklab-ladder .band{fill:var(--band)}.socklab-ladder text{fill:var(--ink);white-space:pre}\
.socklab-ladder .faint{fill:var(--faint)}.socklab-ladder .head{font-weight:600}.socklab-ladder .life{stroke:var(--line);stroke-width:1.5}\
.socklab-ladder .open{--c:var(--open)}.socklab-ladder .data{--c:var(--data)}.socklab-ladder .bare{--c:var(--bare)}.socklab-ladder .close{--c:var(--close)}.socklab-ladder .break{--c:var(--break)}\
.socklab-ladder .arrow{stroke:var(--c);stroke-width:1.6;fill:none}.socklab-ladder .tip{fill:var(--c)}.socklab-ladder .says{fill:var(--c)}\
.socklab-ladder .again{stroke-dasharray:5 3}";

/// Horizontal places, in pixels.
struct Layout {
    step_x: usize,
    time_right: usize,
    columns: Vec<usize>,
    note_x: usize,
    /// Digits of the largest packet number.
    digits: usize,
    width: usize,
}

impl Ladder {
    /// Draws at most [`DEFAULT_ROWS`] rows; see [`Ladder::shortened`].
    pub fn svg(&self) -> String {
        let ladder = self.clone().shortened(DEFAULT_ROWS);
        let layout = ladder.layout();
        let gap = ladder.gap();
        let lines = ladder.rows.len() + usize::from(gap.is_some());
        let height = HEAD + lines * ROW + 2 * MARGIN;
        let mut out = String::new();
        ladder.begin(&mut out, &layout, height);
        ladder.bands(&mut out, &layout, gap);
        ladder.heads(&mut out, &layout, height);
        for (i, row) in ladder.rows.iter().enumerate() {
            let line = i + usize::from(gap.is_some_and(|g| g <= i));
            ladder.row(&mut out, &layout, row, HEAD + MARGIN + line * ROW);
        }
        if let Some(at) = gap {
            let y = HEAD + MARGIN + at * ROW + ROW / 2 + 4;
            let text = format!("… {} not shown …", count(ladder.left_out, "packet"));
            put(
                &mut out,
                "faint",
                "start",
                layout.columns.first().copied().unwrap_or(0) + CELL,
                y,
                &text,
            );
        }
        out.push_str("</svg>\n");
        out
    }

    fn layout(&self) -> Layout {
        let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0) * CELL;
        let step = widest(
            &mut self
                .rows
                .iter()
                .filter_map(|r| r.step.as_ref())
                .map(|s| safe(s).width().min(MAX_STEP)),
        );
        let digits = self
            .rows
            .iter()
            .map(|r| r.number.to_string().len())
            .max()
            .unwrap_or(1);
        let note = widest(
            &mut self
                .rows
                .iter()
                .map(|r| note(r, digits).width().min(MAX_NOTE)),
        );
        let label = widest(&mut self.rows.iter().map(|r| r.label.width()));
        let head = widest(&mut self.columns.iter().flat_map(|c| {
            [
                c.address.to_string().width(),
                safe(&c.who).width().min(MAX_STEP),
            ]
        }));
        let step_x = MARGIN;
        let time_right = step_x + step + if step > 0 { 2 * CELL } else { 0 } + TIME * CELL;
        let first = time_right + 2 * CELL + head / 2;
        // A label always has the room of one space between two neighbours.
        let spacing = (label + 5 * CELL).max(head + 3 * CELL);
        let columns: Vec<usize> = (0..self.columns.len())
            .map(|i| first + i * spacing)
            .collect();
        let last = columns.last().copied().unwrap_or(first);
        let note_x = last + head / 2 + 2 * CELL;
        Layout {
            step_x,
            time_right,
            columns,
            note_x,
            digits,
            width: note_x + note + MARGIN,
        }
    }

    fn begin(&self, out: &mut String, layout: &Layout, height: usize) {
        let width = layout.width;
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"socklab-ladder\" role=\"img\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\"><title>Ladder diagram of {}</title><style>{STYLE}</style>\
             <rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>",
            count(self.rows.len() as u64 + self.left_out, "packet")
        );
    }

    fn heads(&self, out: &mut String, layout: &Layout, height: usize) {
        for (column, &x) in self.columns.iter().zip(&layout.columns) {
            put(
                out,
                "head",
                "middle",
                x,
                MARGIN + 12,
                &column.address.to_string(),
            );
            put(
                out,
                "faint",
                "middle",
                x,
                MARGIN + 28,
                &clip(&safe(&column.who), MAX_STEP),
            );
            let _ = writeln!(
                out,
                "<line class=\"life\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\"/>",
                HEAD,
                height - MARGIN
            );
        }
    }

    /// A shaded band per step, its name at the left, so that the packets of a step are seen together.
    fn bands(&self, out: &mut String, layout: &Layout, gap: Option<usize>) {
        let mut start = 0;
        let mut shaded = true;
        while let Some(row) = self.rows.get(start) {
            let same = self.rows[start..]
                .iter()
                .take_while(|r| r.step == row.step)
                .count();
            let line = |i: usize| i + usize::from(gap.is_some_and(|g| g <= i));
            let (top, bottom) = (line(start), line(start + same - 1) + 1);
            let y = HEAD + MARGIN + top * ROW;
            if let Some(step) = &row.step {
                if shaded {
                    let tall = (bottom - top) * ROW;
                    let _ = writeln!(
                        out,
                        "<rect class=\"band\" x=\"0\" y=\"{y}\" width=\"{}\" height=\"{tall}\"/>",
                        layout.width
                    );
                }
                shaded = !shaded;
                put(
                    out,
                    "",
                    "start",
                    layout.step_x,
                    y + 21,
                    &clip(&safe(step), MAX_STEP),
                );
            }
            start += same;
        }
    }

    fn row(&self, out: &mut String, layout: &Layout, row: &Row, top: usize) {
        let class = row.look.class();
        let (Some(&from), Some(&to)) = (layout.columns.get(row.from), layout.columns.get(row.to))
        else {
            return;
        };
        let y = top + ROW - 8;
        let _ = write!(
            out,
            "<g class=\"{class}\"><title>{}</title>",
            escape(&format!("packet {}: {}", row.number, row.label))
        );
        put(
            out,
            "faint",
            "end",
            layout.time_right,
            y + 1,
            &format!("+{}", duration(row.since_start_ns)),
        );
        let dashed = if row.again { " again" } else { "" };
        if row.from == row.to {
            let _ = write!(
                out,
                "<path class=\"arrow{dashed}\" d=\"M{from} {} h{} v8 h-{}\"/>",
                y - 8,
                2 * CELL,
                2 * CELL - 6
            );
            tip(out, to + 1, y, false);
            put(out, "says", "start", from + 3 * CELL, y, &row.label);
        } else {
            let right = to > from;
            let end = if right { to - 8 } else { to + 8 };
            let _ = write!(
                out,
                "<line class=\"arrow{dashed}\" x1=\"{from}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\"/>"
            );
            tip(out, to, y, right);
            put(
                out,
                "says",
                "middle",
                label_x(layout, row),
                y - 6,
                &row.label,
            );
        }
        let note = clip(&note(row, layout.digits), MAX_NOTE);
        put(out, "faint", "start", layout.note_x, y + 1, &note);
        out.push_str("</g>\n");
    }
}

/// The label stands in the first space beside the sender, where no lifeline crosses it.
fn label_x(layout: &Layout, row: &Row) -> usize {
    let neighbour = if row.to > row.from {
        row.from + 1
    } else {
        row.from.saturating_sub(1)
    };
    let at = |i: usize| layout.columns.get(i).copied().unwrap_or(0);
    (at(row.from) + at(neighbour)) / 2
}

/// Number and note, the numbers padded to one width so that the notes stand in a column.
fn note(row: &Row, digits: usize) -> String {
    let number = format!("#{:<digits$}  {}", row.number, row.note);
    number.trim_end().to_owned()
}

fn tip(out: &mut String, x: usize, y: usize, right: bool) {
    let back = if right { x.saturating_sub(9) } else { x + 9 };
    let _ = write!(
        out,
        "<polygon class=\"tip\" points=\"{x},{y} {back},{} {back},{}\"/>",
        y - 5,
        y + 5
    );
}

fn put(out: &mut String, class: &str, anchor: &str, x: usize, y: usize, text: &str) {
    let _ = write!(
        out,
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{}</text>",
        escape(text)
    );
}

/// At most `cells` wide, with an ellipsis where it was cut.
fn clip(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > cells {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Control characters spelt out: most are not even allowed in XML.
fn safe(text: &str) -> String {
    super::text::escape(text)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in safe(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Not characters, so not allowed in XML 1.0.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
