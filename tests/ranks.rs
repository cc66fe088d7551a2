//! The architecture, kept: a module imports only modules of a lower rank (see the table in `src/lib.rs`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The ranks as the table in `src/lib.rs` gives them: `| 3 | `sandbox`, `peer` | …`.
fn ranks() -> BTreeMap<String, u32> {
    let lib = std::fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let mut ranks = BTreeMap::new();
    for row in lib.lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let mut cells = row.split(" | ");
        let Some(rank) = cells.next().and_then(|cell| cell.trim().parse().ok()) else {
            continue;
        };
        let names = cells.next().unwrap_or_default();
        for name in names.split('`').skip(1).step_by(2) {
            ranks.insert(name.to_owned(), rank);
        }
    }
    ranks
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("a source folder")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The module of `src/` that a file belongs to.
fn module(path: &Path) -> String {
    let within = path.strip_prefix("src").expect("below src");
    let first = within.components().next().expect("a name");
    first
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

#[test]
fn every_module_has_a_rank() {
    let ranks = ranks();
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let missing: Vec<String> = files
        .iter()
        .map(|path| module(path))
        .filter(|name| !matches!(name.as_str(), "lib" | "main") && !ranks.contains_key(name))
        .collect();
    assert!(
        missing.is_empty(),
        "not in the table of src/lib.rs: {missing:?}"
    );
}

#[test]
fn modules_import_only_lower_ranks() {
    let ranks = ranks();
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut wrong = Vec::new();
    for path in &files {
        let own = module(path);
        let Some(rank) = ranks.get(&own) else {
            continue;
        };
        let text = std::fs::read_to_string(path).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for after in line.split("crate::").skip(1) {
                let name: String = after
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let lower = ranks.get(&name).is_none_or(|other| other < rank);
                if name != own && !lower {
                    wrong.push(format!(
                        "{}:{}: {own} (rank {rank}) imports {name}",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that point up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn unsafe_code_is_only_where_the_kernel_is() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let allowed = ["sandbox", "capture"];
    let wrong: Vec<_> = files
        .iter()
        .filter(|path| !allowed.contains(&module(path).as_str()))
        .filter(|path| {
            let text = std::fs::read_to_string(path).expect("a source file");
            text.lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Names of the crates in a manifest's `[dependencies]`, as the code writes them.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = std::fs::read_to_string(manifest).expect(manifest);
    let lines = text
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split_once(['=', ' '])?.0.split('.').next());
    names.map(|name| name.replace('-', "_")).collect()
}

/// The fuzz targets compile the pure modules in a workspace of their own, which nothing else builds.
#[test]
fn the_fuzz_targets_have_the_crates_that_the_pure_modules_use() {
    let targets = std::fs::read_to_string("fuzz/src/lib.rs").expect("fuzz/src/lib.rs");
    let mut files = Vec::new();
    for name in targets.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    }) {
        let of_class = Path::new("src/class").join(format!("{name}.rs"));
        let file = Path::new("src").join(format!("{name}.rs"));
        let folder = Path::new("src").join(name);
        assert!(
            of_class.is_file() || file.is_file() || folder.is_dir(),
            "{name}"
        );
        files.extend([of_class, file].into_iter().filter(|file| file.is_file()));
        if folder.is_dir() {
            sources(&folder, &mut files);
        }
    }
    let theirs = dependencies("fuzz/Cargo.toml");
    let mut missing = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in dependencies("Cargo.toml") {
            let used = code.lines().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                let path = format!("{name}::");
                code.match_indices(&path).any(|(at, _)| {
                    let before = code[..at].chars().next_back();
                    before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ':'))
                })
            });
            if used && !theirs.contains(&name) {
                missing.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(files.len() > 100, "only {} files", files.len());
    assert!(missing.is_empty(), "not in fuzz/Cargo.toml: {missing:#?}");
}
