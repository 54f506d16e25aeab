use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that takes nothing when the test wants that, as one on a disk that is full or gone: for
/// the audit log, and whatever else is written by its path.
///
/// While it fails, something else is in its place that cannot be written; what had been written
/// before is kept.
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
        fs::rename(&self.path, self.aside())?;
        fs::create_dir(&self.path)
    }

    /// Has it take what is written again.
    ///
    /// # Errors
    ///
    /// If it did not fail.
    pub fn recover(&self) -> io::Result<()> {
        fs::remove_dir(&self.path)?;
        fs::rename(self.aside(), &self.path)
    }

    fn aside(&self) -> PathBuf {
        let mut aside = self.path.clone().into_os_string();
        aside.push(".aside");
        aside.into()
    }
}
