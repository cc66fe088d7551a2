//! What a platform needs to run socklab by itself: for Gradescope an `autograder.zip` with this very
//! program, `setup.sh` and `run_autograder`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use zip::write::SimpleFileOptions;

use super::context::Context;
use super::report_cmd::store;

/// A platform that runs graders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Bundle {
    /// Gradescope: autograder.zip, to upload as it is
    Gradescope,
}

/// Installs what submissions need; Gradescope runs it once, when it builds the image.
pub const SETUP: &str = include_str!("../../templates/gradescope/setup.sh");
/// Grades one submission; Gradescope runs it for each.
const RUN_AUTOGRADER: &str = include_str!("../../templates/gradescope/run_autograder");

/// The script that grades one submission to an exercise.
pub fn run_autograder(exercise: &str) -> String {
    RUN_AUTOGRADER.replace("@EXERCISE@", exercise)
}

/// Writes the bundle into a folder; where it is.
///
/// # Errors
/// When there is no such exercise, or the folder cannot be written.
pub fn write(
    context: &Context,
    bundle: Bundle,
    exercise: &str,
    out: &Path,
) -> anyhow::Result<PathBuf> {
    let Bundle::Gradescope = bundle;
    // Its name goes into a script: only one that a course knows, which are plain words.
    let exercise = context.course()?.exercise(exercise)?.name;
    let program = std::env::current_exe().context("where is this program?")?;
    let program =
        std::fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
    let script = run_autograder(&exercise);
    let files: [(&str, &[u8]); 3] = [
        ("setup.sh", SETUP.as_bytes()),
        ("run_autograder", script.as_bytes()),
        ("socklab", &program),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o755))?;
        zip.write_all(bytes)?;
    }
    let path = out.join("autograder.zip");
    store(&path, &zip.finish()?.into_inner())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_names_the_exercise_and_nothing_is_left_to_fill_in() {
        let script = run_autograder("tcp-echo-server");
        assert!(
            script.contains("socklab\" check tcp-echo-server "),
            "{script}"
        );
        assert!(!script.contains('@') && !script.contains('\r'));
    }
}
