//! The contract's types as wasmtime lifts and lowers them, and their counterparts in core.
#![allow(missing_docs, unreachable_pub, unsafe_code, dead_code, clippy::all)]

use airssys_wasm_core as ours;

wasmtime::component::bindgen!({
    path: "wit",
    inline: "
        package airssys:host;

        world guest {
            import airssys:component/messaging@0.1.0;
            import airssys:component/context@0.1.0;
            import airssys:component/handles@0.1.0;
            import airssys:component/topics@0.1.0;
            import airssys:component/timers@0.1.0;
            import airssys:component/monitors@0.1.0;
            export airssys:component/handler@0.1.0;
            export airssys:component/batch-handler@0.1.0;
            export airssys:component/callback@0.1.0;
            export airssys:component/exits@0.1.0;
            export airssys:component/lifecycle@0.1.0;
            export airssys:component/health@0.1.0;
        }
    ",
    world: "airssys:host/guest",
});

pub(crate) use airssys::component::context::MessageInfo;
pub(crate) use airssys::component::messaging::SendError;
pub(crate) use airssys::component::monitors::MonitorError;
pub(crate) use airssys::component::timers::TimerError;
pub(crate) use airssys::component::topics::SubscribeError;
pub(crate) use airssys::component::types::{ComponentError, RequestId};
pub(crate) use exports::airssys::component::callback::RequestError;
pub(crate) use exports::airssys::component::exits::ExitReason;
pub(crate) use exports::airssys::component::health::Status;

/// A message of a batch, which is not copied before it is lowered.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lower)]
#[component(record)]
pub(crate) struct BatchMessage<'a> {
    pub(crate) sender: u64,
    pub(crate) payload: &'a [u8],
}

impl From<RequestId> for ours::RequestId {
    fn from(id: RequestId) -> Self {
        Self::from_halves(id.high, id.low)
    }
}

impl From<ours::RequestId> for RequestId {
    fn from(id: ours::RequestId) -> Self {
        Self { high: id.high(), low: id.low() }
    }
}

impl From<ComponentError> for ours::ComponentError {
    fn from(error: ComponentError) -> Self {
        Self { code: error.code, message: error.message }
    }
}

impl From<&ours::ComponentError> for ComponentError {
    fn from(error: &ours::ComponentError) -> Self {
        Self { code: error.code, message: error.message.clone() }
    }
}

impl From<&ours::MessageInfo> for MessageInfo {
    fn from(info: &ours::MessageInfo) -> Self {
        Self {
            sent_at: info.sent_at,
            request: info.request.map(RequestId::from),
            delivery: info.delivery,
            trace_parent: info.trace_parent.map(|parent| parent.to_string()),
        }
    }
}

impl From<ours::SendError> for SendError {
    fn from(error: ours::SendError) -> Self {
        match error {
            ours::SendError::InvalidTarget => Self::InvalidTarget,
            ours::SendError::NoSuchComponent => Self::NoSuchComponent,
            ours::SendError::NotPermitted => Self::NotPermitted,
            ours::SendError::CodecNotAccepted(codes) => Self::CodecNotAccepted(codes),
            ours::SendError::MessageTooLarge(limit) => Self::MessageTooLarge(limit),
            ours::SendError::RateLimited(milliseconds) => Self::RateLimited(milliseconds),
            ours::SendError::MailboxFull => Self::MailboxFull,
            ours::SendError::TooManyRequests(limit) => Self::TooManyRequests(limit),
            ours::SendError::Stopped => Self::Stopped,
            ours::SendError::NoCallback => Self::NoCallback,
        }
    }
}

impl From<ours::SubscribeError> for SubscribeError {
    fn from(error: ours::SubscribeError) -> Self {
        match error {
            ours::SubscribeError::InvalidPattern => Self::InvalidPattern,
            ours::SubscribeError::NotPermitted => Self::NotPermitted,
            ours::SubscribeError::TooManySubscriptions(limit) => Self::TooManySubscriptions(limit),
        }
    }
}

impl From<ours::TimerError> for TimerError {
    fn from(error: ours::TimerError) -> Self {
        match error {
            ours::TimerError::Refused(error) => Self::Refused(error.into()),
            ours::TimerError::TooManyTimers(limit) => Self::TooManyTimers(limit),
        }
    }
}

impl From<ours::MonitorError> for MonitorError {
    fn from(error: ours::MonitorError) -> Self {
        match error {
            ours::MonitorError::InvalidTarget => Self::InvalidTarget,
            ours::MonitorError::NotPermitted => Self::NotPermitted,
            ours::MonitorError::TooManyMonitors(limit) => Self::TooManyMonitors(limit),
            ours::MonitorError::NoHandler => Self::NoHandler,
        }
    }
}

impl From<&ours::ExitReason> for ExitReason {
    fn from(reason: &ours::ExitReason) -> Self {
        match reason {
            ours::ExitReason::Normal => Self::Normal,
            ours::ExitReason::Crashed(crash) => Self::Crashed(crash.clone()),
            ours::ExitReason::Stopped => Self::Stopped,
            ours::ExitReason::GivenUp(crash) => Self::GivenUp(crash.clone()),
            ours::ExitReason::NoSuchComponent => Self::NoSuchComponent,
        }
    }
}

impl From<Status> for ours::Health {
    fn from(status: Status) -> Self {
        match status {
            Status::Healthy => Self::Healthy,
            Status::Degraded(why) => Self::Degraded(why),
            Status::Unhealthy(why) => Self::Unhealthy(why),
        }
    }
}

impl From<&ours::RequestError> for RequestError {
    fn from(error: &ours::RequestError) -> Self {
        match error {
            ours::RequestError::TimedOut => Self::TimedOut,
            ours::RequestError::Refused(refusal) => Self::Refused(refusal.into()),
            ours::RequestError::Crashed => Self::Crashed,
            ours::RequestError::Stopped => Self::Stopped,
            ours::RequestError::Dropped => Self::Dropped,
            ours::RequestError::ResponseTooLarge(limit) => Self::ResponseTooLarge(*limit),
        }
    }
}
