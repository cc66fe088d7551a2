//! The spec language as types: what an instructor can say about an exercise.
//!
//! Turns nothing into anything: these are the nouns that [`super::load`] fills from YAML, that `plan`
//! and `run` carry out, and that `verdict` judges by. Pure data; the documentation of each field is the
//! text that the published JSON Schema shows in an editor.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hints::Hints;
use super::step::Step;
use super::units::{Span, Text};
use super::wire::WireCheck;

/// One exercise: the whole of a `specs/<lab>/<exercise>.yaml` file.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Version of the spec language; always 1.
    pub version: u32,
    /// The exercise's name, in kebab-case, equal to the file's name.
    pub exercise: String,
    /// One line that a student reads in lists and reports.
    pub title: String,
    /// One or two sentences on what the programs must do.
    #[serde(default)]
    pub summary: String,
    /// Points of all checks together, bonus checks left out. Must equal their sum.
    pub points: f64,
    /// The whole exercise is a bonus: its points are added to a lab without being asked for.
    #[serde(default)]
    pub bonus: bool,
    /// The programs a student hands in, by role (`server`, `client`).
    #[serde(default)]
    pub programs: BTreeMap<String, ProgramSpec>,
    /// Names that the sandbox's DNS answers, with an IPv4 address (may use `${…}`) or `nxdomain`. All other names do not exist.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Values drawn once per submission, usable in every check as `${name}`.
    #[serde(default, rename = "let")]
    pub bindings: BTreeMap<String, String>,
    /// The time zone inside the sandbox, as `UTC+03:30` or `UTC-05:00`; the machine's own when absent.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Extra IPv6 addresses that the sandbox owns (every IPv4 address is local already).
    #[serde(default)]
    pub addresses6: Vec<String>,
    /// Ports below 1024 need a privilege that the programs lack (the default is that they do not).
    #[serde(default)]
    pub privileged_ports: bool,
    /// Provide the stand-in `RPi.GPIO` module and the GPIO socket, and record what the programs do with pins.
    #[serde(default)]
    pub gpio: bool,
    /// Limits that differ from the usual ones.
    #[serde(default)]
    pub limits: LimitsSpec,
    /// The checks, in the order in which a student reads them.
    pub checks: Vec<Check>,
}

/// One program of a submission.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgramSpec {
    /// File names to look for, the preferred one first. An entry without extension (`server`) stands for any language.
    #[serde(default)]
    pub files: Vec<String>,
    /// Arguments given to the program; `${…}` is expanded.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment variables beside PATH, HOME and LANG.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What the program's standard input is. Default: `none`.
    #[serde(default)]
    pub stdin: Stdin,
    /// What the program's standard output is. Default: `terminal`, so that output shows line by line in every language.
    #[serde(default)]
    pub stdout: Stdout,
    /// A shell command that builds the program, when the usual recipe by extension does not fit.
    #[serde(default)]
    pub build: Option<String>,
    /// Where the program listens, as the handout says.
    #[serde(default)]
    pub listens: Option<Endpoint>,
    /// Where the program connects or sends to, as the handout says.
    #[serde(default)]
    pub connects: Option<Endpoint>,
    /// Not handing this program in is no mistake; checks that need it are not run.
    #[serde(default)]
    pub optional: bool,
}

/// An address and port of one transport.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// TCP port.
    #[serde(default)]
    pub tcp: Option<u16>,
    /// UDP port.
    #[serde(default)]
    pub udp: Option<u16>,
    /// Path of a Unix stream socket.
    #[serde(default)]
    pub unix: Option<String>,
    /// IPv4 or IPv6 address, or `any` (the default: every address is right).
    #[serde(default)]
    pub at: Option<String>,
}

/// What a program's standard input is connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stdin {
    /// Empty: reading gives end of input at once.
    #[default]
    None,
    /// A pipe that `type` writes to.
    Pipe,
    /// A pseudo-terminal that `type` writes to.
    Terminal,
}

/// What a program's standard output is connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stdout {
    /// A pseudo-terminal, so that C, Java and Python show each line when it is printed.
    #[default]
    Terminal,
    /// A pipe: most languages then hold output back until 4 to 8 KiB are full.
    Pipe,
}

/// Limits of one check; what is absent keeps its usual value.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsSpec {
    /// Wall-clock time of one check (usual: 40s, never reached by honest programs).
    #[serde(default)]
    pub wall: Option<Span>,
    /// How long a program may take until it listens (usual: 4s).
    #[serde(default)]
    pub listen: Option<Span>,
    /// How long one step waits for the program (usual: 4s).
    #[serde(default)]
    pub step: Option<Span>,
    /// CPU time of all programs of a check (usual: 10s).
    #[serde(default)]
    pub cpu: Option<Span>,
    /// Memory of all programs of a check, in MiB (usual: 512).
    #[serde(default)]
    pub memory_mib: Option<u64>,
    /// Processes and threads (usual: 128).
    #[serde(default)]
    pub processes: Option<u64>,
}

/// How much a check matters.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The lab asks for it: it carries points.
    #[default]
    Must,
    /// Good practice: shown as advice, costs nothing.
    Should,
    /// Told for information.
    Info,
}

/// Who may see a check's inputs and findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// Students always see it.
    #[default]
    Never,
    /// Students see it once the due date has passed.
    UntilDue,
    /// Only instructors see it.
    Always,
}

/// The unit of points: a title, points, a hint, steps, wire assertions. It runs in a sandbox of its own.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Short name in kebab-case, unique within the exercise.
    pub id: String,
    /// What is judged, as one line that a student reads.
    pub title: String,
    /// Points for it. Absent or 0 for advice.
    #[serde(default)]
    pub points: f64,
    /// Whether it carries points (`must`) or advises (`should`, `info`).
    #[serde(default)]
    pub level: Level,
    /// Its points are added on top of the exercise's total.
    #[serde(default)]
    pub bonus: bool,
    /// Who may see it.
    #[serde(default)]
    pub hidden: Hidden,
    /// Checks that must pass first; otherwise this one is not run and says why.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What a student who fails it should look at: one text, or up to three, from general to concrete.
    #[serde(default)]
    pub hint: Hints,
    /// Values drawn for this check, usable as `${name}`.
    #[serde(default, rename = "let")]
    pub bindings: BTreeMap<String, String>,
    /// What happens, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the capture of this check (or the handed-in one named by `capture`) must show.
    #[serde(default)]
    pub wire: Vec<WireCheck>,
    /// A handed-in capture file that `wire` judges instead of the check's own.
    #[serde(default)]
    pub capture: Option<String>,
    /// A person gives the points; this says what to look for.
    #[serde(default)]
    pub manual: Option<String>,
    /// The time zone inside the sandbox for this check only.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Names that the sandbox's DNS answers in this check only; an entry here replaces the exercise's own of that name.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Limits for this check only.
    #[serde(default)]
    pub limits: LimitsSpec,
    /// It needs a program that nobody has spoken to. Without it, the grader may use one that has come to rest after
    /// another check that passed; a check that does not pass in this way is run again with a program of its own.
    #[serde(default)]
    pub fresh: bool,
}

/// A text that may hold `${…}` expressions, as written.
pub type Template = Text;
