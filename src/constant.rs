//! Regular expressions that stand in the code.

/// A static regular expression, compiled when it is first used. `Regex` is the one that the using module has
/// imported: of texts, or of bytes.
macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: std::sync::LazyLock<Regex> =
            std::sync::LazyLock::new(|| Regex::new($pattern).expect("the pattern is a constant"));
    };
}

pub(crate) use pattern;
