use crate::ExitReason;

/// What has become of a [`Run`].
///
/// It is of no consequence if it is reported twice, or late: of a run that has ended, nothing
/// counts any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// The component has started; its `init` has returned.
    Started(Run),
    /// It could not be started. Where that was a restart, it counts as a crash.
    StartFailed(Run),
    /// It has ended of itself.
    Exited(Run, ExitReason),
    /// It has ended as it was asked to, or was not started at all.
    Stopped(Run),
}

impl Event {
    /// What it is about.
    pub fn run(self) -> Run {
        match self {
            Self::Started(run)
            | Self::StartFailed(run)
            | Self::Exited(run, _)
            | Self::Stopped(run) => run,
        }
    }
}

/// One life of a component, from its start to its end. No two are equal in one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    pub(crate) node: usize,
    pub(crate) number: u64,
}
