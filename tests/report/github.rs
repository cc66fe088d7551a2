//! The two command syntaxes of the Actions runner, as its log reader takes them: the second where a line
//! begins with `::` after white space, else the first wherever `##[` stands in a line. After
//! `stop-commands` only the word given there is obeyed.

/// A command that the runner would obey.
#[derive(Debug)]
pub struct Command {
    /// `error`, `group`.
    pub name: String,
    properties: Vec<(String, String)>,
    /// What stands after it, decoded.
    pub message: String,
}

impl Command {
    /// A property, decoded.
    pub fn property(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// All commands in a log.
pub fn commands(log: &str) -> Vec<Command> {
    let mut out = Vec::new();
    let mut stopped: Option<String> = None;
    // The runner splits at carriage returns too.
    for line in log.split(['\n', '\r']) {
        let Some(command) = second(line).or_else(|| first(line)) else {
            continue;
        };
        match &stopped {
            Some(token) if *token == command.name => stopped = None,
            Some(_) => {}
            None => {
                if command.name == "stop-commands" {
                    stopped = Some(command.message.clone());
                }
                out.push(command);
            }
        }
    }
    out
}

fn second(line: &str) -> Option<Command> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (head, message) = rest.split_once("::")?;
    Some(command(head, ',', message))
}

fn first(line: &str) -> Option<Command> {
    let (_, rest) = line.split_once("##[")?;
    let (head, message) = rest.split_once(']')?;
    Some(command(head, ';', message))
}

fn command(head: &str, between: char, message: &str) -> Command {
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let pairs = properties.split(between).filter_map(|p| p.split_once('='));
    Command {
        name: name.to_ascii_lowercase(),
        properties: pairs.map(|(k, v)| (k.to_owned(), decoded(v))).collect(),
        message: decoded(message),
    }
}

fn decoded(text: &str) -> String {
    let codes = [
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%3A", ":"),
        ("%2C", ","),
        ("%25", "%"),
    ];
    codes.iter().fold(text.to_owned(), |text, (code, plain)| {
        text.replace(code, plain)
    })
}

#[test]
fn the_parsers_obey_what_the_runner_obeys() {
    let names = |log: &str| -> Vec<String> { commands(log).into_iter().map(|c| c.name).collect() };
    assert_eq!(
        names("  ::error file=a::b\nx ##[warning]c\n::not a command"),
        ["error", "warning"]
    );
    assert_eq!(
        names("::stop-commands::t\n::error::x\n::t::\n::notice::y"),
        ["stop-commands", "notice"]
    );
}
