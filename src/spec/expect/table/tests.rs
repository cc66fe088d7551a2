use super::*;
use crate::event::Bytes;
use crate::spec::step::Column;

fn step() -> TableCheck {
    let column = |name: &str, kind| Column {
        name: name.into(),
        kind,
        optional: false,
    };
    TableCheck {
        any_of: vec!["t.txt".into()],
        columns: vec![
            column("IP", CellKind::Ip),
            column("name", CellKind::Text),
            column("times", CellKind::Times),
        ],
        rows: 2,
        no_starter_rows: true,
        differ: vec!["times".into()],
        first_is_least: Some("times".into()),
        ..TableCheck::default()
    }
}

fn why(text: &str) -> String {
    let observed = Observed::File {
        path: Some("t.txt".into()),
        content: Bytes(text.into()),
        length: text.len() as u64,
        starter: Some(Bytes(
            "IP | name | times\n127.0.0.1 | example | 1 ms\n".into(),
        )),
    };
    let verdict = judge(&step(), &observed, &Bindings::default()).unwrap();
    verdict.mismatch.map_or("met".into(), |m| m.explanation)
}

#[test]
fn pipes_tabs_commas_and_aligned_columns_are_tables() {
    for text in [
        "| IP | name | times |\n|----|----|----|\n| 127.0.0.1 | self | 0.04 ms |\n| 8.8.8.8 | dns | 12 ms |\n",
        "IP\tname\ttimes\n127.0.0.1\tself\t0.04 ms\n8.8.8.8\tdns\t12 ms\n",
        "127.0.0.1,self,0.04 ms\n8.8.8.8,dns,12 ms\n",
        "IP          name       times\n----------\n127.0.0.1   self       0.04 ms  0.05 ms\n8.8.8.8     dns host   12 ms\n",
        "My table\n\nIP          name       times\n127.0.0.1   self       0.04 ms\n8.8.8.8     dns        12 ms\n",
    ] {
        assert_eq!(why(text), "met", "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, words) in [
        ("127.0.0.1 | self | 0.04 ms\n", "1 filled rows"),
        (
            "127.0.0.1 | self | 0.04 ms\n8.8.8 | dns | 12 ms\n",
            "line 2, column `IP`: `8.8.8` is not an IP address",
        ),
        (
            "127.0.0.1 | self | 0.04\n8.8.8.8 | dns | 12 ms\n",
            "is not a time with its unit",
        ),
        (
            "127.0.0.1 | | 0.04 ms\n8.8.8.8 | dns | 12 ms\n",
            "the cell is empty",
        ),
        (
            "127.0.0.1 | example | 1 ms\n8.8.8.8 | dns | 12 ms\n",
            "line 1: this row is still as in the handout",
        ),
        (
            "127.0.0.1 | a | 1 ms\n8.8.8.8 | dns | 1 ms\n",
            "holds `1 ms` in every row",
        ),
        (
            "127.0.0.1 | a | 5 ms\n8.8.8.8 | dns | 1 ms\n",
            "the first row must have the smallest",
        ),
    ] {
        let found = why(text);
        assert!(found.contains(words), "{text}: {found}");
    }
}
