use std::borrow::Cow;
use std::fmt;

use wasmparser::Parser;
use wat::Detect;

use crate::LoadError;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A component's binary.
    Component,
    /// A component in the text format.
    ComponentText,
    /// A core module's binary.
    CoreModule,
    /// A core module in the text format.
    CoreModuleText,
}

impl Form {
    /// Whether it is a core module, which is made into a component when it is loaded.
    pub fn is_core_module(self) -> bool {
        matches!(self, Self::CoreModule | Self::CoreModuleText)
    }

    /// Whether it is in the text format.
    pub fn is_text(self) -> bool {
        matches!(self, Self::ComponentText | Self::CoreModuleText)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Component => "component",
            Self::ComponentText => "component text",
            Self::CoreModule => "core module",
            Self::CoreModuleText => "core module text",
        })
    }
}

/// A binary, and what it was given as.
pub(crate) struct Source<'a> {
    pub(crate) form: Form,
    pub(crate) binary: Cow<'a, [u8]>,
}

impl<'a> Source<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let is_text = match Detect::from_bytes(bytes) {
            Detect::WasmBinary => false,
            Detect::WasmText => true,
            _ => return Err(LoadError::NotWasm),
        };
        let binary = wat::parse_bytes(bytes).map_err(|error| bad_text(&error))?;
        let form = match (Parser::is_core_wasm(&binary), is_text) {
            (true, true) => Form::CoreModuleText,
            (true, false) => Form::CoreModule,
            (false, true) => Form::ComponentText,
            (false, false) => Form::Component,
        };
        Ok(Self { form, binary })
    }
}

/// Takes apart what `wat` prints: the message, then `--> <anon>:LINE:COLUMN`, then the line with
/// a mark under it.
fn bad_text(error: &wat::Error) -> LoadError {
    let text = error.to_string();
    let mut lines = text.lines();
    let message = lines.next().unwrap_or("it does not parse").to_owned();
    let mut place = lines.next().unwrap_or_default().rsplit(':').map(|number| number.parse().ok());
    let column = place.next().flatten().unwrap_or(1);
    let line = place.next().flatten().unwrap_or(1);
    LoadError::BadText { line, column, message }
}
