//! `gpio`: what a program did with a pin, read from the stand-in module's reports: `setmode BCM`,
//! `setup 13 OUT`, `output 13 1`, `cleanup`.

use super::{Verdict, outcome, unfitting};
use crate::event::Observed;
use crate::spec::step::{Gpio, PinLevel};

struct Call<'a> {
    name: &'a str,
    pin: Option<u32>,
    value: &'a str,
}

fn parse(call: &str) -> Call<'_> {
    let mut words = call.split_whitespace();
    let name = words.next().unwrap_or("");
    let second = words.next().unwrap_or("");
    match second.parse() {
        Ok(pin) if name != "setmode" => Call {
            name,
            pin: Some(pin),
            value: words.next().unwrap_or(""),
        },
        _ => Call {
            name,
            pin: None,
            value: second,
        },
    }
}

fn level(value: &str) -> PinLevel {
    match value.to_ascii_lowercase().as_str() {
        "0" | "low" | "false" | "" => PinLevel::Low,
        _ => PinLevel::High,
    }
}

fn word(level: PinLevel) -> &'static str {
    match level {
        PinLevel::High => "high",
        PinLevel::Low => "low",
    }
}

fn words(levels: &[PinLevel]) -> String {
    if levels.is_empty() {
        return "nothing".into();
    }
    let words: Vec<&str> = levels.iter().map(|l| word(*l)).collect();
    words.join(", ")
}

pub(super) fn judge(step: &Gpio, observed: &Observed) -> Verdict {
    let Observed::Pins { calls } = observed else {
        return unfitting(observed);
    };
    let parsed: Vec<Call<'_>> = calls.iter().map(|call| parse(call)).collect();
    let written = || parsed.iter().filter(|c| c.name == "output");
    let pin = step.pin;
    let mut levels: Vec<PinLevel> = written()
        .filter(|c| c.pin == Some(pin))
        .map(|c| level(c.value))
        .collect();
    let now = levels.last().copied();
    levels.dedup();
    let seen = calls.join("\n");
    let wrong = |expected: String, explanation: String| outcome(expected, &seen, explanation);
    if let Some(wanted) = &step.levels
        && *wanted != levels
    {
        return wrong(
            format!("pin {pin}: {}", words(wanted)),
            format!(
                "{} is written to pin {pin} so far, in that order; expected: {}",
                words(&levels),
                words(wanted)
            ),
        );
    }
    if let Some(wanted) = step.level
        && now != Some(wanted)
    {
        let is = now.map_or("never written".to_owned(), |l| word(l).to_owned());
        return wrong(
            format!("pin {pin} is {}", word(wanted)),
            format!("pin {pin} is {is}; expected: {}", word(wanted)),
        );
    }
    if step.set_up_first
        && let Some(missing) = not_set_up(&parsed, pin)
    {
        return wrong(format!("pin {pin} is set up before its first use"), missing);
    }
    if step.only
        && let Some(other) = written().find_map(|c| c.pin.filter(|p| *p != pin))
    {
        return wrong(
            format!("only pin {pin} is written"),
            format!("pin {other} is written, too; only pin {pin} is wired"),
        );
    }
    Verdict::met()
}

/// What is missing before the first write to a pin (or by now, when there is none).
fn not_set_up(calls: &[Call<'_>], pin: u32) -> Option<String> {
    let first = calls
        .iter()
        .position(|c| c.name == "output" && c.pin == Some(pin))
        .unwrap_or(calls.len());
    let before = &calls[..first];
    if !before.iter().any(|c| c.name == "setmode") {
        return Some("the numbering of the pins is not chosen first (GPIO.setmode)".into());
    }
    let set_up = before
        .iter()
        .rev()
        .find(|c| c.name == "setup" && c.pin == Some(pin));
    match set_up {
        None => Some(format!("pin {pin} is not set up first (GPIO.setup)")),
        Some(call) if !call.value.eq_ignore_ascii_case("out") => Some(format!(
            "pin {pin} is set up as input; it must be an output"
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(step: Gpio, calls: &[&str]) -> Verdict {
        let calls = calls.iter().map(|c| (*c).to_owned()).collect();
        judge(&step, &Observed::Pins { calls })
    }

    #[test]
    fn levels_are_folded_and_in_order() {
        let step = Gpio {
            pin: 13,
            levels: Some(vec![PinLevel::High, PinLevel::Low]),
            set_up_first: true,
            only: true,
            ..Gpio::default()
        };
        let calls = [
            "setmode BCM",
            "setup 13 OUT",
            "output 13 1",
            "output 13 1",
            "output 13 0",
        ];
        assert!(run(step.clone(), &calls).met);
        assert!(!run(step.clone(), &calls[..4]).met);
        assert!(
            !run(
                step.clone(),
                &["setup 13 OUT", "output 13 1", "output 13 0"]
            )
            .met
        );
        let extra = [&calls[..], &["output 11 1"]].concat();
        assert!(
            run(step, &extra)
                .mismatch
                .unwrap()
                .explanation
                .contains("pin 11")
        );
    }
}
