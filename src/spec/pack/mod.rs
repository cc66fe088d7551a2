//! Binary structures in the format language of Python's `struct` module: values ↔ bytes.
//!
//! Pure; native sizes and alignment (`@`) are those of 64-bit Linux on a little-endian machine, whatever
//! machine this runs on, because that is where the labs are written.

mod blame;

pub use blame::judge;

use thiserror::Error;

use super::value::{Bindings, Value, ValueError, expand};

/// Why a format or a value cannot be used. Lower-case fragments.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PackError {
    /// A character that is no format code.
    #[error("`{0}` is not a format code of struct")]
    UnknownCode(char),
    /// A count without a code after it.
    #[error("the count {0} is not followed by a format code")]
    CountWithoutCode(String),
    /// A code that exists only in native mode.
    #[error("`{0}` is allowed only in native mode (`@` or no prefix)")]
    OnlyNative(char),
    /// The structure would be absurdly large.
    #[error("the structure has more than {} bytes", MOST)]
    TooLarge,
    /// Another number of values than the format takes.
    #[error("the format takes {wanted} values, {given} are given")]
    Count {
        /// Values that the format takes.
        wanted: usize,
        /// Values given.
        given: usize,
    },
    /// A value that does not fit its code.
    #[error("value {index}: {why}")]
    Value {
        /// Which value, from 1.
        index: usize,
        /// What is wrong.
        why: String,
    },
    /// Another number of bytes than the format describes.
    #[error("the format describes {wanted} bytes, there are {given}")]
    Length {
        /// Bytes that the format describes.
        wanted: usize,
        /// Bytes there are.
        given: usize,
    },
}

/// Largest structure: 1 MiB.
pub const MOST: usize = 1 << 20;

/// A parsed format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    little: bool,
    native: bool,
    fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    code: char,
    /// For `s` and `p` the length; for all others 1 field is stored per value, `x` with its count.
    count: usize,
    /// Offset of the first byte of the field in the structure.
    offset: usize,
}

/// A value's place in a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its code.
    pub code: char,
    /// What the code takes.
    pub kind: Kind,
    /// Offset of its first byte.
    pub offset: usize,
    /// Its bytes.
    pub width: usize,
}

/// What a code takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// True or false.
    Bool,
    /// Bytes.
    Bytes,
}

impl Format {
    /// Reads a format such as `=iif`.
    pub fn parse(format: &str) -> Result<Self, PackError> {
        let mut chars = format.chars().peekable();
        let prefix = chars.next_if(|c| "@=<>!".contains(*c)).unwrap_or('@');
        let native = prefix == '@';
        let mut offset = 0usize;
        let mut fields = Vec::new();
        while let Some(c) = chars.next() {
            if c.is_ascii_whitespace() {
                continue;
            }
            let mut digits = String::new();
            let mut code = c;
            while code.is_ascii_digit() {
                digits.push(code);
                code = chars
                    .next()
                    .filter(|c| !c.is_ascii_whitespace())
                    .ok_or_else(|| PackError::CountWithoutCode(digits.clone()))?;
            }
            let size = size_of(code, native)?;
            if native {
                offset = offset.next_multiple_of(alignment_of(code, size));
            }
            let count = match digits.as_str() {
                "" => 1,
                digits => digits.parse().map_err(|_| PackError::TooLarge)?,
            };
            let end = size
                .checked_mul(count)
                .and_then(|bytes| bytes.checked_add(offset))
                .filter(|end| *end <= MOST)
                .ok_or(PackError::TooLarge)?;
            match code {
                's' | 'p' | 'x' => fields.push(Field {
                    code,
                    count,
                    offset,
                }),
                _ => fields.extend((0..count).map(|i| Field {
                    code,
                    count: 1,
                    offset: offset + i * size,
                })),
            }
            offset = end;
        }
        // A closing `x` of no bytes keeps the size of what was only alignment (`0i`).
        fields.push(Field {
            code: 'x',
            count: 0,
            offset,
        });
        Ok(Format {
            little: prefix != '>' && prefix != '!',
            native,
            fields,
        })
    }

    /// How many bytes the structure has (`struct.calcsize`).
    pub fn size(&self) -> usize {
        self.fields.last().map_or(0, |f| f.offset)
    }

