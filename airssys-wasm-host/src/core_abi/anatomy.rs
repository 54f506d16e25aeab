use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, Export, ExternalKind, Parser, Payload,
};

/// A component of the contract's has fewer instances, and fewer functions in one or exported.
///
/// What is read here is not validated yet. With a bound, neither time nor memory grows with the
/// square of its size.
pub(super) const FEW: usize = 64;

/// What a component is put together of, by the indices of the binary format. Types are left out.
///
/// It is read of components that are one core module and what lifts and lowers its functions. None
/// where there is something that has no place in such a one, or is not well-formed.
#[derive(Default)]
pub(super) struct Anatomy<'a> {
    pub(super) modules: Vec<&'a [u8]>,
    pub(super) core_instances: Vec<CoreInstance<'a>>,
    core_functions: Vec<CoreFunction<'a>>,
    memories: Vec<CoreExport<'a>>,
    tables: Vec<CoreExport<'a>>,
    functions: Vec<Function<'a>>,
    instances: Vec<Instance<'a>>,
    components: Vec<Reexports<'a>>,
    /// With the name of an interface, which instance implements it.
    exports: Vec<(&'a str, u32)>,
}

pub(super) enum CoreInstance<'a> {
    Of { module: u32, arguments: Vec<(&'a str, u32)> },
    Bundle(Vec<Export<'a>>),
}

/// What a core instance exports under this name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CoreExport<'a> {
    pub(super) instance: u32,
    pub(super) name: &'a str,
}

pub(super) enum CoreFunction<'a> {
    Exported(CoreExport<'a>),
    Lowered { function: u32, options: Box<[CanonicalOption]> },
}

pub(super) enum Function<'a> {
    Imported { interface: &'a str, name: &'a str },
    Lifted { function: u32, options: Box<[CanonicalOption]> },
}

