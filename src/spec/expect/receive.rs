//! `receive` and `receive_set`: what an actor must receive.

use super::compare::{explain, quantity, quoted, satisfies};
use super::{Context, Exact, Verdict, Want};
use crate::event::{Bytes, End, Observed};
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::pack;
use crate::spec::pattern::{Matcher, Pattern, escaped};
use crate::spec::step::{Receive, ReceiveSet};
use crate::spec::template::{Segment, segments};
use crate::spec::value::{Bindings, ValueError, expand, unhex};

/// What the step takes from a stream.
pub(super) fn wants(receive: &Receive, bindings: &Bindings) -> Result<Want, ValueError> {
    if let Some(until) = &receive.until {
        return Ok(Want::Until(expand(until, bindings)?));
    }
    content(receive, bindings)
}

/// What the step compares with, whatever the stream must be read up to.
fn content(receive: &Receive, bindings: &Bindings) -> Result<Want, ValueError> {
    let exact = |bytes, line| {
        Want::Exact(vec![Exact {
            bytes,
            line,
            ignore_case: receive.ignore_case,
        }])
    };
    if let Some(text) = receive.text.as_ref().or(receive.bytes.as_ref()) {
        return Ok(exact(expand(text, bindings)?, false));
    }
    if let Some(line) = &receive.line {
        return Ok(exact(expand(line, bindings)?, true));
    }
    if let Some(hex) = &receive.hex {
        return Ok(exact(hex_bytes(hex, bindings)?, false));
    }
    if let Some(like) = &receive.like {
        let matcher = Pattern::parse(like)?.bind(bindings, receive.ignore_case)?;
        return Ok(Want::Pattern(Box::new(matcher)));
    }
    if let Some(expression) = &receive.matches {
        let meaning = receive.meaning.as_ref();
        let matcher = regex(expression, meaning, bindings, receive.ignore_case, false)?;
        return Ok(Want::Pattern(Box::new(matcher)));
    }
    if !receive.any_of.is_empty() {
        let texts = receive.any_of.iter().map(|text| {
            Ok(Exact {
                bytes: expand(text, bindings)?,
                line: false,
                ignore_case: receive.ignore_case,
            })
        });
        return texts.collect::<Result<_, ValueError>>().map(Want::Exact);
    }
    if let Some(length) = receive.length {
        return Ok(Want::Bytes(length));
    }
    if let Some(unpack) = &receive.unpack {
        let format =
            pack::Format::parse(&unpack.format).map_err(|e| ValueError::Invalid(e.to_string()))?;
        return Ok(Want::Bytes(format.size()));
    }
    Ok(Want::Anything)
}

/// Bytes that a template gives in hexadecimal.
pub(super) fn hex_bytes(template: &str, bindings: &Bindings) -> Result<Vec<u8>, ValueError> {
    let text = expand(template, bindings)?;
    std::str::from_utf8(&text)
        .ok()
        .and_then(unhex)
        .ok_or_else(|| ValueError::Invalid(format!("`{}` is not hexadecimal", quoted(&text))))
}

/// A regular expression in which `${name}` stands for the name's value, taken literally; and its meaning in words.
pub(super) fn regex(
    template: &str,
    meaning: Option<&String>,
    bindings: &Bindings,
    ignore_case: bool,
    lines: bool,
) -> Result<Matcher, ValueError> {
    let mut expression = String::new();
    for segment in segments(template)? {
        match segment {
            Segment::Literal(text) => expression.push_str(&text),
            Segment::Code { code, .. } => {
                let value = expand(&format!("${{{code}}}"), bindings)?;
                expression.push_str(&match std::str::from_utf8(&value) {
                    Ok(text) => regex::escape(text),
                    Err(_) => format!("(?-u:{})", escaped(&value)),
                });
            }
        }
    }
    let matcher = Matcher::regex(&expression, ignore_case, lines)?;
    Ok(match meaning {
        Some(words) => matcher.meaning(String::from_utf8_lossy(&expand(words, bindings)?)),
        None => matcher,
    })
}

