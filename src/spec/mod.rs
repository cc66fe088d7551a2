//! The spec language: YAML text → [`Spec`], or diagnostics with line and column. Pure.

mod model;
mod step;
mod units;
mod wire;

pub use model::*;
pub use step::*;
pub use units::*;
pub use wire::*;
