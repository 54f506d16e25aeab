use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;

use super::Code;
use super::folder::EXTENSION;

/// What compiled code is found by: two that are equal stand for the same code.
#[derive(PartialEq, Eq)]
pub(super) struct Key([u8; Self::SIZE]);

impl Key {
    pub(super) const SIZE: usize = 32;

    pub(super) fn of<C: Code>(engine: &Engine, binary: &[u8]) -> Self {
        let mut digest = Digest(Sha256::new());
        C::KIND.hash(&mut digest);
        // Settings, instruction set, and wasmtime's whole version: one that repairs the compiler
        // must not run what the compiler made before.
        engine.precompile_compatibility_hash().hash(&mut digest);
        binary.hash(&mut digest);
        Self(digest.0.finalize().into())
    }

    pub(super) fn bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    pub(super) fn file_name(&self) -> String {
        format!("{self}.{EXTENSION}")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Hashes by SHA-256 what the standard library's hashes are computed of.
struct Digest(Sha256);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Its first bytes: the whole is taken from within.
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    }
}
