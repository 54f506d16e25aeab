//! What guests get of WASI: nothing that was not granted, and all that was.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fs, thread};

use airssys_wasm_core::{CrashKind, Failure};
use airssys_wasm_host::{
    HostPattern, Instance, LoadError, Preopen, Random, Surroundings, WasiGrants,
};
use support::wasi::{Lines, component, link, message_timeout, wasi_handler};
use support::{Recorder, crash, engine, handler_item, id, info};

/// An instance with these grants, within its surroundings.
fn start(component: &[u8], grants: WasiGrants, surroundings: Surroundings) -> Instance {
    let pre = link(&engine(), component, grants).unwrap();
    let limits = message_timeout(Duration::from_secs(20));
    pre.instantiate_in(surroundings, id("test/guest"), Box::new(Recorder::default()), limits)
        .unwrap()
}

fn granted(component: &[u8], grants: WasiGrants) -> Instance {
    start(component, grants, Surroundings::default())
}

fn within(component: &[u8], surroundings: Surroundings) -> Instance {
    start(component, WasiGrants::default(), surroundings)
}

fn answer(guest: &mut Instance, message: &[u8]) -> Option<Vec<u8>> {
    guest.handle_message("a/b", message, &info()).unwrap()
}

const EXIT: &str = r#"(import "wasi:cli/exit@0.2.12" "exit" (func $exit (param i32)))"#;

#[test]
fn to_exit_well_is_no_crash() {
    let exits = wasi_handler(EXIT, "(call $exit (i32.const 0)) unreachable");
    let mut guest = granted(&exits, WasiGrants::default());
    assert!(matches!(guest.handle_message("a/b", b"", &info()), Err(Failure::Exited)));
    let again = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(again.to_string(), "exited: in an earlier call; make a new instance");
}

#[test]
fn to_exit_with_a_failure_is_a_crash() {
    let exits = wasi_handler(EXIT, "(call $exit (i32.const 1)) unreachable");
    let mut guest = granted(&exits, WasiGrants::default());
    let crash = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(crash.kind(), CrashKind::Exited);
    assert_eq!(crash.to_string(), "exited: in handle-message: it ended itself");
}

#[test]
fn to_exit_in_shutdown_is_a_shutdown() {
    let exits = component(&support::guest(&format!(
        r#"{EXIT} {}
           (func (export "airssys:component/lifecycle@0.1.0#init") (result i32) (call $no-response))
           (func (export "airssys:component/lifecycle@0.1.0#shutdown")
             (call $exit (i32.const 0)))"#,
        handler_item("(call $no-response)")
    )));
    granted(&exits, WasiGrants::default()).shutdown().unwrap();
}

const PRINTS: (&str, &str) = (
    r#"(import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))
       (import "wasi:cli/stderr@0.2.12" "get-stderr" (func $stderr (result i32)))
       (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
         (func $write (param i32 i32 i32 i32)))"#,
    "(call $write (call $stdout) (local.get $message) (local.get $length) (i32.const 512))
     (call $write (call $stderr) (local.get $message) (local.get $length) (i32.const 512))
     (call $no-response)",
);

#[test]
fn what_a_guest_prints_is_shown_by_line_with_its_id() {
    let lines = Lines::default();
    let surroundings = || Surroundings { output: lines.output(), ..Surroundings::default() };
    let prints = wasi_handler(PRINTS.0, PRINTS.1);

    let mut guest = start(&prints, WasiGrants::default(), surroundings());
    answer(&mut guest, b"one\n");
    drop(guest);
    assert!(lines.take().is_empty());

    let stdio = WasiGrants { stdio: true, ..WasiGrants::default() };
    let mut guest = start(&prints, stdio, surroundings());
    answer(&mut guest, b"one\ntw");
    assert_eq!(lines.take(), ["test/guest stdout: one", "test/guest stderr: one"]);
    answer(&mut guest, b"o\nthree");
    assert_eq!(lines.take(), ["test/guest stdout: two", "test/guest stderr: two"]);
    drop(guest);
    assert_eq!(lines.take(), ["test/guest stdout: three", "test/guest stderr: three"]);
}

