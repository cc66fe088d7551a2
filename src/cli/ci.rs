//! `socklab ci`: checks one submission and reports in the formats of the platform it runs on, which the
//! environment tells.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::check::{self, CheckArgs};
use super::context::Context;
use super::status::ExitStatus;
use crate::class::grade::Graded;
use crate::report::{Capture, Extras, Format, Options, Visible};

/// Checks one submission and reports as the CI platform wants it.
#[derive(Debug, clap::Args)]
pub struct CiArgs {
    /// The exercise; when absent, the one that `socklab start` noted in the folder
    exercise: Option<String>,
    /// A folder, a single file or an archive with the solution
    path: Option<PathBuf>,
    /// Keep captures, events and the scorecard in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Draw messages and names from this seed, to repeat a run
    #[arg(long)]
    seed: Option<u64>,
    /// End with 0 even if points were lost; a machine that cannot grade still fails the job
    #[arg(long)]
    no_fail: bool,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Log,
    /// The end of a file that the platform names.
    Append(PathBuf),
    /// A file of its own.
    File(PathBuf),
}

/// The environment, by name.
pub type Environment = BTreeMap<String, String>;

/// This process's environment, as far as it is text.
pub fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The formats that a platform wants, and where to, by its environment. Without any, the terminal's.
pub fn choose(environment: &Environment) -> Vec<(Format, Target)> {
    let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let is = |name: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if get("VPL_GRADEMAX").is_some() {
        // VPL reads the grade from the output: nothing else may be in it.
        return vec![(Format::Vpl, Target::Log)];
    }
    let mut chosen = Vec::new();
    if is("GITHUB_ACTIONS") {
        chosen.push((Format::GitHub, Target::Log));
        for (format, name) in [
            (Format::GitHubSummary, "GITHUB_STEP_SUMMARY"),
            (Format::GitHubOutput, "GITHUB_OUTPUT"),
        ] {
            chosen.extend(get(name).map(|path| (format, Target::Append(path.into()))));
        }
        if get("CLASSROOM").is_some() && get("ASSIGNMENT").is_some() {
            let target = Target::File("result.json".into());
            chosen.push((Format::Classroom50, target));
        }
        return chosen;
    }
    chosen.push((Format::Terminal, Target::Log));
    let reads_junit = [
        "JENKINS_URL",
        "TF_BUILD",
        "CI_SERVER_URL",
        "CIRCLECI",
        "BUILDKITE",
    ];
    if is("GITLAB_CI") || is("CI") || reads_junit.iter().any(|name| get(name).is_some()) {
        let target = Target::File(Format::JUnit.file_name().into());
        chosen.push((Format::JUnit, target));
    }
    chosen
}

/// Where the submission lies in the repository, for annotations: `lab1/` or empty.
fn path_prefix(environment: &Environment, path: &Path) -> String {
    let root = environment
        .get("GITHUB_WORKSPACE")
        .or_else(|| environment.get("CI_PROJECT_DIR"));
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let below = root
        .and_then(|root| Path::new(root).canonicalize().ok())
        .and_then(|root| {
            folder
                .canonicalize()
                .ok()?
                .strip_prefix(root)
                .ok()
                .map(Path::to_owned)
        });
    match below {
        Some(below) if !below.as_os_str().is_empty() => format!("{}/", below.display()),
        _ => String::new(),
    }
}

/// Checks one submission and reports.
///
/// # Errors
/// When the exercise or the submission cannot be read, nothing can be graded on this machine, or a report
/// cannot be written.
pub fn run(context: &Context, args: &CiArgs) -> anyhow::Result<ExitStatus> {
    let environment = environment();
    let check_args = CheckArgs::quiet(
        args.exercise.clone(),
        args.path.clone(),
        args.seed,
        args.keep.clone(),
    );
    let (graded, path, status) = check::grade(context, &check_args)?;
    let options = Options {
        look: context.look(false),
        token: check::token(),
        path_prefix: path_prefix(&environment, &path),
        platform: environment.clone(),
    };
    let classroom = environment.contains_key("CLASSROOM");
    for (format, target) in choose(&environment) {
        if format == Format::Classroom50 && status == ExitStatus::NotHere {
            // Without a result file the job fails, and no grade is stored.
            continue;
        }
        let extras = captures(&graded, args.keep.as_deref());
        let visible = Visible::new(graded.card.clone(), extras, format.usual_audience());
        let mut text = Vec::new();
        format.write_one(&visible, &options, &mut text)?;
        deliver(&text, &target)?;
    }
    match status {
        ExitStatus::PointsLost if args.no_fail || classroom => Ok(ExitStatus::Success),
        status => Ok(status),
    }
}

/// The captures that are kept, for formats that name files.
fn captures(graded: &Graded, keep: Option<&Path>) -> Extras {
    let mut extras = Extras::default();
    if let Some(folder) = keep {
        for check in graded.captures.keys() {
            let path = folder.join(format!("captures/{check}.pcapng"));
            let capture = Capture::Beside(path.display().to_string());
            extras.captures.insert(check.clone(), capture);
        }
    }
    extras
}

fn deliver(text: &[u8], target: &Target) -> anyhow::Result<()> {
    match target {
        Target::Log => {
            let mut out = std::io::stdout().lock();
            out.write_all(text)?;
            out.flush()?;
        }
        Target::Append(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.and_then(|mut file| file.write_all(text))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Target::File(path) => {
            std::fs::write(path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(environment: &[(&str, &str)]) -> Vec<(Format, Target)> {
        let pairs = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        choose(&pairs.collect())
    }

    #[test]
    fn github_gets_its_log_its_summary_and_its_outputs() {
        let chosen = chosen(&[
            ("GITHUB_ACTIONS", "true"),
            ("CI", "true"),
            ("GITHUB_STEP_SUMMARY", "/s"),
            ("GITHUB_OUTPUT", "/o"),
        ]);
        assert_eq!(
            chosen,
            [
                (Format::GitHub, Target::Log),
                (Format::GitHubSummary, Target::Append("/s".into())),
                (Format::GitHubOutput, Target::Append("/o".into())),
            ]
        );
    }

    #[test]
    fn classroom_50_also_gets_its_result() {
        let chosen = chosen(&[
            ("GITHUB_ACTIONS", "true"),
            ("CLASSROOM", "c"),
            ("ASSIGNMENT", "a"),
        ]);
        let result = (Format::Classroom50, Target::File("result.json".into()));
        assert_eq!(chosen.last(), Some(&result));
    }

    #[test]
    fn gitlab_and_jenkins_get_junit_beside_the_log() {
        let expected = [
            (Format::Terminal, Target::Log),
            (Format::JUnit, Target::File("junit.xml".into())),
        ];
        assert_eq!(chosen(&[("GITLAB_CI", "true")]), expected);
        assert_eq!(chosen(&[("JENKINS_URL", "http://j/")]), expected);
        assert_eq!(chosen(&[]), expected[..1]);
    }

    #[test]
    fn vpl_gets_nothing_but_its_own_lines() {
        let chosen = chosen(&[("VPL_GRADEMAX", "10"), ("CI", "true")]);
        assert_eq!(chosen, [(Format::Vpl, Target::Log)]);
    }
}
