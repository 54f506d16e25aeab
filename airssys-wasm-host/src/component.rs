use std::fmt;
use std::sync::Arc;

use wasmparser::Validator;
use wasmtime::component::Linker;

use crate::core_module;
use crate::description::Description;
use crate::exports::Exports;
use crate::imports;
use crate::source::Source;
use crate::wasi;
use crate::{Engine, Imports, InstancePre, LoadError, LoadLimits};

/// A component that was compiled, and that exports a handler. What it imports is judged when it is
/// linked. Cloning shares it.
#[derive(Clone)]
pub struct Component {
    engine: Engine,
    compiled: wasmtime::component::Component,
    parts: Arc<Parts>,
}

struct Parts {
    description: Description,
    exports: Arc<Exports>,
}

impl Component {
    /// Compiles a component, or a core module that is made into one as
    /// [`component_from_core`](crate::component_from_core) does, each as binary or as text.
    ///
    /// # Errors
    ///
    /// It is malformed, too much, or built for something else; nothing of it has run.
    pub fn load(engine: &Engine, source: &[u8]) -> Result<Self, LoadError> {
        Self::load_within(LoadLimits::default(), engine, source)
    }

    /// As [`load`](Self::load), within limits other than the default.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn load_within(
        limits: LoadLimits,
        engine: &Engine,
        source: &[u8],
    ) -> Result<Self, LoadError> {
        limits.check_size(source)?;
        let source = Source::read(source)?;
        let description = Description::of(&source)?;
        let binary = if source.form.is_core_module() {
            core_module::wrap(&source.binary)?.into()
        } else {
            source.binary
        };
        limits.check_code(&binary)?;
        let compiled = compile(engine, &binary)?;
        let exports = Arc::new(Exports::find(&compiled)?);
        Ok(Self {
            engine: engine.clone(),
            compiled,
            parts: Arc::new(Parts { description, exports }),
        })
    }

    /// What it is, imports and exports.
    pub fn description(&self) -> &Description {
        &self.parts.description
    }

    /// Links it, once for all its instances, with nothing granted.
    ///
    /// # Errors
    ///
    /// As [`link`](Self::link).
    pub fn pre(&self) -> Result<InstancePre, LoadError> {
        self.link(&Imports::new())
    }

    /// Links it with what it may import, once for all its instances.
    ///
    /// From what it imports of that it follows, too, whether its calls can wait.
    ///
    /// # Errors
    ///
    /// It imports what is not provided or not granted, or with other types.
    pub fn link(&self, imports: &Imports) -> Result<InstancePre, LoadError> {
        let failed = |error: wasmtime::Error| LoadError::Link(error.into());
        let taken = imports::check(&self.compiled, imports)?;
        let mut linker = Linker::new(self.engine.wasmtime());
        imports::link(&mut linker).map_err(failed)?;
        if taken.wasi.any {
            wasi::link(&mut linker, &imports.grants, taken.can_wait()).map_err(failed)?;
        }
        imports.link_own(&mut linker).map_err(failed)?;
        let linked = linker.instantiate_pre(&self.compiled).map_err(failed)?;
        let exports = Arc::clone(&self.parts.exports);
        let grants = taken.wasi.any.then(|| Arc::clone(&imports.grants));
        let (pace, counts_fuel) = (self.engine.pace(), self.engine.counts_fuel());
        Ok(InstancePre { linked, exports, pace, counts_fuel, taken, grants })
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Component").field(self.description()).finish()
    }
}

fn compile(engine: &Engine, binary: &[u8]) -> Result<wasmtime::component::Component, LoadError> {
    wasmtime::component::Component::from_binary(engine.wasmtime(), binary).map_err(|error| {
        match Validator::new().validate_all(binary) {
            Err(fault) => LoadError::Invalid(fault.into()),
            Ok(_) => LoadError::Compile(error.into()),
        }
    })
}
