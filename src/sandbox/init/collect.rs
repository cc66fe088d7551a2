//! Takes files out of a directory that a student has written to.
//!
//! The student may have put links, FIFOs and devices anywhere, and may be writing still. The walk goes
//! down by descriptor, follows no link and opens regular files only.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use globset::{GlobBuilder, GlobSetBuilder};

use crate::sandbox::image::{Caps, Image, LeftOut};
use crate::sandbox::wire::Refusal;

/// A pack of the files that match, and what was found but not taken.
pub(super) fn collect(
    root: &Path,
    patterns: &[String],
    caps: Caps,
) -> Result<(OwnedFd, Vec<LeftOut>), Refusal> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        // `*` within a directory, `**` across: as in a shell.
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .case_insensitive(true)
            .build();
        set.add(glob.map_err(|error| invalid(&error.to_string()))?);
    }
    let set = set.build().map_err(|error| invalid(&error.to_string()))?;
    let wanted = |path: &Path| patterns.is_empty() || set.is_match(path);
    let image = Image::from_dir_where(root, caps, &wanted);
    let image = image.map_err(|error| {
        Refusal::of(error.to_string(), &io::Error::from_raw_os_error(libc::EIO))
    })?;
    let pack = image
        .pack()
        .map_err(|error| Refusal::of("write a memory file", &error))?;
    Ok((pack, image.left_out().to_vec()))
}

fn invalid(what: &str) -> Refusal {
    Refusal::Refused {
        call: what.to_owned(),
        errno: libc::EINVAL,
    }
}
