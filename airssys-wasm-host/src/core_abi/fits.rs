use std::collections::HashMap;

use wasmparser::{CanonicalOption, ExternalKind, Parser, Payload, TypeRef};

use super::anatomy::{Anatomy, CoreExport, CoreFunction, CoreInstance, FEW, Function};
use super::joints;
use super::types::is_valid_with_types_of_the_contract;
use crate::contract::EXPORTS;

/// The core module that means the same when it is called directly as the component around it, if
/// there is one: it is all that the component has, it imports and exports functions of the contract's
/// and nothing else, with the contract's types, and the component has them lifted and lowered as it
/// is done in here. It is valid.
///
/// Where there is none, the component runs; so this is on the safe side.
pub(crate) fn module_within(component: &[u8]) -> Option<&[u8]> {
    let anatomy = Anatomy::read(component)?;
    let module = Joined::of(&anatomy)?.module()?;
    is_valid_with_types_of_the_contract(component, &anatomy).then_some(module)
}

/// A component that is one core module, and the core instances by which it is joined to its imports.
struct Joined<'a, 'c> {
    anatomy: &'c Anatomy<'a>,
    exported: Vec<(&'a str, &'a str, u32)>,
    /// The core instance whose functions are exported.
    main: u32,
    shim: Option<Shim<'a>>,
    fixup: Option<Fixup<'a, 'c>>,
    /// Whether `_initialize` is called at the end.
    is_initialized: bool,
}

struct Shim<'a> {
    instance: u32,
    slots: HashMap<&'a str, u32>,
    /// How many there are.
    size: u64,
}

/// What is in the slots of a shim.
struct Fixup<'a, 'c> {
    slots: Vec<&'a str>,
    given: &'c [wasmparser::Export<'a>],
}

impl<'a, 'c> Joined<'a, 'c> {
    fn of(anatomy: &'c Anatomy<'a>) -> Option<Self> {
        let exported = anatomy.exported_functions()?;
        let &(.., first) = exported.first()?;
        let Function::Lifted { function, .. } = anatomy.function(first)? else { return None };
        let CoreFunction::Exported(export) = anatomy.core_function(*function)? else { return None };
        let (main, shim, fixup) = (export.instance, None, None);
        let mut joined = Self { anatomy, exported, main, shim, fixup, is_initialized: false };
        for (number, instance) in (0..).zip(&anatomy.core_instances) {
            if let CoreInstance::Of { module, arguments } = instance
                && number != main
            {
                let module = anatomy.modules.get(*module as usize)?;
                joined.take_in(number, module, arguments)?;
            }
        }
        Some(joined)
    }

    /// Notes what another core instance than the main one is for: first there is the shim, then that
    /// one, then its fixup and its starter.
    fn take_in(&mut self, number: u32, module: &'a [u8], arguments: &[(&str, u32)]) -> Option<()> {
        if arguments.is_empty() && self.shim.is_none() {
            let (slots, size) = joints::shim(module)?;
            let slots = slots.into_iter().collect();
            self.shim = Some(Shim { instance: number, slots, size });
            return Some(());
        }
        let &[("", given)] = arguments else { return None };
        let CoreInstance::Bundle(given) = self.anatomy.core_instances.get(given as usize)? else {
            return None;
        };
        if self.is_initialized {
            return None;
        }
        if joints::is_starter(module) == Some(true) {
            let [started] = given.as_slice() else { return None };
            self.is_initialized = true;
            let initialize = self.of_main("_initialize");
            return self.anatomy.is_core_function(started.index, initialize).then_some(());
        }
        if self.fixup.is_some() {
            return None;
        }
        let shim = self.shim.as_ref()?;
        let table = CoreExport { instance: shim.instance, name: joints::TABLE };
        let is_it = |it: &&wasmparser::Export<'_>| it.kind == ExternalKind::Table;
        let is_filled =
            given.iter().find(is_it).is_some_and(|it| self.anatomy.is_table(it.index, table));
        let slots = joints::fixup(module)?;
        let fits = is_filled && slots.len() as u64 <= shim.size;
        self.fixup = Some(Fixup { slots, given });
        fits.then_some(())
    }

