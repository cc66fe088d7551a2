//! A run on disk: `plan.json`, and for each submission and exercise a folder with `scorecard.json`,
//! `events/<check>.jsonl` and `captures/<check>.pcapng`. A result is written aside and renamed into place,
//! so that a kill at any instant leaves whole results or none; what is there need not be graded again.

use std::fs;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::marks;
use super::run_plan::{PLAN_VERSION, PlannedExercise, PlannedSubmission, RunPlan, sorted_json};
use crate::event::Event;
use crate::plan::files::hex;
use crate::score::{SCORECARD_VERSION, Scorecard, Status, Submission};

/// Why a run could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("cannot {verb} {}: {error}", path.display())]
    System {
        /// `read`, `write`.
        verb: &'static str,
        /// What.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is damaged: {error}; delete it and grade again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// Written by a newer socklab.
    #[error("{} was written by a newer socklab (version {version} of the format); use that one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

pub(super) fn system(
    verb: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |error| StoreError::System { verb, path, error }
}

/// What a result depends on: with the same stamp it would come out the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Digest of the submission's files.
    pub submission: String,
    /// Digest of the spec.
    pub spec: String,
    /// Version of socklab.
    pub socklab: String,
    /// Seed of all drawn values.
    pub seed: u64,
}

/// A run's folder.
#[derive(Clone, Debug)]
pub struct Run {
    root: PathBuf,
    /// Its plan.
    pub plan: RunPlan,
}

impl Run {
    /// Makes a run's folder, or goes on with the run that is there. A plan that differs (a late submission,
    /// a corrected spec) takes the old one's place; results that do not depend on the difference stay.
    ///
    /// # Errors
    /// The folder cannot be written, or was written by a newer socklab.
    pub fn create(root: &Path, plan: RunPlan) -> Result<Run, StoreError> {
        fs::create_dir_all(root.join("results")).map_err(system("write", root))?;
        let path = root.join("plan.json");
        if path.exists() {
            // Only to refuse what a newer version wrote.
            match Run::open(root) {
                Ok(old) if old.plan == plan => {
                    old.sweep();
                    return Ok(old);
                }
                Err(error @ StoreError::Newer { .. }) => return Err(error),
                _ => {}
            }
        }
        write_whole(&path, plan.to_json().as_bytes())?;
        let run = Run {
            root: root.to_owned(),
            plan,
        };
        run.sweep();
        Ok(run)
    }

