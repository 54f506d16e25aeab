use std::error::Error as StdError;
use std::fmt::{self, Write};

use thiserror::Error;

use crate::TooMuch;

/// The error of a library beneath.
pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// Why something is not a component that can run here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Neither a WebAssembly binary nor its text format.
    #[error("this is not WebAssembly: give a component or a core module, as binary or as text")]
    NotWasm,
    /// Text that does not parse.
    #[error("line {line}, column {column}: {}; correct the text there", Foreign(.message))]
    BadText {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A binary that breaks the rules of WebAssembly, or ends too early.
    #[error("the binary is not valid WebAssembly: {}; build or copy it again", Line(.0.as_ref()))]
    Invalid(#[source] Cause),
    /// A core module from which no component can be made.
    #[error(
        "no component can be made from this core module: {}; export `memory`, `cabi_realloc` and the \
         functions of its world under their core names", Line(.0.as_ref())
    )]
    NotWrappable(#[source] Cause),
    /// An interface that every component exports is not there.
    #[error("it does not export `{interface}`: export that interface with all its functions")]
    MissingExport {
        /// Its full name.
        interface: String,
    },
    /// A function of the contract, with a type other than the contract's.
    #[error(
        "`{function}` has the wrong type: expected `{expected}`, found `{}`; build it against the \
         WIT package airssys:component@0.1.0", Foreign(.found)
    )]
    WrongSignature {
        /// Its interface and name, joined by `#`.
        function: String,
        /// The contract's type.
        expected: String,
        /// The component's.
        found: String,
    },
    /// It imports what is not provided here: all such names, each with the grant that it needs,
    /// where there is one.
    #[error(
        "it imports what is not provided here: {}; build it without these imports, or grant what \
         they need", Listed(.0)
    )]
    UnknownImports(Vec<String>),
    /// It is over a limit.
    #[error("it is too much to load: {0}; make it smaller, or raise that limit")]
    TooMuch(#[from] TooMuch),
    /// It is valid, and the compiler does not take it.
    #[error("it cannot be compiled: {}; build it without this feature", Line(.0.as_ref()))]
    Compile(#[source] Cause),
    /// It was loaded, and cannot be connected with what it imports.
    #[error("its imports cannot be linked: {}", Line(.0.as_ref()))]
    Link(#[source] Cause),
}

impl LoadError {
    /// Whether the input is no sound WebAssembly at all, of whatever kind.
    pub fn is_malformed(&self) -> bool {
        matches!(self, Self::NotWasm | Self::BadText { .. } | Self::Invalid(_))
    }

    /// Whether it is sound WebAssembly which was built for something else.
    pub fn is_foreign(&self) -> bool {
        matches!(
            self,
            Self::MissingExport { .. } | Self::WrongSignature { .. } | Self::UnknownImports(_)
        )
    }
}

/// An error and its sources on one line.
struct Line<'a>(&'a (dyn StdError + Send + Sync));

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next: Option<&dyn StdError> = Some(self.0);
        let mut separator = "";
        while let Some(error) = next {
            let text = error.to_string();
            let words: Vec<&str> = text.split_whitespace().collect();
            write!(f, "{separator}{}", Foreign(&words.join(" ")))?;
            separator = ": ";
            next = error.source();
        }
        Ok(())
    }
}

/// Names of a guest's.
struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, name)| {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{}", Foreign(name))
        })
    }
}

/// Text that is a guest's own, in part or as a whole: what it cannot do is look like ours, or be
/// very long.
struct Foreign<'a>(&'a str);

/// Bytes that are shown of one name, type or text.
const SHOWN: usize = 1000;

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.floor_char_boundary(SHOWN));
        shown.chars().try_for_each(|character| match character.is_control() {
            true => write!(f, "{}", character.escape_default()),
            false => f.write_char(character),
        })?;
        f.write_str(if rest.is_empty() { "" } else { "…" })
    }
}
