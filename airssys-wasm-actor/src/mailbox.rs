use std::collections::VecDeque;
use std::iter::Sum;
use std::time::Duration;

use crate::address::Sent;
use crate::sync::atomic::{AtomicU64, Ordering};

/// How much a mailbox holds, and what happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxLimits {
    /// The most messages.
    pub capacity: usize,
    /// The most bytes of messages. One message that is larger fits into an empty mailbox.
    pub max_bytes: usize,
    /// What happens to a message for which there is no room.
    pub overflow: Overflow,
}

impl Default for MailboxLimits {
    /// 1,000 messages and 16 MiB; what does not fit is handed back.
    fn default() -> Self {
        Self { capacity: 1000, max_bytes: 16 << 20, overflow: Overflow::Reject }
    }
}

/// What happens to a message for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// The sender gets it back.
    Reject,
    /// The oldest messages make room for it.
    DropOldest,
    /// It is dropped itself.
    DropNewest,
}

/// Messages that wait for one actor, within limits.
///
/// Memory grows with what is queued, not with the capacity. The actor takes all messages at
/// once and handles them outside the mailbox's lock; until it begins one, that one still counts
/// as queued here. How far it is, it says through [`Progress`].
pub(crate) struct Mailbox<M> {
    limits: MailboxLimits,
    /// Over this there are too many, or too large ones, for who sends more.
    high_water: Level,
    /// Under this they may.
    low_water: Level,
    queue: VecDeque<M>,
    /// Messages and bytes that count towards the limits, since the beginning.
    messages: u64,
    bytes: u64,
}

/// What a message weighs.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weight {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::default(), |all, one| Self {
            messages: all.messages + one.messages,
            bytes: all.bytes + one.bytes,
        })
    }
}

/// What is queued, as far as it counts towards the limits.
#[derive(Clone, Copy, Default)]
pub(crate) struct Level {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Level {
    fn with(self, weight: Weight) -> Self {
        Self {
            messages: self.messages + weight.messages as usize,
            bytes: self.bytes + weight.bytes as usize,
        }
    }
}

/// A queue's buffer of more messages than this is given back when it has become empty.
const KEPT: usize = 32;

impl<M> Mailbox<M> {
    pub(crate) fn new(limits: MailboxLimits) -> Self {
        // Divided, not multiplied: the limits may be as large as they like.
        let high = |limit: usize| limit - limit.div_ceil(5);
        let low = |limit: usize| limit.div_ceil(2);
        let MailboxLimits { capacity, max_bytes, .. } = limits;
        Self {
            limits,
            high_water: Level { messages: high(capacity), bytes: high(max_bytes) },
            low_water: Level { messages: low(capacity), bytes: low(max_bytes) },
            queue: VecDeque::new(),
            messages: 0,
            bytes: 0,
        }
    }

    /// Counts a message that is handled next, and not queued. The level is what it weighs.
    pub(crate) fn add(&mut self, weight: Weight) -> Level {
        self.count(weight);
        Level::default().with(weight)
    }

    /// Takes a message in, if there is room or room can be made; or else hands it back.
    pub(crate) fn push(
        &mut self,
        message: M,
        weight: Weight,
        weigh: impl Fn(&M) -> Weight,
        progress: &Progress,
    ) -> Result<Sent<M>, M> {
        let level = self.level(progress);
        if weight.messages == 0 || self.has_room(level, weight) {
            self.count(weight);
            self.queue.push_back(message);
            return Ok(self.sent(level.with(weight), Vec::new()));
        }
        self.overflow(message, weight, weigh, progress)
    }

    #[cold]
    fn overflow(
        &mut self,
        message: M,
        weight: Weight,
        weigh: impl Fn(&M) -> Weight,
        progress: &Progress,
    ) -> Result<Sent<M>, M> {
        let mut dropped = Vec::new();
        match self.limits.overflow {
            Overflow::Reject => return Err(message),
            Overflow::DropNewest => dropped.push(message),
            Overflow::DropOldest => {
                while !self.has_room(self.level(progress), weight) {
                    match self.remove_oldest(&weigh) {
                        Some(oldest) => dropped.push(oldest),
                        // All that is left has been taken out already: only it can go.
                        None => {
                            dropped.push(message);
                            return Ok(self.sent(self.level(progress), dropped));
                        }
                    }
                }
                self.count(weight);
                self.queue.push_back(message);
            }
        }
        Ok(self.sent(self.level(progress), dropped))
    }

    /// Moves messages into `batch`, which is empty: all, unless the oldest must stay where a
    /// push can still drop them.
    pub(crate) fn take(&mut self, batch: &mut VecDeque<M>) {
        match self.limits.overflow {
            Overflow::DropOldest => batch.extend(self.queue.pop_front()),
            Overflow::Reject | Overflow::DropNewest => std::mem::swap(&mut self.queue, batch),
        }
    }

