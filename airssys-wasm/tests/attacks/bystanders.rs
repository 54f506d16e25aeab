//! Components that have nothing to do with an attack, and whose work has to go on.

use airssys_wasm_testkit::{Probe, TestSystem, guests};

use crate::attacker::{all_rights, spec};

/// A guest that answers, and one that passes messages on to the end of a line.
pub(crate) struct Bystanders {
    end: Probe,
    rounds: u32,
}

/// How many turns of others an answer may take, where a hundred components are ready at most.
const PATIENCE: usize = 10_000;

impl Bystanders {
    pub(crate) fn spawn(test: &TestSystem) -> Self {
        let end = test.probe("by/end");
        let relay = test.spec("by/relay", &guests::forward_to("by/end"));
        test.spawn(relay.grants(all_rights(&["by/*"])));
        test.spawn(spec("by/echo", guests::ECHO));
        Self { end, rounds: 0 }
    }

    /// Has them pass one message on and answer one request, while all others run too.
    pub(crate) fn work(&mut self, test: &TestSystem) {
        let number = self.rounds.to_le_bytes();
        self.rounds += 1;
        self.end.send("by/relay", &number).unwrap();
        let mut pending = self.end.start_request("by/echo", &number).unwrap();
        let answer = (0..PATIENCE).find_map(|_| {
            test.step();
            pending.try_take()
        });
        let answer = answer.expect("a bystander answers, whatever goes on").unwrap();
        assert_eq!(answer, number.as_slice(), "seed {}", test.seed());
    }

    /// One more round; then all messages have come, of the true sender and in order.
    pub(crate) fn expect_unharmed(mut self, test: &TestSystem) {
        self.work(test);
        for number in 0..self.rounds {
            let received = self.end.expect_message(test);
            let expected = ("by/relay", number.to_le_bytes().to_vec());
            assert_eq!((received.sender.as_str(), received.message), expected);
        }
        self.end.expect_nothing(test);
        test.expect_nothing_lost();
        for id in ["by/relay", "by/echo", "by/end"] {
            let counted = test.system().metrics(id).unwrap();
            let handled = u64::from(self.rounds);
            assert_eq!((counted.handled, counted.restarts), (handled, 0), "{id}");
        }
    }
}
