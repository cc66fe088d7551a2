//! A ladder as text for a terminal: lifelines with arrows in the middle, the step at the end of the line.

use unicode_width::UnicodeWidthStr;

use super::{Ladder, Row};
use crate::capture::story::{count, duration};

/// Between two lifelines when there are more than two: enough for `[::1]:65535`.
const NARROW: usize = 18;

impl Ladder {
    /// Draws it, as wide as it comes. Foreign text in it is escaped: control characters cannot reach the terminal.
    pub fn text(&self) -> String {
        self.text_within(usize::MAX)
    }

    /// Draws it for a terminal of this width: a note that does not fit beside its arrow goes below it. Only the lifelines of
    /// a ladder with many columns may still be wider.
    pub fn text_within(&self, width: usize) -> String {
        if self.columns.is_empty() {
            return "no packets to draw\n".to_owned();
        }
        let two = self.columns.len() == 2;
        let widest = self.rows.iter().map(|r| r.label.width()).max().unwrap_or(0);
        let heads = self
            .columns
            .iter()
            .flat_map(|c| [c.address.to_string().width(), escape(&c.who).width()])
            .max()
            .unwrap_or(0);
        let spacing = if two {
            (widest + 6).max(heads + 2)
        } else {
            NARROW.max(heads + 2)
        };
        let mut out = String::new();
        self.text_heads(&mut out, spacing);
        let gap = self.gap();
        let mut step = None;
        for (i, row) in self.rows.iter().enumerate() {
            if gap == Some(i) {
                self.left_out_line(&mut out);
            }
            if row.step.is_some() && row.step != step {
                step.clone_from(&row.step);
                out.push_str(&format!(
                    "{:>12}  ── {} ──\n",
                    "",
                    escape(row.step.as_deref().unwrap_or_default())
                ));
            }
            self.line(&mut out, row, spacing, two, width);
        }
        if gap == Some(self.rows.len()) {
            self.left_out_line(&mut out);
        }
        out
    }

    fn text_heads(&self, out: &mut String, spacing: usize) {
        for line in [
            self.columns
                .iter()
                .map(|c| c.address.to_string())
                .collect::<Vec<_>>(),
            self.columns.iter().map(|c| escape(&c.who)).collect(),
        ] {
            let mut text = " ".repeat(14);
            for head in line {
                text.push_str(&head);
                text.push_str(&" ".repeat((spacing + 1).saturating_sub(head.width())));
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
    }

    fn left_out_line(&self, out: &mut String) {
        out.push_str(&format!(
            "{:>12}  … {} not shown …\n",
            "",
            count(self.left_out, "packet")
        ));
    }

    fn line(&self, out: &mut String, row: &Row, spacing: usize, label_inside: bool, width: usize) {
        let time = format!("+{}", duration(row.since_start_ns));
        let mut line = format!("{time:>12}  ");
        let (left, right) = (row.from.min(row.to), row.from.max(row.to));
        let rightwards = row.from <= row.to;
        for i in 0..self.columns.len() {
            line.push('│');
            if i + 1 == self.columns.len() {
                break;
            }
            let inside = i >= left && i < right;
            line.push_str(&match inside {
                true => arrow(
                    spacing,
                    rightwards,
                    i == left,
                    i + 1 == right,
                    row,
                    label_inside,
                ),
                false => " ".repeat(spacing),
            });
        }
        line.push_str(&format!("  {:>4}", row.number));
        let mut remarks = Vec::new();
        if !label_inside || left == right {
            remarks.push(row.label.as_str());
        }
        if !row.note.is_empty() {
            remarks.push(&row.note);
        }
        for remark in remarks {
            if line.width() + 2 + remark.width() <= width {
                line.push_str("  ");
                line.push_str(remark);
                continue;
            }
            out.push_str(line.trim_end());
            out.push('\n');
            line = self.lifelines(spacing) + "  " + remark;
            if line.width() > width {
                let room = width.saturating_sub(14);
                line = format!("{:14}{:>room$}", "", remark);
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }

    /// A line in which nothing happens.
    fn lifelines(&self, spacing: usize) -> String {
        let lines = vec!["│"; self.columns.len()];
        " ".repeat(14) + &lines.join(&" ".repeat(spacing))
    }
}

/// A stretch of an arrow between two neighbouring lifelines.
fn arrow(
    spacing: usize,
    rightwards: bool,
    first: bool,
    last: bool,
    row: &Row,
    label_inside: bool,
) -> String {
    let (shaft, label) = (
        if row.again { "╌" } else { "─" },
        if label_inside { row.label.as_str() } else { "" },
    );
    let padded = if label.is_empty() {
        String::new()
    } else {
        format!(" {label} ")
    };
    let head = if rightwards && last {
        (0, 1)
    } else if !rightwards && first {
        (1, 0)
    } else {
        (0, 0)
    };
    let rest = spacing.saturating_sub(padded.width() + head.0 + head.1);
    format!(
        "{}{}{padded}{}{}",
        "◀".repeat(head.0),
        shaft.repeat(rest / 2),
        shaft.repeat(rest - rest / 2),
        "▶".repeat(head.1)
    )
}

/// Text from a file, safe for a terminal: control characters, and characters which turn the direction of writing, are spelt out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
