//! Finds compilers and interpreters on this machine, and says which directories a sandbox must show
//! for them to run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A host directory or file, shown read-only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mount {
    /// Where it is on the host.
    pub source: PathBuf,
    /// Where it appears inside: absolute.
    pub target: PathBuf,
}

/// What the sandbox shows of the host besides `/usr`, and where the tools are inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toolchains {
    /// Directories and files to bind.
    pub mounts: Vec<Mount>,
    /// Directories inside that belong on `PATH`, after those of the system.
    pub path_dirs: Vec<PathBuf>,
    /// Each tool that was found, and its absolute path inside.
    pub found: BTreeMap<String, PathBuf>,
}

/// What is looked for: what lab submissions are written in, or built with.
const TOOLS: &[&str] = &[
    "python3", "python", "node", "java", "javac", "rustc", "cargo", "go", "gcc", "g++", "cc",
    "c++", "clang", "clang++", "make", "cmake", "ruby", "perl", "php", "dotnet", "mono", "kotlinc",
    "sh", "bash",
];

/// Directories of the system's own programs, the same inside and outside.
const SYSTEM: [&str; 5] = [
    "/usr/local/bin",
    "/usr/bin",
    "/bin",
    "/usr/local/sbin",
    "/usr/sbin",
];

/// Parts of `/etc`, and package stores, that programs in `/usr` need to run at all, and that hold no secrets.
const CONFIGURATION: &[&str] = &[
    "/etc/ld.so.cache",
    "/etc/ld-musl-x86_64.path",
    "/etc/alternatives",
    "/etc/services",
    "/etc/protocols",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf",
    "/etc/pki/ca-trust/extracted",
    "/etc/crypto-policies",
    "/etc/mono",
    "/nix/store",
    "/gnu/store",
];

/// Who looks, and where: the caller reads the environment, this module does not.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The directories of `PATH`.
    pub path: Vec<PathBuf>,
    /// `RUSTUP_HOME`
    pub rustup_home: Option<PathBuf>,
    /// `PYENV_ROOT`
    pub pyenv_root: Option<PathBuf>,
}

impl Toolchains {
    /// Looks for every tool: first in the system's directories, then along the user's `PATH`, through
    /// the stand-ins of rustup and pyenv to the real thing.
    #[must_use]
    pub fn discover(search: &Search) -> Toolchains {
        // In most systems some of these are links to others, and most of them are on PATH, too.
        let mut known = BTreeSet::new();
        let mut is_new =
            |dir: &Path| known.insert(dir.canonicalize().unwrap_or_else(|_| dir.to_owned()));
        let system = SYSTEM.iter().map(Path::new);
        let system: Vec<_> = system.filter(|dir| is_new(dir)).collect();
        let path = search.path.iter().map(PathBuf::as_path);
        let path: Vec<_> = path.filter(|dir| is_new(dir)).collect();
        let mut finder = Finder {
            search,
            system,
            path,
            toolchains: Toolchains::default(),
            names: BTreeSet::new(),
        };
        finder.configuration();
        for tool in TOOLS {
            finder.tool(tool);
        }
        finder.toolchains
    }

    /// What `PATH` is inside.
    #[must_use]
    pub fn path(&self) -> String {
        let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from);
        let all = system.iter().chain(&self.path_dirs);
        all.map(|dir| dir.to_string_lossy())
            .collect::<Vec<_>>()
            .join(":")
    }
}

struct Finder<'a> {
    search: &'a Search,
    /// Directories of the system's own programs.
    system: Vec<&'static Path>,
    /// Further directories of `PATH`.
    path: Vec<&'a Path>,
    toolchains: Toolchains,
    names: BTreeSet<String>,
}

