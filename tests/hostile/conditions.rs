//! The seven conditions that hold after every attack, and an eighth: the verdict is the expected one.

use std::fs;
use std::path::Path;

use socklab::class::store::Run;
use socklab::score::{Scorecard, Status};

use crate::attack::{Host, is_regular, printed};
use crate::grader::{Seen, watch};
use crate::plan::Item;
use crate::results;
use crate::world::World;

/// The most memory a grader may take, in bytes.
const MEMORY: u64 = 256 << 20;
/// The most descriptors: a few for each of the sandboxes that run at a time.
const DESCRIPTORS: usize = 400;
/// What the machine may lose in free memory while an attack runs, for which the limit is 512 MiB in each of
/// four checks at a time; compilers and others may be at work beside it. Without bounds it is everything.
const LOST_MEMORY: u64 = 6 << 30;
/// The largest report of one submission in any format that shows no capture, in bytes.
const REPORT: u64 = 2 << 20;

/// What held and what did not.
#[derive(Debug, Default)]
pub struct Conditions {
    wrong: Vec<(usize, String)>,
}

impl Conditions {
    /// Notes that a condition (numbered from 0) does not hold.
    pub fn wrong(&mut self, condition: usize, what: String) {
        self.wrong.push((condition, what));
    }

    /// Which hold.
    pub fn held(&self) -> [bool; 8] {
        std::array::from_fn(|n| self.wrong.iter().all(|(wrong, _)| *wrong != n))
    }

    /// What is wrong, in words.
    pub fn into_wrong(self) -> Vec<String> {
        let words = self.wrong.into_iter();
        words
            .map(|(n, what)| format!("({}) {what}", n + 1))
            .collect()
    }

    fn require(&mut self, condition: usize, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong(condition, what());
        }
    }

    /// 1: the grader ends by itself within its limit and two seconds.
    pub fn ended(&mut self, seen: &Seen, limit: f64) {
        if let Err(why) = is_regular(seen) {
            self.wrong(0, why);
        }
        let took = seen.took.as_secs_f64();
        self.require(0, took <= limit + 2.0, || {
            format!("it took {took:.1} s, with a limit of {limit:.1} s")
        });
    }

    /// 2: no process is left.
    pub fn nobody_left(&mut self, left: &[(u32, String)]) {
        self.require(1, left.is_empty(), || format!("left alive: {left:?}"));
    }

    /// 3: no namespace, mount, group or directory is left. (Namespaces live by their processes and mounts.)
    pub fn nothing_left(&mut self, left: Vec<String>) {
        self.require(2, left.is_empty(), || format!("left: {left:?}"));
    }

    /// 5: no secret is in anything that comes out.
    /// `keys` are those of the attackers.
    pub fn secrets(&mut self, world: &World, output: &[u8], host: &Host, keys: &[String]) {
        let secrets = &world.secrets;
        let everywhere = [&secrets.environment, &secrets.home, &secrets.other];
        for secret in everywhere {
            self.require(4, !contains(output, secret), || {
                format!("{secret} is printed")
            });
            for file in holding(&world.path("work"), secret) {
                self.wrong(4, format!("{secret} is in {file}"));
            }
        }
        let results = world.path("work/RUN/results");
        for key in keys {
            // Some attacks are told where to look.
            let told = !holding(&world.path("class").join(key), &secrets.path).is_empty();
            let path = Some(secrets.path.as_str()).filter(|_| !told);
            for secret in secrets.hidden.into_iter().chain(path) {
                for folder in ["hostile-echo/events", "hostile-echo/captures"] {
                    for file in holding(&results.join(key).join(folder), secret) {
                        self.wrong(4, format!("{secret} is in {file}"));
                    }
                }
                for file in holding(&world.path("work/reports"), secret) {
                    // The class's own reports are the instructor's, who sees hidden checks.
                    if file.contains(&format!("/{key}/")) {
                        self.wrong(4, format!("{secret} is in the report {file}"));
                    }
                }
            }
        }
        self.require(4, !host.was_reached(), || {
            "a socket of the host was reached".into()
        });
    }

    /// 6: the honest submissions beside it and after it get full marks.
    pub fn honest(&mut self, world: &World, cards: &[Scorecard], item: &Item) {
        let beside = cards
            .iter()
            .find(|card| card.submission.key == "beside" && card.exercise == "hostile-echo");
        self.require(5, beside.is_some_and(full), || {
            format!("beside: {}", short(beside))
        });
        let mut command = world.socklab();
        command.args(["check", "hostile-echo", "--keep"]);
        command.arg(world.path("work/next")).arg(world.path("next"));
        let seen = watch(&mut command, std::time::Duration::from_secs(120));
        let text = String::from_utf8_lossy(&seen.output);
        self.require(5, seen.status.is_some_and(|s| s.success()), || {
            format!("after {}: {:?} {text}", item.name(), seen.status)
        });
    }

    /// 7: the grader's memory and descriptors are bounded, and the machine's memory is still there.
    /// `lost` is what the machine's free memory fell by meanwhile.
    pub fn memory(&mut self, memory: u64, descriptors: usize, lost: u64) {
        self.require(6, memory < MEMORY, || format!("{} MiB", memory >> 20));
        self.require(6, descriptors < DESCRIPTORS, || {
            format!("{descriptors} descriptors")
        });
        self.require(6, lost < LOST_MEMORY, || {
            format!("the machine lost {} MiB", lost >> 20)
        });
    }

    /// 8: the verdict is the one in `expected.yaml`.
    pub fn expected(&mut self, world: &World, item: &Item, card: &Scorecard) {
        match item.score {
            None => {
                let graded = card.status == Status::Graded;
                self.require(7, !graded, || format!("it is graded: {}", card.score));
                let error = card.error.clone().unwrap_or_default();
                let wanted = item.error.as_deref().unwrap_or_default();
                self.require(7, error.contains(wanted), || {
                    format!("the reason is {error}")
                });
            }
            Some(score) => {
                let right = card.status == Status::Graded && card.score == score;
                self.require(7, right, || {
                    format!("expected {score} points: {}", short(Some(card)))
                });
            }
        }
        let cause = results::first_cause(card).unwrap_or("none");
        let wanted = &item.cause;
        self.require(
            7,
            wanted.is_empty() || wanted.iter().any(|c| c == cause),
            || format!("the cause is {cause}: {}", short(Some(card))),
        );
        let printed = printed(world, "work/RUN", card);
        let text = String::from_utf8_lossy(&printed);
        for word in &item.prints {
            self.require(7, text.contains(word.as_str()), || {
                let end: String = text.chars().take(2000).collect();
                format!("it did not print {word:?}: {end}")
            });
        }
        for line in text.lines().filter(|line| line.contains("LEAK:")).take(5) {
            self.wrong(4, line.to_owned());
        }
        if let Some(network) = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("network: "))
        {
            let own = fs::read_link("/proc/self/ns/net").unwrap_or_default();
            let same = network == own.to_string_lossy();
            self.require(4, !same, || "it is in the host's network".into());
        }
    }
}

