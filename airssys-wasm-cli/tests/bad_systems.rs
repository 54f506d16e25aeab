//! What is wrong with a system is one line that says what, where and what to do.

mod support;

use std::fs;

use support::{airssys, path};

struct Case {
    name: &'static str,
    /// What is in the system manifest; `tool.toml` there is a sound component.
    system: &'static str,
    /// What `own.toml` says after the id and the source.
    component: &'static str,
    /// What `own.wat` is.
    guest: &'static str,
    /// What the line has in it.
    expected: &'static [&'static str],
}

const SOUND: Case = Case { name: "", system: OWN, component: "", guest: "(module)", expected: &[] };

const OWN: &str = "[[component]]\nmanifest = \"own.toml\"\n";

const CASES: &[Case] = &[
    Case {
        name: "the source is not there",
        system: "[[component]]\nmanifest = \"missing.toml\"\n",
        expected: &["System.toml:2", "missing.toml", "cannot read"],
        ..SOUND
    },
    Case {
        name: "the source is no WebAssembly",
        guest: "#!/bin/sh",
        expected: &["bad/own", "own.wat", "this is not WebAssembly"],
        ..SOUND
    },
    Case {
        name: "the text does not parse",
        guest: "(module\n  (func (unknown)))",
        expected: &["bad/own", "own.wat", "line 2, column 10"],
        ..SOUND
    },
    Case {
        name: "a function has another signature",
        guest: r#"(module
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
            (func (export "airssys:component/handler@0.1.0#handle-message") (param i64)))"#,
        expected: &["bad/own", "handle-message", "wrong type", "expected", "found"],
        ..SOUND
    },
    Case {
        name: "it exports no handler",
        expected: &["bad/own", "does not export `airssys:component/handler@0.1.0`"],
        ..SOUND
    },
    Case {
        name: "it imports what is not provided",
        guest: r#"(module
            (import "wasi:sockets/tcp@0.2.0" "connect" (func))
            (import "env" "malloc" (func))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
            (func (export "airssys:component/handler@0.1.0#handle-message")
                (param i32 i32 i32 i32) (result i32) (i32.const 0)))"#,
        expected: &[
            "bad/own",
            "imports what is not provided",
            "wasi:sockets/tcp@0.2.0",
            "env#malloc",
        ],
        ..SOUND
    },
    Case {
        name: "a key is unknown in the component's manifest",
        component: "[mailbox]\ncapacty = 5\n",
        expected: &["own.toml:5", "unknown key `capacty` in [mailbox]"],
        ..SOUND
    },
    Case {
        name: "a key is unknown in the system manifest",
        system: "[system]\nworker = 2\n",
        expected: &["System.toml:2", "unknown key `worker` in [system]"],
        ..SOUND
    },
    Case {
        name: "an id is malformed",
        system: "[[component]]\nmanifest = \"own.toml\"\nid = \"Own\"\n",
        expected: &["System.toml:3", "\"Own\"", "component id"],
        ..SOUND
    },
    Case {
        name: "an id is the runtime's",
        system: "[[component]]\nmanifest = \"own.toml\"\nid = \"airssys/own\"\n",
        expected: &["System.toml:3", "airssys/own", "the runtime's own"],
        ..SOUND
    },
    Case {
        name: "two components have the same id",
        system: "[[component]]\nmanifest = \"own.toml\"\n[[component]]\nmanifest = \"own.toml\"\n",
        expected: &["System.toml:4", "bad/own", "System.toml:2"],
        ..SOUND
    },
    Case {
        name: "it asks and is granted nothing",
        component: "[capabilities.messaging]\nsend = [\"airssys/stdout\"]\n",
        expected: &[
            "System.toml:2",
            "bad/own",
            "send = \"airssys/stdout\"",
            "grant = \"requested\"",
        ],
        ..SOUND
    },
    Case {
        name: "it is granted more than it asks for",
        system: "[[component]]\nmanifest = \"own.toml\"\n\
                 grant = { messaging = { send = [\"airssys/*\"] } }\n",
        component: "[capabilities.messaging]\nsend = [\"airssys/stdout\"]\n",
        expected: &["System.toml:3", "bad/own", "send = \"airssys/*\"", "own.toml"],
        ..SOUND
    },
    Case {
        name: "the digest is another",
        system: "[[component]]\nmanifest = \"own.toml\"\n\
                 digest = \"bciqcz4snxjp3biyoe3udwkwfxhrj4gywdzob7j2clzzqim3csofzqja\"\n",
        guest: include_str!("systems/stuck/stuck.wat"),
        expected: &["bad/own", "own.wat", "has the digest", "bciqcz4snxjp3biyoe3udwkwfxhrj4"],
        ..SOUND
    },
];

#[test]
fn what_is_wrong_is_one_line() {
    for case in CASES {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("System.toml", case.system);
        let head = "[component]\nid = \"bad/own\"\nsource = \"own.wat\"\n";
        write("own.toml", &format!("{head}{}", case.component));
        write("own.wat", case.guest);
        let system = folder.path().join("System.toml").display().to_string();

        for command in ["check", "run"] {
            let ended = airssys(&[command, &system]);
            let (name, stderr) = (case.name, &ended.stderr);
            assert_eq!(ended.status, Some(1), "{command}, {name}: {stderr}");
            let line = stderr.strip_suffix('\n').unwrap_or(stderr);
            assert!(line.starts_with("error: "), "{command}, {name}: {line}");
            assert!(!line.contains('\n'), "{command}, {name}: {line}");
            for text in case.expected {
                assert!(line.contains(text), "{command}, {name}: no {text:?} in {line}");
            }
        }
    }
}

#[test]
fn a_system_that_is_not_there_is_one_line() {
    for command in ["check", "run"] {
        let ended = airssys(&[command, "nowhere/System.toml"]).expect(1);
        let error = "error: cannot read nowhere/System.toml: \
                     No such file or directory (os error 2); check the path\n";
        assert_eq!(ended.stderr, error);
    }
}

#[test]
fn targets_that_are_not_there_are_named_before_anything_runs() {
    let system = path("systems/tool/System.toml");
    let args = ["run", &system, "--send", "a/b=x", "--send", "tests/tool=p", "--stdin", "c/d"];
    let ended = airssys(&args).expect(1);
    let error = "error: the system has no component a/b (--send), c/d (--stdin); correct the \
                 command line: there are airssys/log, airssys/stdout, tests/tool\n";
    assert_eq!(ended.stderr, error);
    assert!(ended.stdout.is_empty());
}
