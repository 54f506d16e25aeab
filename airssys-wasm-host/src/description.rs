use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use crate::contract::{BATCH_HANDLER, CALLBACK, EXITS, HEALTH, LIFECYCLE};
use crate::load_error::Cause;
use crate::source::{Form, Source};
use crate::{LoadError, core_module};

/// What can be told about a component or core module from its binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What it was given as.
    pub form: Form,
    /// The names of what it imports, such as `airssys:component/messaging@0.1.0`. Of a core
    /// module, a function that belongs to no interface is `MODULE#NAME`.
    pub imports: Vec<String>,
    /// The names of what it exports, such as `airssys:component/handler@0.1.0`.
    pub exports: Vec<String>,
    /// Which of the optional interfaces are among its exports.
    pub interfaces: Interfaces,
}

/// The optional interfaces of the contract that a component exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interfaces {
    /// It can take many messages in one call.
    pub batch_handler: bool,
    /// It can make requests: their outcome comes back here.
    pub callback: bool,
    /// It can monitor others: how those end comes back here.
    pub exits: bool,
    /// It has an `init` and a `shutdown`.
    pub lifecycle: bool,
    /// It can say how it is.
    pub health: bool,
}

/// Describes any component or core module, as binary or as text, also one that could not run
/// here. Nothing is compiled.
///
/// ```
/// let found = airssys_wasm_host::inspect(b"(component)")?;
/// assert!(found.form.is_text() && found.imports.is_empty());
/// # Ok::<(), airssys_wasm_host::LoadError>(())
/// ```
///
/// # Errors
///
/// [`NotWasm`](LoadError::NotWasm), [`BadText`](LoadError::BadText) or
/// [`Invalid`](LoadError::Invalid).
pub fn inspect(source: &[u8]) -> Result<Description, LoadError> {
    Description::of(&Source::read(source)?)
}

impl Description {
    pub(crate) fn of(source: &Source<'_>) -> Result<Self, LoadError> {
        let names = if source.form.is_core_module() {
            core_module::names(&source.binary)
        } else {
            component_names(&source.binary)
        };
        let Names { imports, exports } = names.map_err(LoadError::Invalid)?;
        let exported = |name: &str| exports.iter().any(|export| export == name);
        let interfaces = Interfaces {
            batch_handler: exported(BATCH_HANDLER),
            callback: exported(CALLBACK),
            exits: exported(EXITS),
            lifecycle: exported(LIFECYCLE),
            health: exported(HEALTH),
        };
        Ok(Self { form: source.form, imports, exports, interfaces })
    }
}

/// The names at a binary's outside, each once, in the order of the binary.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// How deep components may be nested: to compile them takes the square of that in time, and what
/// tools make is three or four deep.
const MAX_DEPTH: usize = 100;

fn component_names(binary: &[u8]) -> Result<Names, Cause> {
    let mut names = Names::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(binary) {
        match payload? {
            Payload::ModuleSection { unchecked_range: inner, .. }
            | Payload::ComponentSection { unchecked_range: inner, .. } => {
                // The parser takes it for an end where the bytes are out between two sections.
                if inner.end > binary.len() {
                    return Err("unexpected end-of-file within an inner module".into());
                }
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format!("components are nested more than {MAX_DEPTH} deep").into());
                }
            }
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import?;
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        names.imports.push(import.name.name.into());
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export?;
                    if export.kind != ComponentExternalKind::Type {
                        names.exports.push(export.name.name.into());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(names)
}