    /// The main module, if each of its functions is used as it is done in here.
    fn module(&self) -> Option<&'a [u8]> {
        let CoreInstance::Of { module, arguments } =
            self.anatomy.core_instances.get(self.main as usize)?
        else {
            return None;
        };
        let module = *self.anatomy.modules.get(*module as usize)?;
        let outside = Outside::of(module)?;
        let exports = |name: &str| outside.exports.contains_key(name);
        let fits = exports("memory")
            && exports("cabi_realloc")
            && exports("_initialize") == self.is_initialized
            && outside.exports.keys().all(|name| self.is_seen(name))
            && self.exported.iter().all(|&(interface, name, function)| {
                self.is_lifted(interface, name, function, &outside) == Some(true)
            })
            && outside.imports.iter().all(|&(interface, name)| {
                self.is_lowered(interface, name, arguments) == Some(true)
            });
        fits.then_some(module)
    }

    /// Whether what would be called by this name is what the component exports.
    fn is_seen(&self, name: &str) -> bool {
        let Some((interface, function)) = name.split_once('#') else { return true };
        let is_it = |&(of, found, _): &(&str, &str, u32)| (of, found) == (interface, function);
        !EXPORTS.contains(&interface) || self.exported.iter().any(is_it)
    }

    fn is_lifted(
        &self,
        interface: &str,
        name: &str,
        function: u32,
        outside: &Outside<'_>,
    ) -> Option<bool> {
        let Function::Lifted { function, options } = self.anatomy.function(function)? else {
            return None;
        };
        let export = format!("{interface}#{name}");
        let free = format!("cabi_post_{export}");
        let is_freed = options.iter().any(|it| matches!(it, CanonicalOption::PostReturn(_)));
        let fits = self.anatomy.is_core_function(*function, self.of_main(&export))
            && is_freed == outside.exports.contains_key(free.as_str())
            && options.iter().all(|option| self.is_known(option, &free));
        Some(fits)
    }

    fn is_lowered(&self, interface: &str, name: &str, arguments: &[(&str, u32)]) -> Option<bool> {
        let (_, given) = arguments.iter().find(|(argument, _)| *argument == interface)?;
        let given = self.anatomy.core_instances.get(*given as usize)?;
        let CoreInstance::Bundle(given) = given else { return None };
        let given = self.anatomy.core_function(function_named(given, name)?)?;
        let (lowered, needs_memory) = match given {
            CoreFunction::Lowered { .. } => (given, false),
            CoreFunction::Exported(export) => (self.in_slot(*export)?, true),
        };
        let CoreFunction::Lowered { function, options } = lowered else { return None };
        let Function::Imported { interface: of, name: found } = self.anatomy.function(*function)?
        else {
            return None;
        };
        // What needs no memory can be called before it is there, here as well as there.
        let has_memory = options.iter().any(|it| matches!(it, CanonicalOption::Memory(_)));
        let fits = (*of, *found) == (interface, name)
            && has_memory == needs_memory
            && options.iter().all(|option| self.is_known(option, ""));
        Some(fits)
    }

    /// The function that this export calls, which is one of the shim's.
    fn in_slot(&self, export: CoreExport<'_>) -> Option<&CoreFunction<'a>> {
        let shim = self.shim.as_ref().filter(|shim| shim.instance == export.instance)?;
        let (slot, fixup) = (*shim.slots.get(export.name)?, self.fixup.as_ref()?);
        let name = fixup.slots.get(slot as usize)?;
        self.anatomy.core_function(function_named(fixup.given, name)?)
    }

    fn is_known(&self, option: &CanonicalOption, free: &str) -> bool {
        let is = |index, name| self.anatomy.is_core_function(index, self.of_main(name));
        match *option {
            CanonicalOption::UTF8 => true,
            CanonicalOption::Memory(memory) => {
                self.anatomy.is_memory(memory, self.of_main("memory"))
            }
            CanonicalOption::Realloc(realloc) => is(realloc, "cabi_realloc"),
            CanonicalOption::PostReturn(post_return) => is(post_return, free),
            _ => false,
        }
    }

    fn of_main<'n>(&self, name: &'n str) -> CoreExport<'n> {
        CoreExport { instance: self.main, name }
    }
}

fn function_named(bundle: &[wasmparser::Export<'_>], name: &str) -> Option<u32> {
    let is_it = |it: &&wasmparser::Export<'_>| it.kind == ExternalKind::Func && it.name == name;
    bundle.iter().find(is_it).map(|it| it.index)
}

/// The outside of the main module.
#[derive(Default)]
struct Outside<'a> {
    imports: Vec<(&'a str, &'a str)>,
    exports: HashMap<&'a str, ExternalKind>,
}

impl<'a> Outside<'a> {
    /// None where it imports something else than functions, or too many.
    fn of(module: &'a [u8]) -> Option<Self> {
        let mut outside = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload.ok()? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.ok()?;
                        let TypeRef::Func(_) = import.ty else { return None };
                        outside.imports.push((import.module, import.name));
                        (outside.imports.len() <= FEW).then_some(())?;
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.ok()?;
                        outside.exports.insert(export.name, export.kind);
                    }
                }
                _ => {}
            }
        }
        Some(outside)
    }
}
