use std::fmt::{self, Write as _};
use std::io;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::report::OneLine;

/// What `airssys/log` writes to.
const COMPONENTS: &str = "airssys::log";

/// Shows on standard error what components log and what the runtime warns of; with `verbose`
/// also what else the runtime says.
pub(crate) fn start(verbose: bool) {
    let levels = Targets::new().with_default(LevelFilter::WARN);
    let levels = match verbose {
        true => levels.with_target("airssys", LevelFilter::DEBUG),
        false => levels.with_target(COMPONENTS, LevelFilter::INFO),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).event_format(Lines);
    tracing_subscriber::registry().with(levels).with(lines).init();
}

/// One line for each record, in the shape of the [reports](crate::report).
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut record = Record::default();
        event.record(&mut record);
        let Record { sender, text } = &record;
        if event.metadata().target() == COMPONENTS {
            return writeln!(writer, "log: {sender}: {}", OneLine(text));
        }
        let kind = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            _ => "debug",
        };
        writeln!(writer, "{kind}: {}", OneLine(text))
    }
}

#[derive(Default)]
struct Record {
    sender: String,
    text: String,
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a `String` does not fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            "sender" => write!(self.sender, "{value:?}"),
            name => write!(self.text, " {name}={value:?}"),
        };
    }
}
