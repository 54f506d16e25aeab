use airssys_wasm_codec::{Digest, Envelope};
use airssys_wasm_core::{ComponentId, SendError, Topic};
use airssys_wasm_security::audit::{
    self, Attempt, AttemptKind, AuditEvent, Change, DeniedBy, GrantChange, Record, Refusal, Target,
};
use airssys_wasm_security::{Grants, Pattern, Right};

use crate::audit_log::{AuditLog, AuditSettings};
use crate::authority::Authority;
use crate::builder::BuildError;
use crate::dead_letter::DeadLetter;
use crate::registration::Author;

/// What a system records for its operator, if it does.
pub(crate) struct Audit(Option<Recording>);

struct Recording {
    log: AuditLog,
    messages: bool,
    digests: bool,
}

impl Audit {
    /// Records as these settings have it, in so many shards; without settings, nothing.
    pub(crate) fn open(settings: Option<AuditSettings>, shards: usize) -> Result<Self, BuildError> {
        let Some(settings) = settings else { return Ok(Self(None)) };
        let (messages, digests) = (settings.messages, settings.digests);
        let file = settings.file.clone();
        let log =
            AuditLog::open(settings, shards).map_err(|cause| BuildError::Audit { file, cause })?;
        Ok(Self(Some(Recording { log, messages, digests })))
    }

    /// Whether messages that are accepted are recorded, and not only refusals.
    pub(crate) fn wants_messages(&self) -> bool {
        self.0.as_ref().is_some_and(|recording| recording.messages)
    }

    /// The digest of a message, where the log is to have it.
    pub(crate) fn digest(&self, payload: &[u8]) -> Option<Box<str>> {
        let wanted = self.0.as_ref().is_some_and(|recording| recording.digests);
        wanted.then(|| Digest::of(payload).to_string().into())
    }

    pub(crate) fn record(&self, worker: usize, at: u64, event: AuditEvent) {
        if let Some(recording) = &self.0 {
            recording.log.record(worker, Record { at, event });
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A send of `author` that was not accepted, as it is recorded.
    pub(crate) fn refused(
        &self,
        kind: AttemptKind,
        author: &Author,
        target: &str,
        topic: Option<&Topic>,
        message: &[u8],
        error: &SendError,
    ) -> Attempt {
        let codecs = match error {
            SendError::CodecNotAccepted(accepted) => Some(audit::Codecs {
                offered: Envelope::read(message).ok().flatten().map(|it| it.codec.code()),
                in_common: author.codecs.as_ref().map_or(Vec::new(), |it| it.in_common(accepted)),
            }),
            _ => None,
        };
        let denied_by = (*error == SendError::NotPermitted)
            .then(|| denied_by(kind, &author.authority, target, topic));
        let refusal = Refusal { error: error.clone(), denied_by, codecs };
        Attempt {
            kind,
            sender: author.id.clone(),
            target: Target::named(target),
            topic: topic.cloned(),
            size: size(message),
            outcome: Err(Box::new(refusal)),
            trace: None,
            parent_span: None,
            digest: self.digest(message),
        }
    }

    pub(crate) fn dead_letter(&self, worker: usize, letter: &DeadLetter) {
        if !self.is_on() {
            return;
        }
        let event = audit::DeadLetter {
            sender: letter.sender.clone(),
            target: letter.target.clone(),
            reason: letter.reason.as_str(),
            delivery: letter.delivery,
            size: size(&letter.payload),
            trace: Some(letter.trace_parent),
        };
        self.record(worker, letter.at, AuditEvent::DeadLetter(event));
    }

    /// A component's grants were changed from `before` to `now`.
    pub(crate) fn grants_changed(
        &self,
        worker: usize,
        at: u64,
        component: &ComponentId,
        before: &Grants,
        now: &Grants,
    ) {
        if !self.is_on() {
            return;
        }
        for right in Right::ALL {
            let missing = |in_one: &Pattern, other: &Grants| {
                other.patterns(right).is_none_or(|patterns| !patterns.contains(in_one))
            };
            let record = |pattern: &Pattern, change| {
                let (component, pattern) = (component.clone(), pattern.clone());
                let change = GrantChange { component, right, pattern, change };
                self.record(worker, at, AuditEvent::Grant(change));
            };
            for pattern in before.patterns(right).into_iter().flatten() {
                if missing(pattern, now) {
                    record(pattern, Change::Revoked);
                }
            }
            for pattern in now.patterns(right).into_iter().flatten() {
                if missing(pattern, before) {
                    record(pattern, Change::Granted);
                }
            }
        }
    }

    /// Has all that was recorded so far written to the file, without waiting.
    pub(crate) fn flush(&self) {
        if let Some(recording) = &self.0 {
            recording.log.flush();
        }
    }

    /// The same, and waits for it. False if the file takes nothing.
    pub(crate) fn flush_and_wait(&self) -> bool {
        self.0.as_ref().is_none_or(|recording| recording.log.flush_and_wait())
    }
}

/// Whose rule it is that this may not be sent to `target`. A publication has a topic once its
/// sender was permitted.
fn denied_by(
    kind: AttemptKind,
    sender: &Authority,
    target: &str,
    topic: Option<&Topic>,
) -> DeniedBy {
    let (may_send, may_request) =
        ComponentId::parse(target).map_or((false, false), |id| sender.may_reach(&id));
    let granted = match kind {
        AttemptKind::Message => may_send,
        AttemptKind::Request => may_request,
        AttemptKind::Publication => topic.is_some(),
    };
    if granted { DeniedBy::Receiver } else { DeniedBy::Sender }
}

/// A payload's size, as records have it.
pub(crate) fn size(payload: &[u8]) -> u32 {
    u32::try_from(payload.len()).unwrap_or(u32::MAX)
}
