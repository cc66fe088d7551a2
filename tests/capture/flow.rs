//! The facts of flows: opens, closes, bytes, streams, datagrams.

use socklab::capture::flow::{Analysis, CloseKind, Flow, Handshake, Side};
use socklab::capture::{Options, analyse_bytes};

use crate::made::packet::{ACK, FIN, PSH, RST, SYN};
use crate::made::scenario::{self, Talk};
use crate::made::{Frame, file, other, trouble};

pub fn analysed(frames: &[Frame]) -> Analysis {
    analyse_bytes(&file::write(&file::PCAPNG, frames), Options::default()).expect("a capture")
}

/// The named conversation, analysed.
pub fn named(name: &str) -> Analysis {
    let all = [scenario::opens_and_closes(), trouble::all(), other::all()].concat();
    let found = all.iter().find(|(n, _)| *n == name);
    analysed(&found.unwrap_or_else(|| panic!("no scenario {name}")).1)
}

fn flow(name: &str) -> Flow {
    named(name).flows.swap_remove(0)
}

#[test]
fn every_handshake_is_told_apart() {
    use Handshake::{
        Complete, FastOpen, HalfOpen, NoAnswer, NotCaptured, Refused, SimultaneousOpen,
    };
    for (name, handshake) in [
        ("three-way-close", Complete),
        ("refused", Refused),
        ("no-answer", NoAnswer),
        ("half-open", HalfOpen),
        ("half-open-then-reset", HalfOpen),
        ("simultaneous-open", SimultaneousOpen),
        ("connected-to-itself", SimultaneousOpen),
        ("fast-open", FastOpen),
        ("captured-from-the-middle", NotCaptured),
        ("captured-from-the-fin", NotCaptured),
        ("only-a-reset", NotCaptured),
        ("ipv6", Complete),
        ("fin-with-data", Complete),
    ] {
        assert_eq!(flow(name).handshake, handshake, "{name}");
    }
}

#[test]
fn every_close_is_told_apart() {
    use CloseKind::{FinThenRst, FourWay, Half, None, Reset, Simultaneous, ThreeWay};
    use Side::{Client, Server};
    // Scenario, kind, who sent the first FIN, who closed first, graceful, RST after the close.
    for (name, close, first_fin, closed_first, graceful, late) in [
        (
            "three-way-close",
            ThreeWay,
            Some(Client),
            Some(Client),
            true,
            false,
        ),
        (
            "four-way-close",
            FourWay,
            Some(Client),
            Some(Client),
            true,
            false,
        ),
        (
            "server-closes-first",
            ThreeWay,
            Some(Server),
            Some(Server),
            true,
            false,
        ),
        (
            "simultaneous-close",
            Simultaneous,
            Some(Client),
            Some(Client),
            true,
            false,
        ),
        (
            "half-close",
            FourWay,
            Some(Client),
            Some(Client),
            true,
            false,
        ),
        (
            "half-closed-for-ever",
            Half,
            Some(Client),
            Some(Client),
            false,
            false,
        ),
        (
            "fin-with-data",
            ThreeWay,
            Some(Client),
            Some(Client),
            true,
            false,
        ),
        (
            "fin-sent-again",
            ThreeWay,
            Some(Client),
            Some(Client),
            true,
            false,
        ),
        (
            "reset-by-server",
            Reset,
            Option::None,
            Some(Server),
            false,
            false,
        ),
        (
            "reset-by-client",
            Reset,
            Option::None,
            Some(Client),
            false,
            false,
        ),
        (
            "fin-then-reset",
            FinThenRst,
            Some(Client),
            Some(Client),
            false,
            false,
        ),
        (
            "late-reset",
            ThreeWay,
            Some(Client),
            Some(Client),
            true,
            true,
        ),
        ("refused", Reset, Option::None, Some(Server), false, false),
        ("no-answer", None, Option::None, Option::None, false, false),
        (
            "retransmission",
            None,
            Option::None,
            Option::None,
            false,
            false,
        ),
    ] {
        let flow = flow(name);
        let seen = (
            flow.close,
            flow.first_fin,
            flow.closed_first,
            flow.graceful,
            flow.late_rst,
        );
        assert_eq!(
            seen,
            (close, first_fin, closed_first, graceful, late),
            "{name}"
        );
    }
}

