//! Packets → the declared messages in them, or the first bytes that no message explains.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;

use super::model::{Channel, Declaration, Layout, Message};
use crate::capture::flow::{Flow, Side, Stream, UdpExchange};
use crate::event::{Bytes, Transport};
use crate::spec::Value;
use crate::spec::pack::Format;
use crate::verdict::finding::{Excerpt, Finding};

/// Most messages of one conversation. A sensor sends 20 readings; more than this is a flood.
const MOST: usize = 10_000;

/// Largest message that a length prefix may announce.
const LONGEST: usize = 64 << 10;

/// One sensor's conversation with the server.
#[derive(Debug)]
pub struct Talk<'a> {
    /// Where the sensor sends from.
    pub sensor: SocketAddr,
    /// What it sends.
    pub up: Vec<Said>,
    /// What comes back.
    pub down: Vec<Said>,
    /// Its connection, when it is one.
    pub flow: Option<&'a Flow>,
}

/// One message as it was sent.
#[derive(Debug)]
pub struct Said {
    /// Which, by its position in [`Declaration::messages`].
    pub message: usize,
    /// Its values, one for each field.
    pub values: Vec<Value>,
    /// Its bytes, a length prefix not among them.
    pub bytes: Vec<u8>,
    /// Where they stand in the stream; for a datagram from 0.
    pub range: Range<usize>,
    /// The packet in which it begins.
    pub packet: u64,
    /// When that was sent, ns since 1970.
    pub at_ns: i128,
}

/// Takes a connection apart; `up` is the sensor's side of it.
pub fn connection<'a>(
    declaration: &Declaration,
    channel: &Channel,
    flow: &'a Flow,
    up: Side,
) -> Result<Talk<'a>, Box<Finding>> {
    let times: HashMap<u64, i128> = flow
        .packets
        .iter()
        .map(|packet| (packet.number, packet.time_ns))
        .collect();
    let side = |side: Side, is_up: bool| {
        let none = Stream::default();
        let stream = flow.half(side).stream.as_ref().unwrap_or(&none);
        if !stream.gaps.is_empty() || stream.truncated {
            let message = "Bytes of the TCP connection are missing in the capture, so that it cannot be taken apart.";
            return Err(Box::new(Finding::new("capture-gap", message)));
        }
        let cut = Cut {
            declaration,
            transport: Transport::Tcp,
            up: is_up,
        };
        cut.stream(stream, channel, |packet| {
            times.get(&packet).copied().unwrap_or(flow.first_ns)
        })
    };
    Ok(Talk {
        sensor: flow.address(up),
        up: side(up, true)?,
        down: side(up.other(), false)?,
        flow: Some(flow),
    })
}

/// Takes an exchange of datagrams apart; `up` is the sensor's side of it.
pub fn exchange<'a>(
    declaration: &Declaration,
    exchange: &UdpExchange,
    up: Side,
) -> Result<Talk<'a>, Box<Finding>> {
    let mut talk = Talk {
        sensor: exchange.address(up),
        up: Vec::new(),
        down: Vec::new(),
        flow: None,
    };
    for datagram in exchange.datagrams.iter().take(MOST) {
        let bytes = datagram.payload.as_deref().unwrap_or_default();
        if bytes.len() < datagram.len as usize {
            let message = "The capture keeps only the beginning of each packet, so that datagrams cannot be taken apart.";
            return Err(Box::new(Finding::new("capture-gap", message)));
        }
        let is_up = datagram.from == up;
        let cut = Cut {
            declaration,
            transport: Transport::Udp,
            up: is_up,
        };
        let (message, _, values) = cut
            .first(bytes, true)
            .map_err(|why| cut.unexplained(bytes, datagram.number, &why))?;
        let said = Said {
            message,
            values,
            bytes: bytes.to_vec(),
            range: 0..bytes.len(),
            packet: datagram.number,
            at_ns: datagram.time_ns,
        };
        if is_up {
            talk.up.push(said);
        } else {
            talk.down.push(said);
        }
    }
    Ok(talk)
}

/// One direction of one transport.
struct Cut<'a> {
    declaration: &'a Declaration,
    transport: Transport,
    up: bool,
}

type Found = (usize, usize, Vec<Value>);

