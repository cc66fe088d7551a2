//! The steps of a check: what the grader does and what it expects, one line each.
//!
//! In YAML a step is a map with one key, the word; its value is the program or actor the word is about,
//! or a map of the fields below.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{Endpoint, Stdin, Stdout};
use super::units::{Span, Text};

/// One line of a check.
#[expect(
    clippy::large_enum_variant,
    reason = "a spec holds a few hundred steps; boxes would only be in the way of reading them"
)]
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    // -- programs -----------------------------------------------------------------------------
    /// Starts a program and waits until it listens, if it is one that listens.
    Start(Start),
    /// Types a line on the program's standard input, after a prompt if asked to wait for one.
    Type(Type),
    /// Closes the program's standard input.
    EndOfInput(ProgramRef),
    /// The program prints something.
    Prints(Prints),
    /// The program has not printed something (judged when the step is reached).
    NotPrints(Prints),
    /// Sends a signal to the program.
    Signal(Signal),
    /// The program ends, by itself.
    Exits(Exits),
    /// The program is still running.
    StillRunning(ProgramRef),
    /// The grader ends the program; says nothing about it.
    Stop(ProgramRef),
    // -- sockets ------------------------------------------------------------------------------
    /// The program listens (TCP, Unix) or is bound (UDP); read from the socket table, never probed.
    Listening(Listening),
    /// The program listens nowhere any more.
    NotListening(ProgramRef),
    /// The grader makes a client actor: a TCP or Unix connection, or a UDP socket aimed at a program.
    Connect(Connect),
    /// The grader makes a server actor that listens; put it before `start`, so that nobody can take its place.
    Listen(Listen),
    /// A listening actor takes one connection of the program, which becomes an actor of its own.
    Accept(Accept),
    /// No (further) connection reaches a listening actor within the time.
    NoConnection(Silent),
    /// An actor sends bytes (TCP, Unix) or one datagram (UDP).
    Send(Send),
    /// An actor receives: exact bytes, a pattern, a count, a packed structure.
    Receive(Receive),
    /// Datagrams arrive at an actor in any order, exactly these.
    ReceiveSet(ReceiveSet),
    /// Nothing arrives at an actor within the time.
    Silent(Silent),
    /// Half-closes an actor's connection.
    Shutdown(Shutdown),
    /// Closes an actor's socket in the orderly way.
    Close(ActorRef),
    /// Aborts an actor's connection with RST.
    Reset(ActorRef),
    /// The program closes the connection.
    Closed(Closed),
    /// The program keeps the connection open.
    StillOpen(Silent),
    /// The actor reads nothing for a time (the program meets a full send buffer).
    StopReading(Silent),
    /// States of the program's sockets.
    Sockets(Sockets),
    // -- link ---------------------------------------------------------------------------------
    /// Puts a relay between the client program and the server program; put it before `start`.
    Relay(Relay),
    /// Changes a relay while it runs.
    SetRelay(SetRelay),
    // -- hardware -----------------------------------------------------------------------------
    /// What the program did with a GPIO pin so far.
    Gpio(Gpio),
    // -- files --------------------------------------------------------------------------------
    /// A file that was handed in, or that the program wrote.
    File(FileCheck),
    /// A table in a text file.
    Table(TableCheck),
    /// Fields of a handed-in YAML file.
    Yaml(YamlCheck),
    // -- flow ---------------------------------------------------------------------------------
    /// Named branches that run at the same time.
    Together(BTreeMap<String, Vec<Step>>),
    /// Runs steps once per value.
    For(For),
    /// Runs steps a number of times, with `${i}` from 1.
    Repeat(Repeat),
    /// Waits without looking; only for programs whose behaviour depends on the passing of time.
    Pause(Span),
    /// Binds names to values drawn now.
    Let(BTreeMap<String, String>),
    /// One of several ways is right; the first whose condition holds is followed.
    Either(Vec<Vec<Step>>),
}

/// Names a program by its role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ProgramRef(pub String);

/// Names an actor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ActorRef(pub String);

/// `start: server`, or a map when more is to be said.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The program's role.
    pub program: String,
    /// Name of this running copy, when a program is started more than once. Default: the role.
    #[serde(default, rename = "as")]
    pub name: Option<String>,
    /// Arguments instead of the program's own.
    #[serde(default)]
    pub args: Option<Vec<Text>>,
    /// More environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, Text>,
    /// Standard input instead of the program's own.
    #[serde(default)]
    pub stdin: Option<Stdin>,
    /// Standard output instead of the program's own.
    #[serde(default)]
    pub stdout: Option<Stdout>,
    /// Wait until it listens or ends (default: yes for a program with `listens`).
    #[serde(default)]
    pub wait: Option<bool>,
    /// Run the reference implementation of this role in place of the student's (interop checks): `python` or `rust`.
    #[serde(default)]
    pub reference: Option<String>,
    /// The exercise whose reference it is, when that is the other half of a pair: `program` is one of its roles, and its
    /// spec says what the program is given. Default: this exercise.
    #[serde(default)]
    pub exercise: Option<String>,
}

