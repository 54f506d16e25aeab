use wasmparser::{CanonicalFunction, CanonicalOption, ComponentAlias, MemoryType, Parser, Payload};
use wit_component::DecodedWasm;
use wit_parser::{Function, IndexMap, Resolve, WorldItem};

use crate::contract::{Contract, EXPORTS, HANDLER, IMPORTS};
use crate::signature::Signature;

/// Whether a core module means the same when it runs as it is as in the component that was made of
/// it: it imports and exports functions of the contract's and nothing else, with the contract's
/// types, and the component has them lifted and lowered as it is done in here.
///
/// Where it does not, the component runs; so this is on the safe side.
pub(crate) fn fits(component: &[u8]) -> bool {
    is_lifted_as_here(component).unwrap_or(false) && has_types_of_the_contract(component)
}

fn is_lifted_as_here(component: &[u8]) -> wasmparser::Result<bool> {
    let mut fits = true;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::MemorySection(section) => {
                for memory in section {
                    fits &= is_plain(memory?);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    if let ComponentAlias::CoreInstanceExport { name, .. } = alias? {
                        fits &= is_used_here(name);
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    fits &= match function? {
                        CanonicalFunction::Lift { options, .. }
                        | CanonicalFunction::Lower { options, .. } => options.iter().all(is_known),
                        _ => false,
                    };
                }
            }
            _ => {}
        }
    }
    Ok(fits)
}

fn is_plain(memory: MemoryType) -> bool {
    !memory.memory64 && !memory.shared && memory.page_size_log2.is_none()
}

fn is_known(option: &CanonicalOption) -> bool {
    use CanonicalOption::{Memory, PostReturn, Realloc, UTF8};
    matches!(option, UTF8 | Memory(_) | Realloc(_) | PostReturn(_))
}

/// Whether what a component takes from its core instances is something that is used in here, or is
/// a part of how the instances are joined.
fn is_used_here(export: &str) -> bool {
    let function = export.strip_prefix("cabi_post_").unwrap_or(export);
    let of_contract = function.split_once('#').is_some_and(|(interface, function)| {
        EXPORTS.contains(&interface) && Contract::get().function(interface, function).is_some()
    });
    let joins = export == "$imports" || export.bytes().all(|byte| byte.is_ascii_digit());
    of_contract || joins || ["memory", "cabi_realloc", "_initialize"].contains(&export)
}

fn has_types_of_the_contract(component: &[u8]) -> bool {
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(component) else {
        return false;
    };
    let world = &resolve.worlds[world];
    let imports = world.imports.values().map(|item| Interface::of(&resolve, item));
    let exports = world.exports.values().map(|item| Interface::of(&resolve, item));
    let (Some(imports), Some(exports)) =
        (imports.collect::<Option<Vec<_>>>(), exports.collect::<Option<Vec<_>>>())
    else {
        return false;
    };
    imports.iter().all(|it| it.functions.is_empty() || it.is_part_of(&IMPORTS))
        && exports.iter().all(|it| it.is_part_of(&EXPORTS) && it.is_whole())
        && exports.iter().any(|it| it.name == HANDLER)
}

/// An interface of the component's world.
struct Interface<'a> {
    name: String,
    resolve: &'a Resolve,
    functions: &'a IndexMap<String, Function>,
}

impl<'a> Interface<'a> {
    fn of(resolve: &'a Resolve, item: &WorldItem) -> Option<Self> {
        let WorldItem::Interface { id, .. } = item else { return None };
        let functions = &resolve.interfaces[*id].functions;
        Some(Self { name: resolve.id_of(*id)?, resolve, functions })
    }

    /// Whether it is one of these, and each of its functions has the contract's type.
    fn is_part_of(&self, interfaces: &[&str]) -> bool {
        let contract = Contract::get();
        let is_as_expected = |found: &Function| {
            contract.function(&self.name, &found.name).is_some_and(|expected| {
                Signature::expected(contract.resolve(), expected)
                    == Signature::expected(self.resolve, found)
            })
        };
        interfaces.contains(&self.name.as_str()) && self.functions.values().all(is_as_expected)
    }

    fn is_whole(&self) -> bool {
        let expected = Contract::get().functions(&self.name);
        expected.is_some_and(|expected| expected.count() == self.functions.len())
    }
}
