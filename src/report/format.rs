//! The one list of report formats: what `--format`, its help, completions and the documentation share.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use super::class::Class;
use super::paint::Look;
use super::visible::{Audience, Visible};
use super::{html, html_class, json, terminal, terminal_class};

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The target took no more.
    #[error("writing the report: {0}")]
    Io(#[from] io::Error),
    /// A value has no JSON form.
    #[error("writing the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
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
}

impl Format {
    /// Its name, as `--format` takes it.
    pub fn name(self) -> &'static str {
        self.entry().name
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

    /// Who reads it unless the caller says otherwise: the student, for one submission.
    pub fn usual_audience(self) -> Audience {
        Audience::Student
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
