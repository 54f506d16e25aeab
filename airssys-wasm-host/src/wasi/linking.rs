use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, io, random, sockets, sync};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView, WasiSocketsView};
use wasmtime_wasi_http::{WasiHttp, WasiHttpView, p2::bindings::http};

use super::clocks::{Clocks, HasClocks};
use super::immediate::{HasImmediate, Immediate};
use super::interfaces::parts;
use super::logging::{self, HasLogging, Logging};
use super::network::{HasNames, Names};
use crate::WasiGrants;
use crate::state::State;

/// What a component needs of WASI, by the functions that it imports and its grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    /// It imports some of it.
    pub(crate) any: bool,
    /// It can wait for a time.
    alarms: bool,
    /// It waits with `poll`, which alone waits for a time.
    polls: bool,
    /// It can wait for sockets, files or requests.
    pub(crate) tokio: bool,
}

impl Needs {
    /// Takes note of a function that it imports.
    pub(crate) fn note(&mut self, interface: &str, function: &str, grants: &WasiGrants) {
        self.any = true;
        let Some((package, interface)) = parts(interface) else { return };
        match (package, interface, function) {
            ("wasi:clocks", _, "subscribe-instant" | "subscribe-duration") => self.alarms = true,
            ("wasi:io", "poll", "poll" | "[method]pollable.block") => self.polls = true,
            ("wasi:sockets" | "wasi:http", ..) => self.tokio = true,
            ("wasi:filesystem", ..) => self.tokio |= !grants.preopens.is_empty(),
            _ => {}
        }
    }

    /// Whether a call of it can wait.
    pub(crate) fn waiting(self) -> bool {
        self.tokio || (self.alarms && self.polls)
    }
}

/// Provides WASI, as who has these grants may import it. Where the guest can wait, functions that
/// wait are such that only asynchronous calls can reach them.
pub(crate) fn link(
    linker: &mut Linker<State>,
    grants: &WasiGrants,
    can_wait: bool,
) -> wasmtime::Result<()> {
    io::error::add_to_linker::<_, HasTable>(linker, table)?;
    if can_wait {
        io::poll::add_to_linker::<_, HasTable>(linker, table)?;
        io::streams::add_to_linker::<_, HasTable>(linker, table)?;
        filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    } else {
        sync::io::poll::add_to_linker::<_, HasImmediate>(linker, immediate)?;
        sync::io::streams::add_to_linker::<_, HasImmediate>(linker, immediate)?;
        // There is no directory to begin with, and so no file.
        sync::filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    }
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    link_clocks_and_random(linker)?;
    link_cli(linker)?;
    logging::add_to_linker::<_, HasLogging>(linker, |state| Logging(&state.id))?;
    wasmtime_wasi_config::add_to_linker(linker, |state: &mut State| (&state.wasi().config).into())?;
    if !grants.network.is_empty() {
        link_sockets(linker)?;
    }
    if !grants.http.is_empty() {
        let options = http::types::LinkOptions::default();
        http::types::add_to_linker::<_, WasiHttp>(linker, &options, State::http)?;
        http::outgoing_handler::add_to_linker::<_, WasiHttp>(linker, State::http)?;
    }
    Ok(())
}

fn link_clocks_and_random(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    clocks::monotonic_clock::add_to_linker::<_, HasClocks>(linker, times)?;
    clocks::wall_clock::add_to_linker::<_, HasClocks>(linker, times)?;
    random::random::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())
}

fn link_cli(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, State::cli)
}

/// Who has these can wait.
fn link_sockets(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let options = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<_, WasiSockets>(linker, &options, State::sockets)?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<_, HasNames>(linker, names)?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(linker, State::sockets)
}

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

fn table(state: &mut State) -> &mut ResourceTable {
    &mut state.wasi().table
}

fn immediate(state: &mut State) -> Immediate<'_> {
    Immediate(&mut state.wasi().table)
}

fn times(state: &mut State) -> Clocks<'_> {
    state.wasi().clocks()
}

fn names(state: &mut State) -> Names<'_> {
    let wasi = state.wasi();
    let sockets = WasiSocketsCtxView { ctx: wasi.context.sockets(), table: &mut wasi.table };
    Names { sockets, network: &mut wasi.network }
}
