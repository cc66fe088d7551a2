//! The surroundings of one attack: a class of its own, a grader of its own, secrets to be found, and an
//! honest submission beside it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::copy::copy;
use crate::plan::Item;

/// Whom the grader runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// The user of the test.
    Same,
    /// An ordinary one, when the test is run by root.
    Ordinary,
}

/// The number of the ordinary user: nobody's.
const ORDINARY: &str = "65533";

/// Files and secrets of one attack.
pub struct World {
    /// Everything lies below.
    pub root: TempDir,
    /// Secrets, each with where it may be found: nowhere, or in everything but what belongs to the attacker.
    pub secrets: Secrets,
    user: User,
}

/// Words that must not come out.
pub struct Secrets {
    /// A variable of the grader's environment.
    pub environment: String,
    /// In a file in the grader's home.
    pub home: String,
    /// In another student's submission.
    pub other: String,
    /// In the path of everything.
    pub path: String,
    /// Words of the hidden check (fixed in the spec).
    pub hidden: [&'static str; 2],
}

/// The folder of this test.
pub fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

impl World {
    /// Makes the folders, the secrets and the honest submission beside.
    pub fn new(user: User) -> World {
        let word = || format!("{:016x}", rand());
        let secrets = Secrets {
            environment: format!("CANARY-env-{}", word()),
            home: format!("CANARY-home-{}", word()),
            other: format!("CANARY-other-{}", word()),
            path: format!("CANARY-path-{}", word()),
            hidden: ["CANARY-hidden-title-5d1b", "CANARY-hidden-hint-77c0"],
        };
        let root = tempfile::Builder::new()
            .prefix(&secrets.path)
            .tempdir()
            .unwrap();
        let world = World {
            root,
            secrets,
            user,
        };
        for folder in ["class/beside", "next", "home", "work", "bin", "cwd", "tmp"] {
            fs::create_dir_all(world.path(folder)).unwrap();
        }
        let secret = format!("{}\n", world.secrets.home);
        fs::write(world.path("home/canary.txt"), secret).unwrap();
        let honest = fs::read_to_string(here().join("common/honest.py")).unwrap();
        let honest = format!("{honest}\n\n# {}\nserve()\n", world.secrets.other);
        for folder in ["class/beside", "next"] {
            fs::write(world.path(folder).join("server.py"), &honest).unwrap();
        }
        copy(&here().join("course"), &world.path("course"));
        let binary = world.path("bin/socklab");
        let built = env!("CARGO_BIN_EXE_socklab");
        fs::hard_link(built, &binary)
            .or_else(|_| fs::copy(built, &binary).map(drop))
            .unwrap();
        world
    }

    /// A path below the root.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    /// Copies a submission of `items/` into the class, with the honest parts beside it, and with its
    /// `@NAMES@` filled in.
    pub fn hand_in(&self, submission: &str, key: &str, more: &[(&str, &str)]) {
        let to = self.path("class").join(key);
        copy(&here().join("items").join(submission), &to);
        let makes_c = ["server.c", "Makefile"].iter().any(|f| to.join(f).exists());
        let common: &[&str] = match makes_c {
            true => &["honest.h"],
            false if to.join("Cargo.toml").exists() => &[],
            false => &["honest.py", "probe.py"],
        };
        let java_or_go = ["Server.java", "server.go", "server.cpp"]
            .iter()
            .any(|f| to.join(f).exists());
        for file in common.iter().filter(|_| !java_or_go) {
            fs::copy(here().join("common").join(file), to.join(file)).unwrap();
        }
        let path = |below: &str| self.path(below).display().to_string();
        let mut words = vec![
            ("@HOME@", path("home")),
            ("@CLASS@", path("class")),
            ("@RUN@", path("work/RUN")),
            ("@GATEWAY@", gateway().unwrap_or_else(|| "10.0.2.2".into())),
            ("@HOSTNAME@", hostname()),
        ];
        words.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        fill_in(&to, &words);
    }

