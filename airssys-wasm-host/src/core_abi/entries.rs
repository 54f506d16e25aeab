//! Functions that are added to a guest's module, by which a call crosses into it once.
//!
//! Otherwise the host would have to enter it each time that it has the guest allocate memory, for the
//! function itself, and to free its result, and to enter costs more than all else. An *entry* does all
//! of this from within. For what only the host can do (to copy into the guest's memory, to read from
//! it) it calls out, which costs half of what it does to call in.

use std::collections::HashMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstructionSink, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use crate::contract::{BATCH_HANDLER, CALLBACK, HANDLER};

/// The module that the host's functions are imported from.
pub(super) const HOST: &str = "airssys:host";

/// Takes the address of memory for the next argument, copies it there, and says how long the next
/// one is.
pub(super) const HAND_IN: &str = "hand-in";
/// Takes the address of memory for a list of messages, and says how long the first one is.
pub(super) const HAND_IN_LIST: &str = "hand-in-list";
/// As [`HAND_IN`], of the messages in a list.
pub(super) const HAND_IN_MESSAGE: &str = "hand-in-message";
/// These take the address of a result.
pub(super) const TAKE_RESPONSE: &str = "take-response";
pub(super) const TAKE_RESPONSES: &str = "take-responses";
pub(super) const TAKE_DONE: &str = "take-done";

/// The entries, as they are exported. To a module with such an export of its own they cannot be added.
pub(super) const HANDLE_MESSAGE: &str = "airssys:host#handle-message";
pub(super) const HANDLE_MESSAGES: &str = "airssys:host#handle-messages";
pub(super) const HANDLE_RESPONSE: &str = "airssys:host#handle-response";

/// Size and alignment of a message in a list of them.
pub(super) const MESSAGE_SIZE: i32 = 16;
const MESSAGE_ALIGN: i32 = 8;

/// Adds entries to a module that is valid and exports a handler.
pub(super) fn add_entries(module: &[u8]) -> Result<Vec<u8>, Error<Infallible>> {
    let mut added = Added::to(Shape::of(module)?);
    let mut with_entries = Module::new();
    added.parse_core_module(&mut with_entries, Parser::new(0), module)?;
    Ok(with_entries.finish())
}

/// What has to be known of a module to add something to it.
#[derive(Default)]
struct Shape<'a> {
    types: u32,
    imported_functions: u32,
    functions: u32,
    exports: HashMap<&'a str, u32>,
}

impl<'a> Shape<'a> {
    fn of(module: &'a [u8]) -> wasmparser::Result<Self> {
        let mut shape = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        shape.types += group?.types().len() as u32;
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let is_function = matches!(import?.ty, TypeRef::Func(_));
                        shape.imported_functions += u32::from(is_function);
                    }
                }
                Payload::FunctionSection(section) => {
                    shape.functions = shape.imported_functions + section.count();
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            shape.exports.insert(export.name, export.index);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(shape)
    }
}

/// A module's new functions. Those that are imported come before all that are defined, so the
/// numbers of these change.
struct Added<'a> {
    shape: Shape<'a>,
    imports: Vec<(&'static str, Type)>,
    entries: Vec<Entry>,
}

struct Entry {
    name: &'static str,
    ty: Type,
    code: Function,
}

/// The types of what is added.
#[derive(Clone, Copy)]
enum Type {
    HandIn,
    Take,
    HandleMessage,
    HandleMessages,
    HandleResponse,
}

/// In the order of [`Type`], parameters and results.
const TYPES: [(&[ValType], &[ValType]); 5] = {
    use ValType::{I32, I64};
    [(&[I32], &[I32]), (&[I32], &[]), (&[I32], &[]), (&[I32], &[]), (&[I64, I64, I32], &[])]
};

/// Functions of the guest's that an entry calls.
struct Callees {
    realloc: u32,
    handle: u32,
    free: Option<u32>,
    take: u32,
}

impl<'a> Added<'a> {
    fn to(shape: Shape<'a>) -> Self {
        let mut added = Self { shape, imports: Vec::new(), entries: Vec::new() };
        let takes_batches = added.exports(BATCH_HANDLER, "handle-messages");
        let takes_callbacks = added.exports(CALLBACK, "handle-callback");
        added.imports = vec![(HAND_IN, Type::HandIn), (TAKE_RESPONSE, Type::Take)];
        if takes_callbacks {
            added.imports.push((TAKE_DONE, Type::Take));
        }
        if takes_batches {
            added.imports.push((HAND_IN_LIST, Type::HandIn));
            added.imports.push((HAND_IN_MESSAGE, Type::HandIn));
            added.imports.push((TAKE_RESPONSES, Type::Take));
        }
        let entries = [added.handle_message(), added.handle_response(), added.handle_messages()];
        added.entries.extend(entries.into_iter().flatten());
        added
    }

    fn exports(&self, interface: &str, function: &str) -> bool {
        self.shape.exports.contains_key(format!("{interface}#{function}").as_str())
    }

