use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::activation::Activation;
use crate::actor::Actor;
use crate::cell::Cell;
use crate::context::Context;
use crate::flow::Downstream;
use crate::mailbox::{Progress, Weight};
use crate::run_queue::Runnable;

/// An actor with all of it that only the thread touches that runs it.
///
/// There is one, and it rests in its [`Cell`] or is out: in the run queue, or with a worker. Who
/// has it may run the actor; so the actor runs once at a time, and no lock is held meanwhile.
pub(crate) struct Body<A: Actor> {
    pub(crate) actor: A,
    /// Taken out of the mailbox, not yet begun.
    pub(crate) batch: VecDeque<A::Message>,
    pub(crate) control: Control,
    /// What the message weighs that it has begun and waits in the middle of.
    pub(crate) in_hand: Weight,
    /// A call of its last batch said that it may have taken long.
    took_long: bool,
    /// Set while it is in the run queue.
    cell: Option<Arc<Cell<A>>>,
}

/// What holds an actor back, or is about to.
#[derive(Default)]
pub(crate) struct Control {
    /// Receivers that it filled, and waits for before its next message.
    pub(crate) downstream: Vec<Downstream>,
    /// It waits for one of them.
    pub(crate) waiting: bool,
    pub(crate) paused: bool,
    /// It is in the middle of a message, and waits to be woken.
    pub(crate) suspended: bool,
    /// It has been woken.
    pub(crate) woken: bool,
    pub(crate) stopping: bool,
    /// The call that has just ended may have taken long.
    pub(crate) took_long: bool,
}

impl<A: Actor> Body<A> {
    pub(crate) fn new(actor: A) -> Box<Self> {
        let (batch, control) = (VecDeque::new(), Control::default());
        let in_hand = Weight::default();
        Box::new(Self { actor, batch, control, in_hand, took_long: false, cell: None })
    }

    /// As it goes into the run queue.
    pub(crate) fn of(mut self: Box<Self>, cell: Arc<Cell<A>>) -> Box<Self> {
        self.cell = Some(cell);
        self
    }

    /// Goes on with the message in hand if it waits no more, then handles what it has, up to the
    /// budget, or until something holds it back.
    pub(crate) fn handle_batch(
        &mut self,
        progress: &Progress,
        activation: &mut Activation<'_>,
        urgent: impl Fn() -> bool,
    ) {
        let proceeds = self.control.suspended && self.control.woken;
        if self.batch.is_empty() && !proceeds {
            return;
        }
        let batch = if proceeds || self.took_long {
            activation.begin_long_batch()
        } else {
            activation.begin_batch()
        };
        let mut handled = 0;
        if proceeds {
            (self.control.suspended, self.control.woken) = (false, false);
            let weight = self.in_hand;
            handled += self.call(weight, progress, activation, None, |actor, context| {
                actor.proceed(context);
            });
        }
        while activation.budget > 0 && self.control.lets_handle() && !urgent() {
            let together = self.together(activation.budget);
            if together > 1 {
                activation.budget -= together;
                handled += self.call_together(together, progress, activation);
                continue;
            }
            let Some(message) = self.batch.pop_front() else { break };
            let weight = weigh::<A>(&message);
            progress.begin(weight);
            activation.budget -= 1;
            let began = Some(activation.begin_messages(1));
            handled += self.call(weight, progress, activation, began, |actor, context| {
                actor.handle(message, context);
            });
        }
        self.took_long = activation.end_batch(batch, handled, progress);
    }

    /// How many of its messages come next in one call.
    fn together(&self, budget: usize) -> usize {
        if self.batch.len() < 2 {
            return 1;
        }
        self.actor.takes_together(&self.batch).min(budget)
    }

    /// Calls the actor for its next `count` messages, and tells how many are done.
    fn call_together(
        &mut self,
        count: usize,
        progress: &Progress,
        activation: &mut Activation<'_>,
    ) -> u64 {
        let began = Some(activation.begin_messages(count));
        let Self { actor, batch, control, .. } = self;
        let weight = batch.iter().take(count).map(weigh::<A>).sum();
        progress.begin(weight);
        let (queued, mut again) = (batch.len(), None);
        let mut context =
            Context::new(control, &mut again, activation.worker, began, queued - count);
        actor.handle_together(batch, count, &mut context);
        if std::mem::take(&mut control.took_long) {
            activation.took_long();
        }
        let left = (batch.len() + count).saturating_sub(queued);
        let left: Weight = batch.iter().take(left).map(weigh::<A>).sum();
        progress.take_back(left);
        weight.messages - left.messages
    }