#[test]
fn zeeks_words_are_used_for_the_state() {
    for (name, state) in [
        ("no-answer", "S0"),
        ("retransmission", "S1"),
        ("three-way-close", "SF"),
        ("refused", "REJ"),
        ("half-closed-for-ever", "S2"),
        ("reset-by-client", "RSTO"),
        ("reset-by-server", "RSTR"),
        ("syn-then-reset", "RSTOS0"),
        ("syn-then-fin", "SH"),
        ("captured-from-the-middle", "SF"),
        ("only-a-reset", "RSTOS0"),
        ("half-open", "S1"),
        ("half-open-then-reset", "RSTO"),
        ("captured-from-the-syn-ack", "S1"),
        ("late-reset", "SF"),
        ("fin-then-reset", "RSTO"),
        ("simultaneous-open", "S1"),
    ] {
        assert_eq!(flow(name).conn_state, state, "{name}");
    }
    let server_gone = Talk::new()
        .echo()
        .s(FIN | ACK, 6, 6, b"")
        .c(ACK, 6, 7, b"")
        .done();
    assert_eq!(analysed(&server_gone).flows[0].conn_state, "S3");
    let reset_after_syn_ack = Talk::new().s(SYN | ACK, 0, 1, b"").s(RST, 1, 0, b"").done();
    assert_eq!(analysed(&reset_after_syn_ack).flows[0].conn_state, "RSTRH");
    let fin_after_syn_ack = Talk::new()
        .s(SYN | ACK, 0, 1, b"")
        .s(FIN | ACK, 1, 1, b"")
        .done();
    assert_eq!(analysed(&fin_after_syn_ack).flows[0].conn_state, "SHR");
    let middle = Talk::new()
        .c(PSH | ACK, 5, 5, b"x")
        .s(ACK, 5, 6, b"")
        .done();
    assert_eq!(analysed(&middle).flows[0].conn_state, "OTH");
}

#[test]
fn zeeks_letters_are_used_for_the_history() {
    for (name, history) in [
        ("three-way-close", "ShADadFf"),
        ("server-closes-first", "ShADadfF"),
        ("refused", "Sr"),
        ("reset-by-client", "ShADadR"),
        ("captured-from-the-syn-ack", "^hADa"),
        ("syn-and-fin-together", "Qr"),
        ("retransmission", "ShADTa"),
        ("zero-window", "ShADawT"),
    ] {
        let seen = flow(name).history;
        let mut sorted = (seen.clone().into_bytes(), history.to_owned().into_bytes());
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "{name}: {seen}");
    }
}

#[test]
fn landmarks_are_the_numbers_of_the_packets() {
    let marks = flow("half-close").landmarks;
    assert_eq!(
        (marks.syn, marks.syn_ack, marks.handshake_ack),
        (Some(1), Some(2), Some(3))
    );
    assert_eq!((marks.first_fin, marks.first_fin_ack), (Some(4), Some(5)));
    assert_eq!(marks.half_close_data, Some(6));
    assert_eq!((marks.second_fin, marks.second_fin_ack), (Some(8), Some(9)));
    assert_eq!(marks.fin_gap_ns, Some(400_000));
    assert!(flow("half-close").half_close_used);
    assert!(!flow("four-way-close").half_close_used);
}

#[test]
fn ports_used_again_make_another_connection() {
    let analysis = named("ports-reused");
    assert_eq!(analysis.flows.len(), 2);
    assert_eq!(analysis.flows[0].close, CloseKind::ThreeWay);
    assert_eq!(analysis.flows[1].from_client.stream_bytes, 5);
}

#[test]
fn the_layers_add_up_to_the_frames() {
    for (name, frames) in [scenario::opens_and_closes(), trouble::all(), other::all()].concat() {
        let analysis = analysed(&frames);
        let all = analysis
            .flows
            .iter()
            .map(Flow::bytes)
            .chain(analysis.udp.iter().map(|u| u.bytes()));
        for bytes in all {
            let sum = bytes.link + bytes.network + bytes.transport + bytes.payload;
            assert_eq!(sum, bytes.frame, "{name}: {bytes:?}");
        }
    }
}

#[test]
fn bytes_are_those_on_the_wire_whatever_was_captured() {
    let frames = scenario::opens_and_closes().swap_remove(0).1;
    let whole = analysed(&frames).flows[0].bytes();
    let cut = file::Kind {
        snaplen: 54,
        ..file::PCAP
    };
    let analysis =
        analyse_bytes(&file::write(&cut, &frames), Options::default()).expect("a capture");
    assert_eq!(analysis.flows[0].bytes(), whole);
    let padded = file::relink(&frames, file::Relink::Padded);
    let bytes = analysed(&padded).flows[0].bytes();
    assert_eq!(
        (bytes.payload, bytes.transport, bytes.network),
        (whole.payload, whole.transport, whole.network)
    );
    assert!(bytes.link > whole.link, "the padding belongs to the link");
}

