//! The timestamp server, judged by a stand-in clock: in several zones, on days of the month with one digit,
//! and around midnight. Only the last test runs a program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::civil::{DateTime, datetime};
use socklab::event::{Bytes, End, Event, Observed, Place, What};
use socklab::spec::expect::{self, Context};
use socklab::spec::{Check, Spec, initial_bindings};
use socklab::verdict::{self, Judgement, Outcome};

const SEED: u64 = 7;
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SPEC: &str = "specs/timestamps/timestamp-server.yaml";

/// Zones as offsets in seconds: the line islands, New York in winter, Greenwich, Tehran, the Chatham Islands.
const ZONES: [i32; 5] = [14 * 3600, -5 * 3600, 0, 12_600, 45_900];

fn spec() -> Spec {
    let text = fs::read_to_string(Path::new(ROOT).join(SPEC)).unwrap();
    socklab::spec::load(&text, SPEC).unwrap()
}

/// A moment of the stand-in clock: local time in a zone.
#[derive(Clone, Copy)]
struct Clock {
    local: DateTime,
    zone: i32,
}

impl Clock {
    fn unix_ms(self) -> i64 {
        let since = self.local.duration_since(datetime(1970, 1, 1, 0, 0, 0, 0));
        since.as_millis() as i64 - 1000 * i64::from(self.zone)
    }

    fn later(self, ms: i64) -> Clock {
        let local = self.local + jiff::SignedDuration::from_millis(ms);
        Clock { local, ..self }
    }

    /// What C's ctime() writes.
    fn ctime(self) -> String {
        self.local.strftime("%a %b %e %H:%M:%S %Y").to_string()
    }
}

/// The value of a name that the check draws.
fn drawn(spec: &Spec, check: &Check, name: &str) -> String {
    let bindings = initial_bindings(spec, check, SEED).unwrap();
    String::from_utf8_lossy(bindings.get(name).unwrap()).into_owned()
}

/// Judges a check whose `receive` steps got these answers, each so many milliseconds after the beginning. All other steps
/// went well.
fn judged(id: &str, begin: Clock, answers: &[(i64, String)]) -> Judgement {
    let spec = spec();
    let check = spec.checks.iter().find(|check| check.id == id).unwrap();
    let at = |ms: i64| ms as u64 * 1_000_000;
    let mut now = 0;
    let mut answers = answers.iter();
    let mut bindings = initial_bindings(&spec, check, SEED).unwrap();
    let mut bound = Vec::new();
    let mut events = vec![Event {
        at: 0,
        what: What::CheckStarted {
            check: id.into(),
            seed: SEED,
            unix_ms: begin.unix_ms(),
            zone_offset_s: begin.zone,
        },
    }];
    events.push(Event {
        at: 0,
        what: What::Started {
            program: "server".into(),
            argv: vec!["python3".into(), "server.py".into()],
            since: None,
        },
    });
    for (index, step) in check.steps.iter().enumerate() {
        let step_name = index.to_string();
        events.push(Event {
            at: at(now),
            what: What::StepStarted {
                step: step_name.clone(),
                label: String::new(),
            },
        });
        let observed = observed(&serde_json::to_value(step).unwrap(), &mut now, &mut answers);
        let context = Context {
            unix_ms: begin.unix_ms() + now,
            zone_offset_s: begin.zone,
            waited_ms: 0,
        };
        // As the run does it: what a hole matched is known to the steps after it.
        for (name, value) in expect::judge(step, &observed, &bindings, &context).binds {
            bindings.set(name.clone(), value.clone());
            let value = Bytes(value);
            bound.push(What::Bound { name, value });
        }
        events.push(Event {
            at: at(now),
            what: What::StepEnded {
                step: step_name,
                observed,
            },
        });
        events.extend(bound.drain(..).map(|what| Event { at: at(now), what }));
    }
    verdict::judge(&verdict::Input {
        spec: &spec,
        check,
        events: &events,
        capture: None,
        programs: &BTreeMap::new(),
        files: None,
    })
}

