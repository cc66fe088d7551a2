//! Sentences that several rules share.

use super::Cause;
use super::crash::Crash;
use crate::event::{End, Limit, Stuck};

/// The text as a sentence: a capital at its beginning and a full stop at its end.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let mut sentence: String = first.to_uppercase().chain(chars).collect();
    if !sentence.ends_with(['.', '!', '?', ':']) {
        sentence.push('.');
    }
    sentence
}

/// What a stuck program is doing.
pub fn doing(stuck: &Stuck) -> String {
    match stuck {
        Stuck::Accept => "waits in accept() for a client".into(),
        Stuck::Receive { from: Some(from) } => format!("waits in recv() for data from {from}"),
        Stuck::Receive { from: None } => "waits in recv() for data".into(),
        Stuck::Input => "waits for a line on its standard input".into(),
        Stuck::Connect => "waits in connect()".into(),
        Stuck::Send => "waits in send(): nobody reads what it sends".into(),
        Stuck::Lock => "waits for a lock or for a thread to end".into(),
        Stuck::Stopped => "is stopped, as by Ctrl-Z".into(),
        Stuck::Other => "waits without a timeout".into(),
    }
}

/// What the program was doing when a wait ended.
pub fn end_doing(end: &End) -> Option<String> {
    Some(match end {
        End::Met | End::Impossible => return None,
        End::Closed => "it has closed the connection".into(),
        End::Reset => "it has reset the connection".into(),
        End::Exited => "it has ended".into(),
        End::Stuck(stuck) => format!("it {}", doing(stuck)),
        End::Deadline => "it is running, sleeping or waiting with a timeout; time was up".into(),
        End::Spins => "it runs in a loop and does nothing else".into(),
        End::TooMuch => "it goes on sending".into(),
    })
}

