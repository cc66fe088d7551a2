//! `prints` and `not_prints`: what a program must or must not print.

use super::compare::{printed_form, quoted};
use super::receive::regex;
use super::{Context, Search, Verdict};
use crate::event::Observed;
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::pattern::{Match, Matcher, Pattern};
use crate::spec::step::Prints;
use crate::spec::value::{Bindings, ValueError, expand};

/// What is searched.
pub(super) fn search(prints: &Prints, bindings: &Bindings) -> Result<Search, ValueError> {
    let mut any_of = Vec::new();
    let literal = |text: &String| {
        Matcher::literal(&normal(&expand(text, bindings)?).text, prints.ignore_case)
    };
    if let Some(text) = &prints.contains {
        any_of.push(literal(text)?);
    }
    if let Some(like) = &prints.like {
        any_of.push(Pattern::parse(like)?.bind(bindings, prints.ignore_case)?);
    }
    if let Some(expression) = &prints.matches {
        let meaning = prints.meaning.as_ref();
        any_of.push(regex(
            expression,
            meaning,
            bindings,
            prints.ignore_case,
            true,
        )?);
    }
    for text in &prints.any_of {
        any_of.push(literal(text)?);
    }
    Ok(Search {
        any_of,
        times: prints.times,
    })
}

/// Output with every line ending as `\n`: a terminal makes `\r\n` of each.
struct Normal {
    text: Vec<u8>,
    /// Offsets in the original text of the bytes left out.
    left_out: Vec<usize>,
}

fn normal(original: &[u8]) -> Normal {
    let mut text = Vec::with_capacity(original.len());
    let mut left_out = Vec::new();
    for (at, &byte) in original.iter().enumerate() {
        if byte == b'\r' && original.get(at + 1) == Some(&b'\n') {
            left_out.push(at);
        } else {
            text.push(byte);
        }
    }
    Normal { text, left_out }
}

impl Normal {
    /// The offset in the normal text of an offset in the original.
    fn inward(&self, at: usize) -> usize {
        at - self.left_out.partition_point(|l| *l < at)
    }

