//! C, C++, Go, Rust and JavaScript sources → has it a `main`, what does it include.

use std::collections::BTreeSet;

use regex::Regex;

use super::blank::{Strings, Syntax, blank, line_of};
use super::language::Language;
use crate::constant::pattern;

pattern!(C_MAIN, r"(^|[\s*;}])_?main\s*\(");
pattern!(GO_MAIN, r"(?m)^\s*func\s+main\s*\(\s*\)");
pattern!(GO_PACKAGE, r"(?m)^\s*package\s+main\b");
pattern!(RUST_MAIN, r"(?m)^\s*(pub\s+)?(async\s+)?fn\s+main\s*\(");
pattern!(INCLUDE, r#"(?m)^\s*#\s*include\s*"([^"\n]+)""#);
pattern!(
    WINDOWS,
    r"(?im)^\s*#\s*include\s*<(winsock2?\.h|windows\.h|ws2tcpip\.h|conio\.h)>"
);

/// The source defines the function in which a program begins.
pub fn has_main(language: Language, text: &str) -> bool {
    let code = blank(text, Syntax::CLike, Strings::Blank);
    match language {
        Language::C | Language::Cpp => C_MAIN.is_match(&code),
        Language::Go => GO_PACKAGE.is_match(&code) && GO_MAIN.is_match(&code),
        Language::Rust => RUST_MAIN.is_match(&code),
        _ => true,
    }
}

/// The files that a C or C++ source includes with quotes, as written.
pub fn includes(text: &str) -> BTreeSet<String> {
    let code = blank(text, Syntax::CLike, Strings::Keep);
    INCLUDE
        .captures_iter(&code)
        .map(|c| c[1].to_owned())
        .collect()
}

/// The first include of a header that only Windows has, with its line.
pub fn windows_header(text: &str) -> Option<(u32, String)> {
    let code = blank(text, Syntax::CLike, Strings::Keep);
    // A source that asks which system it is compiled on takes care of itself.
    if code.contains("_WIN32") {
        return None;
    }
    let found = WINDOWS.captures(&code)?.get(1)?;
    Some((line_of(&code, found.start()), found.as_str().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn main_is_found_in_code_only() {
        assert!(has_main(Language::C, "int\nmain(void) {}"));
        assert!(has_main(Language::C, "void main() {}"));
        assert!(!has_main(Language::C, "// int main()\nint domain(int x);"));
        assert!(has_main(Language::Go, "package main\nfunc main() {}"));
        assert!(!has_main(Language::Go, "package util\nfunc main() {}"));
        assert!(has_main(
            Language::Rust,
            "fn main() -> std::io::Result<()> {}"
        ));
    }

    #[test]
    fn includes_with_quotes_are_listed() {
        let found = includes("#include <stdio.h>\n# include \"net.h\"\n// #include \"no.h\"\n");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["net.h"]);
    }

    #[test]
    fn windows_headers_are_named_with_their_line() {
        assert_eq!(
            windows_header("\n#include <winsock2.h>\n"),
            Some((2, "winsock2.h".into()))
        );
        assert_eq!(
            windows_header("#ifdef _WIN32\n#include <winsock2.h>\n#endif"),
            None
        );
    }
}
