use std::fmt;
use std::sync::Arc;

use airssys_wasm_codec::Digest;
use airssys_wasm_host::{
    Component, Description, Engine, HostPattern, Imports, InstancePre, Limits, LoadError,
    WasiGrants,
};
use parking_lot::Mutex;

/// A guest's code, compiled and linked: components are spawned from it as often as wanted.
#[derive(Clone)]
pub struct Guest {
    component: Component,
    digest: Digest,
    imports: Imports,
    /// For components that are granted nothing of WASI, unless it needs something.
    without_grants: Option<InstancePre>,
    with_fuel: Arc<WithFuel>,
}

/// The same code for components that are limited in fuel, compiled for the first of them.
struct WithFuel {
    engine: Engine,
    source: Box<[u8]>,
    compiled: Mutex<Option<Component>>,
}

impl Guest {
    /// Compiles a guest. What it imports is looked at when it is linked.
    pub(crate) fn compile(
        engine: &Engine,
        imports: &Imports,
        source: &[u8],
    ) -> Result<Self, LoadError> {
        let component = Component::load(engine, source)?;
        let without_grants = component.link(imports).ok();
        let (digest, imports) = (Digest::of(source), imports.clone());
        let with_fuel = Arc::new(WithFuel {
            engine: engine.clone(),
            source: source.into(),
            compiled: Mutex::default(),
        });
        Ok(Self { component, digest, imports, without_grants, with_fuel })
    }

    /// The same; it is an error if it imports what no grant could give it.
    pub(crate) fn load(
        engine: &Engine,
        imports: &Imports,
        source: &[u8],
    ) -> Result<Self, LoadError> {
        let guest = Self::compile(engine, imports, source)?;
        if guest.without_grants.is_none() {
            guest.link(&everything(), &Limits::default())?;
        }
        Ok(guest)
    }

    /// Links it for components that are granted this, and limited so.
    pub(crate) fn link(
        &self,
        grants: &WasiGrants,
        limits: &Limits,
    ) -> Result<InstancePre, LoadError> {
        let imports = || self.imports.clone().wasi(grants.clone());
        if limits.fuel_per_message.is_some() {
            return self.with_fuel.component()?.link(&imports());
        }
        let imports_wasi = || self.description().imports.iter().any(|it| it.starts_with("wasi:"));
        match &self.without_grants {
            Some(linked) if *grants == WasiGrants::default() || !imports_wasi() => {
                Ok(linked.clone())
            }
            _ => self.component.link(&imports()),
        }
    }

    /// The digest of the bytes that it was loaded from.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What it imports and exports.
    pub fn description(&self) -> &Description {
        self.component.description()
    }
}

impl WithFuel {
    fn component(&self) -> Result<Component, LoadError> {
        let mut compiled = self.compiled.lock();
        if let Some(component) = &*compiled {
            return Ok(component.clone());
        }
        let engine = self.engine.with_fuel().map_err(|error| LoadError::Compile(error.into()))?;
        let component = Component::load(&engine, &self.source)?;
        Ok(compiled.insert(component).clone())
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guest").field(self.description()).finish()
    }
}

/// Grants that give whatever there is to be granted.
fn everything() -> WasiGrants {
    let anywhere = HostPattern::with_any_port("*");
    let anywhere: Vec<_> = anywhere.into_iter().collect();
    WasiGrants { network: anywhere.clone(), http: anywhere, ..WasiGrants::default() }
}
