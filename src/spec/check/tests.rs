use crate::spec::load;

fn codes(text: &str) -> Vec<(&'static str, usize, usize)> {
    match load(text, "x.yaml") {
        Ok(_) => Vec::new(),
        Err(found) => found.iter().map(|d| (d.code, d.line, d.column)).collect(),
    }
}

/// A spec of one check with these steps.
fn with_steps(steps: &str) -> String {
    let steps = steps
        .lines()
        .map(|l| format!("      {l}\n"))
        .collect::<String>();
    format!(
        "version: 1\nexercise: x\ntitle: X\npoints: 1\nprograms:\n  server: {{ files: [s.py], listens: {{ tcp: 80 }} }}\n\
         checks:\n  - id: a\n    title: A\n    points: 1\n    let: {{ word: \"${{random.word}}\" }}\n    steps:\n{steps}"
    )
}

#[test]
fn a_sound_spec_has_no_diagnostics() {
    let text = with_steps(
        "- start: server\n- connect: { as: alice, to: server }\n- send: { from: alice, text: \"${word}\" }\n\
         - receive: { at: alice, like: \"${int as n} ${port of alice} ${word}\" }\n- closed: alice\n\
         - repeat: { times: 3, do: [{ connect: { as: \"c${i}\", to: server } }] }\n- close: c2",
    );
    assert_eq!(
        load(&text, "x.yaml")
            .map_err(|d| crate::diag::render(&d, &text, false))
            .err(),
        None
    );
}

#[test]
fn mistakes_of_meaning_are_found_at_their_place() {
    let before = "- start: server\n- connect: { as: alice, to: server }\n";
    for (step, code, column) in [
        (
            "- receive: { at: bob, anything: true }",
            "no-such-actor",
            24,
        ),
        (
            "- receive: { at: alice, text: \"${wrod}\" }",
            "undefined-name",
            38,
        ),
        (
            "- receive: { at: alice, text: x, like: y }",
            "too-much-said",
            46,
        ),
        ("- receive: { at: alice }", "nothing-said", 18),
        (
            "- receive: { at: alice, like: \"${itn as n}\" }",
            "bad-expression",
            38,
        ),
        ("- receive: { at: alice, matches: \"(\" }", "bad-regex", 40),
        (
            "- receive: { at: alice, text: x, meaning: y }",
            "too-much-said",
            49,
        ),
        (
            "- receive: { at: alice, unpack: { format: \"=ii\", values: [1] } }",
            "bad-format",
            64,
        ),
        (
            "- receive: { at: alice, unpack: { format: \"=b\", values: [1000] } }",
            "bad-value",
            63,
        ),
        ("- receive: { at: alice, hex: \"0g\" }", "bad-hex", 36),
        (
            "- receive: { at: alice, anything: true, worth: 2 }",
            "out-of-range",
            54,
        ),
        (
            "- listening: { program: server, on: tcp/70000 }",
            "bad-place",
            43,
        ),
        (
            "- listening: { program: server, on: tcp/80, at: 300.1.1.1 }",
            "bad-address",
            55,
        ),
        (
            "- signal: { to: server, signal: INTT }",
            "unknown-signal",
            39,
        ),
        (
            "- sockets: { program: server, state: ESTABLISHD, exactly: 1 }",
            "unknown-state",
            44,
        ),
        (
            "- prints: { program: sever, contains: x }",
            "unknown-program",
            28,
        ),
        ("- exits: client", "unknown-program", 16),
    ] {
        let text = with_steps(&format!("{before}{step}\n- still_open: alice"));
        assert_eq!(codes(&text), [(code, 15, column)], "{step}");
    }
}

#[test]
fn the_whole_must_hang_together() {
    let good = with_steps("- start: server\n- still_running: server");
    for (from, to, code) in [
        ("version: 1", "version: 2", "version"),
        ("exercise: x", "exercise: y", "name-differs"),
        ("points: 1\nprograms", "points: 3\nprograms", "points-sum"),
        ("title: A\n", "title: A\n    needs: [b]\n", "needs-missing"),
        ("title: A\n", "title: A\n    needs: [a]\n", "needs-cycle"),
        (
            "title: A\n",
            "title: A\n    timezone: CET\n",
            "bad-timezone",
        ),
        ("title: A\n", "title: A\n    capture: c.pcapng\n", "empty"),
        (
            "    points: 1\n",
            "    points: 1\n    level: should\n",
            "advice-with-points",
        ),
        ("tcp: 80 }", "tcp: 80, udp: 80 }", "bad-endpoint"),
        ("tcp: 80 }", "tcp: 80, at: localhost }", "bad-address"),
        ("      - still_running: server\n", "", "asserts-nothing"),
        ("${random.word}", "${word}", "circular-let"),
        ("${random.word}", "${random.wrod}", "bad-expression"),
        ("${random.word}", "${random.word", "bad-expression"),
        ("id: a", "id: A b", "bad-name"),
        (
            "title: A\n",
            "title: A\n    hint: [Look here., 'Look, here!']\n",
            "repeated-hint",
        ),
        (
            "title: A\n",
            "title: A\n    hint: [b, c, d, e]\n",
            "too-many-hints",
        ),
        (
            "server\n      - still",
            "sever\n      - still",
            "unknown-program",
        ),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let found = codes(&text);
        assert_eq!(
            found.first().map(|f| f.0),
            Some(code),
            "{from} → {to}: {found:?}"
        );
    }
}
