use std::process::Command;

use super::*;
use crate::spec::mismatch::MismatchKind;
use crate::spec::step::PackSpec;

fn spec(format: &str, values: &str) -> PackSpec {
    PackSpec {
        format: format.into(),
        values: serde_json::from_str(values).unwrap(),
    }
}

fn packed(format: &str, values: &[Value]) -> Vec<u8> {
    Format::parse(format).unwrap().pack(values).unwrap()
}

fn lab(format: &str) -> Vec<u8> {
    packed(format, &[Value::Int(1), Value::Int(4), Value::Float(2.7)])
}

fn why(seen: &[u8]) -> (MismatchKind, String) {
    let found = judge(&spec("=iif", "[1, 4, 2.7]"), seen, &Bindings::default());
    let found = found.unwrap().unwrap();
    (found.kind, found.explanation)
}

#[test]
fn the_labs_structure_is_twelve_bytes() {
    assert_eq!(
        lab("=iif"),
        [1, 0, 0, 0, 4, 0, 0, 0, 0xcd, 0xcc, 0x2c, 0x40]
    );
    assert_eq!(
        judge(
            &spec("=iif", "[1, 4, 2.7]"),
            &lab("=iif"),
            &Bindings::default()
        ),
        Ok(None)
    );
    assert_eq!(
        judge(
            &spec("=iif", "[1, null, 2.7]"),
            &packed("=iif", &[Value::Int(1), Value::Int(9), Value::Float(2.7)]),
            &Bindings::default()
        ),
        Ok(None)
    );
}

