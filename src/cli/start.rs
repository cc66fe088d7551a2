//! `socklab start`.

use std::path::PathBuf;

use anyhow::Context as _;

use super::context::{Context, FOLDER_NOTE, FolderNote};
use super::status::ExitStatus;

/// Arguments of `socklab start`.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// The exercise; `socklab list` shows all
    exercise: String,
    /// Where to; a new folder named after the exercise when absent
    dir: Option<PathBuf>,
}

/// Copies an exercise's handout and starter files. A file that is there already is never overwritten.
///
/// # Errors
/// When there is no such exercise, or the folder cannot be written.
pub fn run(context: &Context, args: &StartArgs) -> anyhow::Result<ExitStatus> {
    let course = context.course()?;
    let exercise = course.exercise(&args.exercise)?;
    let dir = args
        .dir
        .clone()
        .unwrap_or_else(|| PathBuf::from(&exercise.name));
    let mut kept = 0;
    for (path, file) in course.handout(&exercise)?.iter() {
        let to = dir.join(path);
        if to.exists() {
            println!("kept     {} (it was there already)", to.display());
            kept += 1;
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::write(&to, &file.bytes)
            .with_context(|| format!("cannot write {}", to.display()))?;
        println!("written  {}", to.display());
    }
    let note = FolderNote {
        exercise: exercise.name.clone(),
    };
    let path = dir.join(FOLDER_NOTE);
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    std::fs::write(&path, serde_yaml::to_string(&note)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    if kept > 0 {
        println!("\nFiles that were there already are as they were.");
    }
    println!(
        "\nRead {}, write your program, then:  socklab check {}",
        dir.join("README.md").display(),
        dir.display()
    );
    Ok(ExitStatus::Success)
}
