//! socklab grades socket programming labs: it launches each program unmodified in a private network of
//! its own, plays the other side, watches every byte and packet, and says what was right, what was wrong
//! and why, as points.
//!
//! # Layout
//!
//! Data flows one way; a module may import only modules of a lower rank (`tests/ranks.rs` checks it).
//!
//! | rank | module | turns what into what |
//! |---|---|---|
//! | 0 | [`event`], [`diag`], `constant` | the contract between running and judging; one renderer for mistakes in texts; regular expressions |
//! | 1 | [`spec`] | YAML text → `Spec`, or diagnostics |
//! | 2 | [`plan`] | `Spec` + files of a submission → `Plan` |
//! | 3 | [`sandbox`], [`peer`], [`capture`] | kernel facilities · protocol roles · packets; never each other |
//! | 4 | [`run`], [`verdict`] | `Plan` → events · events + flows → findings; never each other |
//! | 5 | [`score`] | findings → `Scorecard` |
//! | 6 | [`report`] | `Scorecard`s → bytes |
//! | 7 | [`class`] | many submissions: discover, unpack, store, resume, merge |
//! | 8 | [`cli`] | the only reader of environment and terminal |

pub mod capture;
pub mod class;
pub mod cli;
mod constant;
pub mod diag;
pub mod event;
pub mod peer;
pub mod plan;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod score;
pub mod spec;
pub mod verdict;