impl Start {
    /// Which reference implementation it starts: the language, and the exercise if it is another one's.
    pub fn reference_of(&self) -> Option<(String, Option<String>)> {
        Some((self.reference.clone()?, self.exercise.clone()))
    }
}

/// A line typed by the user.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// The program that reads it.
    pub to: String,
    /// The line, without its ending.
    #[serde(default)]
    pub line: Option<Text>,
    /// Raw text, no line ending added.
    #[serde(default)]
    pub text: Option<Text>,
    /// Wait until the program has printed this (a pattern, searched after the last typed line).
    #[serde(default)]
    pub after: Option<Text>,
    /// Wait until the program waits for input (it is blocked in a read of its standard input).
    #[serde(default)]
    pub when_asked: bool,
}

/// Text that a program prints.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prints {
    /// The program.
    pub program: String,
    /// A literal text somewhere in the output.
    #[serde(default)]
    pub contains: Option<Text>,
    /// A pattern with holes somewhere in the output.
    #[serde(default)]
    pub like: Option<Text>,
    /// A regular expression that matches somewhere in the output.
    #[serde(default)]
    pub matches: Option<Text>,
    /// What the regular expression asks for, in words that a student reads as what is expected.
    #[serde(default)]
    pub meaning: Option<Text>,
    /// Any of these texts somewhere in the output.
    #[serde(default)]
    pub any_of: Vec<Text>,
    /// Upper and lower case are the same.
    #[serde(default)]
    pub ignore_case: bool,
    /// Which output; both when absent.
    #[serde(default)]
    pub on: Option<OutputStream>,
    /// Search after what the last `prints` of this program matched, not from the beginning.
    #[serde(default)]
    pub next: bool,
    /// Search only what was printed after the last line that was typed.
    #[serde(default)]
    pub since_typed: bool,
    /// How often it is printed, exactly (judged on the whole output so far, after the program went quiet).
    #[serde(default)]
    pub times: Option<u64>,
    /// Wait at most this long.
    #[serde(default)]
    pub within: Option<Span>,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
    /// What to tell a student in whom exactly this step fails.
    #[serde(default)]
    pub hint: Option<String>,
}

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A signal.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// The program that gets it.
    pub to: String,
    /// `INT` (what Ctrl-C sends), `TERM`, `HUP`, `KILL`, `USR1`, `STOP`, `CONT`.
    pub signal: String,
}

/// How a program must end.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exits {
    /// The program.
    pub program: String,
    /// `0`, another number, or `nonzero`; anything but a signal when absent.
    #[serde(default)]
    pub status: Option<ExitStatus>,
    /// Ending by this signal is right, too (`INT`).
    #[serde(default)]
    pub or_signal: Option<String>,
    /// Wait at most this long.
    #[serde(default)]
    pub within: Option<Span>,
    /// No traceback, panic or stack trace on its output.
    #[serde(default)]
    pub no_traceback: bool,
    /// Bind the end of what it has printed to this name (the last 8 KiB of each output, outer white space left out).
    #[serde(default)]
    pub save: Option<String>,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
    /// What to tell a student in whom exactly this step fails.
    #[serde(default)]
    pub hint: Option<String>,
}

/// An expected exit status: a number, `nonzero` or `any`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Exactly this status.
    Code(i32),
    /// Any status but 0.
    Nonzero,
    /// Any status.
    Any,
}

/// Where a program must listen.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    /// The program.
    pub program: String,
    /// `tcp/65432`, `udp/5005`, or `unix/path`.
    pub on: Text,
    /// The address it must be bound to: `127.0.0.1`, `0.0.0.0`, `any` (the default).
    #[serde(default)]
    pub at: Option<Text>,
    /// Wait at most this long.
    #[serde(default)]
    pub within: Option<Span>,
}

/// A client actor.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    /// The actor's name.
    #[serde(rename = "as")]
    pub name: Text,
    /// The program to dial, at the address and port where it really listens; or an actor's name (a relay).
    #[serde(default)]
    pub to: Option<String>,
    /// Dial this address instead of the program's own (with the program's port).
    #[serde(default)]
    pub at: Option<Text>,
    /// Dial this port instead of the program's own: `tcp/80`.
    #[serde(default)]
    pub on: Option<Text>,
    /// Bind this source address first.
    #[serde(default)]
    pub from: Option<Text>,
    /// What must happen. Default: `ok`.
    #[serde(default)]
    pub expect: ConnectExpect,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
}

