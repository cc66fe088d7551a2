//! The grader's side of the wire: actors made from sockets that the sandbox's broker hands out.
//!
//! Turns sockets into bytes, datagrams and ends of connections. Knows nothing of specs, checks or
//! sandboxes: whoever makes the socket decides in which network it lives.

mod datagram;
mod dns;
mod relay_tcp;
mod relay_udp;
mod stream;

pub use datagram::{Datagram, Datagrams};
pub use dns::{answer as dns_answer, serve as serve_dns};
pub use relay_tcp::{Ends, PATIENCE, Pause, StreamFaults, StreamRelay};
pub use relay_udp::{DatagramFaults, DatagramRelay, Fate, RelayEvent};
pub use stream::{ConnectFailure, Listener, Stream, StreamEnd};