    fn handle_message(&self) -> Option<Entry> {
        let callees = self.callees(HANDLER, "handle-message", TAKE_RESPONSE)?;
        let hand_in = self.import(HAND_IN)?;
        let [sender_length, sender, message_length, message, result] = [0, 1, 2, 3, 4];
        let mut code = Function::new([(4, ValType::I32)]);
        let mut to = code.instructions();
        callees.allocate(&mut to, sender_length, 1).local_tee(sender);
        to.call(hand_in).local_set(message_length);
        callees.allocate(&mut to, message_length, 1).local_tee(message);
        to.call(hand_in).drop();
        to.local_get(sender).local_get(sender_length).local_get(message).local_get(message_length);
        callees.call(&mut to, result);
        Some(Entry { name: HANDLE_MESSAGE, ty: Type::HandleMessage, code })
    }

    /// Of callbacks only those for a response.
    fn handle_response(&self) -> Option<Entry> {
        let callees = self.callees(CALLBACK, "handle-callback", TAKE_DONE)?;
        let [high, low, length, response, result] = [0, 1, 2, 3, 4];
        let mut code = Function::new([(2, ValType::I32)]);
        let mut to = code.instructions();
        callees.allocate(&mut to, length, 1).local_tee(response);
        to.call(self.import(HAND_IN)?).drop();
        // It is a response, and there is nothing else where it might be.
        to.local_get(high).local_get(low).i32_const(0).local_get(response).local_get(length);
        to.i32_const(0).i32_const(0);
        callees.call(&mut to, result);
        Some(Entry { name: HANDLE_RESPONSE, ty: Type::HandleResponse, code })
    }

    fn handle_messages(&self) -> Option<Entry> {
        let callees = self.callees(BATCH_HANDLER, "handle-messages", TAKE_RESPONSES)?;
        let [count, list, length, left, result] = [0, 1, 2, 3, 4];
        let mut code = Function::new([(4, ValType::I32)]);
        let mut to = code.instructions();
        to.local_get(count).i32_const(MESSAGE_SIZE).i32_mul().local_set(length);
        callees.allocate(&mut to, length, MESSAGE_ALIGN).local_tee(list);
        to.call(self.import(HAND_IN_LIST)?).local_set(length);
        to.local_get(count).local_tee(left).if_(wasm_encoder::BlockType::Empty);
        to.loop_(wasm_encoder::BlockType::Empty);
        callees.allocate(&mut to, length, 1);
        to.call(self.import(HAND_IN_MESSAGE)?).local_set(length);
        to.local_get(left).i32_const(1).i32_sub().local_tee(left).br_if(0);
        to.end().end();
        to.local_get(list).local_get(count);
        callees.call(&mut to, result);
        Some(Entry { name: HANDLE_MESSAGES, ty: Type::HandleMessages, code })
    }

    fn callees(&self, interface: &str, function: &str, take: &str) -> Option<Callees> {
        let export = |name: &str| Some(self.moved(*self.shape.exports.get(name)?));
        let name = format!("{interface}#{function}");
        Some(Callees {
            realloc: export("cabi_realloc")?,
            handle: export(&name)?,
            free: export(&format!("cabi_post_{name}")),
            take: self.import(take)?,
        })
    }

    /// The number of an added import.
    fn import(&self, name: &str) -> Option<u32> {
        let at = self.imports.iter().position(|(import, _)| *import == name)?;
        Some(self.shape.imported_functions + at as u32)
    }

    /// What a function's number has become.
    fn moved(&self, function: u32) -> u32 {
        let moves = function >= self.shape.imported_functions;
        if moves { function + self.imports.len() as u32 } else { function }
    }

    fn ty(&self, ty: Type) -> u32 {
        self.shape.types + ty as u32
    }

    fn add_imports(&self, imports: &mut ImportSection) {
        for (name, ty) in &self.imports {
            imports.import(HOST, name, wasm_encoder::EntityType::Function(self.ty(*ty)));
        }
    }
}

impl Callees {
    /// Has the guest allocate as many bytes as a local says, and leaves their address.
    fn allocate<'to, 'code>(
        &self,
        to: &'to mut InstructionSink<'code>,
        size: u32,
        align: i32,
    ) -> &'to mut InstructionSink<'code> {
        to.i32_const(0).i32_const(0).i32_const(align).local_get(size).call(self.realloc)
    }

    /// Calls the function with what is there for it, and sees to its result.
    fn call(&self, to: &mut InstructionSink<'_>, result: u32) {
        to.call(self.handle).local_tee(result).call(self.take);
        if let Some(free) = self.free {
            to.local_get(result).call(free);
        }
        to.end();
    }
}

impl Reencode for Added<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.moved(function))
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_type_section(self, types, section)?;
        for (params, results) in TYPES {
            types.ty().function(params.iter().copied(), results.iter().copied());
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_import_section(self, imports, section)?;
        self.add_imports(imports);
        Ok(())
    }

    /// Where it imports nothing itself.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Infallible>> {
        if after == Some(SectionId::Type) && before != Some(SectionId::Import) {
            let mut imports = ImportSection::new();
            self.add_imports(&mut imports);
            module.section(&imports);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        for entry in &self.entries {
            functions.function(self.ty(entry.ty));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        for (entry, number) in self.entries.iter().zip(self.moved(self.shape.functions)..) {
            exports.export(entry.name, ExportKind::Func, number);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        for entry in &self.entries {
            code.function(&entry.code);
        }
        Ok(())
    }
}
