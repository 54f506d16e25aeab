//! What a component's supervisor decides, exit by exit.

use std::time::Duration;

use airssys_wasm_supervisor::{
    Backoff, Decision, ExitReason, GiveUp, Intensity, Restart, Supervisor,
};
use proptest::prelude::*;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn restarts(decision: Decision) -> bool {
    matches!(decision, Decision::Restart { .. })
}

#[test]
fn an_exit_is_followed_by_a_restart_as_the_strategy_has_it() {
    let cases = [
        (Restart::Permanent, ExitReason::Normal, true),
        (Restart::Permanent, ExitReason::Crashed, true),
        (Restart::Transient, ExitReason::Normal, false),
        (Restart::Transient, ExitReason::Crashed, true),
        (Restart::Temporary, ExitReason::Normal, false),
        (Restart::Temporary, ExitReason::Crashed, false),
    ];
    for (restart, reason, expected) in cases {
        let mut supervisor = Supervisor::new(restart, Intensity::default(), Backoff::default());
        let decision = supervisor.exited(reason, seconds(1), 0);
        assert_eq!(restarts(decision), expected, "{restart:?} {reason:?}");
        assert_eq!(decision == Decision::End, !expected, "{restart:?} {reason:?}");
    }
}

#[test]
fn the_sixth_crash_within_a_minute_is_the_last() {
    let mut supervisor = Supervisor::default();
    let delays = [100, 200, 400, 800, 1600].map(Duration::from_millis);
    for (after, at) in delays.into_iter().zip([0, 12, 24, 36, 48]) {
        let decision = supervisor.exited(ExitReason::Crashed, seconds(at), 0);
        assert_eq!(decision, Decision::Restart { after });
    }
    let decision = supervisor.exited(ExitReason::Crashed, seconds(60), 0);
    let why = GiveUp::TooManyRestarts(Intensity::default());
    assert_eq!(decision, Decision::GiveUp(why));
    assert_eq!(why.to_string(), "it would be more than 5 restarts within 60s");
}

#[test]
fn a_restart_that_left_the_window_no_longer_counts() {
    let mut supervisor = Supervisor::default();
    for at in [0, 12, 24, 36, 48] {
        assert!(restarts(supervisor.exited(ExitReason::Crashed, seconds(at), 0)));
    }
    let just_after = seconds(60) + Duration::from_nanos(1);
    let decision = supervisor.exited(ExitReason::Crashed, just_after, 0);
    assert_eq!(decision, Decision::Restart { after: Duration::from_millis(1600) });
}

#[test]
fn the_delay_is_the_initial_one_again_after_a_quiet_window() {
    let mut supervisor = Supervisor::default();
    for at in [0, 1, 2, 100] {
        let decision = supervisor.exited(ExitReason::Crashed, seconds(at), 0);
        let first = Decision::Restart { after: Duration::from_millis(100) };
        assert_eq!(decision == first, at == 0 || at == 100, "{at}");
    }
}

#[test]
fn no_restarts_allowed_means_none() {
    let intensity = Intensity { max_restarts: 0, within: seconds(1) };
    let mut supervisor = Supervisor::new(Restart::Permanent, intensity, Backoff::default());
    assert!(matches!(supervisor.exited(ExitReason::Crashed, seconds(1), 0), Decision::GiveUp(_)));
}

#[test]
fn exits_that_no_restart_follows_do_not_count() {
    let intensity = Intensity { max_restarts: 1, within: seconds(60) };
    let mut supervisor = Supervisor::new(Restart::Transient, intensity, Backoff::default());
    for at in 0..10 {
        assert_eq!(supervisor.exited(ExitReason::Normal, seconds(at), 0), Decision::End);
    }
    assert!(restarts(supervisor.exited(ExitReason::Crashed, seconds(10), 0)));
}

proptest! {
    #[test]
    fn no_window_has_more_restarts_than_allowed_and_none_is_refused_that_would_fit(
        max_restarts in 0..6u32,
        within in 0..20u64,
        max in 0..100_000u64,
        exits in prop::collection::vec((0..10u64, any::<u64>()), 0..60),
    ) {
        let intensity = Intensity { max_restarts, within: seconds(within) };
        let backoff = Backoff { initial: Duration::from_millis(100), max: Duration::from_millis(max) };
        let mut supervisor = Supervisor::new(Restart::Permanent, intensity, backoff);
        let mut now = seconds(0);
        let mut granted: Vec<Duration> = Vec::new();
        for (gap, random) in exits {
            now += seconds(gap);
            let in_window = granted.iter().filter(|&&at| at + intensity.within >= now).count();
            match supervisor.exited(ExitReason::Crashed, now, random) {
                Decision::Restart { after } => {
                    prop_assert!(after <= backoff.max);
                    granted.push(now);
                    prop_assert!(in_window < max_restarts as usize);
                }
                Decision::GiveUp(_) => prop_assert_eq!(in_window, max_restarts as usize),
                Decision::End => prop_assert!(false, "permanent"),
            }
        }
    }
}
