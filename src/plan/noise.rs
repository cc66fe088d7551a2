//! Which paths of a submission are nobody's work: version control, caches, virtual environments, what
//! file managers leave behind. They are not copied, not searched, and do not count.

/// Folders that are left out with all that is in them.
const FOLDERS: &[&str] = &[
    "__macosx",
    ".git",
    ".svn",
    ".hg",
    "__pycache__",
    "venv",
    ".venv",
    "node_modules",
    ".idea",
    ".vscode",
    ".vs",
    ".settings",
    ".gradle",
    ".pytest_cache",
    ".mypy_cache",
    ".ipynb_checkpoints",
    ".socklab",
    ".cache",
    ".tox",
];

/// Files that are left out.
const FILES: &[&str] = &[
    ".ds_store",
    "thumbs.db",
    "desktop.ini",
    ".gitkeep",
    ".gitignore",
    ".gitattributes",
];

/// A folder with this name holds nothing that anybody wrote.
pub fn is_noise_folder(name: &str) -> bool {
    FOLDERS.contains(&name.to_ascii_lowercase().as_str())
}

/// A file with this name was not written by the student.
pub fn is_noise_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    FILES.contains(&lower.as_str())
        || lower.starts_with("._")
        || lower.starts_with("~$")
        || [".pyc", ".class", ".o", ".swp", "~"]
            .iter()
            .any(|end| lower.ends_with(end))
}

/// The path leads into a noise folder or to a noise file.
pub fn is_noise(path: &str) -> bool {
    match path.rsplit_once('/') {
        Some((folders, name)) => folders.split('/').any(is_noise_folder) || is_noise_file(name),
        None => is_noise_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_and_leavings_are_noise_and_work_is_not() {
        for path in [
            "__MACOSX/._server.py",
            "a/.git/HEAD",
            "venv/lib/x.py",
            "x/__pycache__/a.pyc",
            ".DS_Store",
        ] {
            assert!(is_noise(path), "{path}");
        }
        for path in ["server.py", "environment/server.py", "git/a.c", "env.py"] {
            assert!(!is_noise(path), "{path}");
        }
    }
}
