//! Only the capture code, compiled on its own: with the whole program a build under the sanitizers takes a quarter of an hour.

#[path = "../../src/capture/mod.rs"]
pub mod capture;