/// 4: the reports of all formats can be made, are sound, and are the grader's own.
pub fn reports(world: &World, conditions: &mut Conditions, cards: &[Scorecard]) {
    let run = world.path("work/RUN");
    conditions.require(3, Run::open(&run).is_ok(), || {
        "the run cannot be opened".into()
    });
    for card in cards {
        let sum: f64 = card.checks.iter().map(|check| check.points).sum();
        let sound = card.status == Status::NotGraded || (sum - card.score).abs() < 0.005;
        conditions.require(3, sound && card.score <= card.max, || {
            format!("{} points, by checks {sum}", card.score)
        });
    }
    let mut command = world.socklab();
    command
        .arg("report")
        .arg(&run)
        .args(["--each", "--audience", "student", "--out"]);
    command.arg(world.path("work/reports"));
    for format in FORMATS {
        command.args(["--format", format]);
    }
    let seen = watch(&mut command, std::time::Duration::from_secs(120));
    if let Err(why) = is_regular(&seen) {
        conditions.wrong(3, why);
    }
    crate::inert::look(
        &world.path("work/reports"),
        &seen.output,
        REPORT,
        &mut |what| {
            conditions.wrong(3, what);
        },
    );
}

/// Formats that need nothing of a platform's environment.
const FORMATS: &[&str] = &[
    "terminal",
    "json",
    "html",
    "markdown",
    "junit",
    "tap",
    "csv",
    "ctrf",
    "github",
    "github-summary",
    "gradescope",
    "prairielearn",
    "autolab",
    "vpl",
    "submitty",
];

fn full(card: &Scorecard) -> bool {
    card.status == Status::Graded && card.score == card.max
}

/// A scorecard in a line, for failures.
pub fn short(card: Option<&Scorecard>) -> String {
    let Some(card) = card else {
        return "no result".into();
    };
    let checks = card.checks.iter().map(|check| {
        let why = check.findings.first().map_or("", |f| f.message.as_str());
        format!("{} {}/{} {why}", check.id, check.points, check.max)
    });
    let checks = checks.collect::<Vec<_>>().join("; ");
    let error = card.error.as_deref().unwrap_or("");
    format!(
        "{:?} {}/{} {error} [{checks}]",
        card.status, card.score, card.max
    )
}

fn contains(bytes: &[u8], word: &str) -> bool {
    memchr::memmem::find(bytes, word.as_bytes()).is_some()
}

/// Files below a folder that hold a word.
fn holding(folder: &Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(holding(&path, word));
        } else if fs::read(&path).is_ok_and(|bytes| contains(&bytes, word)) {
            found.push(path.display().to_string());
        }
    }
    found
}