impl Cut<'_> {
    fn stream(
        &self,
        stream: &Stream,
        channel: &Channel,
        time: impl Fn(u64) -> i128,
    ) -> Result<Vec<Said>, Box<Finding>> {
        let data = &stream.data;
        let mut list = Vec::new();
        let mut at = 0;
        while at < data.len() {
            let packet = stream.packet_at(at).unwrap_or(0);
            if list.len() == MOST {
                let message = format!(
                    "More than {MOST} messages go over one connection; they are not taken apart."
                );
                return Err(Box::new(Finding::new("too-many-messages", message)));
            }
            let unexplained = |why: &str| self.unexplained(&data[at..], packet, why);
            let (body, whole) = match &channel.length_prefix {
                Some(prefix) => (
                    framed(prefix, data, at).map_err(|why| unexplained(&why))?,
                    true,
                ),
                None => (at..data.len(), false),
            };
            let (message, length, values) = self
                .first(&data[body.clone()], whole)
                .map_err(|why| unexplained(&why))?;
            let end = body.start + length;
            list.push(Said {
                message,
                values,
                bytes: data[body.start..end].to_vec(),
                range: at..end,
                packet,
                at_ns: time(packet),
            });
            // Every message has a byte at least: the loader refuses empty ones.
            at = end.max(at + 1);
        }
        Ok(list)
    }

    /// The first declared message that explains the bytes; why none does.
    fn first(&self, bytes: &[u8], whole: bool) -> Result<Found, String> {
        let mut why = Vec::new();
        for (index, message) in self.declaration.messages(self.transport, self.up) {
            match message.explain(bytes, whole) {
                Ok((length, values)) => return Ok((index, length, values)),
                Err(reason) => why.push(format!("{}: {reason}", message.name)),
            }
        }
        why.truncate(4);
        if why.is_empty() {
            why.push("none is declared in this direction".into());
        }
        Err(why.join("; "))
    }

    fn unexplained(&self, bytes: &[u8], packet: u64, why: &str) -> Box<Finding> {
        let who = if self.up { "sensor" } else { "server" };
        let what = match self.transport {
            Transport::Udp => "datagram",
            _ => "part of the stream",
        };
        let file = &self.declaration.path;
        let variant = self.variant(bytes);
        let variant = variant.map_or(String::new(), |(name, text)| {
            format!(" By `{text}` they would be a `{name}`: compare byte order and padding.")
        });
        let message = format!(
            "No message of {file} explains the {} bytes of this {what} from the {who} ({why}).{variant}",
            bytes.len()
        );
        let mut finding = Finding::new("unexplained-bytes", message);
        finding.packets = vec![packet];
        finding.seen = Some(Excerpt {
            label: format!("the {who} sent"),
            bytes: Bytes::capped(bytes, 256),
            length: bytes.len() as u64,
            described: false,
        });
        Box::new(finding)
    }

    /// A declared structure that would explain the bytes in another byte order or alignment.
    fn variant(&self, bytes: &[u8]) -> Option<(&str, String)> {
        let whole = self.transport == Transport::Udp;
        let messages = self.declaration.messages(self.transport, self.up);
        messages.into_iter().find_map(|(_, message)| {
            other_orders(message)
                .find(|(_, format)| message.explain_struct(format, bytes, whole).is_ok())
                .map(|(text, _)| (message.name.as_str(), text))
        })
    }
}

/// The structure of a message in other byte orders and alignments than the declared one.
pub fn other_orders(message: &Message) -> impl Iterator<Item = (String, Format)> {
    let declared = match &message.layout {
        Layout::Struct { format, .. } => Some(format),
        Layout::Text { .. } => None,
    };
    ['@', '<', '!']
        .into_iter()
        .filter_map(|prefix| message.in_order(prefix))
        .filter(move |(_, format)| declared.is_some_and(|declared| declared != format))
}

/// Where the body of a message with a length in front stands.
fn framed(prefix: &Format, data: &[u8], at: usize) -> Result<Range<usize>, String> {
    let begin = at + prefix.size();
    let Some(raw) = data.get(at..begin) else {
        return Err("the length in front of it is cut off".into());
    };
    let length = match prefix.unpack(raw).as_deref() {
        Ok([Value::Int(n)]) => usize::try_from(*n).ok(),
        _ => None,
    };
    match length {
        Some(0) => Err("the length in front of it says 0 bytes".into()),
        Some(n) if n <= LONGEST && begin + n <= data.len() => Ok(begin..begin + n),
        Some(n) => Err(format!(
            "the length in front of it says {n} bytes, {} are there",
            data.len() - begin
        )),
        None => Err("the length in front of it cannot be read".into()),
    }
}
