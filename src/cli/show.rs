//! `socklab show`.

use std::io::Write;

use super::context::Context;
use super::status::ExitStatus;
use crate::spec::{Endpoint, Hidden, Level, Spec};

/// Arguments of `socklab show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The exercise; `socklab list` shows all
    exercise: String,
    /// Also the handout
    #[arg(long)]
    handout: bool,
}

/// Shows an exercise.
///
/// # Errors
/// When there is no such exercise or its spec is broken.
pub fn run(context: &Context, args: &ShowArgs) -> anyhow::Result<ExitStatus> {
    let course = context.course()?;
    let exercise = course.exercise(&args.exercise)?;
    let spec = exercise.spec()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}  ({}/{})", spec.title, exercise.lab, exercise.name)?;
    if !spec.summary.is_empty() {
        writeln!(out, "\n{}", spec.summary.trim())?;
    }
    programs(&spec, &mut out)?;
    writeln!(out, "\nChecks ({} points)", spec.points)?;
    for check in &spec.checks {
        if check.hidden != Hidden::Never {
            writeln!(out, "  {:>5}  a hidden check", check.points)?;
            continue;
        }
        let value = match check.level {
            Level::Must if check.bonus => format!("+{}", check.points),
            Level::Must => check.points.to_string(),
            Level::Should => "advice".into(),
            Level::Info => "info".into(),
        };
        let by_hand = if check.manual.is_some() {
            "  (by hand)"
        } else {
            ""
        };
        writeln!(
            out,
            "  {value:>6}  {:<20} {}{by_hand}",
            check.id, check.title
        )?;
    }
    if args.handout {
        let handout = course.handout(&exercise)?;
        if let Some(text) = handout.text("README.md") {
            writeln!(out, "\n{}", text.trim_end())?;
        }
    } else {
        writeln!(
            out,
            "\n`socklab show {} --handout` shows the handout, `socklab start {0}` begins.",
            exercise.name
        )?;
    }
    Ok(ExitStatus::Success)
}

fn programs(spec: &Spec, out: &mut impl Write) -> std::io::Result<()> {
    for (role, program) in &spec.programs {
        let place = |verb: &str, endpoint: &Option<Endpoint>| {
            endpoint.as_ref().map_or(String::new(), |endpoint| {
                format!("  {verb} {}", place_text(endpoint))
            })
        };
        let files = program
            .files
            .iter()
            .take(3)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        writeln!(
            out,
            "\n{role}: {files}{}{}",
            place("listens on", &program.listens),
            place("connects to", &program.connects)
        )?;
    }
    Ok(())
}

fn place_text(endpoint: &Endpoint) -> String {
    let at = endpoint
        .at
        .as_deref()
        .map_or(String::new(), |at| format!(" at {at}"));
    match endpoint {
        Endpoint {
            tcp: Some(port), ..
        } => format!("TCP port {port}{at}"),
        Endpoint {
            udp: Some(port), ..
        } => format!("UDP port {port}{at}"),
        Endpoint {
            unix: Some(path), ..
        } => format!("the Unix socket {path}"),
        _ => "any port".into(),
    }
}
