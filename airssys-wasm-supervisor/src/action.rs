use std::time::Duration;

use crate::{GiveUp, Run};

/// What a [`Tree`](crate::Tree) wants done. `Start` and `Stop` name components; the others name
/// groups too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<K> {
    /// Start this component, and report [`Started`](crate::Event::Started) or
    /// [`StartFailed`](crate::Event::StartFailed). A `Stop` may come before it is time.
    Start {
        /// Which.
        child: K,
        /// What to report of it with.
        run: Run,
        /// When, counted from now.
        after: Duration,
    },
    /// Stop this component, or do not start it where it still waits for its time, and report
    /// [`Stopped`](crate::Event::Stopped). Nothing else of its group moves until then.
    Stop {
        /// Which.
        child: K,
        /// The run that is to end.
        run: Run,
    },
    /// It has come to its end as it was meant to: by its [`Restart`](crate::Restart), or because
    /// the operator wanted it. Only a start of its whole group, or the operator, starts it again.
    Ended {
        /// Which.
        child: K,
    },
    /// It should run and does not: something is wrong with it. Nothing of it runs when this is
    /// said; where it is a group, the same follows for each of its children.
    GaveUp {
        /// Which.
        child: K,
        /// Why.
        why: GiveUp,
    },
}
