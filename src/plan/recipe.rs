//! A program's main file → how it is built and run: commands as lists of words, whose first word is the
//! *name* of a tool. Where that tool is on this machine is found out elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::c_like;
use super::files::{Files, base_name, folder_of, split_extension};
use super::java;
use super::language::{Language, interpreter};
use super::make::Product;
use super::noise::is_noise;
use super::problem::ProgramProblem;

/// The folder for what a build makes, inside the recipe's folder.
pub const BUILD_FOLDER: &str = ".socklab";

/// How a program is built and run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Recipe {
    /// The folder in which all commands run, relative to the submission; empty for its top.
    pub dir: String,
    /// Commands that build it, in order; empty for scripts. The first word names a tool.
    pub build: Vec<Vec<String>>,
    /// Environment variables of the build, beside the usual ones.
    pub env: BTreeMap<String, String>,
    /// The command that runs it; the spec's arguments follow. The first word names a tool, or is a path
    /// that begins with `./`.
    pub run: Vec<String>,
    /// What the build makes and the run needs, relative to `dir` (a folder stands for all in it). Empty:
    /// whatever it makes.
    pub produces: Vec<String>,
}

/// The recipe for a main file in a language.
///
/// # Errors
/// The file cannot be a program: it has no `main`, or needs packages that cannot be downloaded.
pub fn recipe(language: Language, path: &str, files: &Files) -> Result<Recipe, ProgramProblem> {
    let dir = folder_of(path).to_owned();
    let name = argument(base_name(path));
    let script = |tool: &str| Recipe {
        dir: dir.clone(),
        run: words(&[tool, &name]),
        ..Recipe::default()
    };
    Ok(match language {
        Language::Python3 => script("python3"),
        Language::Python2 => script("python2"),
        Language::Node => script("node"),
        Language::Perl => script("perl"),
        Language::Ruby => script("ruby"),
        Language::Php => script("php"),
        Language::Lua => script("lua"),
        Language::Shell => {
            let found = files.get(path).and_then(|f| interpreter(&f.bytes));
            let known = ["sh", "dash", "zsh", "ksh"];
            script(
                known
                    .into_iter()
                    .find(|k| found.as_deref() == Some(k))
                    .unwrap_or("bash"),
            )
        }
        Language::C | Language::Cpp => c(language, path, files)?,
        Language::Java => java_recipe(path, files)?,
        Language::Go => go(path, files)?,
        Language::Rust => rust(path, files)?,
        Language::Executable | Language::Make | Language::Custom | Language::Unknown => Recipe {
            dir,
            run: vec![format!("./{}", base_name(path))],
            ..Recipe::default()
        },
    })
}

/// The recipe for what a Makefile builds.
pub fn by_make(makefile: &str, product: &Product) -> Recipe {
    Recipe {
        dir: folder_of(makefile).to_owned(),
        build: vec![words(&["make", &product.target])],
        run: vec![format!("./{}", product.path)],
        ..Recipe::default()
    }
}

/// The recipe for an executable of a Cargo package.
pub fn by_cargo(manifest: &str, binary: &str) -> Recipe {
    let target = format!("{BUILD_FOLDER}/target");
    Recipe {
        dir: folder_of(manifest).to_owned(),
        build: vec![words(&[
            "cargo",
            "build",
            "--offline",
            "--quiet",
            "--color",
            "never",
            "--target-dir",
            &target,
            "--bin",
            binary,
        ])],
        run: vec![format!("./{target}/debug/{binary}")],
        produces: vec![format!("{target}/debug/{binary}")],
        ..Recipe::default()
    }
}