    /// What each value is, in order.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.values().map(|f| kind_of(f.code))
    }

    /// Where each value stands, in order. What no slot covers is padding.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.values().map(|field| Slot {
            code: field.code,
            kind: kind_of(field.code),
            offset: field.offset,
            width: self.width(field),
        })
    }

    /// The bytes of one value in its slot, counted from 0.
    ///
    /// # Errors
    /// A value that does not fit the slot's code, or no such slot.
    pub fn pack_value(&self, index: usize, value: &Value) -> Result<Vec<u8>, PackError> {
        let field = self.values().nth(index).ok_or(PackError::Count {
            wanted: self.values().count(),
            given: index + 1,
        })?;
        let mut slot = vec![0; self.width(field)];
        pack_one(field.code, value, self.little, &mut slot).map_err(|why| PackError::Value {
            index: index + 1,
            why,
        })?;
        Ok(slot)
    }

    fn values(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.code != 'x')
    }

    fn width(&self, field: &Field) -> usize {
        let size = size_of(field.code, self.native).unwrap_or(1);
        size * field.count
    }

    /// Packs values (`struct.pack`).
    pub fn pack(&self, values: &[Value]) -> Result<Vec<u8>, PackError> {
        let wanted = self.values().count();
        if wanted != values.len() {
            return Err(PackError::Count {
                wanted,
                given: values.len(),
            });
        }
        let mut out = vec![0; self.size()];
        for (index, (field, value)) in self.values().zip(values).enumerate() {
            let slot = &mut out[field.offset..field.offset + self.width(field)];
            pack_one(field.code, value, self.little, slot).map_err(|why| PackError::Value {
                index: index + 1,
                why,
            })?;
        }
        Ok(out)
    }

    /// Unpacks bytes (`struct.unpack`); there must be exactly as many as the format describes.
    pub fn unpack(&self, bytes: &[u8]) -> Result<Vec<Value>, PackError> {
        if bytes.len() != self.size() {
            return Err(PackError::Length {
                wanted: self.size(),
                given: bytes.len(),
            });
        }
        Ok(self
            .values()
            .map(|field| {
                let slot = &bytes[field.offset..field.offset + self.width(field)];
                unpack_one(field.code, slot, self.little)
            })
            .collect())
    }

    /// The offset and the code of each value, in order, for explanations.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, char)> + '_ {
        self.values().map(|f| (f.offset, f.code))
    }
}

/// Size in bytes of one item of a code.
fn size_of(code: char, native: bool) -> Result<usize, PackError> {
    Ok(match code {
        'x' | 'c' | 'b' | 'B' | '?' | 's' | 'p' => 1,
        'h' | 'H' | 'e' => 2,
        'i' | 'I' | 'f' => 4,
        // `long` of 64-bit Linux has 8 bytes; the standard size is 4.
        'l' | 'L' if native => 8,
        'l' | 'L' => 4,
        'q' | 'Q' | 'd' => 8,
        'n' | 'N' | 'P' if native => 8,
        'n' | 'N' | 'P' => return Err(PackError::OnlyNative(code)),
        _ => return Err(PackError::UnknownCode(code)),
    })
}

fn alignment_of(code: char, size: usize) -> usize {
    if matches!(code, 's' | 'p' | 'x') {
        1
    } else {
        size
    }
}

fn kind_of(code: char) -> Kind {
    match code {
        'e' | 'f' | 'd' => Kind::Float,
        '?' => Kind::Bool,
        'c' | 's' | 'p' => Kind::Bytes,
        _ => Kind::Int,
    }
}

/// Whether an integer code is signed.
fn signed(code: char) -> bool {
    matches!(code, 'b' | 'h' | 'i' | 'l' | 'q' | 'n')
}

