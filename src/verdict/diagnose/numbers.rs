//! Numbers that are shown or sent in another form than they should.

use regex::Regex;

use super::shown::Shown;
use super::{Case, Cause, contains};
use crate::constant::pattern;
use crate::spec::pack::Format;
use crate::spec::{Bindings, PackSpec, Send, Step, Value, expand_text, packed};

pattern!(IPV4, r"\b\d{1,3}(?:\.\d{1,3}){3}\b");
pattern!(SIGNED, r"-\d{1,3}\.-?\d|\d\.-\d{1,3}\b");
pattern!(NUMBER, r"-?\d+(?:\.\d+)?");

/// What a program prints in place of numbers or addresses.
pub fn shown(case: &Case<'_>, shown: &Shown<'_>) -> Option<Cause> {
    let text = String::from_utf8_lossy(shown.text).into_owned();
    super::shown::counts_anew(case, shown)
        .or_else(|| constant(case, shown, &text))
        .or_else(|| unpacked(case, shown, &text))
        .or_else(|| address(case, shown, &text))
        .or_else(|| imprecise(case, shown, &text))
}

/// The format of the values that are sent in this check, or else in another one of the exercise.
pub fn format<'c>(case: &'c Case<'_>) -> Option<&'c str> {
    fn of(steps: &[Step]) -> Option<&str> {
        steps.iter().find_map(|step| match step {
            Step::Send(Send { pack, .. }) => Some(pack.as_ref()?.format.as_str()),
            Step::Receive(receive) => Some(receive.unpack.as_ref()?.format.as_str()),
            _ => None,
        })
    }
    let mut others = case.spec.checks.iter();
    of(&case.check.steps).or_else(|| others.find_map(|check| of(&check.steps)))
}

fn whole_numbers(format: &str, bytes: &[u8]) -> Vec<i128> {
    let values = Format::parse(format).and_then(|format| format.unpack(bytes));
    values
        .unwrap_or_default()
        .iter()
        .filter_map(|value| match value {
            Value::Int(number) => Some(*number),
            _ => None,
        })
        .collect()
}

/// Whether the numbers, large enough to be no accident, all stand in a text.
fn all_in(numbers: &[i128], text: &str) -> bool {
    let large = |number: &&i128| number.unsigned_abs() > 99;
    let mut words = NUMBER
        .find_iter(text)
        .map(|word| word.as_str())
        .collect::<Vec<_>>();
    words.sort_unstable();
    let there = |number: &i128| words.binary_search(&number.to_string().as_str()).is_ok();
    numbers.iter().any(|number| large(&number)) && numbers.iter().filter(large).all(there)
}

/// Values unpacked in another way, or in one of two forms only.
fn unpacked(case: &Case<'_>, shown: &Shown<'_>, text: &str) -> Option<Cause> {
    let name = &shown.name;
    let format = format(case)?;
    let (_, bytes) = case.last_said();
    if bytes.len() < 4 {
        return None;
    }
    let right = whole_numbers(format, bytes);
    if all_in(&whole_numbers(&other_order(format), bytes), text) {
        let message = format!("The {name} reads the numbers in the other byte order.");
        return Some(
            Cause::new("wrong-endianness", message)
                .hint("= and < are little endian on this machine, ! and > are big endian (network byte order)."),
        );
    }
    let unsigned = format
        .replace('i', "I")
        .replace('l', "L")
        .replace('h', "H")
        .replace('q', "Q");
    if unsigned != *format
        && all_in(&whole_numbers(&unsigned, bytes), text)
        && !all_in(&right, text)
    {
        let message = format!("The {name} reads numbers without their sign.");
        return Some(
            Cause::new("unsigned", message).hint("i, l and q have a sign; I, L and Q have none."),
        );
    }
    let digits = crate::spec::value::hex(bytes);
    let plain: String = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_hexdigit())
        .collect();
    let hexadecimal = plain.contains(&digits.to_lowercase());
    let values = all_in(&right, text);
    match (values, hexadecimal) {
        (true, false) => Some(Cause::new(
            "hex-missing",
            format!("The {name} prints the values, not the bytes in hexadecimal."),
        )),
        (false, true) => Some(Cause::new(
            "values-missing",
            format!("The {name} prints the bytes in hexadecimal, not the values."),
        )),
        _ => None,
    }
}

