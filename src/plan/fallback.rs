//! When no file has a wanted name: the only program that can be meant, with the reason, or a problem that
//! says what to rename.

use super::candidate::Candidate;
use super::files::{base_name, shown, split_extension};
use super::find::{Choice, Search, wanted};
use super::language::{self, Language};
use super::name::{Match, by_name};
use super::noise::is_noise;
use super::problem::ProgramProblem;
use super::python;
use super::role::{self, Kind, Signal};
use crate::spec::ProgramSpec;

/// Files beyond this number are not looked into.
const LOOKED_INTO: usize = 100;

struct Looked<'a> {
    candidate: &'a Candidate,
    waits: Option<Signal>,
    calls: Option<Signal>,
}

/// Chooses a file for a role whose name is not there.
///
/// # Errors
/// No file, or more than one, can be meant.
pub(super) fn choose(
    search: &Search,
    role: &str,
    program: &ProgramSpec,
) -> Result<Choice, ProgramProblem> {
    let wanted_like = |path: &str| wanted(role, program, Some(path));
    let wanted = wanted(role, program, None);
    let looked = look(search, role);
    let kind = role::kind(role, program);
    if looked.is_empty() {
        return Err(nothing_runs(search, &wanted));
    }
    let choice = |l: &Looked, why: String| {
        let remark = format!(
            "no {} here; {} was taken, {why}",
            wanted_like(&l.candidate.path),
            shown(&l.candidate.path)
        );
        Choice {
            path: l.candidate.path.clone(),
            language: l.candidate.language,
            remark,
        }
    };
    let best_named = best_by(&looked, |l| {
        (
            role::score(role, l.candidate.stem()),
            role::shared_words(&search.spec.exercise, l.candidate.stem()),
        )
    });
    let named: Vec<&Looked> = best_named
        .into_iter()
        .filter(|l| role::score(role, l.candidate.stem()) > 0)
        .collect();
    if let [one] = named.as_slice() {
        return Ok(choice(
            one,
            format!("the program that is named most like a {role}"),
        ));
    }
    let pool: Vec<&Looked> = if named.is_empty() {
        looked.iter().collect()
    } else {
        named
    };
    if let Some(kind) = kind {
        let acting: Vec<&&Looked> = pool.iter().filter(|l| acts(kind, l).is_some()).collect();
        if let [one] = acting.as_slice()
            && let Some(signal) = acts(kind, one)
        {
            return Ok(choice(
                one,
                format!(
                    "the only program that calls {} (line {})",
                    signal.call, signal.line
                ),
            ));
        }
    }
    match pool.as_slice() {
        [one] => {
            let other = kind.and_then(|kind| Some((kind, plays_other(kind, one)?)));
            match other {
                Some((_, evidence)) => Err(ProgramProblem::OtherRole {
                    wanted: wanted_like(&one.candidate.path),
                    file: one.candidate.path.clone(),
                    evidence,
                }),
                None if search.spec.programs.len() > 1
                    && kind.is_some_and(|k| role::is_named_like_other(k, one.candidate.stem())) =>
                {
                    Err(missing(search, &wanted))
                }
                None => Ok(choice(one, "the only program here".to_owned())),
            }
        }
        several => {
            let candidates = several.iter().map(|l| l.candidate.path.clone()).collect();
            let wanted = wanted_like(&several[0].candidate.path);
            Err(ProgramProblem::Ambiguous { wanted, candidates })
        }
    }
}

fn acts<'l>(kind: Kind, looked: &'l Looked) -> Option<&'l Signal> {
    match kind {
        Kind::Server => looked.waits.as_ref(),
        Kind::Client if looked.waits.is_none() => looked.calls.as_ref(),
        Kind::Client => None,
    }
}

fn plays_other(kind: Kind, looked: &Looked) -> Option<String> {
    match kind {
        Kind::Server if looked.waits.is_none() => {
            let calls = looked.calls.as_ref()?;
            Some(format!(
                "calls {} (line {}) and never listens",
                calls.call, calls.line
            ))
        }
        Kind::Client if looked.calls.is_none() => {
            let waits = looked.waits.as_ref()?;
            Some(format!(
                "calls {} (line {}) and never connects",
                waits.call, waits.line
            ))
        }
        _ => None,
    }
}

fn best_by<'a, 'b, K: Ord>(
    looked: &'b [Looked<'a>],
    key: impl Fn(&Looked<'a>) -> K,
) -> Vec<&'b Looked<'a>> {
    let best = looked.iter().map(&key).max();
    looked.iter().filter(|l| Some(key(l)) == best).collect()
}

