//! Java source → its package, its public class, and the class that has `main`.

use std::sync::LazyLock;

use regex::Regex;

use super::blank::{Strings, Syntax, blank};

static PACKAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*package\s+([A-Za-z_][\w.]*)\s*;").expect("the pattern is a constant")
});
static CLASS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(public\s+)?(?:(?:final|abstract|strictfp|sealed)\s+)*(?:class|enum|record|interface)\s+([A-Za-z_$][\w$]*)")
        .expect("the pattern is a constant")
});
static MAIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bstatic\s+(?:(?:public|final|synchronized)\s+)*void\s+main\s*\(")
        .expect("the pattern is a constant")
});

/// What must be known of a Java source to compile and run it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JavaSource {
    /// Its package; empty for none.
    pub package: String,
    /// The public class, whose name the compiler wants the file to have.
    pub public_class: Option<String>,
    /// The top-level class with `main`, without its package.
    pub main_class: Option<String>,
}

/// The package that a source declares; empty for none.
pub fn package(text: &str) -> String {
    let code = blank(text, Syntax::CLike, Strings::Blank);
    PACKAGE
        .captures(&code)
        .map(|c| c[1].to_owned())
        .unwrap_or_default()
}

/// Reads a source.
pub fn read(text: &str) -> JavaSource {
    let code = blank(text, Syntax::CLike, Strings::Blank);
    let mut source = JavaSource {
        package: PACKAGE
            .captures(&code)
            .map(|c| c[1].to_owned())
            .unwrap_or_default(),
        ..JavaSource::default()
    };
    let depth = depths(&code);
    let main_at = MAIN.find(&code).map(|m| m.start());
    for class in CLASS.captures_iter(&code) {
        let (Some(whole), Some(name)) = (class.get(0), class.get(2)) else {
            continue;
        };
        if depth[whole.start()] != 0 {
            continue;
        }
        if class.get(1).is_some() {
            source.public_class = Some(name.as_str().to_owned());
        }
        if main_at.is_some_and(|main| main > whole.start()) {
            source.main_class = Some(name.as_str().to_owned());
        }
    }
    source
}

/// How many braces are open at each byte.
fn depths(code: &str) -> Vec<u32> {
    let mut open = 0u32;
    code.bytes()
        .map(|byte| {
            let here = open;
            match byte {
                b'{' => open = open.saturating_add(1),
                b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            here
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_around_main_is_found_among_several() {
        let source = read(
            "package org.lab;\nclass Worker extends Thread { class Inner {} }\n// class No {}\n\
             public class Server { String s = \"class X {\";\n public static void main(String[] a) {} }\nclass After {}",
        );
        assert_eq!(source.package, "org.lab");
        assert_eq!(source.public_class.as_deref(), Some("Server"));
        assert_eq!(source.main_class.as_deref(), Some("Server"));
    }

    #[test]
    fn a_source_without_main_has_no_main_class() {
        assert_eq!(
            read("public class Util { void main2() {} }").main_class,
            None
        );
        assert_eq!(read(""), JavaSource::default());
    }
}