#[test]
fn overhead_is_what_is_not_payload() {
    let bytes = flow("three-way-close").from_client.bytes;
    assert_eq!((bytes.packets, bytes.payload, bytes.network), (6, 5, 120));
    // Six headers of 20 bytes, and the SYN's option of 4.
    assert_eq!(bytes.transport, 124);
    assert!((bytes.overhead() - (1.0 - 5.0 / bytes.frame as f64)).abs() < 1e-12);
}

#[test]
fn a_stream_has_every_byte_once_and_knows_its_packets() {
    let k = |c: u8| vec![c; 100];
    let d = PSH | ACK;
    let frames = Talk::new()
        .open()
        .c(d, 1, 1, &k(b'a'))
        .c(d, 201, 1, &k(b'c'))
        .c(d, 101, 1, &k(b'b'))
        .c(d, 51, 1, &k(b'X'))
        .c(d, 251, 1, &k(b'd'))
        .done();
    let analysis = analysed(&frames);
    let stream = analysis.flows[0]
        .from_client
        .stream
        .clone()
        .expect("a stream");
    let expected = [k(b'a'), k(b'b'), k(b'c'), vec![b'd'; 50]].concat();
    assert_eq!(stream.data, expected, "the first copy of a byte wins");
    assert!(stream.gaps.is_empty());
    assert_eq!(stream.packet_at(0), Some(4));
    assert_eq!(stream.packet_at(150), Some(6));
    assert_eq!(stream.packets_of(90, 260), [4, 6, 5]);
    assert_eq!(stream.packet_at(349), Some(8));
    assert_eq!(stream.packet_at(350), None);
}

#[test]
fn a_gap_in_a_stream_is_marked() {
    let d = PSH | ACK;
    let frames = Talk::new()
        .open()
        .c(d, 1, 1, b"one")
        .c(d, 10, 1, b"two")
        .done();
    let stream = analysed(&frames).flows[0]
        .from_client
        .stream
        .clone()
        .expect("a stream");
    assert_eq!(stream.data, b"onetwo");
    assert_eq!(stream.gaps, [(3, 6)]);
}

#[test]
fn what_the_snapshot_length_cut_off_is_a_gap() {
    let frames = Talk::new().open().c(PSH | ACK, 1, 1, b"0123456789").done();
    let kind = file::Kind {
        snaplen: 58,
        ..file::PCAP
    };
    let analysis =
        analyse_bytes(&file::write(&kind, &frames), Options::default()).expect("a capture");
    let stream = analysis.flows[0]
        .from_client
        .stream
        .clone()
        .expect("a stream");
    assert_eq!(
        (stream.data.as_slice(), stream.gaps.as_slice()),
        (&b"0123"[..], &[(4, 6)][..])
    );
}

#[test]
fn a_stream_whose_numbers_wrap_is_whole() {
    let analysis = named("numbers-wrap");
    let stream = analysis.flows[0]
        .from_client
        .stream
        .clone()
        .expect("a stream");
    assert_eq!(stream.data, [b'k'; 2000]);
    assert_eq!(analysis.flows[0].from_client.stream_bytes, 2000);
    assert!(stream.gaps.is_empty());
}

#[test]
fn streams_stay_within_their_budget() {
    let frames = Talk::new().open().c(PSH | ACK, 1, 1, &[1; 5000]).done();
    let options = Options {
        max_stream_bytes: 1000,
        ..Options::default()
    };
    let analysis = analyse_bytes(&file::write(&file::PCAPNG, &frames), options).expect("a capture");
    let stream = analysis.flows[0]
        .from_client
        .stream
        .clone()
        .expect("a stream");
    assert!(stream.truncated && stream.data.is_empty());
}

#[test]
fn flows_beyond_the_limit_are_counted_and_warned_of() {
    let frames: Vec<Frame> = (0..50)
        .flat_map(|i| {
            Talk::between(&format!("10.0.0.1:{}", 1000 + i), "10.0.0.2:80")
                .open()
                .done()
        })
        .collect();
    let options = Options {
        max_flows: 10,
        ..Options::default()
    };
    let analysis = analyse_bytes(&file::write(&file::PCAPNG, &frames), options).expect("a capture");
    assert_eq!(
        (analysis.flows.len(), analysis.counts.beyond_limit),
        (10, 120)
    );
    assert!(analysis.warnings[0].message.contains("more than 10 flows"));
}

