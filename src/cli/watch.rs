//! `--watch`: the same again whenever a file that matters has changed, with keys for a closer look.

mod keys;
mod view;

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::Context as _;
use notify::{RecursiveMode, Watcher};

use super::check::{CheckArgs, Session};
use super::context::{Context, FOLDER_NOTE};
use super::hint::{self, Ask};
use super::status::{self, ExitStatus, Interrupted};
use crate::class::discover::open_submission;
use crate::plan::Files;

use keys::Keys;
use view::{Page, Seen};

/// How long files must be quiet before they are read: editors save in several steps, all within a few
/// milliseconds.
const QUIET: Duration = Duration::from_millis(40);

/// What wakes the loop.
enum Told {
    /// Something happened to a file.
    Changed,
    /// A key was pressed.
    Key(u8),
    /// Ctrl-C.
    Interrupt,
    /// The program was stopped and goes on.
    Continued,
}

/// Checks now and after every change below `path`, until interrupted.
///
/// # Errors
/// When the folder cannot be watched, or nothing can be graded here at all.
pub fn watch(
    context: &Context,
    args: &CheckArgs,
    exercise: &str,
    path: &Path,
) -> anyhow::Result<ExitStatus> {
    let session = Session::open(context, args, exercise)?;
    let (tell, told) = channel();
    let _watcher = watcher(path, tell.clone())?;
    let keys = Keys::open();
    keys::signals(tell.clone(), keys.as_ref());
    if keys.is_some() {
        keys::listen(tell);
    }
    let mut watch = Watch {
        context,
        args,
        path,
        session,
        keys,
        files: None,
        seen: None,
        page: Page::Report,
        problem: None,
    };
    let status = watch.follow(&told);
    watch.session.close();
    status
}

/// Tells of every change. A single file is watched by its folder: editors put a new file in its place.
fn watcher(path: &Path, tell: Sender<Told>) -> anyhow::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is no change of it.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = tell.send(Told::Changed);
        }
    })
    .context("cannot watch files")?;
    let folder = path.parent().filter(|parent| *parent != Path::new(""));
    let (watched, mode) = match path.is_dir() {
        true => (path, RecursiveMode::Recursive),
        false => (
            folder.unwrap_or(Path::new(".")),
            RecursiveMode::NonRecursive,
        ),
    };
    watcher
        .watch(watched, mode)
        .with_context(|| format!("cannot watch {}", watched.display()))?;
    Ok(watcher)
}

struct Watch<'c> {
    context: &'c Context,
    args: &'c CheckArgs,
    path: &'c Path,
    session: Session,
    keys: Option<Keys>,
    /// What was checked last.
    files: Option<Files>,
    seen: Option<Seen>,
    page: Page,
    /// Why the last save could not be checked.
    problem: Option<String>,
}

impl Watch<'_> {
    fn follow(&mut self, told: &Receiver<Told>) -> anyhow::Result<ExitStatus> {
        self.check()?;
        loop {
            match told.recv() {
                Err(_) | Ok(Told::Interrupt) => return Ok(ExitStatus::Interrupted),
                Ok(Told::Key(b'q' | b'Q')) => return Ok(ExitStatus::Success),
                Ok(Told::Key(key)) => {
                    self.page = Page::of(key);
                    self.show();
                }
                Ok(Told::Continued) => {
                    if let Some(keys) = &self.keys {
                        keys.again();
                    }
                    self.show();
                }
                Ok(Told::Changed) => {
                    if let Some(status) = self.settle(told) {
                        return Ok(status);
                    }
                    self.check()?;
                }
            }
        }
    }

    /// Waits until the editor has finished saving.
    fn settle(&self, told: &Receiver<Told>) -> Option<ExitStatus> {
        loop {
            match told.recv_timeout(QUIET) {
                Ok(Told::Interrupt) => return Some(ExitStatus::Interrupted),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Checks what is there now, unless it is what was checked last.
    fn check(&mut self) -> anyhow::Result<()> {
        let files = match open_submission(self.path).and_then(|handed| handed.read()) {
            Ok(submitted) => without_note(&submitted.files),
            Err(error) => {
                self.problem = Some(error.to_string());
                self.show();
                return Ok(());
            }
        };
        if self.files.as_ref() == Some(&files) {
            return Ok(());
        }
        self.files = Some(files);
        if self.keys.is_some() {
            print!("\r\x1b[2Kchecking …");
            let _ = std::io::Write::flush(&mut std::io::stdout());
        }
        match self.session.grade(self.args, self.path) {
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => self.problem = Some(status::message(&error)),
            Ok((graded, _)) => {
                self.problem = None;
                let extras = super::check::terminal_extras(&self.session, &graded);
                self.seen = Some(Seen::new(graded, extras, self.args.audience()));
                self.page = Page::Report;
            }
        }
        self.show();
        Ok(())
    }

    fn show(&self) {
        let terminal = self.keys.is_some();
        if terminal {
            // Clears the screen and what scrolled off it, and goes to its beginning (ECMA-48: ED 2, ED 3, CUP).
            print!("\x1b[2J\x1b[3J\x1b[H");
        }
        let look = self.context.look(self.args.verbose);
        // The line of keys, a blank line before it, and the cursor's own.
        let rows = terminal_size::terminal_size().map_or(usize::MAX, |(_, rows)| {
            usize::from(rows.0).saturating_sub(3)
        });
        if let Some(problem) = &self.problem {
            println!("Not checked: {}\n", crate::report::escape::line(problem));
        }
        if let Some(seen) = &self.seen {
            let text = match (self.page, seen.first()) {
                (Page::Hint, Some(check)) => self.hint(check),
                (page, _) => seen.page(page, &look, if terminal { rows } else { usize::MAX }),
            };
            print!("{text}");
        }
        if terminal {
            println!("\n{}", key_line(look.ascii));
        } else {
            println!(
                "\nWatching {}; saving a file checks again, Ctrl-C ends.",
                self.path.display()
            );
        }
    }

    fn hint(&self, check: &str) -> String {
        let folder = match self.path.is_dir() {
            true => self.path,
            false => Path::new("."),
        };
        hint::text(self.session.spec(), check, folder, Ask::Next)
            .unwrap_or_else(|error| format!("{}\n", status::message(&error)))
    }
}

/// What socklab itself notes in the folder is no work of the student's.
fn without_note(files: &Files) -> Files {
    let mut kept = Files::new();
    for (path, file) in files.iter().filter(|(path, _)| *path != FOLDER_NOTE) {
        kept.insert(path, file.bytes.to_vec(), file.executable);
    }
    kept
}

fn key_line(ascii: bool) -> String {
    let keys = [
        "h hint",
        "f first failure",
        "l ladder",
        "o output",
        "any other key report",
        "q quit",
    ];
    let dot = if ascii { " | " } else { " · " };
    format!("{}{dot}saving checks again", keys.join(dot))
}
