//! `yaml`: fields of a YAML file that was handed in.

use super::files::missing;
use super::{Verdict, unfitting};
use crate::event::Observed;
use crate::spec::mismatch::{Mismatch, MismatchKind};
use crate::spec::step::YamlCheck;
use crate::spec::tree::{self, Node, Plain};
use crate::spec::value::{Bindings, ValueError, expand_text};

/// Largest handed-in YAML file: 64 KiB.
const LARGEST: usize = 64 << 10;

/// What people leave in a field that they have not filled in.
const PLACEHOLDERS: &[&str] = &[
    "", "?", "??", "???", "…", "...", "todo", "tbd", "fill in", "xxx", "-", "_", "n/a",
];

pub(super) fn judge(
    step: &YamlCheck,
    observed: &Observed,
    bindings: &Bindings,
) -> Result<Verdict, ValueError> {
    let Observed::File { path, content, .. } = observed else {
        return Ok(unfitting(observed));
    };
    let Some(path) = path else {
        return Ok(missing(std::slice::from_ref(&step.file)));
    };
    let wrong = |kind, expected: String, explanation: String| {
        Ok(Verdict::unmet(Mismatch::described(
            kind,
            expected,
            &content.0,
            explanation,
        )))
    };
    let text = content.lossy();
    let root = match tree::parse(&text, path, LARGEST) {
        Ok(root) => root,
        Err(d) => {
            let help = d.help.as_ref().map_or(String::new(), |h| format!(" ({h})"));
            let explanation = format!("{d}{help}");
            return wrong(MismatchKind::Different, "a YAML file".into(), explanation);
        }
    };
    for key in &step.filled {
        if !find(&root, key).is_some_and(filled) {
            let explanation = format!("`{key}` is not filled in in {path}");
            return wrong(MismatchKind::Missing, format!("{key}: …"), explanation);
        }
    }
    for (key, template) in &step.equals {
        let wanted = expand_text(template, bindings)?;
        let seen = find(&root, key);
        if !seen.is_some_and(filled) {
            let explanation = format!("`{key}` is not filled in in {path}");
            return wrong(
                MismatchKind::Missing,
                format!("{key}: {wanted}"),
                explanation,
            );
        }
        let text = seen.map(shown).unwrap_or_default();
        if !same(&text, &wanted) {
            let explanation = format!("`{key}` is `{text}` in {path}, which is not right");
            return wrong(
                MismatchKind::WrongValue,
                format!("{key}: {wanted}"),
                explanation,
            );
        }
    }
    Ok(Verdict::met())
}

/// A node by its key; `a.b` goes down two maps.
pub(crate) fn find<'a>(root: &'a Node, key: &str) -> Option<&'a Node> {
    root.get(key)
        .or_else(|| key.split('.').try_fold(root, |node, part| node.get(part)))
}

fn filled(node: &Node) -> bool {
    match node.plain() {
        Some(Plain::Null) => false,
        Some(_) => node.text().is_some_and(|text| {
            let text = text.trim().to_lowercase();
            !PLACEHOLDERS.contains(&text.as_str()) && !text.starts_with("todo")
        }),
        None => true,
    }
}

fn shown(node: &Node) -> String {
    node.text().unwrap_or("a list or a map").trim().to_owned()
}

/// Numbers are the same in any notation; texts without regard to case and outer white space.
fn same(a: &str, b: &str) -> bool {
    let number = |text: &str| {
        let text = text.trim().replace('_', "");
        match text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok().map(|n| n as f64),
            None => text.parse::<f64>().ok(),
        }
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.trim().to_lowercase() == b.trim().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Bytes;

    fn run(text: &str) -> Verdict {
        let step = YamlCheck {
            file: "answers.yaml".into(),
            equals: [("isn".to_owned(), "0x10".to_owned())].into(),
            filled: vec!["why.first".into()],
            ..YamlCheck::default()
        };
        let observed = Observed::File {
            path: Some("answers.yaml".into()),
            content: Bytes(text.into()),
            length: text.len() as u64,
            starter: None,
        };
        judge(&step, &observed, &Bindings::default()).unwrap()
    }

    #[test]
    fn answers_are_compared_by_value_and_must_be_filled_in() {
        assert!(run("isn: 16\nwhy:\n  first: because\n").met);
        for (text, words) in [
            (
                "isn: 16\nwhy: {first: TODO}\n",
                "`why.first` is not filled in",
            ),
            ("isn: 17\nwhy: {first: x}\n", "`isn` is `17`"),
            ("why: {first: x}\n", "`isn` is not filled in"),
            ("isn: [\n", "answers.yaml:"),
        ] {
            let mismatch = run(text).mismatch.unwrap();
            assert!(
                mismatch.explanation.contains(words),
                "{}",
                mismatch.explanation
            );
        }
    }
}
