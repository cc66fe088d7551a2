//! `protocol.yaml` → a [`Declaration`], or what is wrong with the file, with its places.

use std::ops::Range;

use super::message;
use super::model::{Channel, Declaration};
use crate::diag::Diagnostic;
use crate::spec::nearest;
use crate::spec::pack::{Format, Kind};
use crate::spec::tree::{self, Key, Node, NodeKind, Plain};

/// Largest file: 64 KiB.
pub const LARGEST: usize = 64 << 10;

/// Most messages of a protocol.
pub const MOST_MESSAGES: usize = 32;

/// Problems that are kept.
const MOST_PROBLEMS: usize = 20;

/// Reads a file. Says everything that is wrong with its form; what a well-formed declaration may not be
/// is `refuse`'s to say.
///
/// # Errors
/// One diagnostic or more, in the order of the file.
pub fn read(source: &str, file: &str) -> Result<Declaration, Vec<Diagnostic>> {
    let root = tree::parse(source, file, LARGEST).map_err(|problem| vec![*problem])?;
    let mut reader = Reader {
        source,
        file,
        problems: Vec::new(),
    };
    let declaration = reader.declaration(&root);
    match declaration {
        Some(declaration) if reader.problems.is_empty() => Ok(declaration),
        _ => {
            reader.problems.sort_by_key(|problem| problem.span.start);
            Err(reader.problems)
        }
    }
}

/// A file that is being read.
pub struct Reader<'a> {
    source: &'a str,
    file: &'a str,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Notes a problem.
    pub fn wrong(&mut self, code: &'static str, message: impl Into<String>, span: Range<usize>) {
        self.wrong_with_help(code, message, span, None);
    }

    /// Notes a problem and what to write instead.
    pub fn wrong_with_help(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
        help: Option<String>,
    ) {
        if self.problems.len() < MOST_PROBLEMS {
            let mut problem = Diagnostic::error(code, message, self.file, self.source, span);
            problem.help = help;
            self.problems.push(problem);
        }
    }

    fn declaration(&mut self, root: &Node) -> Option<Declaration> {
        let entries = self.map(root, "the file", &["transports", "messages"])?;
        let transports = self.need(root, entries, "transports")?;
        let messages = self.need(root, entries, "messages")?;
        let channels = self.map(transports, "`transports`", &["tcp", "udp"])?;
        if channels.is_empty() {
            self.wrong(
                "nothing-said",
                "no transport is declared",
                transports.span.clone(),
            );
        }
        let tcp = transports.get("tcp").map(|node| self.channel(node, true));
        let udp = transports.get("udp").map(|node| self.channel(node, false));
        let NodeKind::List(list) = &messages.kind else {
            self.wrong(
                "wrong-type",
                "`messages` is not a list",
                messages.span.clone(),
            );
            return None;
        };
        if list.len() > MOST_MESSAGES {
            let message = format!(
                "there are {} messages; {MOST_MESSAGES} are read",
                list.len()
            );
            self.wrong("too-many", message, messages.span.clone());
            return None;
        }
        let over = [tcp.is_some(), udp.is_some()];
        let read = list
            .iter()
            .filter_map(|node| message::read(self, node, over));
        let messages: Vec<_> = read.collect();
        for (index, message) in messages.iter().enumerate() {
            if messages[..index]
                .iter()
                .any(|other| other.name == message.name)
            {
                let text = format!("two messages have the name `{}`", message.name);
                self.wrong("duplicate-name", text, message.span.clone());
            }
        }
        Some(Declaration {
            path: self.file.to_owned(),
            tcp: tcp.flatten(),
            udp: udp.flatten(),
            messages,
        })
    }

    fn channel(&mut self, node: &Node, stream: bool) -> Option<Channel> {
        let known: &[&str] = if stream {
            &["port", "length_prefix"]
        } else {
            &["port"]
        };
        let what = if stream { "`tcp`" } else { "`udp`" };
        let entries = self.map(node, what, known)?;
        let port = self.need(node, entries, "port")?;
        let number = match port.plain() {
            Some(Plain::Int(n)) => u16::try_from(n).ok().filter(|n| *n > 0),
            _ => None,
        };
        if number.is_none() {
            let message = "a port is a whole number from 1 to 65535";
            self.wrong("bad-port", message, port.span.clone());
        }
        let length_prefix = match node.get("length_prefix") {
            Some(node) => Some(self.length_prefix(node)?),
            None => None,
        };
        Some(Channel {
            port: number?,
            length_prefix,
        })
    }

    fn length_prefix(&mut self, node: &Node) -> Option<Format> {
        let format = node.text().and_then(|text| Format::parse(text).ok());
        let fits = |format: &Format| {
            let slots: Vec<_> = format.slots().take(2).collect();
            matches!(slots[..], [slot] if slot.kind == Kind::Int
                && slot.code.is_ascii_uppercase() && slot.width == format.size())
        };
        let format = format.filter(fits);
        if format.is_none() {
            let message = "`length_prefix` is not a struct format of one unsigned integer";
            let help = Some("write \"!H\" for two bytes in network byte order".to_owned());
            self.wrong_with_help("bad-struct", message, node.span.clone(), help);
        }
        format
    }

    /// The entries of a map, with keys that are known.
    pub fn map<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
    ) -> Option<&'n [(Key, Node)]> {
        let NodeKind::Map(entries) = &node.kind else {
            let help = known
                .first()
                .map(|first| format!("it has keys, such as `{first}: …`"));
            let message = format!("{what} is not a map");
            self.wrong_with_help("wrong-type", message, node.span.clone(), help);
            return None;
        };
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                let shown: String = key.text.chars().take(60).collect();
                let near = nearest(&key.text, known);
                let help = near.map_or_else(
                    || format!("{what} has the keys {}", listed(known)),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("{what} has no key `{shown}`");
                self.wrong_with_help("unknown-key", message, key.span.clone(), Some(help));
            }
        }
        Some(entries)
    }

    /// The value of a key that must be there.
    pub fn need<'n>(
        &mut self,
        node: &Node,
        entries: &'n [(Key, Node)],
        key: &str,
    ) -> Option<&'n Node> {
        let found = entries.iter().find(|(own, _)| own.text == key);
        if found.is_none() {
            // The whole map would be a long thing to show; its first line is enough.
            let span = node.span.start..node.span.start + 1;
            self.wrong(
                "missing-key",
                format!("the key `{key}` is missing here"),
                span,
            );
        }
        found.map(|(_, value)| value)
    }
}

fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
