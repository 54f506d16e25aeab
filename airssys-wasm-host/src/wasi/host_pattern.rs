use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use thiserror::Error;

/// Which hosts a guest may reach, and through which ports.
///
/// The host is an address (`127.0.0.1`, `[::1]`), a name (`db.example.com`), a name with labels
/// left open (`*.example.com`: each `*` is one whole label), or `*` for any host. The port is a
/// number, or `*` for any.
///
/// ```
/// use airssys_wasm_host::HostPattern;
///
/// let database = HostPattern::with_port("*.db.example.com:5432")?;
/// assert!(database.covers_name("eu.db.example.com", 5432));
/// assert!(!database.covers_name("db.example.com", 5432));
/// assert!(HostPattern::with_port("db.example.com").is_err());
/// assert!(HostPattern::with_any_port("api.example.com")?.covers_name("api.example.com", 443));
/// # Ok::<(), airssys_wasm_host::InvalidPattern>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPattern {
    host: Host,
    /// None is any.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Host {
    Any,
    Address(IpAddr),
    /// In lower case, without the dot at its end.
    Name(String),
}

/// Why a text is no [`HostPattern`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not {}: {fault}", if *needs_port { "HOST:PORT" } else { "HOST or HOST:PORT" })]
pub struct InvalidPattern {
    text: String,
    needs_port: bool,
    fault: &'static str,
}

impl HostPattern {
    /// Reads `HOST:PORT`.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn with_port(text: &str) -> Result<Self, InvalidPattern> {
        Self::read(text, true)
    }

    /// Reads `HOST:PORT`, or `HOST` for any of its ports.
    ///
    /// # Errors
    ///
    /// It is neither.
    pub fn with_any_port(text: &str) -> Result<Self, InvalidPattern> {
        Self::read(text, false)
    }

    fn read(text: &str, needs_port: bool) -> Result<Self, InvalidPattern> {
        let invalid = |fault| InvalidPattern { text: text.to_owned(), needs_port, fault };
        let (host, port) = split_port(text);
        let port = match port {
            Some("*") => None,
            Some(port) => {
                Some(port.parse().map_err(|_| invalid("the port is a number up to 65535, or *"))?)
            }
            None if needs_port => return Err(invalid("there is no port; write * for any")),
            None => None,
        };
        Ok(Self { host: Host::read(host).map_err(invalid)?, port })
    }

    /// Whether it covers this address, as such and not by a name.
    pub fn covers_address(&self, address: IpAddr, port: u16) -> bool {
        self.covers_port(port)
            && match &self.host {
                Host::Any => true,
                Host::Address(covered) => *covered == address.to_canonical(),
                Host::Name(_) => false,
            }
    }

    /// Whether it covers the host of this name. A name that is an address counts as that.
    pub fn covers_name(&self, name: &str, port: u16) -> bool {
        self.covers_port(port) && self.covers_host(name)
    }

    /// Whether it covers some port of the host of this name.
    pub(crate) fn covers_host(&self, name: &str) -> bool {
        if let Some(address) = address(name) {
            return match &self.host {
                Host::Any => true,
                Host::Address(covered) => *covered == address,
                Host::Name(_) => false,
            };
        }
        match &self.host {
            Host::Any => true,
            Host::Address(_) => false,
            Host::Name(pattern) => covers_labels(pattern, name),
        }
    }

    /// The one name that it covers, if it is a name without open labels.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) if !name.contains('*') => Some(name),
            _ => None,
        }
    }

    pub(crate) fn covers_port(&self, port: u16) -> bool {
        self.port.is_none_or(|covered| covered == port)
    }
}

impl Host {
    fn read(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(address) = address(text) {
            return Ok(Self::Address(address));
        }
        if text.contains(':') {
            return Err("an IPv6 address stands in brackets");
        }
        let name = normal(text);
        if name.split('.').all(|label| label == "*" || is_label(label)) {
            return Ok(Self::Name(name));
        }
        Err("a host is an address, or a name whose labels are letters, digits and -, or *")
    }
}

/// `HOST:PORT`, where an IPv6 address has colons of its own.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port))
            if !port.ends_with(']') && (!host.contains(':') || host.ends_with(']')) =>
        {
            (host, Some(port))
        }
        _ => (text, None),
    }
}

fn address(text: &str) -> Option<IpAddr> {
    if let Some(text) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return text.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical());
    }
    text.parse().ok().filter(IpAddr::is_ipv4)
}

fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn covers_labels(pattern: &str, name: &str) -> bool {
    let name = normal(name);
    let (mut pattern, mut name) = (pattern.split('.'), name.split('.'));
    loop {
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some(covering), Some(label)) if covering == label => {}
            (Some("*"), Some(label)) if !label.is_empty() => {}
            _ => return false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Any => f.write_str("*")?,
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            Host::Address(address) => write!(f, "{address}")?,
            Host::Name(name) => f.write_str(name)?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => f.write_str(":*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        HostPattern::with_port(text).unwrap()
    }

    #[test]
    fn an_address_is_covered_by_itself_only() {
        for (text, address) in [("127.0.0.1:80", "127.0.0.1"), ("[::1]:80", "::1")] {
            let address: IpAddr = address.parse().unwrap();
            assert!(pattern(text).covers_address(address, 80));
            assert!(!pattern(text).covers_address(address, 81));
            assert!(!pattern(text).covers_address("10.0.0.1".parse().unwrap(), 80));
            assert_eq!(pattern(text).to_string(), text);
        }
        assert!(pattern("127.0.0.1:*").covers_address("::ffff:127.0.0.1".parse().unwrap(), 9));
    }

    #[test]
    fn a_star_is_one_whole_label() {
        let covers = |name| pattern("*.x.com:1").covers_name(name, 1);
        assert!(covers("a.x.com") && covers("A.X.com."));
        for name in ["x.com", "evilx.com", "a.b.x.com", ".x.com", "a.x.com.evil", "a.x.comm"] {
            assert!(!covers(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_no_address_and_the_other_way_round() {
        assert!(!pattern("*.0.0.1:1").covers_name("127.0.0.1", 1));
        assert!(!pattern("127.0.0.1:1").covers_name("localhost", 1));
        assert!(pattern("127.0.0.1:1").covers_name("127.0.0.1", 1));
        assert!(pattern("[::1]:1").covers_name("[::1]", 1));
        assert!(pattern("*:1").covers_name("localhost", 1));
    }

    #[test]
    fn what_is_no_pattern() {
        for text in
            ["", "host", ":80", "host:", "host:70000", "a*.com:1", "a..b:1", "::1:80", "h/x:1"]
        {
            assert!(HostPattern::with_port(text).is_err(), "{text}");
        }
        let error = HostPattern::with_port("db").unwrap_err().to_string();
        assert_eq!(error, "\"db\" is not HOST:PORT: there is no port; write * for any");
    }
}
