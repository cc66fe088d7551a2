//! The spec language: YAML text → [`Spec`], or diagnostics with line and column. Pure.

mod check;
mod de;
mod draw;
pub mod expect;
mod explain;
mod initial;
mod load;
mod mismatch;
mod model;
pub mod pack;
mod packed;
mod path;
pub mod pattern;
mod step;
mod step_facts;
mod suggest;
pub mod template;
pub mod tree;
mod units;
pub mod value;
mod wire;
mod words;

pub use draw::Draw;
pub use expect::{Context, Progress, Verdict, Want, judge, wants};
pub use initial::{initial_bindings, parse_zone};
pub use load::load;
pub use mismatch::{Mismatch, MismatchKind};
pub use model::*;
pub use packed::packed;
pub use path::{child_path, step_at};
pub use pattern::Pattern;
pub use step::*;
pub use units::*;
pub use value::{Bindings, Value, ValueError, expand, expand_text};
pub use wire::*;
