//! `socklab peer`: plays the other side on this machine, for trying a program by hand.

mod place;
mod tell;

use std::net::IpAddr;
use std::sync::Arc;

use super::context::{Context, runtime, unknown};
use super::status::ExitStatus;
use crate::event::{Event, Observed, What};
use crate::report::escape;
use crate::run::{Play, play};
use crate::spec::Spec;
use crate::spec::by_hand::{Scene, Side, scenes};

use place::Stage;
use tell::Teller;

/// Arguments of `socklab peer`.
#[derive(Debug, clap::Args)]
pub struct PeerArgs {
    /// The exercise; `socklab list` shows all
    exercise: String,
    /// What to play: a check of the exercise, or a manner such as `silent`; a list when left out
    role: Option<String>,
    /// The address to call, or to wait at, in place of the exercise's own
    #[arg(long, value_name = "ADDR")]
    at: Option<IpAddr>,
    /// The port in place of the exercise's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Draw messages and names from this seed, as a report names it
    #[arg(long)]
    seed: Option<u64>,
}

/// Plays a role until its conversation is over.
///
/// # Errors
/// When there is no such exercise or role, nobody listens, or a port is taken.
pub fn run(context: &Context, args: &PeerArgs) -> anyhow::Result<ExitStatus> {
    let course = context.course()?;
    let spec = course.exercise(&args.exercise)?.spec()?;
    let scenes = scenes(&spec);
    anyhow::ensure!(
        !scenes.is_empty(),
        "{} has nothing to be played by hand: no check of it is a conversation with a program of yours over the network",
        spec.exercise
    );
    let Some(role) = &args.role else {
        list(&spec, &scenes);
        return Ok(ExitStatus::Success);
    };
    let scene = find(&spec, &scenes, role)?;
    let stage = Stage::new(&spec, scene, args.at, args.port);
    let mut teller = Teller::new(context.look(false), &stage);
    teller.opening(scene);
    let play_it = Play {
        launcher: context.launcher()?,
        spec: Arc::new(stage.spec.clone()),
        check: stage.check.clone(),
        seed: args.seed.unwrap_or_else(some_seed),
    };
    let mut refused = false;
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let playing = play(play_it, |event| {
            refused |= is_refused(event);
            teller.tell(event);
        });
        tokio::select! {
            outcome = playing => Some(outcome),
            _ = tokio::signal::ctrl_c() => None,
        }
    });
    runtime.shutdown_background();
    match outcome {
        None => {
            println!("\nEnded.");
            Ok(ExitStatus::Interrupted)
        }
        Some(Err(error)) => Err(stage.explain(error)),
        Some(Ok(_)) if refused => anyhow::bail!("{}", stage.nobody_there()),
        Some(Ok(true)) => {
            println!("\nThat was all, and as the check wants it.");
            Ok(ExitStatus::Success)
        }
        Some(Ok(false)) => {
            let wanted = escape::line(teller.last_step());
            println!("\nThis is where it goes wrong. The check wants: {wanted}.");
            Ok(ExitStatus::PointsLost)
        }
    }
}

fn is_refused(event: &Event) -> bool {
    matches!(
        &event.what,
        What::StepEnded { observed: Observed::Connect { outcome, .. }, .. } if outcome != "ok"
    )
}

/// A seed that differs each time: `RandomState` is seeded by the system for every process.
fn some_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) >> 32
}

fn list(spec: &Spec, scenes: &[Scene]) {
    println!("{}: the other side can play", spec.title);
    let widest = scenes
        .iter()
        .map(|scene| scene.name.len())
        .max()
        .unwrap_or(0);
    for side in [Side::Calls, Side::Waits] {
        let mut of_side = scenes.iter().filter(|scene| scene.side == side).peekable();
        if of_side.peek().is_some() {
            println!(
                "\n  {}",
                match side {
                    Side::Calls => "calling your server, which runs in another terminal:",
                    Side::Waits => "waiting for your client, which you start in another terminal:",
                }
            );
        }
        for scene in of_side {
            println!("    {:<widest$}  {}", scene.name, scene.title);
        }
    }
    println!("\n  socklab peer {} ROLE", spec.exercise);
}

fn find<'s>(spec: &Spec, scenes: &'s [Scene], role: &str) -> anyhow::Result<&'s Scene> {
    if let Some(scene) = scenes.iter().find(|scene| scene.name == role) {
        return Ok(scene);
    }
    let names: Vec<&str> = scenes.iter().map(|scene| scene.name.as_str()).collect();
    if spec.checks.iter().any(|check| check.id == role) {
        anyhow::bail!(
            "`{role}` of {} cannot be played by hand: it needs the sandbox, or nothing is said in it. There are {}",
            spec.exercise,
            names.join(", ")
        );
    }
    Err(unknown("role", role, &spec.exercise, &names))
}
