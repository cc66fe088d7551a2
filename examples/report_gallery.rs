//! Writes every report format of every made-up scorecard into a folder, to be looked at and validated:
//! `cargo run --example report_gallery -- OUT`. Beside them, as `OUT/run`, a stored run of the same submissions, for
//! `socklab report`.

#[expect(dead_code, reason = "the tests use more of it than the gallery")]
#[path = "../tests/report/fixtures.rs"]
mod fixtures;
#[path = "../tests/report/stored.rs"]
mod stored;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use socklab::report::{Audience, Extras, Format, Look, Options, Scope, Visible};
use socklab::score::Scorecard;

fn main() -> anyhow::Result<()> {
    let out = std::env::args_os().nth(1).map(PathBuf::from);
    let out = out.ok_or_else(|| anyhow::anyhow!("say where to: report_gallery OUT"))?;
    let cards = [
        ("full-marks", fixtures::full_marks as fn() -> Scorecard),
        ("one-failure", fixtures::one_failure),
        ("does-not-compile", fixtures::does_not_compile),
        ("hostile", fixtures::hostile),
        ("awkward", fixtures::awkward),
        ("not-graded", fixtures::not_graded),
    ];
    for (name, card) in cards {
        one(&out.join(name), card(), Audience::Student)?;
        one(
            &out.join(format!("{name}-instructor")),
            card(),
            Audience::Instructor,
        )?;
    }
    let cards: Vec<Scorecard> = cards.iter().map(|(_, card)| card()).collect();
    stored::store(&out.join("run"), &cards)?;
    for size in [3, 200, 1000] {
        class(&out.join(format!("class-{size}")), size)?;
    }
    Ok(())
}

fn options() -> Options {
    Options {
        look: Look::default(),
        token: "c0ffee5eedc0ffee5eed".to_owned(),
        path_prefix: "lab1/".to_owned(),
        platform: [
            ("CLASSROOM", "net-f26"),
            ("ASSIGNMENT", "tcp-echo-server"),
            ("SOCKLAB_COMMIT_DATE", "2026-11-20T11:00:00+01:00"),
            ("VPL_GRADEMAX", "20"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into(),
    }
}

fn one(dir: &Path, card: Scorecard, audience: Audience) -> anyhow::Result<()> {
    fs::create_dir_all(dir)?;
    let extras = match card.submission.key.as_str() {
        "s1002" => fixtures::extras(),
        _ => Extras::default(),
    };
    let visible = Visible::new(card, extras, audience);
    for format in Format::ALL {
        let path = dir.join(format!("{}--{}", format.name(), format.file_name()));
        let mut file = BufWriter::new(File::create(path)?);
        // Some formats refuse a submission that was not graded.
        if let Err(error) = format.write_one(&visible, &options(), &mut file) {
            eprintln!("{}: {error}", dir.display());
        }
    }
    Ok(())
}

fn class(dir: &Path, size: usize) -> anyhow::Result<()> {
    fs::create_dir_all(dir)?;
    let class = fixtures::class(size);
    for format in Format::ALL.iter().filter(|f| f.scope() == Scope::Both) {
        let path = dir.join(format!("{}--{}", format.name(), format.class_file_name()));
        let mut file = BufWriter::new(File::create(path)?);
        format.write_class(&class, &options(), &mut file)?;
    }
    Ok(())
}
