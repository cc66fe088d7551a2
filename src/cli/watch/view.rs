//! What `check --watch` shows: the report, or one thing about the first check that did not pass.

use crate::class::grade::Graded;
use crate::event::What;
use crate::report::{Audience, Extras, Look, Visible, escape, terminal};
use crate::verdict::Outcome;

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The report.
    Report,
    /// The first failure at length.
    Failure,
    /// The packets of the first failure.
    Ladder,
    /// What the programs printed in the first failure.
    Output,
    /// Hints for the first failure.
    Hint,
}

impl Page {
    /// The page of a key; any other key leads back to the report.
    pub fn of(key: u8) -> Page {
        match key.to_ascii_lowercase() {
            b'f' => Page::Failure,
            b'l' => Page::Ladder,
            b'o' => Page::Output,
            b'h' => Page::Hint,
            _ => Page::Report,
        }
    }
}

/// What a run left to be shown.
pub struct Seen {
    visible: Visible,
    output: Vec<(bool, Vec<u8>)>,
    first: Option<String>,
}

impl Seen {
    /// From a graded submission, as a student sees it.
    pub fn new(graded: Graded, extras: Extras, audience: Audience) -> Seen {
        let first = graded
            .card
            .checks
            .iter()
            .find(|check| matches!(check.outcome, Outcome::Failed | Outcome::Partial))
            .map(|check| check.id.clone());
        let events = first.as_ref().and_then(|id| graded.events.get(id));
        let output = events
            .into_iter()
            .flatten()
            .filter_map(|event| match &event.what {
                What::Output { bytes, stderr, .. } => Some((*stderr, bytes.0.clone())),
                _ => None,
            })
            .collect();
        Seen {
            visible: Visible::new(graded.card, extras, audience),
            output,
            first,
        }
    }

    /// The first check that did not pass.
    pub fn first(&self) -> Option<&str> {
        // A hidden check has no pages of its own.
        let first = self.first.as_deref()?;
        let shown = self
            .visible
            .card()
            .checks
            .iter()
            .any(|check| check.id == first);
        shown.then_some(first)
    }

    /// A page as lines; `rows` is the terminal's height.
    pub fn page(&self, page: Page, look: &Look, rows: usize) -> String {
        if page == Page::Report {
            let whole = terminal::text(&self.visible, look);
            return if whole.lines().count() <= rows {
                whole
            } else {
                terminal::brief(&self.visible, look)
            };
        }
        let Some(first) = self.first() else {
            return "Every check that you can see passes.\n".into();
        };
        match page {
            Page::Failure => terminal::failure(&self.visible, first, look),
            Page::Ladder => self
                .visible
                .extras()
                .ladder
                .get(first)
                .cloned()
                .unwrap_or_else(|| "No packets were sent in this check.\n".into()),
            _ => self.output(look),
        }
    }

    /// The programs' output in order, with a mark before what went to standard error.
    fn output(&self, look: &Look) -> String {
        if self.output.is_empty() {
            return "The program printed nothing.\n".into();
        }
        let bar = if look.ascii { '|' } else { '│' };
        let mut text =
            String::from("What your program printed in the first check that did not pass\n\n");
        for (stderr, bytes) in &self.output {
            for line in String::from_utf8_lossy(bytes).lines() {
                let mark = if *stderr { '!' } else { ' ' };
                text.push_str(&format!("  {mark}{bar} {}\n", escape::line(line)));
            }
        }
        text
    }
}
