//! Compiled code as bytes, and back.
#![allow(unsafe_code, reason = "wasmtime cannot check compiled code")]

use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use super::entry::{Entry, Unusable};

/// What a compiler makes of a binary.
pub(crate) trait Code: Sized {
    /// What it is called.
    const KIND: &str;

    fn compile(engine: &Engine, binary: &[u8]) -> wasmtime::Result<Self>;

    /// All that [`load`](Self::load) needs.
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;

    /// The code in an entry. It is copied: what becomes of the file later changes nothing.
    fn load(engine: &Engine, entry: &Entry<'_>) -> Result<Self, Unusable>;
}

impl Code for Module {
    const KIND: &str = "core module";

    fn compile(engine: &Engine, binary: &[u8]) -> wasmtime::Result<Self> {
        Self::from_binary(engine, binary)
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        self.serialize()
    }

    fn load(engine: &Engine, entry: &Entry<'_>) -> Result<Self, Unusable> {
        // SAFETY: `Module::deserialize` asks for bytes that `Module::serialize` has made, of
        // whatever version and for whatever engine: it refuses those of others itself. An `Entry` is
        // only had where its checksum is right, and its key is that of a core module; so nothing has
        // damaged the bytes since `CodeCache::keep` wrote them. They could be somebody else's only
        // if that one may write where `Folder` lets nobody write but this process's user and root,
        // who may run code as this process in any case.
        let module = unsafe { Self::deserialize(engine, entry.code()) };
        module.map_err(|error| Unusable::Refused(error.into()))
    }
}

impl Code for Component {
    const KIND: &str = "component";

    fn compile(engine: &Engine, binary: &[u8]) -> wasmtime::Result<Self> {
        Self::from_binary(engine, binary)
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        self.serialize()
    }

    fn load(engine: &Engine, entry: &Entry<'_>) -> Result<Self, Unusable> {
        // SAFETY: as for a core module, with a component's key.
        let component = unsafe { Self::deserialize(engine, entry.code()) };
        component.map_err(|error| Unusable::Refused(error.into()))
    }
}
