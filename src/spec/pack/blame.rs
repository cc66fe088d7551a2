//! Why bytes are not the structure that was wanted: another byte order, padding, other sizes, a value.

use super::{Format, PackError, show, value_of_json};
use crate::event::Bytes;
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::step::PackSpec;
use crate::spec::value::{Bindings, Value, ValueError, hex};

/// Compares bytes with a structure; none when they are as wanted. `null` among the values accepts any.
///
/// # Errors
/// A malformed format, a wrong number of values, a name without a value.
pub fn judge(
    spec: &PackSpec,
    seen: &[u8],
    bindings: &Bindings,
) -> Result<Option<Mismatch>, ValueError> {
    let invalid = |e: PackError| ValueError::Invalid(e.to_string());
    let format = Format::parse(&spec.format).map_err(invalid)?;
    let wanted = spec
        .values
        .iter()
        .zip(format.kinds())
        .map(|(value, kind)| value_of_json(value, kind, bindings))
        .collect::<Result<Vec<_>, _>>()?;
    if spec.values.len() != format.kinds().count() {
        return Err(invalid(PackError::Count {
            wanted: format.kinds().count(),
            given: spec.values.len(),
        }));
    }
    if let Ok(values) = format.unpack(seen)
        && agree(&format, &wanted, &values)
    {
        return Ok(None);
    }
    Ok(Some(explain(&spec.format, &format, &wanted, seen)))
}

/// Whether each value is the wanted one, floats up to the precision of their code.
fn agree(format: &Format, wanted: &[Option<Value>], values: &[Value]) -> bool {
    wanted.len() == values.len()
        && wanted
            .iter()
            .zip(values)
            .zip(format.places())
            .all(|((wanted, value), (_, code))| {
                wanted.as_ref().is_none_or(|w| same(w, value, code))
            })
}

fn same(wanted: &Value, value: &Value, code: char) -> bool {
    let number = |value: &Value| match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(f) => Some(*f),
        _ => None,
    };
    match (wanted, value) {
        (Value::Float(_), _) | (_, Value::Float(_)) => match (number(wanted), number(value)) {
            (Some(a), Some(b)) => near(a, b, code),
            _ => false,
        },
        // Python fills a short `s` up with NUL bytes.
        (Value::Bytes(a), Value::Bytes(b)) => {
            b.starts_with(a) && b[a.len()..].iter().all(|b| *b == 0)
        }
        _ => wanted == value,
    }
}

fn near(a: f64, b: f64, code: char) -> bool {
    // A unit in the last place of 11, 24 and 53 significant bits, four times over: a value may have been
    // worked out in a narrower type before it was packed.
    let relative = match code {
        'e' => 4.0 / 1024.0,
        'f' => 4.0 / f64::from(1 << 23),
        // Doubles that a program got by way of a 32-bit float are right, too.
        _ => 4.0 / f64::from(1 << 23),
    };
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= relative * a.abs().max(b.abs())
}

/// Why `seen` is not the structure; it is known not to be.
fn explain(text: &str, format: &Format, wanted: &[Option<Value>], seen: &[u8]) -> Mismatch {
    let expected = wanted_bytes(format, wanted);
    let differs_at = expected
        .as_ref()
        .map(|e| e.iter().zip(seen).take_while(|(a, b)| a == b).count() as u64);
    let (kind, explanation) = cause(text, format, wanted, seen);
    match expected {
        Some(expected) => Mismatch::exact(kind, &expected, seen, differs_at, explanation),
        None => Mismatch::described(
            kind,
            format!("{} bytes packed as `{text}`", format.size()),
            seen,
            explanation,
        ),
    }
}

fn wanted_bytes(format: &Format, wanted: &[Option<Value>]) -> Option<Vec<u8>> {
    let values = wanted.iter().cloned().collect::<Option<Vec<_>>>()?;
    format.pack(&values).ok()
}

