//! What a guest is asked, at random.

use airssys_wasm_core::{
    ComponentError, ComponentId, ExitReason, MessageInfo, RequestError, RequestId, TraceParent,
};
use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

use crate::orders::orders;

pub(crate) enum Call {
    Message(String, Vec<u8>, MessageInfo),
    Batch(Vec<(ComponentId, Vec<u8>)>),
    Callback(Result<Vec<u8>, RequestError>, MessageInfo),
    Exit(String, ExitReason),
    Check,
    Init,
    Shutdown,
}

pub(crate) fn call(random: &mut SmallRng) -> Call {
    match random.random_range(0..20) {
        0 => Call::Callback(callback(random), info(random)),
        1 => Call::Exit("test/monitored".into(), exit_reason(random)),
        2 => Call::Check,
        3 if random.random_ratio(1, 10) => Call::Shutdown,
        3 => Call::Init,
        4..7 => Call::Batch(batch(random)),
        _ => Call::Message(text(random), orders(random), info(random)),
    }
}

fn batch(random: &mut SmallRng) -> Vec<(ComponentId, Vec<u8>)> {
    let sender: ComponentId = "test/sender".parse().unwrap();
    (0..random.random_range(1..5)).map(|_| (sender.clone(), orders(random))).collect()
}

fn callback(random: &mut SmallRng) -> Result<Vec<u8>, RequestError> {
    Err(match random.random_range(0..8) {
        0 => RequestError::TimedOut,
        1 => RequestError::Refused(ComponentError::new(random.random(), text(random))),
        2 => RequestError::Crashed,
        3 => RequestError::Stopped,
        4 => RequestError::Dropped,
        5 => RequestError::ResponseTooLarge(random.random()),
        _ => return Ok(text(random).into_bytes()),
    })
}

fn exit_reason(random: &mut SmallRng) -> ExitReason {
    match random.random_range(0..5) {
        0 => ExitReason::Normal,
        1 => ExitReason::Crashed(text(random)),
        2 => ExitReason::Stopped,
        3 => ExitReason::GivenUp(text(random)),
        _ => ExitReason::NoSuchComponent,
    }
}

fn info(random: &mut SmallRng) -> MessageInfo {
    let mut maybe = || random.random_ratio(1, 2);
    let (request, trace, topic) = (maybe(), maybe(), maybe());
    MessageInfo {
        request: request.then(|| RequestId::from_halves(random.random(), random.random())),
        delivery: random.random(),
        trace_parent: trace.then(|| TraceParent::root(random.random(), random.random())),
        topic: topic.then(|| "test/topic".parse().unwrap()),
        ..MessageInfo::new(random.random())
    }
}

fn text(random: &mut SmallRng) -> String {
    let length = random.random_range(0..40);
    (0..length).map(|_| ['a', 'ö', '/', '日'].choose(random).unwrap()).collect()
}
