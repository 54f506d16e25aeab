use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    Host, HostResolveAddressStream, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode, IpAddress};
use wasmtime_wasi::p2::{
    DynPollable, IoError, Network as NetworkHandle, SocketError, SocketResult,
};
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSocketsCtxView};

use crate::HostPattern;

/// Whom a guest may connect to.
#[derive(Clone)]
pub(super) struct Network {
    patterns: Arc<[HostPattern]>,
    known: Arc<Mutex<Known>>,
    /// The names that are being looked up, by the stream through which their addresses come.
    lookups: HashMap<u32, String>,
}

/// Which addresses were told to the guest for which names: grants of names hold for them.
#[derive(Default)]
struct Known {
    names: HashMap<IpAddr, Vec<String>>,
    count: usize,
}

/// The most names that are remembered of one guest: it can look up as many as a `*` covers.
const MAX_KNOWN: usize = 1024;

impl Network {
    pub(super) fn new(patterns: &[HostPattern]) -> Self {
        let known = Arc::new(Mutex::new(Known::default()));
        Self { patterns: patterns.into(), known, lookups: HashMap::new() }
    }

    /// Has each use of an address judged here.
    pub(super) fn limit(&self, context: &mut WasiCtxBuilder) {
        let granted = !self.patterns.is_empty();
        context.allow_tcp(granted).allow_udp(granted).allow_ip_name_lookup(granted);
        let network = self.clone();
        context.socket_addr_check(move |address, purpose| {
            let network = network.clone();
            Box::pin(async move { network.permits(address, purpose).await })
        });
    }

    async fn permits(&self, address: SocketAddr, purpose: SocketAddrUse) -> bool {
        match purpose {
            SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend => {
                self.covers(address) || self.covers_by_name(address).await
            }
            // Answers, so the address is known. Anyone may send one: nothing is looked up for it.
            SocketAddrUse::UdpReceive => self.covers(address),
            // What connects has an address of its own, which the system chooses.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
                address.ip().is_unspecified() && address.port() == 0
            }
            SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
        }
    }

    fn covers(&self, address: SocketAddr) -> bool {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        let known = self.known.lock();
        let names = known.names.get(&ip).map(Vec::as_slice).unwrap_or_default();
        self.patterns.iter().any(|pattern| {
            pattern.covers_address(ip, port)
                || names.iter().any(|name| pattern.covers_name(name, port))
        })
    }

    /// Looks up the names that were granted, for a guest that has the address from elsewhere.
    async fn covers_by_name(&self, address: SocketAddr) -> bool {
        for pattern in self.patterns.iter().filter(|pattern| pattern.covers_port(address.port())) {
            let Some(name) = pattern.name() else { continue };
            let Ok(mut found) = tokio::net::lookup_host((name, 0)).await else { continue };
            if found.any(|found| found.ip().to_canonical() == address.ip().to_canonical()) {
                self.known.lock().add(address.ip(), name);
                return true;
            }
        }
        false
    }
}

impl Known {
    fn add(&mut self, address: IpAddr, name: &str) {
        if self.count == MAX_KNOWN {
            return;
        }
        let names = self.names.entry(address.to_canonical()).or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
            self.count += 1;
        }
    }
}

/// `wasi:sockets/ip-name-lookup`, for the names that were granted.
pub(super) struct Names<'a> {
    pub(super) sockets: WasiSocketsCtxView<'a>,
    pub(super) network: &'a mut Network,
}

pub(super) struct HasNames;

impl HasData for HasNames {
    type Data<'a> = Names<'a>;
}

impl network::Host for Names<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        network::Host::convert_error_code(&mut self.sockets, error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<IoError>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.sockets.network_error_code(error)
    }
}

impl network::HostNetwork for Names<'_> {
    fn drop(&mut self, network: Resource<NetworkHandle>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.sockets, network)
    }
}

impl Host for Names<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<NetworkHandle>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        if !self.network.patterns.iter().any(|pattern| pattern.covers_host(&name)) {
            return Err(ErrorCode::AccessDenied.into());
        }
        let stream = self.sockets.resolve_addresses(network, name.clone())?;
        self.network.lookups.insert(stream.rep(), name);
        Ok(stream)
    }
}

impl HostResolveAddressStream for Names<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        let name = self.network.lookups.get(&stream.rep());
        let address = self.sockets.resolve_next_address(stream)?;
        if let (Some(name), Some(address)) = (name, address) {
            self.network.known.lock().add(ip_of(address), name);
        }
        Ok(address)
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        self.sockets.subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.network.lookups.remove(&stream.rep());
        HostResolveAddressStream::drop(&mut self.sockets, stream)
    }
}

fn ip_of(address: IpAddress) -> IpAddr {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).into(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => Ipv6Addr::new(a, b, c, d, e, f, g, h).into(),
    }
}
