//! The manifests: `Component.toml`, which a component's author writes, and the system manifest,
//! which the operator writes.
//!
//! [`SystemManifest::load`] reads both, applies what the operator overrides, and decides the
//! grants. Everything in them has a type, and every fault is one line that names the file, the
//! line and the key.
//!
//! ```
//! # use airssys_wasm::manifest::ComponentManifest;
//! let manifest = ComponentManifest::parse(
//!     "words/split/Component.toml",
//!     r#"
//!         [component]
//!         id = "words/split"
//!         source = "split.wasm"
//!         [mailbox]
//!         capacity = 50
//!     "#,
//! )?;
//! assert_eq!(manifest.mailbox.capacity.get(), 50);
//! assert_eq!(manifest.resources.memory.to_string(), "64MiB");
//!
//! let error = ComponentManifest::parse("Component.toml", "[component]\nids = 'a/b'").unwrap_err();
//! assert!(error.to_string().starts_with("Component.toml:2: unknown key `ids` in [component]"));
//! # Ok::<(), airssys_wasm::manifest::ManifestError>(())
//! ```

mod capabilities;
mod component;
mod entry;
mod error;
mod grant;
mod group;
mod overrides;
mod size;
mod source;
mod system;
mod time;
mod value;

pub use capabilities::{Capabilities, Preopen, Wasi};
pub use component::{
    Component, ComponentManifest, ComponentSupervision, Health, Mailbox, Overflow, Quota,
    Resources, Restart, Serialization,
};
pub use entry::SystemComponent;
pub use error::{ManifestError, Place};
pub use group::Group;
pub use size::{ByteSize, InvalidSize};
pub use system::{
    Audit, Backoff, DeadLetters, Strategy, System, SystemManifest, SystemSupervision,
};
