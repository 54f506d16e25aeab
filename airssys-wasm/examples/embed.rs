//! A host program: loads a component, makes an actor of it, asks it something.
//!
//! `cargo run -p airssys-wasm --example embed`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Duration;

use airssys_wasm::{ComponentSpec, Event, Limits, System};

fn main() -> Result<(), Box<dyn Error>> {
    // What goes wrong is told here; it goes wrong in one component, and stays there.
    let system = System::builder().on_event(|event| match event {
        Event::Crashed { id, crash, .. } => println!("{id} {crash}"),
        Event::DeadLetter(letter) => println!("not handled: {letter:?}"),
        _ => {}
    });
    let system = system.build()?;

    // Compiled once. A component in a .wasm file, a core module and the text of either all do.
    let greeter = system.load(include_bytes!("greeter.wat"))?;

    // An actor of that code, with a mailbox and memory of its own. It may send to nobody: it
    // was granted nothing.
    let limits = Limits { message_timeout: Duration::from_millis(20), ..Limits::default() };
    let id = "demo/greeter".parse()?;
    system.spawn(ComponentSpec::guest(id, &greeter).limits(limits))?;

    let response = system.request("demo/greeter", b"world")?;
    println!("{}", String::from_utf8_lossy(&response));

    // Lets mailboxes drain, and stops the components.
    system.shutdown();
    Ok(())
}