#[test]
fn a_wrong_structure_is_explained() {
    for (seen, kind, words) in [
        (
            lab(">iif"),
            MismatchKind::WrongEndianness,
            "1 is seen as 16777216",
        ),
        (lab("=iid"), MismatchKind::WrongLayout, "packed as `=iid`"),
        (lab("=qqf"), MismatchKind::WrongLayout, "packed as `=qqf`"),
        (
            lab("=iif")[..8].to_vec(),
            MismatchKind::TooShort,
            "8 bytes; `=iif` describes 12",
        ),
        (b"1 4 2.7".to_vec(), MismatchKind::WrongLayout, "is text"),
        (
            b"0100000004000000cdcc2c40".to_vec(),
            MismatchKind::WrongLayout,
            "hexadecimal text",
        ),
        (
            packed("=iif", &[Value::Int(1), Value::Int(5), Value::Float(2.7)]),
            MismatchKind::WrongValue,
            "value 2 is 5 instead of 4",
        ),
    ] {
        let found = why(&seen);
        assert_eq!(found.0, kind, "{}", found.1);
        assert!(found.1.contains(words), "{}", found.1);
    }
    let padded = packed("@ci", &[Value::Bytes(b"a".to_vec()), Value::Int(1)]);
    let found = judge(&spec("=ci", r#"["a", 1]"#), &padded, &Bindings::default())
        .unwrap()
        .unwrap();
    assert!(
        found.explanation.contains("padding"),
        "{}",
        found.explanation
    );
}

#[test]
fn malformed_formats_and_values_are_refused() {
    for bad in ["z", "3", "=n", "=P", "<9999999i", "2 i", "i="] {
        assert!(Format::parse(bad).is_err(), "{bad}");
    }
    let byte = Format::parse("b").unwrap();
    assert!(byte.pack(&[Value::Int(128)]).is_err());
    assert!(byte.pack(&[]).is_err());
    assert!(byte.pack(&[Value::Float(1.5)]).is_err());
    assert!(byte.unpack(b"ab").is_err());
}

/// One Python process answers for many formats, so that the comparison costs one interpreter start.
#[test]
fn sizes_bytes_and_values_are_those_of_pythons_struct() {
    let mut draw = crate::spec::Draw::new(7, "struct");
    let mut script = String::from("import struct\n");
    let mut ours = Vec::new();
    for _ in 0..400 {
        let (format, values) = random_case(&mut draw);
        let parsed = Format::parse(&format).unwrap();
        let bytes = parsed.pack(&values).unwrap();
        let again = parsed.unpack(&bytes).unwrap();
        script.push_str(&format!(
            "b = struct.pack({format:?}, {})\nprint(struct.calcsize({format:?}), b.hex(), struct.unpack({format:?}, b) == ({}))\n",
            list(&values),
            list(&again),
        ));
        let shown = format!("{} {} True", parsed.size(), crate::spec::value::hex(&bytes));
        ours.push((format, shown));
    }
    let Ok(output) = Command::new("python3").arg("-c").arg(&script).output() else {
        println!("SKIPPED: no python3 to compare with");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let theirs: Vec<&str> = text.lines().collect();
    assert_eq!(
        theirs.len(),
        ours.len(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for (theirs, (format, ours)) in theirs.iter().zip(&ours) {
        assert_eq!(theirs, ours, "{format}");
    }
}

fn list(values: &[Value]) -> String {
    let mut out = String::new();
    for value in values {
        match value {
            Value::Bytes(b) => {
                out.push_str(&format!("bytes.fromhex('{}')", crate::spec::value::hex(b)));
            }
            Value::Float(f) => out.push_str(&format!("{f:?}")),
            other => out.push_str(&show(other)),
        }
        out.push(',');
    }
    if out.is_empty() { " ".into() } else { out }
}

fn random_case(draw: &mut crate::spec::Draw) -> (String, Vec<Value>) {
    let prefix = ["", "@", "=", "<", ">", "!"][draw.below(6) as usize];
    let codes = if matches!(prefix, "" | "@") {
        "xcbB?hHiIlLqQnNefdspP"
    } else {
        "xcbB?hHiIlLqQefdsp"
    };
    let mut format = prefix.to_owned();
    for _ in 0..draw.below(6) {
        let code = codes.as_bytes()[draw.below(codes.len() as u64) as usize] as char;
        if draw.below(3) == 0 {
            format.push_str(&(1 + draw.below(4)).to_string());
        }
        format.push(code);
    }
    let parsed = Format::parse(&format).unwrap();
    let values = parsed
        .places()
        .map(|(_, code)| random_value(code, draw))
        .collect();
    (format, values)
}

fn random_value(code: char, draw: &mut crate::spec::Draw) -> Value {
    let bits = |n: u32| -> (i128, i128) { (-(1i128 << (n - 1)), (1i128 << (n - 1)) - 1) };
    let int = |low: i128, high: i128, draw: &mut crate::spec::Draw| {
        let wide = i128::from(draw.next_u64());
        Value::Int(low + wide % (high - low + 1))
    };
    match code {
        'c' => Value::Bytes(draw.bytes(1)),
        's' | 'p' => {
            let length = draw.below(6) as usize;
            Value::Bytes(draw.bytes(length))
        }
        '?' => Value::Bool(draw.below(2) == 1),
        'e' => Value::Float((draw.unit() - 0.5) * 10f64.powi(draw.int(-8, 4) as i32)),
        'f' => Value::Float((draw.unit() - 0.5) * 10f64.powi(draw.int(-40, 30) as i32)),
        'd' => Value::Float((draw.unit() - 0.5) * 10f64.powi(draw.int(-300, 300) as i32)),
        'b' => int(bits(8).0, bits(8).1, draw),
        'h' => int(bits(16).0, bits(16).1, draw),
        'i' => int(bits(32).0, bits(32).1, draw),
        'B' => int(0, 255, draw),
        'H' => int(0, 65_535, draw),
        'I' | 'L' => int(0, u32::MAX.into(), draw),
        'l' => int(bits(32).0, bits(32).1, draw),
        'q' | 'n' => int(i64::MIN.into(), i64::MAX.into(), draw),
        _ => int(0, u64::MAX.into(), draw),
    }
}
