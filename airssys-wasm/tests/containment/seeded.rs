//! Hostile guests on seeded systems, where time is counted in fuel.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use airssys_wasm::{ComponentSpec, PendingResponse, RequestError, SendError, Sender, System};
use airssys_wasm_core::Clock;
use airssys_wasm_testkit::{TestSystem, guests};

use crate::crash_log::CrashLog;
use crate::ground::{Ground, PATIENCE};
use crate::neighbours::{ASKER, Code, MEMORY};
use crate::scenario::{self, Pace, play, play_all};

const SEEDS: u64 = 4;

#[test]
fn a_hostile_guest_harms_itself_alone() {
    let home = TestSystem::seeded(0);
    let code = Code {
        relay: home.guest(&guests::forward_to("by/end")),
        echo: home.guest(guests::ECHO),
        asker: home.guest(ASKER),
    };
    let filler = guests::guest(guests::ECHO)
        .replace(r#"(memory (export "memory") 16)"#, r#"(memory (export "memory") 400)"#);
    let filler = home.system().load(filler.as_bytes()).unwrap();
    play_all(|hostile| {
        let loaded = home.system().load(&hostile.code);
        let play = |seed| {
            let log = CrashLog::default();
            let test = TestSystem::with(seed, |builder| {
                log.listen(builder.engine_of(home.system()))
                    .memory(MEMORY + scenario::MEMORY + (1 << 20))
                    .output(std::io::sink())
            });
            let pace = if seed % 2 == 0 { Pace::OneByOne } else { Pace::AllAtOnce };
            play(&test, &log, &code, &loaded, hostile, pace);
            // There is just room for this one if the hostile guest has given its memory back.
            test.spawn(ComponentSpec::guest("test/filler".parse().unwrap(), &filler));
            assert_eq!(test.system().next_timer(), None);
            test.system().shutdown();
            test.expect_nothing_lost();
        };
        (0..SEEDS).map(|seed| catch_unwind(AssertUnwindSafe(|| play(seed)))).collect()
    });
}

/// Steps after which something that is waited for does not come.
const STEPS: usize = 100_000;

/// Runs one component that is ready, or else lets time pass until the next timer.
fn turn(test: &TestSystem) -> bool {
    test.step()
        || test.system().next_timer().is_some_and(|next| {
            test.clock().advance(next.saturating_sub(test.clock().monotonic()));
            test.system().fire_timers() > 0
        })
}

fn once_there_is_room<T>(
    test: &TestSystem,
    mut send: impl FnMut() -> Result<T, SendError>,
) -> Result<T, SendError> {
    let sent = (0..STEPS).find_map(|_| match send() {
        Err(SendError::MailboxFull) => {
            test.step();
            None
        }
        sent => Some(sent),
    });
    sent.expect("there is room sooner or later")
}

impl Ground for TestSystem {
    fn system(&self) -> &System {
        Self::system(self)
    }

    fn send(&self, sender: &mut Sender, target: &str, message: &[u8]) -> Result<(), SendError> {
        once_there_is_room(self, || sender.try_send(target, message))
    }

    fn request(
        &self,
        sender: &mut Sender,
        target: &str,
        request: &[u8],
    ) -> Result<PendingResponse, SendError> {
        once_there_is_room(self, || sender.try_request(target, request, PATIENCE))
    }

    fn answer(&self, mut pending: PendingResponse) -> Result<Vec<u8>, RequestError> {
        let answer = (0..STEPS).find_map(|_| {
            turn(self);
            pending.try_take()
        });
        answer.expect("each request ends").map(|response| response.to_vec())
    }

    fn rest(&self) {
        let is_at_rest = (0..STEPS).any(|_| !turn(self));
        assert!(is_at_rest, "something goes on and on");
    }

    fn time_out(&self) -> Duration {
        Duration::from_micros(200)
    }
}