    /// Calls the actor for a message of this weight, and tells how many messages are done.
    fn call(
        &mut self,
        weight: Weight,
        progress: &Progress,
        activation: &mut Activation<'_>,
        began: Option<Duration>,
        call: impl FnOnce(&mut A, &mut Context<'_, A>),
    ) -> u64 {
        let (worker, queued) = (activation.worker, self.batch.len());
        let mut again = None;
        call(
            &mut self.actor,
            &mut Context::new(&mut self.control, &mut again, worker, began, queued),
        );
        if std::mem::take(&mut self.control.took_long) {
            activation.took_long();
        }
        if let Some(message) = again {
            progress.take_back(weigh::<A>(&message));
            self.batch.push_front(message);
            return 0;
        }
        if self.control.suspended {
            self.in_hand = weight;
            return 0;
        }
        weight.messages
    }
}

impl<A: Actor> Runnable for Body<A> {
    fn run(mut self: Box<Self>, activation: &mut Activation<'_>) {
        if let Some(cell) = self.cell.take() {
            cell.run(self, activation);
        }
    }
}

impl Control {
    /// Whether the next message may be handled.
    fn lets_handle(&self) -> bool {
        !self.is_held_back() && !self.stopping && self.downstream.is_empty()
    }

    /// Whether somebody else has to act before it handles another message.
    pub(crate) fn is_held_back(&self) -> bool {
        self.paused | self.suspended | self.waiting
    }
}

pub(crate) fn weigh<A: Actor>(message: &A::Message) -> Weight {
    if A::reserved(message) {
        Weight { messages: 0, bytes: 0 }
    } else {
        Weight { messages: 1, bytes: A::size(message) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::MAX_AGE;
    use crate::activation::tests::Hand;

    /// Each of its messages takes as many nanoseconds as it says.
    struct Busy {
        clock: Arc<Hand>,
        together: usize,
        habit: Habit,
        in_hand: u64,
        /// The oldest time that it was given for a call.
        oldest: Duration,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Habit {
        None,
        /// Says each time that it took long.
        SaysLong,
        /// The same, when it goes on with a message: it waits in the middle of each.
        Waits,
    }

    impl Busy {
        fn body(clock: &Arc<Hand>, together: usize, habit: Habit) -> Box<Body<Self>> {
            let (clock, oldest) = (Arc::clone(clock), Duration::ZERO);
            Body::new(Self { clock, together, habit, in_hand: 0, oldest })
        }
    }

    impl Actor for Busy {
        type Message = u64;

        fn handle(&mut self, nanos: u64, context: &mut Context<'_, Self>) {
            let began = context.began().expect("it is known for a message");
            self.oldest = self.oldest.max(self.clock.now() - began);
            if self.habit == Habit::Waits {
                self.in_hand = nanos;
                return context.wait();
            }
            self.clock.pass(nanos);
            if self.habit == Habit::SaysLong {
                context.took_long();
            }
        }

        fn proceed(&mut self, context: &mut Context<'_, Self>) {
            self.clock.pass(self.in_hand);
            context.took_long();
        }

        fn takes_together(&self, _: &VecDeque<u64>) -> usize {
            self.together
        }

        fn handle_together(
            &mut self,
            next: &mut VecDeque<u64>,
            count: usize,
            context: &mut Context<'_, Self>,
        ) {
            self.handle(next.drain(..count).sum(), context);
        }
    }

    fn run(
        body: &mut Body<Busy>,
        messages: &[u64],
        progress: &Progress,
        activation: &mut Activation<'_>,
    ) {
        activation.budget = 64;
        body.batch.extend(messages);
        body.handle_batch(progress, activation, || false);
    }

    #[test]
    fn messages_that_are_handled_together_age_the_time_as_others_do() {
        let (clock, progress) = (Arc::new(Hand::default()), Progress::default());
        let mut activation = Activation::of_worker(clock.as_ref());
        let mut body = Busy::body(&clock, 8, Habit::None);
        for _ in 0..10_000 {
            run(&mut body, &[10; 8], &progress, &mut activation);
        }
        let most = Duration::from_nanos(10 * MAX_AGE as u64);
        let oldest = body.actor.oldest;
        assert!(oldest > most / 2 && oldest <= most, "{oldest:?} of {most:?}");
    }

    #[test]
    fn who_says_each_time_that_it_took_long_is_charged_for_its_own_time() {
        for (together, habit) in [(1, Habit::SaysLong), (2, Habit::SaysLong), (1, Habit::Waits)] {
            let clock = Arc::new(Hand::default());
            let (own, others) = (Progress::default(), Progress::default());
            let mut activation = Activation::of_worker(clock.as_ref());
            let mut body = Busy::body(&clock, together, habit);
            let mut other = Busy::body(&clock, 1, Habit::None);
            for _ in 0..1_000 {
                let messages: &[u64] = if habit == Habit::Waits { &[700] } else { &[175; 4] };
                run(&mut body, messages, &own, &mut activation);
                run(&mut other, &[100], &others, &mut activation);
                run(&mut other, &[2_000_000], &others, &mut activation);
                body.control.woken = true;
                run(&mut body, &[], &own, &mut activation);
            }
            assert_eq!(own.busy(), Duration::from_nanos(1_000 * 700));
            let knows_each_time = body.actor.oldest.is_zero();
            assert!(knows_each_time || habit == Habit::Waits, "{:?}", body.actor.oldest);
        }
    }
}