/// The programs that are not taken by another role and that something begins in.
fn look<'a>(search: &'a Search, role: &str) -> Vec<Looked<'a>> {
    let others = search
        .spec
        .programs
        .iter()
        .filter(|(other, _)| other.as_str() != role);
    let taken: Vec<String> = others
        .filter_map(|(_, program)| match by_name(search, program) {
            Match::One(choice) => Some(choice.path),
            _ => None,
        })
        .collect();
    let free = search
        .candidates
        .iter()
        .filter(|c| !taken.contains(&c.path))
        .take(LOOKED_INTO);
    let texts: Vec<(&Candidate, String)> = free
        .map(|c| (c, search.files.text(&c.path).unwrap_or_default()))
        .collect();
    let imported: Vec<String> = texts
        .iter()
        .filter(|(c, _)| c.language == Language::Python3)
        .flat_map(|(_, text)| python::imports(text))
        .collect();
    let sources = texts
        .iter()
        .any(|(c, _)| c.language != Language::Executable && c.has_main(search.files));
    let begins = |c: &Candidate, text: &str| match c.language {
        Language::Python3 => {
            let stem = c.stem();
            let helper = imported.iter().any(|name| name == stem);
            let test =
                stem.starts_with("test_") || matches!(stem, "__init__" | "setup" | "conftest");
            !helper && !test && !text.trim().is_empty()
        }
        // What somebody compiled elsewhere is not what the sources say.
        Language::Executable => !sources,
        _ => c.has_main(search.files),
    };
    texts
        .into_iter()
        .filter(|(c, text)| begins(c, text))
        .map(|(candidate, text)| {
            let (waits, calls) = role::signals(candidate.language, &text);
            Looked {
                candidate,
                waits,
                calls,
            }
        })
        .collect()
}

/// Nothing can be run: says what is there instead.
fn nothing_runs(search: &Search, wanted: &str) -> ProgramProblem {
    let paths: Vec<&str> = search.files.paths().filter(|p| !is_noise(p)).collect();
    let find = |end: &str| {
        paths
            .iter()
            .find(|p| p.to_ascii_lowercase().ends_with(end))
            .map(|p| (*p).to_owned())
    };
    if let Some(candidate) = search.candidates.iter().find(|c| {
        search
            .files
            .text(&c.path)
            .is_some_and(|t| t.trim().is_empty())
    }) {
        return ProgramProblem::Empty {
            file: candidate.path.clone(),
        };
    }
    if let Some(candidate) = search.candidates.iter().find(|c| !c.language.is_script()) {
        return ProgramProblem::NoMain {
            file: candidate.path.clone(),
        };
    }
    let wanted = wanted.to_owned();
    if let Some(file) = find(".ipynb") {
        return ProgramProblem::Notebook { file, wanted };
    }
    for path in &paths {
        let (stem, extension) = split_extension(base_name(path));
        let extension = extension.to_ascii_lowercase();
        if let Some(language) = language::not_run(&extension) {
            return ProgramProblem::Unsupported {
                file: (*path).to_owned(),
                language: language.to_owned(),
            };
        }
        let hides_program = language::by_extension(stem).is_some();
        let what = match extension.as_str() {
            "zip" | "tar" | "gz" | "tgz" | "7z" | "rar" => "an archive that is empty or damaged",
            "docx" | "doc" | "odt" => "a text document",
            "pdf" => "a PDF document",
            "rtf" => "a formatted text",
            "png" | "jpg" | "jpeg" | "heic" => "a picture",
            "txt" if hides_program || paths.len() == 1 => "a text file",
            _ => continue,
        };
        return ProgramProblem::Document {
            file: (*path).to_owned(),
            what: what.to_owned(),
            wanted,
        };
    }
    missing(search, &wanted)
}

/// The problem of a missing file, with the nearest name there is.
fn missing(search: &Search, wanted: &str) -> ProgramProblem {
    let here: Vec<String> = search
        .files
        .paths()
        .filter(|p| !is_noise(p))
        .map(str::to_owned)
        .collect();
    let likeness = |path: &String| {
        let wanted = wanted.split(' ').next().unwrap_or(wanted);
        strsim::jaro_winkler(&base_name(path).to_lowercase(), &wanted.to_lowercase())
    };
    let nearest = here
        .iter()
        .take(500)
        .filter(|path| path.len() < 300 && likeness(path) > 0.85)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)).then_with(|| b.cmp(a)))
        .cloned();
    ProgramProblem::Missing {
        wanted: wanted.to_owned(),
        nearest,
        here,
    }
}
