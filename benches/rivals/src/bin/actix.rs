//! actix. An actor of its stays in the thread where it was started, and `do_send` knows no bounds.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use actix::{
    Actor, Addr, Arbiter, ArbiterHandle, AsyncContext, Context, Handler, Message, MessageResult,
    ResponseFuture, System, SystemRunner,
};
use airssys_wasm_rivals::{Rival, Token, measure};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

fn main() {
    measure::<Actix>();
}

struct Actix {
    system: SystemRunner,
    threads: Vec<ArbiterHandle>,
}

impl Rival for Actix {
    const NAME: &'static str = "actix";

    fn start(cores: usize) -> Self {
        let system = System::new();
        let own = system.block_on(async { Arbiter::current() });
        let others = (1..cores).map(|_| system.block_on(async { Arbiter::new().handle() }));
        let threads = [own].into_iter().chain(others).collect();
        Self { system, threads }
    }

    fn tell(&self) -> impl FnMut(u64) -> Duration {
        let (end, ended) = unbounded_channel();
        let sink = self.start_on(0.0, Sink { end });
        self.timed(self.start_on(0.5, Source { sink }), ended)
    }

    fn ask(&self) -> impl FnMut(u64) -> Duration {
        let (end, ended) = unbounded_channel();
        let responder = self.start_on(0.0, Responder);
        self.timed(self.start_on(0.5, Requester { responder, end }), ended)
    }

    fn ring(&self, size: usize, tokens: u64) -> impl FnMut(u64) -> Duration {
        let (end, mut ended) = unbounded_channel();
        let start =
            |at| self.start_on(at as f64 / size as f64, Relay { next: None, end: end.clone() });
        let relays: Vec<_> = (0..size).map(start).collect();
        for (at, relay) in relays.iter().enumerate() {
            relay.do_send(Aim(relays[(at + 1) % size].clone()));
        }
        move |hops| {
            let each = hops / tokens;
            self.system.block_on(async {
                let begun = Instant::now();
                for relay in relays.iter().step_by(size / tokens as usize).take(tokens as usize) {
                    relay.do_send(Pass(Token::new(each)));
                }
                for _ in 0..tokens {
                    ended.recv().await.unwrap();
                }
                begun.elapsed()
            })
        }
    }
}

impl Actix {
    /// Starts an actor that has this place among all, from 0 to 1. Neighbours share a thread.
    fn start_on<A: Actor<Context = Context<A>> + Send>(&self, place: f64, actor: A) -> Addr<A> {
        let thread = (place * self.threads.len() as f64) as usize;
        self.system.block_on(async { A::start_in_arbiter(&self.threads[thread], |_| actor) })
    }

    fn timed<A>(
        &self,
        actor: Addr<A>,
        mut ended: UnboundedReceiver<()>,
    ) -> impl FnMut(u64) -> Duration
    where
        A: Actor<Context = Context<A>> + Handler<Begin>,
    {
        move |count| {
            self.system.block_on(async {
                let begun = Instant::now();
                actor.do_send(Begin(count));
                ended.recv().await.unwrap();
                begun.elapsed()
            })
        }
    }
}

/// A token on its way.
#[derive(Message)]
#[rtype(result = "()")]
struct Pass(Token);

/// A token to be sent back.
#[derive(Message)]
#[rtype(result = "Token")]
struct Question(Token);

/// How many tokens to send, or how often to ask.
#[derive(Message)]
#[rtype(result = "()")]
struct Begin(u64);

/// Where to send tokens on.
#[derive(Message)]
#[rtype(result = "()")]
struct Aim(Addr<Relay>);

/// Sends 64 tokens for each message of its own: nothing else would hold it back.
struct Source {
    sink: Addr<Sink>,
}

impl Actor for Source {
    type Context = Context<Self>;
}

impl Handler<Begin> for Source {
    type Result = ();

    fn handle(&mut self, Begin(count): Begin, own: &mut Context<Self>) {
        let left_after = count.saturating_sub(64);
        for left in (left_after..count).rev() {
            self.sink.do_send(Pass(Token::new(left)));
        }
        if left_after > 0 {
            own.address().do_send(Begin(left_after));
        }
    }
}

struct Sink {
    end: UnboundedSender<()>,
}

impl Actor for Sink {
    type Context = Context<Self>;
}

impl Handler<Pass> for Sink {
    type Result = ();

    fn handle(&mut self, Pass(token): Pass, _: &mut Context<Self>) {
        if black_box(token).is_last() {
            self.end.send(()).unwrap();
        }
    }
}

struct Requester {
    responder: Addr<Responder>,
    end: UnboundedSender<()>,
}

impl Actor for Requester {
    type Context = Context<Self>;
}

impl Handler<Begin> for Requester {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, Begin(count): Begin, _: &mut Context<Self>) -> ResponseFuture<()> {
        let (responder, end) = (self.responder.clone(), self.end.clone());
        Box::pin(async move {
            for left in (0..count).rev() {
                black_box(responder.send(Question(Token::new(left))).await.unwrap());
            }
            end.send(()).unwrap();
        })
    }
}

struct Responder;

impl Actor for Responder {
    type Context = Context<Self>;
}

impl Handler<Question> for Responder {
    type Result = MessageResult<Question>;

    fn handle(
        &mut self,
        Question(token): Question,
        _: &mut Context<Self>,
    ) -> MessageResult<Question> {
        MessageResult(token)
    }
}

struct Relay {
    next: Option<Addr<Relay>>,
    end: UnboundedSender<()>,
}

impl Actor for Relay {
    type Context = Context<Self>;
}

impl Handler<Aim> for Relay {
    type Result = ();

    fn handle(&mut self, Aim(next): Aim, _: &mut Context<Self>) {
        self.next = Some(next);
    }
}

impl Handler<Pass> for Relay {
    type Result = ();

    fn handle(&mut self, Pass(token): Pass, _: &mut Context<Self>) {
        match (token.count_down(), &self.next) {
            (Some(token), Some(next)) => next.do_send(Pass(token)),
            _ => self.end.send(()).unwrap(),
        }
    }
}
