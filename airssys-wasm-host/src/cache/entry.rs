use std::io::{self, Write};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::key::Key;
use crate::load_error::Cause;

/// A file's contents: compiled code, and in front of it what it is checked by.
///
/// | bytes | |
/// | ---: | --- |
/// | 8 | [`MAGIC`] |
/// | 4 | [`VERSION`], little-endian |
/// | 32 | the key |
/// | 32 | SHA-256 of the code |
/// | all others | the code, as wasmtime writes it |
pub(crate) struct Entry<'a> {
    key: &'a Key,
    code: &'a [u8],
}

const MAGIC: &[u8; 8] = b"\0airssys";
const VERSION: u32 = 1;
const HEADER_SIZE: usize = MAGIC.len() + size_of::<u32>() + Key::SIZE + SHA256_SIZE;
const SHA256_SIZE: usize = 32;

/// Why a file is not used.
#[derive(Debug, Error)]
pub(crate) enum Unusable {
    #[error("it is not compiled code, or has been cut off")]
    NotAnEntry,
    #[error("it is in version {0} of the format, not in {VERSION}")]
    OtherVersion(u32),
    #[error("it is the code of something else")]
    OtherKey,
    #[error("it is damaged")]
    Damaged,
    #[error("wasmtime refuses it: {0}")]
    Refused(#[source] Cause),
}

impl<'a> Entry<'a> {
    pub(super) fn new(key: &'a Key, code: &'a [u8]) -> Self {
        Self { key, code }
    }

    /// The entry in a file, whose code is what was once written under this key.
    pub(super) fn read(file: &'a [u8], key: &'a Key) -> Result<Self, Unusable> {
        let (magic, rest) = file.split_first_chunk().ok_or(Unusable::NotAnEntry)?;
        let (version, rest) = rest.split_first_chunk().ok_or(Unusable::NotAnEntry)?;
        if magic != MAGIC {
            return Err(Unusable::NotAnEntry);
        }
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(Unusable::OtherVersion(version));
        }
        let (of, rest) = rest.split_first_chunk().ok_or(Unusable::NotAnEntry)?;
        let (checksum, code) = rest.split_first_chunk().ok_or(Unusable::NotAnEntry)?;
        if of != key.bytes() {
            return Err(Unusable::OtherKey);
        }
        if sha256(code) != *checksum {
            return Err(Unusable::Damaged);
        }
        Ok(Self { key, code })
    }

    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(MAGIC)?;
        to.write_all(&VERSION.to_le_bytes())?;
        to.write_all(self.key.bytes())?;
        to.write_all(&sha256(self.code))?;
        to.write_all(self.code)
    }

    /// Bytes of the file.
    pub(super) fn size(&self) -> u64 {
        (HEADER_SIZE + self.code.len()) as u64
    }

    pub(super) fn code(&self) -> &'a [u8] {
        self.code
    }
}

fn sha256(bytes: &[u8]) -> [u8; SHA256_SIZE] {
    Sha256::digest(bytes).into()
}
