use std::future::Future;

use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
    default_hooks,
};

use crate::HostPattern;
use crate::state::State;

/// `wasi:http`: requests go to the hosts that were granted.
pub(super) struct Http {
    context: WasiHttpCtx,
    allowed: Allowed,
}

struct Allowed(Box<[HostPattern]>);

impl Http {
    pub(super) fn new(hosts: &[HostPattern]) -> Self {
        Self { context: WasiHttpCtx::new(), allowed: Allowed(hosts.into()) }
    }
}

type Sending = Box<dyn Future<Output = Result<Sent, Error>> + Send>;
type Sent = (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

impl Allowed {
    fn covers(&self, uri: &http::Uri) -> bool {
        let port = uri.port_u16().unwrap_or(match uri.scheme_str() {
            Some("http") => 80,
            _ => 443,
        });
        let host = uri.host().unwrap_or_default();
        self.0.iter().any(|pattern| pattern.covers_name(host, port))
    }
}

impl WasiHttpHooks for Allowed {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        done: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sending {
        if self.covers(request.uri()) {
            return default_hooks().send_request(request, options, done);
        }
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let wasi = self.wasi();
        let Http { context, allowed } = &mut wasi.http;
        WasiHttpCtxView { hooks: allowed, table: &mut wasi.table, ctx: context }
    }
}
