use super::*;
use crate::capture::Flow;
use crate::capture::flow::{HalfFlow, Stream, StreamRange, UdpExchange, UdpPacket};

const GOOD: &str = "\
transports:
  tcp: { port: 5701 }
  udp: { port: 5702 }
messages:
  - name: reading
    direction: up
    every: 0.25
    struct: \"!BHfB\"
    fields: [kind, number, temperature, humidity]
    fixed: { kind: 1 }
  - name: stored
    direction: down
    struct: \"!BH?\"
    fields: [kind, number, alarm]
    fixed: { kind: 2 }
";

fn check(transport: &str) -> ProtocolCheck {
    ProtocolCheck {
        file: "protocol.yaml".into(),
        transport: transport.into(),
        on: None,
        declared_only: true,
        at_least: None,
        field_types: Some(2),
        reply: true,
        period_tolerance: None,
        readings_differ: false,
        shown_by: None,
    }
}

fn finding(text: &str) -> Option<Finding> {
    let files = Files::of([("protocol.yaml", text)]);
    ["tcp", "udp"]
        .into_iter()
        .find_map(|transport| declared(Some(&files), &check(transport)))
}

fn declaration(text: &str) -> Declaration {
    read::read(text, "protocol.yaml").unwrap()
}

#[test]
fn a_typed_declaration_is_accepted() {
    assert_eq!(finding(GOOD), None);
    let text = GOOD
        .replace(
            "struct: \"!BHfB\"",
            "text: \"r {number:int} {temperature:float}\\n\"",
        )
        .replace(
            "    fields: [kind, number, temperature, humidity]\n    fixed: { kind: 1 }\n",
            "",
        );
    assert_eq!(finding(&text), None);
}

#[test]
fn a_declaration_that_explains_nothing_is_refused() {
    let reading = "struct: \"!BHfB\"\n    fields: [kind, number, temperature, humidity]\n    fixed: { kind: 1 }";
    for (instead, words) in [
        (
            "struct: \"8s\"\n    fields: [data]",
            "its only free fields are text",
        ),
        (
            "struct: \"!H40s\"\n    fields: [n, data]",
            "has 40 bytes; at most 32",
        ),
        (
            "struct: \"!B8s\"\n    fields: [n, data]",
            "8 of its 9 bytes are free text",
        ),
        (
            "text: \"{a:word} {b:word}\\n\"",
            "its only free fields are text",
        ),
        (
            "text: \"{a:int}{b:float}\\n\"",
            "two holes side by side, `a` and `b`",
        ),
        ("text: \"r {a:int} {b:float}\"", "has no end"),
        ("text: \"hello\\n\"", "no field of its own"),
        (
            "struct: \"!B\"\n    fields: [kind]\n    fixed: { kind: 1 }",
            "no field of its own",
        ),
    ] {
        let found = finding(&GOOD.replace(reading, instead)).expect(instead);
        assert_eq!(found.cause, "protocol-refused", "{instead}");
        assert!(found.message.contains(words), "{}", found.message);
        assert_eq!(found.source.map(|source| source.line), Some(5), "{instead}");
    }
}

#[test]
fn messages_that_cannot_be_told_apart_are_refused() {
    let second =
        "  - name: hello\n    direction: up\n    struct: \"!BHfB\"\n    fields: [kind, a, b, c]\n";
    let found = finding(&format!("{GOOD}{second}")).unwrap();
    assert!(
        found
            .message
            .contains("cannot be told apart from `reading`"),
        "{}",
        found.message
    );
    assert_eq!(
        finding(&format!("{GOOD}{second}    fixed: {{ kind: 3 }}\n")),
        None
    );
    // Over UDP the size tells, over TCP it does not.
    let longer = second
        .replace("!BHfB", "!BHfH")
        .replace("direction: up", "direction: up\n    transport: udp");
    assert_eq!(finding(&format!("{GOOD}{longer}")), None);
}

