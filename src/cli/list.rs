//! `socklab list`.

use std::io::Write;

use super::context::Context;
use super::status::ExitStatus;

/// Arguments of `socklab list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only this lab
    lab: Option<String>,
    /// Only the names of the exercises, one a line
    #[arg(long)]
    names: bool,
}

/// Lists labs and exercises.
///
/// # Errors
/// When the course cannot be read.
pub fn run(context: &Context, args: &ListArgs) -> anyhow::Result<ExitStatus> {
    let course = context.course()?;
    let labs = course.labs();
    if let Some(lab) = &args.lab {
        anyhow::ensure!(
            labs.iter().any(|(name, _)| name == lab),
            "no lab `{lab}`; there are {}",
            labs.iter()
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    let mut out = std::io::stdout().lock();
    let mut count = 0;
    let shown: Vec<_> = labs
        .iter()
        .filter(|(name, _)| args.lab.as_ref().is_none_or(|lab| lab == name))
        .collect();
    for (lab, exercises) in &shown {
        if !args.names {
            writeln!(out, "{lab}")?;
        }
        for name in exercises {
            count += 1;
            if args.names {
                writeln!(out, "{name}")?;
                continue;
            }
            let spec = course.exercise(name)?.spec()?;
            let bonus = if spec.bonus { "  bonus" } else { "" };
            writeln!(
                out,
                "  {name:<28} {:>5} points  {}{bonus}",
                spec.points, spec.title
            )?;
        }
    }
    if !args.names {
        writeln!(
            out,
            "\n{} labs, {count} exercises. `socklab show EXERCISE` tells more.",
            shown.len()
        )?;
    }
    Ok(ExitStatus::Success)
}