fn observed<'a>(
    step: &serde_json::Value,
    now: &mut i64,
    answers: &mut impl Iterator<Item = &'a (i64, String)>,
) -> Observed {
    let kind = step.as_object().unwrap().keys().next().unwrap().as_str();
    match kind {
        "start" => Observed::Listening {
            places: vec![Place::Tcp("0.0.0.0:21567".parse().unwrap())],
            end: End::Met,
        },
        "connect" => Observed::Connect {
            outcome: "ok".into(),
            to: Some("127.0.0.1:21567".into()),
        },
        "send" => Observed::Sent {
            length: 5,
            error: None,
        },
        "receive" => {
            let (ms, text) = answers.next().expect("an answer for each receive");
            // The answer comes at once; what passed before it passed in a pause.
            *now = *ms;
            Observed::Received {
                bytes: Bytes::from(text.as_str()),
                length: text.len() as u64,
                differs_at: None,
                from: None,
                expected_source: true,
                end: End::Met,
            }
        }
        "pause" => {
            *now += 1100;
            Observed::Done
        }
        other => panic!("the check has a step `{other}`, of which this test knows nothing"),
    }
}

/// The answer of a server whose clock shows `stamp`.
fn answer(id: &str, name: &str, stamp: &str) -> String {
    let spec = spec();
    let check = spec.checks.iter().find(|check| check.id == id).unwrap();
    format!("[{stamp}] {}", drawn(&spec, check, name))
}

fn local_time(begin: Clock, stamp: &str) -> Judgement {
    judged(
        "local-time",
        begin,
        &[(0, answer("local-time", "token", stamp))],
    )
}

fn cause(judgement: &Judgement) -> (Outcome, &str, &str) {
    let finding = judgement.findings.first();
    let (cause, message) = finding.map_or(("", ""), |f| (f.cause.as_str(), f.message.as_str()));
    (judgement.outcome, cause, message)
}

#[test]
fn local_time_is_right_in_every_zone_and_greenwich_time_is_not() {
    for zone in ZONES {
        let local = datetime(2026, 11, 21, 20, 30, 0, 250_000_000);
        let clock = Clock { local, zone };
        let right = local_time(clock, &clock.ctime());
        assert_eq!(
            right.outcome,
            Outcome::Passed,
            "{zone}: {:?}",
            cause(&right)
        );
        if zone == 0 {
            continue;
        }
        let greenwich = clock.later(-1000 * i64::from(zone));
        let wrong = local_time(clock, &greenwich.ctime());
        let (outcome, code, message) = cause(&wrong);
        assert_eq!((outcome, code), (Outcome::Failed, "wrong-time"), "{zone}");
        assert!(
            message.contains("UTC instead of local time?"),
            "{zone}: {message}"
        );
    }
}

#[test]
fn days_of_one_digit_are_padded_with_a_space() {
    for zone in [0, 12_600, -18_000] {
        for day in 1..=9 {
            let clock = Clock {
                local: datetime(2026, 2, day, 9, 5, 0, 0),
                zone,
            };
            let right = clock.ctime();
            assert_eq!(&right[8..10], format!(" {day}"));
            assert_eq!(
                local_time(clock, &right).outcome,
                Outcome::Passed,
                "{right}"
            );
            let padded = format!(" {day} ");
            for (wrong, words) in [
                (
                    right.replacen(&padded, &format!("0{day} "), 1),
                    "padded with a zero",
                ),
                (
                    right.replacen(&padded, &format!("{day} "), 1),
                    "padded with a space",
                ),
            ] {
                let judgement = local_time(clock, &wrong);
                let (outcome, code, message) = cause(&judgement);
                assert_eq!(
                    (outcome, code),
                    (Outcome::Failed, "wrong-format"),
                    "{wrong}"
                );
                assert!(message.contains(words), "{wrong}: {message}");
            }
        }
    }
}

#[test]
fn a_new_day_between_the_program_and_the_judge_is_no_mistake() {
    for zone in ZONES {
        for (year, month, day) in [(2026, 11, 30), (2026, 12, 31), (2028, 2, 28), (2028, 2, 29)] {
            let before = Clock {
                local: datetime(year, month, day, 23, 59, 59, 400_000_000),
                zone,
            };
            let after = before.later(900);
            assert_ne!(before.ctime()[..10], after.ctime()[..10]);
            for (judge, program) in [(before, after), (after, before)] {
                let judgement = local_time(judge, &program.ctime());
                assert_eq!(
                    judgement.outcome,
                    Outcome::Passed,
                    "{:?}",
                    cause(&judgement)
                );
            }
            // Yesterday's time of day is not fresh.
            let stale = after.later(-86_400_000);
            assert_eq!(cause(&local_time(after, &stale.ctime())).1, "wrong-time");
        }
    }
}

