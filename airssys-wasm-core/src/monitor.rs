use std::fmt;

use thiserror::Error;

/// How a component came to an end, as those are told who monitor it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitReason {
    /// As it meant to. Where it is `permanent`, it starts again.
    Normal,
    /// It crashed like this, and starts again in a while.
    Crashed(String),
    /// It was stopped.
    Stopped,
    /// It crashed like this, and does not start again.
    GivenUp(String),
    /// There was none when it was to be monitored.
    NoSuchComponent,
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("came to its end"),
            Self::Crashed(crash) => f.write_str(crash),
            Self::Stopped => f.write_str("was stopped"),
            Self::GivenUp(crash) => write!(f, "{crash}; given up"),
            Self::NoSuchComponent => f.write_str("does not exist"),
        }
    }
}

/// Why a component is not monitored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MonitorError {
    /// The target is not a well-formed component id.
    #[error("the target is not a well-formed component id")]
    InvalidTarget,
    /// No grant covers a message or a request to it.
    #[error("no grant covers a message or a request to it")]
    NotPermitted,
    /// The limit of monitors of one component.
    #[error("there are {0} monitors already")]
    TooManyMonitors(u32),
    /// The component exports no `exits`, so that nothing could be told to it.
    #[error("the component exports no `exits`")]
    NoHandler,
}