/// What a connection attempt must come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectExpect {
    /// It is established.
    #[default]
    Ok,
    /// It is refused.
    Refused,
}

/// A server actor.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// The actor's name.
    #[serde(rename = "as")]
    pub name: Text,
    /// The program whose destination (`connects`) it serves.
    #[serde(default, rename = "for")]
    pub program: Option<String>,
    /// Where, when not taken from `for`.
    #[serde(default)]
    pub on: Option<Endpoint>,
    /// Length of the queue of connections not yet accepted. Default 16.
    #[serde(default)]
    pub backlog: Option<u32>,
}

/// Takes a connection.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The listening actor.
    pub at: String,
    /// The name of the new connection.
    #[serde(rename = "as")]
    pub name: Text,
    /// Wait at most this long.
    #[serde(default)]
    pub within: Option<Span>,
}

/// Binary values in the format language of Python's `struct` module.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackSpec {
    /// The format, e.g. `=iif`.
    pub format: String,
    /// The values, in order: numbers, texts, or `${name}`. When unpacking, `null` accepts any value.
    pub values: Vec<serde_json::Value>,
}

/// What an actor sends. Exactly one of `text`, `line`, `bytes`, `hex`, `pack` is given.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The actor.
    pub from: Text,
    /// UDP: the actor whose last datagram is answered, or an address. Default: where the actor is connected, else the last sender.
    #[serde(default)]
    pub to: Option<Text>,
    /// UTF-8 text; `${…}` is expanded.
    #[serde(default)]
    pub text: Option<Text>,
    /// UTF-8 text followed by a newline.
    #[serde(default)]
    pub line: Option<Text>,
    /// Bytes held by a name: `${blob}`.
    #[serde(default)]
    pub bytes: Option<Text>,
    /// Bytes in hexadecimal, white space ignored.
    #[serde(default)]
    pub hex: Option<Text>,
    /// Packed binary values.
    #[serde(default)]
    pub pack: Option<PackSpec>,
    /// Cut into segments of these sizes; `rest` is what is left. Each is sent on its own (TCP_NODELAY), when the program has read the one before; a program that sleeps is waited for, for two seconds in all.
    #[serde(default)]
    pub in_pieces: Vec<Piece>,
    /// Wait between pieces for at least so long.
    #[serde(default)]
    pub pause_between: Option<Span>,
    /// Read what comes back while sending, so that neither side's buffer fills.
    #[serde(default)]
    pub while_receiving: bool,
    /// A send that fails because the program has closed is right, too.
    #[serde(default)]
    pub may_fail: bool,
}

/// A size in bytes, or `rest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This many bytes.
    Bytes(usize),
    /// All that is left.
    Rest,
}

/// What an actor must receive. Exactly one of `text`, `line`, `bytes`, `hex`, `like`, `matches`, `any_of`, `length`, `unpack`, `anything` is given.
///
/// On a stream, exact content waits for as many bytes as are expected; `like` and `matches` wait until
/// they match or can no longer match, or until `until` (a delimiter, kept in what is matched) or the end
/// of the stream. On UDP one datagram is taken, and it must come from where the actor's peer is.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// The actor.
    pub at: Text,
    /// Exactly this text.
    #[serde(default)]
    pub text: Option<Text>,
    /// Exactly this text, with or without a line ending after it.
    #[serde(default)]
    pub line: Option<Text>,
    /// Exactly the bytes held by a name.
    #[serde(default)]
    pub bytes: Option<Text>,
    /// Exactly these bytes, in hexadecimal.
    #[serde(default)]
    pub hex: Option<Text>,
    /// A pattern with holes.
    #[serde(default)]
    pub like: Option<Text>,
    /// A regular expression for all that is received (`(?s)` is on).
    #[serde(default)]
    pub matches: Option<Text>,
    /// What the regular expression asks for, in words that a student reads as what is expected.
    #[serde(default)]
    pub meaning: Option<Text>,
    /// Exactly one of these texts.
    #[serde(default)]
    pub any_of: Vec<Text>,
    /// This many bytes, whatever they are.
    #[serde(default)]
    pub length: Option<usize>,
    /// Packed binary values; floats may differ in the last bits.
    #[serde(default)]
    pub unpack: Option<PackSpec>,
    /// At least one byte, or one datagram, whatever it is.
    #[serde(default)]
    pub anything: bool,
    /// Upper and lower case are the same (`text`, `line`, `any_of`).
    #[serde(default)]
    pub ignore_case: bool,
    /// Read up to and including this text before judging.
    #[serde(default)]
    pub until: Option<Text>,
    /// Bind all that was received to this name.
    #[serde(default)]
    pub save: Option<String>,
    /// Wait at most this long.
    #[serde(default)]
    pub within: Option<Span>,
    /// UDP: the source port need not be the one that was dialled.
    #[serde(default)]
    pub any_source: bool,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
    /// What to tell a student in whom exactly this step fails.
    #[serde(default)]
    pub hint: Option<String>,
}

