//! The contract's types as wasmtime lifts and lowers them, and their counterparts in core.
#![allow(missing_docs, unreachable_pub, unsafe_code, dead_code, clippy::all)]

use airssys_wasm_core as core;

wasmtime::component::bindgen!({
    path: "wit",
    inline: "
        package airssys:host;

        world guest {
            import airssys:component/messaging@0.1.0;
            import airssys:component/context@0.1.0;
            import airssys:component/topics@0.1.0;
            import airssys:component/timers@0.1.0;
            import airssys:component/monitors@0.1.0;
            export airssys:component/handler@0.1.0;
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

impl From<RequestId> for core::RequestId {
    fn from(id: RequestId) -> Self {
        Self::from_halves(id.high, id.low)
    }
}

impl From<core::RequestId> for RequestId {
    fn from(id: core::RequestId) -> Self {
        Self { high: id.high(), low: id.low() }
    }
}

impl From<ComponentError> for core::ComponentError {
    fn from(error: ComponentError) -> Self {
        Self { code: error.code, message: error.message }
    }
}

impl From<&core::ComponentError> for ComponentError {
    fn from(error: &core::ComponentError) -> Self {
        Self { code: error.code, message: error.message.clone() }
    }
}

impl From<&core::MessageInfo> for MessageInfo {
    fn from(info: &core::MessageInfo) -> Self {
        Self {
            sent_at: info.sent_at,
            request: info.request.map(RequestId::from),
            delivery: info.delivery,
            trace_parent: info.trace_parent.map(|parent| parent.to_string()),
        }
    }
}

impl From<core::SendError> for SendError {
    fn from(error: core::SendError) -> Self {
        match error {
            core::SendError::InvalidTarget => Self::InvalidTarget,
            core::SendError::NoSuchComponent => Self::NoSuchComponent,
            core::SendError::NotPermitted => Self::NotPermitted,
            core::SendError::CodecNotAccepted(codes) => Self::CodecNotAccepted(codes),
            core::SendError::MessageTooLarge(limit) => Self::MessageTooLarge(limit),
            core::SendError::RateLimited(milliseconds) => Self::RateLimited(milliseconds),
            core::SendError::MailboxFull => Self::MailboxFull,
            core::SendError::TooManyRequests(limit) => Self::TooManyRequests(limit),
            core::SendError::Stopped => Self::Stopped,
            core::SendError::NoCallback => Self::NoCallback,
        }
    }
}

impl From<core::SubscribeError> for SubscribeError {
    fn from(error: core::SubscribeError) -> Self {
        match error {
            core::SubscribeError::InvalidPattern => Self::InvalidPattern,
            core::SubscribeError::NotPermitted => Self::NotPermitted,
            core::SubscribeError::TooManySubscriptions(limit) => Self::TooManySubscriptions(limit),
        }
    }
}

impl From<core::TimerError> for TimerError {
    fn from(error: core::TimerError) -> Self {
        match error {
            core::TimerError::Refused(error) => Self::Refused(error.into()),
            core::TimerError::TooManyTimers(limit) => Self::TooManyTimers(limit),
        }
    }
}

impl From<core::MonitorError> for MonitorError {
    fn from(error: core::MonitorError) -> Self {
        match error {
            core::MonitorError::InvalidTarget => Self::InvalidTarget,
            core::MonitorError::NotPermitted => Self::NotPermitted,
            core::MonitorError::TooManyMonitors(limit) => Self::TooManyMonitors(limit),
            core::MonitorError::NoHandler => Self::NoHandler,
        }
    }
}

impl From<&core::ExitReason> for ExitReason {
    fn from(reason: &core::ExitReason) -> Self {
        match reason {
            core::ExitReason::Normal => Self::Normal,
            core::ExitReason::Crashed(crash) => Self::Crashed(crash.clone()),
            core::ExitReason::Stopped => Self::Stopped,
            core::ExitReason::GivenUp(crash) => Self::GivenUp(crash.clone()),
            core::ExitReason::NoSuchComponent => Self::NoSuchComponent,
        }
    }
}

impl From<Status> for core::Health {
    fn from(status: Status) -> Self {
        match status {
            Status::Healthy => Self::Healthy,
            Status::Degraded(why) => Self::Degraded(why),
            Status::Unhealthy(why) => Self::Unhealthy(why),
        }
    }
}

impl From<&core::RequestError> for RequestError {
    fn from(error: &core::RequestError) -> Self {
        match error {
            core::RequestError::TimedOut => Self::TimedOut,
            core::RequestError::Refused(refusal) => Self::Refused(refusal.into()),
            core::RequestError::Crashed => Self::Crashed,
            core::RequestError::Stopped => Self::Stopped,
            core::RequestError::Dropped => Self::Dropped,
            core::RequestError::ResponseTooLarge(limit) => Self::ResponseTooLarge(*limit),
        }
    }
}
