//! One build command after the other, in a sandbox of their own: the compiler is the student's choice, and
//! so is all that a Makefile or a build script does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

use super::RunError;
use super::build::BuildProblem;
use super::output::{Kept, MOST_OUTPUT};
use super::transfer::Reader;
use crate::event::{Exit, Limit};
use crate::plan::Recipe;
use crate::sandbox::{
    BrokerError, Caps, Config, Image, ImageFile, Launch, Launcher, LeftOut, Limits, Sandbox,
    SandboxEvent, StdinKind, Toolchains, WhyLeftOut,
};

/// Numbers of signals on Linux (signal(7)).
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;
/// How long one build command may take before it is looked at (SANDBOX limits). One that computes may go on
/// until its processor time is used up; one that waits for something is ended.
const BUILD_TIME: Duration = Duration::from_secs(60);
/// After so many such times it is the machine that is late.
const MOST_BUILD_TIMES: u32 = 10;
/// How long what a command has left behind may hold its output open: what it printed itself is there.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Builds in a copy of the submission; what was made, or what is wrong.
///
/// # Errors
/// When the sandbox fails.
pub async fn compile(
    launcher: &Launcher,
    base: &Config,
    image: &Arc<Image>,
    recipe: &Recipe,
) -> Result<Result<Vec<ImageFile>, BuildProblem>, RunError> {
    let config = Config {
        image: image.clone(),
        limits: Limits::for_build(),
        capture: None,
        ..base.clone()
    };
    let mut sandbox = Sandbox::launch(launcher, config).await?;
    let mut events = sandbox.events();
    for argv in &recipe.build {
        let ended = command(&sandbox, &mut events, argv, recipe, &base.toolchains).await?;
        if let Some(problem) = ended.problem(&argv.join(" ")) {
            return Ok(Err(problem));
        }
    }
    let dir = Path::new(&recipe.dir);
    let globs = recipe.produces.iter().flat_map(|made| {
        let path = globset::escape(&dir.join(made).to_string_lossy());
        [format!("{path}/**"), path]
    });
    let made = sandbox.collect(globs.collect(), Caps::default()).await?;
    let too_much = |left: &&LeftOut| matches!(left.why, WhyLeftOut::TooMany | WhyLeftOut::TooLarge);
    Ok(match made.left_out().iter().find(too_much) {
        None => Ok(made.files().to_vec()),
        Some(left) => Err(BuildProblem {
            message: format!(
                "building it leaves more than is taken of one submission: {} {}",
                left.path.display(),
                left.why
            ),
            output: b"socklab: too many or too large files after the build\n".to_vec(),
            machine: false,
        }),
    })
}

/// How a build command ended.
struct Ended {
    /// Or why it did not.
    exit: Result<Exit, Late>,
    limit: Option<Limit>,
    printed: Kept,
}

/// Why a build command did not come to its end.
#[derive(Clone, Copy)]
enum Late {
    /// It waits for something that does not come.
    Waits,
    /// It still computes: the machine does not give it the time that it needs.
    Computes,
}

impl Ended {
    /// What is wrong, if anything is, in words that begin with `building it` for limits.
    fn problem(self, shown: &str) -> Option<BuildProblem> {
        let seconds = BUILD_TIME.as_secs();
        let limit = match (self.limit, self.exit) {
            (Some(Limit::Memory), _) => Some("used too much memory".to_owned()),
            (Some(Limit::Cpu), _) | (_, Ok(Exit::Signal(SIGXCPU))) => {
                Some("used too much processor time".to_owned())
            }
            (Some(Limit::Output), _) => Some("printed without end".to_owned()),
            (Some(Limit::Processes), Err(_) | Ok(Exit::Signal(_))) => {
                Some("started too many processes".to_owned())
            }
            (_, Err(Late::Waits)) => Some(format!("waited for more than {seconds} s")),
            (_, Err(Late::Computes)) => Some("took too long on this machine".to_owned()),
            (_, Ok(Exit::Signal(SIGXFSZ))) => Some("wrote too large a file".to_owned()),
            (_, Ok(Exit::Signal(signal))) => Some(format!("was ended by signal {signal}")),
            (_, Ok(Exit::Code(0))) => return None,
            (_, Ok(Exit::Code(_))) => None,
        };
        let machine = self.limit.is_none() && matches!(self.exit, Err(Late::Computes));
        let mut output = self.printed.text();
        let message = match limit {
            None => format!("it does not compile: `{shown}` reports errors"),
            Some(limit) => {
                output.extend_from_slice(format!("\nsocklab: `{shown}` {limit}\n").as_bytes());
                format!("building it {limit}: `{shown}`")
            }
        };
        Some(BuildProblem {
            message,
            output,
            machine,
        })
    }
}

