use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentItem};
use wasmparser::types::TypesRef;
use wasmparser::{Validator, WasmFeatures};

use super::anatomy::Anatomy;
use crate::contract::{Contract, EXPORTS, HANDLER, IMPORTS};
use crate::signature::Signature;

/// What a guest that is called directly may be made of: what toolchains use, of what wasmtime takes.
/// With something else in it a component may still run, but not in this way.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::COMPONENT_MODEL);

/// Whether a component is valid, with the code of all its modules, and what it imports and exports
/// has the contract's types.
///
/// What is not valid could become so when functions are added to it, and then call these.
pub(super) fn is_valid_with_types_of_the_contract(component: &[u8], anatomy: &Anatomy<'_>) -> bool {
    let Ok(types) = Validator::new_with_features(FEATURES).validate_all(component) else {
        return false;
    };
    let types = types.as_ref();
    let mut imports = anatomy.imports();
    let mut exports = anatomy.exports();
    anatomy.exports().any(|name| name == HANDLER)
        && imports.all(|name| is_import(types, name) == Some(true))
        && exports.all(|name| is_export(types, name) == Some(true))
}

/// Whether it is one of the interfaces that the host provides, or has types and nothing else.
fn is_import(types: TypesRef<'_>, name: &str) -> Option<bool> {
    let found = types.component_item_for_import(name)?;
    let functions = functions_of(types, found, name)?;
    Some(functions == 0 || IMPORTS.contains(&name))
}

/// Whether it is one of the interfaces that the host calls, and all of it.
fn is_export(types: TypesRef<'_>, name: &str) -> Option<bool> {
    let found = types.component_item_for_export(name)?;
    let expected = Contract::get().functions(name)?.count();
    Some(EXPORTS.contains(&name) && functions_of(types, found, name)? == expected)
}

/// How many functions an instance has, if each is the contract's and all else are types of values.
fn functions_of(types: TypesRef<'_>, found: &ComponentItem, interface: &str) -> Option<usize> {
    let ComponentEntityType::Instance(id) = found.ty else { return None };
    let contract = Contract::get();
    let mut functions = 0;
    for (name, item) in &types[id].exports {
        match item.ty {
            ComponentEntityType::Func(id) => {
                let expected = contract.function(interface, name)?;
                let expected = Signature::expected(contract.resolve(), expected);
                (Signature::validated(types, &types[id]) == expected).then_some(())?;
                functions += 1;
            }
            ComponentEntityType::Type { created: ComponentAnyTypeId::Defined(_), .. } => {}
            _ => return None,
        }
    }
    Some(functions)
}
