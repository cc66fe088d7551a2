//! A `Cargo.toml` → what it builds and whether it can be built without a network. Reads the few lines
//! that matter; cargo itself reads the rest.

/// What a manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Names of the executables declared, the package's own first.
    pub binaries: Vec<String>,
    /// Packages that would have to be downloaded.
    pub dependencies: Vec<String>,
}

/// Reads a manifest's text; `sources` are the paths beside it, for executables that are found by place.
pub fn read<'a>(text: &str, sources: impl Iterator<Item = &'a str>) -> Manifest {
    let mut manifest = Manifest::default();
    let mut section = String::new();
    let mut package = None;
    for line in text.lines().take(2000) {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']', ' ']).to_owned();
            if let Some(name) = section.strip_prefix("dependencies.") {
                manifest.dependencies.push(name.to_owned());
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        match (section.as_str(), key) {
            ("package", "name") => package = Some(value.trim_matches(['"', '\'']).to_owned()),
            ("bin", "name") => manifest
                .binaries
                .push(value.trim_matches(['"', '\'']).to_owned()),
            ("dependencies", _) if !value.contains("path") => {
                manifest.dependencies.push(key.to_owned())
            }
            (section, "path") if section.starts_with("dependencies.") => {
                manifest.dependencies.pop();
            }
            _ => {}
        }
    }
    for source in sources {
        if source == "src/main.rs" {
            manifest.binaries.extend(package.clone());
        } else if let Some(name) = source.strip_prefix("src/bin/") {
            let name = name
                .strip_suffix("/main.rs")
                .or_else(|| name.strip_suffix(".rs"));
            manifest
                .binaries
                .extend(name.filter(|n| !n.contains('/')).map(str::to_owned));
        }
    }
    let plain = |name: &String| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    manifest.binaries.retain(plain);
    manifest.binaries.sort();
    manifest.binaries.dedup();
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_and_downloads_are_listed() {
        let text = "[package]\nname = \"lab\"\n[dependencies]\ntokio = { version = \"1\" }\nown = { path = \"own\" }\n[[bin]]\nname = \"srv\"\n";
        let manifest = read(text, ["src/main.rs", "src/bin/client.rs"].into_iter());
        assert_eq!(manifest.binaries, ["client", "lab", "srv"]);
        assert_eq!(manifest.dependencies, ["tokio"]);
    }
}
