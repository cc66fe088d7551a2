//! What the environment says: course, colours, sizes, cores, toolchains.

use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Context as _;

use super::{ColorWhen, Common};
use crate::class::course::Course;
use crate::class::folder::FolderError;
use crate::class::grade::Bench;
use crate::report::Look;
use crate::sandbox::{Config, Isolation, Launcher, Search, Toolchains};
use crate::spec::tree::{self, NodeKind};

/// The surroundings of one run of the program.
pub struct Context {
    common: Common,
}

/// What a folder says about itself: written by `socklab start`.
#[derive(Debug, serde::Serialize)]
pub struct FolderNote {
    /// The exercise that is worked on here.
    pub exercise: String,
}

/// Largest such file: 64 KiB.
const LARGEST_NOTE: u64 = 64 << 10;

/// Name of the file with a [`FolderNote`].
pub const FOLDER_NOTE: &str = ".socklab.yaml";

impl Context {
    /// The surroundings, with the options of every command.
    pub fn new(common: Common) -> Self {
        Context { common }
    }

    /// The course: a folder that was named, else the built-in one.
    ///
    /// # Errors
    /// When the folder is no course.
    pub fn course(&self) -> anyhow::Result<Course> {
        match &self.common.course {
            Some(folder) => Ok(Course::from_folder(folder)?),
            None => Ok(Course::built_in()),
        }
    }

    /// The course to work on: one that was named, else the one in this folder, else the built-in one.
    ///
    /// # Errors
    /// When the folder is no course.
    pub fn course_here(&self) -> anyhow::Result<Course> {
        if self.common.course.is_none() && Path::new("specs").is_dir() {
            return Ok(Course::from_folder(Path::new("."))?);
        }
        self.course()
    }

    /// The exercise that a folder's note names.
    ///
    /// # Errors
    /// When there is no note, or it cannot be read.
    pub fn noted_exercise(&self, folder: &Path) -> anyhow::Result<String> {
        let path = folder.join(FOLDER_NOTE);
        let shown = path.display();
        // It is handed in with the rest: no link is followed, and nothing in it can grow.
        let bytes = match crate::class::folder::read_file(&path, LARGEST_NOTE) {
            Ok(bytes) => bytes,
            Err(FolderError::System { error, .. }) if error.kind() == ErrorKind::NotFound => {
                let folder = folder.display();
                anyhow::bail!(
                    "which exercise? {folder} has no {FOLDER_NOTE}; name the exercise (`socklab list` shows all): \
                     socklab check EXERCISE {folder}"
                )
            }
            Err(error) => return Err(error.into()),
        };
        let text = String::from_utf8_lossy(&bytes);
        let note = tree::parse(&text, &shown.to_string(), LARGEST_NOTE as usize)
            .map_err(|diagnostic| anyhow::anyhow!("{diagnostic}"))?;
        let NodeKind::Map(entries) = &note.kind else {
            anyhow::bail!("{shown} must say `exercise:` and its name");
        };
        match &entries[..] {
            [(key, value)] if key.text == "exercise" => value.text().map(str::to_owned),
            _ => None,
        }
        .with_context(|| format!("{shown} must say `exercise:` and its name, and nothing else"))
    }

    fn colour(&self, terminal: bool) -> bool {
        match self.common.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            // https://no-color.org: any value that is not empty.
            ColorWhen::Auto => {
                terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }

    /// Whether standard error gets colours.
    pub fn colour_on_stderr(&self) -> bool {
        self.colour(std::io::stderr().is_terminal())
    }

    /// How reports on standard output look.
    pub fn look(&self, verbose: bool) -> Look {
        let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
        let terminal = std::io::stdout().is_terminal();
        let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .is_none_or(|value| value.to_lowercase().replace('-', "").contains("utf8"));
        Look {
            width: width.min(120),
            color: self.colour(terminal),
            ascii: self.common.ascii || (terminal && !utf8),
            verbose,
        }
    }

    /// How sandboxes are launched. Its fork server gets ready while the caller reads specs.
    ///
    /// # Errors
    /// When the program cannot find itself.
    pub fn launcher(&self) -> anyhow::Result<Launcher> {
        let mut launcher =
            Launcher::new(std::env::current_exe().context("where is this program?")?);
        if self.common.unsafe_no_isolation {
            launcher.isolation = Isolation::None;
        }
        launcher.prepare();
        Ok(launcher)
    }

    /// Where tools are that sandboxes may show.
    pub fn search(&self) -> Search {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
        Search {
            home: folder("HOME"),
            path: std::env::split_paths(&path).collect(),
            rustup_home: folder("RUSTUP_HOME"),
            pyenv_root: folder("PYENV_ROOT"),
        }
    }

    /// A bench for grading. `parallel` checks of a submission run at the same time. Tools are looked for while the
    /// caller reads specs.
    pub fn bench(&self, launcher: Launcher, parallel: usize) -> Bench {
        let search = self.search();
        let toolchains = std::thread::spawn(move || Toolchains::discover(&search));
        let base = move || Config {
            // A panic in there is printed; a sandbox with the system's own tools is still one.
            toolchains: toolchains.join().unwrap_or_default(),
            ..Config::default()
        };
        // Without isolation the network is shared: one check at a time.
        let parallel = if self.common.unsafe_no_isolation {
            1
        } else {
            parallel
        };
        Bench::new(launcher, base, cores(), parallel).fresh(self.common.fresh)
    }
}

/// Cores of this machine that the program may use.
pub fn cores() -> usize {
    /// Looking takes a third of a millisecond: it reads files of the control groups.
    static CORES: LazyLock<usize> =
        LazyLock::new(|| std::thread::available_parallelism().map_or(2, std::num::NonZero::get));
    *CORES
}

/// A runtime for everything that waits.
///
/// # Errors
/// When the machine gives no threads.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores().min(4))
        .enable_all()
        .build()
        .context("cannot start worker threads")
}

/// Why a name that an exercise does not know cannot be used, and which one is meant, or which there are.
pub fn unknown(what: &str, word: &str, exercise: &str, known: &[&str]) -> anyhow::Error {
    let instead = match crate::spec::nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.join(", ")),
    };
    anyhow::anyhow!("no {what} `{word}` in {exercise}; {instead}")
}

/// Comes back when the user or the system asks the program to stop: Ctrl-C, `kill`, a closed terminal.
///
/// # Errors
/// When signals cannot be heard.
pub async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}
