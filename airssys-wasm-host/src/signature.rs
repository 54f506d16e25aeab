use std::fmt::Write;

use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType};
use wasmparser::types::TypesRef;
use wasmtime::component::types::{ComponentFunc, Type};
use wit_parser::abi::WasmType;
use wit_parser::{Function, Handle, Resolve, TypeDefKind};

const MAX_TEXT_CHARS: usize = 300;

/// A function's type as one line of text: two are equal where the types are. The names of
/// parameters are no part of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signature(String);

impl Signature {
    /// As the contract has it.
    pub(crate) fn expected(resolve: &Resolve, function: &Function) -> Self {
        let params = function.params.iter().map(|param| of_wit(resolve, &param.ty));
        let result = function.result.as_ref().map(|ty| of_wit(resolve, ty));
        Self::of_parts(false, params, result)
    }

    /// As a component has it.
    pub(crate) fn found(function: &ComponentFunc) -> Self {
        let params = function.params().map(|(_, ty)| of_component(&ty));
        let result = function.results().next().map(|ty| of_component(&ty));
        Self::of_parts(function.async_(), params, result)
    }

    /// As a component has it that was validated.
    pub(crate) fn validated(types: TypesRef<'_>, function: &ComponentFuncType) -> Self {
        let params = function.params.iter().map(|(_, ty)| of_validated(types, ty));
        let result = function.result.as_ref().map(|ty| of_validated(types, ty));
        Self::of_parts(function.async_, params, result)
    }

    /// For an error message: what comes from outside may be of any length.
    pub(crate) fn into_text(self) -> String {
        match self.0.char_indices().nth(MAX_TEXT_CHARS) {
            Some((end, _)) => format!("{}…", &self.0[..end]),
            None => self.0,
        }
    }

    fn of_parts(
        is_async: bool,
        params: impl Iterator<Item = String>,
        result: Option<String>,
    ) -> Self {
        let keyword = if is_async { "async func" } else { "func" };
        let mut text = format!("{keyword}({})", joined(params));
        if let Some(result) = result {
            let _ = write!(text, " -> {result}");
        }
        Self(text)
    }
}

/// The type of a core function, in the words of the text format.
pub(crate) fn of_core(params: &[impl CoreType], results: &[impl CoreType]) -> String {
    let mut text = String::from("(func");
    for (keyword, types) in [("param", names_of(params)), ("result", names_of(results))] {
        if !types.is_empty() {
            let _ = write!(text, " ({keyword} {types})");
        }
    }
    text + ")"
}

/// A value type of core WebAssembly.
pub(crate) trait CoreType {
    fn name(&self) -> String;
}

impl CoreType for WasmType {
    fn name(&self) -> String {
        match self {
            Self::I32 | Self::Pointer | Self::Length => "i32",
            Self::I64 | Self::PointerOrI64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
        .into()
    }
}

impl CoreType for wasmparser::ValType {
    fn name(&self) -> String {
        self.to_string()
    }
}

fn names_of(types: &[impl CoreType]) -> String {
    types.iter().map(CoreType::name).collect::<Vec<_>>().join(" ")
}

fn of_wit(resolve: &Resolve, ty: &wit_parser::Type) -> String {
    use wit_parser::Type;

    let of = |ty: &Type| of_wit(resolve, ty);
    let of_case = |name: &str, ty: Option<&Type>| case(name, ty.map(of));
    match ty {
        Type::Bool => "bool".into(),
        Type::U8 => "u8".into(),
        Type::U16 => "u16".into(),
        Type::U32 => "u32".into(),
        Type::U64 => "u64".into(),
        Type::S8 => "s8".into(),
        Type::S16 => "s16".into(),
        Type::S32 => "s32".into(),
        Type::S64 => "s64".into(),
        Type::F32 => "f32".into(),
        Type::F64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::ErrorContext => "error-context".into(),
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Type(ty) => of(ty),
            TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
            TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", of(ty)),
            TypeDefKind::Map(key, value) => format!("map<{}, {}>", of(key), of(value)),
            TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
            TypeDefKind::Result(ty) => result(ty.ok.as_ref().map(of), ty.err.as_ref().map(of)),
            TypeDefKind::Tuple(ty) => format!("tuple<{}>", joined(ty.types.iter().map(of))),
            TypeDefKind::Record(ty) => braced(
                "record",
                ty.fields.iter().map(|field| format!("{}: {}", field.name, of(&field.ty))),
            ),
            TypeDefKind::Variant(ty) => {
                braced("variant", ty.cases.iter().map(|it| of_case(&it.name, it.ty.as_ref())))
            }
            TypeDefKind::Enum(ty) => braced("enum", ty.cases.iter().map(|it| it.name.clone())),
            TypeDefKind::Flags(ty) => braced("flags", ty.flags.iter().map(|it| it.name.clone())),
            TypeDefKind::Handle(Handle::Own(_)) => "own<resource>".into(),
            TypeDefKind::Handle(Handle::Borrow(_)) => "borrow<resource>".into(),
            TypeDefKind::Future(_) => "future".into(),
            TypeDefKind::Stream(_) => "stream".into(),
            TypeDefKind::Resource => "resource".into(),
            TypeDefKind::Unknown => "unknown".into(),
        },
    }
}

