//! Steps about files: of the submission, or written by a program.

use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::engine::Engine;
use crate::event::{Bytes, Observed};
use crate::spec::expect;
use crate::spec::{FileCheck, Step, TableCheck, YamlCheck};

/// Most bytes of a file that an observation keeps.
const OBSERVED_BYTES: usize = 256 * 1024;

impl Engine {
    /// `file`.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn file(&self, step: &FileCheck) -> Result<Observed, RunError> {
        let whole = Step::File(step.clone());
        let deadline = Instant::now() + step.within.map_or(Duration::ZERO, |span| span.0);
        loop {
            let observed = self
                .look_up(&step.any_of, step.changed_from_starter, step.exact)
                .await?;
            let met = expect::judge(&whole, &observed, &self.bindings(), &self.context()).met;
            if met || Instant::now() >= deadline {
                return Ok(observed);
            }
            // A file system inside the sandbox tells nobody outside of its changes.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// `table`.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn table(&self, step: &TableCheck) -> Result<Observed, RunError> {
        self.look_up(&step.any_of, step.no_starter_rows, false)
            .await
    }

    /// `yaml`.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn yaml(&self, step: &YamlCheck) -> Result<Observed, RunError> {
        self.look_up(std::slice::from_ref(&step.file), false, false)
            .await
    }

    async fn look_up(
        &self,
        any_of: &[String],
        with_starter: bool,
        exact: bool,
    ) -> Result<Observed, RunError> {
        let mut found = None;
        for pattern in any_of {
            let pattern = self.expand_text(pattern)?;
            let untouched = self.shared.lock().programs.is_empty();
            found = if exact {
                self.built.files.find_exact(&pattern)
            } else if untouched {
                self.built.files.find(&pattern)
            } else {
                let found = self
                    .sandbox
                    .read_file(&pattern, OBSERVED_BYTES as u64 * 4)
                    .await?;
                found.map(|file| (file.path.to_string_lossy().into_owned(), file.bytes))
            };
            if found.is_some() {
                break;
            }
        }
        let starter = with_starter
            .then(|| {
                let name = found
                    .as_ref()
                    .map(|(path, _)| path.clone())
                    .or_else(|| any_of.first().cloned())?;
                let base = name.rsplit('/').next().unwrap_or(&name).to_lowercase();
                let same =
                    |path: &&String| path.rsplit('/').next().unwrap_or(path).to_lowercase() == base;
                let path = self.starter.keys().find(same)?;
                Some(Bytes::capped(&self.starter[path], OBSERVED_BYTES))
            })
            .flatten();
        Ok(match found {
            Some((path, bytes)) => Observed::File {
                path: Some(path),
                length: bytes.len() as u64,
                content: Bytes::capped(&bytes, OBSERVED_BYTES),
                starter,
            },
            None => Observed::File {
                path: None,
                content: Bytes::default(),
                length: 0,
                starter,
            },
        })
    }
}
