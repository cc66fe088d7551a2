//! Python source → what must be known before it runs: is it Python 2, what does it import, what will the
//! interpreter trip over. Judges code only, never strings or comments.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::Regex;

use super::blank::{Strings, Syntax, blank};
use super::language::interpreter;
use crate::constant::{pattern, source};

/// Evidence that a file is written for Python 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python2 {
    /// The first line that shows it, from 1.
    pub line: u32,
    /// What it does there, after "line 12": `uses the print statement`.
    pub what: &'static str,
    /// Other lines can only be Python 3: a mixture that neither version runs.
    pub mixed: bool,
}

struct Sign {
    /// Every statement that the pattern finds has one of these. Few programs have any, and to compile all patterns
    /// would take longer than to read the exercise.
    marks: &'static [&'static str],
    /// And this.
    also: &'static str,
    pattern: &'static str,
    what: &'static str,
    compiled: OnceLock<Regex>,
}

impl Sign {
    const fn new(
        marks: &'static [&'static str],
        pattern: &'static str,
        what: &'static str,
    ) -> Sign {
        Sign {
            marks,
            also: "",
            pattern,
            what,
            compiled: OnceLock::new(),
        }
    }

    /// The same, for a pattern that finds only what has `also` in it, too.
    const fn with(mut self, also: &'static str) -> Sign {
        self.also = also;
        self
    }

    fn shows_in(&self, statement: &str) -> bool {
        let compile = || {
            Regex::new(&source(self.pattern))
                .expect("the pattern is a constant and a test compiles it")
        };
        self.marks.iter().any(|mark| statement.contains(mark))
            && statement.contains(self.also)
            && self.compiled.get_or_init(compile).is_match(statement)
    }
}

/// `print` that is no call.
const PRINT: &[&str] = &["print ", "print\t"];

/// What Python 3 refuses to parse. Matched at the beginning of a simple statement.
static SYNTAX: [Sign; 9] = [
    // What follows must begin an operand: `print = f` and `print in x` are Python 3.
    Sign::new(
        PRINT,
        r#"^print\s+([uUbBrR]{0,2}["']|[0-9]|>>)"#,
        "uses the print statement",
    ),
    Sign::new(PRINT, r"^print\s+not\b", "uses the print statement"),
    Sign::new(
        &["exec"],
        r"^exec\s+([uUbBrR]{0,2}[\x22']|[A-Za-z_])",
        "uses the exec statement",
    ),
    // Since 3.14 `except A, B:` names two classes, and classes begin with a capital or hold a dot.
    Sign::new(
        &["except"],
        r"^except\s+[\w.]+\s*,\s*[a-z_]\w*\s*:",
        "writes `except X, e` (now `except X as e`)",
    )
    .with(","),
    Sign::new(
        &["except"],
        r"^except\s*\([^)]*\)\s*,\s*\w+\s*:",
        "writes `except X, e` (now `except X as e`)",
    )
    .with(","),
    Sign::new(
        &["raise"],
        r#"^raise\s+[\w.]+\s*,\s*\S"#,
        "writes `raise X, \"message\"` (now `raise X(\"message\")`)",
    )
    .with(","),
    Sign::new(&["<>"], r"<>", "uses `<>` (now `!=`)"),
    Sign::new(
        &["00", "01", "02", "03", "04", "05", "06", "07"],
        r"(^|[^\w.])0+[1-7][0-7]*($|[^.\w])",
        "writes an octal number with a leading 0 (now 0o)",
    ),
    Sign::new(&["`"], r"`[^`]*`", "uses back-quotes (now repr())"),
];

pattern!(
    /// `print x`: a name after `print`, unless it is an operator that makes an expression of it.
    PRINT_NAME,
    &source(r"^print\s+([A-Za-z_]\w*)")
);

/// The sign of an import of one of these modules.
macro_rules! imports {
    ($what:literal, $first:literal $(, $other:literal)*) => {
        Sign::new(
            &[$first $(, $other)*],
            concat!(r"^(import|from)\s+(", $first $(, "|", $other)*, r")\b"),
            $what,
        )
    };
}

/// Names that only Python 2 has. A program that guards them (`try: … except NameError`) runs on both.
static NAMES: [Sign; 6] = [
    Sign::new(
        &["raw_input"],
        r"(^|[^\w.])raw_input\s*\(",
        "calls raw_input() (now input())",
    ),
    Sign::new(
        &["xrange"],
        r"(^|[^\w.])xrange\s*\(",
        "calls xrange() (now range())",
    ),
    Sign::new(
        &["unicode"],
        r"(^|[^\w.])unicode\s*\(",
        "calls unicode() (now str())",
    ),
    Sign::new(
        &["has_key"],
        r"\.has_key\s*\(",
        "calls has_key() (now `in`)",
    ),
    Sign::new(
        &["iteritems"],
        r"\.iteritems\s*\(",
        "calls iteritems() (now items())",
    ),
    imports!(
        "imports a module that Python 3 has renamed",
        "SocketServer",
        "BaseHTTPServer",
        "SimpleHTTPServer",
        "urllib2",
        "Queue",
        "Tkinter",
        "thread",
        "ConfigParser",
        "cPickle",
        "StringIO"
    ),
];

