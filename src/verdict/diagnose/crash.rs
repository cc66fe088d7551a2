//! Crashes: a program's own output → what it died of and where in the student's code.

use regex::Regex;

use crate::constant::pattern;
use crate::verdict::Source;

/// What a traceback, panic or stack trace says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// The exception's type: `TypeError`, `java.net.BindException`, `panic`.
    pub kind: String,
    /// Its message.
    pub message: String,
    /// The innermost line of the student's own code.
    pub source: Option<Source>,
}

/// The folder that a submission has inside the sandbox.
const BOX: &str = "/box/";

/// The last crash in a program's output, in any of the languages that print one.
pub fn find(output: &str) -> Option<Crash> {
    python(output)
        .or_else(|| java(output))
        .or_else(|| rust(output))
        .or_else(|| go(output))
        .or_else(|| node(output))
}

pattern!(
    PYTHON_FRAME,
    r#"(?m)^\s*File "([^"]+)", line (\d+)[^\n]*\n(?:\s{4,}([^\n]*))?"#
);
pattern!(
    PYTHON_END,
    r"(?m)^((?:[A-Za-z_][\w.]*\.)?(?:[A-Z]\w*(?:Error|Exception|Interrupt|Warning|Exit|Iteration)|error|gaierror|herror|timeout))(?:: ([^\n]*))?$"
);
pattern!(
    JAVA_HEAD,
    r#"(?m)^(?:Exception in thread "[^"]*" )?((?:java|javax|jdk)[\w.]*\.\w+(?:Exception|Error))(?:: ([^\n]*))?$"#
);
pattern!(JAVA_FRAME, r"(?m)^\s+at [\w.$/<>]+\((\w+\.java):(\d+)\)");
pattern!(
    RUST_HEAD,
    r"(?m)^thread '[^']*'(?: \(\d+\))? panicked at ([^\n:]+):(\d+):\d+:\n([^\n]*)"
);
pattern!(GO_HEAD, r"(?m)^panic: ([^\n]*)");
pattern!(GO_FRAME, r"(?m)^\t(\S+\.go):(\d+)");
pattern!(NODE_HEAD, r"(?m)^(\w*Error)(?: \[\w+\])?: ([^\n]*)\n\s+at ");
pattern!(NODE_FRAME, r"(?m)\(?(/\S+\.(?:m|c)?js):(\d+)(?::\d+)?\)?");

fn python(output: &str) -> Option<Crash> {
    let end = PYTHON_END.captures_iter(output).last()?;
    let before = &output[..end.get(0)?.start()];
    // A syntax error has a frame without the word "Traceback" before it.
    let frames: Vec<_> = PYTHON_FRAME.captures_iter(before).collect();
    let begin = before.rfind("Traceback (most recent call last)");
    let inside = |frame: &&regex::Captures<'_>| {
        frame
            .get(0)
            .is_some_and(|all| begin.is_none_or(|at| all.start() > at))
    };
    let frames: Vec<_> = frames.iter().filter(inside).collect();
    let own = frames
        .iter()
        .rev()
        .find(|frame| own_file(&frame[1]).is_some())
        .or(frames.last())?;
    let source = own_file(&own[1]).map(|file| Source {
        file,
        line: own[2].parse().unwrap_or(0),
        text: own
            .get(3)
            .map_or("", |text| text.as_str())
            .trim()
            .to_owned(),
    });
    let message = end.get(2).map_or("", |text| text.as_str()).to_owned();
    Some(Crash {
        kind: end[1].to_owned(),
        message,
        source,
    })
}

fn java(output: &str) -> Option<Crash> {
    let head = JAVA_HEAD.captures_iter(output).last()?;
    let after = &output[head.get(0)?.end()..];
    let source = JAVA_FRAME
        .captures_iter(after)
        .find(|frame| !is_java_library(frame))
        .map(|frame| Source {
            file: frame[1].to_owned(),
            line: frame[2].parse().unwrap_or(0),
            text: String::new(),
        });
    let message = head.get(2).map_or("", |text| text.as_str()).to_owned();
    Some(Crash {
        kind: head[1].to_owned(),
        message,
        source,
    })
}

fn is_java_library(frame: &regex::Captures<'_>) -> bool {
    let call = frame[0].trim_start().trim_start_matches("at ");
    ["java.", "javax.", "jdk.", "sun."]
        .iter()
        .any(|library| call.starts_with(library))
}

