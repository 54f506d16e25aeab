use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use airssys_wasm::System;
use thiserror::Error;

use super::letter::Letter;

/// The file that dead letters go to once the system has stopped.
pub(crate) struct File {
    path: PathBuf,
    file: fs::File,
}

/// The file cannot be written.
#[derive(Debug, Error)]
#[error("cannot write dead letters to {}: {cause}; name another file", path.display())]
pub(crate) struct CannotWrite {
    path: PathBuf,
    cause: io::Error,
}

impl File {
    /// Makes the file, or empties it: what cannot be written is known before anything runs.
    pub(crate) fn create(path: &Path) -> Result<Self, CannotWrite> {
        let failed = |cause| CannotWrite { path: path.to_owned(), cause };
        Ok(Self { path: path.to_owned(), file: fs::File::create(path).map_err(failed)? })
    }

    /// Writes the dead letters that `system` has kept, and says how many.
    pub(crate) fn write(self, system: &System) -> Result<usize, CannotWrite> {
        let Self { path, file } = self;
        let letters = system.dead_letters();
        let mut lines = BufWriter::new(file);
        let written = letters
            .iter()
            .try_for_each(|(number, letter)| {
                serde_json::to_writer(&mut lines, &Letter::new(*number, letter))?;
                lines.write_all(b"\n")
            })
            .and_then(|()| lines.flush());
        written.map_err(|cause| CannotWrite { path, cause })?;
        Ok(letters.len())
    }
}
