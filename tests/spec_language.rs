//! The language as a whole: the published schema, the exercises of the course, and hostile input.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use socklab::event::{Bytes, End, Observed};
use socklab::spec::pack::Format;
use socklab::spec::reference;
use socklab::spec::{
    Bindings, Context, Pattern, Receive, Step, expand, judge, load, schema_text, wants,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// With `SOCKLAB_WRITE_SCHEMA=1` the file is written instead of compared.
#[test]
fn the_published_schema_is_that_of_the_types() {
    let file = root().join("schema/spec.json");
    let text = schema_text();
    if std::env::var_os("SOCKLAB_WRITE_SCHEMA").is_some() {
        std::fs::write(&file, text).unwrap();
        return;
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        published == text,
        "schema/spec.json is out of date; run `socklab spec schema > schema/spec.json`"
    );
}

/// With `SOCKLAB_WRITE_SCHEMA=1` the file is written instead of compared.
#[test]
fn the_published_reference_is_that_of_the_language() {
    let file = root().join("docs/spec.md");
    let text = reference::reference();
    if std::env::var_os("SOCKLAB_WRITE_SCHEMA").is_some() {
        std::fs::write(&file, text).unwrap();
        return;
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        published == text,
        "docs/spec.md is out of date; run `socklab spec words > docs/spec.md`"
    );
}

#[test]
fn a_new_exercise_is_sound_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("socklab").unwrap();
        command
            .current_dir(folder.path())
            .arg("spec")
            .args(args)
            .assert()
    };
    run(&["new", "echo/my-server", "--port", "4000"]).success();
    run(&["check", "--static", "specs/echo/my-server.yaml"]).success();
    run(&["new", "echo/my-server"]).failure();
    run(&["new", "My Server"]).failure();
}

fn specs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            specs(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn every_exercise_of_the_course_has_a_sound_spec() {
    let mut paths = Vec::new();
    specs(&root().join("specs"), &mut paths);
    assert!(!paths.is_empty(), "there are no specs");
    let mut broken = String::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        match load(&text, &name) {
            Ok(spec) => {
                // What is read can be written as JSON and read again: a run keeps its spec that way.
                let json = serde_json::to_string(&spec).unwrap();
                let again: socklab::spec::Spec = serde_json::from_str(&json).unwrap();
                assert_eq!(serde_json::to_string(&again).unwrap(), json, "{name}");
            }
            Err(found) => broken.push_str(&socklab::diag::render(&found, &text, false)),
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

/// Texts that look like specs: words of the language in YAML's punctuation.
fn yamlish() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("version"),
        Just("1"),
        Just("exercise"),
        Just("checks"),
        Just("steps"),
        Just("start"),
        Just("server"),
        Just("receive"),
        Just("like"),
        Just("${"),
        Just("}"),
        Just("${random.text 4}"),
        Just("${time ctime within 2s}"),
        Just("- "),
        Just(": "),
        Just("\n"),
        Just("\n  "),
        Just("\n    - "),
        Just("{ "),
        Just(" }"),
        Just("["),
        Just("]"),
        Just(", "),
        Just("\""),
        Just("'"),
        Just("&a "),
        Just("*a"),
        Just("!t "),
        Just("|\n  "),
        Just("é"),
        Just("\u{feff}"),
        Just("\r\n"),
        Just("\t"),
        Just("# c\n"),
        Just("? "),
        Just("---\n"),
        Just("<<"),
        Just("pack"),
        Just("=iif"),
        Just("let"),
        Just("points"),
        Just("-1e309"),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

/// Templates and patterns: their own punctuation and words.
fn templateish() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("${"),
        Just("}"),
        Just("$"),
        Just("$${"),
        Just("random.text "),
        Just("random.int "),
        Just("9"),
        Just("-9223372036854775808 "),
        Just("18446744073709551616"),
        Just("time ctime within 2s"),
        Just("int as n"),
        Just("any"),
        Just("word"),
        Just("hex 3"),
        Just("repeat x "),
        Just("port of "),
        Just("a"),
        Just(" "),
        Just("é"),
        Just("\0"),
        Just("eol"),
        Just("ws"),
        Just("quote"),
        Just("("),
        Just("\\"),
        Just("["),
        Just("pack =iif 1 2 3"),
        Just("float"),
        Just("random.float 0 1"),
        Just("bytes.all"),
        Just("ipv6"),
        Just("line"),
        Just("hex a"),
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_loader_never_panics_on_anything(text in ".{0,300}") {
        let found = load(&text, "x.yaml").err().unwrap_or_default();
        socklab::diag::render(&found, &text, true);
    }

    #[test]
    fn the_loader_never_panics_on_what_looks_like_a_spec(text in yamlish()) {
        let found = load(&text, "x.yaml").err().unwrap_or_default();
        socklab::diag::render(&found, &text, false);
        for d in &found {
            prop_assert!(d.line >= 1 && d.column >= 1 && d.span.end <= text.len().max(1));
        }
    }

    #[test]
    fn templates_and_patterns_never_panic(text in templateish(), seen in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut bindings = Bindings::new(1, "p");
        bindings.set("a", "A");
        let _ = expand(&text, &bindings);
        if let Ok(matcher) = Pattern::parse(&text).map_err(drop).and_then(|p| p.bind(&bindings, false).map_err(drop)) {
            let context = Context::default();
            let whole = matcher.whole(&seen, &context);
            let _ = matcher.search(&seen, seen.len() / 2, &context);
            let _ = matcher.progress(&seen);
            // What matches as a whole is never given up on the way there.
            if whole.is_ok() {
                for end in 0..seen.len() {
                    let hopeless = matches!(matcher.progress(&seen[..end]), socklab::spec::Progress::Impossible { .. });
                    prop_assert!(!hopeless, "given up after {end} bytes");
                }
            }
        }
    }

    #[test]
    fn structures_never_panic_and_unpack_what_they_pack(format in "[@=<>!]?[xcbB?hHiIlLqQnNefdspP0-9 ]{0,8}", bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let parsed = Format::parse(&format);
        if let Some((parsed, values)) = parsed.ok().and_then(|p| p.unpack(&bytes).ok().map(|v| (p, v))) {
            // Not every bit pattern comes back (NaN, padding), but every value can be packed again.
            let packed = parsed.pack(&values);
            prop_assert!(packed.is_ok(), "{format}: {packed:?}");
        }
    }

    #[test]
    fn the_judge_agrees_with_the_wait_on_exact_bytes(
        wanted in proptest::collection::vec(any::<u8>(), 1..12),
        seen in proptest::collection::vec(any::<u8>(), 0..12),
        same in any::<bool>(),
    ) {
        let seen = if same { wanted.clone() } else { seen };
        let mut bindings = Bindings::new(1, "p");
        bindings.set("w", wanted.clone());
        let step = Step::Receive(Receive { at: "a".into(), bytes: Some("${w}".into()), ..Receive::default() });
        let observed = Observed::Received {
            bytes: Bytes(seen.clone()), length: seen.len() as u64, differs_at: None,
            from: None, expected_source: true, end: End::Met,
        };
        let verdict = judge(&step, &observed, &bindings, &Context::default());
        prop_assert_eq!(verdict.met, seen == wanted);
        let want = wants(&step, &bindings).unwrap();
        let met = want.progress(&seen, true) == socklab::spec::Progress::Met { take: seen.len(), may_grow: false };
        prop_assert_eq!(met, verdict.met);
    }
}
