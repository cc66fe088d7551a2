//! Classic pcap: one header, then records. Turns header and record bytes into fields; must not know protocols.

use pcap_parser::parse_pcap_header;

/// What the file header says about every record.
#[derive(Debug, Clone)]
pub(super) struct PcapFormat {
    big_endian: bool,
    modified: bool,
    nanoseconds: bool,
    pub(super) link_type: u16,
}

pub(super) const HEADER: usize = 24;

/// `a1b2cd34` written by a big-endian machine, which pcap-parser does not know.
const MODIFIED_BIG_ENDIAN: [u8; 4] = [0xa1, 0xb2, 0xcd, 0x34];

impl PcapFormat {
    /// Reads the 24-byte file header; `None` when the magic number is none of pcap's.
    pub(super) fn parse(header: &[u8]) -> Option<PcapFormat> {
        let mut header: [u8; HEADER] = header.get(..HEADER)?.try_into().ok()?;
        let modified_big_endian = header[..4] == MODIFIED_BIG_ENDIAN;
        if modified_big_endian {
            header[..4].copy_from_slice(&[0xa1, 0xb2, 0xc3, 0xd4]);
        }
        let (_, h) = parse_pcap_header(&header).ok()?;
        Some(PcapFormat {
            big_endian: h.is_bigendian(),
            modified: modified_big_endian || h.is_modified_format(),
            nanoseconds: h.is_nanosecond_precision(),
            // The upper 16 bits carry flags (FCS length), not the type.
            link_type: (h.network.0 & 0xffff) as u16,
        })
    }

    /// Bytes of the header in front of each packet. The "modified" format of old Linux kernels adds interface, protocol and type.
    pub(super) fn record_header(&self) -> usize {
        if self.modified { 24 } else { 16 }
    }

    /// The fields of a record header; `None` when it is shorter than one.
    pub(super) fn record(&self, bytes: &[u8]) -> Option<Record> {
        let field = |i: usize| {
            let b: [u8; 4] = bytes.get(4 * i..4 * i + 4)?.try_into().ok()?;
            Some(if self.big_endian {
                u32::from_be_bytes(b)
            } else {
                u32::from_le_bytes(b)
            })
        };
        let unit = if self.nanoseconds { 1 } else { 1_000 };
        Some(Record {
            time_ns: i128::from(field(0)?) * 1_000_000_000 + i128::from(field(1)?) * unit,
            captured_len: field(2)?,
            original_len: field(3)?,
        })
    }
}

pub(super) struct Record {
    pub(super) time_ns: i128,
    pub(super) captured_len: u32,
    pub(super) original_len: u32,
}
