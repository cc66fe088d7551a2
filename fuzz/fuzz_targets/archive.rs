//! Any bytes as a student's archive: reading ends within its bounds, and no name leads out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklab_fuzz::class::archive::{format, read_archive, read_archive_within};
use socklab_fuzz::class::vet::Caps;

/// Small, so that the bounds are met within a run.
const CAPS: Caps = Caps {
    packed: 1 << 16,
    unpacked: 1 << 18,
    entries: 20,
    depth: 4,
    ratio: 20,
};

fuzz_target!(|data: &[u8]| {
    let _ = format(data);
    for (caps, result) in [
        (Caps::SUBMISSION, read_archive(data, "s1001.zip")),
        (CAPS, read_archive_within(data, "s1001.zip", CAPS)),
    ] {
        match result {
            Ok(files) => {
                assert!(files.total_bytes() <= caps.unpacked);
                assert!(files.len() <= caps.entries);
                for path in files.paths() {
                    let inside = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
                    assert!(path.split('/').all(inside), "{path:?} leads out");
                    assert!(path.split('/').count() <= caps.depth + 1, "{path:?} is too deep");
                }
            }
            Err(error) => {
                let text = error.to_string();
                assert!(!text.chars().any(char::is_control), "{text:?}");
            }
        }
    }
});
