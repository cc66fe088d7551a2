//! One UDP conversation while it is being read.

use std::net::SocketAddr;

use super::tcp::Arrival;
use super::{Budget, Bytes, Options, Side, UdpExchange, UdpPacket};
use crate::capture::decode::Datagram;

/// ICMP messages noted per conversation.
const MAX_UNREACHABLE: usize = 1000;

#[derive(Debug)]
pub(super) struct UdpFlow {
    /// First sender first.
    ends: [SocketAddr; 2],
    bytes: [Bytes; 2],
    sent: [u64; 2],
    first: (u64, i128),
    last: (u64, i128),
    /// The client's latest datagram, while nothing has answered it.
    unanswered: Option<u64>,
    latest_request: Option<u64>,
    answered: u64,
    unreachable: Vec<u64>,
    datagrams: Vec<UdpPacket>,
    left_out: u64,
}

impl UdpFlow {
    pub(super) fn new(from: SocketAddr, to: SocketAddr, arrival: &Arrival) -> UdpFlow {
        let at = (arrival.number, arrival.time_ns);
        UdpFlow {
            ends: [from, to],
            bytes: [Bytes::default(); 2],
            sent: [0; 2],
            first: at,
            last: at,
            unanswered: None,
            latest_request: None,
            answered: 0,
            unreachable: Vec::new(),
            datagrams: Vec::new(),
            left_out: 0,
        }
    }

    pub(super) fn push(
        &mut self,
        from: SocketAddr,
        datagram: &Datagram,
        arrival: &Arrival,
        options: &Options,
        budget: &mut Budget,
    ) {
        let side = if from == self.ends[0] {
            Side::Client
        } else {
            Side::Server
        };
        self.last = (arrival.number, arrival.time_ns);
        self.bytes[side.index()] = self.bytes[side.index()].plus(&arrival.bytes);
        self.sent[side.index()] += 1;
        let answers = match side {
            Side::Client => {
                self.unanswered = Some(arrival.number);
                self.latest_request = Some(arrival.number);
                None
            }
            Side::Server => {
                self.answered += u64::from(self.unanswered.take().is_some());
                self.latest_request
            }
        };
        if !budget.row(self.datagrams.len(), options) {
            self.left_out += u64::from(options.packets > 0);
            return;
        }
        let affordable = options.streams && datagram.payload.len() <= budget.bytes;
        if affordable {
            budget.bytes -= datagram.payload.len();
        }
        self.datagrams.push(UdpPacket {
            number: arrival.number,
            time_ns: arrival.time_ns,
            from: side,
            len: datagram.payload_len,
            bytes: arrival.bytes,
            answers,
            payload: affordable.then(|| datagram.payload.to_vec()),
            comment: arrival.comment.map(str::to_owned),
        });
    }

    pub(super) fn unreachable(&mut self, number: u64) {
        if self.unreachable.len() < MAX_UNREACHABLE {
            self.unreachable.push(number);
        }
    }

    pub(super) fn finish(self, index: usize) -> UdpExchange {
        let [from_client, from_server] = self.bytes;
        UdpExchange {
            index,
            client: self.ends[0],
            server: self.ends[1],
            first_ns: self.first.1,
            last_ns: self.last.1,
            first_packet: self.first.0,
            last_packet: self.last.0,
            from_client,
            from_server,
            datagrams_from_client: self.sent[0],
            datagrams_from_server: self.sent[1],
            answered: self.answered,
            unreachable: self.unreachable,
            datagrams: self.datagrams,
            datagrams_left_out: self.left_out,
        }
    }
}
