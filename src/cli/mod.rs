//! The command line: the only reader of the environment and the terminal. Turns arguments into calls of
//! the other modules, and errors into exit statuses.

mod bundle;
mod check;
mod ci;
mod context;
mod diff;
mod doctor;
mod examples;
mod grade;
mod gradebook;
mod hint;
mod judge;
mod keep;
mod list;
mod man;
mod mark;
mod merge;
pub mod pcap;
mod peer;
mod prove;
mod report_cmd;
mod show;
mod spec;
mod spec_cmd;
mod start;
mod status;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use context::Context;

pub use status::ExitStatus;

/// Grades socket programming labs: runs each program unmodified in a private network, plays the other
/// side, and says what was right, what was wrong and why.
#[derive(Debug, Parser)]
#[command(
    name = "socklab",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Students: `socklab start EXERCISE`, then `socklab check`.  \
    Instructors: `socklab grade EXERCISE FOLDER`.  Something is wrong here: `socklab doctor`."
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
struct Common {
    /// A folder with specs/, exercises/ and reference/ to use instead of the built-in course
    #[arg(long, global = true, value_name = "DIR", env = "SOCKLAB_COURSE")]
    course: Option<std::path::PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN")]
    color: ColorWhen,
    /// Words instead of symbols, for screen readers and plain terminals
    #[arg(long, global = true)]
    ascii: bool,
    /// Run without isolation: for practice on systems without namespaces, never for credit
    #[arg(long, global = true, hide_short_help = true)]
    unsafe_no_isolation: bool,
    /// Start the programs anew for every check, also where one that is running could be asked: slower, with the same
    /// scores
    #[arg(long, global = true, hide_short_help = true)]
    fresh: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List labs and exercises
    #[command(after_help = examples::LIST)]
    List(list::ListArgs),
    /// Show an exercise: what to do, how it is checked, for how many points
    #[command(after_help = examples::SHOW)]
    Show(show::ShowArgs),
    /// Begin an exercise: copies its handout and starter files into a folder
    #[command(after_help = examples::START)]
    Start(start::StartArgs),
    /// Check your own solution of an exercise
    #[command(after_help = examples::CHECK)]
    Check(check::CheckArgs),
    /// One more hint for a check, from general to concrete
    #[command(after_help = examples::HINT)]
    Hint(hint::HintArgs),
    /// Play the other side on this machine, to try your program by hand
    #[command(after_help = examples::PEER)]
    Peer(peer::PeerArgs),
    /// Check a solution in a CI job: reports in the formats of the platform
    #[command(after_help = examples::CI)]
    Ci(ci::CiArgs),
    /// Grade a class: every submission in a folder, an archive or a platform's download
    #[command(after_help = examples::GRADE)]
    Grade(grade::GradeArgs),
    /// Write reports of a graded run in any format
    #[command(after_help = examples::REPORT)]
    Report(report_cmd::ReportArgs),
    /// Put the runs of several shards together
    #[command(after_help = examples::MERGE)]
    Merge(merge::MergeArgs),
    /// Compare two runs: who changed, and by which check
    #[command(after_help = examples::DIFF)]
    Diff(diff::DiffArgs),
    /// Give points by hand, or list what waits for them
    #[command(after_help = examples::MARK)]
    Mark(mark::MarkArgs),
    /// Make the table that a learning platform imports
    #[command(after_help = examples::GRADEBOOK)]
    Gradebook(gradebook::GradebookArgs),
    /// Judge a stored run again, after a spec has changed, without running anything
    #[command(after_help = examples::JUDGE)]
    Judge(judge::JudgeArgs),
    /// What isolation this machine gives, and how to get what is missing
    #[command(after_help = examples::DOCTOR)]
    Doctor(doctor::DoctorArgs),
    /// Print a completion script for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands
    #[command(after_help = examples::MAN)]
    Man(man::ManArgs),
    /// For authors of exercises: check specs, print the schema
    #[command(subcommand, after_help = examples::SPEC)]
    Spec(spec::SpecCommand),
    /// What is in a packet capture: connections, closes, retransmissions, ladders
    #[command(after_help = examples::PCAP)]
    Pcap(pcap::PcapArgs),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors.
            let asked = !error.use_stderr();
            let _ = error.print();
            return if asked {
                ExitStatus::Success
            } else {
                ExitStatus::Usage
            }
            .into();
        }
    };
    raise_open_files();
    let context = Context::new(cli.common);
    match dispatch(&context, cli.command) {
        Ok(status) => status.into(),
        Err(error) => status::report(&context, &error).into(),
    }
}

/// Lets this process have as many files open as it may: a check can hold a thousand connections, and many checks
/// run at once. The usual bound protects programs that use `select`, which this one does not.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    // Refused, it stays as it was.
    let _ = setrlimit(Resource::Nofile, all);
}

fn dispatch(context: &Context, command: Command) -> anyhow::Result<ExitStatus> {
    match command {
        Command::List(args) => list::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::Start(args) => start::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Hint(args) => hint::run(context, &args),
        Command::Peer(args) => peer::run(context, &args),
        Command::Ci(args) => ci::run(context, &args),
        Command::Report(args) => report_cmd::run(context, &args),
        Command::Grade(args) => grade::run(context, &args),
        Command::Merge(args) => merge::run(context, &args),
        Command::Diff(args) => diff::run(&args),
        Command::Mark(args) => mark::run(&args),
        Command::Gradebook(args) => gradebook::run(context, &args),
        Command::Judge(args) => judge::run(context, &args),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Completions { shell } => {
            // Into memory first: what generates it does not expect a reader that has seen enough.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "socklab", &mut script);
            std::io::stdout().write_all(&script)?;
            Ok(ExitStatus::Success)
        }
        Command::Man(args) => man::run(&args),
        Command::Spec(command) => spec::run(context, &command),
        Command::Pcap(args) => pcap::run(&args).map(ExitStatus::Other),
    }
}