fn cause(
    text: &str,
    format: &Format,
    wanted: &[Option<Value>],
    seen: &[u8],
) -> (MismatchKind, String) {
    let fits = |other: &str| {
        let other = Format::parse(other).ok()?;
        let values = other.unpack(seen).ok()?;
        agree(&other, wanted, &values).then_some(())
    };
    let codes = text.trim_start_matches(['@', '=', '<', '>', '!']);
    if let Some(text) = as_text(wanted, seen) {
        return (MismatchKind::WrongLayout, text);
    }
    for prefix in ["<", ">"] {
        if fits(&format!("{prefix}{codes}")).is_some() {
            let order = if prefix == "<" {
                "little-endian"
            } else {
                "big-endian (network byte order)"
            };
            return (
                MismatchKind::WrongEndianness,
                other_order(format, wanted, seen, order),
            );
        }
    }
    for prefix in ["@", "="] {
        if fits(&format!("{prefix}{codes}")).is_some() {
            let explanation = format!(
                "it is packed as `{prefix}{codes}` ({} bytes) instead of `{text}` ({} bytes): {}",
                seen.len(),
                format.size(),
                if prefix == "@" {
                    "with the padding of the C compiler"
                } else {
                    "without padding"
                }
            );
            return (MismatchKind::WrongLayout, explanation);
        }
    }
    if let Some(other) = other_sizes(text, seen.len(), &fits) {
        let explanation = format!("it is packed as `{other}` instead of `{text}`");
        return (MismatchKind::WrongLayout, explanation);
    }
    match format.unpack(seen) {
        Err(_) => wrong_length(text, format, seen),
        Ok(values) => (
            MismatchKind::WrongValue,
            wrong_value(format, wanted, &values),
        ),
    }
}

fn wrong_length(text: &str, format: &Format, seen: &[u8]) -> (MismatchKind, String) {
    let kind = if seen.len() < format.size() {
        MismatchKind::TooShort
    } else {
        MismatchKind::WrongLayout
    };
    let explanation = format!(
        "it has {} bytes; `{text}` describes {}",
        seen.len(),
        format.size()
    );
    (kind, explanation)
}

/// `the byte order is big-endian: 1 is seen as 16777216`.
fn other_order(format: &Format, wanted: &[Option<Value>], seen: &[u8], order: &str) -> String {
    let values = format.unpack(seen).unwrap_or_default();
    let example = wanted.iter().zip(&values).find_map(|(wanted, value)| {
        let wanted = wanted.as_ref().filter(|w| *w != value)?;
        Some(format!(": {} is seen as {}", show(wanted), show(value)))
    });
    format!("the byte order is {order}{}", example.unwrap_or_default())
}

fn wrong_value(format: &Format, wanted: &[Option<Value>], values: &[Value]) -> String {
    let differing = wanted
        .iter()
        .zip(values)
        .zip(format.places())
        .enumerate()
        .find_map(|(i, ((wanted, value), (_, code)))| {
            let wanted = wanted.as_ref().filter(|w| !same(w, value, code))?;
            Some(format!(
                "value {} is {} instead of {}",
                i + 1,
                show(value),
                show(wanted)
            ))
        });
    differing.unwrap_or_else(|| "a value differs".into())
}

/// The same values in types of other sizes, one substitution at a time, with and without padding.
fn other_sizes(text: &str, length: usize, fits: &dyn Fn(&str) -> Option<()>) -> Option<String> {
    const SWAPS: &[(char, char)] = &[
        ('f', 'd'),
        ('d', 'f'),
        ('i', 'q'),
        ('i', 'h'),
        ('I', 'Q'),
        ('I', 'H'),
        ('h', 'i'),
        ('H', 'I'),
        ('q', 'i'),
        ('Q', 'I'),
        ('l', 'q'),
        ('B', 'I'),
        ('b', 'i'),
    ];
    let codes = text.trim_start_matches(['@', '=', '<', '>', '!']);
    let changed = SWAPS.iter().filter(|(from, _)| codes.contains(*from));
    let both = changed
        .clone()
        .map(|(from, to)| codes.replace(*from, &to.to_string()));
    for codes in both {
        for prefix in ["=", "@", ">"] {
            let other = format!("{prefix}{codes}");
            let right_size = Format::parse(&other).is_ok_and(|f| f.size() == length);
            if right_size && fits(&other).is_some() {
                return Some(other);
            }
        }
    }
    None
}

/// The values written as text, or the packed bytes written in hexadecimal.
fn as_text(wanted: &[Option<Value>], seen: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(seen).ok()?;
    if text.is_empty() || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let known: Vec<String> = wanted.iter().flatten().map(show).collect();
    let numbers = known.len() > 1 && known.iter().all(|k| text.contains(k.as_str()));
    let shown = Bytes(seen[..seen.len().min(40)].to_vec()).escaped();
    if numbers {
        return Some(format!(
            "`{shown}` is text; the values must be packed as binary (struct.pack)"
        ));
    }
    let digits = text.len() >= 8 && text.trim().bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| format!("`{shown}` is the hexadecimal text of the bytes; send the bytes themselves ({} would be `{}`)", "b'A'", hex(b"A")))
}
