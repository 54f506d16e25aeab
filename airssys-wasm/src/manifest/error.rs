use std::fmt::{self, Write as _};
use std::io;
use std::path::PathBuf;

use airssys_wasm_core::ComponentId;
use thiserror::Error;

/// Why a manifest, or a system of manifests, is not usable. The text is one line: where, what,
/// and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A file is not there, or cannot be read.
    #[error("{}cannot read {}: {cause}; {}", At(named_at), Plain(path.display()), remedy(named_at))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where it is named, if another file does.
        named_at: Option<Place>,
        /// What the operating system says.
        cause: io::Error,
    },
    /// It is no TOML, has a key that there is not, lacks one, or has a value that is not allowed.
    #[error("{at}: {}", Plain(fault))]
    Invalid {
        /// The key or the value.
        at: Place,
        /// What is wrong with it, and what is expected.
        fault: String,
    },
    /// A group has no name, or another's, or is named where there is none.
    #[error("{at}: {}", Plain(fault))]
    Group {
        /// The group, or where it is named.
        at: Place,
        /// What is wrong, and what to do.
        fault: String,
    },
    /// Two components of a system have the same id.
    #[error("{at}: {id} is also the component at {first}; give one of the two another `id`")]
    DuplicateId {
        /// The id.
        id: ComponentId,
        /// Where the second component is named.
        at: Place,
        /// Where the first one is.
        first: Place,
    },
    /// A component asks for something, and the operator says nothing about it.
    #[error(
        "{at}: {id} has no grant, and asks for {}; to grant it all, add to this [[component]]: \
         grant = \"requested\"",
        asked.join(", ")
    )]
    NotGranted {
        /// The component.
        id: ComponentId,
        /// What it asks for, each as it would stand in a grant.
        asked: Vec<String>,
        /// Where the component is named.
        at: Place,
    },
    /// A grant covers more than the component asks for.
    #[error(
        "{at}: the grant of {id} covers more than it asks for: {}; take this out of the grant, \
         or ask for it in {}",
        excess.join(", "), Plain(manifest.display())
    )]
    GrantTooWide {
        /// The component.
        id: ComponentId,
        /// What was not asked for, each as it stands in the grant.
        excess: Vec<String>,
        /// The grant.
        at: Place,
        /// The component's own manifest.
        manifest: PathBuf,
    },
}

/// A line of a file. Displayed as `file:line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Plain(self.file.display()), self.line)
    }
}

/// What others have named, on one line: what a terminal would act upon is escaped.
struct Plain<T>(T);

impl<T: fmt::Display> fmt::Display for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.to_string().chars().try_for_each(|c| match c {
            '\u{2028}' | '\u{2029}' => write!(f, "{}", c.escape_default()),
            c if c.is_control() => write!(f, "{}", c.escape_default()),
            c => f.write_char(c),
        })
    }
}

struct At<'a>(&'a Option<Place>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => write!(f, "{place}: "),
            None => Ok(()),
        }
    }
}

fn remedy(named_at: &Option<Place>) -> &'static str {
    match named_at {
        Some(_) => {
            "make the file, or correct this line (paths are relative to the file they are in)"
        }
        None => "check the path",
    }
}