/// The recipe of a spec that names its own build command.
pub fn by_command(command: &str, path: &str, files: &Files) -> Recipe {
    let dir = folder_of(path).to_owned();
    let language = files
        .get(path)
        .and_then(|file| super::language::of_file(path, file));
    let script = language
        .filter(|l| l.is_script())
        .and_then(|l| recipe(l, path, files).ok());
    let run = script.map_or_else(|| vec![format!("./{}", base_name(path))], |r| r.run);
    Recipe {
        dir,
        build: vec![words(&["sh", "-c", command])],
        run,
        ..Recipe::default()
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// A file name as an argument that no tool takes for an option (`-rf`) or a file of arguments (`@x`).
fn argument(name: &str) -> String {
    match name.starts_with(['-', '@', '+']) {
        true => format!("./{name}"),
        false => name.to_owned(),
    }
}

/// Where a compiler puts the program of a source file, as the command line has it.
fn output(path: &str) -> String {
    let (stem, _) = split_extension(base_name(path));
    let safe: String = stem
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .collect();
    let safe = safe.trim_start_matches('-');
    format!(
        "{BUILD_FOLDER}/{}",
        if safe.is_empty() { "program" } else { safe }
    )
}

fn compiled(path: &str, build: Vec<String>) -> Recipe {
    let output = output(path);
    Recipe {
        dir: folder_of(path).to_owned(),
        build: vec![words(&["mkdir", "-p", BUILD_FOLDER]), build],
        run: vec![format!("./{output}")],
        produces: vec![output],
        ..Recipe::default()
    }
}

/// Source files of the same language in the same folder, apart from the main one, as names in it.
fn siblings<'a>(
    path: &'a str,
    files: &'a Files,
    language: Language,
) -> impl Iterator<Item = &'a str> {
    let folder = folder_of(path);
    files.paths().filter(move |other| {
        *other != path
            && folder_of(other) == folder
            && !is_noise(other)
            && super::language::by_extension(other) == Some(language)
    })
}

fn c(language: Language, path: &str, files: &Files) -> Result<Recipe, ProgramProblem> {
    let text = files.text(path).unwrap_or_default();
    if !c_like::has_main(language, &text) {
        return Err(ProgramProblem::NoMain {
            file: path.to_owned(),
        });
    }
    let (tool, standard) = match language {
        Language::Cpp => ("c++", "-std=gnu++17"),
        _ => ("cc", "-std=gnu11"),
    };
    let mut line = words(&[
        tool,
        standard,
        "-O1",
        "-g",
        "-pthread",
        "-fdiagnostics-color=never",
    ]);
    if language == Language::C {
        // Compilers since GCC 14 refuse what all before them warned about, and labs were written for those.
        for warning in [
            "implicit-function-declaration",
            "implicit-int",
            "int-conversion",
            "incompatible-pointer-types",
        ] {
            line.push(format!("-Wno-error={warning}"));
        }
    }
    for folder in header_folders(path, files) {
        line.push(format!("-I{folder}"));
    }
    line.extend([String::from("-o"), output(path), argument(base_name(path))]);
    line.extend(helpers(language, path, &text, files));
    line.push("-lm".to_owned());
    Ok(compiled(path, line))
}

/// The other sources that belong to a C program: all without a `main` when it is the only one that has
/// one, else those whose header it includes. What is included as a file is not compiled once more.
fn helpers(language: Language, path: &str, text: &str, files: &Files) -> Vec<String> {
    let others: Vec<(&str, String)> = siblings(path, files, language)
        .map(|p| (p, files.text(p).unwrap_or_default()))
        .collect();
    let included = all_includes(text, folder_of(path), files);
    let alone = !others
        .iter()
        .any(|(_, text)| c_like::has_main(language, text));
    let wanted = |(other, text): &&(&str, String)| {
        let name = base_name(other);
        let (stem, _) = split_extension(name);
        let has_header = [".h", ".hpp", ".hh"]
            .iter()
            .any(|end| included.contains(&format!("{stem}{end}")));
        !included.contains(name) && !c_like::has_main(language, text) && (alone || has_header)
    };
    others
        .iter()
        .filter(wanted)
        .map(|(other, _)| argument(base_name(other)))
        .collect()
}

/// Base names of everything that a source includes, directly or through files of its folder.
fn all_includes(text: &str, folder: &str, files: &Files) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut todo: Vec<String> = c_like::includes(text).into_iter().collect();
    while let Some(name) = todo.pop() {
        let name = base_name(&name).to_owned();
        if known.len() > 100 || !known.insert(name.clone()) {
            continue;
        }
        let path = if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        };
        if let Some(text) = files.text(&path) {
            todo.extend(c_like::includes(&text));
        }
    }
    known
}

/// Folders below the source's that hold headers (at most eight), as seen from it.
fn header_folders(path: &str, files: &Files) -> Vec<String> {
    let folder = folder_of(path);
    let inside = |other: &str| match folder {
        "" => Some(other.to_owned()),
        folder => other
            .strip_prefix(folder)?
            .strip_prefix('/')
            .map(str::to_owned),
    };
    let headers = files
        .paths()
        .filter(|p| p.ends_with(".h") || p.ends_with(".hpp"))
        .filter(|p| !is_noise(p));
    let folders: BTreeSet<String> = headers
        .filter_map(inside)
        .map(|p| folder_of(&p).to_owned())
        .filter(|f| !f.is_empty())
        .collect();
    folders.into_iter().take(8).collect()
}

