use std::path::{Component, Path, PathBuf};

use airssys_wasm_security::{Grants, PatternSet};
use serde::{Deserialize, Deserializer};

use super::source::Source;
use super::value;

/// `[capabilities]`: what a component asks for, or what it is granted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// Whom it may send to and request from, whom it takes messages from, and which topics are
    /// open to it.
    #[serde(deserialize_with = "messaging")]
    pub messaging: Grants,
    /// What of the machine it reaches through WASI.
    #[serde(deserialize_with = "value::table")]
    pub wasi: Wasi,
}

/// `[capabilities.wasi]`: what of the machine a component reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wasi {
    /// Standard input, output and error.
    pub stdio: bool,
    /// Environment variables, by name.
    pub env: Vec<String>,
    /// Folders.
    #[serde(deserialize_with = "value::tables")]
    pub preopens: Vec<Preopen>,
    /// What it may connect to, as `host:port`.
    pub network: Vec<String>,
    /// The hosts that it may send HTTP requests to.
    pub http: Vec<String>,
}

/// A folder of the machine that a component sees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preopen {
    /// Where it is on the machine.
    pub host: PathBuf,
    /// Where the component sees it.
    pub guest: String,
    /// Whether the component may change what is in it.
    #[serde(default)]
    pub write: bool,
}

impl Capabilities {
    /// Everything in here that has to be granted, each as it would stand in a grant. `receive`
    /// is a component's own filter, and not asked for.
    pub fn asks(&self) -> Vec<String> {
        let nothing = Self {
            messaging: Grants { receive: None, ..Grants::default() },
            wasi: Wasi::default(),
        };
        self.exceeds(&nothing)
    }

    /// What is in here beyond what was `asked` for, each as it stands in a grant.
    pub fn exceeds(&self, asked: &Self) -> Vec<String> {
        let messaging = self.messaging.exceeds(&asked.messaging);
        let mut excess: Vec<String> = messaging.iter().map(ToString::to_string).collect();
        excess.extend(self.wasi.exceeds(&asked.wasi));
        excess
    }
}

impl Wasi {
    /// Makes the paths relative to where the program runs; they are relative to `own`.
    pub(super) fn anchor_paths(&mut self, own: &Source) {
        for preopen in &mut self.preopens {
            preopen.host = own.resolve(&preopen.host);
        }
    }

    fn exceeds(&self, asked: &Self) -> Vec<String> {
        let mut excess = Vec::new();
        if self.stdio && !asked.stdio {
            excess.push("stdio = true".to_owned());
        }
        let lists = [
            ("env", &self.env, &asked.env),
            ("network", &self.network, &asked.network),
            ("http", &self.http, &asked.http),
        ];
        for (key, granted, asked) in lists {
            let wider = granted.iter().filter(|item| !asked.contains(item));
            excess.extend(wider.map(|item| format!("{key} = {item:?}")));
        }
        let wider = self
            .preopens
            .iter()
            .filter(|ours| !asked.preopens.iter().any(|theirs| theirs.covers(ours)));
        excess.extend(wider.map(|preopen| {
            let Preopen { host, guest, write } = preopen;
            format!("preopens = {{ host = {host:?}, guest = {guest:?}, write = {write} }}")
        }));
        excess
    }
}

impl Preopen {
    /// Whether who may have this may have `other`: the same folder for the guest, the same or one
    /// within it on the machine, and no more than is allowed in it.
    fn covers(&self, other: &Self) -> bool {
        self.guest == other.guest
            && is_within(&other.host, &self.host)
            && (self.write || !other.write)
    }
}

/// Whether `inner` is `outer` or in it, by their names alone.
fn is_within(inner: &Path, outer: &Path) -> bool {
    inner
        .strip_prefix(outer)
        .is_ok_and(|rest| rest.components().all(|part| matches!(part, Component::Normal(_))))
}

fn messaging<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Grants, D::Error> {
    let Messaging { send, request, receive, publish, subscribe } = value::table(deserializer)?;
    Ok(Grants { send, request, receive, publish, subscribe })
}

/// The keys of `[capabilities.messaging]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Messaging {
    #[serde(deserialize_with = "value::list")]
    send: PatternSet,
    #[serde(deserialize_with = "value::list")]
    request: PatternSet,
    #[serde(deserialize_with = "value::some_list")]
    receive: Option<PatternSet>,
    #[serde(deserialize_with = "value::list")]
    publish: PatternSet,
    #[serde(deserialize_with = "value::list")]
    subscribe: PatternSet,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(text: &str) -> Capabilities {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn everything_but_receive_is_asked_for() {
        let asked = capabilities(
            r#"
            [messaging]
            send = ["a/b", "c/*"]
            request = ["a/b"]
            receive = ["x/**"]
            publish = ["news/**"]
            subscribe = ["news/eu"]
            [wasi]
            stdio = true
            env = ["HOME"]
            preopens = [{ host = "data", guest = "/data" }]
            network = ["127.0.0.1:5432"]
            http = ["api.example.com"]
            "#,
        );
        let asks = [
            r#"send = "a/b""#,
            r#"send = "c/*""#,
            r#"request = "a/b""#,
            r#"publish = "news/**""#,
            r#"subscribe = "news/eu""#,
            "stdio = true",
            r#"env = "HOME""#,
            r#"network = "127.0.0.1:5432""#,
            r#"http = "api.example.com""#,
            r#"preopens = { host = "data", guest = "/data", write = false }"#,
        ];
        assert_eq!(asked.asks(), asks);
        assert!(asked.exceeds(&asked).is_empty());
        assert!(capabilities(r#"messaging = { receive = ["x/**"] }"#).asks().is_empty());
    }

    #[test]
    fn a_folder_is_granted_as_asked_or_narrower() {
        let asked =
            capabilities(r#"wasi.preopens = [{ host = "data", guest = "/d", write = true }]"#);
        let cases = [
            (r#"{ host = "data", guest = "/d", write = true }"#, true),
            (r#"{ host = "data", guest = "/d" }"#, true),
            (r#"{ host = "data/eu/./x", guest = "/d", write = true }"#, true),
            (r#"{ host = "data", guest = "/e" }"#, false),
            (r#"{ host = "database", guest = "/d" }"#, false),
            (r#"{ host = "data/../secrets", guest = "/d" }"#, false),
            (r#"{ host = "", guest = "/d" }"#, false),
        ];
        for (preopen, within) in cases {
            let granted = capabilities(&format!("wasi.preopens = [{preopen}]"));
            assert_eq!(granted.exceeds(&asked).is_empty(), within, "{preopen}");
        }
        let to_write =
            capabilities(r#"wasi.preopens = [{ host = "data", guest = "/d", write = true }]"#);
        let to_read = capabilities(r#"wasi.preopens = [{ host = "data", guest = "/d" }]"#);
        assert!(!to_write.exceeds(&to_read).is_empty());
    }
}
