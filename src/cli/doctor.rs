//! `socklab doctor`.

use std::io::Write;

use super::context::{Context, runtime};
use super::status::ExitStatus;
use crate::sandbox::doctor::{Diagnosis, StepOutcome, doctor};

/// Arguments of `socklab doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Also the tools that were found
    #[arg(long, short)]
    verbose: bool,
}

/// Builds a sandbox step by step and says what this machine gives.
///
/// # Errors
/// When the program cannot find itself.
pub fn run(context: &Context, args: &DoctorArgs) -> anyhow::Result<ExitStatus> {
    let launcher = context.launcher()?;
    let diagnosis = runtime()?.block_on(doctor(&launcher));
    let mut out = std::io::stdout().lock();
    print(&diagnosis, &mut out)?;
    let toolchains = crate::sandbox::Toolchains::discover(&context.search());
    let languages = [
        ("Python 3", "python3"),
        ("C", "cc"),
        ("C++", "c++"),
        ("Java", "javac"),
        ("Node", "node"),
        ("Go", "go"),
        ("Rust", "rustc"),
        ("make", "make"),
    ];
    writeln!(out, "\nLanguages")?;
    for (language, tool) in languages {
        match toolchains.found.get(tool) {
            Some(path) if args.verbose => {
                writeln!(out, "  ok       {language:<9} {}", path.display())?
            }
            Some(_) => writeln!(out, "  ok       {language}")?,
            None => writeln!(
                out,
                "  missing  {language:<9} programs in it are not graded here (no {tool})"
            )?,
        }
    }
    Ok(if diagnosis.level.is_some() {
        ExitStatus::Success
    } else {
        ExitStatus::NotHere
    })
}

fn print(diagnosis: &Diagnosis, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "Linux {}", diagnosis.kernel)?;
    writeln!(out, "\nA sandbox, step by step")?;
    for report in &diagnosis.steps {
        match &report.outcome {
            StepOutcome::Passed(took) => {
                writeln!(
                    out,
                    "  ok       {:<34} {:>6.2} ms",
                    report.step.to_string(),
                    took.as_secs_f64() * 1e3
                )?;
            }
            StepOutcome::Missing(failure) => writeln!(out, "  without  {failure}")?,
            StepOutcome::Failed(failure) => writeln!(out, "  FAILED   {failure}")?,
        }
    }
    match diagnosis.level {
        Some(level) => writeln!(
            out,
            "\nIsolation level {level}; a program that does nothing takes {:.1} ms",
            diagnosis.took.as_secs_f64() * 1e3
        )?,
        None => writeln!(
            out,
            "\nNo sandbox can be made here, so nothing can be graded for credit."
        )?,
    }
    for way in &diagnosis.ways_out {
        writeln!(out, "\n  {way}")?;
    }
    Ok(())
}
