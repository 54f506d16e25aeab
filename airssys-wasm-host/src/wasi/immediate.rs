use std::future::Future;
use std::pin::pin;

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::io::{poll as waiting_poll, streams as waiting_streams};
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};
use wasmtime_wasi::runtime::poll_noop;

/// `wasi:io` for guests that cannot wait: whatever they have a hold of is there at once, so that
/// no runtime is needed to wait with.
pub(super) struct Immediate<'a>(pub(super) &'a mut ResourceTable);

pub(super) struct HasImmediate;

impl HasData for HasImmediate {
    type Data<'a> = Immediate<'a>;
}

fn at_once<T>(future: impl Future<Output = T>) -> wasmtime::Result<T> {
    poll_noop(pin!(future)).ok_or_else(|| wasmtime::format_err!("it waits for what never comes"))
}

fn streamed<T>(future: impl Future<Output = StreamResult<T>>) -> StreamResult<T> {
    at_once(future).unwrap_or_else(|error| Err(StreamError::Trap(error)))
}

impl poll::Host for Immediate<'_> {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        at_once(waiting_poll::Host::poll(self.0, pollables))?
    }
}

impl poll::HostPollable for Immediate<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        at_once(waiting_poll::HostPollable::ready(self.0, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        at_once(waiting_poll::HostPollable::block(self.0, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        waiting_poll::HostPollable::drop(self.0, pollable)
    }
}

impl streams::Host for Immediate<'_> {
    fn convert_stream_error(
        &mut self,
        error: StreamError,
    ) -> wasmtime::Result<streams::StreamError> {
        Ok(waiting_streams::Host::convert_stream_error(self.0, error)?.into())
    }
}

type Input = Resource<DynInputStream>;
type Output = Resource<DynOutputStream>;

impl streams::HostInputStream for Immediate<'_> {
    fn read(&mut self, stream: Input, length: u64) -> StreamResult<Vec<u8>> {
        waiting_streams::HostInputStream::read(self.0, stream, length)
    }

    fn blocking_read(&mut self, stream: Input, length: u64) -> StreamResult<Vec<u8>> {
        streamed(waiting_streams::HostInputStream::blocking_read(self.0, stream, length))
    }

    fn skip(&mut self, stream: Input, length: u64) -> StreamResult<u64> {
        waiting_streams::HostInputStream::skip(self.0, stream, length)
    }

    fn blocking_skip(&mut self, stream: Input, length: u64) -> StreamResult<u64> {
        streamed(waiting_streams::HostInputStream::blocking_skip(self.0, stream, length))
    }

    fn subscribe(&mut self, stream: Input) -> wasmtime::Result<Resource<DynPollable>> {
        waiting_streams::HostInputStream::subscribe(self.0, stream)
    }

    fn drop(&mut self, stream: Input) -> wasmtime::Result<()> {
        at_once(waiting_streams::HostInputStream::drop(self.0, stream))?
    }
}

impl streams::HostOutputStream for Immediate<'_> {
    fn check_write(&mut self, stream: Output) -> StreamResult<u64> {
        waiting_streams::HostOutputStream::check_write(self.0, stream)
    }

    fn write(&mut self, stream: Output, bytes: Vec<u8>) -> StreamResult<()> {
        waiting_streams::HostOutputStream::write(self.0, stream, bytes)
    }

    fn blocking_write_and_flush(&mut self, stream: Output, bytes: Vec<u8>) -> StreamResult<()> {
        streamed(waiting_streams::HostOutputStream::blocking_write_and_flush(self.0, stream, bytes))
    }

    fn flush(&mut self, stream: Output) -> StreamResult<()> {
        waiting_streams::HostOutputStream::flush(self.0, stream)
    }

    fn blocking_flush(&mut self, stream: Output) -> StreamResult<()> {
        streamed(waiting_streams::HostOutputStream::blocking_flush(self.0, stream))
    }

    fn subscribe(&mut self, stream: Output) -> wasmtime::Result<Resource<DynPollable>> {
        waiting_streams::HostOutputStream::subscribe(self.0, stream)
    }

    fn write_zeroes(&mut self, stream: Output, length: u64) -> StreamResult<()> {
        waiting_streams::HostOutputStream::write_zeroes(self.0, stream, length)
    }

    fn blocking_write_zeroes_and_flush(&mut self, stream: Output, length: u64) -> StreamResult<()> {
        streamed(waiting_streams::HostOutputStream::blocking_write_zeroes_and_flush(
            self.0, stream, length,
        ))
    }

    fn splice(&mut self, to: Output, from: Input, length: u64) -> StreamResult<u64> {
        waiting_streams::HostOutputStream::splice(self.0, to, from, length)
    }

    fn blocking_splice(&mut self, to: Output, from: Input, length: u64) -> StreamResult<u64> {
        streamed(waiting_streams::HostOutputStream::blocking_splice(self.0, to, from, length))
    }

    fn drop(&mut self, stream: Output) -> wasmtime::Result<()> {
        at_once(waiting_streams::HostOutputStream::drop(self.0, stream))?
    }
}
