//! Compares the analysis with tshark's, packet by packet, over captures that are made here. Prints SKIPPED when tshark is absent.

use std::path::{Path, PathBuf};

use crate::made::compare::Comparison;
use crate::made::file::{self, PCAPNG};
use crate::made::{kinds, live, other, scenario, trouble, tshark};

/// Captures by name.
fn captures() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for (name, frames) in [scenario::opens_and_closes(), trouble::all(), other::all()].concat() {
        all.push((name.to_owned(), file::write(&PCAPNG, &frames)));
    }
    all.extend(kinds::all());
    let more = std::env::var("SOCKLAB_RANDOM").ok();
    let seeds = more.and_then(|n| n.parse().ok()).unwrap_or(12);
    for seed in 0..seeds {
        all.push((
            format!("random-{seed}"),
            file::write(&PCAPNG, &scenario::random(seed, 150)),
        ));
    }
    all
}

/// The files of a directory, in order. With `SOCKLAB_KEEP` they are also copied there, to be looked at.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the directory");
    let mut files: Vec<_> = entries.map(|f| f.expect("a file").path()).collect();
    files.sort();
    if let Some(keep) = std::env::var_os("SOCKLAB_KEEP") {
        for file in &files {
            let name = file.file_name().unwrap_or_default();
            std::fs::copy(file, Path::new(&keep).join(name)).expect("a copy");
        }
    }
    files
}

fn cannot_compare(needs_python: bool) -> bool {
    let missing = if !tshark::available() {
        "tshark is not installed (apt-get install tshark)"
    } else if needs_python && !live::python_available() {
        "python3 is not installed"
    } else {
        return false;
    };
    eprintln!("SKIPPED: {missing}, so nothing was compared");
    true
}

#[test]
fn agrees_with_tshark_on_every_capture_that_we_can_make() {
    if cannot_compare(false) {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let only = std::env::var("SOCKLAB_ONLY").unwrap_or_default();
    for (name, bytes) in captures().iter().filter(|(n, _)| n.contains(&only)) {
        std::fs::write(dir.path().join(name), bytes).expect("the temporary directory takes files");
    }
    Comparison::of_files(&files(dir.path())).report("made byte by byte");
}

#[test]
fn agrees_with_tshark_on_real_programs() {
    if let Some(dir) = live::inside() {
        return live::record_programs(&dir);
    }
    if cannot_compare(true) {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    if let Err(why) = live::run_inside("agreement::agrees_with_tshark_on_real_programs", dir.path())
    {
        eprintln!("SKIPPED: {why}, so no real program was compared");
        return;
    }
    let files = files(dir.path());
    assert!(files.len() >= 20, "only {} captures were made", files.len());
    Comparison::of_files(&files).report("real programs on the loopback device");
}

#[test]
fn agrees_with_tshark_on_real_programs_behind_an_unkind_relay() {
    if cannot_compare(true) {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    if let Err(why) = live::relay_programs(dir.path()) {
        eprintln!("SKIPPED: {why}, so nothing was relayed");
        return;
    }
    let files = files(dir.path());
    assert!(files.len() >= 40, "only {} captures were made", files.len());
    let all = Comparison::of_files(&files);
    // A relay that loses nothing would compare nothing of interest.
    assert!(all.marked > 500, "only {} segments are marked", all.marked);
    all.report("real programs behind a relay that loses, delays and doubles");
}
