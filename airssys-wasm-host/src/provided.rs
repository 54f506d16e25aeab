use std::fmt;
use std::sync::Arc;

use wasmtime::component::Linker;

use crate::WasiGrants;
use crate::state::State;
use crate::wasi::{Standing, is_same_interface, standing};

/// What a component may import beside the contract's interfaces: as much of WASI as it was granted,
/// and functions of the host program's own. By default there is nothing of its own, and of WASI
/// what needs no grant.
///
/// ```
/// use airssys_wasm_host::wasmtime::component::HasSelf;
/// use airssys_wasm_host::{Imports, State};
///
/// wasmtime::component::bindgen!({
///     inline: "
///         package demo:kv;
///         interface store { get: func(key: string) -> option<string>; }
///         world guest { import store; }
///     ",
/// });
///
/// struct Fruit;
///
/// impl demo::kv::store::Host for Fruit {
///     fn get(&mut self, key: String) -> Option<String> {
///         (key == "apple").then(|| "red".to_owned())
///     }
/// }
///
/// // Each instance is given a `Fruit` in its `Surroundings::extensions`.
/// let imports = Imports::new().own(["demo:kv/store"], |linker| {
///     demo::kv::store::add_to_linker::<_, HasSelf<Fruit>>(linker, |state: &mut State| {
///         state.extensions_mut().get_mut().expect("each instance is given one")
///     })
/// });
/// ```
#[derive(Clone, Default)]
pub struct Imports {
    pub(crate) grants: Arc<WasiGrants>,
    own: Vec<Own>,
}

#[derive(Clone)]
struct Own {
    interfaces: Vec<String>,
    waits: bool,
    link: Arc<Link>,
}

type Link = dyn Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync;

impl Imports {
    /// Nothing that has to be granted, and nothing of the host program's own.
    pub fn new() -> Self {
        Self::default()
    }

    /// With these grants instead of none.
    pub fn wasi(mut self, grants: WasiGrants) -> Self {
        self.grants = Arc::new(grants);
        self
    }

    /// With these interfaces of the host program's own, which `link` adds. Their functions
    /// must not wait: they hold up the thread on which the guest runs.
    ///
    /// Names are full ones (`demo:kv/store`, `demo:kv/store@1.0.0`); versions of one track stand
    /// for each other.
    pub fn own<N: Into<String>>(
        self,
        interfaces: impl IntoIterator<Item = N>,
        link: impl Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.with(interfaces, false, link)
    }

    /// As [`own`](Self::own), with functions that may wait: who imports one of these interfaces is
    /// called asynchronously. Tokio's runtime is there while they run.
    pub fn own_async<N: Into<String>>(
        self,
        interfaces: impl IntoIterator<Item = N>,
        link: impl Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.with(interfaces, true, link)
    }

    fn with<N: Into<String>>(
        mut self,
        interfaces: impl IntoIterator<Item = N>,
        waits: bool,
        link: impl Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let interfaces = interfaces.into_iter().map(Into::into).collect();
        self.own.push(Own { interfaces, waits, link: Arc::new(link) });
        self
    }

    pub(crate) fn standing(&self, interface: &str) -> Standing {
        if self.owns(interface) { Standing::Provided } else { standing(interface, &self.grants) }
    }

    pub(crate) fn owns(&self, interface: &str) -> bool {
        self.own.iter().any(|own| own.has(interface))
    }

    pub(crate) fn own_waits(&self, interface: &str) -> bool {
        self.own.iter().any(|own| own.waits && own.has(interface))
    }

    pub(crate) fn link_own(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        self.own.iter().try_for_each(|own| (own.link)(linker))
    }
}

impl Own {
    fn has(&self, interface: &str) -> bool {
        self.interfaces.iter().any(|own| is_same_interface(own, interface))
    }
}

impl fmt::Debug for Imports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own: Vec<_> = self.own.iter().flat_map(|own| &own.interfaces).collect();
        f.debug_struct("Imports").field("grants", &self.grants).field("own", &own).finish()
    }
}
