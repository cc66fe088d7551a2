//! Which role a file plays, by words in its name and by calls in its code.

use regex::Regex;

use super::blank::{Strings, Syntax, blank, line_of};
use super::language::Language;
use crate::constant::pattern;
use crate::spec::ProgramSpec;

/// What a role does on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It waits for others.
    Server,
    /// It begins.
    Client,
}

const SERVER_WORDS: &[&str] = &[
    "server", "servidor", "serveur", "serwer", "serv", "srv", "receiver", "receive", "listener",
];
const CLIENT_WORDS: &[&str] = &[
    "client", "cliente", "klient", "cli", "clt", "sender", "send",
];

/// What a role does, if the spec or the role's name tells.
pub fn kind(role: &str, program: &ProgramSpec) -> Option<Kind> {
    let by_name = |words: &[&str]| words.iter().any(|word| has_word(role, word));
    match (program.listens.is_some(), program.connects.is_some()) {
        (true, false) => Some(Kind::Server),
        (false, true) => Some(Kind::Client),
        _ if by_name(SERVER_WORDS) => Some(Kind::Server),
        _ if by_name(CLIENT_WORDS) => Some(Kind::Client),
        _ => None,
    }
}

/// How many words of a role (`server-lan` has two) stand in a file's name, synonyms included.
pub fn score(role: &str, stem: &str) -> usize {
    let hit = |word: &&str| {
        let synonyms = [SERVER_WORDS, CLIENT_WORDS]
            .into_iter()
            .find(|list| list.contains(word));
        match synonyms {
            Some(list) => list.iter().any(|s| has_word(stem, s)),
            None => has_word(stem, word),
        }
    };
    words(role).iter().map(String::as_str).filter(hit).count()
}

/// How many words of a text stand in a name.
pub fn shared_words(text: &str, name: &str) -> usize {
    words(text)
        .iter()
        .filter(|word| has_word(name, word))
        .count()
}

/// The name says that the file plays the other kind of role, and not this one.
pub fn is_named_like_other(kind: Kind, stem: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| has_word(stem, word));
    match kind {
        Kind::Server => says(CLIENT_WORDS) && !says(SERVER_WORDS),
        Kind::Client => says(SERVER_WORDS) && !says(CLIENT_WORDS),
    }
}

/// A long word counts wherever it stands (`tcpserver`); a short one only by itself (`echo_srv`, not `cli` in `click`).
fn has_word(name: &str, word: &str) -> bool {
    if word.len() >= 6 {
        return name.to_lowercase().contains(word);
    }
    words(name).iter().any(|w| w == word)
}

/// The words of a name: cut at what is no letter, at digits, and at capitals.
fn words(name: &str) -> Vec<String> {
    let mut list: Vec<String> = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        let starts = !c.is_alphabetic() || (c.is_uppercase() && before_lower);
        if starts {
            list.push(String::new());
        }
        if let Some(word) = list.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase();
    }
    list.retain(|word| !word.is_empty());
    list
}

/// A call that tells what a program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The line, from 1.
    pub line: u32,
    /// The call as written: `listen()`.
    pub call: String,
}

pattern!(
    WAITS,
    concat!(
        r"\b(listen|accept|serve_forever|start_server|create_server|createServer)\s*\(",
        r"|\b(ServerSocket|TCPServer|UDPServer|ThreadingTCPServer|TcpListener|ListenTCP|ListenUDP|ListenPacket)\b",
        r"|\b(Listen)\s*\(",
    )
);
pattern!(BINDS, r"\b(bind)\s*\(");
pattern!(
    CALLS,
    concat!(
        r"\b(connect|connect_ex|create_connection|open_connection|createConnection|sendto|send_to)\s*\(",
        r"|\bnew\s+(Socket)\s*\(|\b(TcpStream)::connect|\bnet\.(Dial)\w*\s*\(",
    )
);

/// The calls of a source that show its role: as one who waits, and as one who begins.
pub fn signals(language: Language, text: &str) -> (Option<Signal>, Option<Signal>) {
    let syntax = match language {
        Language::Python3 | Language::Python2 => Syntax::Python,
        Language::Shell | Language::Perl | Language::Ruby => Syntax::Hash,
        Language::Executable => return (None, None),
        _ => Syntax::CLike,
    };
    let code = blank(text, syntax, Strings::Blank);
    let first = |pattern: &Regex| {
        let found = pattern.captures(&code)?;
        let name = found.iter().skip(1).flatten().next()?;
        Some(Signal {
            line: line_of(&code, name.start()),
            call: format!("{}()", name.as_str()),
        })
    };
    // A client may bind too; only a program without a call to connect waits because it binds.
    match (first(&WAITS), first(&CALLS)) {
        (None, calls) if calls.as_ref().is_none_or(|c| c.call.starts_with("send")) => {
            match first(&BINDS) {
                Some(binds) => (Some(binds), None),
                None => (None, calls),
            }
        }
        both => both,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_from_names() {
        for name in [
            "tcp_server",
            "EchoServer2",
            "tcpserver",
            "echo-srv",
            "Servidor",
        ] {
            assert_eq!(score("server", name), 1, "{name}");
        }
        for name in ["click", "observe", "client", "main"] {
            assert_eq!(score("server", name), 0, "{name}");
        }
        assert_eq!(score("server-lan", "server_lan"), 2);
        assert_eq!(score("server-lan", "server_any"), 1);
    }

    #[test]
    fn roles_are_read_from_calls() {
        let (waits, calls) = signals(
            Language::Python3,
            "import socket\n# s.connect(x)\ns.bind(a)\ns.listen()\n",
        );
        assert_eq!(
            waits,
            Some(Signal {
                line: 4,
                call: "listen()".into()
            })
        );
        assert_eq!(calls, None);
        let (waits, calls) = signals(Language::C, "bind(s, a, n);\nsendto(s, b, n, 0, p, l);\n");
        assert!(waits.is_some_and(|w| w.call == "bind()") && calls.is_none());
        let (waits, calls) = signals(Language::Java, "Socket s = new Socket(h, p);");
        assert!(waits.is_none() && calls.is_some_and(|c| c.call == "Socket()"));
    }
}