#[test]
fn to_print_within_tokio_does_not_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let prints = wasi_handler(PRINTS.0, PRINTS.1);
    runtime.block_on(async {
        assert_eq!(answer(&mut granted(&prints, WasiGrants::default()), b"one\n"), None);
    });
}

#[test]
fn standard_input_is_empty() {
    let reads = wasi_handler(
        r#"(import "wasi:cli/stdin@0.2.12" "get-stdin" (func $stdin (result i32)))
           (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read"
             (func $read (param i32 i64 i32)))"#,
        "(call $read (call $stdin) (i64.const 10) (i32.const 512))
         (call $respond (i32.const 512) (i32.const 5))",
    );
    let stdio = WasiGrants { stdio: true, ..WasiGrants::default() };
    for grants in [WasiGrants::default(), stdio] {
        // An error: the stream is closed.
        let response = answer(&mut granted(&reads, grants), b"").unwrap();
        assert_eq!((response[0], response[4]), (1, 1));
    }
}

#[test]
fn no_stream_is_a_terminal() {
    let asks = wasi_handler(
        r#"(import "wasi:cli/terminal-stdout@0.2.12" "get-terminal-stdout"
             (func $terminal (param i32)))"#,
        "(call $terminal (i32.const 512)) (call $respond (i32.const 512) (i32.const 1))",
    );
    assert_eq!(answer(&mut granted(&asks, WasiGrants::default()), b""), Some(vec![0]));
}

#[test]
fn the_environment_is_what_was_granted() {
    // The value of the first variable.
    let asks = wasi_handler(
        r#"(import "wasi:cli/environment@0.2.12" "get-environment" (func $env (param i32)))"#,
        "(call $env (i32.const 512))
         (if (i32.eqz (i32.load (i32.const 516))) (then (return (call $no-response))))
         (call $respond
           (i32.load offset=8 (i32.load (i32.const 512)))
           (i32.load offset=12 (i32.load (i32.const 512))))",
    );
    assert_eq!(answer(&mut granted(&asks, WasiGrants::default()), b""), None);
    let env = vec![("HOME".to_owned(), "/home/guest".to_owned())];
    let mut guest = granted(&asks, WasiGrants { env, ..WasiGrants::default() });
    assert_eq!(answer(&mut guest, b"").as_deref(), Some(b"/home/guest".as_slice()));
}

#[test]
fn random_numbers_follow_from_a_seed() {
    let draws = wasi_handler(
        r#"(import "wasi:random/random@0.2.12" "get-random-u64" (func $random (result i64)))"#,
        "(i64.store (i32.const 512) (call $random)) (call $respond (i32.const 512) (i32.const 8))",
    );
    let draw = |random| {
        let surroundings = Surroundings { random, ..Surroundings::default() };
        let mut guest = within(&draws, surroundings);
        (answer(&mut guest, b"").unwrap(), answer(&mut guest, b"").unwrap())
    };
    assert_eq!(draw(Random::Seed(1)), draw(Random::Seed(1)));
    assert_ne!(draw(Random::Seed(1)), draw(Random::Seed(2)));
    assert_ne!(draw(Random::System), draw(Random::System));
    let (first, second) = draw(Random::Seed(1));
    assert_ne!(first, second);
}

#[test]
fn a_guest_has_no_end_of_nothing() {
    let takes = wasi_handler(
        r#"(import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))"#,
        "(loop $again (drop (call $stdout)) (br $again)) unreachable",
    );
    let mut guest = granted(&takes, WasiGrants::default());
    let crash = crash(guest.handle_message("a/b", b"", &info()));
    assert_eq!(crash.kind(), CrashKind::Trap);
    assert!(crash.to_string().contains("table"), "{crash}");
}