fn pack_one(code: char, value: &Value, little: bool, slot: &mut [u8]) -> Result<(), String> {
    match (kind_of(code), value) {
        (Kind::Bytes, Value::Bytes(bytes)) => return pack_bytes(code, bytes, slot),
        (Kind::Bool, value) => slot[0] = u8::from(truth(value)),
        (Kind::Int, Value::Int(n)) => {
            let bits = 8 * slot.len() as u32;
            let (low, high) = if signed(code) {
                (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
            } else {
                (0, (1i128 << bits) - 1)
            };
            if !(low..=high).contains(n) {
                return Err(format!("{n} does not fit `{code}` ({low} to {high})"));
            }
            slot.copy_from_slice(&n.to_le_bytes()[..slot.len()]);
        }
        (Kind::Float, Value::Int(n)) => {
            return pack_one(code, &Value::Float(*n as f64), little, slot);
        }
        (Kind::Float, Value::Float(f)) => pack_float(code, *f, slot)?,
        (wanted, _) => {
            return Err(format!(
                "{} does not fit `{code}`, which takes {}",
                show(value),
                name_of(wanted)
            ));
        }
    }
    if !little {
        slot.reverse();
    }
    Ok(())
}

fn pack_bytes(code: char, bytes: &[u8], slot: &mut [u8]) -> Result<(), String> {
    if code == 'c' && bytes.len() != 1 {
        return Err(format!("`c` takes one byte, not {}", bytes.len()));
    }
    if code == 'p' {
        // A Pascal string: its length in the first byte, at most 255.
        let room = slot.len().saturating_sub(1).min(255).min(bytes.len());
        if let Some((first, rest)) = slot.split_first_mut() {
            *first = room as u8;
            rest[..room].copy_from_slice(&bytes[..room]);
        }
        return Ok(());
    }
    let room = slot.len().min(bytes.len());
    slot[..room].copy_from_slice(&bytes[..room]);
    Ok(())
}

fn pack_float(code: char, value: f64, slot: &mut [u8]) -> Result<(), String> {
    let too_large = || format!("{value} is too large for `{code}`");
    match code {
        'd' => slot.copy_from_slice(&value.to_le_bytes()),
        'f' => {
            let narrow = value as f32;
            if narrow.is_infinite() && value.is_finite() {
                return Err(too_large());
            }
            slot.copy_from_slice(&narrow.to_le_bytes());
        }
        _ => {
            let half = half_from(value).ok_or_else(too_large)?;
            slot.copy_from_slice(&half.to_le_bytes());
        }
    }
    Ok(())
}

fn unpack_one(code: char, slot: &[u8], little: bool) -> Value {
    match kind_of(code) {
        Kind::Bool => return Value::Bool(slot.iter().any(|b| *b != 0)),
        Kind::Bytes if code == 'p' => {
            let Some((&length, rest)) = slot.split_first() else {
                return Value::Bytes(Vec::new());
            };
            return Value::Bytes(rest[..rest.len().min(usize::from(length))].to_vec());
        }
        Kind::Bytes => return Value::Bytes(slot.to_vec()),
        Kind::Int | Kind::Float => {}
    }
    let mut wide = [0u8; 8];
    wide[..slot.len()].copy_from_slice(slot);
    if !little {
        wide[..slot.len()].reverse();
    }
    let bits = u64::from_le_bytes(wide);
    match (code, slot.len()) {
        ('d', _) => Value::Float(f64::from_bits(bits)),
        ('f', _) => Value::Float(f64::from(f32::from_bits(bits as u32))),
        ('e', _) => Value::Float(half_to(bits as u16)),
        (code, size) if signed(code) => {
            let unused = 64 - 8 * size as u32;
            Value::Int(i128::from((bits << unused) as i64 >> unused))
        }
        _ => Value::Int(i128::from(bits)),
    }
}

/// IEEE 754 binary16 of a number, rounded to even; none when it is too large.
fn half_from(value: f64) -> Option<u16> {
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    if value.is_nan() {
        return Some(sign | 0x7e00);
    }
    let magnitude = value.abs();
    if magnitude.is_infinite() {
        return Some(sign | 0x7c00);
    }
    // Below 2^-14 the numbers are subnormal: whole multiples of 2^-24.
    let exponent = if magnitude < 2f64.powi(-14) {
        -14
    } else {
        ((magnitude.to_bits() >> 52) as i32) - 1023
    };
    if exponent > 15 {
        return None;
    }
    let steps = (magnitude / 2f64.powi(exponent - 10)).round_ties_even() as u16;
    // A carry out of the fraction runs into the exponent, which is what rounding up means.
    let biased = ((exponent + 15) as u16) << 10;
    let bits = if steps < 1024 && exponent == -14 {
        steps
    } else {
        biased + (steps - 1024)
    };
    (bits < 0x7c00).then_some(sign | bits)
}

/// The number that an IEEE 754 binary16 stands for.
fn half_to(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f64::from(bits & 0x3ff);
    match (bits >> 10) & 0x1f {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2f64.powi(i32::from(exponent) - 15),
    }
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Int(n) => *n != 0,
        Value::Float(f) => *f != 0.0,
        Value::Bool(b) => *b,
        Value::Bytes(b) => !b.is_empty(),
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "a whole number",
        Kind::Float => "a number",
        Kind::Bool => "true or false",
        Kind::Bytes => "a text",
    }
}

/// A value as Python prints it.
pub fn show(value: &Value) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::Float(f) => format!("{f:?}"),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Bytes(b) => format!("b'{}'", crate::event::Bytes(b.clone()).escaped()),
    }
}

/// The value that a text stands for where a code takes a value of `kind`; bytes when it is no number.
pub fn value_of_text(text: &[u8], kind: Kind) -> Value {
    let word = std::str::from_utf8(text).unwrap_or("").trim();
    let number = match kind {
        Kind::Int => word.parse().ok().map(Value::Int),
        Kind::Float => word.parse().ok().map(Value::Float),
        Kind::Bool => match word {
            "true" | "True" | "1" => Some(Value::Bool(true)),
            "false" | "False" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Bytes => None,
    };
    number.unwrap_or_else(|| Value::Bytes(text.to_vec()))
}

/// A value as a spec writes it; none for `null`, which accepts any value.
///
/// # Errors
/// A name without a value, or a value of a kind that no code takes.
pub fn value_of_json(
    value: &serde_json::Value,
    kind: Kind,
    bindings: &Bindings,
) -> Result<Option<Value>, ValueError> {
    Ok(Some(match value {
        serde_json::Value::Null => return Ok(None),
        serde_json::Value::String(text) => value_of_text(&expand(text, bindings)?, kind),
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => value_of_text(number.to_string().as_bytes(), kind),
        _ => {
            return Err(ValueError::Invalid(
                "a list or a map cannot be packed".into(),
            ));
        }
    }))
}

#[cfg(test)]
mod tests;
