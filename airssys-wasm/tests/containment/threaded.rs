//! Hostile guests on worker threads, where time is the machine's. They are called through wasmtime's
//! component model here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use airssys_wasm::{PendingResponse, RequestError, SendError, Sender, System, SystemBuilder};
use airssys_wasm_testkit::guests;

use crate::crash_log::CrashLog;
use crate::ground::{Ground, PATIENCE};
use crate::neighbours::{ASKER, Code};
use crate::scenario::{Pace, play, play_all};

#[test]
fn a_hostile_guest_on_threads_harms_itself_alone() {
    let home = threads(System::builder());
    let guest = |items: &str| home.load(guests::guest(items).as_bytes()).unwrap();
    let code = Code {
        relay: guest(&guests::forward_to("by/end")),
        echo: guest(guests::ECHO),
        asker: guest(ASKER),
    };
    play_all(|hostile| {
        let loaded = home.load(&hostile.code);
        let play = |pace| {
            let log = CrashLog::default();
            let system = threads(log.listen(System::builder().engine_of(&home)));
            play(&system, &log, &code, &loaded, hostile, pace);
            system.shutdown();
        };
        let paces = [Pace::OneByOne, Pace::AllAtOnce];
        paces.map(|pace| catch_unwind(AssertUnwindSafe(|| play(pace)))).into()
    });
}

fn threads(builder: SystemBuilder) -> System {
    builder.direct_calls(false).workers(2).output(std::io::sink()).build().unwrap()
}

impl Ground for System {
    fn system(&self) -> &System {
        self
    }

    fn send(&self, sender: &mut Sender, target: &str, message: &[u8]) -> Result<(), SendError> {
        sender.send(target, message)
    }

    fn request(
        &self,
        sender: &mut Sender,
        target: &str,
        request: &[u8],
    ) -> Result<PendingResponse, SendError> {
        sender.request(target, request, PATIENCE)
    }

    fn answer(&self, pending: PendingResponse) -> Result<Vec<u8>, RequestError> {
        pending.wait().map(|response| response.to_vec())
    }

    fn rest(&self) {
        assert!(self.wait_idle());
    }

    fn time_out(&self) -> Duration {
        Duration::from_millis(10)
    }
}
