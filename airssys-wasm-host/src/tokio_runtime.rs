use std::sync::LazyLock;
use std::thread;

use tokio::runtime::Handle;
use wasmtime_wasi::runtime::with_ambient_tokio_runtime;

/// The runtime on which sockets, files and requests of guests are served: wasmtime-wasi's own,
/// which is made when it is first needed and is the only one.
///
/// Not one that the caller may be in: what a guest opened outlives the call, and a runtime on the
/// caller's thread would stand still while a guest is waited for there.
pub(crate) fn handle() -> &'static Handle {
    static HANDLE: LazyLock<Handle> = LazyLock::new(|| {
        let on_a_thread_without = thread::spawn(|| with_ambient_tokio_runtime(Handle::current));
        on_a_thread_without.join().expect("the machine has threads for tokio")
    });
    &HANDLE
}
