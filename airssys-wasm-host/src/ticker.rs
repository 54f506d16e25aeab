use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use wasmtime::{Engine, EngineWeak};

pub(crate) const TICK: Duration = Duration::from_millis(1);

/// The most ticks that are made up for after a late wake. Where it is later than that, the whole
/// process stood still, guests included, and none of them is made to pay for it.
const MAX_CATCH_UP: u128 = 10;

/// Counts the epochs of engines up on a thread, which ends with the last of them.
pub(crate) struct Ticker(Arc<Mutex<Vec<EngineWeak>>>);

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> io::Result<Self> {
        let engines = Arc::new(Mutex::new(vec![engine.weak()]));
        let ticking = Arc::clone(&engines);
        thread::Builder::new().name("airssys-ticker".into()).spawn(move || tick(&ticking))?;
        Ok(Self(engines))
    }

    /// Counts for this engine too. It has no effect once the others are gone.
    pub(crate) fn add(&self, engine: &Engine) {
        self.0.lock().push(engine.weak());
    }
}

fn tick(engines: &Mutex<Vec<EngineWeak>>) {
    let start = Instant::now();
    let mut counted = 0;
    loop {
        thread::sleep(TICK);
        let passed = start.elapsed().as_millis();
        let mut engines = engines.lock();
        engines.retain(|engine| {
            let Some(engine) = engine.upgrade() else { return false };
            for _ in 0..(passed - counted).min(MAX_CATCH_UP) {
                engine.increment_epoch();
            }
            true
        });
        if engines.is_empty() {
            return;
        }
        counted = passed;
    }
}
