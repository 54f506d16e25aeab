use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A file that takes nothing when the test wants that, as one on a disk that is full or gone: for
/// the audit log, and whatever else is written by its path.
///
/// While it fails, a link to nowhere is in its place; what had been written before is kept. Each change
/// happens at once, whoever is about to write.
#[derive(Debug)]
pub struct FailingFile {
    path: PathBuf,
}

impl FailingFile {
    /// A file that does not fail yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has it fail.
    ///
    /// # Errors
    ///
    /// If it cannot be set aside: there is no such file, or it fails already.
    pub fn fail(&self) -> io::Result<()> {
        fs::hard_link(&self.path, self.beside("aside"))?;
        let link = self.beside("link");
        symlink(self.beside("missing").join("file"), &link)?;
        fs::rename(link, &self.path)
    }

    /// Has it take what is written again.
    ///
    /// # Errors
    ///
    /// If it did not fail.
    pub fn recover(&self) -> io::Result<()> {
        fs::rename(self.beside("aside"), &self.path)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut beside = self.path.clone().into_os_string();
        beside.push(format!(".{suffix}"));
        beside.into()
    }
}
