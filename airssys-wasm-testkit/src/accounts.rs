use airssys_wasm::{Metrics, System};

/// Checks that each message which was accepted in a system has come to one end, or is queued; it may
/// be asked at any time when no component runs.
///
/// # Panics
///
/// If one was lost, or counted twice.
pub fn expect_nothing_lost(system: &System) {
    if let Some(lost) = lost(system) {
        panic!("{lost}");
    }
}

/// The first component whose messages do not add up.
pub(crate) fn lost(system: &System) -> Option<String> {
    system.components().into_iter().find_map(|component| {
        let metrics = system.metrics(component.id.as_str())?;
        let Metrics { accepted, queued, handled, refused, crashed, dropped, stopped, .. } = metrics;
        let accounted = queued + handled + refused + crashed + dropped + stopped;
        (accepted != accounted).then(|| format!("{} has lost some: {metrics:?}", component.id))
    })
}
