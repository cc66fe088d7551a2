//! The `socklab` program. The server from which helpers of sandboxes are forked is this same program started again: it is
//! told apart first, before any thread is started.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "__sandbox")
    {
        socklab::sandbox::fork_server_main();
    }
    socklab::cli::main()
}