#[test]
fn configuration_is_read_by_key() {
    let asks = wasi_handler(
        r#"(import "wasi:config/store@0.2.0-rc.1" "get" (func $get (param i32 i32 i32)))"#,
        "(call $get (local.get $message) (local.get $length) (i32.const 512))
         (if (i32.eqz (i32.load8_u (i32.const 516))) (then (return (call $no-response))))
         (call $respond (i32.load (i32.const 520)) (i32.load (i32.const 524)))",
    );
    let config = vec![("greeting".to_owned(), "hello".to_owned())];
    let mut guest = within(&asks, Surroundings { config, ..Surroundings::default() });
    assert_eq!(answer(&mut guest, b"greeting").as_deref(), Some(b"hello".as_slice()));
    assert_eq!(answer(&mut guest, b"other"), None);
}

#[test]
fn what_a_guest_logs_is_a_record_with_its_id() {
    let logs = wasi_handler(
        r#"(import "wasi:logging/logging@0.1.0-draft" "log"
             (func $log (param i32 i32 i32 i32 i32)))"#,
        "(call $log (i32.const 3) (local.get $sender) (local.get $sender-length)
           (local.get $message) (local.get $length))
         (call $no-response)",
    );
    let written = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::fmt()
        .with_writer(SharedWriter(Arc::clone(&written)).into_make())
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        answer(&mut granted(&logs, WasiGrants::default()), b"low on pears");
    });
    let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    for part in ["WARN", "low on pears", "component=test/guest", "context=\"a/b\""] {
        assert!(written.contains(part), "{written}");
    }
}

#[derive(Clone)]
struct SharedWriter(Arc<Mutex<Vec<u8>>>);

impl SharedWriter {
    fn into_make(self) -> impl Fn() -> Self {
        move || self.clone()
    }
}

impl Write for SharedWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The message is `r` or `w` and a path within the first directory. The response is an error's
/// code, or the path's content.
fn opens() -> Vec<u8> {
    wasi_handler(
        r#"(import "wasi:filesystem/preopens@0.2.12" "get-directories" (func $directories (param i32)))
           (import "wasi:filesystem/types@0.2.12" "[method]descriptor.open-at"
             (func $open (param i32 i32 i32 i32 i32 i32 i32)))
           (import "wasi:filesystem/types@0.2.12" "[method]descriptor.read"
             (func $read (param i32 i64 i64 i32)))
           (import "wasi:filesystem/types@0.2.12" "[method]descriptor.write"
             (func $write (param i32 i32 i32 i64 i32)))"#,
        "(local $writes i32)
         (local.set $writes (i32.eq (i32.load8_u (local.get $message)) (i32.const 119)))
         (call $directories (i32.const 512))
         (if (i32.eqz (i32.load (i32.const 516))) (then (return (call $no-response))))
         (call $open (i32.load (i32.load (i32.const 512))) (i32.const 1)
           (i32.add (local.get $message) (i32.const 1))
           (i32.sub (local.get $length) (i32.const 1))
           (local.get $writes) (i32.add (i32.const 1) (local.get $writes)) (i32.const 528))
         (if (i32.load8_u (i32.const 528))
           (then (return (call $respond (i32.const 532) (i32.const 1)))))
         (if (local.get $writes) (then
           (call $write (i32.load (i32.const 532)) (local.get $message) (local.get $length)
             (i64.const 0) (i32.const 544))
           (return (call $no-response))))
         (call $read (i32.load (i32.const 532)) (i64.const 100) (i64.const 0) (i32.const 544))
         (call $respond (i32.load (i32.const 548)) (i32.load (i32.const 552)))",
    )
}

fn preopen(directory: &Path, write: bool) -> WasiGrants {
    let preopen = Preopen { host: directory.into(), guest: "/data".into(), write };
    WasiGrants { preopens: vec![preopen], ..WasiGrants::default() }
}

const NOT_PERMITTED: u8 = 31;

