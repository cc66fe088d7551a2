//! `socklab man`: manual pages, made from what `--help` says.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::CommandFactory;

use super::status::ExitStatus;

/// Arguments of `socklab man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder, in place of printing the program's own
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the program's page, or writes those of all commands.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(args: &ManArgs) -> anyhow::Result<ExitStatus> {
    // Without this, subcommands lack the options of every command.
    let mut command = super::Cli::command();
    command.build();
    match &args.out {
        None => clap_mangen::Man::new(command).render(&mut std::io::stdout())?,
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            pages(command, "socklab", folder)?;
        }
    }
    Ok(ExitStatus::Success)
}

fn pages(command: clap::Command, name: &str, folder: &Path) -> anyhow::Result<()> {
    let inner: Vec<clap::Command> = command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
        .cloned()
        .collect();
    let path = folder.join(format!("{name}.1"));
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .title(name)
        .render(&mut page)?;
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    for command in inner {
        let name = format!("{name}-{}", command.get_name());
        pages(command, &name, folder)?;
    }
    Ok(())
}
