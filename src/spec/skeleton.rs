//! The first version of a spec, for `socklab spec new`: sound as it is, to be changed by its author.

use super::Endpoint;

/// What the new exercise asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A program that listens.
    Server,
    /// A program that connects.
    Client,
}

/// The text of a sound spec with two checks. Only `tcp` and `udp` of `endpoint` are looked at.
pub fn skeleton(exercise: &str, asks: Asks, endpoint: &Endpoint) -> String {
    let (transport, port) = match endpoint.udp {
        Some(port) => ("udp", port),
        None => ("tcp", endpoint.tcp.unwrap_or(7000)),
    };
    let title = exercise.replace('-', " ");
    let title = title[..1].to_uppercase() + &title[1..];
    let head = format!("version: 1\nexercise: {exercise}\ntitle: {title}\n");
    let body = match asks {
        Asks::Server => SERVER,
        Asks::Client if transport == "udp" => UDP_CLIENT,
        Asks::Client => CLIENT,
    };
    let body = body
        .replace("TRANSPORT", transport)
        .replace("PORT", &port.to_string());
    head + &body
}

const SERVER: &str = r#"summary: Say in one or two sentences what the program does.
points: 3
programs:
  server:
    files: [server]                 # any language: server.py, server.c, Server.java …
    listens: { TRANSPORT: PORT, at: any }
checks:
  - id: listens
    title: Listens on port PORT
    points: 1
    hint: bind() takes one tuple of address and port.
    steps:
      - start: server
      - listening: { program: server, on: TRANSPORT/PORT }

  - id: echoes
    title: Sends back exactly the bytes it received
    needs: [listens]
    points: 2
    hint: recv() gives bytes; send the same bytes back.
    let: { said: "${random.text 40}" }
    steps:
      - start: server
      - connect: { as: alice, to: server }
      - send: { from: alice, text: "${said}" }
      - receive: { at: alice, text: "${said}" }
"#;

const CLIENT: &str = r#"summary: Say in one or two sentences what the program does.
points: 3
programs:
  client:
    files: [client]                 # any language: client.py, client.c, Client.java …
    connects: { TRANSPORT: PORT, at: 127.0.0.1 }
checks:
  - id: connects
    title: Connects to port PORT
    points: 1
    hint: connect() takes one tuple of address and port.
    steps:
      - listen: { as: teacher, for: client }
      - start: client
      - accept: { at: teacher, as: student }

  - id: greets
    title: Sends hello and shows the answer
    needs: [connects]
    points: 2
    hint: sendall() sends bytes; decode() turns the answer into text.
    let: { answer: "${random.text 20}" }
    steps:
      - listen: { as: teacher, for: client }
      - start: client
      - accept: { at: teacher, as: student }
      - receive: { at: student, line: hello }
      - send: { from: student, line: "${answer}" }
      - prints: { program: client, contains: "${answer}" }
      - close: student
      - exits: { program: client, status: 0 }
"#;

const UDP_CLIENT: &str = r#"summary: Say in one or two sentences what the program does.
points: 3
programs:
  client:
    files: [client]                 # any language: client.py, client.c, Client.java …
    connects: { udp: PORT, at: 127.0.0.1 }
checks:
  - id: sends
    title: Sends hello in one datagram
    points: 1
    hint: sendto() takes the bytes and one tuple of address and port.
    steps:
      - listen: { as: teacher, for: client }
      - start: client
      - receive: { at: teacher, line: hello }

  - id: shows
    title: Shows the answer
    needs: [sends]
    points: 2
    hint: recvfrom() waits for one datagram.
    let: { answer: "${random.text 20}" }
    steps:
      - listen: { as: teacher, for: client }
      - start: client
      - receive: { at: teacher, line: hello }
      - send: { from: teacher, text: "${answer}" }
      - prints: { program: client, contains: "${answer}" }
      - exits: { program: client, status: 0 }
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_version_is_sound() {
        for asks in [Asks::Server, Asks::Client] {
            for endpoint in [(Some(7000), None), (None, Some(5005))] {
                let endpoint = Endpoint {
                    tcp: endpoint.0,
                    udp: endpoint.1,
                    ..Endpoint::default()
                };
                let text = skeleton("my-exercise", asks, &endpoint);
                let found = crate::spec::load(&text, "specs/lab/my-exercise.yaml")
                    .err()
                    .unwrap_or_default();
                assert!(
                    found.is_empty(),
                    "{}",
                    crate::diag::render(&found, &text, false)
                );
            }
        }
    }
}