/// Whether what was received satisfies the step.
pub(super) fn judge(
    receive: &Receive,
    observed: &Observed,
    bindings: &Bindings,
    context: &Context,
) -> Result<Verdict, ValueError> {
    let Observed::Received {
        bytes,
        length,
        differs_at,
        expected_source,
        end,
        from,
    } = observed
    else {
        return Ok(super::unfitting(observed));
    };
    let datagram = from.is_some() && *end == End::Met;
    let mut verdict = if !expected_source && !receive.any_source {
        let from = from.map_or_else(|| "another place".to_owned(), |from| from.to_string());
        let explanation =
            format!("it came from {from}, not from the address and port that were asked");
        Verdict::unmet(Mismatch::described(
            MismatchKind::WrongSource,
            "an answer from where the question went",
            &bytes.0,
            explanation,
        ))
    } else if *length > bytes.0.len() as u64 {
        judge_cut(receive, bytes, *length, *differs_at, bindings)?
    } else {
        judge_whole(receive, &bytes.0, datagram, bindings, context)?
    };
    if let Some(name) = &receive.save {
        verdict.binds.push((name.clone(), bytes.0.clone()));
    }
    Ok(verdict)
}

/// Judges all of the bytes.
fn judge_whole(
    receive: &Receive,
    seen: &[u8],
    datagram: bool,
    bindings: &Bindings,
    context: &Context,
) -> Result<Verdict, ValueError> {
    let wanted = content(receive, bindings)?;
    if seen.is_empty() && !datagram {
        return Ok(Verdict::unmet(missing(&wanted)));
    }
    if let Some(unpack) = &receive.unpack {
        return pack::judge(unpack, seen, bindings).map(|mismatch| match mismatch {
            Some(mismatch) => Verdict::unmet(mismatch),
            None => Verdict::met(),
        });
    }
    let verdict = against(&wanted, seen, context);
    // `until` keeps its delimiter; a pattern that leaves it out is right, too.
    if let (false, Some(until)) = (verdict.met, &receive.until) {
        let shorter = seen.strip_suffix(expand(until, bindings)?.as_slice());
        if let Some(again) = shorter
            .map(|s| against(&wanted, s, context))
            .filter(|v| v.met)
        {
            return Ok(again);
        }
    }
    Ok(verdict)
}

fn against(wanted: &Want, seen: &[u8], context: &Context) -> Verdict {
    match wanted {
        Want::Exact(list) => exact(list, seen),
        Want::Pattern(matcher) => match matcher.whole(seen, context) {
            Ok(found) => Verdict {
                binds: found.binds,
                ..Verdict::met()
            },
            Err(mismatch) => Verdict::unmet(*mismatch),
        },
        Want::Bytes(n) if seen.len() != *n => {
            let kind = if seen.len() < *n {
                MismatchKind::TooShort
            } else {
                MismatchKind::Extra
            };
            let explanation = format!("{} came, {} are expected", quantity(seen.len()), n);
            Verdict::unmet(Mismatch::described(kind, quantity(*n), seen, explanation))
        }
        _ => Verdict::met(),
    }
}

fn exact(list: &[Exact], seen: &[u8]) -> Verdict {
    if list.iter().any(|wanted| satisfies(wanted, seen)) {
        return Verdict::met();
    }
    let Some((first, rest)) = list.split_first() else {
        return Verdict::met();
    };
    if rest.is_empty() {
        return Verdict::unmet(explain(first, seen));
    }
    let kind = explain(first, seen).kind;
    let wanted = one_of(list);
    let explanation = format!("it is `{}`, not {wanted}", quoted(seen));
    Verdict::unmet(Mismatch::described(kind, wanted, seen, explanation))
}

fn one_of(list: &[Exact]) -> String {
    let texts: Vec<String> = list
        .iter()
        .map(|e| format!("`{}`", quoted(&e.bytes)))
        .collect();
    format!("one of {}", texts.join(", "))
}