#[test]
fn datagrams_are_paired_and_a_port_without_a_listener_is_noticed() {
    let echo = &named("udp-echo").udp[0];
    assert_eq!(
        (
            echo.datagrams_from_client,
            echo.datagrams_from_server,
            echo.answered
        ),
        (2, 2, 2)
    );
    assert_eq!(echo.datagrams[1].answers, Some(1));
    assert_eq!(echo.datagrams[0].payload.as_deref(), Some(&b"hello"[..]));
    for name in ["udp-nobody", "udp-nobody-ipv6"] {
        let analysis = named(name);
        assert_eq!(analysis.udp[0].unreachable, [2], "{name}");
        assert!(analysis.icmp[0].port_unreachable);
        assert_eq!(analysis.icmp[0].about_to, Some(analysis.udp[0].server));
    }
}

#[test]
fn a_fragmented_datagram_is_one_datagram() {
    for name in [
        "udp-fragmented",
        "udp-fragmented-backwards",
        "udp-fragmented-ipv6",
    ] {
        let analysis = named(name);
        let exchange = &analysis.udp[0];
        assert_eq!(exchange.datagrams_from_client, 1, "{name}");
        assert_eq!(exchange.from_client.packets, 3);
        assert_eq!(
            (exchange.from_client.payload, exchange.from_client.transport),
            (4000, 8)
        );
        assert_eq!(
            exchange.datagrams[0].payload.as_deref(),
            Some(&[b'f'; 4000][..])
        );
    }
}

#[test]
fn json_gives_the_same_analysis_back() {
    for name in ["zero-window", "udp-nobody", "half-close"] {
        let analysis = named(name);
        let json = serde_json::to_string(&analysis).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Analysis>(&json).expect("an analysis"),
            analysis,
            "{name}"
        );
    }
}

#[test]
fn words_for_closes_are_those_of_the_specs() {
    let flow = flow("half-close");
    assert_eq!(flow.closes_as("four_way"), Some(true));
    assert_eq!(flow.closes_as("graceful"), Some(true));
    assert_eq!(flow.closes_as("reset"), Some(false));
    assert_eq!(flow.closes_as("sideways"), None);
    assert_eq!(self::flow("fin-then-reset").closes_as("reset"), Some(true));
}

#[test]
fn facts_have_names_and_answers_are_compared_leniently() {
    use socklab::capture::facts::{Fact, of_exchange, of_flow};
    let flow = flow("three-way-close");
    let fact = |name: &str| of_flow(&flow, name).unwrap_or_else(|| panic!("no fact {name}"));
    assert_eq!(fact("syn_ack_packet"), Fact::Whole(2));
    assert_eq!(fact("client_isn"), Fact::Whole(1_000_000));
    assert!(fact("close_kind").agrees("Three-way", 0.0));
    assert!(fact("close_kind").agrees("3", 0.0));
    assert!(!fact("close_kind").agrees("four_way", 0.0));
    assert!(fact("first_fin").agrees("Client", 0.0));
    assert!(fact("client_isn").agrees("1,000,000", 0.0));
    assert!(!fact("client_isn").agrees("1000001", 0.0));
    assert!(fact("frame_bytes").agrees("600 bytes", 0.1));
    assert_eq!(fact("client_first_payload"), Fact::Text("hello".to_owned()));
    assert_eq!(fact("first_message_header_bytes"), Fact::Whole(40));
    assert_eq!(of_flow(&flow, "first_reset_packet"), None);
    let udp = &named("udp-echo").udp[0];
    assert_eq!(
        of_exchange(udp, "first_message_header_bytes"),
        Some(Fact::Whole(28))
    );
    assert_eq!(
        of_exchange(udp, "payload_bytes_from_server"),
        Some(Fact::Whole(5))
    );
}

#[test]
fn every_fact_that_is_listed_exists() {
    use socklab::capture::facts::{SHARED_FACTS, TCP_FACTS, UDP_FACTS, of_exchange, of_flow};
    // Together these conversations have everything that a connection can have.
    let flows: Vec<Flow> = ["half-close", "reset-by-server"].map(flow).into();
    for (name, _) in TCP_FACTS.iter().chain(SHARED_FACTS) {
        assert!(flows.iter().any(|f| of_flow(f, name).is_some()), "{name}");
    }
    let udp = [named("udp-echo"), named("udp-nobody")];
    for (name, _) in UDP_FACTS.iter().chain(SHARED_FACTS) {
        assert!(
            udp.iter().any(|a| of_exchange(&a.udp[0], name).is_some()),
            "{name}"
        );
    }
}

