//! The spec language: YAML text → [`Spec`], or diagnostics with line and column. Pure.

mod draw;
pub mod expect;
mod load;
mod mismatch;
mod model;
pub mod pack;
pub mod pattern;
mod step;
mod step_facts;
pub mod template;
mod units;
pub mod value;
mod wire;

pub use draw::Draw;
pub use expect::{Context, Progress, Verdict, Want, judge, wants};
pub use load::load;
pub use mismatch::{Mismatch, MismatchKind};
pub use model::*;
pub use pattern::Pattern;
pub use step::*;
pub use units::*;
pub use value::{Bindings, Value, ValueError, expand, expand_text};
pub use wire::*;
