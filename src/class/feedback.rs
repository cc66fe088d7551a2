//! Reports → the zip archive by which Moodle hands feedback files back: a folder for each participant, named
//! as in the download of the submissions.

use std::io::{Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::score::Submission;

/// An archive of feedback under construction.
pub struct Feedback<W: Write + Seek> {
    zip: ZipWriter<W>,
}

impl<W: Write + Seek> Feedback<W> {
    /// An archive that is written to `file`.
    pub fn new(file: W) -> Self {
        Feedback {
            zip: ZipWriter::new(file),
        }
    }

    /// Adds a file for a submission. False, and nothing is added, if the submission did not come from Moodle:
    /// its number would be another student's.
    ///
    /// # Errors
    /// The archive cannot be written.
    pub fn add(&mut self, whose: &Submission, name: &str, bytes: &[u8]) -> std::io::Result<bool> {
        let Some(folder) = folder(whose) else {
            return Ok(false);
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o644);
        self.zip.start_file(format!("{folder}/{name}"), options)?;
        self.zip.write_all(bytes)?;
        Ok(true)
    }

    /// Writes the archive's directory.
    ///
    /// # Errors
    /// The archive cannot be written.
    pub fn finish(self) -> std::io::Result<W> {
        Ok(self.zip.finish()?)
    }
}

/// `Jane Doe_12345_assignfeedback_file`. Moodle goes by the number; the name must have no underscore, and what
/// begins with a full stop or a tilde is ignored.
fn folder(whose: &Submission) -> Option<String> {
    let id = whose.facts.get("moodle_id")?;
    let plain = |c: char| match c {
        '_' | '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    let name: String = whose.name.chars().map(plain).collect();
    let name = name.trim_start_matches(['.', '~', ' ']).trim_end();
    let name = if name.is_empty() { "Participant" } else { name };
    Some(format!("{name}_{id}_assignfeedback_file"))
}
