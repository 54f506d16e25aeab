//! The small core modules by which `wit-component` joins the imports of a module with what needs
//! the module's memory, and so comes after it.
//!
//! A *shim* exports functions that call whatever is in a table: one slot for each. The module is
//! given these for its imports. A *fixup* puts the functions into the slots once they are there. A
//! *starter* calls a function when it is instantiated.

use wasmparser::{
    ConstExpr, ElementItems, ElementKind, ExternalKind, FunctionBody, Operator, Parser, Payload,
    TypeRef,
};

/// What a shim exports its table as, and a fixup imports.
pub(super) const TABLE: &str = "$imports";

/// The functions that a shim exports, each with the number of its slot, and how many slots there are.
pub(super) fn shim(module: &[u8]) -> Option<(Vec<(&str, u32)>, u64)> {
    let (mut types, mut functions, mut slots) = (Vec::new(), Vec::new(), Vec::new());
    let (mut tables, mut exports) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty.ok()?.params().len());
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    functions.push(ty.ok()?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    tables.push(table.ok()?.ty.initial);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.ok()?;
                    match export.kind {
                        ExternalKind::Func => exports.push((export.name, export.index as usize)),
                        ExternalKind::Table if export.name == TABLE => {}
                        _ => return None,
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let ty = *functions.get(slots.len())?;
                slots.push(slot_that_is_called(&body, ty, *types.get(ty as usize)?)?);
            }
            payload => ignorable(&payload)?,
        }
    }
    let exports = exports.into_iter().map(|(name, function)| Some((name, *slots.get(function)?)));
    let &[size] = tables.as_slice() else { return None };
    Some((exports.collect::<Option<_>>()?, size))
}

/// The slot of a function that passes all its parameters, and does nothing else.
fn slot_that_is_called(body: &FunctionBody<'_>, ty: u32, params: usize) -> Option<u32> {
    let code: Vec<_> =
        body.get_operators_reader().ok()?.into_iter().collect::<Result<_, _>>().ok()?;
    let (passed, rest) = code.split_at_checked(params)?;
    let passes_all = passed.iter().zip(0..).all(|(operator, param)| {
        matches!(operator, Operator::LocalGet { local_index } if *local_index == param)
    });
    match rest {
        [
            Operator::I32Const { value },
            Operator::CallIndirect { type_index, table_index: 0 },
            Operator::End,
        ] if passes_all && *type_index == ty => u32::try_from(*value).ok(),
        _ => None,
    }
}

/// The names under which a fixup imports the functions that it puts into the slots, in their order.
pub(super) fn fixup(module: &[u8]) -> Option<Vec<&str>> {
    let (mut imports, mut filled) = (Vec::new(), None);
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.ok()?;
                    match import.ty {
                        TypeRef::Func(_) if import.module.is_empty() => imports.push(import.name),
                        TypeRef::Table(_) if import.module.is_empty() && import.name == TABLE => {}
                        _ => return None,
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.ok()?;
                    let ElementKind::Active { table_index: None | Some(0), offset_expr } =
                        element.kind
                    else {
                        return None;
                    };
                    let ElementItems::Functions(functions) = element.items else { return None };
                    (is_zero(&offset_expr) && filled.is_none()).then_some(())?;
                    filled = Some(functions.into_iter().collect::<Result<Vec<_>, _>>().ok()?);
                }
            }
            Payload::TypeSection(_) => {}
            payload => ignorable(&payload)?,
        }
    }
    filled?.into_iter().map(|function| imports.get(function as usize).copied()).collect()
}

/// Whether a module does nothing but call, at its start, the function that it imports without a
/// name.
pub(super) fn is_starter(module: &[u8]) -> Option<bool> {
    let (mut imports, mut starts) = (0, false);
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.ok()?;
                    let is_it = import.module.is_empty() && import.name.is_empty();
                    imports += 1;
                    (is_it && matches!(import.ty, TypeRef::Func(_))).then_some(())?;
                }
            }
            Payload::StartSection { func, .. } => starts = func == 0,
            Payload::TypeSection(_) => {}
            payload => ignorable(&payload)?,
        }
    }
    Some(starts && imports == 1)
}

fn is_zero(expression: &ConstExpr<'_>) -> bool {
    let code: Result<Vec<_>, _> = expression.get_operators_reader().into_iter().collect();
    matches!(code.as_deref(), Ok([Operator::I32Const { value: 0 }, Operator::End]))
}

/// Whether this does nothing when a module is instantiated, and nothing in calls.
fn ignorable(payload: &Payload<'_>) -> Option<()> {
    matches!(
        payload,
        Payload::Version { .. }
            | Payload::CodeSectionStart { .. }
            | Payload::CustomSection(_)
            | Payload::End(_)
    )
    .then_some(())
}