#[test]
fn two_messages_across_midnight_are_a_second_apart() {
    let begin = Clock {
        local: datetime(2026, 12, 31, 23, 59, 59, 300_000_000),
        zone: 12_600,
    };
    let fresh = |first: Clock, second: Clock| {
        let answers = [
            (0, answer("fresh", "first", &first.ctime())),
            (1100, answer("fresh", "second", &second.ctime())),
        ];
        judged("fresh", begin, &answers)
    };
    let right = fresh(begin, begin.later(1100));
    assert_eq!(right.outcome, Outcome::Passed, "{:?}", cause(&right));
    let kept = fresh(begin, begin);
    let (outcome, code, message) = cause(&kept);
    assert_eq!((outcome, code), (Outcome::Failed, "wrong-time"));
    assert!(message.contains("taken once and kept"), "{message}");
}

#[test]
fn an_answer_that_a_busy_machine_holds_up_is_as_old_as_its_way_was_long() {
    let clock = Clock {
        local: datetime(2026, 11, 21, 9, 5, 0, 0),
        zone: 12_600,
    };
    let late = |ms| {
        judged(
            "local-time",
            clock,
            &[(ms, answer("local-time", "token", &clock.ctime()))],
        )
    };
    assert_eq!(
        late(9000).outcome,
        Outcome::Passed,
        "{:?}",
        cause(&late(9000))
    );
    let older = clock.later(-4000).ctime();
    assert_eq!(cause(&local_time(clock, &older)).1, "wrong-time");
}

/// A course with the timestamp server alone, whose check of the zone runs in another one.
fn course_in(zone: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(ROOT);
    let text = fs::read_to_string(root.join(SPEC)).unwrap();
    assert!(text.contains("timezone: UTC+03:30"));
    let spec = folder.path().join(SPEC);
    fs::create_dir_all(spec.parent().unwrap()).unwrap();
    fs::write(
        &spec,
        text.replace("timezone: UTC+03:30", &format!("timezone: {zone}")),
    )
    .unwrap();
    for exercise in ["timestamp-server", "timestamp-client"] {
        let other = format!("specs/timestamps/{exercise}.yaml");
        if exercise != "timestamp-server" {
            fs::copy(root.join(&other), folder.path().join(&other)).unwrap();
        }
        for language in ["python", "rust"] {
            copy(
                &format!("reference/timestamps/{exercise}/{language}"),
                folder.path(),
            );
        }
    }
    copy("exercises/timestamps/timestamp-server", folder.path());
    let bugs = "tests/submissions/timestamps/timestamp-server";
    copy(&format!("{bugs}/utc-time"), folder.path());
    let one = "utc-time:\n  what: gives the time in Greenwich\n  fails: [local-time]\n  cause: wrong-time\n";
    fs::write(folder.path().join(bugs).join("bugs.yaml"), one).unwrap();
    folder
}

fn copy(within: &str, to: &Path) {
    let to = to.join(within);
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(Path::new(ROOT).join(within))
        .unwrap()
        .flatten()
    {
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn programs_are_judged_right_in_three_zones() {
    for zone in ["UTC-09:30", "UTC+05:45", "UTC+14:00"] {
        let course = course_in(zone);
        let output = Command::new(env!("CARGO_BIN_EXE_socklab"))
            .args(["spec", "check", SPEC])
            .current_dir(course.path())
            .output()
            .unwrap();
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        let said = String::from_utf8_lossy(&said);
        if output.status.code() == Some(3) || said.contains("SKIPPED") {
            println!("SKIPPED: {zone}: {said}");
            return;
        }
        assert!(output.status.success(), "{zone}: {said}");
        assert!(
            said.contains("2 references, 1 starters, 1 bugs: 0 wrong"),
            "{zone}: {said}"
        );
    }
}
