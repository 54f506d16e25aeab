//! What a system must be able to account for, whatever was done in it.

use airssys_wasm_testkit::TestSystem;

/// Each message that was accepted has come to one end; nothing is queued, and no request is open.
pub(crate) fn expect_rest(test: &TestSystem) {
    test.run_until_idle();
    test.expect_nothing_lost();
    for component in test.system().components() {
        let usage = test.system().quota_usage(component.id.as_str()).unwrap();
        let left = (component.queued, component.open_requests, usage.pending_requests);
        assert_eq!(left, (0, 0, 0), "{}, seed {}", component.id, test.seed());
    }
}
