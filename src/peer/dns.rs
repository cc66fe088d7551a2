//! A small DNS server: answers A queries for the names a spec lists, NXDOMAIN for all others (RFC 1035).

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use tokio::net::UdpSocket;

/// Answers queries on a bound UDP socket until it is dropped.
///
/// # Errors
/// When the socket cannot be used.
pub async fn serve(socket: OwnedFd, names: BTreeMap<String, Ipv4Addr>) -> io::Result<()> {
    let std_socket = std::net::UdpSocket::from(socket);
    std_socket.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(std_socket)?;
    // 512 bytes: the largest query without EDNS (RFC 1035 §4.2.1); resolvers with EDNS send hardly more.
    let mut buffer = [0; 1500];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        if let Some(reply) = answer(&buffer[..length], &names) {
            let _ = socket.send_to(&reply, from).await;
        }
    }
}

/// The answer to one query; none for what is not a query.
pub fn answer(query: &[u8], names: &BTreeMap<String, Ipv4Addr>) -> Option<Vec<u8>> {
    const HEADER: usize = 12;
    const TYPE_A: u16 = 1;
    if query.len() < HEADER || query[2] & 0x80 != 0 || query[4..6] != [0, 1] {
        return None;
    }
    let (name, after_name) = read_name(query, HEADER)?;
    let question = query.get(HEADER..after_name + 4)?;
    let kind = u16::from_be_bytes([query[after_name], query[after_name + 1]]);
    let address = names.get(&name.to_ascii_lowercase());
    let answers = address.filter(|_| kind == TYPE_A);
    // NOERROR without records for other types of a known name; NXDOMAIN (3) for unknown names.
    let code = if address.is_some() { 0 } else { 3 };
    let mut reply = query[..2].to_vec();
    reply.extend_from_slice(&[0x85 | (query[2] & 1), 0x80 | code]);
    reply.extend_from_slice(&[0, 1, 0, u8::from(answers.is_some()), 0, 0, 0, 0]);
    reply.extend_from_slice(question);
    if let Some(address) = answers {
        // A pointer to the name at offset 12, type A, class IN, TTL 60 s, four bytes.
        reply.extend_from_slice(&[0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        reply.extend_from_slice(&address.octets());
    }
    Some(reply)
}

fn read_name(packet: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        // Compression pointers (≥ 0xc0) have no place in a question with one name.
        if length > 63 || labels.len() > 127 {
            return None;
        }
        labels.push(String::from_utf8_lossy(packet.get(at..at + length)?).into_owned());
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u8) -> Vec<u8> {
        let mut packet = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            packet.push(label.len() as u8);
            packet.extend_from_slice(label.as_bytes());
        }
        packet.extend_from_slice(&[0, 0, kind, 0, 1]);
        packet
    }

    #[test]
    fn a_listed_name_is_answered_with_its_address() {
        let names = BTreeMap::from([("www.example.org".to_owned(), Ipv4Addr::new(192, 0, 2, 7))]);
        let reply = answer(&query("WWW.example.org", 1), &names).unwrap();
        assert_eq!(reply[..2], [0xab, 0xcd]);
        assert_eq!(reply[3] & 0x0f, 0);
        assert!(reply.ends_with(&[192, 0, 2, 7]));
    }

    #[test]
    fn another_name_does_not_exist() {
        let reply = answer(&query("nowhere.example", 1), &BTreeMap::new()).unwrap();
        assert_eq!(reply[3] & 0x0f, 3);
    }

    #[test]
    fn a_cut_query_is_not_answered() {
        let whole = query("www.example.org", 1);
        for length in 0..whole.len() {
            assert_eq!(answer(&whole[..length], &BTreeMap::new()), None);
        }
    }
}
