//! What a guest gets to see of WASI through Rust's standard library. A message is a command and
//! its argument; the response is what came of it.
//!
//! `../wasi-rust.wasm` is this crate, built by `cargo build --release --target wasm32-wasip2`.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, process, thread};

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package test:wasi;

        world guest {
            export airssys:component/handler@0.1.0;
        }
    ",
    world: "test:wasi/guest",
});

struct Guest;

export!(Guest);

impl exports::airssys::component::handler::Guest for Guest {
    fn handle_message(_: String, message: Vec<u8>) -> Result<Option<Vec<u8>>, ComponentError> {
        let text = String::from_utf8_lossy(&message);
        let (command, argument) = text.split_once(' ').unwrap_or((&text, ""));
        let response = run(command, argument)
            .map_err(|error| ComponentError { code: 1, message: error.to_string() })?;
        Ok(Some(response.into_bytes()))
    }
}

use exports::airssys::component::handler::ComponentError;

fn run(command: &str, argument: &str) -> io::Result<String> {
    match command {
        "print" => {
            println!("{argument}");
            eprintln!("no {argument}");
            print!("and no");
            io::stdout().flush()?;
            Ok(String::new())
        }
        "input" => {
            let mut input = String::new();
            io::stdin().read_to_string(&mut input)?;
            Ok(input)
        }
        "env" => Ok(env::vars().map(|(name, value)| format!("{name}={value};")).collect()),
        "args" => Ok(env::args().collect::<Vec<_>>().join(" ")),
        "read" => fs::read_to_string(argument),
        "write" => fs::write(argument, "written").map(|()| String::new()),
        "list" => {
            let mut names = Vec::new();
            for entry in fs::read_dir(argument)? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            Ok(names.join(" "))
        }
        "link" => {
            let (to, at) = argument.split_once(' ').unwrap_or_default();
            std::os::wasi::fs::symlink_path(to, at).map(|()| String::new())
        }
        "sleep" => {
            let start = Instant::now();
            thread::sleep(Duration::from_millis(argument.parse().unwrap_or(0)));
            Ok(start.elapsed().as_millis().to_string())
        }
        "date" => {
            let date = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            Ok(date.map_or(0, |date| date.as_nanos()).to_string())
        }
        "connect" => {
            let mut stream = TcpStream::connect(argument)?;
            stream.write_all(b"ping")?;
            let mut answer = [0; 4];
            stream.read_exact(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        }
        "datagram" => {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.connect(argument)?;
            socket.send(b"ping")?;
            Ok(String::new())
        }
        "listen" => TcpListener::bind(argument).map(|_| String::new()),
        "resolve" => {
            let addresses = (argument, 0).to_socket_addrs()?;
            Ok(addresses.map(|address| format!("{} ", address.ip())).collect())
        }
        "exit" => process::exit(argument.parse().unwrap_or(0)),
        _ => Err(io::Error::other("no such command")),
    }
}
