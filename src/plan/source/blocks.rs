//! Which lines of a source file are inside a loop.

/// By indentation, as in Python. For each line, the line (from 0) that begins the innermost loop around
/// it; a line that begins a loop counts as inside.
pub fn by_indent(code: &[&str]) -> Vec<Option<usize>> {
    let mut loops: Vec<(usize, usize)> = Vec::new();
    let mut list = Vec::with_capacity(code.len());
    for (index, line) in code.iter().enumerate() {
        let text = line.trim_start();
        if !text.is_empty() {
            let indent = width(&line[..line.len() - text.len()]);
            while loops.last().is_some_and(|(outer, _)| *outer >= indent) {
                loops.pop();
            }
            if begins_loop(text) {
                loops.push((indent, index));
            }
        }
        list.push(loops.last().map(|(_, begin)| *begin));
    }
    list
}

/// Columns of leading white space; a tab goes to the next multiple of eight, as Python counts.
fn width(space: &str) -> usize {
    space.chars().fold(0, |at, c| match c {
        '\t' => (at / 8 + 1) * 8,
        _ => at + 1,
    })
}

fn begins_loop(text: &str) -> bool {
    let text = text.strip_prefix("async ").unwrap_or(text);
    ["while ", "while(", "for "]
        .iter()
        .any(|word| text.starts_with(word))
}

/// By braces, as in C, Java, Go and Rust; see [`by_indent`]. A loop without braces counts for its own line.
pub fn by_braces(code: &[&str]) -> Vec<Option<usize>> {
    let mut blocks: Vec<Option<usize>> = Vec::new();
    let mut statement = String::new();
    let mut list = Vec::with_capacity(code.len());
    let innermost = |blocks: &[Option<usize>]| blocks.iter().rev().copied().flatten().next();
    for (index, line) in code.iter().enumerate() {
        let mut inside = innermost(&blocks);
        for c in line.chars() {
            match c {
                '{' => {
                    blocks.push(has_loop_word(&statement).then_some(index));
                    statement.clear();
                }
                '}' => {
                    blocks.pop();
                    statement.clear();
                }
                // The semicolons of `for (;;)` end no statement.
                ';' if !open_bracket(&statement) => statement.clear(),
                c => statement.push(c),
            }
            inside = innermost(&blocks).or(inside);
        }
        statement.push(' ');
        list.push(inside.or_else(|| has_loop_word(line).then_some(index)));
    }
    list
}

fn open_bracket(statement: &str) -> bool {
    let count = |wanted: char| statement.chars().filter(|c| *c == wanted).count();
    count('(') > count(')')
}

fn has_loop_word(text: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| matches!(word, "while" | "for" | "loop" | "do"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.lines().collect()
    }

    #[test]
    fn a_python_loop_ends_where_the_indentation_does() {
        let code = lines("a()\nwhile True:\n    b()\n\n    if c:\n        d()\ne()\n");
        assert_eq!(
            by_indent(&code),
            [None, Some(1), Some(1), Some(1), Some(1), Some(1), None]
        );
    }

    #[test]
    fn a_loop_in_braces_ends_with_its_brace() {
        let code =
            lines("int main(void) {\n a();\n for (;;) {\n  b();\n }\n while (c()) d();\n e();\n}");
        assert_eq!(
            by_braces(&code),
            [None, None, Some(2), Some(2), Some(2), Some(5), None, None]
        );
    }
}