/// The cause behind a crash that the program reports itself.
pub fn crash_cause(crash: &Crash, program: &str) -> Cause {
    if let Some(cause) = super::tracebacks::meaning(crash) {
        return cause;
    }
    let kind = crash.kind.rsplit('.').next().unwrap_or(&crash.kind);
    let text = if crash.message.is_empty() {
        crash.kind.clone()
    } else {
        format!("{}: {}", crash.kind, crash.message)
    };
    let has = |part: &str| text.contains(part);
    let place = crash.source.as_ref().map_or(String::new(), |source| {
        format!(" in line {} of {}", source.line, source.file)
    });
    let because = |code, what: &str| Cause::new(code, format!("{what}{place}: {text}"));
    let cause = match kind {
        "SyntaxError" if has("Missing parentheses in call to 'print'") => {
            because("python-2", "This is Python 2: the print statement")
                .hint("Write print(...) with parentheses; the course uses Python 3.")
        }
        "SyntaxError" | "IndentationError" | "TabError" => because("syntax-error", "The program cannot be read by Python, a mistake")
            .hint("Python names the first line that it cannot read; the mistake is there or at the end of the line above."),
        "OutOfMemoryError" if has("native thread") => because("limit-processes", "The program started too many threads at the same time")
            .hint("Start one thread per client, and none in a loop without accept()."),
        "MemoryError" | "OutOfMemoryError" => because("limit-memory", "The program used too much memory")
            .hint("Look for a list or string that grows with every turn of a loop."),
        "RuntimeError" if has("start new thread") => because("limit-processes", "The program started too many threads at the same time")
            .hint("Start one thread per client, and none in a loop without accept()."),
        "OSError" if has("File too large") => because("limit-file", "The program wrote too large a file")
            .hint("Look for a loop that writes without end."),
        "ModuleNotFoundError" | "ImportError" => because("missing-module", "A module cannot be imported")
            .hint("Use only the standard library, and hand in your own modules together with the program."),
        "TypeError" if has("bytes-like object") || has("bytes or buffer") => {
            because("str-not-bytes", "A str is sent where bytes are needed")
                .hint("Sockets carry bytes: send(text.encode()), and decode() what recv() returns when you need text.")
        }
        "TypeError" if has("str to bytes") || has("bytes to str") || has("not bytes") || has("bytes-like") => {
            because("str-not-bytes", "str and bytes are mixed")
                .hint("Convert with .encode() and .decode() at the socket; do not mix the two kinds.")
        }
        "UnicodeDecodeError" => because("decodes-bytes", "Bytes that are no text are decoded")
            .hint("Send back the bytes as they came; decode only for printing, with errors=\"replace\"."),
        "ConnectionRefusedError" | "ConnectException" => because("refused-traceback", "Nobody listens there, and the program does not handle it")
            .hint("Catch the exception (ConnectionRefusedError in Python) and print one line for the user."),
        _ if ["ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError"].contains(&kind)
            || ["ECONNRESET", "EPIPE", "Connection reset", "Broken pipe", "code: 104", "code: 32,"]
                .iter()
                .any(|part| has(part)) =>
        {
            because("peer-gone-traceback", "The other side has closed, and the program does not handle it")
                .hint("recv() that returns nothing means that the other side has closed: leave the loop, do not send.")
        }
        "EOFError" => because("eof-traceback", "The input ended, and the program does not handle it")
            .hint("Catch EOFError around input(), and end."),
        "KeyboardInterrupt" => because("interrupt-traceback", "Ctrl-C ends the program with a traceback")
            .hint("Catch KeyboardInterrupt around the main loop, print a line and close the socket."),
        "gaierror" | "UnknownHostException" => because("unknown-host", "The address is not one")
            .hint("Put the address that the handout names in place of the placeholder."),
        "error" if crash.kind == "struct.error" => because("struct-error", "struct cannot unpack what was received")
            .hint("Receive exactly struct.calcsize(format) bytes before unpacking; recv() may return fewer."),
        _ if has("Address already in use") || has("EADDRINUSE") || has("code: 98") => {
            because("busy-port", "The port is in use already, and the program does not handle it")
                .hint("Catch the error of bind() and tell the user which port is busy.")
        }
        _ if has("Cannot assign requested address") || has("EADDRNOTAVAIL") || has("code: 99") => {
            because("foreign-address", "The program binds an address that this machine does not have")
                .hint("A server binds its own machine's address: 127.0.0.1, 0.0.0.0 or the LAN address of the machine it runs on.")
        }
        "PermissionError" | "AccessDeniedException" => because("no-permission", "The system refuses it"),
        _ if has("Connection refused") => because("refused-traceback", "Nobody listens there, and the program does not handle it"),
        _ => because("traceback", &format!("The {program} ends with an error")),
    };
    Cause {
        source: crash.source.clone(),
        ..cause
    }
}

/// A program that was ended for a limit.
pub fn limit_cause(limit: Limit, program: &str) -> Cause {
    let (code, what, hint) = match limit {
        Limit::Wall => (
            "limit-wall",
            "did not come to an end in time",
            "Look for a loop that never ends or a wait for something that never comes.",
        ),
        Limit::Cpu => (
            "limit-cpu",
            "used too much processor time: it spins",
            "A loop around recv() must end when recv() returns nothing (b'' in Python, 0 in C).",
        ),
        Limit::Memory => (
            "limit-memory",
            "used too much memory",
            "Look for a list or string that grows with every turn of a loop.",
        ),
        Limit::Processes => (
            "limit-processes",
            "started too many processes or threads at the same time",
            "Start one thread per client, and none in a loop without accept().",
        ),
        Limit::Output => (
            "limit-output",
            "printed without end",
            "A loop must end when there is nothing more to read: when recv() returns nothing, when input() raises EOFError.",
        ),
        Limit::Response => (
            "floods",
            "sends without end",
            "Send each message once; a loop around recv() must end when recv() returns nothing.",
        ),
        Limit::FileSize => (
            "limit-file",
            "wrote too large a file",
            "Look for a loop that writes without end.",
        ),
    };
    Cause::new(code, format!("The {program} {what}, and was ended.")).hint(hint)
}
