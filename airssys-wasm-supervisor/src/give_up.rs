use thiserror::Error;

use crate::Intensity;

/// Why a component is not started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GiveUp {
    /// It would be more often than this.
    #[error("it would be more than {0}")]
    TooManyRestarts(Intensity),
    /// Its start failed, and was no restart: those are tried again.
    #[error("it failed to start")]
    FailedStart,
    /// The group that it is in was given up, for a reason of its own.
    #[error("its group was given up")]
    WithGroup,
}
