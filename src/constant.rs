//! Regular expressions that stand in the code.

/// A static regular expression, compiled when it is first used. `Regex` is the one that the using module has
/// imported: of texts, or of bytes.
macro_rules! pattern {
    ($(#[$about:meta])* $name:ident, $pattern:expr) => {
        $(#[$about])*
        static $name: std::sync::LazyLock<Regex> =
            std::sync::LazyLock::new(|| Regex::new($pattern).expect("the pattern is a constant"));
    };
}

pub(crate) use pattern;

/// A pattern for source text that is looked at before every run: `\d` and `\s` mean ASCII, and `\w` takes every
/// character beyond ASCII for a letter of a name. The exact sets of all scripts take a millisecond to compile, each
/// time that one stands in a pattern.
pub fn source(pattern: &str) -> String {
    let mut all = String::with_capacity(2 * pattern.len());
    let mut chars = pattern.chars();
    let mut in_set = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(chars.next(), in_set, &mut all),
            _ => {
                in_set = c == '[' || in_set && c != ']';
                all.push(c);
            }
        }
    }
    all
}

fn escape(letter: Option<char>, in_set: bool, all: &mut String) {
    let members = match letter {
        Some('w') => r"0-9A-Za-z_\x{80}-\x{10FFFF}",
        Some('d') => "0-9",
        Some('s') => r"\t-\r ",
        Some('S') if !in_set => return all.push_str(r"[^\t-\r ]"),
        other => {
            all.push('\\');
            return all.extend(other);
        }
    };
    if in_set {
        all.push_str(members);
    } else {
        all.extend(["[", members, "]"]);
    }
}

#[cfg(test)]
mod tests {
    use super::source;
    use regex::Regex;

    #[test]
    fn a_pattern_for_source_text_finds_what_the_exact_one_finds() {
        for pattern in [
            r"^except\s+[\w.]+\s*,\s*[a-z_]\w*\s*:",
            r"(^|[^\w.])raw_input\s*\(",
            r"\b(\w+)\s*\[\s*(\w+)\s*\]\s*[;=,]",
            r"^raise\s+[\w.]+\s*,\s*\S",
            r"a\\b|\[\]",
        ] {
            let (wide, narrow) = (Regex::new(pattern), Regex::new(&source(pattern)));
            let (wide, narrow) = (wide.unwrap(), narrow.unwrap());
            for text in [
                "except socket.error, e :",
                "x = raw_input ('?')",
                "s.raw_input()",
                "char buf [ 10 ];",
                "char größe[ 10 ];",
                "überraw_input()",
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
