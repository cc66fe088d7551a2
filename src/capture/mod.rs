//! Packets: reads capture files and live rings, decodes, finds flows and judges nothing, writes pcapng, draws ladders and tells
//! stories. Turns bytes of captures into [`flow::Analysis`] and [`flow::Analysis`] into text and SVG. Must not know: specs,
//! sandboxes, peers, findings.
//!
//! | module | turns what into what |
//! |---|---|
//! | [`read`] | pcap, pcapng, gzip → [`Packet`]s, names, warnings |
//! | [`decode`] | one frame → IP, TCP, UDP, ICMP facts |
//! | [`flow`] | packets → connections, exchanges, bytes, streams, marks |
//! | [`facts`] | a flow → named facts that an answer must state; packets → a digest |
//! | [`ring`] | a packet socket → live packets |
//! | [`mod@write`] | packets → pcapng |
//! | [`story`] | a flow → plain words |
//! | [`summary`] | an analysis → a table; streams → readable text |
//! | [`ladder`] | flows → a ladder diagram, as text and SVG |

pub mod decode;
pub mod facts;
pub mod flow;
pub mod ladder;
mod packet;
pub mod read;
#[cfg(target_os = "linux")]
pub mod ring;
pub mod story;
pub mod summary;
pub mod write;

pub use flow::{
    Analysis, Analyzer, Flow, Options, Side, analyse, analyse_bytes, analyse_bytes_for,
};
pub use packet::{Direction, Name, Packet, Warning};
