use thiserror::Error;

use crate::{ComponentError, Crash};

/// How a call of a component's handler ended, if not well.
#[derive(Debug, Error)]
pub enum Failure {
    /// The component said no, and goes on.
    #[error("refused: {0}")]
    Refused(ComponentError),
    /// The component ended itself, and that is no fault: its instance is no more.
    #[error("it exited")]
    Exited,
    /// The component's instance is no more.
    #[error(transparent)]
    Crashed(#[from] Crash),
}