    /// Lets everybody in who has to be, and nobody else write.
    pub fn open_up(&self) {
        fn open(path: &Path) {
            let Ok(kind) = fs::symlink_metadata(path).map(|m| m.file_type()) else {
                return;
            };
            if kind.is_symlink() {
                return;
            }
            let mode = fs::metadata(path).unwrap().permissions().mode();
            let more = if kind.is_dir() { 0o755 } else { 0o644 };
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode | more));
            for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                if entry
                    .file_type()
                    .is_ok_and(|kind| kind.is_dir() || kind.is_file())
                {
                    open(&entry.path());
                }
            }
        }
        open(self.root.path());
        if self.user == User::Ordinary {
            for folder in ["work", "cwd", "tmp", "home"] {
                let all = fs::Permissions::from_mode(0o777);
                fs::set_permissions(self.path(folder), all).unwrap();
            }
        }
    }

    /// The grader as this world's user, in an environment with a secret.
    pub fn socklab(&self) -> Command {
        let binary = self.path("bin/socklab");
        let mut command = match self.user {
            User::Same => Command::new(binary),
            User::Ordinary => by_ordinary_user(binary),
        };
        command
            .env("HOME", self.path("home"))
            .env("SOCKLAB_SECRET", &self.secrets.environment)
            .env("TMPDIR", self.path("tmp"))
            .env("RUST_BACKTRACE", "0")
            .envs(toolchain())
            .current_dir(self.path("cwd"))
            .arg("--course")
            .arg(self.path("course"));
        command
    }

    /// What is in the grader's home, working directory and temporary directory: nothing of it is its own.
    pub fn droppings(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (folder, own) in [("home", 1), ("cwd", 0), ("tmp", 0)] {
            let names: Vec<_> = fs::read_dir(self.path(folder))
                .unwrap()
                .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            if names.len() != own {
                found.push(format!("{folder}: {names:?}"));
            }
        }
        found
    }
}

/// A program that root starts as the ordinary user.
fn by_ordinary_user(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", ORDINARY, "--regid", ORDINARY, "--clear-groups"]);
    command.arg(program);
    command
}

/// Whether the tests can also be run as somebody else.
pub fn can_be_ordinary() -> bool {
    let root = rustix::process::geteuid().is_root();
    root && Command::new("setpriv").arg("--version").output().is_ok()
}

/// Where this user's own tools are, which the grader in its other home would not find.
fn toolchain() -> Option<(&'static str, PathBuf)> {
    let home = PathBuf::from(std::env::var_os("HOME")?).join(".rustup");
    let rustup = std::env::var_os("RUSTUP_HOME").map_or(home, PathBuf::from);
    rustup.is_dir().then_some(("RUSTUP_HOME", rustup))
}

fn rand() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::time::SystemTime::now())
}

/// The address of the host's gateway, from the kernel's table (addresses in hexadecimal, lowest byte first).
fn gateway() -> Option<String> {
    let table = fs::read_to_string("/proc/net/route").ok()?;
    let line = table
        .lines()
        .find(|line| line.split('\t').nth(1) == Some("00000000"))?;
    let address = u32::from_str_radix(line.split('\t').nth(2)?, 16).ok()?;
    Some(std::net::Ipv4Addr::from(address.swap_bytes()).to_string())
}

fn hostname() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

fn fill_in(folder: &Path, words: &[(&str, String)]) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            fill_in(&path, words);
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let filled = words
            .iter()
            .fold(text, |text, (name, value)| text.replace(name, value));
        fs::write(&path, filled).unwrap();
    }
}

/// Where the machine has a tool.
fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = std::env::split_paths(&path).map(|dir| dir.join(tool));
    all.find(|path| path.is_file())
}

/// Whether the machine has what an item needs.
pub fn has(tool: &str) -> bool {
    find(tool).is_some()
}

/// Why an item cannot be shown here by a user.
pub fn lacks(item: &Item, user: User) -> Option<String> {
    let tool = item.needs.as_deref()?;
    let Some(path) = find(tool) else {
        return Some(format!("this machine has no `{tool}`"));
    };
    let reachable = match user {
        User::Same => true,
        User::Ordinary => {
            let status = by_ordinary_user("test").arg("-x").arg(path).status();
            status.is_ok_and(|status| status.success())
        }
    };
    (!reachable).then(|| format!("an ordinary user has no `{tool}` here"))
}
