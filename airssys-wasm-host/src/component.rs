use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use wasmparser::Validator;
use wasmtime::component::Linker;

use crate::core_abi::{self, CoreModule};
use crate::core_module;
use crate::description::Description;
use crate::exports::Exports;
use crate::imports::{self, Taken};
use crate::instance::Linked;
use crate::source::Source;
use crate::wasi;
use crate::{Engine, Imports, InstancePre, LoadError, LoadLimits};

/// A component that was compiled, and that exports a handler. What it imports is judged when it is
/// linked. Cloning shares it.
#[derive(Clone)]
pub struct Component {
    parts: Arc<Parts>,
}

struct Parts {
    engine: Engine,
    description: Description,
    compiled: Compiled,
}

/// What was compiled, by the way in which it is called.
enum Compiled {
    Component(wasmtime::component::Component, Arc<Exports>),
    Core(CoreModule),
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
        let component = if source.form.is_core_module() {
            Cow::Owned(core_module::wrap(&source.binary)?)
        } else {
            Cow::Borrowed(&*source.binary)
        };
        limits.check_code(&component)?;
        let direct =
            engine.calls_directly().then(|| compile_directly(engine, &component)).flatten();
        let compiled = match direct {
            Some(module) => Compiled::Core(module),
            None => {
                let compiled = compile(engine, &component)?;
                let exports = Arc::new(Exports::find(&compiled)?);
                Compiled::Component(compiled, exports)
            }
        };
        let engine = engine.clone();
        Ok(Self { parts: Arc::new(Parts { engine, description, compiled }) })
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
        let Parts { engine, compiled, .. } = &*self.parts;
        let (pace, counts_fuel) = (engine.pace(), engine.counts_fuel());
        let (compiled, exports) = match compiled {
            Compiled::Component(compiled, exports) => (compiled, Arc::clone(exports)),
            Compiled::Core(core) => {
                let linked = Linked::Core(core.link().map_err(failed)?);
                let taken = Taken::default();
                return Ok(InstancePre { linked, pace, counts_fuel, taken, grants: None });
            }
        };
        let taken = imports::check(compiled, imports)?;
        let mut linker = Linker::new(engine.wasmtime());
        imports::link(&mut linker).map_err(failed)?;
        if taken.wasi.any {
            wasi::link(&mut linker, &imports.grants, taken.can_wait()).map_err(failed)?;
        }
        imports.link_own(&mut linker).map_err(failed)?;
        let linked = Linked::Component(linker.instantiate_pre(compiled).map_err(failed)?, exports);
        let grants = taken.wasi.any.then(|| Arc::clone(&imports.grants));
        Ok(InstancePre { linked, pace, counts_fuel, taken, grants })
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Component").field(self.description()).finish()
    }
}

/// Where this fails the component may still run as such; or it fails as well, and says why.
fn compile_directly(engine: &Engine, component: &[u8]) -> Option<CoreModule> {
    let module = core_abi::module_within(component)?;
    CoreModule::compile(engine, module).ok()
}

fn compile(engine: &Engine, binary: &[u8]) -> Result<wasmtime::component::Component, LoadError> {
    engine.compile(binary).map_err(|error| match Validator::new().validate_all(binary) {
        Err(fault) => LoadError::Invalid(fault.into()),
        Ok(_) => LoadError::Compile(error.into()),
    })
}
