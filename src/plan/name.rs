//! The names that a spec asks for → the file that has one of them, if need be spelled a little differently.

use super::candidate::Candidate;
use super::files::{base_name, folder_of, shown, split_extension};
use super::find::{Choice, Search};
use super::language::{Language, by_extension};
use super::role::shared_words;
use crate::spec::ProgramSpec;

/// The outcome of a search by name.
pub(super) enum Match {
    /// One file.
    One(Choice),
    /// Several files with nothing to choose by.
    Several(Vec<String>),
    /// No file.
    None,
}

/// Looks for the names of a program: each as it is first, then each in another spelling or language. A
/// file that no program begins in (`Echo.java` beside `EchoServer.java`) is taken only if there is no other.
pub(super) fn by_name(search: &Search, program: &ProgramSpec) -> Match {
    let (whole, parts): (Vec<_>, Vec<_>) = search
        .candidates
        .iter()
        .partition(|c| !is_named(program, c) || c.has_main(search.files));
    match among(search, &whole, program) {
        Match::None => among(search, &parts, program),
        found => found,
    }
}

/// Whether any name of a program could mean a file; only such files are looked into.
fn is_named(program: &ProgramSpec, candidate: &Candidate) -> bool {
    program
        .files
        .iter()
        .any(|wanted| stem_matches(wanted, candidate.stem()))
}

fn among(search: &Search, candidates: &[&Candidate], program: &ProgramSpec) -> Match {
    for wanted in &program.files {
        let hits = candidates
            .iter()
            .copied()
            .filter(|c| is_exactly(wanted, c))
            .collect();
        match best(search, wanted, hits) {
            Match::None => {}
            found => return found,
        }
    }
    for wanted in &program.files {
        let like = |c: &&Candidate| {
            stem_matches(base_name(wanted), c.stem()) && folder_fits(wanted, &c.path)
        };
        let mut hits: Vec<&Candidate> = candidates.iter().copied().filter(like).collect();
        let same: Vec<&Candidate> = hits
            .iter()
            .copied()
            .filter(|c| by_extension(wanted) == Some(c.language))
            .collect();
        if !same.is_empty() {
            hits = same;
        }
        match best(search, wanted, hits) {
            Match::One(mut choice) => {
                choice.remark = format!("{} was taken for {wanted}", shown(&choice.path));
                return Match::One(choice);
            }
            Match::None => {}
            several => return several,
        }
    }
    Match::None
}

/// The file has the name; upper and lower case are the same, and a name without extension fits any language.
fn is_exactly(wanted: &str, candidate: &Candidate) -> bool {
    let (_, extension) = split_extension(base_name(wanted));
    let name = base_name(&candidate.path);
    let same = match extension {
        "" => candidate.stem().eq_ignore_ascii_case(base_name(wanted)),
        _ => name.eq_ignore_ascii_case(base_name(wanted)),
    };
    same && folder_fits(wanted, &candidate.path)
}

/// A wanted name with a folder (`a/server.py`) wants the file in that folder.
fn folder_fits(wanted: &str, path: &str) -> bool {
    let (wanted, folder) = (
        folder_of(wanted).to_ascii_lowercase(),
        folder_of(path).to_ascii_lowercase(),
    );
    wanted.is_empty() || folder == wanted || folder.ends_with(&format!("/{wanted}"))
}

/// A stem is the wanted name apart from case, separators and the marks of copies.
pub(super) fn stem_matches(wanted: &str, stem: &str) -> bool {
    let (wanted, _) = split_extension(base_name(wanted));
    normal(wanted) == normal(stem)
}

/// `Server_Echo (1)`, `server-echo-2`, `server echo - Copy` → `serverecho`.
fn normal(stem: &str) -> String {
    let mut stem = stem.trim().to_lowercase();
    loop {
        let cut = stem.trim_end_matches([' ', '-', '_', '.']);
        let cut = ["copy", "copia", "kopie", "final"]
            .iter()
            .find_map(|mark| {
                cut.strip_suffix(mark)
                    .filter(|rest| rest.ends_with([' ', '-', '_', '.']))
            })
            .unwrap_or(cut);
        let digits = cut
            .trim_end_matches(')')
            .trim_end_matches(|c: char| c.is_ascii_digit());
        let numbered = cut.ends_with(')') && digits.ends_with('(')
            || digits.len() < cut.len() && digits.ends_with(['-', '_', ' ']);
        let next = if numbered {
            digits.trim_end_matches(['(', '-', '_', ' '])
        } else {
            cut
        };
        if next.len() == stem.len() || next.is_empty() {
            return stem.chars().filter(|c| c.is_alphanumeric()).collect();
        }
        stem = next.to_owned();
    }
}

/// Chooses between files of the same name: the exercise's words in the folder, the exact spelling, the
/// shallowest folder.
fn best(search: &Search, wanted: &str, mut hits: Vec<&Candidate>) -> Match {
    let rank = |c: &Candidate| {
        let exact = base_name(&c.path) == base_name(wanted);
        let words = shared_words(&search.spec.exercise, folder_of(&c.path));
        // What somebody compiled elsewhere comes after what it was compiled from.
        let compiled = c.language == Language::Executable;
        let depth = c.path.matches('/').count();
        (std::cmp::Reverse(words), compiled, depth, !exact)
    };
    hits.sort_by_key(|c| (rank(c), c.path.clone()));
    let Some(first) = hits.first() else {
        return Match::None;
    };
    let equal: Vec<&&Candidate> = hits.iter().filter(|c| rank(c) == rank(first)).collect();
    if equal.len() > 1 {
        return Match::Several(equal.iter().map(|c| c.path.clone()).collect());
    }
    let others = hits.len() > 1;
    let remark = if others {
        format!(
            "{} was taken, one of {} files with that name",
            shown(&first.path),
            hits.len()
        )
    } else {
        String::new()
    };
    Match::One(Choice {
        path: first.path.clone(),
        language: first.language,
        remark,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_other_spellings_are_the_same_name() {
        for stem in [
            "Server_Echo",
            "server-echo",
            "serverEcho",
            "server_echo (1)",
            "server_echo-2",
            "server_echo - Copy",
            "server_echo_final",
            "server_echo(2)",
        ] {
            assert!(stem_matches("server_echo.py", stem), "{stem}");
        }
        for stem in ["server", "server_echo2", "echo_server", "client_echo", ""] {
            assert!(!stem_matches("server_echo.py", stem), "{stem}");
        }
    }

    #[test]
    fn stems_of_marks_only_end() {
        for stem in ["-1", "(1)", "___", " copy", "1", "((((", "))))"] {
            let _ = normal(stem);
        }
    }
}