    /// The same at a time when the actor does not run yet: none where a push may still drop them.
    pub(crate) fn take_ahead(&mut self, batch: &mut VecDeque<M>) {
        if self.takes_ahead() {
            self.take(batch);
        }
    }

    /// Messages that are queued in the mailbox itself.
    pub(crate) fn drain(&mut self) -> VecDeque<M> {
        std::mem::take(&mut self.queue)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// What counts towards the limits and has not begun.
    pub(crate) fn level(&self, progress: &Progress) -> Level {
        Level {
            messages: (self.messages - progress.messages.load(Ordering::Acquire)) as usize,
            bytes: (self.bytes - progress.bytes.load(Ordering::Acquire)) as usize,
        }
    }

    /// What a sender is told at this level.
    pub(crate) fn sent(&self, level: Level, dropped: Vec<M>) -> Sent<M> {
        Sent {
            over_high_water: self.is_over_high_water(level),
            under_low_water: self.is_under_low_water(level),
            room: self.room(level),
            dropped,
        }
    }

    /// Over 80 % of the capacity, in messages or in bytes.
    fn is_over_high_water(&self, level: Level) -> bool {
        level.messages > self.high_water.messages || level.bytes > self.high_water.bytes
    }

    /// Under 50 % of the capacity, in messages and in bytes.
    fn is_under_low_water(&self, level: Level) -> bool {
        level.messages < self.low_water.messages && level.bytes < self.low_water.bytes
    }

    /// Under the low-water mark, and with room for `burst` more messages (or, where it can
    /// never hold as many, empty).
    pub(crate) fn has_drained(&self, burst: usize, progress: &Progress) -> bool {
        let level = self.level(progress);
        self.is_under_low_water(level) && (level.messages == 0 || self.room(level) >= burst)
    }

    /// For how many more messages there is room.
    fn room(&self, level: Level) -> usize {
        self.limits.capacity.saturating_sub(level.messages)
    }

    /// Gives the memory of a large buffer back.
    pub(crate) fn shrink(&mut self, batch: &mut VecDeque<M>) {
        for buffer in [&mut self.queue, batch] {
            if buffer.capacity() > KEPT && buffer.is_empty() {
                *buffer = VecDeque::new();
            }
        }
    }

    fn has_room(&self, level: Level, weight: Weight) -> bool {
        level.messages == 0
            || (level.messages < self.limits.capacity
                && level.bytes.saturating_add(weight.bytes as usize) <= self.limits.max_bytes)
    }

    fn count(&mut self, weight: Weight) {
        self.messages += weight.messages;
        self.bytes += weight.bytes;
    }

    /// Whether messages may leave before the actor runs. Where the oldest are dropped, they stay
    /// until then.
    pub(crate) fn takes_ahead(&self) -> bool {
        self.limits.overflow != Overflow::DropOldest
    }

    fn remove_oldest(&mut self, weigh: impl Fn(&M) -> Weight) -> Option<M> {
        let at = self.queue.iter().position(|message| weigh(message).messages > 0)?;
        let oldest = self.queue.remove(at)?;
        let weight = weigh(&oldest);
        self.messages -= weight.messages;
        self.bytes -= weight.bytes;
        Some(oldest)
    }
}

/// What an actor has begun to handle, of all that its mailbox ever accepted, and what it has
/// handled to the end.
///
/// Only the thread that runs the actor writes, and the mailbox's lock orders one such thread
/// before the next; so plain stores do, and no message costs a locked instruction.
#[derive(Default)]
pub(crate) struct Progress {
    messages: AtomicU64,
    bytes: AtomicU64,
    handled: AtomicU64,
    busy_nanos: AtomicU64,
}

impl Progress {
    pub(crate) fn count_handled(&self, messages: u64) {
        add(&self.handled, messages);
    }

    pub(crate) fn count_busy(&self, time: Duration) {
        add(&self.busy_nanos, u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    pub(crate) fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy_nanos.load(Ordering::Relaxed))
    }

    pub(crate) fn begin(&self, weight: Weight) {
        let messages = self.messages.load(Ordering::Relaxed) + weight.messages;
        let bytes = self.bytes.load(Ordering::Relaxed) + weight.bytes;
        self.messages.store(messages, Ordering::Release);
        self.bytes.store(bytes, Ordering::Release);
    }