/// Datagrams in any order.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveSet {
    /// The actor.
    pub at: Text,
    /// The texts, each once.
    pub texts: Vec<Text>,
    /// Wait at most this long.
    #[serde(default)]
    pub within: Option<Span>,
}

/// A window in which nothing may happen.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Silent {
    /// The actor.
    pub at: Text,
    /// How long. Default 200ms; ends at once when every program of the check is seen to wait for input.
    #[serde(default, rename = "for")]
    pub duration: Option<Span>,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
    /// What to tell a student in whom exactly this step fails.
    #[serde(default)]
    pub hint: Option<String>,
}

/// A half-close.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// The actor.
    pub of: Text,
    /// Which direction. Default: `write`.
    #[serde(default)]
    pub side: Side,
}

/// Directions of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The actor will send no more: FIN.
    #[default]
    Write,
    /// The actor will read no more.
    Read,
    /// Both.
    Both,
}

/// How the program must close a connection.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The actor at whose end it is seen.
    pub at: Text,
    /// Which way is right. Default: `fin`.
    #[serde(default)]
    pub by: CloseBy,
    /// Bytes that arrive before the close are no mistake.
    #[serde(default)]
    pub discard: bool,
    /// Wait at most this long.
    #[serde(default)]
    pub within: Option<Span>,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
    /// What to tell a student in whom exactly this step fails.
    #[serde(default)]
    pub hint: Option<String>,
}

/// Ways to end a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseBy {
    /// In order: FIN.
    #[default]
    Fin,
    /// By abort: RST.
    Reset,
    /// Either.
    Any,
}

/// Counts of a program's sockets by state.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sockets {
    /// The program.
    pub program: String,
    /// `LISTEN`, `ESTABLISHED`, `CLOSE_WAIT`, `TIME_WAIT` … (TCP), as `ss` and `netstat` name them.
    pub state: String,
    /// Exactly this many.
    #[serde(default)]
    pub exactly: Option<u64>,
    /// At least this many.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// At most this many.
    #[serde(default)]
    pub at_most: Option<u64>,
    /// Wait at most this long for it to become so.
    #[serde(default)]
    pub within: Option<Span>,
}

/// A seeded, faulty link between the two programs of a pair.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// The relay's name.
    #[serde(rename = "as")]
    pub name: Text,
    /// The server program behind it. Its port is handed to it by the spec (`args`) or the relay listens at another address.
    pub to: String,
    /// Where the relay listens: what the client program dials.
    pub on: Endpoint,
    /// The address of the server behind the relay, when it is not where `listens` says.
    #[serde(default)]
    pub server: Option<Endpoint>,
    /// What it does to what the client sends.
    #[serde(default)]
    pub upstream: Faults,
    /// What it does to what the server sends.
    #[serde(default)]
    pub downstream: Faults,
    /// What it does in both directions.
    #[serde(default)]
    pub both: Faults,
}

/// What a relay does to one direction.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// UDP: part of the datagrams that are lost (0 to 1).
    #[serde(default)]
    pub loss: f64,
    /// UDP: part of the datagrams that arrive twice (0 to 1).
    #[serde(default)]
    pub duplicate: f64,
    /// UDP: part of the datagrams that are overtaken by the next one (0 to 1).
    #[serde(default)]
    pub reorder: f64,
    /// UDP: part of the datagrams with one flipped bit (0 to 1).
    #[serde(default)]
    pub corrupt: f64,
    /// UDP: these datagrams are lost, counted from 1.
    #[serde(default)]
    pub drop_nth: Vec<u64>,
    /// Each datagram or segment is held back this long.
    #[serde(default)]
    pub delay: Option<Span>,
    /// Up to this much more delay, drawn from the seed.
    #[serde(default)]
    pub jitter: Option<Span>,
    /// Nothing passes.
    #[serde(default)]
    pub dead: bool,
    /// TCP: bytes are passed on in pieces of this size, each when the program has read the one before; after 256 pieces, as they come.
    #[serde(default)]
    pub slice: Option<usize>,
    /// TCP: what is sent in two goes is passed on as one segment. The first waits so long for the second, three times as long while the sender sleeps, and not at all when the sender waits for an answer.
    #[serde(default)]
    pub coalesce: Option<Span>,
    /// TCP: the connection is reset after this many bytes.
    #[serde(default)]
    pub reset_after: Option<u64>,
    /// TCP: nothing more passes after this many bytes.
    #[serde(default)]
    pub limit_bytes: Option<u64>,
    /// Bytes per second.
    #[serde(default)]
    pub rate: Option<u64>,
}