enum Instance<'a> {
    Imported(&'a str),
    /// Functions by name.
    Bundle(Vec<(&'a str, u32)>),
}

/// A component that exports functions which it imports: the names of both.
type Reexports<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Anatomy<'a> {
    pub(super) fn read(component: &'a [u8]) -> Option<Self> {
        let mut anatomy = Self::default();
        for payload in Payloads::of(component) {
            anatomy.take_in(payload?)?;
        }
        Some(anatomy)
    }

    pub(super) fn core_function(&self, index: u32) -> Option<&CoreFunction<'a>> {
        self.core_functions.get(index as usize)
    }

    pub(super) fn function(&self, index: u32) -> Option<&Function<'a>> {
        self.functions.get(index as usize)
    }

    pub(super) fn is_memory(&self, index: u32, export: CoreExport<'_>) -> bool {
        self.memories.get(index as usize) == Some(&export)
    }

    pub(super) fn is_table(&self, index: u32, export: CoreExport<'_>) -> bool {
        self.tables.get(index as usize) == Some(&export)
    }

    pub(super) fn is_core_function(&self, index: u32, export: CoreExport<'_>) -> bool {
        matches!(self.core_function(index), Some(CoreFunction::Exported(found)) if *found == export)
    }

    /// The names of what is imported.
    pub(super) fn imports(&self) -> impl Iterator<Item = &'a str> {
        self.instances.iter().filter_map(|instance| match instance {
            Instance::Imported(name) => Some(*name),
            Instance::Bundle(_) => None,
        })
    }

    /// The names of what is exported.
    pub(super) fn exports(&self) -> impl Iterator<Item = &'a str> {
        self.exports.iter().map(|&(name, _)| name)
    }

    /// Each function that is exported: its interface, its name and its index.
    pub(super) fn exported_functions(&self) -> Option<Vec<(&'a str, &'a str, u32)>> {
        let mut exported = Vec::new();
        for &(interface, instance) in &self.exports {
            let Instance::Bundle(functions) = self.instances.get(instance as usize)? else {
                return None;
            };
            exported.extend(functions.iter().map(|&(name, index)| (interface, name, index)));
        }
        few(exported)
    }

    fn take_in(&mut self, part: Part<'a>) -> Option<()> {
        match part {
            Part::Module(module) => self.modules.push(module),
            Part::Component(component) => self.components.push(reexports(component)?),
            Part::Section(Payload::InstanceSection(section)) => {
                for instance in section {
                    self.core_instances.push(core_instance(instance.ok()?)?);
                }
            }
            Part::Section(Payload::ComponentInstanceSection(section)) => {
                for instance in section {
                    let functions = self.functions_of(instance.ok()?)?;
                    self.add(Instance::Bundle(functions))?;
                }
            }
            Part::Section(Payload::ComponentAliasSection(section)) => {
                for alias in section {
                    self.alias(alias.ok()?)?;
                }
            }
            Part::Section(Payload::ComponentCanonicalSection(section)) => {
                for function in section {
                    self.convert(function.ok()?)?;
                }
            }
            Part::Section(Payload::ComponentImportSection(section)) => {
                for import in section {
                    let import = import.ok()?;
                    match import.ty {
                        ComponentTypeRef::Instance(_) => {
                            self.add(Instance::Imported(import.name.name))?;
                        }
                        ComponentTypeRef::Type(_) => {}
                        _ => return None,
                    }
                }
            }
            Part::Section(Payload::ComponentExportSection(section)) => {
                for export in section {
                    let export = export.ok()?;
                    if export.kind != ComponentExternalKind::Instance {
                        return None;
                    }
                    self.exports.push((export.name.name, export.index));
                    // An export is an instance of its own, too.
                    let again = match self.instances.get(export.index as usize)? {
                        Instance::Bundle(functions) => functions.clone(),
                        Instance::Imported(_) => return None,
                    };
                    self.add(Instance::Bundle(again))?;
                }
            }
            Part::Section(section) => ignorable(&section)?,
        }
        Some(())
    }

    fn add(&mut self, instance: Instance<'a>) -> Option<()> {
        self.instances.push(instance);
        (self.instances.len() <= FEW).then_some(())
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Option<()> {
        match alias {
            ComponentAlias::CoreInstanceExport { kind, instance_index: instance, name } => {
                let export = CoreExport { instance, name };
                match kind {
                    ExternalKind::Func => self.core_functions.push(CoreFunction::Exported(export)),
                    ExternalKind::Memory => self.memories.push(export),
                    ExternalKind::Table => self.tables.push(export),
                    _ => return None,
                }
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. } => {}
            ComponentAlias::Outer { kind, .. } => is_type(kind).then_some(())?,
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let instance = self.instances.get(instance_index as usize)?;
                let (ComponentExternalKind::Func, Instance::Imported(interface)) = (kind, instance)
                else {
                    return None;
                };
                self.functions.push(Function::Imported { interface, name });
            }
        }
        Some(())
    }

    fn convert(&mut self, function: CanonicalFunction) -> Option<()> {
        match function {
            CanonicalFunction::Lift { core_func_index: function, options, .. } => {
                self.functions.push(Function::Lifted { function, options });
            }
            CanonicalFunction::Lower { func_index: function, options } => {
                self.core_functions.push(CoreFunction::Lowered { function, options });
            }
            _ => return None,
        }
        Some(())
    }

    fn functions_of(&self, instance: ComponentInstance<'a>) -> Option<Vec<(&'a str, u32)>> {
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                let (reexports, args) =
                    (self.components.get(component_index as usize)?, few(args.into())?);
                let argument = |name: &str| {
                    let is_it = |kind| kind == ComponentExternalKind::Func;
                    args.iter().find(|it| it.name == name && is_it(it.kind)).map(|it| it.index)
                };
                let function = |&(name, import): &(&'a str, &str)| Some((name, argument(import)?));
                reexports.iter().map(function).collect()
            }
            ComponentInstance::FromExports(exports) => {
                let functions = exports.iter().filter(|it| it.kind != ComponentExternalKind::Type);
                let function = |kind| kind == ComponentExternalKind::Func;
                functions
                    .map(|it| function(it.kind).then_some((it.name.name, it.index)))
                    .collect::<Option<_>>()
                    .and_then(few)
            }
        }
    }
}

