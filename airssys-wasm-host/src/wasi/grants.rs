use std::path::PathBuf;

use crate::HostPattern;

/// What of the machine a component is given through WASI. By default, nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WasiGrants {
    /// What it writes to its standard output and standard error is shown line by line. Its standard
    /// input is always empty.
    pub stdio: bool,
    /// Its environment: names and values.
    pub env: Vec<(String, String)>,
    /// Directories that it finds open.
    pub preopens: Vec<Preopen>,
    /// Whom it may connect to, by TCP or UDP. It can never be connected to. Without any, a component
    /// that imports `wasi:sockets` is refused.
    pub network: Vec<HostPattern>,
    /// Whom it may send requests to, by HTTP or HTTPS. Without any, a component that imports
    /// `wasi:http` is refused.
    pub http: Vec<HostPattern>,
}

/// A directory that a guest finds open. It reaches nothing outside of it, through `..` and links
/// neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preopen {
    /// Where it is on this machine.
    pub host: PathBuf,
    /// Where the guest finds it.
    pub guest: String,
    /// Whether the guest may change what is in it.
    pub write: bool,
}
