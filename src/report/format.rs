//! The one list of report formats: what `--format`, its help, completions and the documentation share.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use super::class::Class;
use super::paint::Look;
use super::visible::{Audience, Visible};
use super::{
    autolab, classroom, csv, ctrf, exercism, github, gradescope, html, html_class, json, junit,
    markdown, markus, prairielearn, submitty, tap, terminal, terminal_class, vpl,
};

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The target took no more.
    #[error("writing the report: {0}")]
    Io(#[from] io::Error),
    /// A value has no JSON form.
    #[error("writing the report as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// The format is not made for this.
    #[error("the format `{format}` is for {made_for}; choose another with --format")]
    Scope {
        /// The format.
        format: Format,
        /// `one submission` or `a class`.
        made_for: &'static str,
    },
    /// Something that the format needs is not known.
    #[error("the format `{format}` needs {what}")]
    Missing {
        /// The format.
        format: Format,
        /// What, and where it would come from.
        what: String,
    },
}

impl From<serde_json::Error> for ReportError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            ReportError::Io(error.into())
        } else {
            ReportError::Json(error)
        }
    }
}

/// What a format is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One submission only.
    Submission,
    /// One submission, or a whole class.
    Both,
}

/// What a renderer gets beside the results.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How the terminal report looks.
    pub look: Look,
    /// An unguessable word: what a student prints cannot contain it. Formats that fence foreign text need it.
    pub token: String,
    /// Where the submission lies in the repository, for annotations: `lab3/` or empty.
    pub path_prefix: String,
    /// Facts that the platform gives in its environment, by their names there.
    pub platform: std::collections::BTreeMap<String, String>,
}

/// What the list says about one format.
struct Entry {
    name: &'static str,
    description: &'static str,
    scope: Scope,
    /// File name for one submission, and for a class.
    files: (&'static str, &'static str),
    /// The platform takes the grade from it, so that it carries the whole one.
    graded: bool,
}

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident: $name:literal, $description:literal, $scope:ident, $one:literal, $class:literal, $graded:literal;)*) => {
        /// A report format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format { $($(#[$doc])* $variant,)* }

        impl Format {
            /// All of them, in the order in which help lists them.
            pub const ALL: &'static [Format] = &[$(Format::$variant),*];

            fn entry(self) -> Entry {
                match self {
                    $(Format::$variant => Entry {
                        name: $name,
                        description: $description,
                        scope: Scope::$scope,
                        files: ($one, $class),
                        graded: $graded,
                    },)*
                }
            }
        }
    };
}

formats! {
    /// For reading in a terminal.
    Terminal: "terminal", "for reading in a terminal (the default)", Both, "report.txt", "class.txt", false;
    /// Canonical JSON.
    Json: "json", "all that is known, versioned, with a published schema", Both, "scorecard.json", "class.json", false;
    /// One HTML file.
    Html: "html", "one self-contained page for a browser", Both, "report.html", "class.html", false;
    /// JUnit XML.
    JUnit: "junit", "JUnit XML for Jenkins, GitLab and other readers of test results", Both, "junit.xml", "junit.xml", false;
    /// TAP 14.
    Tap: "tap", "Test Anything Protocol, version 14", Both, "results.tap", "results.tap", false;
    /// CTRF.
    Ctrf: "ctrf", "Common Test Report Format (JSON)", Both, "ctrf-report.json", "ctrf-report.json", false;
    /// Markdown.
    Markdown: "markdown", "for pull requests and wikis", Both, "report.md", "class.md", false;
    /// CSV.
    Csv: "csv", "a table: a row per check, or per submission of a class", Both, "results.csv", "results.csv", false;
    /// GitHub's log and annotations.
    GitHub: "github", "GitHub Actions: the log and annotations on the code (to standard output)", Both, "github.log", "github.log", false;
    /// GitHub's job summary.
    GitHubSummary: "github-summary", "GitHub Actions: Markdown to append to $GITHUB_STEP_SUMMARY", Both, "summary.md", "summary.md", false;
    /// GitHub's step outputs.
    GitHubOutput: "github-output", "GitHub Actions: values to append to $GITHUB_OUTPUT", Both, "outputs.txt", "outputs.txt", false;
    /// Classroom 50.
    Classroom50: "classroom50", "Classroom 50's result.json", Submission, "result.json", "", true;
    /// GitHub Classroom, retired.
    GitHubClassroom: "github-classroom", "the retired GitHub Classroom's grader output", Submission, "classroom-output.txt", "", true;
    /// Gradescope.
    Gradescope: "gradescope", "Gradescope's results.json", Submission, "results.json", "", true;
    /// PrairieLearn.
    PrairieLearn: "prairielearn", "PrairieLearn's results.json", Submission, "results.json", "", true;
    /// Autolab.
    Autolab: "autolab", "Autolab's last two lines of output", Submission, "autolab.txt", "", true;
    /// Exercism.
    Exercism: "exercism", "Exercism's results.json", Submission, "results.json", "", false;
    /// MarkUs.
    MarkUs: "markus", "MarkUs' custom tester output", Submission, "markus.jsonl", "", true;
    /// Submitty.
    Submitty: "submitty", "Submitty's validation_results.json", Submission, "validation_results.json", "", true;
    /// VPL.
    Vpl: "vpl", "VPL's evaluation output for Moodle", Submission, "vpl.txt", "", true;
}

