use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use airssys_wasm::{CodeCache, System, SystemBuilder};

/// Where compiled components are kept.
///
/// It is the user's choice and not the system's: the same manifest is run on many machines, and
/// each compiles for itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Caching {
    /// Keep compiled components in this folder [default: airssys in the user's cache folder]
    ///
    /// With them a system starts in milliseconds. The user's cache folder is $XDG_CACHE_HOME, or
    /// .cache in $HOME; without either, nothing is kept. Nobody else may be able to write to the
    /// folder.
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,

    /// Compile all components, and keep nothing
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl Caching {
    /// A system's builder with the cache, if there is to be one.
    pub(crate) fn builder(&self) -> SystemBuilder {
        let folder = self.cache.clone().or_else(|| of_user(|name| env::var_os(name)));
        match folder {
            Some(folder) if !self.no_cache => System::builder().cache(CodeCache::new(folder)),
            _ => System::builder(),
        }
    }
}

/// The folder in the user's cache folder, by the XDG Base Directory Specification: a path that is
/// not absolute counts for nothing.
fn of_user(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    Some(caches?.join("airssys"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_folder_is_found_by_xdg() {
        let cases = [
            (Some("/caches"), Some("/home/me"), Some("/caches/airssys")),
            (Some("/caches"), None, Some("/caches/airssys")),
            (None, Some("/home/me"), Some("/home/me/.cache/airssys")),
            (Some(""), Some("/home/me"), Some("/home/me/.cache/airssys")),
            (Some("caches"), Some("/home/me"), Some("/home/me/.cache/airssys")),
            (Some("caches"), Some("me"), None),
            (None, Some(""), None),
            (None, None, None),
        ];
        for (xdg, home, expected) in cases {
            let variable = |name: &str| match name {
                "XDG_CACHE_HOME" => xdg.map(OsString::from),
                _ => home.map(OsString::from),
            };
            assert_eq!(of_user(variable), expected.map(PathBuf::from), "{xdg:?} {home:?}");
        }
    }
}
