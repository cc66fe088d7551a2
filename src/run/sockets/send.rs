//! What actors send, whole or in pieces.

use std::time::Duration;

use tokio::time::Instant;

use super::no_actor;
use crate::event::Observed;
use crate::peer::{PATIENCE, Stream};
use crate::run::RunError;
use crate::run::engine::{Actor, Engine};
use crate::run::pace::Pace;
use crate::spec::{Piece, Send, packed, value::unhex};

impl Engine {
    /// `send`.
    ///
    /// # Errors
    /// When an expression cannot be filled in.
    pub async fn send(&self, step: &Send) -> Result<Observed, RunError> {
        let name = self.expand_text(&step.from)?;
        let bytes = self.payload(step)?;
        let Some(actor) = self.actor(&name) else {
            return Ok(no_actor(&name));
        };
        let mut actor = actor.lock().await;
        let result = match &mut *actor {
            Actor::Stream(stream) => self.send_stream(stream, &bytes, step).await,
            Actor::Datagrams(datagrams) => {
                let to = self.expand_optional(step.to.as_ref())?;
                let to = to.and_then(|to| to.parse().ok());
                datagrams
                    .send(&bytes, to)
                    .await
                    .map(|()| bytes.len() as u64)
                    .map_err(|error| (0, error))
            }
        };
        let (length, error) = match result {
            Ok(length) => (length, None),
            Err((length, error)) => (length, Some(error.to_string())),
        };
        self.shared
            .sent(&name, &bytes[..(length as usize).min(bytes.len())]);
        Ok(Observed::Sent { length, error })
    }

    fn payload(&self, step: &Send) -> Result<Vec<u8>, RunError> {
        let text = |template: &String| self.expand(template);
        if let Some(template) = step.text.as_ref().or(step.bytes.as_ref()) {
            return text(template);
        }
        if let Some(line) = &step.line {
            let mut bytes = text(line)?;
            bytes.push(b'\n');
            return Ok(bytes);
        }
        if let Some(hex) = &step.hex {
            let digits = self.expand_text(hex)?;
            return unhex(&digits)
                .ok_or_else(|| RunError::Spec(format!("`{digits}` is not hexadecimal")));
        }
        if let Some(pack) = &step.pack {
            return packed(pack, &self.bindings())
                .map_err(|error| RunError::Spec(error.to_string()));
        }
        Ok(Vec::new())
    }

    async fn send_stream(
        &self,
        stream: &mut Stream,
        bytes: &[u8],
        step: &Send,
    ) -> Result<u64, (u64, std::io::Error)> {
        let pieces = cut(bytes, &step.in_pieces);
        let deadline = Instant::now() + self.step_wait.max(Duration::from_secs(10));
        let mut sent = 0u64;
        let mut patience = PATIENCE;
        for (index, piece) in pieces.iter().enumerate() {
            let mut rest = *piece;
            while !rest.is_empty() {
                let write = async {
                    if step.while_receiving {
                        stream.write_or_fill(rest).await
                    } else {
                        stream.write_some(rest).await
                    }
                };
                let count = match tokio::time::timeout_at(deadline, write).await {
                    Ok(Ok(count)) => count,
                    Ok(Err(error)) => return Err((sent, error)),
                    Err(_) => return Err((sent, std::io::ErrorKind::TimedOut.into())),
                };
                rest = &rest[count..];
                sent += count as u64;
            }
            if index + 1 < pieces.len() {
                self.between_pieces(stream, step, &mut patience).await;
            }
        }
        Ok(sent)
    }

    /// Lets the program read a piece before the next one is sent, so that pieces are really met apart.
    async fn between_pieces(&self, stream: &mut Stream, step: &Send, patience: &mut Duration) {
        if let Some(pause) = step.pause_between {
            tokio::time::sleep(pause.0).await;
        }
        let Some(local) = stream.local() else {
            return;
        };
        let take_in = || {
            if step.while_receiving {
                stream.fill_now();
            }
        };
        let pace = Pace::new(self.sandbox.inspector());
        pace.read(local, patience, take_in).await;
    }
}

fn cut<'a>(bytes: &'a [u8], pieces: &[Piece]) -> Vec<&'a [u8]> {
    let mut list = Vec::new();
    let mut rest = bytes;
    for piece in pieces {
        let size = match piece {
            Piece::Bytes(size) => (*size).min(rest.len()),
            Piece::Rest => rest.len(),
        };
        let (head, tail) = rest.split_at(size);
        list.push(head);
        rest = tail;
    }
    if !rest.is_empty() || list.is_empty() {
        list.push(rest);
    }
    list.retain(|piece| !piece.is_empty());
    list
}
