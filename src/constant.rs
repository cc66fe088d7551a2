//! Regular expressions that stand in the code.

use std::iter::Peekable;
use std::str::Chars;

/// A static regular expression, compiled when it is first used. `Regex` is the one that the using module has
/// imported: of texts, or of bytes. `\w`, `\d`, `\s`, `\b` mean ASCII ([`ascii`]).
macro_rules! pattern {
    ($(#[$about:meta])* $name:ident, $pattern:expr) => {
        $(#[$about])*
        static $name: std::sync::LazyLock<Regex> = std::sync::LazyLock::new(|| {
            Regex::new(&$crate::constant::ascii($pattern)).expect("the pattern is a constant")
        });
    };
}

pub(crate) use pattern;

/// A pattern with `\w`, `\d`, `\s`, `\b` (and `\S`) narrowed to ASCII. Keywords and names of calls need no more,
/// and a set of all letters of all scripts takes a millisecond to compile, each time that it stands in a pattern.
pub fn ascii(pattern: &str) -> String {
    let mut all = String::with_capacity(2 * pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_set = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, in_set, &mut all),
            '[' => {
                in_set = true;
                all.push(c);
            }
            ']' => {
                in_set = false;
                all.push(c);
            }
            _ => all.push(c),
        }
    }
    all
}

fn escape(chars: &mut Peekable<Chars<'_>>, in_set: bool, all: &mut String) {
    let Some(letter) = chars.next() else { return };
    let members = match letter {
        'w' => "0-9A-Za-z_",
        'd' => "0-9",
        's' => r"\t-\r ",
        'S' if !in_set => return all.push_str(r"[^\t-\r ]"),
        'b' if !in_set => return all.push_str(r"(?-u:\b)"),
        _ => return all.extend(['\\', letter]),
    };
    if in_set {
        all.push_str(members);
    } else {
        all.extend(["[", members, "]"]);
    }
}

#[cfg(test)]
mod tests {
    use super::ascii;
    use regex::Regex;

    #[test]
    fn a_narrowed_pattern_finds_the_same_in_ascii() {
        for pattern in [
            r"^except\s+[\w.]+\s*,\s*[a-z_]\w*\s*:",
            r"(^|[^\w.])raw_input\s*\(",
            r"\b(\w+)\s*\[\s*(\w+)\s*\]\s*[;=,]",
            r"^raise\s+[\w.]+\s*,\s*\S",
            r"a\\b|\[\]",
        ] {
            let (wide, narrow) = (Regex::new(pattern), Regex::new(&ascii(pattern)));
            let (wide, narrow) = (wide.unwrap(), narrow.unwrap());
            for text in [
                "except socket.error, e :",
                "x = raw_input ('?')",
                "s.raw_input()",
                "char buf [ 10 ];",
                "raise ValueError, 'x'",
                r"a\b",
                "a[]",
                "",
            ] {
                let at = |regex: &Regex| regex.find(text).map(|found| found.range());
                assert_eq!(at(&wide), at(&narrow), "{pattern} in {text:?}");
            }
        }
    }
}