fn rust(output: &str) -> Option<Crash> {
    let head = RUST_HEAD.captures_iter(output).last()?;
    let source = Source {
        file: relative(&head[1]),
        line: head[2].parse().unwrap_or(0),
        text: String::new(),
    };
    Some(Crash {
        kind: "panic".into(),
        message: head[3].to_owned(),
        source: Some(source),
    })
}

fn go(output: &str) -> Option<Crash> {
    let head = GO_HEAD.captures_iter(output).last()?;
    let after = &output[head.get(0)?.end()..];
    let source = GO_FRAME.captures_iter(after).find_map(|frame| {
        let file = own_file(&frame[1])?;
        Some(Source {
            file,
            line: frame[2].parse().unwrap_or(0),
            text: String::new(),
        })
    });
    Some(Crash {
        kind: "panic".into(),
        message: head[1].to_owned(),
        source,
    })
}

fn node(output: &str) -> Option<Crash> {
    let head = NODE_HEAD.captures_iter(output).last()?;
    let source = NODE_FRAME.captures_iter(output).find_map(|frame| {
        let file = own_file(&frame[1])?;
        Some(Source {
            file,
            line: frame[2].parse().unwrap_or(0),
            text: String::new(),
        })
    });
    Some(Crash {
        kind: head[1].to_owned(),
        message: head[2].to_owned(),
        source,
    })
}

/// The path relative to the submission, if the file is the student's.
fn own_file(path: &str) -> Option<String> {
    if let Some(own) = path.strip_prefix(BOX) {
        return Some(own.to_owned());
    }
    (!path.starts_with('/') && !path.starts_with('<')).then(|| relative(path))
}

fn relative(path: &str) -> String {
    path.strip_prefix(BOX)
        .unwrap_or(path)
        .trim_start_matches("./")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_traceback_gives_the_last_line_of_the_students_own_file() {
        let output = "waiting\nTraceback (most recent call last):\n  File \"/box/server.py\", line 9, in <module>\n    main()\n  File \"/box/server.py\", line 5, in main\n    conn.send(\"hi\")\n  File \"/usr/lib/python3.11/socket.py\", line 1, in send\n    x\nTypeError: a bytes-like object is required, not 'str'\n";
        let crash = find(output).unwrap();
        assert_eq!(crash.kind, "TypeError");
        assert_eq!(crash.message, "a bytes-like object is required, not 'str'");
        let source = crash.source.unwrap();
        assert_eq!(
            (source.file.as_str(), source.line, source.text.as_str()),
            ("server.py", 5, "conn.send(\"hi\")")
        );
    }

    #[test]
    fn a_python_syntax_error_gives_its_line() {
        let output = "  File \"/box/server.py\", line 3\n    print \"hi\"\n    ^^^^^^^^^^\nSyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?\n";
        let crash = find(output).unwrap();
        assert_eq!(
            (crash.kind.as_str(), crash.source.unwrap().line),
            ("SyntaxError", 3)
        );
    }

    #[test]
    fn a_java_stack_trace_gives_the_students_class() {
        let output = "Exception in thread \"main\" java.net.BindException: Address already in use\n\tat java.base/sun.nio.ch.Net.bind0(Native Method)\n\tat java.base/java.net.ServerSocket.bind(ServerSocket.java:395)\n\tat EchoServer.main(EchoServer.java:12)\n";
        let crash = find(output).unwrap();
        assert_eq!(crash.kind, "java.net.BindException");
        assert_eq!(crash.source.unwrap().file, "EchoServer.java");
    }

    #[test]
    fn a_rust_panic_gives_its_line() {
        let output = "thread 'main' (77) panicked at server.rs:12:50:\ncalled `Result::unwrap()` on an `Err` value: Os { code: 98 }\nnote: run with\n";
        let crash = find(output).unwrap();
        assert_eq!(crash.source.unwrap().line, 12);
    }

    #[test]
    fn a_node_error_gives_the_students_file() {
        let output = "node:events:496\n      throw er;\n\nError: listen EADDRINUSE: address already in use 127.0.0.1:65432\n    at Server.setupListenHandle [as _listen2] (node:net:1817:16)\n    at Object.<anonymous> (/box/server.js:14:8)\n";
        let crash = find(output).unwrap();
        assert_eq!(
            crash.source.unwrap(),
            Source {
                file: "server.js".into(),
                line: 14,
                text: String::new()
            }
        );
    }

    #[test]
    fn ordinary_output_is_no_crash() {
        assert_eq!(
            find("Error while binding to port 1234\nFailed to get host\n"),
            None
        );
    }
}
