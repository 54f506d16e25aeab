use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

/// A folder of files that nobody writes but the user of this process, or root.
pub(super) struct Folder(PathBuf);

/// What the names of all files end in that are the cache's. Others are left alone.
pub(super) const EXTENSION: &str = "code";

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What is in a file; none if it is not there. It counts as used now.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.0.join(name);
        let metadata = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            metadata => metadata?,
        };
        self.expect_safe()?;
        if !metadata.is_file() {
            return Err(unsafe_to_use(&path, "is not a file"));
        }
        expect_safe(&path, &metadata)?;
        let mut file = File::open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // Not everybody who may read the file may do this: then it counts as unused.
        let _ = file.set_modified(SystemTime::now());
        Ok(Some(bytes))
    }

    /// Writes a file as a whole: who reads it meanwhile, in whatever process, finds what was there
    /// before.
    pub(super) fn write(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.make()?;
        self.expect_safe()?;
        let suffix = format!(".{EXTENSION}");
        // Whatever the umask is, nobody else may read or write it.
        let file: NamedTempFile =
            tempfile::Builder::new().prefix("new-").suffix(&suffix).tempfile_in(&self.0)?;
        let mut buffer = BufWriter::new(file.as_file());
        write(&mut buffer)?;
        buffer.flush()?;
        drop(buffer);
        file.persist(self.0.join(name))?;
        Ok(())
    }

    /// Removes the files that were not used for longest, as long as there are more than `max_bytes`
    /// in all. How many bytes are missing to that then.
    ///
    /// What a killed process has left half-written goes in the same way.
    pub(super) fn shrink(&self, max_bytes: u64) -> io::Result<u64> {
        let mut files = Vec::new();
        for file in fs::read_dir(&self.0)? {
            let path = file?.path();
            // Another process may have removed it.
            if path.extension() == Some(OsStr::new(EXTENSION))
                && let Ok(metadata) = fs::symlink_metadata(&path)
                && metadata.is_file()
            {
                files.push((metadata.modified()?, metadata.len(), path));
            }
        }
        files.sort_unstable_by(|(one, ..), (other, ..)| other.cmp(one));
        let mut room = max_bytes;
        let mut is_full = false;
        for (_, size, path) in files {
            is_full |= size > room;
            match is_full {
                false => room -= size,
                true => remove(&path)?,
            }
        }
        Ok(room)
    }

    fn make(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.0)
    }

    fn expect_safe(&self) -> io::Result<()> {
        expect_safe(&self.0, &fs::metadata(&self.0)?)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Refuses what somebody else could have written.
#[cfg(unix)]
fn expect_safe(path: &Path, metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    const ROOT: u32 = 0;
    const WRITABLE_BY_OTHERS: u32 = 0o022;

    if ![ROOT, rustix::process::geteuid().as_raw()].contains(&metadata.uid()) {
        return Err(unsafe_to_use(path, "belongs to another user"));
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(unsafe_to_use(path, "may be written by others; chmod go-w it"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn expect_safe(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}

fn unsafe_to_use(path: &Path, why: &str) -> io::Error {
    io::Error::other(format!("{} {why}", path.display()))
}
