//! Causes why a pin is not driven as it should be.

use super::words::sentence;
use super::{Case, Cause, keyword};
use crate::event::Observed;
use crate::spec::{PinLevel, Step};

/// The calls on pins, read from `output 13 1`.
struct Written {
    pin: String,
    high: bool,
}

fn written(calls: &[String]) -> Vec<Written> {
    let outputs = calls.iter().filter_map(|call| call.strip_prefix("output "));
    outputs
        .filter_map(|rest| rest.split_once(' '))
        .map(|(pin, level)| Written {
            pin: pin.to_owned(),
            high: !matches!(level.trim().to_lowercase().as_str(), "0" | "low" | "false"),
        })
        .collect()
}

pub fn diagnose(case: &Case<'_>) -> Option<Cause> {
    let (Step::Gpio(step), Observed::Pins { calls }) = (case.step, &case.went.observed) else {
        return None;
    };
    let (name, _) = case.program()?;
    let plain = sentence(&case.mismatch?.explanation);
    let written = written(calls);
    let pin = step.pin.to_string();
    let own: Vec<bool> = written
        .iter()
        .filter(|it| it.pin == pin)
        .map(|it| it.high)
        .collect();
    let other = written.iter().find(|it| it.pin != pin);
    if own.is_empty() {
        if let Some(other) = other {
            let message = format!("The {name} drives pin {}, not pin {pin}.", other.pin);
            return Some(Cause::new("wrong-pin", message).hint("GPIO.BOARD counts the pins of the header, GPIO.BCM the lines of the chip: the numbers differ."));
        }
        if let Some(cause) = keyword::unknown(case) {
            return Some(cause);
        }
    }
    let high = |level: &PinLevel| *level == PinLevel::High;
    let inverted = match (&step.levels, step.level) {
        (_, Some(level)) => own.last() == Some(&!high(&level)) && own.len() == 1,
        (Some(levels), None) => {
            own.len() == levels.len()
                && levels
                    .iter()
                    .zip(&own)
                    .all(|(wanted, seen)| high(wanted) != *seen)
        }
        (None, None) => false,
    };
    let (_, said) = case.last_said();
    let word = String::from_utf8_lossy(said).trim().to_lowercase();
    if inverted && (word == "on" || word == "off") && step.level.is_some() {
        let message = format!("The {name} makes the pin low for on, or high for off.");
        return Some(Cause::new("levels-inverted", message));
    }
    let mut folded = own.clone();
    folded.dedup();
    if let Some(levels) = &step.levels
        && (folded.len() > levels.len()
            || folded.len() == levels.len() && levels.last().map(high) != folded.last().copied())
    {
        let message = format!(
            "The {name} changes the pin on something that is no command: {}",
            plain.to_lowercase()
        );
        return Some(Cause::new("changes-unasked", message).hint("Test for each command by itself; what is none of them, an empty message too, changes nothing."));
    }
    let code = if step.set_up_first && plain.contains("setmode") {
        "pin-numbering"
    } else if step.set_up_first && plain.contains("set up") {
        "pin-not-set-up"
    } else if step.only && other.is_some() {
        "other-pin"
    } else if own.is_empty() {
        return Some(Cause::new("gpio", plain));
    } else {
        "gpio"
    };
    Some(Cause::new(code, plain))
}