fn core_instance(instance: wasmparser::Instance<'_>) -> Option<CoreInstance<'_>> {
    match instance {
        wasmparser::Instance::Instantiate { module_index: module, args } => {
            let arguments = few(args.iter().map(|it| (it.name, it.index)).collect())?;
            Some(CoreInstance::Of { module, arguments })
        }
        wasmparser::Instance::FromExports(exports) => few(exports.into()).map(CoreInstance::Bundle),
    }
}

fn few<T>(all: Vec<T>) -> Option<Vec<T>> {
    (all.len() <= FEW).then_some(all)
}

fn is_type(kind: ComponentOuterAliasKind) -> bool {
    matches!(kind, ComponentOuterAliasKind::Type | ComponentOuterAliasKind::CoreType)
}

fn reexports(component: &[u8]) -> Option<Reexports<'_>> {
    let (mut functions, mut reexports) = (Vec::new(), Vec::new());
    for part in Payloads::of(component) {
        match part? {
            Part::Section(Payload::ComponentImportSection(section)) => {
                for import in section {
                    let import = import.ok()?;
                    match import.ty {
                        ComponentTypeRef::Func(_) => functions.push(import.name.name),
                        ComponentTypeRef::Type(_) => {}
                        _ => return None,
                    }
                }
            }
            Part::Section(Payload::ComponentExportSection(section)) => {
                for export in section {
                    let export = export.ok()?;
                    match export.kind {
                        ComponentExternalKind::Func => {
                            let function = *functions.get(export.index as usize)?;
                            reexports.push((export.name.name, function));
                            functions.push(function);
                        }
                        ComponentExternalKind::Type => {}
                        _ => return None,
                    }
                }
            }
            Part::Section(Payload::ComponentAliasSection(section)) => {
                for alias in section {
                    let ComponentAlias::Outer { kind, .. } = alias.ok()? else { return None };
                    is_type(kind).then_some(())?;
                }
            }
            Part::Section(section) => ignorable(&section)?,
            Part::Module(_) | Part::Component(_) => return None,
        }
    }
    few(reexports)
}

/// Whether a section changes nothing of what is called.
fn ignorable(section: &Payload<'_>) -> Option<()> {
    matches!(
        section,
        Payload::Version { .. }
            | Payload::ComponentTypeSection(_)
            | Payload::CustomSection(_)
            | Payload::End(_)
    )
    .then_some(())
}

/// The parts of a component, in order.
struct Payloads<'a> {
    parser: Parser,
    all: &'a [u8],
    rest: &'a [u8],
}

enum Part<'a> {
    Section(Payload<'a>),
    Module(&'a [u8]),
    Component(&'a [u8]),
}

impl<'a> Payloads<'a> {
    fn of(binary: &'a [u8]) -> Self {
        Self { parser: Parser::new(0), all: binary, rest: binary }
    }

    fn next_part(&mut self) -> Option<Part<'a>> {
        let chunk = self.parser.parse(self.rest, true).ok()?;
        let wasmparser::Chunk::Parsed { consumed, payload } = chunk else { return None };
        self.rest = self.rest.get(consumed..)?;
        let mut nested = |range: std::ops::Range<usize>| {
            self.rest = self.all.get(range.end..)?;
            self.all.get(range)
        };
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                nested(unchecked_range).map(Part::Module)
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                nested(unchecked_range).map(Part::Component)
            }
            section => Some(Part::Section(section)),
        }
    }
}

/// Each part, or none where it is not well-formed.
impl<'a> Iterator for Payloads<'a> {
    type Item = Option<Part<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let part = self.next_part();
        if part.is_none() {
            self.rest = &[];
        }
        Some(part)
    }
}
