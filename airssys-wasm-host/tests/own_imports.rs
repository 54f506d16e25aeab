//! Functions of the host program's own, imported by guests.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashMap;

use airssys_wasm_host::wasmtime::component::{HasSelf, Linker};
use airssys_wasm_host::{Component, Extensions, Imports, State, Surroundings, wasmtime};
use support::wasi::{Task, wasi_handler};
use support::{Recorder, engine, id, info};

mod bindings {
    #![allow(missing_docs, unreachable_pub, unsafe_code, clippy::all)]

    airssys_wasm_host::wasmtime::component::bindgen!({
        inline: "
            package demo:kv;

            interface store {
                get: func(key: string) -> option<string>;
            }

            world guest {
                import store;
            }
        ",
        wasmtime_crate: airssys_wasm_host::wasmtime,
    });
}

use bindings::demo::kv::store;

/// What the guest of one instance may look up.
struct Values(HashMap<String, String>);

impl store::Host for Values {
    fn get(&mut self, key: String) -> Option<String> {
        self.0.get(&key).cloned()
    }
}

fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    store::add_to_linker::<_, HasSelf<Values>>(linker, |state| {
        state.extensions_mut().get_mut().expect("each instance is given its values")
    })
}

/// Responds with the value of the key that the message is.
fn asks() -> Vec<u8> {
    wasi_handler(
        r#"(import "demo:kv/store" "get" (func $get (param i32 i32 i32)))"#,
        "(call $get (local.get $message) (local.get $length) (i32.const 512))
         (if (i32.eqz (i32.load8_u (i32.const 512))) (then (return (call $no-response))))
         (call $respond (i32.load (i32.const 516)) (i32.load (i32.const 520)))",
    )
}

fn surroundings(key: &str, value: &str) -> Surroundings {
    let mut extensions = Extensions::new();
    extensions.insert(Values(HashMap::from([(key.to_owned(), value.to_owned())])));
    Surroundings { extensions, ..Surroundings::default() }
}

#[test]
fn a_guest_calls_what_the_host_program_added() {
    let component = Component::load(&engine(), &asks()).unwrap();
    let imports = Imports::new().own(["demo:kv/store"], link);
    let pre = component.link(&imports).unwrap();
    assert!(!pre.can_wait());
    for value in ["red", "green"] {
        let surroundings = surroundings("apple", value);
        let mut guest = pre
            .instantiate_in(
                surroundings,
                id("a/b"),
                Box::new(Recorder::default()),
                Default::default(),
            )
            .unwrap();
        let response = guest.handle_message("a/b", b"apple", &info()).unwrap();
        assert_eq!(response.as_deref(), Some(value.as_bytes()));
        assert_eq!(guest.handle_message("a/b", b"pear", &info()).unwrap(), None);
    }
}

#[test]
fn it_is_unknown_to_who_did_not_add_it() {
    let component = Component::load(&engine(), &asks()).unwrap();
    let error = component.pre().unwrap_err();
    assert!(error.to_string().contains("demo:kv/store"), "{error}");
    let imports = Imports::new().own(["demo:kv/other"], |_| Ok(()));
    assert!(component.link(&imports).is_err());
}

#[test]
fn functions_that_wait_make_a_guest_that_can_wait() {
    let imports = Imports::new().own_async(["demo:kv/store"], |linker| {
        linker.instance("demo:kv/store")?.func_wrap_async("get", |_, (key,): (String,)| {
            Box::new(async move {
                tokio::task::yield_now().await;
                Ok((Some(key),))
            })
        })
    });
    let component = Component::load(&engine(), &asks()).unwrap();
    let pre = component.link(&imports).unwrap();
    assert!(pre.can_wait());
    let mut guest =
        pre.instantiate(id("a/b"), Box::new(Recorder::default()), Default::default()).unwrap();
    let mut call = Task::new(guest.handle_message_async("a/b", b"apple", info()));
    assert!(call.poll().is_none());
    assert_eq!(call.run().unwrap().unwrap().as_deref(), Some(b"apple".as_slice()));
    drop(call);
    let response = guest.handle_message("a/b", b"pear", &info()).unwrap();
    assert_eq!(response.as_deref(), Some(b"pear".as_slice()));
}
