//! What was said in a check, line by line.

use super::super::excerpt;
use super::super::paint::Painter;
use super::super::words::{count, duration};
use super::{block_titled, field};
use crate::score::Line;
use crate::verdict::Excerpt;

/// Lines that are shown.
const CONVERSATION_LINES: usize = 200;

/// Draws the conversation, cut after a few hundred lines.
pub fn conversation(page: &mut Painter<'_>, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    let room = page.width().saturating_sub(42).max(16);
    let text: Vec<String> = lines
        .iter()
        .take(CONVERSATION_LINES)
        .map(|line| {
            let when = format!("{:>9}", duration(line.at_ms));
            format!(
                "{when}  {:<10} {:<9} {}",
                line.who,
                line.kind,
                said(line, room)
            )
        })
        .collect();
    block_titled(page, "what happened", "", text.iter().map(String::as_str));
    if lines.len() > CONVERSATION_LINES {
        let more = (lines.len() - CONVERSATION_LINES) as u64;
        field(page, "", &format!("… and {}", count(more, "line")));
    }
}

/// The bytes of a line of the conversation as one line of text.
pub fn said(line: &Line, columns: usize) -> String {
    let wire = matches!(
        line.kind.as_str(),
        "sent" | "received" | "printed" | "typed"
    );
    if !wire {
        return line.bytes.lossy().into_owned();
    }
    let excerpt = Excerpt {
        label: String::new(),
        bytes: line.bytes.clone(),
        length: line.length,
        described: false,
    };
    let shown = excerpt::show(&excerpt, None, columns, excerpt::is_binary(&excerpt));
    if shown.left > 0 {
        format!("{} {}", shown.text(), count(line.length, "byte"))
    } else {
        shown.text()
    }
}
