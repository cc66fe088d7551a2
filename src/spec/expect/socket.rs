//! Steps about connections: connect, accept, send, silence, the end.

use super::compare::{quantity, quoted};
use super::{Verdict, outcome, unfitting};
use crate::event::{End, Observed};
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::step::{CloseBy, Closed, Connect, ConnectExpect, Send};

pub(super) fn connect(connect: &Connect, observed: &Observed) -> Verdict {
    let Observed::Connect { outcome: came, to } = observed else {
        return unfitting(observed);
    };
    let place = to.as_deref().unwrap_or("the program");
    match (connect.expect, came.as_str()) {
        (ConnectExpect::Ok, "ok") | (ConnectExpect::Refused, "refused" | "nowhere") => {
            Verdict::met()
        }
        (ConnectExpect::Ok, "refused") => outcome(
            "a connection",
            came,
            format!("the connection to {place} is refused: nothing listens there"),
        ),
        (ConnectExpect::Ok, "nowhere") => outcome(
            "a connection",
            came,
            "the program listens nowhere, so nothing was dialled",
        ),
        (ConnectExpect::Ok, "timeout") => outcome(
            "a connection",
            came,
            format!(
                "the connection to {place} is neither accepted nor refused: its queue of waiting clients is full"
            ),
        ),
        (ConnectExpect::Ok, _) => {
            outcome("a connection", came, format!("{place} cannot be reached"))
        }
        (ConnectExpect::Refused, "ok") => outcome(
            "a refused connection",
            came,
            format!("{place} accepts a connection that should be refused"),
        ),
        (ConnectExpect::Refused, _) => outcome(
            "a refused connection",
            came,
            format!("{place} does not refuse the connection"),
        ),
    }
}

pub(super) fn accept(observed: &Observed) -> Verdict {
    match observed {
        Observed::Accept { end: End::Met, .. } | Observed::Done => Verdict::met(),
        Observed::Accept { .. } => Verdict::unmet(Mismatch::described(
            MismatchKind::Missing,
            "a connection of the program",
            b"",
            "the program does not connect",
        )),
        _ => unfitting(observed),
    }
}

pub(super) fn no_connection(observed: &Observed) -> Verdict {
    match observed {
        Observed::Silent { .. } => Verdict::met(),
        Observed::Accept { from: None, end } if *end != End::Met && *end != End::Impossible => {
            Verdict::met()
        }
        Observed::Accept { .. } => Verdict::unmet(Mismatch::described(
            MismatchKind::Unwanted,
            "no further connection",
            b"",
            "the program connects once more",
        )),
        _ => unfitting(observed),
    }
}

pub(super) fn send(send: &Send, observed: &Observed) -> Verdict {
    match observed {
        Observed::Sent { error: None, .. } => Verdict::met(),
        Observed::Sent { .. } if send.may_fail => Verdict::met(),
        Observed::Sent {
            length,
            error: Some(error),
        } => outcome(
            "that the program takes what is sent",
            error,
            format!(
                "sending failed after {}: {error}",
                quantity(*length as usize)
            ),
        ),
        _ => unfitting(observed),
    }
}

pub(super) fn silent(observed: &Observed) -> Verdict {
    match observed {
        Observed::Silent { length: 0, .. } => Verdict::met(),
        Observed::Silent { bytes, length, .. } => {
            let explanation = format!(
                "{} came where nothing is expected: `{}`",
                quantity(*length as usize),
                quoted(&bytes.0)
            );
            let mut mismatch =
                Mismatch::described(MismatchKind::Unwanted, "nothing", &bytes.0, explanation);
            mismatch.differs_at = Some(0);
            Verdict::unmet(mismatch)
        }
        _ => unfitting(observed),
    }
}

pub(super) fn still_open(observed: &Observed) -> Verdict {
    match observed {
        Observed::Silent { closed: false, .. } => Verdict::met(),
        Observed::Silent { .. } => outcome(
            "an open connection",
            "closed",
            "the program has closed the connection",
        ),
        _ => unfitting(observed),
    }
}

pub(super) fn closed(closed: &Closed, observed: &Observed) -> Verdict {
    let Observed::Closed {
        how,
        extra,
        extra_length,
        ..
    } = observed
    else {
        return unfitting(observed);
    };
    if *extra_length > 0 && !closed.discard {
        let explanation = format!(
            "{} came that nobody expects, before the end of the connection: `{}`",
            quantity(*extra_length as usize),
            quoted(&extra.0)
        );
        return Verdict::unmet(Mismatch::described(
            MismatchKind::Extra,
            "nothing more but the end of the connection",
            &extra.0,
            explanation,
        ));
    }
    match (closed.by, how.as_str()) {
        (CloseBy::Fin | CloseBy::Any, "fin") | (CloseBy::Reset | CloseBy::Any, "reset") => {
            Verdict::met()
        }
        (by, "open") => outcome(
            wanted(by),
            "a connection that is still open",
            "the program does not close the connection",
        ),
        (by @ CloseBy::Fin, "reset") => outcome(
            wanted(by),
            "a reset (RST)",
            "the program resets the connection (RST) instead of closing it in order (FIN)",
        ),
        (by, _) => outcome(
            wanted(by),
            "the end of the connection (FIN)",
            "the program closes the connection in order (FIN); a reset (RST) was expected",
        ),
    }
}

fn wanted(by: CloseBy) -> &'static str {
    match by {
        CloseBy::Fin => "the end of the connection (FIN)",
        CloseBy::Reset => "a reset of the connection (RST)",
        CloseBy::Any => "the end of the connection",
    }
}