/// Runs one build command to its end. What it leaves running is not waited for.
async fn command(
    sandbox: &Sandbox,
    events: &mut UnboundedReceiver<SandboxEvent>,
    argv: &[String],
    recipe: &Recipe,
    toolchains: &Toolchains,
) -> Result<Ended, RunError> {
    let mut line = argv.to_vec();
    if let Some(path) = line.first().and_then(|tool| toolchains.found.get(tool)) {
        line[0] = path.to_string_lossy().into_owned();
    }
    let env = recipe
        .env
        .iter()
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    let started = sandbox
        .spawn(Launch {
            env,
            cwd: PathBuf::from(&recipe.dir),
            stdin: StdinKind::Null,
            watch: false,
            ..Launch::new(line)
        })
        .await?;
    let io = |source| RunError::Io {
        what: "a compiler's output",
        source,
    };
    let stdout = Reader::new(started.stdout).map_err(io)?;
    let stderr = Reader::new(started.stderr).map_err(io)?;
    let (mut printed, mut errors) = (Kept::default(), Kept::default());
    let late = too_long(sandbox);
    tokio::pin!(late);
    let reading = async {
        let one = read_all(&stdout, &mut printed);
        let other = read_all(&stderr, &mut errors);
        tokio::pin!(one, other);
        tokio::select! {
            flooded = &mut one => flooded || other.await,
            flooded = &mut other => flooded || one.await,
        }
    };
    let mut reading = Box::pin(reading);
    let mut limit = None;
    let mut over = false;
    let exit = loop {
        tokio::select! {
            flooded = &mut reading, if !over => {
                over = true;
                if flooded {
                    limit = Some(Limit::Output);
                    let _ = sandbox.signal(started.id, SIGKILL, true).await;
                }
            }
            late = &mut late => break Err(late),
            event = events.recv() => match event {
                None => return Err(BrokerError::Gone.into()),
                Some(SandboxEvent::Limit { limit: hit, .. }) => limit = limit.or(Some(hit)),
                Some(SandboxEvent::Exited { program, exit, .. }) if program == started.id => {
                    break Ok(exit);
                }
                Some(_) => {}
            }
        }
    };
    if !over {
        let _ = timeout(LAST_WORDS, &mut reading).await;
    }
    drop(reading);
    // Nobody else's process may be there when the next command begins.
    let _ = sandbox.signal(started.id, SIGKILL, true).await;
    printed.push(&errors.text());
    Ok(Ended {
        exit,
        limit,
        printed,
    })
}

/// Comes back when a build has taken too long.
async fn too_long(sandbox: &Sandbox) -> Late {
    for _ in 0..MOST_BUILD_TIMES {
        tokio::time::sleep(BUILD_TIME).await;
        if !computes(sandbox).await {
            return Late::Waits;
        }
    }
    Late::Computes
}

/// Whether something runs, or waits for a processor or a disk, in most of several looks: one that only
/// wakes up again and again waits.
async fn computes(sandbox: &Sandbox) -> bool {
    const LOOKS: u32 = 10;
    let mut seen = 0;
    for _ in 0..LOOKS {
        let snapshot = sandbox.snapshot().await.unwrap_or_default();
        let mut threads = snapshot.processes.iter().flat_map(|it| &it.threads);
        seen += u32::from(threads.any(|thread| matches!(thread.state, 'R' | 'D')));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    seen > LOOKS / 2
}

/// Reads to the end; whether there was too much.
async fn read_all(reader: &Reader, kept: &mut Kept) -> bool {
    reader
        .follow(|bytes| {
            kept.push(bytes);
            kept.total() <= MOST_OUTPUT
        })
        .await;
    kept.total() > MOST_OUTPUT
}
