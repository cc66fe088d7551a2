//! The end of a connection's reading: what it all means.

use super::super::stream::Assembler;
use super::super::{CloseKind, Flow, HalfFlow, Handshake, MarkCounts};
use super::{Half, TcpFlow};

impl TcpFlow {
    /// Nobody listened, and the client was given the very port that it dialled: both ends are one socket.
    pub(super) fn to_itself(&self) -> bool {
        self.ends[0] == self.ends[1]
    }

    fn handshake(&self) -> Handshake {
        let marks = &self.landmarks;
        match (marks.syn, marks.syn_ack, marks.handshake_ack) {
            (Some(_), Some(_), _) if self.to_itself() => Handshake::SimultaneousOpen,
            _ if self.simultaneous => Handshake::SimultaneousOpen,
            _ if self.refused => Handshake::Refused,
            (Some(_), Some(_), Some(_)) if self.syn_data => Handshake::FastOpen,
            (Some(_), Some(_), Some(_)) => Handshake::Complete,
            (Some(_), Some(_), None) => Handshake::HalfOpen,
            (Some(_), None, _) if self.halves[1].bytes.packets == 0 => Handshake::NoAnswer,
            _ => Handshake::NotCaptured,
        }
    }

    fn close_kind(&self) -> CloseKind {
        let both = self.landmarks.second_fin.is_some();
        if self.early_rst {
            return if self.rst_before_fin {
                CloseKind::Reset
            } else {
                CloseKind::FinThenRst
            };
        }
        match self.first_fin {
            None => CloseKind::None,
            Some(_) if self.to_itself() => CloseKind::Simultaneous,
            Some(_) if !both => CloseKind::Half,
            Some(_) if self.acknowledged_early => CloseKind::FourWay,
            Some(_) if self.landmarks.first_fin_ack == self.landmarks.second_fin => {
                CloseKind::ThreeWay
            }
            Some(_) => CloseKind::Simultaneous,
        }
    }

    pub(in super::super) fn finish(self, index: usize) -> Flow {
        let (handshake, close) = (self.handshake(), self.close_kind());
        let graceful = self.both_fins_acknowledged() && !self.early_rst;
        let closed_first = if self.rst_before_fin {
            self.landmarks.first_rst_from
        } else {
            self.first_fin
        };
        let [client, server] = self.halves;
        Flow {
            index,
            client: self.ends[0],
            server: self.ends[1],
            first_packet: self.first.0,
            last_packet: self.last.0,
            first_ns: self.first.1,
            last_ns: self.last.1,
            handshake,
            close,
            graceful,
            late_rst: self.late_rst,
            first_fin: self.first_fin,
            closed_first,
            half_close_used: self.landmarks.half_close_data.is_some(),
            completeness: self.completeness,
            conn_state: self.zeek.conn_state().to_owned(),
            history: self.zeek.history(),
            landmarks: self.landmarks,
            from_client: client.finish(),
            from_server: server.finish(),
            marks: MarkCounts::from_array(&self.marks),
            initial_rtt_ns: self.shared.initial_rtt_ns,
            packets: self.packets,
            packets_left_out: self.packets_left_out,
        }
    }
}

impl Half {
    fn finish(self) -> HalfFlow {
        HalfFlow {
            bytes: self.bytes,
            stream_bytes: self.stream_end,
            data_segments: self.data_segments,
            isn: self.isn,
            window_scale: self.window_scale,
            mss: self.mss,
            fin_packet: self.fin.map(|(number, _, _)| number),
            fin_acknowledged: self.fin_acknowledged.is_some(),
            rst_packet: self.rst,
            stream: self.stream.map(Assembler::finish),
        }
    }
}
