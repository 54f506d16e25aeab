use std::fmt;

use crate::WasiGrants;

/// How an interface stands to what is provided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Provided,
    NotGranted(Need),
    Unknown,
}

/// The grant that an interface needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Network,
    Http,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Http => "http",
        })
    }
}

/// Those whose versions are all of 0.2, and the grant that a package needs.
const INTERFACES: [(&str, &[&str], Option<Need>); 7] = [
    ("wasi:io", &["error", "poll", "streams"], None),
    ("wasi:clocks", &["monotonic-clock", "wall-clock"], None),
    ("wasi:random", &["random", "insecure", "insecure-seed"], None),
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
        None,
    ),
    ("wasi:filesystem", &["types", "preopens"], None),
    (
        "wasi:sockets",
        &[
            "network",
            "instance-network",
            "ip-name-lookup",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
        Some(Need::Network),
    ),
    ("wasi:http", &["types", "outgoing-handler"], Some(Need::Http)),
];

/// Drafts: there is one version of each.
const DRAFTS: [&str; 2] = ["wasi:logging/logging@0.1.0-draft", "wasi:config/store@0.2.0-rc.1"];

/// Whether an interface with this full name is linked for who has these grants.
pub(crate) fn standing(name: &str, grants: &WasiGrants) -> Standing {
    if DRAFTS.contains(&name) {
        return Standing::Provided;
    }
    let Some((package, interface)) = parts(name) else {
        return Standing::Unknown;
    };
    let known = INTERFACES
        .iter()
        .find(|(known, interfaces, _)| *known == package && interfaces.contains(&interface));
    match known {
        Some((_, _, Some(Need::Network))) if grants.network.is_empty() => {
            Standing::NotGranted(Need::Network)
        }
        Some((_, _, Some(Need::Http))) if grants.http.is_empty() => {
            Standing::NotGranted(Need::Http)
        }
        Some(_) => Standing::Provided,
        None => Standing::Unknown,
    }
}

/// Package and interface of a name such as `wasi:cli/exit@0.2.3`.
pub(super) fn parts(name: &str) -> Option<(&str, &str)> {
    let (path, version) = name.split_once('@')?;
    let patch = version.strip_prefix("0.2.")?;
    if patch.is_empty() || !patch.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    path.split_once('/')
}

/// Whether who provides `provided` provides what is imported as `imported`: versions of one track
/// (the first number that is not 0) stand for each other, as wasmtime links them.
pub(crate) fn is_same_interface(provided: &str, imported: &str) -> bool {
    provided == imported
        || match (track(provided), track(imported)) {
            (Some(provided), Some(imported)) => provided == imported,
            _ => false,
        }
}

fn track(name: &str) -> Option<(&str, &str)> {
    let (path, version) = name.split_once('@')?;
    if version.contains(['-', '+']) {
        return None;
    }
    let mut end = 0;
    for number in version.split('.') {
        end += number.len();
        if number != "0" {
            return Some((path, &version[..end]));
        }
        end += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_version_of_0_2_is_known() {
        let standing = |name| standing(name, &WasiGrants::default());
        assert_eq!(standing("wasi:io/poll@0.2.0"), Standing::Provided);
        assert_eq!(standing("wasi:io/poll@0.2.31"), Standing::Provided);
        assert_eq!(standing("wasi:sockets/tcp@0.2.3"), Standing::NotGranted(Need::Network));
        assert_eq!(standing("wasi:http/types@0.2.3"), Standing::NotGranted(Need::Http));
        for name in [
            "wasi:io/poll",
            "wasi:io/poll@0.3.0",
            "wasi:io/poll@0.2.0-rc-2023",
            "wasi:io/pol@0.2.0",
            "wasi:cli/run@0.2.0",
            "wasi:logging/logging",
        ] {
            assert_eq!(standing(name), Standing::Unknown, "{name}");
        }
    }

    #[test]
    fn versions_of_one_track_are_one_interface() {
        for (provided, imported, same) in [
            ("a:b/c", "a:b/c", true),
            ("a:b/c@1.2.0", "a:b/c@1.9.3", true),
            ("a:b/c@0.2.1", "a:b/c@0.2.0", true),
            ("a:b/c@0.2.1", "a:b/c@0.3.0", false),
            ("a:b/c@1.0.0", "a:b/c@2.0.0", false),
            ("a:b/c@1.0.0", "a:b/c", false),
            ("a:b/c@1.0.0", "a:b/d@1.0.0", false),
            ("a:b/c@1.0.0-rc", "a:b/c@1.0.0", false),
        ] {
            assert_eq!(is_same_interface(provided, imported), same, "{provided} {imported}");
        }
    }
}
