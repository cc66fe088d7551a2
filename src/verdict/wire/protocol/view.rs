//! What the judge of a protocol asks of a capture: the student's own conversations, and how a message
//! arrived at a program.

use super::dissect::{Said, Talk};
use crate::capture::flow::{Flow, Side, Stream, UdpExchange};
use crate::plan::Files;
use crate::verdict::wire::flows::{View, covers};

impl<'a> View<'a> {
    /// The files that were handed in.
    pub(super) fn files(&self) -> Option<&'a Files> {
        self.input.files
    }

    /// Connections between the student's own programs: not those of the grader's actors.
    pub(super) fn protocol_flows(&self) -> impl Iterator<Item = &'a Flow> {
        self.analysis
            .flows
            .iter()
            .filter(|flow| !self.is_actors(flow.client) && !self.is_actors(flow.server))
    }

    /// Exchanges of datagrams between the student's own programs.
    pub(super) fn protocol_exchanges(&self) -> impl Iterator<Item = &'a UdpExchange> {
        self.exchanges(None)
            .into_iter()
            .filter(|exchange| !self.is_actors(exchange.client) && !self.is_actors(exchange.server))
    }

    fn is_actors(&self, at: std::net::SocketAddr) -> bool {
        self.actors.iter().any(|actor| actor.local == Some(at))
    }

    /// All that a program has printed.
    pub(super) fn output(&self, program: &str) -> String {
        let Some(past) = self.past.programs.get(program) else {
            return String::new();
        };
        let streams = [&past.stdout, &past.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        streams.join("\n")
    }

    /// In how many pieces a message of a connection arrived at the program that listens behind it.
    pub(super) fn pieces(&self, program: &str, talk: &Talk<'_>, said: &Said) -> Option<usize> {
        let stream = self.arrived(program, talk, said)?;
        let cut = usize::from(stream.data.len() < said.range.end);
        Some(stream.packets_of(said.range.start, said.range.end).len() + cut)
    }

    /// Whether a message arrived in one segment with parts of others.
    pub(super) fn together(&self, program: &str, talk: &Talk<'_>, said: &Said) -> bool {
        let Some(stream) = self.arrived(program, talk, said) else {
            return false;
        };
        let holds = |at: usize, len: usize| at <= said.range.start && said.range.start < at + len;
        stream.ranges.iter().any(|range| {
            holds(range.at, range.len)
                && (range.at < said.range.start || range.at + range.len > said.range.end)
        })
    }

    /// The stream as it arrived at a program: the sensor's own, or the one of the relay between them that
    /// carries the same bytes.
    fn arrived(&self, program: &str, talk: &Talk<'_>, said: &Said) -> Option<&'a Stream> {
        let own = talk.flow?;
        let up = own.side_of(talk.sensor)?;
        let sent = &own.half(up).stream.as_ref()?.data;
        let places = &self.past.programs.get(program)?.places;
        let carries = |stream: &&Stream| {
            let length = stream.data.len().min(said.range.end);
            length > said.range.start && stream.data[..length] == sent[..length]
        };
        self.analysis
            .flows
            .iter()
            .filter(|flow| places.iter().any(|place| covers(place, flow.server)))
            .filter_map(|flow| flow.half(Side::Client).stream.as_ref())
            .find(carries)
    }
}