    /// The offset in the original text of an offset in the normal one.
    fn outward(&self, at: usize) -> usize {
        // The n-th byte left out stands in front of normal offset `left_out[n] − n`.
        let mut low = 0;
        let mut high = self.left_out.len();
        while low < high {
            let middle = (low + high) / 2;
            if self.left_out[middle] - middle < at {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        at + low
    }
}

fn find(
    search: &Search,
    text: &[u8],
    from: usize,
    context: &Context,
) -> Result<Match, Box<Mismatch>> {
    let mut failed: Option<Box<Mismatch>> = None;
    let mut best: Option<Match> = None;
    for matcher in &search.any_of {
        match matcher.search(text, from, context) {
            Ok(found) if best.as_ref().is_none_or(|b| found.start < b.start) => best = Some(found),
            Ok(_) => {}
            Err(mismatch) => {
                failed.get_or_insert(mismatch);
            }
        }
    }
    match (best, failed) {
        (Some(found), _) => Ok(found),
        (None, Some(mismatch)) => Err(mismatch),
        (None, None) => Ok(Match::default()),
    }
}

pub(super) fn judge(
    prints: &Prints,
    observed: &Observed,
    bindings: &Bindings,
    context: &Context,
) -> Result<Verdict, ValueError> {
    let Observed::Printed {
        text,
        searched_from,
        ..
    } = observed
    else {
        return Ok(super::unfitting(observed));
    };
    let search = search(prints, bindings)?;
    let normal = normal(&text.0);
    let from = normal.inward(
        usize::try_from(*searched_from)
            .unwrap_or(usize::MAX)
            .min(text.0.len()),
    );
    if let Some(times) = prints.times {
        return Ok(counted(
            prints,
            &search,
            times,
            &normal.text[from..],
            context,
        ));
    }
    Ok(match find(&search, &normal.text, from, context) {
        Ok(found) => Verdict {
            binds: found.binds,
            found: Some((normal.outward(found.start), normal.outward(found.end))),
            ..Verdict::met()
        },
        Err(mut mismatch) => {
            improve(&mut mismatch, prints, bindings, &normal.text[from..])?;
            mismatch.differs_at = mismatch
                .differs_at
                .map(|at| normal.outward(at as usize) as u64);
            mismatch.seen = text.clone();
            Verdict::unmet(*mismatch)
        }
    })
}

/// Puts what several texts and printed forms need in place of the first text's explanation.
fn improve(
    mismatch: &mut Mismatch,
    prints: &Prints,
    bindings: &Bindings,
    text: &[u8],
) -> Result<(), ValueError> {
    if !text.is_empty()
        && let Some(wanted) = prints.contains.as_ref()
        && let Some(form) = printed_form(&expand(wanted, bindings)?, text)
    {
        mismatch.kind = MismatchKind::Representation;
        mismatch.explanation = format!(
            "`{form}` is how Python shows bytes or a text with its escapes; decode it before printing"
        );
    }
    if prints.any_of.len() > 1 {
        let quote = |text: &String| Ok(format!("`{}`", quoted(&expand(text, bindings)?)));
        let texts: Vec<String> = prints
            .any_of
            .iter()
            .map(quote)
            .collect::<Result<_, ValueError>>()?;
        mismatch.explanation = format!("none of {} is in it", texts.join(", "));
        mismatch.expected = format!("one of {}", texts.join(", ")).as_str().into();
    }
    Ok(())
}

fn counted(
    prints: &Prints,
    search: &Search,
    times: u64,
    text: &[u8],
    context: &Context,
) -> Verdict {
    let count = search.count(text, context, times.saturating_add(1000));
    if count == times {
        return Verdict::met();
    }
    let what = search.any_of.first().map_or("", Matcher::like);
    let explanation = format!("`{what}` is printed {}, not {}", often(count), often(times));
    let wanted = format!(
        "`{what}` {} in what {} prints",
        often(times),
        prints.program
    );
    Verdict::unmet(Mismatch::described(
        MismatchKind::WrongOutcome,
        wanted,
        text,
        explanation,
    ))
}

fn often(times: u64) -> String {
    match times {
        0 => "never".into(),
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}

pub(super) fn judge_absent(
    prints: &Prints,
    observed: &Observed,
    bindings: &Bindings,
    context: &Context,
) -> Result<Verdict, ValueError> {
    let Observed::Printed {
        text,
        searched_from,
        ..
    } = observed
    else {
        return Ok(super::unfitting(observed));
    };
    let search = search(prints, bindings)?;
    let normal = normal(&text.0);
    let from = normal.inward(
        usize::try_from(*searched_from)
            .unwrap_or(usize::MAX)
            .min(text.0.len()),
    );
    Ok(match find(&search, &normal.text, from, context) {
        Err(_) => Verdict::met(),
        Ok(found) => {
            let seen = &normal.text[found.start..found.end];
            let explanation = format!("`{}` is printed", quoted(seen));
            let wanted = format!("not `{}`", search.any_of.first().map_or("", Matcher::like));
            let mut mismatch =
                Mismatch::described(MismatchKind::Unwanted, wanted, &text.0, explanation);
            mismatch.differs_at = Some(normal.outward(found.start) as u64);
            Verdict::unmet(mismatch)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Bytes, End};

    fn printed(text: &str) -> Observed {
        Observed::Printed {
            text: Bytes(text.into()),
            searched_from: 0,
            end: End::Met,
        }
    }

    fn run(prints: &Prints, text: &str) -> Verdict {
        judge(
            prints,
            &printed(text),
            &Bindings::default(),
            &Context::default(),
        )
        .unwrap()
    }

    #[test]
    fn a_terminals_line_endings_do_not_matter_and_offsets_are_of_the_original() {
        let prints = Prints {
            contains: Some("one\ntwo".into()),
            ..Prints::default()
        };
        let verdict = run(&prints, "zero\r\none\r\ntwo\r\n");
        assert!(verdict.met);
        assert_eq!(verdict.found, Some((6, 14)));
    }

    #[test]
    fn a_count_is_exact() {
        let prints = Prints {
            contains: Some("x".into()),
            times: Some(2),
            ..Prints::default()
        };
        assert!(run(&prints, "x x").met);
        let mismatch = run(&prints, "x").mismatch.unwrap();
        assert_eq!(mismatch.explanation, "`x` is printed once, not twice");
    }

    #[test]
    fn a_printed_form_of_bytes_is_named() {
        let prints = Prints {
            contains: Some("é!".into()),
            ..Prints::default()
        };
        let mismatch = run(&prints, "got b'\\xc3\\xa9!'").mismatch.unwrap();
        assert_eq!(mismatch.kind, MismatchKind::Representation);
    }
}