fn missing(wanted: &Want) -> Mismatch {
    let nothing = "nothing came";
    match wanted {
        Want::Exact(list) if list.len() == 1 => {
            Mismatch::exact(MismatchKind::Missing, &list[0].bytes, b"", None, nothing)
        }
        Want::Exact(list) => Mismatch::described(MismatchKind::Missing, one_of(list), b"", nothing),
        Want::Pattern(matcher) => {
            Mismatch::described(MismatchKind::Missing, matcher.like(), b"", nothing)
        }
        Want::Bytes(n) => Mismatch::described(MismatchKind::Missing, quantity(*n), b"", nothing),
        _ => Mismatch::described(MismatchKind::Missing, "an answer", b"", nothing),
    }
}

/// Judges bytes that were cut for recording: the runner has told where they differ.
fn judge_cut(
    receive: &Receive,
    kept: &Bytes,
    length: u64,
    differs_at: Option<u64>,
    bindings: &Bindings,
) -> Result<Verdict, ValueError> {
    let Some(at) = differs_at else {
        return Ok(Verdict::met());
    };
    let wanted = content(receive, bindings)?;
    let expected: &[u8] = match &wanted {
        Want::Exact(list) => list.first().map_or(&[], |e| e.bytes.as_slice()),
        _ => &[],
    };
    let (kind, explanation) = if at >= length {
        let explanation = format!("only the first {length} of {} bytes came", expected.len());
        (MismatchKind::TooShort, explanation)
    } else if at >= expected.len() as u64 && !expected.is_empty() {
        (
            MismatchKind::Extra,
            format!("{} more came after it", quantity((length - at) as usize)),
        )
    } else {
        // The same as if a little less had come, and had not been cut.
        let kind = match wanted {
            Want::Pattern(_) => MismatchKind::LiteralFailed,
            _ => MismatchKind::Different,
        };
        (kind, format!("it differs from byte {} on", at + 1))
    };
    let mut mismatch = Mismatch::exact(kind, expected, &kept.0, Some(at), explanation);
    mismatch.described = expected.is_empty();
    Ok(Verdict::unmet(mismatch))
}

/// Whether the datagrams are these, each once, in any order.
pub(super) fn judge_set(
    set: &ReceiveSet,
    observed: &Observed,
    bindings: &Bindings,
) -> Result<Verdict, ValueError> {
    let Observed::Datagrams { list, .. } = observed else {
        return Ok(super::unfitting(observed));
    };
    let mut missing = Vec::new();
    let mut left: Vec<&[u8]> = list.iter().map(|b| b.0.as_slice()).collect();
    for text in &set.texts {
        let wanted = expand(text, bindings)?;
        match left.iter().position(|seen| *seen == wanted) {
            Some(found) => {
                left.swap_remove(found);
            }
            None => missing.push(wanted),
        }
    }
    let seen = list
        .iter()
        .map(|b| b.0.as_slice())
        .collect::<Vec<_>>()
        .join(&b"\n"[..]);
    let described = format!("{} datagrams, in any order", set.texts.len());
    Ok(match (missing.first(), left.first()) {
        (None, None) => Verdict::met(),
        (Some(wanted), None) => {
            let explanation = format!(
                "{} of {} datagrams did not come, `{}` among them",
                missing.len(),
                set.texts.len(),
                quoted(wanted)
            );
            Verdict::unmet(Mismatch::described(
                MismatchKind::Missing,
                described,
                &seen,
                explanation,
            ))
        }
        (None, Some(extra)) => {
            let explanation = format!("a datagram came that nobody expects: `{}`", quoted(extra));
            Verdict::unmet(Mismatch::described(
                MismatchKind::Extra,
                described,
                &seen,
                explanation,
            ))
        }
        (Some(wanted), Some(extra)) => {
            let one = Exact {
                bytes: wanted.clone(),
                line: false,
                ignore_case: false,
            };
            Verdict::unmet(explain(&one, extra))
        }
    })
}
