use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::{
    Codec, ComponentError, ComponentId, ComponentSpec, Context, Grants, Guest, Limits, Native,
    Sender,
};
use airssys_wasm_testkit::patterns;
use parking_lot::Mutex;

use crate::ground::Ground;

/// Components that have nothing to do with a hostile guest, and whose work has to go on: one that
/// answers, one that passes messages on to the end of a line, one that everyone may send to, and
/// one that asks the hostile guest itself, and monitors it.
pub(crate) struct Neighbours {
    sender: Sender,
    end: Received,
    victim: Received,
    rounds: u32,
}

type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// The code of those that are guests.
pub(crate) struct Code {
    pub(crate) relay: Guest,
    pub(crate) echo: Guest,
    pub(crate) asker: Guest,
}

const IDS: [&str; 6] = ["by/end", "by/victim", "by/cbor", "by/relay", "by/echo", "by/asker"];

/// There is room for it in the one that asks.
const LARGEST_ANSWER: u32 = 1 << 16;

/// What the memories of those that are guests are together.
pub(crate) const MEMORY: usize = 3 << 20;

pub(crate) const ASKER: &str = r#"
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
(data (i32.const 512) "evil/guest")
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32 i32 i32) (result i32)
  (call $monitor (i32.const 512) (i32.const 10) (i32.const 256))
  (if (i32.load8_u (i32.const 256)) (then unreachable))
  (call $request
    (i32.const 512) (i32.const 10) (i32.const 512) (i32.const 10) (i64.const 0) (i32.const 256))
  (call $done))
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param i64 i64 i32 i32 i32 i32 i32) (result i32)
  (global.set $free (global.get $arguments))
  (call $done))
(func (export "airssys:component/exits@0.1.0#handle-exit")
  (param i32 i32 i32 i32 i32) (result i32)
  (global.set $free (global.get $arguments))
  (call $done))
"#;

impl Neighbours {
    pub(crate) fn spawn(ground: &impl Ground, code: &Code) -> Self {
        let (end, victim, cbor) = (Received::default(), Received::default(), Received::default());
        let specs = vec![
            Keep::spec("by/end", &end),
            Keep::spec("by/victim", &victim),
            Keep::spec("by/cbor", &cbor).codecs([Codec::CBOR]),
            guest("by/relay", &code.relay, "by/*"),
            guest("by/echo", &code.echo, "by/*"),
            guest("by/asker", &code.asker, "evil/*").max_message_size(LARGEST_ANSWER),
        ];
        ground.system().spawn_all(specs).unwrap();
        let sender = ground.system().sender("by/sender".parse().unwrap());
        Self { sender, end, victim, rounds: 0 }
    }

    /// Gives each of them work, and has one request answered, whatever else goes on.
    pub(crate) fn work(&mut self, ground: &impl Ground) {
        let number = self.rounds.to_le_bytes();
        self.rounds += 1;
        for id in ["by/relay", "by/victim", "by/asker"] {
            ground.send(&mut self.sender, id, &number).unwrap();
        }
        let pending = ground.request(&mut self.sender, "by/echo", &number).unwrap();
        assert_eq!(ground.answer(pending).unwrap(), number);
    }

    /// All their work was done, in order, and they know who sent it; of a system at rest.
    pub(crate) fn expect_unharmed(&self, ground: &impl Ground) {
        let numbered = |sender: &str| -> Vec<_> {
            let number = |number: u32| (sender.to_owned(), number.to_le_bytes().to_vec());
            (0..self.rounds).map(number).collect()
        };
        assert_eq!(*self.end.lock(), numbered("by/relay"));
        let (theirs, others): (Vec<_>, Vec<_>) =
            self.victim.lock().clone().into_iter().partition(|(sender, _)| sender == "by/sender");
        assert_eq!(theirs, numbered("by/sender"));
        assert!(others.iter().all(|(sender, _)| sender == "evil/guest"), "forged senders");

        for id in IDS {
            let counted = ground.system().metrics(id).unwrap();
            assert_eq!((counted.crashed, counted.restarts), (0, 0), "{id}: {counted:?}");
            assert_eq!(counted.handled, counted.accepted, "{id}: {counted:?}");
        }
        let asker = ground.system().metrics("by/asker").unwrap();
        assert_eq!(asker.handled, u64::from(self.rounds));
        assert_eq!(asker.callbacks, asker.sends.accepted, "each request ends once: {asker:?}");
        assert!(asker.exits > 0, "it is told of the end of what it monitors");
    }
}

fn guest(id: &str, code: &Guest, may_reach: &str) -> ComponentSpec {
    let may_reach = patterns(&[may_reach]);
    let grants = Grants { send: may_reach.clone(), request: may_reach, ..Grants::default() };
    // On a machine that is busy with other things they are none the worse.
    let limits = Limits { message_timeout: Duration::from_secs(60), ..Limits::default() };
    ComponentSpec::guest(id.parse().unwrap(), code).grants(grants).limits(limits)
}

/// Keeps what it is sent.
struct Keep(Received);

impl Keep {
    fn spec(id: &str, received: &Received) -> ComponentSpec {
        let received = Arc::clone(received);
        ComponentSpec::native(id.parse().unwrap(), move || Self(Arc::clone(&received)))
    }
}

impl Native for Keep {
    fn handle_message(
        &mut self,
        sender: &ComponentId,
        message: &[u8],
        _: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        self.0.lock().push((sender.to_string(), message.to_vec()));
        Ok(None)
    }
}
