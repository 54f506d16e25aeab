//! A pipeline of two actors with room for eight messages each: no number is lost, and none is
//! held back for longer than it takes to make room.
//!
//! `cargo run -p airssys-wasm-actor --example actors`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::mpsc;

use airssys_wasm_actor::{Actor, Address, Context, MailboxLimits, Scheduler};

/// Squares each number and passes it on.
struct Square {
    next: Address<Sum>,
}

impl Actor for Square {
    type Message = u64;

    fn handle(&mut self, number: u64, context: &mut Context<'_, Self>) {
        let sent = self.next.try_send(number * number).expect("room was waited for");
        if sent.over_high_water {
            context.await_room(&self.next, 1);
        }
    }
}

/// Adds up what it is sent.
#[derive(Default)]
struct Sum {
    total: u64,
}

impl Actor for Sum {
    type Message = u64;

    fn handle(&mut self, number: u64, _: &mut Context<'_, Self>) {
        self.total += number;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let scheduler = Scheduler::start(2);
    let few = MailboxLimits { capacity: 8, ..MailboxLimits::default() };
    let sum = scheduler.spawn(Sum::default(), few);
    let square = scheduler.spawn(Square { next: sum.clone() }, few);

    for number in 1..=100_000 {
        // A thread of the program waits here while there is no room.
        let _ = square.send(number)?;
    }
    scheduler.wait_quiet();

    let (total, answer) = mpsc::channel();
    sum.command(move |sum, _| total.send(sum.total).expect("main waits for it"))?;
    println!("the sum of the squares is {}", answer.recv()?);
    Ok(())
}