fn java_recipe(path: &str, files: &Files) -> Result<Recipe, ProgramProblem> {
    let source = java::read(&files.text(path).unwrap_or_default());
    let Some(main) = source.main_class else {
        return Err(ProgramProblem::NoMain {
            file: path.to_owned(),
        });
    };
    let folder = folder_of(path);
    let package = source.package.replace('.', "/");
    // With packages the compiler starts from the folder that holds the packages.
    let root = match folder.strip_suffix(&package) {
        Some(root) if !package.is_empty() && (root.is_empty() || root.ends_with('/')) => {
            root.trim_end_matches('/')
        }
        _ => folder,
    };
    let local = path
        .strip_prefix(root)
        .map_or(path, |p| p.trim_start_matches('/'));
    let mut build = Vec::new();
    let mut file = argument(local);
    // The compiler wants a file named after its public class; platforms rename what is handed in.
    let (stem, _) = split_extension(base_name(path));
    if let Some(class) = source.public_class.filter(|class| class != stem) {
        let copy = format!("{BUILD_FOLDER}/src/{class}.java");
        build.push(words(&["mkdir", "-p", &format!("{BUILD_FOLDER}/src")]));
        build.push(words(&["cp", "--", local, &copy]));
        file = copy;
    }
    let classes = format!("{BUILD_FOLDER}/classes");
    build.push(words(&["mkdir", "-p", &classes]));
    let mut line = words(&[
        "javac",
        "-J-Xshare:auto",
        "-J-XX:TieredStopAtLevel=1",
        "-J-XX:+UseSerialGC",
        "-J-XX:-UsePerfData",
    ]);
    // Only the named file and what it uses is compiled, so that a broken client does not stop the server.
    line.extend(words(&[
        "-encoding",
        "UTF-8",
        "-proc:none",
        "-nowarn",
        "-g",
        "-sourcepath",
        ".",
        "-d",
        &classes,
        &file,
    ]));
    build.push(line);
    let class = match source.package.as_str() {
        "" => main,
        package => format!("{package}.{main}"),
    };
    // A small machine that starts fast: no second compiler, one collector thread, no shared statistics file.
    let run = words(&[
        "java",
        "-Xshare:auto",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-Xmx128m",
        "-Xss512k",
        "-cp",
        &classes,
        &class,
    ]);
    Ok(Recipe {
        dir: root.to_owned(),
        build,
        run,
        produces: vec![classes],
        ..Recipe::default()
    })
}

fn go(path: &str, files: &Files) -> Result<Recipe, ProgramProblem> {
    let text = files.text(path).unwrap_or_default();
    if !c_like::has_main(Language::Go, &text) {
        return Err(ProgramProblem::NoMain {
            file: path.to_owned(),
        });
    }
    let mut line = words(&[
        "go",
        "build",
        "-o",
        &output(path),
        &argument(base_name(path)),
    ]);
    for other in siblings(path, files, Language::Go).filter(|p| !p.ends_with("_test.go")) {
        let text = files.text(other).unwrap_or_default();
        let same_package = text
            .lines()
            .any(|l| l.trim_start().starts_with("package main"));
        if same_package && !c_like::has_main(Language::Go, &text) {
            line.push(argument(base_name(other)));
        }
    }
    let mut recipe = compiled(path, line);
    let env = [
        ("GOPROXY", "off"),
        ("GOTOOLCHAIN", "local"),
        ("CGO_ENABLED", "0"),
        ("GOCACHE", "/tmp/go-cache"),
        ("GOPATH", "/tmp/go"),
    ];
    recipe.env = env
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    Ok(recipe)
}

fn rust(path: &str, files: &Files) -> Result<Recipe, ProgramProblem> {
    if !c_like::has_main(Language::Rust, &files.text(path).unwrap_or_default()) {
        return Err(ProgramProblem::NoMain {
            file: path.to_owned(),
        });
    }
    // `server (1).rs` is no name for a crate, so it gets one.
    let line = words(&[
        "rustc",
        "--edition",
        "2021",
        "--crate-name",
        "program",
        "--color",
        "never",
        "-C",
        "opt-level=1",
        "-C",
        "debuginfo=0",
        "-o",
        &output(path),
        &argument(base_name(path)),
    ]);
    Ok(compiled(path, line))
}
