//! Tracebacks that beginners meet when they write socket programs → what they mean.

use super::crash::Crash;
use super::{Case, Cause};

/// Modules that lab programs use and forget to import.
const MODULES: [&str; 14] = [
    "socket",
    "sys",
    "threading",
    "struct",
    "time",
    "datetime",
    "random",
    "os",
    "select",
    "signal",
    "GPIO",
    "socketserver",
    "json",
    "binascii",
];

/// What a traceback means, where the program's files or its source tell more than its last line.
pub fn known(case: &Case<'_>, crash: &Crash) -> Option<Cause> {
    let said = format!("{}: {}", crash.kind, crash.message);
    let own = case.notes("shadows-module").find(|note| {
        let name = &note.text;
        let quoted = [
            format!("'{name}'"),
            format!("module '{name}"),
            format!("from '{name}"),
        ];
        quoted.iter().any(|quoted| said.contains(quoted)) || crash_in(crash, &note.file)
    });
    if let Some(note) = own {
        let message = format!(
            "Python imports {} of this folder in place of its own module {}: {said}.",
            note.file, note.text
        );
        return Some(
            Cause::new("shadowed-module", message)
                .hint(format!("Give {} another name; no file of yours may be called like a module that you import.", note.file))
                .at(note),
        );
    }
    let source = crash.source.as_ref()?;
    let at = |what: &'static str| {
        case.notes(what)
            .find(move |note| note.file == source.file && note.line == source.line)
    };
    if let Some(note) = at("data-on-listener") {
        let message = format!(
            "Line {} of {} uses the listening socket as if it were a connection: {said}.",
            note.line, note.file
        );
        return Some(
            Cause::new("data-on-listener", message)
                .hint(
                    "accept() returns a new socket for each client: receive and send on that one.",
                )
                .at(note),
        );
    }
    if crash.message.contains("Errno 9]") && source.text.contains("accept(") {
        let closed = case.note("listener-closed");
        let line = closed.map_or(source.line, |note| note.line);
        let message = format!(
            "The listening socket is closed in line {line}, so that accept() fails for the next client: {said}."
        );
        let cause = Cause::new("closes-listener", message)
            .hint("Close the socket that accept() returned; the listening socket stays open until the server ends.");
        return Some(match closed {
            Some(note) => cause.at(note),
            None => cause,
        });
    }
    None
}

fn crash_in(crash: &Crash, file: &str) -> bool {
    let here = crash
        .source
        .as_ref()
        .is_some_and(|source| source.file == file);
    here && matches!(crash.kind.as_str(), "ImportError" | "AttributeError")
}

/// What a traceback means by its own words.
pub fn meaning(crash: &Crash) -> Option<Cause> {
    let kind = crash.kind.rsplit('.').next().unwrap_or(&crash.kind);
    let said = &crash.message;
    let source = crash.source.as_ref();
    let line = source.map_or("", |source| source.text.as_str());
    let place = source.map_or_else(
        || "The program".to_owned(),
        |source| format!("Line {} of {}", source.line, source.file),
    );
    let has = |part: &str| said.contains(part);
    let because = |code, what: String, hint: &str| {
        let cause = Cause::new(code, format!("{place} {what}: {}: {said}.", crash.kind));
        Some(Cause {
            source: crash.source.clone(),
            ..cause.hint(hint)
        })
    };
    match kind {
        "NameError" => {
            let name = said.split('\'').nth(1)?;
            let known = MODULES.contains(&name);
            known
                .then(|| {
                    because(
                        "missing-import",
                        format!("uses {name}, which is not imported"),
                        &format!("import {name} at the beginning of the program."),
                    )
                })
                .flatten()
        }
        "AttributeError" | "UnboundLocalError"
            if ["socket", "time", "struct"].iter().any(|name| {
                has(&format!("'{name}' object has no attribute"))
                    || has(&format!("variable '{name}'"))
                    || has(&format!("'{name}' referenced before"))
            }) || has("'socket' object has no attribute") =>
        {
            because(
                "shadowed-name",
                "means the module, but a variable of the same name hides it".into(),
                "Call the variable s, sock or connection: socket is the name of the module.",
            )
        }
        "TypeError" if has("takes exactly one argument (2 given)") || has("must be tuple") => {
            because(
                "address-not-a-tuple",
                "gives the address and the port as two arguments".into(),
                "bind() and connect() take one tuple: bind((host, port)), with two pairs of parentheses.",
            )
        }
        "TypeError"
            if has("'str' object cannot be interpreted as an integer")
                && (line.contains("bind(")
                    || line.contains("connect(")
                    || line.contains("create_")) =>
        {
            because(
                "port-is-text",
                "gives the port as a text".into(),
                "A port is a number: int(sys.argv[2]), or 8000 without quotes.",
            )
        }
        "OSError" | "error" if has("Errno 22]") && line.contains("accept(") => because(
            "listen-missing",
            "accepts on a socket that does not listen".into(),
            "bind(), then listen(), then accept().",
        ),
        "OSError" | "error" if has("Errno 9]") => because(
            "uses-closed-socket",
            "uses a socket that the program has closed".into(),
            "close() comes last; a closed socket cannot be used again, make a new one.",
        ),
        "OSError" | "error" if has("Errno 107]") => because(
            "not-connected",
            "sends or receives on a socket that is not connected".into(),
            "A client connects first; a server uses the socket that accept() returned.",
        ),
        "TimeoutError" | "timeout" => because(
            "timeout-traceback",
            "gives up waiting, and the program does not handle it".into(),
            "Catch TimeoutError (socket.timeout) around recv() and print one line.",
        ),
        "TabError" => because(
            "tabs-and-spaces",
            "mixes tabs and spaces in its indentation".into(),
            "Let your editor turn tabs into spaces, in the whole file.",
        ),
        "SyntaxError"
            if has("null bytes") || has("U+FEFF") || has("Non-UTF-8") || has("not utf-8") =>
        {
            because(
                "wrong-encoding",
                "is not saved as UTF-8 text".into(),
                "Save the file as UTF-8 without a byte order mark.",
            )
        }
        "UnicodeEncodeError" => because(
            "not-ascii",
            "cannot turn every letter into bytes".into(),
            "encode() without an argument uses UTF-8, which knows all letters.",
        ),
        _ => None,
    }
}

/// Words of a shell or of the system about a script with line endings of Windows.
pub fn windows_lines(name: &str, output: &str) -> Option<Cause> {
    let signs = [
        "$'\\r'",
        "\\r': No such file",
        "python3\r",
        "^M: bad interpreter",
        "\r: not found",
        "\r: command not found",
    ];
    signs.iter().any(|sign| output.contains(sign)).then(|| {
        let message = format!("The {name} has line endings of Windows (\\r\\n), which the shell takes for a part of its words.");
        Cause::new("windows-line-endings", message)
            .hint("Save the file with line endings of Unix (LF): dos2unix, or the editor's status line.")
    })
}
