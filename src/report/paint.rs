//! Styled, wrapped text: what the terminal report and every plain-text excerpt of it are drawn with.
//!
//! All text that goes in is escaped here, so that no byte of a student's reaches a terminal unescaped.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape;
use crate::verdict::Outcome;

/// How a terminal report looks. The caller reads the terminal and the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns to fill; less than 40 counts as 40.
    pub width: usize,
    /// Use colours (never the only sign of anything).
    pub color: bool,
    /// Words instead of symbols, for screen readers and old terminals.
    pub ascii: bool,
    /// Also the conversation, the ladder diagram and longer excerpts.
    pub verbose: bool,
}

impl Default for Look {
    /// Plain text of 100 columns.
    fn default() -> Self {
        Look {
            width: 100,
            color: false,
            ascii: false,
            verbose: false,
        }
    }
}

/// What a piece of text is, from which its style follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Titles.
    Strong,
    /// Side remarks.
    Dim,
    /// Passed.
    Good,
    /// Failed.
    Bad,
    /// Partly, not run, by hand.
    Warn,
    /// A first difference.
    Mark,
}

impl Tone {
    fn style(self) -> Style {
        let color = |c: AnsiColor| Style::new().fg_color(Some(c.into()));
        match self {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Good => color(AnsiColor::Green),
            Tone::Bad => color(AnsiColor::Red).bold(),
            Tone::Warn => color(AnsiColor::Yellow),
            Tone::Mark => Style::new().bold().invert(),
        }
    }

    /// The tone of an outcome.
    pub fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Tone::Good,
            Outcome::Failed => Tone::Bad,
            Outcome::Partial | Outcome::NotRun | Outcome::Manual | Outcome::Error => Tone::Warn,
        }
    }
}

/// A page of text in the making.
pub struct Painter<'l> {
    /// How it looks.
    pub look: &'l Look,
    out: String,
}

impl<'l> Painter<'l> {
    /// An empty page.
    pub fn new(look: &'l Look) -> Self {
        Painter {
            look,
            out: String::new(),
        }
    }

    /// The page.
    pub fn finish(self) -> String {
        self.out
    }

    /// Columns of a line.
    pub fn width(&self) -> usize {
        self.look.width.max(40)
    }

    /// Adds text, escaped, without a line break.
    pub fn put(&mut self, tone: Tone, text: &str) {
        let text = escape::line(text);
        if !self.look.color || tone == Tone::Plain || text.is_empty() {
            self.out.push_str(&text);
            return;
        }
        let style = tone.style();
        self.out.push_str(&format!("{style}{text}{style:#}"));
    }

    /// Adds spaces.
    pub fn gap(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    /// Ends the line; spaces before it go. A log is also read by runners of workflows, which take a line
    /// that begins with two colons for a command: one that does has its first colon escaped.
    pub fn end(&mut self) {
        let start = self.out.rfind('\n').map_or(0, |at| at + 1);
        let begin = self.out.len() - self.out[start..].trim_start().len();
        if self.out[begin..].starts_with("::") {
            self.out.replace_range(begin..=begin, "\\x3a");
        }
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
    }

    /// Adds one line of text, cut at the page's width.
    pub fn line(&mut self, tone: Tone, indent: usize, text: &str) {
        self.gap(indent);
        let room = self.width().saturating_sub(indent);
        self.put(tone, &self.cut(&escape::line(text), room));
        self.end();
    }

    /// Adds text wrapped at words; `column` is where the cursor stands and where the next lines begin.
    pub fn wrap(&mut self, tone: Tone, column: usize, text: &str) {
        let room = self.width().saturating_sub(column).max(20);
        for (i, line) in wrapped(text, room).iter().enumerate() {
            if i > 0 {
                self.gap(column);
            }
            self.put(tone, line);
            self.end();
        }
    }

    /// Text cut to a number of columns, with dots at the end if something is missing.
    pub fn cut(&self, text: &str, columns: usize) -> String {
        if text.width() <= columns {
            return text.to_owned();
        }
        let dots = if self.look.ascii { "..." } else { "…" };
        let mut room = columns.saturating_sub(dots.width());
        let mut out = String::new();
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            if width > room {
                break;
            }
            room -= width;
            out.push(c);
        }
        out + dots
    }

    /// The sign of an outcome: one symbol, or a word.
    pub fn sign(&self, outcome: Outcome) -> &'static str {
        if self.look.ascii {
            return match outcome {
                Outcome::Passed => "passed ",
                Outcome::Failed => "FAILED ",
                Outcome::Partial => "partly ",
                Outcome::NotRun => "not run",
                Outcome::Manual => "by hand",
                Outcome::Error => "error  ",
            };
        }
        match outcome {
            Outcome::Passed => "✓",
            Outcome::Failed => "✗",
            Outcome::Partial => "◐",
            Outcome::NotRun => "○",
            Outcome::Manual => "✎",
            Outcome::Error => "!",
        }
    }

    /// What stands between facts on one line.
    pub fn dot(&self) -> &'static str {
        if self.look.ascii { " - " } else { " · " }
    }

    /// A bar of `columns` columns, filled to `share`.
    pub fn bar(&self, share: f64, columns: usize) -> String {
        let (full, empty) = if self.look.ascii {
            ("#", ".")
        } else {
            ("█", "░")
        };
        let filled = ((share.clamp(0.0, 1.0) * columns as f64).round() as usize).min(columns);
        full.repeat(filled) + &empty.repeat(columns - filled)
    }
}

/// Text as lines of at most `room` columns, broken at spaces, at line breaks, and inside words only if
/// they are longer than a line.
pub fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.trim().split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in escape::line(paragraph.trim()).split(' ') {
            // Any word may come to stand at the beginning of a line.
            let word = escape::disarm_commands(word.to_owned());
            let word = word.as_str();
            let width = word.width();
            if used > 0 && used + 1 + width > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            used += push_word(&mut lines, &mut line, word, room, used);
        }
        lines.push(line);
    }
    lines
}

/// Adds a word to a line, breaking it if it is longer than a whole line; returns the columns added.
fn push_word(
    lines: &mut Vec<String>,
    line: &mut String,
    word: &str,
    room: usize,
    used: usize,
) -> usize {
    if used + word.width() <= room {
        line.push_str(word);
        return word.width();
    }
    let mut column = used;
    for c in word.chars() {
        let width = c.width().unwrap_or(0);
        if column + width > room {
            lines.push(std::mem::take(line));
            column = 0;
        }
        line.push(c);
        column += width;
    }
    column.saturating_sub(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_words_and_breaks_only_what_is_too_long() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("a\nb", 10), ["a", "b"]);
        assert_eq!(wrapped("日本語日本", 6), ["日本語", "日本"]);
    }

    #[test]
    fn nothing_that_is_put_reaches_the_page_unescaped() {
        let look = Look {
            color: false,
            ..Look::default()
        };
        let mut page = Painter::new(&look);
        page.put(Tone::Bad, "\u{1b}]0;x\u{7}\r");
        page.wrap(Tone::Plain, 0, "a\u{9b}31mb\u{202e}");
        page.wrap(Tone::Plain, 0, "b\n  ::error::c");
        let page = page.finish();
        assert!(
            !page.chars().any(|c| c.is_control() && c != '\n'),
            "{page:?}"
        );
        assert!(page.ends_with("b\n\\x3a:error::c\n"), "{page:?}");
    }

    #[test]
    fn a_cut_line_ends_in_dots_and_fits() {
        let look = Look::default();
        assert_eq!(Painter::new(&look).cut("日本語日本", 7), "日本語…");
    }
}