/// The same format with the bytes of each number in the other order.
fn other_order(format: &str) -> String {
    let plain = format.trim_start_matches(['@', '=', '<', '>', '!']);
    let big = format.starts_with(['>', '!']);
    format!("{}{plain}", if big { '<' } else { '>' })
}

/// What is printed stands in the program itself.
fn constant(case: &Case<'_>, shown: &Shown<'_>, text: &str) -> Option<Cause> {
    let name = &shown.name;
    let wanted = shown.wanted.as_deref().unwrap_or_default();
    let wants_address = std::str::from_utf8(wanted).is_ok_and(|wanted| IPV4.is_match(wanted));
    let printed = || IPV4.find_iter(text).map(|found| found.as_str());
    let address = printed().find_map(|address| {
        let note = case
            .notes("literal")
            .find(|note| note.text.contains(address))?;
        Some((address, note))
    });
    if let (true, Some((address, note))) = (wants_address, address) {
        let message = format!(
            "The {name} prints {address}, which stands in the program itself, whatever the name resolves to."
        );
        return Some(Cause::new("hard-coded", message).at(note));
    }
    let numbers = |text: &str| -> Vec<String> {
        NUMBER
            .find_iter(text)
            .map(|found| found.as_str().to_owned())
            .collect()
    };
    let all: Vec<String> = numbers(text);
    let note = format(case).and_then(|_| {
        case.notes("prints-constant").find(|note| {
            numbers(&note.text)
                .iter()
                .all(|number| all.contains(number))
        })
    })?;
    let message = format!(
        "The {name} prints the same values whatever it receives: they stand in the program itself."
    );
    Some(Cause::new("hard-coded", message).at(note))
}

/// A name, or an address in a wrong form, where an address should be.
fn address(case: &Case<'_>, shown: &Shown<'_>, text: &str) -> Option<Cause> {
    let name = &shown.name;
    let wanted = std::str::from_utf8(shown.wanted.as_deref()?).ok()?;
    if !IPV4.is_match(wanted) || contains(shown.text, wanted.as_bytes()) {
        return None;
    }
    if let Some(seen) = SIGNED.find(text) {
        let message = format!(
            "The {name} prints the bytes of the address with a sign (\"{}\").",
            seen.as_str()
        );
        return Some(
            Cause::new("signed-bytes", message)
                .hint("char has a sign in C: use unsigned char, or inet_ntop()."),
        );
    }
    let mut names = case.spec.names.keys().chain(case.check.names.keys());
    let looked_up = names.find(|name| text.contains(name.as_str()))?;
    (!IPV4.is_match(text)).then(|| {
        let message =
            format!("The {name} prints the name {looked_up}, not the address that it stands for.");
        Cause::new("prints-name", message)
            .hint("gethostbyname() and getaddrinfo() return the address; print what they return.")
    })
}

/// A decimal number that has lost its last digits on the way through a float of 32 bits.
fn imprecise(case: &Case<'_>, shown: &Shown<'_>, text: &str) -> Option<Cause> {
    let template = shown
        .step
        .matches
        .as_ref()
        .or(shown.step.contains.as_ref())?;
    let wanted = expand_text(template, &case.past.bindings)
        .ok()?
        .replace(r"\.", ".");
    let wanted = NUMBER
        .find_iter(&wanted)
        .find(|number| number.as_str().contains('.'))?;
    let exact: f64 = wanted.as_str().parse().ok()?;
    let near = NUMBER.find_iter(text).find(|number| {
        let value: f64 = number.as_str().parse().unwrap_or(f64::NAN);
        number.as_str().len() > wanted.as_str().len() + 3
            && value != exact
            && (value - exact).abs() < exact.abs() * 1e-6
    })?;
    let message = format!(
        "The {} prints {} for {}: a float of 32 bits keeps seven digits.",
        shown.name,
        near.as_str(),
        wanted.as_str()
    );
    Some(
        Cause::new("float-precision", message)
            .hint("Round before printing, as in f\"{value:.2f}\", or pack a double (d)."),
    )
}