impl Finder<'_> {
    fn configuration(&mut self) {
        let java = std::fs::read_dir("/etc")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let java = java.filter(|p| {
            p.file_name()
                .is_some_and(|n| n.as_encoded_bytes().starts_with(b"java-"))
        });
        for source in CONFIGURATION.iter().map(PathBuf::from).chain(java) {
            if let Ok(real) = source.canonicalize() {
                // What is only a link into /usr needs the link's target, under the link's name.
                self.toolchains.mounts.push(Mount {
                    source: real,
                    target: source,
                });
            }
        }
    }

    fn tool(&mut self, tool: &str) {
        let system = self.system.iter().map(|dir| dir.join(tool));
        if let Some(system) = system.into_iter().find(|path| runs(path)) {
            self.toolchains.found.insert(tool.into(), system);
            return;
        }
        let candidates: Vec<PathBuf> = self.path.iter().map(|dir| dir.join(tool)).collect();
        for candidate in candidates.into_iter().filter(|path| runs(path)) {
            let Some(real) = self.real(&candidate, tool) else {
                continue;
            };
            let Some(inside) = self.show(&real) else {
                continue;
            };
            self.toolchains.found.insert(tool.into(), inside);
            return;
        }
    }

    /// The program behind a stand-in.
    fn real(&self, candidate: &Path, tool: &str) -> Option<PathBuf> {
        let real = candidate.canonicalize().ok()?;
        if real.file_name().is_some_and(|name| name == "rustup") {
            return self.rustup(tool);
        }
        if real.components().any(|part| part.as_os_str() == "shims") {
            return self.pyenv(&real, tool);
        }
        Some(real)
    }

    fn rustup(&self, tool: &str) -> Option<PathBuf> {
        let home = self.search.home.as_ref().map(|home| home.join(".rustup"));
        let root = self.search.rustup_home.clone().or(home)?;
        let settings = std::fs::read_to_string(root.join("settings.toml")).unwrap_or_default();
        let default = settings
            .lines()
            .find_map(|line| line.strip_prefix("default_toolchain"));
        let default = default.map(|value| value.trim_matches([' ', '=', '"']).to_owned());
        let toolchains = root.join("toolchains");
        // Looked for only if the default one does not have it.
        let others = std::iter::once_with(|| sorted_directories(&toolchains)).flatten();
        let named = default
            .into_iter()
            .map(std::ffi::OsString::from)
            .chain(others)
            .map(|name| toolchains.join(name));
        named
            .map(|dir| dir.join("bin").join(tool))
            .find(|path| runs(path))?
            .canonicalize()
            .ok()
    }

    fn pyenv(&self, shim: &Path, tool: &str) -> Option<PathBuf> {
        let root = match &self.search.pyenv_root {
            Some(root) => root.clone(),
            None => shim.parent()?.parent()?.to_owned(),
        };
        let versions = root.join("versions");
        let chosen = std::fs::read_to_string(root.join("version")).unwrap_or_default();
        let chosen = chosen
            .lines()
            .map(|line| std::ffi::OsString::from(line.trim()));
        // Without a choice that works, the newest: names sort well enough for that.
        let others = std::iter::once_with(|| sorted_directories(&versions).into_iter().rev());
        let mut programs = chosen
            .chain(others.flatten())
            .map(|name| versions.join(name).join("bin").join(tool));
        programs.find(|path| runs(path))?.canonicalize().ok()
    }

    /// Arranges for the installation that `program` belongs to, and says where the program is inside.
    fn show(&mut self, program: &Path) -> Option<PathBuf> {
        if program.starts_with("/usr") {
            return Some(program.to_owned());
        }
        let bin = program.parent()?;
        let root = bin.parent()?;
        if bin.file_name()? != "bin" || !self.may_show(root) {
            return None;
        }
        let known = self
            .toolchains
            .mounts
            .iter()
            .find(|mount| mount.source == root);
        let target = match known {
            Some(mount) => mount.target.clone(),
            None => self.add(root),
        };
        Some(target.join("bin").join(program.file_name()?))
    }

    fn add(&mut self, root: &Path) -> PathBuf {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let name = root
            .file_name()
            .map(|name| name.to_string_lossy().replace(|c| !plain(c), "_"));
        let name = name.unwrap_or_default();
        let mut unique = name.clone();
        for number in 2.. {
            if self.names.insert(unique.clone()) {
                break;
            }
            unique = format!("{name}-{number}");
        }
        let target = Path::new("/opt/toolchains").join(unique);
        self.toolchains.path_dirs.push(target.join("bin"));
        self.toolchains.mounts.push(Mount {
            source: root.to_owned(),
            target: target.clone(),
        });
        target
    }

    /// An installation of its own, not a directory that holds a person's other things too.
    fn may_show(&self, root: &Path) -> bool {
        let home = self
            .search
            .home
            .as_ref()
            .and_then(|home| home.canonicalize().ok());
        let above_home = home.as_ref().is_some_and(|home| home.starts_with(root));
        let just_below_home = home
            .as_ref()
            .is_some_and(|home| root.parent() == Some(home))
            && root
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        root.components().count() > 2 && !above_home && !just_below_home
    }
}

fn sorted_directories(at: &Path) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(at).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name())
        .collect();
    names.sort();
    names
}

fn runs(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
