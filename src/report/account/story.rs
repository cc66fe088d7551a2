//! The calls that a check needs beside those that the program made.

use unicode_width::UnicodeWidthStr as _;

use super::super::paint::{Painter, Tone};
use super::super::words::count;
use super::{LABEL, VALUE, field, label};
use crate::report::escape;
use crate::verdict::Story;

/// Columns that the needed calls may take at most.
const NEEDED: usize = 36;

/// Draws a story: two columns, and a mark where the program left the path.
pub fn story(page: &mut Painter<'_>, story: &Story) {
    label(page, "calls");
    let title = format!(
        "needed, and what the {} called",
        escape::line(&story.program)
    );
    page.put(Tone::Dim, &title);
    page.end();
    let needed = |row: &crate::verdict::StoryRow| escape::line(&row.needed);
    let widest = story.rows.iter().map(|row| needed(row).width()).max();
    let left = widest.unwrap_or(0).min(NEEDED);
    for row in &story.rows {
        page.gap(LABEL + 1);
        page.put(Tone::Bad, if row.wrong { "!" } else { " " });
        page.gap(1);
        let text = page.cut(&needed(row), left);
        let missing = row.wrong && row.seen.is_empty();
        page.put(if missing { Tone::Bad } else { Tone::Dim }, &text);
        page.gap(left - text.width() + 3);
        let room = page.width().saturating_sub(LABEL + 6 + left);
        let seen = page.cut(&escape::line(&row.seen), room);
        page.put(Tone::Plain, &seen);
        page.end();
    }
    if story.more > 0 {
        page.gap(VALUE);
        page.put(Tone::Dim, &format!("… and {}", count(story.more, "call")));
        page.end();
    }
    if !story.turn.is_empty() {
        field(page, "", &story.turn);
    }
}
