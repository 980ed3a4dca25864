//! What the third party logs: text for people, or one JSON object a line that holds ids and counts.

use std::{fmt::Debug, io};

use clap::ValueEnum;
use pipeline_party::clock;
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, fmt,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};
use uuid::Uuid;

/// How logs are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line, with ids and counts and nothing else.
    Json,
}

/// Logs go to standard error, so that standard output is the answer alone.
pub fn start_logging(verbose: bool, format: LogFormat) {
    let level = match (verbose, format) {
        (true, _) => "info,hda=debug",
        (false, LogFormat::Json) => "info",
        (false, LogFormat::Text) => "warn",
    };
    let filter = EnvFilter::try_from_env("HDA_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let logs = fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => logs.with_target(false).init(),
        LogFormat::Json => logs.event_format(IdsAndCounts).init(),
    }
}

/// Who may speak in a JSON log. Others, such as the storage, put paths and answers of servers in.
const OWN: &str = "pipeline_ttp";
/// Fields whose text is one of our own words.
const WORDS: [&str; 2] = ["cause", "end"];

/// Writes an event as JSON: numbers, UUIDs and our own words. Other text is left out, because a
/// sender chooses it: the name of a folder, or what stands in a file that is refused.
struct IdsAndCounts;

impl<S, N> FormatEvent<S, N> for IdsAndCounts
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let metadata = event.metadata();
        if !metadata.target().starts_with(OWN) {
            return Ok(());
        }
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        let at = clock::now().format(&Rfc3339).unwrap_or_default();
        fields.0.insert("at".to_owned(), at.into());
        fields.0.insert("level".to_owned(), metadata.level().as_str().into());
        writeln!(writer, "{}", Value::Object(fields.0))
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, field: &Field, text: &str) {
        let name = field.name();
        // What a message is about comes before its colon; after it stands what somebody else said.
        let kept = match name {
            "message" => text.split(':').next(),
            _ if WORDS.contains(&name) || text.parse::<Uuid>().is_ok() => Some(text),
            _ => None,
        };
        if let Some(kept) = kept {
            self.0.insert(name.to_owned(), kept.into());
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{info, subscriber::with_default, warn};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(act: impl FnOnce()) -> Vec<Value> {
        let sink = Sink::default();
        let writer = sink.clone();
        let logs = fmt().with_writer(move || writer.clone()).event_format(IdsAndCounts).finish();
        with_default(logs, act);
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_json_log_holds_ids_and_counts_and_no_text_of_a_sender() {
        let batch = "0199c1de-7f2a-7c6b-9d33-1f2e3d4c5b6a";
        let number = "93051822361";
        let lines = logged(|| {
            info!(batch = %batch, rows = 1024, "answered a batch of 1024 rows");
            warn!(batch = number, reason = number, "refused a batch: {number} in it");
            warn!(cause = "storage", error = %number, wait = 2.5, "the pass failed");
            info!(target: "opendal", path = number, "read {number}");
        });
        let said: Vec<Value> = lines
            .into_iter()
            .map(|mut line| {
                assert!(line.as_object_mut().unwrap().remove("at").is_some());
                line
            })
            .collect();
        assert_eq!(
            said,
            [
                serde_json::json!({"level": "INFO", "batch": batch, "rows": 1024,
                                   "message": "answered a batch of 1024 rows"}),
                serde_json::json!({"level": "WARN", "message": "refused a batch"}),
                serde_json::json!({"level": "WARN", "cause": "storage", "wait": 2.5,
                                   "message": "the pass failed"}),
            ]
        );
    }
}
