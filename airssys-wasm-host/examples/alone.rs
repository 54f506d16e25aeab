//! A component without any actor runtime: load it, hand it a message, see what comes out.
//!
//! `cargo run -p airssys-wasm-host --example alone`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Duration;

use airssys_wasm_core::{ComponentId, MessageInfo, Outbox, RequestId, SendError};
use airssys_wasm_host::{Component, Engine, EngineConfig, Limits};

/// Prints what the component sends.
struct Printer;

impl Outbox for Printer {
    fn send_message(&mut self, target: &str, message: &[u8]) -> Result<(), SendError> {
        println!("to {target}: {}", String::from_utf8_lossy(message));
        Ok(())
    }

    fn send_request(
        &mut self,
        _target: &str,
        _request: &[u8],
        _timeout: Option<Duration>,
    ) -> Result<RequestId, SendError> {
        Err(SendError::NoCallback)
    }

    fn cancel_request(&mut self, _id: RequestId) -> bool {
        false
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::new(EngineConfig::default())?;
    let component = Component::load(&engine, include_bytes!("alone.wat"))?;
    let id = ComponentId::parse("demo/forwarder")?;
    let mut forwarder = component.pre()?.instantiate(id, Box::new(Printer), Limits::default())?;

    let info = MessageInfo::new(0);
    let response = forwarder.handle_message("demo/main", b"good morning", &info)?;
    println!("response: {}", String::from_utf8_lossy(&response.unwrap_or_default()));
    Ok(())
}
