//! What a system must be able to account for, whatever was done in it.

use airssys_wasm::{DeadLetterReason, System};
use airssys_wasm_testkit::expect_nothing_lost;

/// Each message that was accepted has come to one end, and was counted as a dead letter where that
/// is one; nothing is queued, open or set any more. Of a system at rest.
pub(crate) fn expect_rest(system: &System) {
    expect_nothing_lost(system);
    let mut ended = [0; 4];
    for component in system.components() {
        let id = component.id.as_str();
        let counted = system.metrics(id).unwrap();
        let by_reason = [counted.crashed, counted.dropped, counted.stopped, counted.missed];
        ended.iter_mut().zip(by_reason).for_each(|(all, more)| *all += more);

        let left = (component.queued, component.open_requests, component.pending_timers);
        assert_eq!(left, (0, 0, 0), "{id}: {component:?}");
        let usage = system.quota_usage(id).unwrap();
        let used = (usage.pending_requests, usage.pending_timers, usage.monitors);
        assert_eq!(used, (0, 0, 0), "{id}: {usage:?}");
    }
    // What was sent to one that then did not start is no component's any more.
    let letters = system.dead_letters();
    let ownerless = letters.iter().filter(|(_, letter)| {
        letter.reason == DeadLetterReason::Stopped
            && system.component(letter.target.as_str()).is_none()
    });
    ended[2] += ownerless.count() as u64;
    let dead = system.dead_letter_counts();
    assert_eq!([dead.crashed, dead.dropped, dead.stopped, dead.missed], ended);
}