#[test]
fn files_are_those_that_were_granted() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("pears"), "12").unwrap();
    let opens = opens();

    assert!(!link(&engine(), &opens, WasiGrants::default()).unwrap().can_wait());
    assert_eq!(answer(&mut granted(&opens, WasiGrants::default()), b"rpears"), None);

    let mut reader = granted(&opens, preopen(directory.path(), false));
    assert!(reader.can_wait());
    assert_eq!(answer(&mut reader, b"rpears").as_deref(), Some(b"12".as_slice()));
    let refused = answer(&mut reader, b"wapples").unwrap();
    assert_eq!(refused, [NOT_PERMITTED]);
    assert!(!directory.path().join("apples").exists());

    let mut writer = granted(&opens, preopen(directory.path(), true));
    assert_eq!(answer(&mut writer, b"wapples"), None);
    assert_eq!(fs::read(directory.path().join("apples")).unwrap(), b"wapples");
}

#[test]
fn there_is_no_way_out_of_a_directory() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s").unwrap();
    let inside = outside.path().join("inside");
    fs::create_dir(&inside).unwrap();
    let absolute = outside.path().join("secret");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret", inside.join("relative")).unwrap();
        std::os::unix::fs::symlink(&absolute, inside.join("absolute")).unwrap();
        std::os::unix::fs::symlink("..", inside.join("up")).unwrap();
    }
    let mut guest = granted(&opens(), preopen(&inside, true));
    let absolute = format!("r{}", absolute.display());
    for path in ["r../secret", "rrelative", "rabsolute", "rup/secret", "r../inside/../secret"]
        .into_iter()
        .chain([absolute.as_str()])
    {
        assert_eq!(answer(&mut guest, path.as_bytes()).unwrap(), [NOT_PERMITTED], "{path}");
    }
}

#[test]
fn a_directory_that_is_not_there_is_a_failed_start() {
    let grants = preopen(Path::new("/no/such/directory"), false);
    let pre = link(&engine(), &opens(), grants).unwrap();
    let crash = pre
        .instantiate(id("a/b"), Box::new(Recorder::default()), Default::default())
        .err()
        .unwrap();
    assert_eq!(crash.kind(), CrashKind::FailedStart);
    assert!(crash.to_string().contains("/no/such/directory"), "{crash}");
}

