//! Where it was measured, and with what.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::rounds::Rounds;

/// The machine and all versions, as lines of a table.
pub(crate) struct Machine {
    pub(crate) lines: Vec<(&'static str, String)>,
}

impl Machine {
    /// This one.
    pub(crate) fn this(rounds: &Rounds) -> Self {
        let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
        let of_ours = Versions::of(&benches.join("../Cargo.lock"));
        let of_rivals = Versions::of(&benches.join("rivals/Cargo.lock"));
        let tokio = of_rivals.get("tokio");
        let wasmtime = of_rivals.get("wasmtime");
        let on_tokio = |name| format!("{}, on tokio {tokio}", of_rivals.get(name));
        let lines = vec![
            ("processor", field("/proc/cpuinfo", "model name", ':')),
            ("cores", cores()),
            ("memory", field("/proc/meminfo", "MemTotal", ':')),
            ("system", field("/etc/os-release", "PRETTY_NAME", '=')),
            ("kernel", output("uname", &["-sr"])),
            ("Rust", output("rustc", &["--version"])),
            ("wasmtime, ours and bare", of_ours.get("wasmtime")),
            ("Erlang/OTP", rounds.erlang.clone().unwrap_or_else(|| "left out".to_owned())),
            ("kameo", on_tokio("kameo")),
            ("ractor", on_tokio("ractor")),
            ("actix", on_tokio("actix")),
            ("extism", format!("{}, on wasmtime {wasmtime}", of_rivals.get("extism"))),
            ("commit", output("git", &["describe", "--always", "--dirty"])),
            ("date", output("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        ];
        Self { lines }
    }
}

/// What a lock file holds fast.
struct Versions(toml::Table);

impl Versions {
    fn of(lock: &Path) -> Self {
        Self(fs::read_to_string(lock).unwrap().parse().unwrap())
    }

    fn get(&self, name: &str) -> String {
        let packages = self.0["package"].as_array().unwrap();
        let of_name = |package: &&toml::Value| package["name"].as_str() == Some(name);
        let package = packages.iter().find(of_name).unwrap();
        package["version"].as_str().unwrap().to_owned()
    }
}

fn cores() -> String {
    std::thread::available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string())
}

/// The first field of this name.
fn field(file: &str, name: &str, separator: char) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let of_name = |line: &str| {
        let (key, value) = line.split_once(separator)?;
        (key.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    };
    text.lines().find_map(of_name).unwrap_or_else(unknown)
}

fn output(program: &str, arguments: &[&str]) -> String {
    let here = env!("CARGO_MANIFEST_DIR");
    match Command::new(program).args(arguments).current_dir(here).output() {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => unknown(),
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}
