use std::time::Duration;

use airssys_wasm::{PendingResponse, RequestError, SendError, Sender, System};

/// Longer than any scenario takes.
pub(crate) const PATIENCE: Option<Duration> = Some(Duration::from_secs(3600));

/// A system that scenarios take place in.
pub(crate) trait Ground {
    fn system(&self) -> &System;

    /// Sends as soon as there is room.
    fn send(&self, sender: &mut Sender, target: &str, message: &[u8]) -> Result<(), SendError>;

    /// As [`send`](Self::send), with all the time that there is for the answer.
    fn request(
        &self,
        sender: &mut Sender,
        target: &str,
        request: &[u8],
    ) -> Result<PendingResponse, SendError>;

    /// How a request ends, while all others run.
    fn answer(&self, pending: PendingResponse) -> Result<Vec<u8>, RequestError>;

    /// Has all come to rest; no component keeps itself busy now.
    fn rest(&self);

    /// What hostile guests may take, in a call that ends by this.
    fn time_out(&self) -> Duration;
}
