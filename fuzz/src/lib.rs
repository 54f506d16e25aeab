//! What the fuzz targets compare the parsers with: the contract, read aloud. Nothing in here is
//! fast or clever, and nothing says why it refuses.

pub mod ids;
pub mod mutation;
pub mod reading;
pub mod report;
pub mod schema;

/// The manifests, from their place in `airssys-wasm`: the rest of that crate, with an engine in
/// it, takes far longer to build, and no target looks at it.
#[path = "../../airssys-wasm/src/manifest/mod.rs"]
pub mod manifest;
