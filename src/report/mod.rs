//! Reports: [`Scorecard`](crate::score::Scorecard)s → bytes for people and platforms. Pure.
//!
//! Every report passes three gates, each in one place: [`visible`] decides what the reader may see and is
//! the only way to make a [`Visible`], which is all that a renderer accepts; [`escape`] makes a student's
//! bytes inert in the target; [`format`] is the one list of formats that help, completions, documentation
//! and `--format` share. Renderers know nothing of files, clocks, the environment or whether standard
//! output is a terminal: the caller passes those as values in [`Options`].

pub mod account;
mod autolab;
mod cases;
mod class;
mod classroom;
mod csv;
mod ctrf;
mod excerpt;
mod exercism;
mod format;
mod github;
mod gradescope;
mod html;
mod html_class;
mod json;
mod junit;
mod markdown;
mod markus;
mod paint;
mod prairielearn;
mod submitty;
mod tap;
pub mod terminal;
mod terminal_class;
mod vpl;
mod words;

pub mod escape;
pub mod visible;

pub use class::{Cell, CheckCount, CheckHead, Class, Exercise, RunFacts, Summary, Total};
pub use format::{Format, Options, ReportError, Scope};
pub use json::{ScorecardDocument, class_schema, scorecard_schema};
pub use paint::{Look, wrapped};
pub use visible::{Audience, Capture, Extras, Grade, Visible, Withheld};
