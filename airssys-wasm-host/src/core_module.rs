use std::collections::{BTreeSet, HashSet};

use wasmparser::{CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Function;
use wit_parser::abi::AbiVariant;

use crate::LoadError;
use crate::contract::{Contract, EXPORTS, HANDLER, IMPORTS};
use crate::description::Names;
use crate::load_error::Cause;
use crate::signature;
use crate::source::Source;

/// Makes a core module, as binary or as text, into the binary of a component.
///
/// Its world is the one in its `component-type` section, if it has one, as what `wit-bindgen`
/// builds does. Otherwise it follows from the names of its imports and exports:
/// `(import "airssys:component/messaging@0.1.0" "send-message" …)` and
/// `(export "airssys:component/handler@0.1.0#handle-message" …)` stand for these interfaces.
/// Beside them it exports `memory`, `cabi_realloc` and, to free what a function returned,
/// `cabi_post_` with that function's name. What is a component already is given back.
///
/// # Errors
///
/// It is malformed, imports or exports something else than the contract's functions, or is in
/// some way not what the component model asks of it.
pub fn component_from_core(source: &[u8]) -> Result<Vec<u8>, LoadError> {
    let source = Source::read(source)?;
    if source.form.is_core_module() { wrap(&source.binary) } else { Ok(source.binary.into_owned()) }
}

pub(crate) fn wrap(binary: &[u8]) -> Result<Vec<u8>, LoadError> {
    let module = Outside::of(binary).map_err(|error| LoadError::Invalid(error.into()))?;
    if module.names_its_world {
        return encode(binary);
    }
    let mut binary = binary.to_vec();
    embed_world(&mut binary, &module.world()?)?;
    encode(&binary)
}

/// What a core module has to do with, by interface where the names are those of one.
pub(crate) fn names(binary: &[u8]) -> Result<Names, Cause> {
    let module = Outside::of(binary)?;
    let mut names = Names::default();
    for (interface, function, _) in &module.imports {
        let is_interface = interface.contains(['/', ':']);
        let whole = || format!("{interface}#{function}");
        names.imports.push(if is_interface { (*interface).into() } else { whole() });
    }
    for (name, _) in &module.exports {
        if !name.starts_with("cabi_") {
            let interface = name.split_once('#').map_or(*name, |(interface, _)| interface);
            names.exports.push(interface.into());
        }
    }
    keep_first(&mut names.imports);
    keep_first(&mut names.exports);
    Ok(names)
}

/// Keeps each name once. A binary may have a million of them.
fn keep_first(names: &mut Vec<String>) {
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
}

fn encode(binary: &[u8]) -> Result<Vec<u8>, LoadError> {
    ComponentEncoder::default()
        .validate(true)
        .module(binary)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| LoadError::NotWrappable(error.into()))
}

fn embed_world(binary: &mut Vec<u8>, world: &str) -> Result<(), LoadError> {
    let mut resolve = Contract::get().resolve().clone();
    resolve
        .push_str("world.wit", world)
        .and_then(|package| resolve.select_world(&[package], None))
        .and_then(|world| embed_component_metadata(binary, &resolve, world, StringEncoding::UTF8))
        .map_err(|error| LoadError::NotWrappable(error.into()))
}

/// The outside of a core module. Functions come with their types, other things without.
#[derive(Default)]
struct Outside<'a> {
    imports: Vec<(&'a str, &'a str, Option<FuncType>)>,
    exports: Vec<(&'a str, Option<FuncType>)>,
    names_its_world: bool,
}

impl<'a> Outside<'a> {
    fn of(binary: &'a [u8]) -> wasmparser::Result<Self> {
        let mut module = Self::default();
        let mut types: Vec<Option<FuncType>> = Vec::new();
        let mut functions: Vec<Option<FuncType>> = Vec::new();
        let type_at =
            |types: &[Option<FuncType>], index: u32| types.get(index as usize).cloned().flatten();
        for payload in Parser::new(0).parse_all(binary) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        types.extend(group?.into_types().map(|ty| match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => Some(ty),
                            _ => None,
                        }));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let mut ty = None;
                        if let TypeRef::Func(index) | TypeRef::FuncExact(index) = import.ty {
                            ty = type_at(&types, index);
                            functions.push(ty.clone());
                        }
                        module.imports.push((import.module, import.name, ty));
                    }
                }
                Payload::FunctionSection(section) => {
                    for index in section {
                        functions.push(type_at(&types, index?));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        let ty = match export.kind {
                            ExternalKind::Func => type_at(&functions, export.index),
                            _ => None,
                        };
                        module.exports.push((export.name, ty));
                    }
                }
                Payload::CustomSection(section) => {
                    module.names_its_world |= section.name().starts_with("component-type");
                }
                _ => {}
            }
        }
        Ok(module)
    }

    /// The world that follows from the names, as WIT.
    fn world(&self) -> Result<String, LoadError> {
        let exported = self.exported_interfaces()?;
        let imported = self.imported_interfaces()?;
        let mut items = String::new();
        for name in imported {
            items += &format!("import {name};\n");
        }
        for name in exported {
            items += &format!("export {name};\n");
        }
        Ok(format!("package airssys:core-module;\nworld core-module {{\n{items}}}\n"))
    }

    fn exported_interfaces(&self) -> Result<BTreeSet<&'a str>, LoadError> {
        let mut interfaces = BTreeSet::new();
        for (name, found) in &self.exports {
            let Some((interface, function)) = name.split_once('#') else {
                continue;
            };
            if !EXPORTS.contains(&interface) {
                continue;
            }
            interfaces.insert(interface);
            if let Some(expected) = Contract::get().function(interface, function) {
                check(AbiVariant::GuestExport, name, expected, found.as_ref())?;
            }
        }
        if !interfaces.contains(HANDLER) {
            return Err(LoadError::MissingExport { interface: HANDLER.into() });
        }
        Ok(interfaces)
    }

    fn imported_interfaces(&self) -> Result<BTreeSet<&'a str>, LoadError> {
        let mut interfaces = BTreeSet::new();
        let mut unknown = Vec::new();
        let mut wrong = Ok(());
        for (interface, function, found) in &self.imports {
            let name = format!("{interface}#{function}");
            let expected = IMPORTS
                .contains(interface)
                .then(|| Contract::get().function(interface, function))
                .flatten();
            let Some(expected) = expected else {
                unknown.push(name);
                continue;
            };
            interfaces.insert(*interface);
            wrong = wrong.and(check(AbiVariant::GuestImport, &name, expected, found.as_ref()));
        }
        if !unknown.is_empty() {
            keep_first(&mut unknown);
            return Err(LoadError::UnknownImports(unknown));
        }
        wrong.map(|()| interfaces)
    }
}

fn check(
    side: AbiVariant,
    name: &str,
    expected: &Function,
    found: Option<&FuncType>,
) -> Result<(), LoadError> {
    let expected = Contract::get().resolve().wasm_signature(side, expected);
    let expected = signature::of_core(&expected.params, &expected.results);
    let found = found.map_or_else(
        || "no function".into(),
        |found| signature::of_core(found.params(), found.results()),
    );
    if expected == found {
        return Ok(());
    }
    Err(LoadError::WrongSignature { function: name.into(), expected, found })
}