/// The message is an IPv4 address and a port. It sends `ping` there; the response is what comes
/// back, or an error's code.
fn connects() -> Vec<u8> {
    wasi_handler(
        r#"(import "wasi:sockets/instance-network@0.2.12" "instance-network"
             (func $network (result i32)))
           (import "wasi:sockets/tcp-create-socket@0.2.12" "create-tcp-socket"
             (func $create (param i32 i32)))
           (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-connect"
             (func $connect (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
           (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-bind"
             (func $bind (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
           (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.subscribe"
             (func $subscribe (param i32) (result i32)))
           (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
           (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.finish-connect"
             (func $finish (param i32 i32)))
           (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
             (func $write (param i32 i32 i32 i32)))
           (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read"
             (func $read (param i32 i64 i32)))"#,
        r#"(local $socket i32)
         (i32.store (i32.const 700) (i32.const 0x676e6970))
         (call $create (i32.const 0) (i32.const 512))
         (local.set $socket (i32.load (i32.const 516)))
         (if (i32.eq (local.get $length) (i32.const 7)) (then
           (call $bind (local.get $socket) (call $network) (i32.const 0)
             (i32.load16_u offset=4 (local.get $message))
             (i32.load8_u (local.get $message)) (i32.load8_u offset=1 (local.get $message))
             (i32.load8_u offset=2 (local.get $message)) (i32.load8_u offset=3 (local.get $message))
             (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
             (i32.const 528))
           (return (call $respond (i32.const 528) (i32.const 2)))))
         (call $connect (local.get $socket) (call $network) (i32.const 0)
           (i32.load16_u offset=4 (local.get $message))
           (i32.load8_u (local.get $message)) (i32.load8_u offset=1 (local.get $message))
           (i32.load8_u offset=2 (local.get $message)) (i32.load8_u offset=3 (local.get $message))
           (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
           (i32.const 528))
         (if (i32.load8_u (i32.const 528))
           (then (return (call $respond (i32.const 529) (i32.const 1)))))
         (call $block (call $subscribe (local.get $socket)))
         (call $finish (local.get $socket) (i32.const 544))
         (if (i32.load8_u (i32.const 544))
           (then (return (call $respond (i32.const 548) (i32.const 1)))))
         (call $write (i32.load (i32.const 552)) (i32.const 700) (i32.const 4) (i32.const 560))
         (call $read (i32.load (i32.const 548)) (i64.const 4) (i32.const 576))
         (call $respond (i32.load (i32.const 580)) (i32.load (i32.const 584)))"#,
    )
}

const ACCESS_DENIED: u8 = 1;

fn address_message(address: SocketAddr) -> Vec<u8> {
    let SocketAddr::V4(address) = address else { panic!("{address}") };
    let port = address.port().to_le_bytes();
    address.ip().octets().into_iter().chain(port).collect()
}

/// Answers `pong` to one who says `ping`.
fn listener() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut ping = [0; 4];
        stream.read_exact(&mut ping).unwrap();
        assert_eq!(&ping, b"ping");
        stream.write_all(b"pong").unwrap();
    });
    address
}

fn network(pattern: &str) -> WasiGrants {
    let network = vec![HostPattern::with_port(pattern).unwrap()];
    WasiGrants { network, ..WasiGrants::default() }
}

#[test]
fn a_guest_connects_to_whom_it_was_granted() {
    let connects = connects();
    // By address, by port and by name.
    for host in ["127.0.0.1", "*", "localhost"] {
        let address = listener();
        let mut guest = granted(&connects, network(&format!("{host}:{}", address.port())));
        assert!(guest.can_wait());
        let response = answer(&mut guest, &address_message(address));
        assert_eq!(response.as_deref(), Some(b"pong".as_slice()), "{host}");
    }
    let address = listener();
    let mut guest = granted(&connects, network("127.0.0.1:*"));
    let response = answer(&mut guest, &address_message(address));
    assert_eq!(response.as_deref(), Some(b"pong".as_slice()));
}

#[test]
fn a_guest_connects_to_no_one_else() {
    let connects = connects();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let other_port = address.port() ^ 1;
    for pattern in
        [&format!("127.0.0.1:{other_port}"), "10.0.0.1:*", "db.invalid:*", "*.localhost:*"]
    {
        let mut guest = granted(&connects, network(pattern));
        let response = answer(&mut guest, &address_message(address)).unwrap();
        assert_eq!(response, [ACCESS_DENIED], "{pattern}");
    }
}

#[test]
fn a_guest_is_not_connected_to() {
    let mut guest = granted(&connects(), network("*:*"));
    let mut message = address_message("127.0.0.1:0".parse().unwrap());
    message.push(0);
    assert_eq!(answer(&mut guest, &message).unwrap(), [1, ACCESS_DENIED]);
}

/// The message is an authority. The response is the status that its server answered, or an error's
/// code.
fn requests() -> Vec<u8> {
    wasi_handler(
        r#"(import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
           (import "wasi:http/types@0.2.12" "[constructor]outgoing-request"
             (func $request (param i32) (result i32)))
           (import "wasi:http/types@0.2.12" "[method]outgoing-request.set-scheme"
             (func $scheme (param i32 i32 i32 i32 i32) (result i32)))
           (import "wasi:http/types@0.2.12" "[method]outgoing-request.set-authority"
             (func $authority (param i32 i32 i32 i32) (result i32)))
           (import "wasi:http/types@0.2.12" "[method]outgoing-request.set-path-with-query"
             (func $path (param i32 i32 i32 i32) (result i32)))
           (import "wasi:http/outgoing-handler@0.2.12" "handle"
             (func $handle (param i32 i32 i32 i32)))
           (import "wasi:http/types@0.2.12" "[method]future-incoming-response.subscribe"
             (func $subscribe (param i32) (result i32)))
           (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
           (import "wasi:http/types@0.2.12" "[method]future-incoming-response.get"
             (func $get (param i32 i32)))
           (import "wasi:http/types@0.2.12" "[method]incoming-response.status"
             (func $status (param i32) (result i32)))"#,
        "(local $request i32) (local $response i32)
         (local.set $request (call $request (call $fields)))
         (drop (call $scheme (local.get $request)
           (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
         (drop (call $authority (local.get $request)
           (i32.const 1) (local.get $message) (local.get $length)))
         (i32.store8 (i32.const 700) (i32.const 47))
         (drop (call $path (local.get $request) (i32.const 1) (i32.const 700) (i32.const 1)))
         (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 512))
         (if (i32.load8_u (i32.const 512))
           (then (return (call $respond (i32.const 520) (i32.const 1)))))
         (local.set $response (i32.load (i32.const 520)))
         (call $block (call $subscribe (local.get $response)))
         (call $get (local.get $response) (i32.const 600))
         (if (i32.load8_u (i32.const 616))
           (then (return (call $respond (i32.const 624) (i32.const 1)))))
         (i32.store (i32.const 700) (call $status (i32.load (i32.const 624))))
         (call $respond (i32.const 700) (i32.const 2))",
    )
}

const REQUEST_DENIED: u8 = 15;

#[test]
fn requests_go_to_the_hosts_that_were_granted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let requests = requests();
    let http = |pattern| WasiGrants {
        http: vec![HostPattern::with_any_port(pattern).unwrap()],
        ..WasiGrants::default()
    };
    for other in ["127.0.0.2", "127.0.0.1:1", "localhost", "*.0.0.1"] {
        let mut guest = granted(&requests, http(other));
        let response = answer(&mut guest, address.to_string().as_bytes()).unwrap();
        assert_eq!(response, [REQUEST_DENIED], "{other}");
    }
    let mut guest = granted(&requests, http("127.0.0.1"));
    let response = answer(&mut guest, address.to_string().as_bytes()).unwrap();
    assert_eq!(response, 418_u16.to_le_bytes());
}

#[test]
fn imports_that_are_not_granted_are_named_with_their_grant() {
    let component = wasi_handler(
        r#"(import "wasi:sockets/instance-network@0.2.12" "instance-network"
             (func $network (result i32)))
           (import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
           (import "demo:kv/store" "get" (func $get (param i32 i32 i32)))"#,
        "(call $no-response)",
    );
    let error = link(&engine(), &component, WasiGrants::default()).unwrap_err();
    assert!(error.is_foreign());
    let LoadError::UnknownImports(mut names) = error else { panic!("{error}") };
    names.retain(|name| !name.starts_with("wasi:sockets/network") && !name.contains("wasi:io"));
    names.sort();
    assert_eq!(
        names,
        [
            "demo:kv/store",
            "wasi:http/types@0.2.12 (needs http)",
            "wasi:sockets/instance-network@0.2.12 (needs network)",
        ]
    );
}

#[test]
fn any_version_of_wasi_0_2_is_taken() {
    for version in ["0.2.0", "0.2.6", "0.2.12"] {
        // The types that they share are of the version that the tests have.
        let text = format!(
            r#"(component
                (import "wasi:random/random@{version}" (instance
                  (export "get-random-u64" (func (result u64)))))"#
        );
        let text = support::ECHO_COMPONENT.replacen("(component", &text, 1);
        link(&engine(), text.as_bytes(), WasiGrants::default()).unwrap();
    }
    let text = r#"(component
        (import "wasi:random/random@0.3.0" (instance
          (export "get-random-u64" (func (result u64)))))"#;
    let text = support::ECHO_COMPONENT.replacen("(component", text, 1);
    assert!(link(&engine(), text.as_bytes(), WasiGrants::default()).is_err());
}