    /// Removes what killed runs left unfinished: what nobody holds any more, and, where the file system has
    /// no locks, what is old. Another process may be at work here.
    fn sweep(&self) {
        let keys = fs::read_dir(self.root.join("results"))
            .into_iter()
            .flatten()
            .flatten();
        for entry in keys.flat_map(|key| fs::read_dir(key.path()).into_iter().flatten().flatten()) {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let unfinished = [NEW, DRAFT, ".merge-"]
                .iter()
                .any(|start| name.starts_with(start));
            // Held until it is removed. Whoever has made one and not yet held it makes another.
            let lock = match name.starts_with(DRAFT) || name.starts_with(NEW) {
                true => hold(&entry.path()).ok(),
                false => None,
            };
            let age = entry
                .metadata()
                .and_then(|m| m.modified())
                .ok()
                .and_then(|time| time.elapsed().ok());
            let old = age.is_some_and(|age| age > Duration::from_secs(3600));
            if unfinished && (old || lock.is_some()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Opens a run.
    ///
    /// # Errors
    /// There is no plan, or it is damaged, or was written by a newer socklab.
    pub fn open(root: &Path) -> Result<Run, StoreError> {
        let path = root.join("plan.json");
        let plan: RunPlan = read_json(&path, PLAN_VERSION)?;
        Ok(Run {
            root: root.to_owned(),
            plan,
        })
    }

    /// The run's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a result.
    pub fn result_dir(&self, key: &str, exercise: &str) -> PathBuf {
        self.root
            .join("results")
            .join(safe_name(key))
            .join(safe_name(exercise))
    }

    /// What the result of a submission to an exercise depends on.
    pub fn stamp(&self, submission: &PlannedSubmission, exercise: &PlannedExercise) -> Stamp {
        Stamp {
            submission: submission.digest.clone(),
            spec: exercise.spec_sha256.clone(),
            socklab: self.plan.socklab.clone(),
            seed: self.plan.seed_of(&submission.key, &exercise.exercise),
        }
    }

    /// There is a result that need not be made again. One that says that the machine failed does not count.
    pub fn is_done(&self, submission: &PlannedSubmission, exercise: &PlannedExercise) -> bool {
        let dir = self.result_dir(&submission.key, &exercise.exercise);
        let stamp: Result<Stamp, _> = read_json(&dir.join("stamp.json"), u32::MAX);
        stamp.is_ok_and(|s| s == self.stamp(submission, exercise))
            && read_scorecard(&dir)
                .is_ok_and(|card| card.status == Status::Graded && !card.is_practice())
    }

    /// Begins a result: a folder to write events and captures into, which [`Draft::commit`] puts in place.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn begin(
        &self,
        submission: &PlannedSubmission,
        exercise: &PlannedExercise,
    ) -> Result<Draft, StoreError> {
        // A folder that has just been made can be swept by another process before it is held.
        const TRIES: usize = 20;
        for _ in 0..TRIES {
            if let Some(draft) = self.try_to_begin(submission, exercise)? {
                return Ok(draft);
            }
        }
        let place = self.result_dir(&submission.key, &exercise.exercise);
        let error = io::Error::other("other processes remove what is made there");
        Err(system("write", &place)(error))
    }

    /// `None` when the folder was swept before it was held.
    fn try_to_begin(
        &self,
        submission: &PlannedSubmission,
        exercise: &PlannedExercise,
    ) -> Result<Option<Draft>, StoreError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let place = self.result_dir(&submission.key, &exercise.exercise);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (name, pid) = (safe_name(&exercise.exercise), std::process::id());
        let new = place.with_file_name(format!("{NEW}{name}-{pid}-{number}"));
        let dir = place.with_file_name(format!("{DRAFT}{name}-{pid}-{number}"));
        let made = || -> io::Result<Option<fs::File>> {
            for folder in ["events", "captures"] {
                fs::create_dir_all(new.join(folder))?;
            }
            // Held before it bears the name of a draft, so that nobody takes it for an abandoned one.
            let lock = match hold(&new) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
                lock => lock.ok(),
            };
            fs::rename(&new, &dir)?;
            Ok(lock)
        };
        match made() {
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::WouldBlock => Ok(None),
                _ => Err(system("write", &new)(error)),
            },
            Ok(lock) => Ok(Some(Draft {
                _lock: lock,
                dir,
                place,
                stamp: self.stamp(submission, exercise),
                done: false,
            })),
        }
    }

    /// A result with the points that were given by hand. None if there is no result.
    ///
    /// # Errors
    /// The result is there and damaged.
    pub fn load(&self, key: &str, exercise: &str) -> Result<Option<Scorecard>, StoreError> {
        let dir = self.result_dir(key, exercise);
        match read_scorecard(&dir) {
            Ok(mut card) => {
                marks::read(&self.root, key, exercise)?.apply(&mut card);
                Ok(Some(card))
            }
            Err(StoreError::System { error, .. })
                if error.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A result as it was judged, without points given by hand. None if there is no result.
    ///
    /// # Errors
    /// The result is there and damaged.
    pub fn load_plain(&self, key: &str, exercise: &str) -> Result<Option<Scorecard>, StoreError> {
        match read_scorecard(&self.result_dir(key, exercise)) {
            Ok(card) => Ok(Some(card)),
            Err(StoreError::System { error, .. })
                if error.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The capture of a check; none if there is none.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn capture(
        &self,
        key: &str,
        exercise: &str,
        check: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.result_dir(key, exercise).join(capture_name(check));
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(system("read", &path)(error)),
        }
    }

    /// Puts a scorecard that was judged again in place of the old one; events and captures stay.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn replace_card(
        &self,
        submission: &PlannedSubmission,
        exercise: &PlannedExercise,
        card: &Scorecard,
    ) -> Result<(), StoreError> {
        let dir = self.result_dir(&submission.key, &exercise.exercise);
        write_whole(&dir.join("scorecard.json"), sorted_json(card).as_bytes())?;
        let stamp = self.stamp(submission, exercise);
        write_whole(&dir.join("stamp.json"), sorted_json(&stamp).as_bytes())
    }

    /// A result, or in its place a scorecard that says why there is none. Never 0 points for what was not graded.
    pub fn load_or_missing(
        &self,
        submission: &PlannedSubmission,
        exercise: &PlannedExercise,
    ) -> Scorecard {
        let why = match self.load(&submission.key, &exercise.exercise) {
            Ok(Some(mut card)) => {
                // A roster may have come after the grading.
                if !submission.name.is_empty() {
                    card.submission.name.clone_from(&submission.name);
                }
                card.submission.facts.extend(submission.facts.clone());
                return card;
            }
            Ok(None) if submission.absent => "nothing was handed in".to_owned(),
            Ok(None) => "not graded yet".to_owned(),
            Err(error) => error.to_string(),
        };
        self.not_graded(submission, exercise, why)
    }

    /// A scorecard for a submission that was not graded.
    pub fn not_graded(
        &self,
        submission: &PlannedSubmission,
        exercise: &PlannedExercise,
        why: String,
    ) -> Scorecard {
        Scorecard {
            version: SCORECARD_VERSION,
            socklab: self.plan.socklab.clone(),
            exercise: exercise.exercise.clone(),
            lab: exercise.lab.clone(),
            title: exercise.title.clone(),
            submission: Submission {
                key: submission.key.clone(),
                name: submission.name.clone(),
                facts: submission.facts.clone(),
                digest: submission.digest.clone(),
            },
            seed: self.plan.seed_of(&submission.key, &exercise.exercise),
            isolation: String::new(),
            started: String::new(),
            duration_ms: 0.0,
            status: Status::NotGraded,
            score: 0.0,
            max: exercise.points,
            bonus: 0.0,
            waiting: 0.0,
            checks: Vec::new(),
            programs: Vec::new(),
            notes: Vec::new(),
            captures: Default::default(),
            error: Some(why),
        }
    }

    /// All scorecards in the plan's order, one after another, so that memory does not grow with the class.
    pub fn scorecards(&self) -> impl Iterator<Item = Scorecard> {
        self.plan.submissions.iter().flat_map(move |submission| {
            self.plan
                .exercises
                .iter()
                .map(move |exercise| self.load_or_missing(submission, exercise))
        })
    }

    /// The events of a check, as they were recorded.
    ///
    /// # Errors
    /// There are none, or a line is damaged.
    pub fn events(&self, key: &str, exercise: &str, check: &str) -> Result<Vec<Event>, StoreError> {
        let path = events_path(&self.result_dir(key, exercise), check);
        let file = fs::File::open(&path).map_err(system("read", &path))?;
        let mut events = Vec::new();
        for line in BufReader::new(file).lines() {
            let line = line.map_err(system("read", &path))?;
            if !line.trim().is_empty() {
                events.push(
                    serde_json::from_str(&line).map_err(|error| StoreError::Damaged {
                        path: path.clone(),
                        error,
                    })?,
                );
            }
        }
        Ok(events)
    }
}

/// A result that is being written. Dropped without [`Draft::commit`], it is gone.
#[derive(Debug)]
pub struct Draft {
    /// Says that somebody is at work here, as long as the process lives.
    _lock: Option<fs::File>,
    dir: PathBuf,
    place: PathBuf,
    stamp: Stamp,
    done: bool,
}

impl Draft {
    /// The folder that is being filled.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the capture of a check belongs.
    pub fn capture_path(&self, check: &str) -> PathBuf {
        self.dir.join(capture_name(check))
    }

    /// Writes the events of a check, one JSON object per line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_events(&self, check: &str, events: &[Event]) -> Result<(), StoreError> {
        let path = events_path(&self.dir, check);
        let mut text = String::new();
        for event in events {
            text.push_str(&serde_json::to_string(event).unwrap_or_default());
            text.push('\n');
        }
        fs::write(&path, text).map_err(system("write", &path))
    }

    /// Writes the scorecard and puts the result in place of an older one.
    ///
    /// # Errors
    /// Something cannot be written; an older result is then still there.
    pub fn commit(mut self, card: &Scorecard) -> Result<(), StoreError> {
        // Evidence may be lost with the machine's power; points may not, so only they are waited for.
        write_synced(
            &self.dir.join("stamp.json"),
            sorted_json(&self.stamp).as_bytes(),
        )?;
        write_synced(
            &self.dir.join("scorecard.json"),
            sorted_json(card).as_bytes(),
        )?;
        replace_dir(&self.dir, &self.place)?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// What names of folders begin with that are being made, and of those that are being filled.
const NEW: &str = ".new-";
const DRAFT: &str = ".draft-";

/// Takes the lock on a folder.
///
/// # Errors
/// `WouldBlock` when somebody has it, another one when the file system has no locks or there is no such folder.
fn hold(dir: &Path) -> io::Result<fs::File> {
    use rustix::fs::{FlockOperation, flock};
    let folder = fs::File::open(dir)?;
    flock(&folder, FlockOperation::NonBlockingLockExclusive)?;
    Ok(folder)
}

/// The name of a check's capture, relative to the result's folder, as scorecards give it.
pub fn capture_name(check: &str) -> String {
    format!("captures/{}.pcapng", safe_name(check))
}

fn events_path(dir: &Path, check: &str) -> PathBuf {
    dir.join("events")
        .join(format!("{}.jsonl", safe_name(check)))
}

/// Moves a folder to where another may be. At every instant there is the old one, the new one, or none.
pub(super) fn replace_dir(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut old = from.as_os_str().to_owned();
    old.push(".old");
    let old = PathBuf::from(old);
    let had_old = fs::rename(to, &old).is_ok();
    let renamed = fs::rename(from, to);
    if renamed.is_err() && had_old {
        let _ = fs::rename(&old, to);
    }
    renamed.map_err(system("write", to))?;
    if had_old {
        let _ = fs::remove_dir_all(&old);
    }
    sync_dir(to.parent().unwrap_or(to));
    Ok(())
}

/// Makes renames in a folder survive a power failure, where the system can.
fn sync_dir(dir: &Path) {
    if let Ok(folder) = fs::File::open(dir) {
        let _ = folder.sync_all();
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = fs::File::create(path).map_err(system("write", path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(system("write", path))
}

/// Writes a file so that there is always the old one or the new one, whole.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let aside = path.with_extension(format!("new-{}", std::process::id()));
    write_synced(&aside, bytes)?;
    fs::rename(&aside, path).map_err(system("write", path))?;
    sync_dir(path.parent().unwrap_or(path));
    Ok(())
}

fn read_scorecard(dir: &Path) -> Result<Scorecard, StoreError> {
    read_json(&dir.join("scorecard.json"), SCORECARD_VERSION)
}

/// Reads JSON whose `version`, if it has one, must not be larger than `newest`.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(
    path: &Path,
    newest: u32,
) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(system("read", path))?;
    let damaged = |error| StoreError::Damaged {
        path: path.to_owned(),
        error,
    };
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        version: u32,
    }
    let Version { version } = serde_json::from_slice(&text).map_err(damaged)?;
    if version > newest {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            version,
        });
    }
    serde_json::from_slice(&text).map_err(damaged)
}

