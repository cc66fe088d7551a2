//! `socklab spec new` and `socklab spec words`: a first version of an exercise, and the words of the language.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::status::ExitStatus;
use crate::spec::Endpoint;
use crate::spec::reference;
use crate::spec::skeleton::{Asks, skeleton};

/// Arguments of `socklab spec new`.
#[derive(Debug, clap::Args)]
pub struct SpecNewArgs {
    /// The lab and the exercise, in small letters: `echo/tcp-echo-server`
    #[arg(value_name = "LAB/EXERCISE")]
    name: String,
    /// The student writes a client instead of a server
    #[arg(long)]
    client: bool,
    /// Over UDP instead of TCP
    #[arg(long)]
    udp: bool,
    /// The port of the handout
    #[arg(long, default_value_t = 7000, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

/// Writes the first version of an exercise into the course in this folder. Nothing is overwritten.
///
/// # Errors
/// A name that is none, files that are there already or cannot be written.
pub fn new(args: &SpecNewArgs) -> anyhow::Result<ExitStatus> {
    let Some((lab, exercise)) = args.name.split_once('/') else {
        bail!(
            "`{0}` names no lab; write LAB/EXERCISE, for example `echo/{0}`",
            args.name
        );
    };
    for part in [lab, exercise] {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if part.is_empty()
            || !part.chars().all(fits)
            || part.starts_with('-')
            || part.ends_with('-')
        {
            bail!("`{part}` is not a name; use small letters, digits and `-`");
        }
    }
    let asks = if args.client {
        Asks::Client
    } else {
        Asks::Server
    };
    let endpoint = Endpoint {
        tcp: (!args.udp).then_some(args.port),
        udp: args.udp.then_some(args.port),
        ..Endpoint::default()
    };
    let spec = Path::new("specs")
        .join(lab)
        .join(format!("{exercise}.yaml"));
    let handout = Path::new("exercises")
        .join(lab)
        .join(exercise)
        .join("README.md");
    let bugs = Path::new("tests/submissions")
        .join(lab)
        .join(exercise)
        .join("bugs.yaml");
    let files: [(PathBuf, String); 3] = [
        (spec.clone(), skeleton(exercise, asks, &endpoint)),
        (handout, handout_text(exercise)),
        (bugs, BUGS.to_owned()),
    ];
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        bail!("{} is there already; nothing was written", path.display());
    }
    for (path, text) in &files {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("written  {}", path.display());
    }
    println!(
        "\nNext: put the starter beside the README, the references into reference/{lab}/{exercise}/python and …/rust,\n\
         bugs beside bugs.yaml, then:  socklab spec check {}",
        spec.display()
    );
    Ok(ExitStatus::Success)
}

fn handout_text(exercise: &str) -> String {
    format!(
        "# {exercise}\n\n## Goal\n\n## Background\n\n## What to do\n\n## How to check it\n\n    socklab check {exercise} .\n\n## Hints\n"
    )
}

const BUGS: &str = "\
# One entry per folder beside this file: a plausible submission with exactly one fault.
# never-closes:
#   what: the socket is never closed
#   fails: [closes]
#   cause: never-closes
{}
";

/// Arguments of `socklab spec words`.
#[derive(Debug, clap::Args)]
pub struct SpecWordsArgs {
    /// Words to look up; the whole reference when absent
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

/// Prints the reference of the language, or what it says about some words.
///
/// # Errors
/// A word that the language does not have.
pub fn words(args: &SpecWordsArgs) -> anyhow::Result<ExitStatus> {
    let mut out = std::io::stdout().lock();
    if args.words.is_empty() {
        write!(out, "{}", reference::reference())?;
        return Ok(ExitStatus::Success);
    }
    for word in &args.words {
        let Some(section) = reference::word(word) else {
            let near = crate::spec::nearest(word, &reference::all_words());
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            bail!("the spec language has no word `{word}`{near}");
        };
        writeln!(out, "{section}")?;
    }
    Ok(ExitStatus::Success)
}
