use std::io;
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::EngineWeak;

pub(crate) const TICK: Duration = Duration::from_millis(1);

/// The most ticks that are made up for after a late wake. Where it is later than that, the whole
/// process stood still, guests included, and none of them is made to pay for it.
const MAX_CATCH_UP: u128 = 10;

/// Counts the engine's epochs up on a thread, which ends with the engine.
pub(crate) fn start(engine: EngineWeak) -> io::Result<()> {
    thread::Builder::new().name("airssys-ticker".into()).spawn(move || tick(&engine))?;
    Ok(())
}

fn tick(engine: &EngineWeak) {
    let start = Instant::now();
    let mut counted = 0;
    loop {
        thread::sleep(TICK);
        let Some(engine) = engine.upgrade() else {
            return;
        };
        let passed = start.elapsed().as_millis();
        for _ in 0..(passed - counted).min(MAX_CATCH_UP) {
            engine.increment_epoch();
        }
        counted = passed;
    }
}
