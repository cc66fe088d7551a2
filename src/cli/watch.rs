//! `--watch`: the same again whenever a file changes.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context as _;
use notify::{RecursiveMode, Watcher};

use super::status::{ExitStatus, Interrupted};

/// How long files must be quiet before the next run: editors save in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// Runs `once` now and after every change below `path`, until interrupted.
///
/// # Errors
/// When the folder cannot be watched, or `once` fails in a way that waiting does not mend.
pub fn watch(
    path: &Path,
    once: impl Fn() -> anyhow::Result<ExitStatus>,
) -> anyhow::Result<ExitStatus> {
    let (tell, told) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is no change of it.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = tell.send(());
        }
    })
    .context("cannot watch files")?;
    watcher
        .watch(path, RecursiveMode::Recursive)
        .with_context(|| format!("cannot watch {}", path.display()))?;
    loop {
        // Clears the screen and goes to its beginning (ECMA-48: ED 2, CUP).
        print!("\x1b[2J\x1b[H");
        match once() {
            Err(error) if error.is::<Interrupted>() => return Ok(ExitStatus::Interrupted),
            Err(error) => eprintln!("socklab: {error:#}"),
            Ok(_) => {}
        }
        println!(
            "\nWatching {}; saving a file checks again, Ctrl-C ends.",
            path.display()
        );
        if told.recv().is_err() {
            return Ok(ExitStatus::Success);
        }
        while told.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {}
    }
}