pattern!(
    /// What Python 2 cannot parse.
    ONLY_3,
    &source(r#"(^|[^\w])([rR]?[fF]|[fF][rR])["']|\basync\s+def\b|^\s*nonlocal\s|->|\bprint\s*\([^\n]*\b(end|flush|sep)\s*=|:="#)
);

pattern!(
    /// What makes names of both versions usable.
    GUARD,
    &source(r"\b(NameError|ImportError|ModuleNotFoundError|version_info|PY2|PY3|six)\b|\b(raw_input|xrange|unicode)\s*=|\bdef\s+(raw_input|xrange|unicode)\b")
);

/// Finds out whether a program is written for Python 2, by its `#!` line or by its first line that
/// Python 3 cannot run.
pub fn python2(text: &str) -> Option<Python2> {
    let code = blank(text, Syntax::Python, Strings::Blank);
    let statements = statements(&code);
    let syntax = statements
        .iter()
        .find_map(|s| Some((s.line, syntax_sign(&s.text)?)));
    let name = || {
        let found = |s: &Statement| {
            Some((
                s.line,
                NAMES.iter().find(|sign| sign.shows_in(&s.text))?.what,
            ))
        };
        statements.iter().find_map(found)
    };
    let hash_bang = || {
        let name = interpreter(text.as_bytes())?;
        name.starts_with("python2")
            .then_some((1, "asks for python2 in its `#!` line"))
    };
    let found = syntax
        .or_else(|| name().filter(|_| !GUARD.is_match(&code)))
        .or_else(hash_bang);
    found.map(|(line, what)| Python2 {
        line,
        what,
        mixed: statements.iter().any(|s| ONLY_3.is_match(&s.text)),
    })
}

fn syntax_sign(statement: &str) -> Option<&'static str> {
    let named = || PRINT_NAME.captures(statement)?.get(1);
    let print = PRINT.iter().any(|print| statement.starts_with(print));
    if let Some(name) = print.then(named).flatten() {
        let rest = statement[name.end()..].trim_start();
        // `print if x else y` and `print and z` are expressions; `print x = 1` is nothing at all.
        let operator = matches!(
            name.as_str(),
            "in" | "is" | "if" | "and" | "or" | "for" | "as"
        );
        if !operator && !name.as_str().ends_with(['"', '\'']) && !rest.starts_with('=') {
            return Some("uses the print statement");
        }
    }
    SYNTAX
        .iter()
        .find(|sign| sign.shows_in(statement))
        .map(|sign| sign.what)
}

struct Statement {
    line: u32,
    text: String,
}

/// Simple statements of blanked code: cut at line ends and semicolons outside brackets, and after the
/// colon of `if x:`, so that each begins at its own beginning.
fn statements(code: &str) -> Vec<Statement> {
    let mut list = Vec::new();
    let mut line = 1;
    let mut depth = 0usize;
    let mut current = Statement {
        line,
        text: String::new(),
    };
    let mut chars = code.chars().peekable();
    let mut end = |current: &mut Statement, next_line: u32| {
        let text = current.text.trim();
        if !text.is_empty() {
            list.push(Statement {
                line: current.line,
                text: text.to_owned(),
            });
        }
        *current = Statement {
            line: next_line,
            text: String::new(),
        };
    };
    while let Some(c) = chars.next() {
        match c {
            '\n' => {
                line += 1;
                match depth {
                    0 => end(&mut current, line),
                    _ => current.text.push(' '),
                }
            }
            '\\' if chars.peek() == Some(&'\n') => {
                chars.next();
                line += 1;
                current.text.push(' ');
            }
            ';' if depth == 0 => end(&mut current, line),
            ':' if depth == 0 && is_compound(&current.text) && chars.peek() != Some(&'=') => {
                current.text.push(':');
                end(&mut current, line);
            }
            _ => {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                current.text.push(c);
            }
        }
    }
    end(&mut current, line);
    list
}

fn is_compound(text: &str) -> bool {
    let text = text.trim_start();
    let word = text
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or("");
    let compound = [
        "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class",
    ];
    compound.contains(&word) && !text.contains("lambda")
}