impl Format {
    /// Its name, as `--format` takes it.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Whether it shows which calls programs made: only then are failing checks followed for it.
    pub fn tells_stories(self) -> bool {
        matches!(self, Format::Json | Format::Html)
    }

    /// What it is for, in a few words.
    pub fn description(self) -> &'static str {
        self.entry().description
    }

    /// What it is made for.
    pub fn scope(self) -> Scope {
        self.entry().scope
    }

    /// The usual name of its file for one submission.
    pub fn file_name(self) -> &'static str {
        self.entry().files.0
    }

    /// The usual name of its file for a class; empty if it is not made for one.
    pub fn class_file_name(self) -> &'static str {
        self.entry().files.1
    }

    /// A platform takes the grade from it: it carries the whole grade, hidden checks included, and puts
    /// those into one line without their titles.
    pub fn carries_grade(self) -> bool {
        self.entry().graded
    }

    /// Who reads the report of one submission unless the caller says otherwise: the student, except where
    /// the platform itself hides from students what is marked as hidden.
    pub fn usual_audience(self) -> Audience {
        match self {
            Format::Gradescope => Audience::Instructor,
            _ => Audience::Student,
        }
    }

    /// Writes the report of one submission.
    ///
    /// # Errors
    /// When `w` fails, or something that the format needs is missing in `options`.
    pub fn write_one(
        self,
        visible: &Visible,
        options: &Options,
        w: &mut dyn Write,
    ) -> Result<(), ReportError> {
        match self {
            Format::Terminal => terminal::write_one(visible, &options.look, w),
            Format::Json => json::write_one(visible, w),
            Format::Html => html::write_one(visible, w),
            Format::JUnit => junit::write_one(visible, w),
            Format::Tap => tap::write_one(visible, w),
            Format::Ctrf => ctrf::write_one(visible, w),
            Format::Markdown => markdown::write_one(visible, w),
            Format::Csv => csv::write_one(visible, w),
            Format::GitHub => github::write_one(visible, options, w),
            Format::GitHubSummary => markdown::write_summary(visible, w),
            Format::GitHubOutput => github::write_outputs(visible, w),
            Format::Classroom50 => classroom::write_50(visible, options, w),
            Format::GitHubClassroom => classroom::write_legacy(visible, w),
            Format::Gradescope => gradescope::write_one(visible, w),
            Format::PrairieLearn => prairielearn::write_one(visible, w),
            Format::Autolab => autolab::write_one(visible, w),
            Format::Exercism => exercism::write_one(visible, w),
            Format::MarkUs => markus::write_one(visible, w),
            Format::Submitty => submitty::write_one(visible, w),
            Format::Vpl => vpl::write_one(visible, options, w),
        }
    }

    /// Writes the report of a class.
    ///
    /// # Errors
    /// When `w` fails, or the format is made for one submission only.
    pub fn write_class(
        self,
        class: &Class,
        options: &Options,
        w: &mut dyn Write,
    ) -> Result<(), ReportError> {
        match self {
            Format::Terminal => terminal_class::write_class(class, &options.look, w),
            Format::Json => json::write_class(class, w),
            Format::Html => html_class::write_class(class, w),
            Format::JUnit => junit::write_class(class, w),
            Format::Tap => tap::write_class(class, w),
            Format::Ctrf => ctrf::write_class(class, w),
            Format::Markdown => markdown::write_class(class, w),
            Format::Csv => csv::write_class(class, w),
            Format::GitHub => github::write_class(class, options, w),
            Format::GitHubSummary => markdown::write_class_summary(class, w),
            Format::GitHubOutput => github::write_class_outputs(class, w),
            format => Err(ReportError::Scope {
                format,
                made_for: "one submission",
            }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Format::ALL.iter().find(|f| f.name() == text);
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|f| f.name()).collect();
            format!(
                "`{text}` is not a format; choose one of: {}",
                names.join(", ")
            )
        })
    }
}