#[test]
fn messages_that_are_missing_are_asked_for() {
    for (text, words) in [
        (
            GOOD.replace("direction: down", "direction: up"),
            "no message comes down over TCP",
        ),
        (
            GOOD.replace("    every: 0.25\n", ""),
            "0 messages that go up over TCP have `every`",
        ),
        (
            GOOD.replace("  udp: { port: 5702 }\n", ""),
            "UDP is not declared",
        ),
        (
            GOOD.replace("direction: up", "direction: down"),
            "no message goes up",
        ),
    ] {
        let found = finding(&text).unwrap();
        assert_eq!(found.cause, "protocol-refused");
        assert!(found.message.contains(words), "{}", found.message);
    }
    let integers = GOOD.replace("!BHfB", "!BHIB");
    let found = finding(&integers).unwrap();
    assert_eq!(found.cause, "too-few-field-types");
}

#[test]
fn a_broken_file_is_shown_with_its_line_and_what_to_write() {
    for (from, to, line, words) in [
        (
            "direction: up",
            "direction: upwards",
            6,
            "a direction is `up`",
        ),
        ("port: 5701", "port: 70000", 2, "from 1 to 65535"),
        ("every: 0.25", "every: 5", 7, "from 0.1 to 1"),
        ("every: 0.25", "evry: 0.25", 7, "no key `evry`"),
        ("\"!BHfB\"", "\"!BHyB\"", 8, "`y` is not a format code"),
        ("\"!BHfB\"", "\"!BH\"", 8, "has 2 values and `fields` 4"),
        ("\"!BHfB\"", "\"999999999s\"", 8, "bytes"),
        ("kind: 1", "kind: 999", 10, "does not fit its integer field"),
        ("kind: 1", "knd: 1", 10, "no key `knd`"),
        (
            "name: stored",
            "name: reading",
            11,
            "two messages have the name",
        ),
        (
            "port: 5701",
            "port: 5701, length_prefix: \"!f\"",
            2,
            "one unsigned integer",
        ),
        ("messages:", "messages: &a", 4, "anchors"),
        ("transports:", "\ttransports:", 1, "tab"),
    ] {
        let found = finding(&GOOD.replacen(from, to, 1)).expect(to);
        assert_eq!(found.cause, "protocol-broken", "{to}: {}", found.message);
        assert!(found.message.contains(words), "{to}: {}", found.message);
        assert_eq!(found.source.map(|source| source.line), Some(line), "{to}");
    }
}

#[test]
fn a_file_that_is_none_is_no_panic() {
    for text in [
        "",
        "[]",
        "a",
        "transports: 1\nmessages: 2\n",
        "{{{{",
        "\u{0}",
        "messages:\n - - -\n",
    ] {
        assert_eq!(
            finding(text).expect(text).cause,
            "protocol-broken",
            "{text}"
        );
    }
    let many = format!(
        "transports: {{tcp: {{port: 1}}}}\nmessages:\n{}",
        "  - 1\n".repeat(40)
    );
    assert!(
        finding(&many)
            .unwrap()
            .message
            .contains("there are 40 messages")
    );
    assert_eq!(
        finding(&"x".repeat(100_000)).unwrap().cause,
        "protocol-broken"
    );
    assert_eq!(declared(None, &check("tcp")).unwrap().cause, "file-missing");
}

/// A connection with these bytes in each direction, each piece in a packet of its own, 100 ms apart.
fn flow(up: &[&[u8]], down: &[&[u8]]) -> Flow {
    let stream = |pieces: &[&[u8]], first: u64| {
        let mut stream = Stream::default();
        for (piece, packet) in pieces.iter().zip((first..).step_by(2)) {
            stream.ranges.push(StreamRange {
                offset: stream.data.len() as u64,
                at: stream.data.len(),
                len: piece.len(),
                packet,
            });
            stream.data.extend_from_slice(piece);
        }
        Some(stream)
    };
    let half = |stream| HalfFlow {
        stream,
        ..HalfFlow::default()
    };
    let mut flow = blank_flow();
    flow.from_client = half(stream(up, 1));
    flow.from_server = half(stream(down, 2));
    flow
}

fn blank_flow() -> Flow {
    // What a capture of one SYN gives: all other facts are set by the test.
    let mut syn = vec![
        0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
    ];
    syn.extend([
        0x9c, 0x40, 0x16, 0x45, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 1, 0, 0, 0, 0, 0,
    ]);
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65535, 101, 0, 0, 40, 40] {
        file.extend(word.to_le_bytes());
    }
    file.extend(syn);
    let analysis = crate::capture::analyse_bytes(&file, Default::default()).unwrap();
    analysis.flows.into_iter().next().expect("one connection")
}

