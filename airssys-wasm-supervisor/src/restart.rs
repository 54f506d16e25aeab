/// Which exits of a component are followed by a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Restart {
    /// All.
    #[default]
    Permanent,
    /// Crashes, and no normal exits.
    Transient,
    /// None.
    Temporary,
}

impl Restart {
    /// Whether an exit for this reason is followed by a restart.
    pub fn follows(self, reason: ExitReason) -> bool {
        match self {
            Self::Permanent => true,
            Self::Transient => reason == ExitReason::Crashed,
            Self::Temporary => false,
        }
    }
}

/// How a component came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitReason {
    /// As it meant to: it called `wasi:cli/exit` with success.
    Normal,
    /// In any other way, a start that failed included.
    Crashed,
}
