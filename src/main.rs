//! The `socklab` program. A sandbox's helper is this same program started again: it is told apart first,
//! before anything else is set up, because every sandbox pays for it.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "__sandbox")
    {
        socklab::sandbox::helper_main();
    }
    socklab::cli::main()
}
