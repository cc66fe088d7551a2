//! Judging: events and flows → findings. Pure.

mod finding;

pub use finding::{Excerpt, Finding, Judgement, Outcome, Source};
