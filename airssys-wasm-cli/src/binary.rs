use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use airssys_wasm::{Description, Digest, LoadError};
use thiserror::Error;

use crate::print::Table;

/// A file with a component or core module in it.
pub(crate) struct Binary {
    description: Description,
    digest: Digest,
    size: usize,
}

/// Why there is nothing to tell about a file.
#[derive(Debug, Error)]
pub(crate) enum BinaryError {
    #[error("cannot read {}: {cause}; check the path", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{}: {cause}", path.display())]
    Malformed {
        path: PathBuf,
        #[source]
        cause: LoadError,
    },
}

/// The interfaces of the WIT package that components are written against.
const INTERFACES: [&str; 12] = [
    "handler",
    "batch-handler",
    "callback",
    "exits",
    "lifecycle",
    "health",
    "messaging",
    "context",
    "handles",
    "topics",
    "timers",
    "monitors",
];

impl Binary {
    pub(crate) fn read(path: &Path) -> Result<Self, BinaryError> {
        let bytes = fs::read(path)
            .map_err(|cause| BinaryError::Unreadable { path: path.to_owned(), cause })?;
        let description = airssys_wasm::inspect(&bytes)
            .map_err(|cause| BinaryError::Malformed { path: path.to_owned(), cause })?;
        Ok(Self { description, digest: Digest::of(&bytes), size: bytes.len() })
    }

    pub(crate) fn exports_callback(&self) -> bool {
        self.description.interfaces.callback
    }

    /// Adds a row for each thing that there is to tell.
    pub(crate) fn describe(&self, table: &mut Table) {
        let Description { form, imports, exports, .. } = &self.description;
        table.row(["form".to_owned(), form.to_string()]);
        table.row(["size".to_owned(), format!("{} bytes", self.size)]);
        table.row(["digest".to_owned(), self.digest.to_string()]);
        table.row(["interfaces".to_owned(), self.interfaces()]);
        table.list("imports", imports.iter().cloned());
        table.list("exports", exports.iter().cloned());
    }

    /// Those of the contract's interfaces that it exports or imports.
    fn interfaces(&self) -> String {
        let Description { imports, exports, .. } = &self.description;
        let names = || imports.iter().chain(exports);
        let found: Vec<&str> = INTERFACES
            .into_iter()
            .filter(|interface| {
                let full_name = format!("airssys:component/{interface}@0.1.0");
                names().any(|name| *name == full_name)
            })
            .collect();
        if found.is_empty() { "-".to_owned() } else { found.join(", ") }
    }
}
