//! Compiled code, kept from one start to the next.
//!
//! wasmtime has a cache of its own, and it is not used: it runs what it finds. Its entries have no
//! checksum, so one that a disk has damaged is undefined behaviour as soon as it is loaded, and
//! nobody looks at who may write them. It also needs a C compiler to build, for zstd.

mod code;
mod entry;
mod folder;
mod key;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use wasmtime::Engine;

pub(crate) use self::code::Code;
use self::entry::Entry;
use self::folder::Folder;
use self::key::Key;

/// A folder in which the compiled code of guests is kept, so that it is compiled once and not at
/// each start. Cloning shares it.
///
/// Code is found again by the SHA-256 of the binary, the settings of the engine, the version of
/// wasmtime and the machine's instruction set. Any number of engines and processes may use a folder
/// at the same time.
///
/// It never keeps a guest from being loaded. What in the folder is damaged, or not what it should
/// be, is compiled anew and replaced; where the folder cannot be used, all is compiled, and a
/// warning says so once.
///
/// # Who is trusted
///
/// Whoever may write to the folder may run code as this process. It is made for the user of the
/// process alone. A folder or a file that belongs to somebody else (root excepted), or that others
/// may write, is not used. The folders above it are not looked at: who may rename those has to be
/// trusted as well.
///
/// A checksum is compared before any code is used. It finds damage, and is no protection against
/// somebody who may write.
#[derive(Clone)]
pub struct CodeCache {
    shared: Arc<Shared>,
    max_bytes: u64,
}

struct Shared {
    folder: Folder,
    /// How many bytes can be written before the folder is over its limit; none are until its files
    /// were counted.
    room: Mutex<u64>,
    hits: AtomicU64,
    misses: AtomicU64,
    has_warned: AtomicBool,
}

impl CodeCache {
    /// The cache in `folder`, which is made when something is first kept there; at most 1 GiB.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let shared = Shared {
            folder: Folder::new(folder.into()),
            room: Mutex::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            has_warned: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), max_bytes: 1 << 30 }
    }

    /// How many bytes are kept. What was not used for longest goes first.
    ///
    /// Where several processes write to the folder at the same time there may be more for a while.
    #[must_use]
    pub fn max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.shared.folder.path()
    }

    /// How often code was found in the folder and used, by this one and its clones.
    pub fn hits(&self) -> u64 {
        self.shared.hits.load(Ordering::Relaxed)
    }

    /// How often code was compiled because it was not there, by this one and its clones.
    pub fn misses(&self) -> u64 {
        self.shared.misses.load(Ordering::Relaxed)
    }

    /// The code of a binary: what was kept, or compiled and kept now.
    pub(crate) fn load<C: Code>(&self, engine: &Engine, binary: &[u8]) -> wasmtime::Result<C> {
        let key = Key::of::<C>(engine, binary);
        if let Some(code) = self.find(engine, &key) {
            self.shared.hits.fetch_add(1, Ordering::Relaxed);
            tracing::debug!("the code of a {} is taken from the cache: {key}", C::KIND);
            return Ok(code);
        }
        let code = C::compile(engine, binary)?;
        self.shared.misses.fetch_add(1, Ordering::Relaxed);
        match self.keep(&key, &code) {
            Ok(()) => tracing::debug!("a {} was compiled for the cache: {key}", C::KIND),
            Err(error) => self.warn(&error),
        }
        Ok(code)
    }

    fn find<C: Code>(&self, engine: &Engine, key: &Key) -> Option<C> {
        let name = key.file_name();
        let file = match self.shared.folder.read(&name) {
            Ok(file) => file?,
            Err(error) => {
                self.warn(&error);
                return None;
            }
        };
        let found = Entry::read(&file, key).and_then(|entry| C::load(engine, &entry));
        found
            .inspect_err(|why| {
                let path = self.folder().join(&name);
                tracing::warn!("{} is compiled anew: {why}", path.display());
            })
            .ok()
    }

    fn keep<C: Code>(&self, key: &Key, code: &C) -> io::Result<()> {
        let contents = code.serialize().map_err(io::Error::other)?;
        let entry = Entry::new(key, &contents);
        let size = entry.size();
        if size > self.max_bytes {
            return Ok(());
        }
        // Who compiles at the same time waits for the disk here, and for nothing else.
        let mut room = self.shared.room.lock();
        self.shared.folder.write(&key.file_name(), |file| entry.write(file))?;
        *room = match room.checked_sub(size) {
            Some(left) => left,
            None => self.shared.folder.shrink(self.max_bytes)?,
        };
        Ok(())
    }

    /// Says once that the folder is of no use.
    fn warn(&self, error: &io::Error) {
        if !self.shared.has_warned.swap(true, Ordering::Relaxed) {
            let folder = self.folder().display();
            tracing::warn!("compiled code is not kept in {folder}: {error}");
        }
    }
}

impl fmt::Debug for CodeCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shared, max_bytes } = self;
        f.debug_struct("CodeCache")
            .field("folder", &shared.folder.path())
            .field("max_bytes", max_bytes)
            .finish_non_exhaustive()
    }
}