/// New faults for a running relay.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRelay {
    /// The relay.
    pub relay: String,
    /// In both directions, from now on.
    pub both: Faults,
}

/// What was done with a pin.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gpio {
    /// The pin number.
    pub pin: u32,
    /// All levels written to it until the program has gone quiet, in order, repeats folded: `[high, low]`.
    #[serde(default)]
    pub levels: Option<Vec<PinLevel>>,
    /// The pin's level now.
    #[serde(default)]
    pub level: Option<PinLevel>,
    /// The numbering mode was set and the pin was set up as output before the first write.
    #[serde(default)]
    pub set_up_first: bool,
    /// No other pin was written.
    #[serde(default)]
    pub only: bool,
    /// Wait at most this long for it to become so.
    #[serde(default)]
    pub within: Option<Span>,
}

/// Level of a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PinLevel {
    /// On.
    High,
    /// Off.
    Low,
}

/// A file of the submission, or written by a program.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCheck {
    /// Any of these paths; `*` stands for any run of characters.
    pub any_of: Vec<String>,
    /// Only what was handed in, and as it is written here: upper and lower case count, and a name without
    /// a folder stands for a file at the top. Otherwise both are forgiven.
    #[serde(default)]
    pub exact: bool,
    /// It exists (`true`, the default) or does not.
    #[serde(default)]
    pub absent: bool,
    /// At least this many bytes.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// It contains this text (upper and lower case are the same).
    #[serde(default)]
    pub contains: Option<Text>,
    /// It matches this regular expression.
    #[serde(default)]
    pub matches: Option<Text>,
    /// It differs from the file of the handout with this name.
    #[serde(default)]
    pub changed_from_starter: bool,
    /// Wait at most this long for it to become so (for files that a program writes or removes).
    #[serde(default)]
    pub within: Option<Span>,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
}

/// A table in a text file: pipes, tabs, commas, or columns aligned with spaces.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableCheck {
    /// The file: any of these paths.
    pub any_of: Vec<String>,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Least number of filled rows (header and rules left out).
    #[serde(default)]
    pub rows: u64,
    /// No row may be left as in this starter file.
    #[serde(default)]
    pub no_starter_rows: bool,
    /// These columns must not hold the same value in every row.
    #[serde(default)]
    pub differ: Vec<String>,
    /// The first row holds the smallest value of this column.
    #[serde(default)]
    pub first_is_least: Option<String>,
    /// Rows that must be there: column name → value (numbers within `tolerance`).
    #[serde(default)]
    pub has: Vec<BTreeMap<String, Text>>,
    /// How far a number may be off, as a ratio.
    #[serde(default)]
    pub tolerance: Option<f64>,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
}

/// One column of a table.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The column's name, as errors show it.
    pub name: String,
    /// What a cell must be.
    #[serde(default)]
    pub kind: CellKind,
    /// A cell may be empty.
    #[serde(default)]
    pub optional: bool,
}

/// What a cell of a table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    /// Any text.
    #[default]
    Text,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A date in a usual notation.
    Date,
    /// One or more durations with a unit: `0.045 ms`, `12ms`.
    Times,
    /// A number.
    Number,
    /// Bytes in hexadecimal.
    Hex,
}

/// Fields of a YAML file that was handed in.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YamlCheck {
    /// The file.
    pub file: String,
    /// Key → expected value, as text (numbers in any notation, upper and lower case are the same); `${…}` is expanded.
    #[serde(default)]
    pub equals: BTreeMap<String, Text>,
    /// Keys that must be there and filled in.
    #[serde(default)]
    pub filled: Vec<String>,
    /// Part of the check's points that this step alone carries (0 to 1); a failure then does not end the check.
    #[serde(default)]
    pub worth: Option<f64>,
}

/// Steps once per value.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct For {
    /// The name that holds the value.
    pub each: String,
    /// The values.
    #[serde(rename = "in")]
    pub values: Vec<Text>,
    /// The steps.
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
}

/// Steps a number of times.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often.
    pub times: u64,
    /// The steps; `${i}` counts from 1.
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
}
