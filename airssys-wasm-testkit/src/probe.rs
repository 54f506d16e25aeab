use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use airssys_wasm::{
    ComponentError, ComponentId, ComponentSpec, Context, MessageInfo, Native, PendingResponse,
    RequestError, SendError, Sender,
};
use parking_lot::Mutex;

use crate::test_system::TestSystem;

/// A component of the test's own: it keeps what it is sent, and sends what the test wants.
pub struct Probe {
    id: ComponentId,
    received: Arc<Mutex<VecDeque<Received>>>,
    sender: Sender,
}

/// A message that a probe was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Who sent it.
    pub sender: String,
    /// The payload.
    pub message: Vec<u8>,
    /// What a component can learn about it.
    pub info: MessageInfo,
}

impl Probe {
    pub(crate) fn spawn(test: &TestSystem, id: ComponentId) -> Self {
        let received = Arc::new(Mutex::new(VecDeque::new()));
        let keep = Arc::clone(&received);
        test.spawn(ComponentSpec::native(id.clone(), move || Keep(Arc::clone(&keep))));
        let sender = test.system().sender(id.clone());
        Self { id, received, sender }
    }

    /// Sends a message as this probe, at once: what a test sends arrives in the order of the test.
    /// No grant is asked of it.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn send(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        self.sender.try_send(target, message)
    }

    /// Sends a request as this probe, and does not wait for the response.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn start_request(
        &mut self,
        target: &str,
        request: &[u8],
    ) -> Result<PendingResponse, SendError> {
        self.sender.try_request(target, request, None)
    }

    /// Sends a request as this probe and runs the system until it has ended.
    ///
    /// # Errors
    ///
    /// How it ended, if not with a response.
    ///
    /// # Panics
    ///
    /// If it is not accepted, or still open when no component is ready: then something waits
    /// for time to pass.
    #[track_caller]
    pub fn request(
        &mut self,
        test: &TestSystem,
        target: &str,
        request: &[u8],
    ) -> Result<Vec<u8>, RequestError> {
        let mut pending = match self.start_request(target, request) {
            Ok(pending) => pending,
            Err(error) => panic!("{} could not send to {target}: {error}", self.id),
        };
        let Some(outcome) = test.step_until(|| pending.try_take()) else {
            test.fail(format_args!("{target} has not answered {}", self.id));
        };
        outcome.map(|response| response.to_vec())
    }

    /// Sends a request as this probe, which has to be answered so.
    ///
    /// # Panics
    ///
    /// If it is not. It says how it ended, and what happened meanwhile.
    #[track_caller]
    pub fn expect_answer(
        &mut self,
        test: &TestSystem,
        target: &str,
        request: &[u8],
        answer: &[u8],
    ) {
        let expected = Shown { sender: target, message: answer };
        match self.request(test, target, request) {
            Ok(message) if message == answer => {}
            Ok(message) => {
                let received = Shown { sender: target, message: &message };
                test.fail(format_args!("{} expected {expected}, and got {received}", self.id));
            }
            Err(error) => {
                test.fail(format_args!("{} expected {expected}, and got none: {error}", self.id));
            }
        }
    }

    /// The next message, after running the system until there is one.
    ///
    /// # Panics
    ///
    /// If there is none when no component is ready. It says what happened instead.
    #[track_caller]
    pub fn expect_message(&mut self, test: &TestSystem) -> Received {
        let Some(received) = test.step_until(|| self.try_receive()) else {
            test.fail(format_args!("{} was sent nothing", self.id));
        };
        received
    }

    /// The next message, which has to be this one, of this sender.
    ///
    /// # Panics
    ///
    /// If it is another, or there is none when no component is ready. It says which, or what happened
    /// instead.
    #[track_caller]
    pub fn expect(&mut self, test: &TestSystem, sender: &str, message: &[u8]) -> Received {
        let expected = Shown { sender, message };
        let Some(received) = test.step_until(|| self.try_receive()) else {
            test.fail(format_args!("{} expected {expected}, and was sent nothing", self.id));
        };
        if (received.sender.as_str(), received.message.as_slice()) != (sender, message) {
            test.fail(format_args!("{} expected {expected}, and was sent {received}", self.id));
        }
        received
    }

    /// Runs the system until no component is ready.
    ///
    /// # Panics
    ///
    /// If a message has come.
    #[track_caller]
    pub fn expect_nothing(&mut self, test: &TestSystem) {
        test.run_until_idle();
        if let Some(received) = self.try_receive() {
            test.fail(format_args!("{} expected nothing, and was sent {received}", self.id));
        }
    }

    /// A message that has come.
    pub fn try_receive(&mut self) -> Option<Received> {
        self.received.lock().pop_front()
    }
}

/// The message, as far as it is text, and its sender.
impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown { sender: &self.sender, message: &self.message }.fmt(f)
    }
}

struct Shown<'a> {
    sender: &'a str,
    message: &'a [u8],
}

/// Bytes of a message that are shown.
const MAX_SHOWN: usize = 200;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sender, message } = self;
        let shown = message[..message.len().min(MAX_SHOWN)].escape_ascii();
        match message.len().saturating_sub(MAX_SHOWN) {
            0 => write!(f, "\"{shown}\" from {sender}"),
            more => write!(f, "\"{shown}\"… and {more} more bytes from {sender}"),
        }
    }
}

struct Keep(Arc<Mutex<VecDeque<Received>>>);

impl Native for Keep {
    fn handle_message(
        &mut self,
        sender: &ComponentId,
        message: &[u8],
        context: &mut Context<'_>,
    ) -> Result<Option<Vec<u8>>, ComponentError> {
        let (sender, message) = (sender.to_string(), message.to_vec());
        let info = context.message().cloned().expect("it is in a handler");
        self.0.lock().push_back(Received { sender, message, info });
        Ok(None)
    }
}