fn reading(number: u16, temperature: f32, humidity: u8) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(number.to_be_bytes());
    bytes.extend(temperature.to_be_bytes());
    bytes.push(humidity);
    bytes
}

fn dissected<'a>(text: &str, flow: &'a Flow) -> Result<Talk<'a>, Box<Finding>> {
    let declaration = declaration(text);
    let channel = declaration.channel(Transport::Tcp).unwrap();
    dissect::connection(&declaration, channel, flow, Side::Client)
}

#[test]
fn a_stream_is_taken_apart_wherever_its_segments_end() {
    let all = [reading(1, 20.5, 40), reading(2, 21.5, 41)].concat();
    for pieces in [vec![&all[..]], vec![&all[..3], &all[3..11], &all[11..]]] {
        let flow = flow(&pieces, &[]);
        let talk = dissected(GOOD, &flow).unwrap();
        let numbers: Vec<_> = talk.up.iter().map(|said| said.values[1].clone()).collect();
        assert_eq!(
            numbers,
            [crate::spec::Value::Int(1), crate::spec::Value::Int(2)]
        );
    }
}

#[test]
fn bytes_that_no_message_explains_are_shown_with_the_reason() {
    let cases: [(Vec<u8>, &str); 6] = [
        (reading(1, 20.5, 40)[..5].to_vec(), "it has 8 bytes"),
        (
            [&[9][..], &reading(1, 20.5, 40)[1..]].concat(),
            "`kind` is 9, not the fixed 1",
        ),
        (reading(1, f32::NAN, 40), "`temperature` is NaN"),
        (
            [reading(1, 20.5, 40), b"bye".to_vec()].concat(),
            "it has 8 bytes",
        ),
        (vec![1, 0, 0, 0, 0, 0, 0xa4, 0x41], ""),
        (vec![], ""),
    ];
    for (bytes, words) in cases {
        let flow = flow(&[&bytes], &[]);
        match dissected(GOOD, &flow) {
            Err(finding) => {
                assert_eq!(finding.cause, "unexplained-bytes");
                assert!(
                    !words.is_empty() && finding.message.contains(words),
                    "{}",
                    finding.message
                );
            }
            Ok(_) => assert_eq!(words, "", "{bytes:?}"),
        }
    }
}

#[test]
fn padding_that_was_not_declared_is_named() {
    let mut native = vec![1, 0, 1, 0];
    native.extend(20.5f32.to_le_bytes());
    native.push(40);
    let declaration = declaration(GOOD);
    let exchange = exchange(&[&native]);
    let finding = dissect::exchange(&declaration, &exchange, Side::Client).unwrap_err();
    assert!(
        finding
            .message
            .contains("By `@BHfB` they would be a `reading`"),
        "{}",
        finding.message
    );
}

fn exchange(datagrams: &[&[u8]]) -> UdpExchange {
    let packet = |(index, bytes): (usize, &&[u8])| UdpPacket {
        number: index as u64 + 1,
        time_ns: index as i128 * 250_000_000,
        from: Side::Client,
        len: bytes.len() as u32,
        bytes: Default::default(),
        answers: None,
        payload: Some(bytes.to_vec()),
        comment: None,
    };
    UdpExchange {
        index: 0,
        client: "127.0.0.1:40000".parse().unwrap(),
        server: "127.0.0.1:5702".parse().unwrap(),
        first_ns: 0,
        last_ns: 0,
        first_packet: 1,
        last_packet: datagrams.len() as u64,
        from_client: Default::default(),
        from_server: Default::default(),
        datagrams_from_client: datagrams.len() as u64,
        datagrams_from_server: 0,
        answered: 0,
        unreachable: Vec::new(),
        datagrams: datagrams.iter().enumerate().map(packet).collect(),
        datagrams_left_out: 0,
    }
}

