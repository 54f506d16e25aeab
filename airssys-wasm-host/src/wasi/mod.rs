//! WASI 0.2 for guests: what they may import, and what they are given of it.

mod clocks;
mod grants;
mod host_pattern;
mod http;
mod immediate;
mod interfaces;
mod linking;
mod logging;
mod network;
mod output;

use std::sync::Arc;

use airssys_wasm_core::{ComponentId, Crash, CrashKind};
use rand::SeedableRng;
use rand::rngs::StdRng;
use wasmtime_wasi::{FsPerms, ResourceTable, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_config::WasiConfigVariables;

pub use grants::{Preopen, WasiGrants};
pub use host_pattern::{HostPattern, InvalidPattern};
pub(crate) use interfaces::{Standing, is_same_interface, standing};
pub(crate) use linking::{Needs, link};

use crate::state::State;
use crate::waiting::Waiting;
use crate::{Random, Stream, Surroundings, Time};
use clocks::Clocks;
use http::Http;
use network::Network;
use output::Printed;

/// What one instance has of WASI.
pub(crate) struct Wasi {
    table: ResourceTable,
    context: WasiCtx,
    time: Time,
    /// Set where the guest can wait.
    waiting: Option<Arc<Waiting>>,
    network: Network,
    http: Http,
    config: WasiConfigVariables,
}

impl Wasi {
    pub(crate) fn new(
        id: &ComponentId,
        grants: &WasiGrants,
        surroundings: &mut Surroundings,
        waiting: Option<Arc<Waiting>>,
    ) -> Result<Self, Crash> {
        let network = Network::new(&grants.network);
        let mut context = WasiCtxBuilder::new();
        context.max_random_size(MAX_RANDOM_BYTES);
        context.envs(&grants.env);
        if grants.stdio {
            for stream in [Stream::Stdout, Stream::Stderr] {
                let printed = Printed::new(id, stream, &surroundings.output);
                match stream {
                    Stream::Stdout => context.stdout(printed),
                    Stream::Stderr => context.stderr(printed),
                };
            }
        }
        for preopen in &grants.preopens {
            open(&mut context, preopen)?;
        }
        if let Random::Seed(seed) = surroundings.random {
            // Three different sequences.
            context.secure_random(StdRng::seed_from_u64(seed));
            context.insecure_random(StdRng::seed_from_u64(!seed));
            context.insecure_random_seed(u128::from(seed).wrapping_mul(SPREAD));
        }
        network.limit(&mut context);
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        Ok(Self {
            table,
            context: context.build(),
            time: surroundings.time.clone(),
            waiting,
            network,
            http: Http::new(&grants.http),
            config: std::mem::take(&mut surroundings.config).into_iter().collect(),
        })
    }

    fn clocks(&mut self) -> Clocks<'_> {
        Clocks { time: &self.time, waiting: self.waiting.as_ref(), table: &mut self.table }
    }
}

/// How many streams, files, sockets and the like a guest may have open: they are memory of the
/// host's.
const MAX_HANDLES: usize = 10_000;

/// The most random bytes at once, for the same reason.
const MAX_RANDOM_BYTES: u64 = 1 << 20;

/// Odd and with bits all over, so that seeds which lie side by side do not.
const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

fn open(context: &mut WasiCtxBuilder, preopen: &Preopen) -> Result<(), Crash> {
    let permissions = if preopen.write { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
    let opened = context.preopened_dir(&preopen.host, &preopen.guest, permissions);
    opened.map(drop).map_err(|error| {
        let cause = format!("its preopen {} cannot be opened: {error}", preopen.host.display());
        Crash::new(CrashKind::FailedStart, cause)
    })
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}
