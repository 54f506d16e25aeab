//! kameo, with the mailboxes that it gives by default: bounded to 64 messages.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use airssys_wasm_rivals::{Rival, Token, measure, tokio_runtime};
use kameo::actor::{ActorRef, Spawn};
use kameo::message::{Context, Message};
use kameo::{Actor, Reply};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

fn main() {
    measure::<Kameo>();
}

struct Kameo {
    runtime: Runtime,
}

impl Rival for Kameo {
    const NAME: &'static str = "kameo";

    fn start(cores: usize) -> Self {
        Self { runtime: tokio_runtime(cores) }
    }

    fn tell(&self) -> impl FnMut(u64) -> Duration {
        let (end, mut ended) = unbounded_channel();
        let source = self.runtime.block_on(async {
            let sink = Sink::spawn(Sink { end });
            Source::spawn(Source { sink })
        });
        move |count| {
            self.runtime.block_on(async {
                let begun = Instant::now();
                source.tell(Begin(count)).await.unwrap();
                ended.recv().await.unwrap();
                begun.elapsed()
            })
        }
    }

    fn ask(&self) -> impl FnMut(u64) -> Duration {
        let (end, mut ended) = unbounded_channel();
        let requester = self.runtime.block_on(async {
            let responder = Responder::spawn(Responder);
            Requester::spawn(Requester { responder, end })
        });
        move |count| {
            self.runtime.block_on(async {
                let begun = Instant::now();
                requester.tell(Begin(count)).await.unwrap();
                ended.recv().await.unwrap();
                begun.elapsed()
            })
        }
    }

    fn ring(&self, size: usize, tokens: u64) -> impl FnMut(u64) -> Duration {
        let (end, mut ended) = unbounded_channel();
        let relays: Vec<_> = self.runtime.block_on(async {
            let spawn = |_| Relay::spawn(Relay { next: None, end: end.clone() });
            let relays: Vec<_> = (0..size).map(spawn).collect();
            for (at, relay) in relays.iter().enumerate() {
                relay.tell(Aim(relays[(at + 1) % size].clone())).await.unwrap();
            }
            relays
        });
        move |hops| {
            let each = hops / tokens;
            self.runtime.block_on(async {
                let begun = Instant::now();
                for relay in relays.iter().step_by(size / tokens as usize).take(tokens as usize) {
                    relay.tell(Pass(Token::new(each))).await.unwrap();
                }
                for _ in 0..tokens {
                    ended.recv().await.unwrap();
                }
                begun.elapsed()
            })
        }
    }
}

/// A token on its way.
#[derive(Reply)]
struct Pass(Token);

/// How many tokens to send, or how often to ask.
struct Begin(u64);

/// Where to send tokens on.
struct Aim(ActorRef<Relay>);

#[derive(Actor)]
struct Source {
    sink: ActorRef<Sink>,
}

impl Message<Begin> for Source {
    type Reply = ();

    async fn handle(&mut self, Begin(count): Begin, _: &mut Context<Self, ()>) {
        for left in (0..count).rev() {
            self.sink.tell(Pass(Token::new(left))).await.unwrap();
        }
    }
}

#[derive(Actor)]
struct Sink {
    end: UnboundedSender<()>,
}

impl Message<Pass> for Sink {
    type Reply = ();

    async fn handle(&mut self, Pass(token): Pass, _: &mut Context<Self, ()>) {
        if black_box(token).is_last() {
            self.end.send(()).unwrap();
        }
    }
}

#[derive(Actor)]
struct Requester {
    responder: ActorRef<Responder>,
    end: UnboundedSender<()>,
}

impl Message<Begin> for Requester {
    type Reply = ();

    async fn handle(&mut self, Begin(count): Begin, _: &mut Context<Self, ()>) {
        for left in (0..count).rev() {
            black_box(self.responder.ask(Pass(Token::new(left))).await.unwrap());
        }
        self.end.send(()).unwrap();
    }
}

#[derive(Actor)]
struct Responder;

impl Message<Pass> for Responder {
    type Reply = Pass;

    async fn handle(&mut self, token: Pass, _: &mut Context<Self, Pass>) -> Pass {
        token
    }
}

#[derive(Actor)]
struct Relay {
    next: Option<ActorRef<Relay>>,
    end: UnboundedSender<()>,
}

impl Message<Aim> for Relay {
    type Reply = ();

    async fn handle(&mut self, Aim(next): Aim, _: &mut Context<Self, ()>) {
        self.next = Some(next);
    }
}

impl Message<Pass> for Relay {
    type Reply = ();

    async fn handle(&mut self, Pass(token): Pass, _: &mut Context<Self, ()>) {
        match (token.count_down(), &self.next) {
            (Some(token), Some(next)) => next.tell(Pass(token)).await.unwrap(),
            _ => self.end.send(()).unwrap(),
        }
    }
}