#[test]
fn a_length_in_front_frames_messages() {
    let text = GOOD.replace("port: 5701", "port: 5701, length_prefix: \"!H\"");
    let framed = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let all = [framed(&reading(1, 20.5, 40)), framed(&reading(2, 20.5, 40))].concat();
    let whole = flow(&[&all], &[]);
    assert_eq!(dissected(&text, &whole).unwrap().up.len(), 2);
    let cut = flow(&[&all[..15]], &[]);
    let finding = dissected(&text, &cut).unwrap_err();
    assert!(
        finding.message.contains("says 8 bytes, 3 are there"),
        "{}",
        finding.message
    );
}

fn readings(list: &[Vec<u8>]) -> (Declaration, UdpExchange) {
    let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    (declaration(GOOD), exchange(&list))
}

#[test]
fn counters_and_clocks_are_no_readings() {
    let clock = |n: u16| reading(n, f32::from(n) * 0.25, 40);
    for (list, equal) in [
        (
            (1..7).map(|n| reading(n, 20.0, 40)).collect::<Vec<_>>(),
            true,
        ),
        ((1..7).map(clock).collect(), true),
        (
            (1..7)
                .map(|n| reading(n, f32::from(n * n % 7), 40))
                .collect(),
            false,
        ),
    ] {
        let (declaration, exchange) = readings(&list);
        let talk = dissect::exchange(&declaration, &exchange, Side::Client).unwrap();
        assert_eq!(demand::differ(&declaration, &[talk]).is_some(), equal);
    }
}

#[test]
fn the_period_is_the_median_of_the_gaps() {
    let list: Vec<_> = (1..9).map(|n| reading(n, 20.0, 40)).collect();
    let (declaration, mut exchange) = readings(&list);
    // One reading that a busy machine holds up does not count.
    exchange.datagrams[4].time_ns += 200_000_000;
    let period = |exchange: &UdpExchange| {
        let talk = dissect::exchange(&declaration, exchange, Side::Client).unwrap();
        demand::period(&declaration, &[talk], 0.2)
    };
    assert_eq!(period(&exchange), None);
    for datagram in &mut exchange.datagrams {
        datagram.time_ns *= 2;
    }
    let found = period(&exchange).unwrap();
    assert!(found.message.contains("0.50 s apart"), "{}", found.message);
}

#[test]
fn answers_to_another_sensor_are_told_from_missing_ones() {
    let stored: &[u8] = &[2, 0, 1, 0];
    let one = reading(1, 20.5, 40);
    let (none, one_each, two) = (
        flow(&[&one], &[]),
        flow(&[&one], &[stored]),
        flow(&[&one], &[stored, stored]),
    );
    let talk = |flow| dissected(GOOD, flow).unwrap();
    let cause = |talks: &[Talk<'_>]| demand::reply(talks).map(|finding| finding.cause);
    assert_eq!(cause(&[talk(&one_each)]), None);
    assert_eq!(
        cause(&[talk(&one_each), talk(&none)]).as_deref(),
        Some("no-declared-reply")
    );
    assert_eq!(
        cause(&[talk(&none), talk(&two)]).as_deref(),
        Some("wrong-client")
    );
}

proptest::proptest! {
    #[test]
    fn a_broken_declaration_is_refused_or_used_but_never_panics(
        at in 0usize..420,
        cut in 0usize..40,
        put in "[-{}\\[\\]:!a-zA-Z0-9&*<>%@.\"' \n\t\u{0}é]{0,24}",
        bytes in proptest::collection::vec(0u8..=255, 0..64),
    ) {
        let mut text = GOOD.to_owned();
        let end = (at + cut).min(text.len());
        text.replace_range(at.min(end)..end, &put);
        let Ok(declaration) = read::read(&text, "protocol.yaml") else {
            return Ok(());
        };
        for transport in [Transport::Tcp, Transport::Udp] {
            let _ = refuse::refusals(&declaration, transport, true);
            for (_, message) in declaration.messages(transport, true) {
                let _ = message.explain(&bytes, false);
                let _ = message.explain(&bytes, true);
            }
        }
        if let Some(channel) = declaration.channel(Transport::Tcp) {
            let flow = flow(&[&bytes], &[&bytes]);
            let _ = dissect::connection(&declaration, channel, &flow, Side::Client);
        }
        let output = String::from_utf8_lossy(&bytes);
        let _ = shown::tokens(&output);
    }
}
