//! ractor. Its mailboxes have no bounds.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use airssys_wasm_rivals::{Rival, Token, measure, tokio_runtime};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

fn main() {
    measure::<Ractor>();
}

struct Ractor {
    runtime: Runtime,
}

impl Rival for Ractor {
    const NAME: &'static str = "ractor";

    fn start(cores: usize) -> Self {
        Self { runtime: tokio_runtime(cores) }
    }

    fn tell(&self) -> impl FnMut(u64) -> Duration {
        let (end, ended) = unbounded_channel();
        let sink = self.spawn(Sink { end });
        self.timed(self.spawn(Source { sink }), ended)
    }

    fn ask(&self) -> impl FnMut(u64) -> Duration {
        let (end, ended) = unbounded_channel();
        let responder = self.spawn(Responder);
        self.timed(self.spawn(Requester { responder, end }), ended)
    }

    fn ring(&self, size: usize, tokens: u64) -> impl FnMut(u64) -> Duration {
        let (end, mut ended) = unbounded_channel();
        let relays: Vec<_> = (0..size).map(|_| self.spawn(Relay { end: end.clone() })).collect();
        for (at, relay) in relays.iter().enumerate() {
            relay.cast(Order::Aim(relays[(at + 1) % size].clone())).unwrap();
        }
        move |hops| {
            let each = hops / tokens;
            self.runtime.block_on(async {
                let begun = Instant::now();
                for relay in relays.iter().step_by(size / tokens as usize).take(tokens as usize) {
                    relay.cast(Order::Pass(Token::new(each))).unwrap();
                }
                for _ in 0..tokens {
                    ended.recv().await.unwrap();
                }
                begun.elapsed()
            })
        }
    }
}

impl Ractor {
    fn spawn<A: Actor<Arguments = ()>>(&self, actor: A) -> ActorRef<A::Msg> {
        self.runtime.block_on(Actor::spawn(None, actor, ())).unwrap().0
    }

    fn timed(
        &self,
        actor: ActorRef<Begin>,
        mut ended: UnboundedReceiver<()>,
    ) -> impl FnMut(u64) -> Duration {
        move |count| {
            self.runtime.block_on(async {
                let begun = Instant::now();
                actor.cast(Begin(count)).unwrap();
                ended.recv().await.unwrap();
                begun.elapsed()
            })
        }
    }
}

/// How many tokens to send, or how often to ask.
struct Begin(u64);

/// What a relay is to do.
enum Order {
    Aim(ActorRef<Order>),
    Pass(Token),
}

/// What a responder is to answer.
struct Question(Token, RpcReplyPort<Token>);

/// Sends 64 tokens for each message of its own: nothing else would hold it back.
struct Source {
    sink: ActorRef<Token>,
}

impl Actor for Source {
    type Msg = Begin;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Begin>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        own: ActorRef<Begin>,
        Begin(count): Begin,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        let left_after = count.saturating_sub(64);
        for left in (left_after..count).rev() {
            self.sink.cast(Token::new(left))?;
        }
        if left_after > 0 {
            own.cast(Begin(left_after))?;
        }
        Ok(())
    }
}

struct Sink {
    end: UnboundedSender<()>,
}

impl Actor for Sink {
    type Msg = Token;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Token>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Token>,
        token: Token,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        if black_box(token).is_last() {
            self.end.send(())?;
        }
        Ok(())
    }
}

struct Requester {
    responder: ActorRef<Question>,
    end: UnboundedSender<()>,
}

impl Actor for Requester {
    type Msg = Begin;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Begin>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Begin>,
        Begin(count): Begin,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        for left in (0..count).rev() {
            black_box(call!(self.responder, Question, Token::new(left))?);
        }
        self.end.send(())?;
        Ok(())
    }
}

struct Responder;

impl Actor for Responder {
    type Msg = Question;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Question>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Question>,
        Question(token, answer): Question,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        answer.send(token)?;
        Ok(())
    }
}

struct Relay {
    end: UnboundedSender<()>,
}

impl Actor for Relay {
    type Msg = Order;
    type State = Option<ActorRef<Order>>;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<Order>,
        (): (),
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(None)
    }

    async fn handle(
        &self,
        _: ActorRef<Order>,
        order: Order,
        next: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let token = match order {
            Order::Aim(at) => {
                *next = Some(at);
                return Ok(());
            }
            Order::Pass(token) => token,
        };
        match (token.count_down(), next) {
            (Some(token), Some(next)) => next.cast(Order::Pass(token))?,
            _ => self.end.send(())?,
        }
        Ok(())
    }
}