#[test]
fn a_copy_in_another_format_or_of_another_time_has_the_same_digest() {
    use socklab::capture::facts::digest;
    let frames = scenario::random(3, 50);
    let mut later = frames.clone();
    later
        .iter_mut()
        .for_each(|frame| frame.time_ns += 86_400_000_000_000);
    let of = |kind: &file::Kind| digest(&file::write(kind, &frames)).expect("a capture");
    assert_eq!(
        of(&file::PCAP),
        of(&file::Kind {
            gzip: true,
            big_endian: true,
            ..file::PCAPNG
        })
    );
    let shifted = digest(&file::write(&file::PCAP, &later)).expect("a capture");
    assert_eq!(of(&file::PCAP), shifted);
    let other = digest(&file::write(&file::PCAP, &scenario::random(4, 50))).expect("a capture");
    assert_ne!(of(&file::PCAP), other);
}

#[test]
fn stories_say_who_closed_and_how() {
    use socklab::capture::story::{tell, tell_udp};
    let story = |name: &str| tell(&flow(name)).join(" ");
    assert!(story("four-way-close").contains("The client closed first (packet 8); the server answered with its own FIN 101 ms later (packet 10); four segments."), "{}", story("four-way-close"));
    assert!(story("refused").contains("nobody listens there"));
    assert!(story("reset-by-server").contains("The server broke the connection off with RST"));
    assert!(story("half-close").contains("half-close"));
    assert!(story("connected-to-itself").contains("connected to itself"));
    assert!(story("retransmission").contains("1 segment was sent again"));
    assert!(
        tell_udp(&named("udp-nobody").udp[0])
            .join(" ")
            .contains("ICMP port unreachable (packet 2)")
    );
}

#[test]
fn rows_of_all_flows_together_are_bounded() {
    let frames: Vec<Frame> = (0..10)
        .flat_map(|i| {
            Talk::between(&format!("10.0.0.1:{}", 1000 + i), "10.0.0.2:80")
                .open()
                .done()
        })
        .collect();
    let options = Options {
        max_packets: 7,
        ..Options::default()
    };
    let analysis = analyse_bytes(&file::write(&file::PCAPNG, &frames), options).expect("a capture");
    assert_eq!(
        analysis
            .flows
            .iter()
            .map(|f| f.packets.len())
            .sum::<usize>(),
        7
    );
    assert_eq!(
        analysis
            .flows
            .iter()
            .map(|f| f.packets_left_out)
            .sum::<u64>(),
        23
    );
}

#[test]
fn a_reassembled_stream_is_what_a_slow_and_simple_way_gives() {
    use crate::made::Dice;
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let mut talk = Talk::new();
        talk.isn[0] = dice.pick(&[1000, u32::MAX - 30]);
        talk.open();
        // The simple way: a cell per byte, the first write wins.
        let mut cells: Vec<Option<u8>> = vec![None; 80];
        for _ in 0..12 {
            let at = dice.below(60) as usize;
            let part: Vec<u8> = (0..dice.below(20)).map(|_| dice.next() as u8).collect();
            for (cell, byte) in cells[at..].iter_mut().zip(&part) {
                cell.get_or_insert(*byte);
            }
            talk.c(PSH | ACK, 1 + at as i64, 1, &part);
        }
        let flow = analysed(&talk.done()).flows.swap_remove(0);
        let stream = flow.from_client.stream.expect("a stream");
        let expected: Vec<u8> = cells.iter().flatten().copied().collect();
        assert_eq!(stream.data, expected, "seed {seed}");
        let gaps: u64 = stream.gaps.iter().map(|(_, len)| len).sum();
        let end = cells.iter().rposition(Option::is_some).map_or(0, |i| i + 1);
        assert_eq!(gaps as usize, end - expected.len(), "seed {seed}");
    }
}

#[test]
fn the_cost_of_a_message_over_tcp_and_over_udp_can_be_compared() {
    use socklab::capture::facts::{tcp_overhead, udp_overhead};
    let tcp = tcp_overhead(&named("three-way-close"));
    // Ten segments with 54 bytes of headers, two SYNs with an option of 4.
    assert_eq!(
        (tcp.messages, tcp.payload_bytes, tcp.header_bytes),
        (2, 10, 548)
    );
    assert_eq!(tcp.total_bytes, 558);
    let udp = udp_overhead(&named("udp-echo"));
    assert_eq!(
        (udp.messages, udp.payload_bytes, udp.header_bytes),
        (4, 10, 4 * 42)
    );
}
