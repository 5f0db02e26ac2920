//! What the library and sqlx write to `tracing` while a future runs: spans, events and the texts of statements.
//!
//! The subscriber is that of the whole process, since SQLite works on a thread of its own; what belongs to a test
//! is told by the span around it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Instrument, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// A span that was opened, or an event.
#[derive(Debug, Clone)]
pub struct Record {
    pub target: String,
    pub name: String,
    pub fields: BTreeMap<String, String>,
}

static RECORDS: Mutex<Option<HashMap<String, Vec<Record>>>> = Mutex::new(None);
static SUBSCRIBER: Once = Once::new();

/// Runs `work`, and gives what was written in the meantime.
pub async fn captured<R>(work: impl Future<Output = R>) -> (R, Vec<Record>) {
    SUBSCRIBER.call_once(|| {
        let subscriber = Registry::default().with(Collector);
        tracing::subscriber::set_global_default(subscriber).expect("the only subscriber of the suite");
    });
    let test = user_scope::Uuid::now_v7().to_string();
    let result = work.instrument(tracing::error_span!("captured", test)).await;
    let mut records = RECORDS.lock().expect("no test panics while it holds this");
    (result, records.get_or_insert_default().remove(&test).unwrap_or_default())
}

/// The texts of the statements among `records`, without those by which sqlx looks up types, once a connection.
pub fn statements(records: &[Record]) -> Vec<String> {
    let queries = records.iter().filter(|record| record.target == "sqlx::query");
    let text = |record: &Record| match record.fields.get("db.statement").map(|text| text.trim()) {
        None | Some("") => record.fields["summary"].clone(),
        Some(text) => text.to_owned(),
    };
    queries.map(text).filter(|text| !text.contains("pg_catalog")).collect()
}

struct Collector;

/// Which test a span belongs to.
struct Test(String);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = context.span(id).expect("a span that is new");
        let parents_test = span.parent().and_then(|parent| Some(parent.extensions().get::<Test>()?.0.clone()));
        if let Some(test) = parents_test.or_else(|| fields.0.get("test").cloned()) {
            keep(&test, attributes.metadata(), fields);
            span.extensions_mut().insert(Test(test));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let Some(test) = span.extensions().get::<Test>().map(|test| test.0.clone()) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        keep(&test, event.metadata(), fields);
    }
}

fn keep(test: &str, metadata: &tracing::Metadata<'_>, fields: Fields) {
    let record = Record { target: metadata.target().to_owned(), name: metadata.name().to_owned(), fields: fields.0 };
    let mut records = RECORDS.lock().expect("no test panics while it holds this");
    records.get_or_insert_default().entry(test.to_owned()).or_default().push(record);
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}
