use tokio::runtime::{Builder, Runtime};

/// A runtime with so many threads. With one, that is the one which waits for the end.
pub fn tokio_runtime(threads: usize) -> Runtime {
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads).enable_all().build().unwrap()
}
