//! The `socklab` command.

use std::ffi::OsStr;

fn main() {
    if std::env::args_os().nth(1).as_deref() == Some(OsStr::new("__sandbox")) {
        socklab::sandbox::helper_main()
    }
}