fn of_component(ty: &Type) -> String {
    let of = of_component;
    match ty {
        Type::Bool => "bool".into(),
        Type::U8 => "u8".into(),
        Type::U16 => "u16".into(),
        Type::U32 => "u32".into(),
        Type::U64 => "u64".into(),
        Type::S8 => "s8".into(),
        Type::S16 => "s16".into(),
        Type::S32 => "s32".into(),
        Type::S64 => "s64".into(),
        Type::Float32 => "f32".into(),
        Type::Float64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::ErrorContext => "error-context".into(),
        Type::List(ty) => format!("list<{}>", of(&ty.ty())),
        Type::FixedLengthList(ty) => format!("list<{}, {}>", of(&ty.ty()), ty.len()),
        Type::Map(ty) => format!("map<{}, {}>", of(&ty.key()), of(&ty.value())),
        Type::Option(ty) => format!("option<{}>", of(&ty.ty())),
        Type::Result(ty) => result(ty.ok().map(|ty| of(&ty)), ty.err().map(|ty| of(&ty))),
        Type::Tuple(ty) => format!("tuple<{}>", joined(ty.types().map(|ty| of(&ty)))),
        Type::Record(ty) => {
            braced("record", ty.fields().map(|field| format!("{}: {}", field.name, of(&field.ty))))
        }
        Type::Variant(ty) => {
            braced("variant", ty.cases().map(|it| case(it.name, it.ty.map(|ty| of(&ty)))))
        }
        Type::Enum(ty) => braced("enum", ty.names().map(String::from)),
        Type::Flags(ty) => braced("flags", ty.names().map(String::from)),
        Type::Own(_) => "own<resource>".into(),
        Type::Borrow(_) => "borrow<resource>".into(),
        Type::Future(_) => "future".into(),
        Type::Stream(_) => "stream".into(),
    }
}

fn of_validated(types: TypesRef<'_>, ty: &ComponentValType) -> String {
    use ComponentDefinedType as Defined;

    let of = |ty: &ComponentValType| of_validated(types, ty);
    let ty = match ty {
        ComponentValType::Primitive(ty) => return ty.to_string(),
        ComponentValType::Type(id) => &types[*id],
    };
    match ty {
        Defined::Primitive(ty) => ty.to_string(),
        Defined::List { element, .. } => format!("list<{}>", of(element)),
        Defined::FixedLengthList { element, length, .. } => {
            format!("list<{}, {length}>", of(element))
        }
        Defined::Map { key, value, .. } => format!("map<{}, {}>", of(key), of(value)),
        Defined::Option { ty, .. } => format!("option<{}>", of(ty)),
        Defined::Result { ok, err, .. } => result(ok.as_ref().map(of), err.as_ref().map(of)),
        Defined::Tuple(ty) => format!("tuple<{}>", joined(ty.types.iter().map(of))),
        Defined::Record(ty) => {
            braced("record", ty.fields.iter().map(|(name, ty)| format!("{name}: {}", of(ty))))
        }
        Defined::Variant(ty) => {
            braced("variant", ty.cases.iter().map(|(name, it)| case(name, it.ty.as_ref().map(of))))
        }
        Defined::Enum(names) => braced("enum", names.iter().map(ToString::to_string)),
        Defined::Flags(names) => braced("flags", names.iter().map(ToString::to_string)),
        Defined::Own(_) => "own<resource>".into(),
        Defined::Borrow(_) => "borrow<resource>".into(),
        Defined::Future { .. } => "future".into(),
        Defined::Stream { .. } => "stream".into(),
    }
}

fn result(ok: Option<String>, err: Option<String>) -> String {
    match (ok, err) {
        (None, None) => "result".into(),
        (Some(ok), None) => format!("result<{ok}>"),
        (ok, Some(err)) => format!("result<{}, {err}>", ok.as_deref().unwrap_or("_")),
    }
}

fn case(name: &str, payload: Option<String>) -> String {
    match payload {
        Some(payload) => format!("{name}({payload})"),
        None => name.into(),
    }
}

fn braced(keyword: &str, parts: impl Iterator<Item = String>) -> String {
    format!("{keyword} {{ {} }}", joined(parts))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
