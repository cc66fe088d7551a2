//! Places as a spec writes them: `tcp/65432`, `udp/5005`, `unix/path`.

use std::fmt;

use crate::event::Transport;

/// A place where a program must listen, or which is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A port of TCP or UDP.
    Port(Transport, u16),
    /// A Unix socket's path.
    Path(String),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Port(transport, port) => write!(f, "{transport} port {port}"),
            Wanted::Path(path) => write!(f, "{path}"),
        }
    }
}

/// Reads a place.
///
/// # Errors
/// What is wrong with it, as a lower-case fragment.
pub fn parse_place(text: &str) -> Result<Wanted, String> {
    let Some((transport, rest)) = text.split_once('/') else {
        return Err(format!(
            "`{text}` is not a place; write `tcp/65432`, `udp/5005` or `unix/path`"
        ));
    };
    let transport = match transport {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        "unix" if rest.is_empty() => return Err("the path of the Unix socket is missing".into()),
        "unix" => return Ok(Wanted::Path(rest.to_owned())),
        other => {
            return Err(format!(
                "`{other}` is no transport; there are `tcp`, `udp` and `unix`"
            ));
        }
    };
    match rest.parse::<u16>() {
        Ok(0) | Err(_) => Err(format!("`{rest}` is not a port (1 to 65535)")),
        Ok(port) => Ok(Wanted::Port(transport, port)),
    }
}

/// The form of a place as a regular expression, for the schema; `${…}` may stand in it.
pub(super) const PLACE_PATTERN: &str = r"^((tcp|udp|unix)/.+|.*\$\{.*)$";