/// Packed values that were sent with other types, or in another order.
pub fn sent(case: &Case<'_>, name: &str, seen: &[u8]) -> Option<Cause> {
    let Step::Receive(step) = case.step else {
        return None;
    };
    let spec = step.unpack.as_ref()?;
    if seen.starts_with(b"b'") || seen.starts_with(b"b\"") {
        let message = format!("The {name} sends the printed form of bytes (b'…'), not the bytes.");
        return Some(
            Cause::new("repr-of-bytes", message)
                .hint("send() takes the bytes that pack() returns, not str() of them."),
        );
    }
    let bindings = &case.past.bindings;
    let bytes = |spec: &PackSpec| packed(spec, bindings).ok();
    let fits = |spec: &PackSpec| {
        bytes(spec).is_some_and(|bytes| seen.starts_with(&bytes) || bytes.starts_with(seen))
    };
    for (code, what) in [
        ('d', "a double"),
        ('i', "an int"),
        ('h', "a short"),
        ('q', "a long long"),
    ] {
        if let Some(other) = with_other_types(spec, bindings, code)
            .into_iter()
            .find(|other| fits(other))
        {
            let message = format!(
                "The {name} packs with other types (as with \"{}\"): {what} in place of what the handout names.",
                other.format
            );
            return Some(Cause::new("wrong-layout", message));
        }
    }
    for first in 0..spec.values.len() {
        for second in first + 1..spec.values.len() {
            let mut other = spec.clone();
            other.values.swap(first, second);
            if other.values != spec.values && fits(&other) {
                let message = format!(
                    "The {name} packs value {} and value {} the other way round.",
                    first + 1,
                    second + 1
                );
                return Some(Cause::new("values-swapped", message));
            }
        }
    }
    let reversed: Vec<u8> = bytes(spec)?.into_iter().rev().collect();
    let turned = |format: String| {
        let other = PackSpec {
            format,
            ..spec.clone()
        };
        bytes(&other).map(|bytes| bytes.into_iter().rev().collect::<Vec<u8>>())
    };
    (seen == reversed || turned(other_order(&spec.format)).is_some_and(|turned| seen == turned)).then(|| {
        let message = format!("The {name} turns the whole message round, so that the values stand in reverse order, too.");
        Cause::new("message-reversed", message)
            .hint("Byte order is about the bytes of each number; the order of the numbers stays.")
    })
}

/// Formats in which some numbers have this other type. A number that becomes an int loses its fraction.
fn with_other_types(spec: &PackSpec, bindings: &Bindings, code: char) -> Vec<PackSpec> {
    let at = |index: usize, other: &mut PackSpec| {
        let prefix = usize::from(other.format.starts_with(['@', '=', '<', '>', '!']));
        let Some(old) = other.format.chars().nth(prefix + index) else {
            return false;
        };
        if old == code || !old.is_ascii_alphabetic() || (code == 'd') != (old == 'f') && code != 'i'
        {
            return false;
        }
        other
            .format
            .replace_range(prefix + index..=prefix + index, &code.to_string());
        if old == 'f' && code == 'i' {
            let text = match &other.values[index] {
                serde_json::Value::String(text) => expand_text(text, bindings).unwrap_or_default(),
                number => number.to_string(),
            };
            let whole: f64 = text.parse().unwrap_or_default();
            other.values[index] = serde_json::json!(whole.trunc() as i64);
        }
        true
    };
    let count = spec.values.len();
    let mut list = Vec::new();
    for index in 0..count {
        let mut one = spec.clone();
        if at(index, &mut one) {
            list.push(one.clone());
            // The float beside it as a double, too.
            for second in 0..count {
                let mut both = one.clone();
                let prefix = usize::from(both.format.starts_with(['@', '=', '<', '>', '!']));
                if both.format.chars().nth(prefix + second) == Some('f') {
                    both.format
                        .replace_range(prefix + second..=prefix + second, "d");
                    list.push(both);
                }
            }
        }
    }
    list
}
