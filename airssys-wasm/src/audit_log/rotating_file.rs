use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::writer::Sink;

/// A file of lines that is set aside when it is full, for a new one.
///
/// It is a file's own state that is trusted, not what is remembered of it: an operator may remove
/// the file, move it or cut it off while it is written.
pub(super) struct RotatingFile {
    path: PathBuf,
    max_bytes: u64,
    /// How many files that were set aside are kept.
    keep: usize,
    current: Option<Current>,
    /// Whether the last attempt to set the file aside has failed.
    stuck: bool,
}

impl RotatingFile {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    ///
    /// If it cannot be read and written.
    pub(super) fn open(path: PathBuf, max_bytes: u64, keep: usize) -> io::Result<Self> {
        let current = Some(Current::open(&path)?);
        Ok(Self { path, max_bytes, keep, current, stuck: false })
    }

    /// The file that has the path now.
    fn current(&mut self) -> io::Result<&mut Current> {
        let current = match self.current.take() {
            Some(current) if current.is_at(&self.path) => current,
            _ => Current::open(&self.path)?,
        };
        Ok(self.current.insert(current))
    }

    /// Sets the file aside. Where that fails it grows on: better too large a file than none.
    fn rotate(&mut self) {
        let rotated = self.set_aside();
        if let Err(error) = &rotated
            && !self.stuck
        {
            let path = self.path.display();
            tracing::error!("the audit log {path} cannot be rotated and grows on: {error}");
        }
        self.stuck = rotated.is_err();
    }

    fn set_aside(&self) -> io::Result<()> {
        if self.keep == 0 {
            return fs::remove_file(&self.path);
        }
        // Only those before the first gap have to move: one that is left by a rotation that went
        // wrong half-way is filled, and no old file is pushed out for nothing.
        let mut last = 1;
        while last < self.keep && self.numbered(last).exists() {
            last += 1;
        }
        for number in (1..last).rev() {
            fs::rename(self.numbered(number), self.numbered(number + 1))?;
        }
        fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{number}"));
        path.into()
    }
}

impl Sink for RotatingFile {
    fn append(&mut self, lines: &[u8]) -> io::Result<usize> {
        let first = first_line(lines).len() as u64;
        let length = self.current()?.length;
        if length > 0 && length + first > self.max_bytes {
            self.rotate();
        }
        let max_bytes = if self.stuck { u64::MAX } else { self.max_bytes };
        let current = self.current()?;
        let lines = whole_lines(lines, max_bytes.saturating_sub(current.length));
        if let Err(error) = current.append(lines) {
            self.current = None;
            return Err(error);
        }
        Ok(lines.len())
    }
}

/// A file that is open.
struct Current {
    file: File,
    /// What is in it, in bytes; 0 for a device or a pipe, which is never full.
    length: u64,
    is_regular: bool,
}

impl Current {
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().read(true).append(true).create(true).open(path)?;
        let metadata = file.metadata()?;
        let is_regular = metadata.is_file();
        let length = if is_regular { metadata.len() } else { 0 };
        if length > 0 && last_byte(&mut file)? != b'\n' {
            // The line that was being written when the power went.
            file.write_all(b"\n")?;
            return Ok(Self { file, length: length + 1, is_regular });
        }
        Ok(Self { file, length, is_regular })
    }

    /// Whether nobody has put another file in its place, or changed it.
    fn is_at(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| !self.is_regular || found.len() == self.length)
    }

    /// Appends all, or nothing.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(lines);
        if !self.is_regular {
            return written;
        }
        match &written {
            Ok(()) => self.length += lines.len() as u64,
            // What is on the disk of them comes once more. Where it cannot be taken back, at
            // least the next line begins on its own: see `open`.
            Err(_) => drop(self.file.set_len(self.length)),
        }
        written
    }
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn first_line(lines: &[u8]) -> &[u8] {
    let end = lines.iter().position(|&byte| byte == b'\n').map_or(lines.len(), |at| at + 1);
    &lines[..end]
}

/// The first lines, as many as fit into `room`, and at least one.
fn whole_lines(lines: &[u8], room: u64) -> &[u8] {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(lines.len());
    match lines[..room].iter().rposition(|&byte| byte == b'\n') {
        Some(at) => &lines[..=at],
        None => first_line(lines),
    }
}

#[cfg(test)]
mod tests;