/// A key as the name of one folder: letters, digits and a few signs as they are, all else as `%XX`; long
/// ones are cut and told apart by a digest. Different keys have different names.
pub fn safe_name(key: &str) -> String {
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;
    let mut name = String::new();
    for (at, byte) in key.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'@' | b'~')
            || (byte == b'.' && at > 0);
        if plain {
            name.push(byte as char);
        } else {
            let _ = write!(name, "%{byte:02X}");
        }
    }
    match name.len() {
        0 => "%".to_owned(),
        // The longest name Linux gives a file is 255 bytes; endings must still fit.
        1..=180 => name,
        _ => {
            let digest = hex(&Sha256::digest(key.as_bytes()));
            name.truncate(140);
            format!("{name}%-{}", &digest[..24])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_names_of_one_folder_each() {
        assert_eq!(safe_name("s1001"), "s1001");
        assert_eq!(safe_name("../x/y"), "%2E.%2Fx%2Fy");
        assert_eq!(safe_name("a\n\u{1b}"), "a%0A%1B");
        assert_eq!(safe_name("100%"), "100%25");
        assert_ne!(safe_name(""), "");
        let long = ["x".repeat(500), "x".repeat(501)];
        assert_ne!(safe_name(&long[0]), safe_name(&long[1]));
        assert!(safe_name(&long[0]).len() < 200);
    }
}
