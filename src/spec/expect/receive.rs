//! `receive`: what an actor must receive.

use super::Want;
use crate::spec::step::Receive;
use crate::spec::value::{Bindings, ValueError};

pub(super) fn wants(receive: &Receive, bindings: &Bindings) -> Result<Want, ValueError> {
    let _ = (receive, bindings);
    Ok(Want::Anything)
}
