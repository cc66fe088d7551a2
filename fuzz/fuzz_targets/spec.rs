//! Any text as a spec: it is read or every mistake is told with a place inside the text; drawing values and
//! skeletons of what was read never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::diag;
use socklab_fuzz::spec::{self, initial_bindings, step_at};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match spec::load(text, "specs/lab/exercise.yaml") {
        Ok(spec) => {
            for check in &spec.checks {
                let _ = initial_bindings(&spec, check, 1);
                let _ = step_at(&check.steps, "0");
            }
        }
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty());
            diag::render(&diagnostics, text, false);
        }
    }
});
