use std::error::Error;
use std::fmt::{self, Write};

/// Why a component's instance is no more: what happened, and the cause beneath it.
///
/// A crash costs the component its private memory, and its supervisor decides whether it starts
/// again; its mailbox stays.
#[derive(Debug)]
pub struct Crash {
    kind: CrashKind,
    cause: Box<dyn Error + Send + Sync>,
}

/// What brought a component down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CrashKind {
    /// The guest trapped, or gave the host something that the component model forbids.
    Trap,
    /// The call ran longer than it may.
    TimedOut,
    /// The call used more fuel than it may.
    OutOfFuel,
    /// The guest wanted more memory, tables or instances than it may have.
    ResourceLimit,
    /// Native Rust code panicked.
    Panic,
    /// `init` returned an error, or the instance could not be made.
    FailedStart,
    /// The guest ended itself and said that it failed. Where it said that all is well, that is
    /// [`Failure::Exited`](crate::Failure::Exited).
    Exited,
    /// It said so often that it is unhealthy that it is to start anew.
    Unhealthy,
    /// The call was given up by its caller while the guest waited.
    Abandoned,
}

impl Crash {
    /// A crash of this kind, for this cause.
    pub fn new(kind: CrashKind, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, cause: cause.into() }
    }

    /// What happened.
    pub fn kind(&self) -> CrashKind {
        self.kind
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        let mut cause: Option<&dyn Error> = Some(self.cause.as_ref());
        while let Some(error) = cause {
            f.write_str(": ")?;
            write_on_one_line(f, error.to_string().trim_end())?;
            cause = error.source();
        }
        Ok(())
    }
}

/// What is told of a guest may be in its own words: they must not look like ours.
fn write_on_one_line(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|character| match character {
        '\n' => f.write_char(' '),
        character if character.is_control() => write!(f, "{}", character.escape_default()),
        character => f.write_char(character),
    })
}

impl Error for Crash {}

impl fmt::Display for CrashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trap => "trapped",
            Self::TimedOut => "ran over its time limit",
            Self::OutOfFuel => "ran out of fuel",
            Self::ResourceLimit => "went over a resource limit",
            Self::Panic => "panicked",
            Self::FailedStart => "failed to start",
            Self::Exited => "exited",
            Self::Unhealthy => "is unhealthy",
            Self::Abandoned => "was given up while it waited",
        })
    }
}
