//! Ladders, as text and as SVG.

use socklab::capture::Analysis;
use socklab::capture::ladder::Ladder;

use super::flow::{analysed, named};
use crate::made::scenario::{self, Talk};
use crate::made::trouble;

fn ladder(analysis: &Analysis) -> Ladder {
    Ladder::of_flow(&analysis.flows[0], &|_| None)
}

/// Every number after `name="` in the elements of a kind.
fn numbers(svg: &str, element: &str, attribute: &str) -> Vec<f64> {
    let needle = format!(" {attribute}=\"");
    svg.split(&format!("<{element} "))
        .skip(1)
        .filter_map(|rest| {
            rest.split('>')
                .next()?
                .split(&needle)
                .nth(1)?
                .split('"')
                .next()?
                .parse()
                .ok()
        })
        .collect()
}

#[test]
fn both_ends_of_a_loopback_connection_have_a_column() {
    let analysis = named("loopback-both-ends");
    let ladder = ladder(&analysis);
    assert_eq!(ladder.columns.len(), 2);
    let text = ladder.text();
    assert!(
        text.contains("127.0.0.1:40000") && text.contains("127.0.0.1:65432"),
        "{text}"
    );
    assert!(
        text.contains("SYN seq=0") && text.contains("closes first"),
        "{text}"
    );
}

#[test]
fn the_svg_is_well_formed_and_has_an_arrow_per_packet() {
    for (name, frames) in [scenario::opens_and_closes(), trouble::all()].concat() {
        let analysis = analysed(&frames);
        let ladder = Ladder::of_analysis(&analysis, &|_| None);
        let svg = ladder.svg();
        let mut reader = quick_xml_events(&svg);
        assert_eq!(reader.pop(), Some("end".to_owned()), "{name}");
        assert_eq!(svg.matches("<polygon").count(), ladder.rows.len(), "{name}");
    }
}

/// Walks the markup: every element that is opened is closed in turn; the last item is `end` when that holds to the end.
fn quick_xml_events(svg: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut events = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').expect("every tag is closed");
        let name = inside
            .split([' ', '/'])
            .next()
            .unwrap_or_default()
            .to_owned();
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closing tags match");
        } else if !inside.ends_with('/') {
            open.push(name.clone());
        }
        events.push(name);
    }
    assert!(open.is_empty(), "{open:?} left open");
    events.push("end".to_owned());
    events
}

#[test]
fn nothing_is_drawn_outside_the_svg_and_rows_do_not_touch() {
    let analysis = named("fast-retransmission");
    let svg = ladder(&analysis).svg();
    let width = numbers(&svg, "svg", "width")[0];
    let height = numbers(&svg, "svg", "height")[0];
    for x in numbers(&svg, "text", "x")
        .into_iter()
        .chain(numbers(&svg, "line", "x1"))
    {
        assert!((0.0..width).contains(&x), "x {x} of {width}");
    }
    for y in numbers(&svg, "text", "y")
        .into_iter()
        .chain(numbers(&svg, "line", "y2"))
    {
        assert!((0.0..=height).contains(&y), "y {y} of {height}");
    }
    let arrows: Vec<f64> = numbers(&svg, "line", "y1")
        .into_iter()
        .filter(|y| *y > 60.0)
        .collect();
    for pair in arrows.windows(2) {
        assert!(
            pair[1] - pair[0] >= 24.0,
            "rows {pair:?} are too close for their labels"
        );
    }
}

#[test]
fn foreign_text_cannot_break_out_of_the_svg_or_the_terminal() {
    let mut analysis = named("three-way-close");
    let evil = "</svg><script>alert(1)</script>\u{1b}[31m\u{202e}\"'&\u{0}\u{fffe}";
    for packet in &mut analysis.flows[0].packets {
        packet.comment = Some(evil.to_owned());
    }
    let ladder = Ladder::of_flow(&analysis.flows[0], &|_| Some(evil.to_owned()));
    let svg = ladder.svg();
    assert!(!svg.contains("<script"), "{svg}");
    assert_eq!(svg.matches("</svg>").count(), 1);
    assert!(
        !svg.chars()
            .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{fffe}')
    );
    quick_xml_events(&svg);
    let text = ladder.text();
    assert!(
        !text
            .chars()
            .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
        "{text:?}"
    );
}

#[test]
fn steps_stand_beside_their_packets_once() {
    let mut analysis = named("three-way-close");
    for (i, packet) in analysis.flows[0].packets.iter_mut().enumerate() {
        packet.comment = Some(
            if i < 3 {
                "connect alice"
            } else {
                "alice says hello"
            }
            .to_owned(),
        );
    }
    let ladder = ladder(&analysis);
    for drawn in [ladder.text(), ladder.svg()] {
        assert_eq!(drawn.matches("connect alice").count(), 1, "{drawn}");
        assert_eq!(drawn.matches("alice says hello").count(), 1, "{drawn}");
    }
}

#[test]
fn a_long_conversation_is_shortened_in_the_middle_and_says_so() {
    let mut talk = Talk::new();
    talk.open();
    for i in 0..1000 {
        talk.c(24, 1 + i, 1, b"x");
    }
    let analysis = analysed(&talk.done());
    let ladder = ladder(&analysis).shortened(20);
    assert_eq!((ladder.rows.len(), ladder.left_out), (20, 983));
    assert_eq!((ladder.rows[0].number, ladder.rows[19].number), (1, 1003));
    assert!(ladder.text().contains("983 packets not shown"));
    assert!(ladder.svg().contains("983 packets not shown"));
}

#[test]
fn several_flows_share_one_ladder_up_to_eight_ends() {
    let all: Vec<_> = (0..20)
        .flat_map(|i| {
            Talk::between(&format!("10.0.0.1:{}", 1000 + i), "10.0.0.2:80")
                .open()
                .done()
        })
        .collect();
    let analysis = analysed(&all);
    let ladder = Ladder::of_analysis(&analysis, &|_| None);
    assert_eq!((ladder.columns.len(), ladder.rows.len()), (8, 21));
    assert_eq!(ladder.left_out, 39);
    let datagrams = named("udp-nobody");
    let text = Ladder::of_analysis(&datagrams, &|_| None).text();
    assert!(text.contains("ICMP port unreachable"), "{text}");
}

#[test]
fn a_connection_to_itself_is_drawn_too() {
    let analysis = named("connected-to-itself");
    let ladder = Ladder::of_analysis(&analysis, &|_| None);
    assert_eq!(ladder.columns.len(), 1);
    assert!(ladder.svg().contains("<path"));
    assert!(ladder.text().contains("SYN seq=0"));
}