/// First words of the modules that a file imports.
pub fn imports(text: &str) -> BTreeSet<String> {
    let code = blank(text, Syntax::Python, Strings::Blank);
    let mut names = BTreeSet::new();
    for statement in statements(&code) {
        let text = statement.text.as_str();
        if let Some(list) = text.strip_prefix("import ") {
            names.extend(list.split(',').filter_map(first_module));
        } else if let Some(rest) = text.strip_prefix("from ") {
            names.extend(first_module(rest.trim_start_matches('.')));
        }
    }
    names
}

fn first_module(text: &str) -> Option<String> {
    let word = text
        .trim()
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()?;
    (!word.is_empty()).then(|| word.to_owned())
}

/// What the interpreter, or the student, may trip over, as sentences.
pub fn notes(name: &str, text: &str) -> Vec<String> {
    let code = blank(text, Syntax::Python, Strings::Blank);
    let mut notes = Vec::new();
    let indent = |with: char| {
        code.lines()
            .position(|line| line.starts_with(with) && !line.trim().is_empty())
            .map(|at| at + 1)
    };
    if let (Some(tab), Some(space)) = (indent('\t'), indent(' ')) {
        notes.push(format!(
            "{name} is indented with tabs (line {tab}) and with spaces (line {space}); Python may refuse the mixture"
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> Option<(u32, &'static str)> {
        python2(text).map(|p| (p.line, p.what))
    }

    #[test]
    fn python_2_is_recognised_by_its_first_telling_line() {
        for (text, line, part) in [
            ("import socket\nprint \"hello\"\n", 2, "print"),
            ("x = 1\nif x: print x\n", 2, "print"),
            ("a(1,\n  2); print 'x', a\n", 2, "print"),
            ("import sys\nprint >>sys.stderr, 'x'\n", 2, "print"),
            ("print u'x'\n", 1, "print"),
            (
                "try:\n    pass\nexcept socket.error, e:\n    pass\n",
                3,
                "except",
            ),
            ("try:\n    pass\nexcept (A, B), e:\n    pass\n", 3, "except"),
            ("raise ValueError, 'x'\n", 1, "raise"),
            ("if a <> b:\n  pass\n", 1, "<>"),
            ("s = raw_input('> ')\n", 1, "raw_input"),
            ("import SocketServer\n", 1, "renamed"),
            ("#!/usr/bin/env python2\nimport socket\n", 1, "python2"),
            ("def f():\n\tprint f.x\n", 2, "print"),
            ("for i in x:\n    print i,\n", 2, "print"),
        ] {
            let (found, why) = what(text).unwrap_or_else(|| panic!("not recognised: {text}"));
            assert_eq!(found, line, "{text}");
            assert!(why.contains(part), "{text}: {why}");
        }
    }

    #[test]
    fn python_3_is_not_taken_for_python_2() {
        for text in [
            "print('hello')\nprint ('x', 1)\nprint(a), b\n",
            "'''\nprint \"old\"\n'''\n# print \"x\"\nx = 'raw_input()'\n",
            "x = \"print 'a'\"\n",
            "print\n",
            "f = print if debug else None\n",
            "p = print\nprint = p\n",
            "try:\n    input = raw_input\nexcept NameError:\n    pass\ns = raw_input('x')\n",
            "try:\n    import SocketServer\nexcept ImportError:\n    import socketserver as SocketServer\n",
            "except_, e = 1, 2\n",
            "try:\n  pass\nexcept ValueError as e:\n  pass\nexcept (A, b):\n  pass\n",
            "log(\n  print \n)\n",
            "x = {'print': 1}\ny = 0\nz = 10.05\nw = 0.07\nt = '2007'\nport = 0x007\n",
            "x = a[0]; y = 00\n",
            "self.raw_input(1)\nq.print \n",
            "d: dict = {1: 2}\n",
        ] {
            assert_eq!(what(text), None, "{text}");
        }
    }

    #[test]
    fn a_mixture_is_named_as_one() {
        assert!(python2("print f'{x}'\nprint \"x\"\n").unwrap().mixed);
        assert!(!python2("print \"x\"\n").unwrap().mixed);
    }

    #[test]
    fn imports_are_read_from_code_only() {
        let found = imports(
            "import socket, helper as h\nfrom util.net import x\n# import no\n'''\nimport no2\n'''\n",
        );
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["helper", "socket", "util"]
        );
    }

    #[test]
    fn tabs_and_spaces_together_are_noted() {
        assert_eq!(notes("a.py", "if 1:\n\tx\nif 2:\n    y\n").len(), 1);
        assert_eq!(notes("a.py", "if 1:\n    x\n'''\n\ttext\n'''\n").len(), 0);
    }
}