    /// Takes back that a message has begun: it is queued again.
    pub(crate) fn take_back(&self, weight: Weight) {
        let messages = self.messages.load(Ordering::Relaxed) - weight.messages;
        let bytes = self.bytes.load(Ordering::Relaxed) - weight.bytes;
        self.messages.store(messages, Ordering::Release);
        self.bytes.store(bytes, Ordering::Release);
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weigh(message: &u64) -> Weight {
        Weight { messages: u64::from(*message < 100), bytes: if *message < 100 { 10 } else { 0 } }
    }

    fn mailbox(capacity: usize, overflow: Overflow) -> (Mailbox<u64>, Progress) {
        let limits = MailboxLimits { capacity, max_bytes: 1000, overflow };
        (Mailbox::new(limits), Progress::default())
    }

    /// What was dropped for it, or it itself.
    fn push(
        mailbox: &mut Mailbox<u64>,
        message: u64,
        progress: &Progress,
    ) -> Result<Vec<u64>, u64> {
        mailbox.push(message, weigh(&message), weigh, progress).map(|sent| sent.dropped)
    }

    #[test]
    fn a_full_mailbox_hands_the_message_back() {
        let (mut mailbox, progress) = mailbox(2, Overflow::Reject);
        assert_eq!(push(&mut mailbox, 1, &progress), Ok(vec![]));
        assert_eq!(push(&mut mailbox, 2, &progress), Ok(vec![]));
        assert_eq!(push(&mut mailbox, 3, &progress), Err(3));
        assert_eq!(push(&mut mailbox, 100, &progress), Ok(vec![]), "reserved");
    }

    #[test]
    fn bytes_are_a_limit_of_their_own() {
        let limits = MailboxLimits { capacity: 100, max_bytes: 25, overflow: Overflow::Reject };
        let (mut mailbox, progress) = (Mailbox::new(limits), Progress::default());
        assert_eq!(push(&mut mailbox, 1, &progress), Ok(vec![]));
        assert_eq!(push(&mut mailbox, 2, &progress), Ok(vec![]));
        assert_eq!(push(&mut mailbox, 3, &progress), Err(3));
    }

    #[test]
    fn what_was_taken_counts_until_it_begins() {
        let (mut mailbox, progress) = mailbox(2, Overflow::Reject);
        push(&mut mailbox, 1, &progress).unwrap();
        push(&mut mailbox, 2, &progress).unwrap();
        let mut batch = VecDeque::new();
        mailbox.take(&mut batch);
        assert_eq!(push(&mut mailbox, 3, &progress), Err(3));
        progress.begin(weigh(&1));
        assert_eq!(push(&mut mailbox, 3, &progress), Ok(vec![]));
        assert_eq!(mailbox.level(&progress).messages, 2);
    }

    #[test]
    fn drop_oldest_passes_over_what_has_a_place_of_its_own() {
        let (mut mailbox, progress) = mailbox(2, Overflow::DropOldest);
        for message in [100, 1, 2] {
            push(&mut mailbox, message, &progress).unwrap();
        }
        assert_eq!(push(&mut mailbox, 3, &progress), Ok(vec![1]));
        assert_eq!(mailbox.drain(), [100, 2, 3]);
    }

    #[test]
    fn drop_newest_drops_the_message_itself() {
        let (mut mailbox, progress) = mailbox(1, Overflow::DropNewest);
        push(&mut mailbox, 1, &progress).unwrap();
        assert_eq!(push(&mut mailbox, 2, &progress), Ok(vec![2]));
        assert_eq!(mailbox.drain(), [1]);
    }

    #[test]
    fn the_water_marks_are_80_and_50_percent() {
        let (mut mailbox, progress) = mailbox(10, Overflow::Reject);
        for message in 0..8 {
            push(&mut mailbox, message, &progress).unwrap();
        }
        assert!(!mailbox.is_over_high_water(mailbox.level(&progress)));
        push(&mut mailbox, 8, &progress).unwrap();
        assert!(mailbox.is_over_high_water(mailbox.level(&progress)));
        for _ in 0..4 {
            progress.begin(weigh(&0));
        }
        assert!(!mailbox.has_drained(1, &progress), "5 of 10 are queued");
        progress.begin(weigh(&0));
        assert!(mailbox.has_drained(1, &progress), "4 of 10 are queued");
        assert!(!mailbox.has_drained(7, &progress), "7 do not fit beside 4");
    }

    #[test]
    fn an_empty_mailbox_keeps_no_large_buffer() {
        let (mut mailbox, progress) = mailbox(1000, Overflow::Reject);
        for message in 0..99 {
            push(&mut mailbox, message, &progress).unwrap();
        }
        let mut batch = VecDeque::new();
        mailbox.take(&mut batch);
        batch.clear();
        mailbox.shrink(&mut batch);
        assert_eq!(batch.capacity() + mailbox.queue.capacity(), 0);
    }
}
