//! Source text → the same text with comments and the insides of strings replaced by blanks, line for
//! line, so that a word is found only where it is code. Knows no more of a language than that.

/// How a language writes comments and strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `#` comments, `'` and `"` strings, triple quotes.
    Python,
    /// `//` and `/* */` comments, `"` strings, `'` characters, `` ` `` strings (Go, JavaScript).
    CLike,
    /// `#` comments; strings as in C.
    Hash,
}

/// What to do with strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strings {
    /// Blank their insides, keep the quotes.
    Blank,
    /// Keep them (only comments go).
    Keep,
}

/// The text with comments, and strings if asked, blanked. Same number of lines.
pub fn blank(text: &str, syntax: Syntax, strings: Strings) -> String {
    let mut blanker = Blanker {
        chars: text.chars().collect(),
        at: 0,
        out: String::with_capacity(text.len()),
        strings,
    };
    while let Some(c) = blanker.peek(0) {
        match syntax {
            Syntax::Python => blanker.python(c),
            Syntax::CLike => blanker.c_like(c),
            Syntax::Hash => blanker.hash(c),
        }
    }
    blanker.out
}

struct Blanker {
    chars: Vec<char>,
    at: usize,
    out: String,
    strings: Strings,
}

impl Blanker {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        if let Some(c) = self.peek(0) {
            self.out.push(c);
            self.at += 1;
        }
    }

    fn hide(&mut self) {
        if let Some(c) = self.peek(0) {
            self.out.push(if c == '\n' { '\n' } else { ' ' });
            self.at += 1;
        }
    }

    fn hide_line(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.hide();
        }
    }

    fn python(&mut self, c: char) {
        match c {
            '#' => self.hide_line(),
            // In a raw string too a backslash keeps the quote after it from closing.
            '"' | '\'' => self.string(c, self.peek(1) == Some(c) && self.peek(2) == Some(c)),
            _ => self.keep(),
        }
    }

    fn c_like(&mut self, c: char) {
        match (c, self.peek(1)) {
            ('/', Some('/')) => self.hide_line(),
            ('/', Some('*')) => self.block_comment(),
            ('"', _) => self.string(c, self.peek(1) == Some('"') && self.peek(2) == Some('"')),
            ('`', _) => self.string_to(c, 1, true, true),
            ('\'', _) if self.is_char_literal() => self.string(c, false),
            _ => self.keep(),
        }
    }

    fn hash(&mut self, c: char) {
        match c {
            // `$#`, `${#x}` and `a#b` of shells are no comments.
            '#' if self.at == 0 || self.chars[self.at - 1].is_whitespace() => self.hide_line(),
            '"' | '\'' => self.string_to(c, 1, true, c == '\''),
            _ => self.keep(),
        }
    }

    fn block_comment(&mut self) {
        self.hide();
        self.hide();
        while let Some(c) = self.peek(0) {
            let ends = c == '*' && self.peek(1) == Some('/');
            self.hide();
            if ends {
                self.hide();
                return;
            }
        }
    }

    /// In Rust a lone `'` begins a lifetime, in C a character: a character closes within a few places.
    fn is_char_literal(&self) -> bool {
        match self.peek(1) {
            Some('\\') => true,
            Some(_) => (2..=4).any(|ahead| self.peek(ahead) == Some('\'')),
            None => false,
        }
    }

    fn string(&mut self, quote: char, triple: bool) {
        self.string_to(quote, if triple { 3 } else { 1 }, triple, false);
    }

    /// From an opening quote to the closing one; a string that may not span lines ends with its line.
    fn string_to(&mut self, quote: char, quotes: usize, spans_lines: bool, no_escapes: bool) {
        for _ in 0..quotes {
            self.keep();
        }
        while let Some(c) = self.peek(0) {
            if c == '\n' && !spans_lines {
                return;
            }
            if c == quote && (1..quotes).all(|ahead| self.peek(ahead) == Some(quote)) {
                for _ in 0..quotes {
                    self.keep();
                }
                return;
            }
            if c == '\\' && !no_escapes {
                self.inside();
            }
            self.inside();
        }
    }

    fn inside(&mut self) {
        match self.strings {
            Strings::Blank => self.hide(),
            Strings::Keep => self.keep(),
        }
    }
}

/// The number of the line (from 1) that holds this byte offset.
pub fn line_of(text: &str, offset: usize) -> u32 {
    let upto = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    1 + upto.iter().filter(|b| **b == b'\n').count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_strings_and_comments_go_and_lines_stay() {
        let text = "a = 'print \\' x' # print\n\"\"\"print\nprint\"\"\"\nb = r'\\'\n";
        let code = blank(text, Syntax::Python, Strings::Blank);
        assert!(!code.contains("print"), "{code}");
        assert_eq!(code.lines().count(), text.lines().count());
    }

    #[test]
    fn c_comments_go_and_includes_can_stay() {
        let text = "#include \"a.h\" // main(\n/* main( */ int x = '\"'; char *s = \"main(\";\n";
        assert!(!blank(text, Syntax::CLike, Strings::Blank).contains("main("));
        assert!(blank(text, Syntax::CLike, Strings::Keep).contains("\"a.h\""));
    }

    #[test]
    fn rust_lifetimes_open_no_string() {
        let code = blank(
            "fn f<'a>(x: &'a str) -> &'a str { x } // no\nfn main() {}",
            Syntax::CLike,
            Strings::Blank,
        );
        assert!(code.contains("main()"));
    }

    #[test]
    fn unclosed_strings_and_comments_end_with_the_text() {
        for text in ["\"\"\"abc", "'abc", "/* abc", "`abc", "\\", "'"] {
            for syntax in [Syntax::Python, Syntax::CLike, Syntax::Hash] {
                assert_eq!(
                    blank(text, syntax, Strings::Blank).chars().count(),
                    text.chars().count()
                );
            }
        }
    }
}
