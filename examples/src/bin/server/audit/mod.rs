//! The record: one's own, and for an administrator who says why, everybody's.

mod reports;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use user_scope::audit::TrailRow;
use user_scope::web::{Administrator, Caller, Problem};
use user_scope::{ScopedPool, Uuid};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};
use utoipa::{IntoParams, ToSchema};

pub use reports::{Pattern, Reports, Suspicion};

use crate::accounts::unavailable;
use crate::api::{Api, Described, Listed, ParameterIn};
use crate::database::AppDb;
use crate::resources::{Invalid, form};

pub fn routes<DB: AppDb>(api: Api<DB>) -> Api<DB> {
    let mut own = Described::new("trail", "audit", "Your own trail, newest first")
        .about(
            "What you were denied is not in it: who could read that would learn that the row is there. \
                `next` is always null: the newest hundred are all there is here.",
        )
        .query::<Length>()
        .problem(StatusCode::UNPROCESSABLE_ENTITY, "A parameter was not accepted: which, and why");
    let rows = own.schemas().listed::<TrailEntry>("access");
    let own = own.answers_of(StatusCode::OK, "What is on record of you", rows);
    let patterns = administered("patterns", "How many accesses each user made on each day")
        .query::<Window>()
        .problem(StatusCode::UNPROCESSABLE_ENTITY, "A parameter was not accepted: which, and why")
        .answers::<Patterns>(StatusCode::OK, "By user and day, the latest day first");
    let suspicious = administered("suspicious", "The last hundred attempts at what belongs to somebody else")
        .answers::<Suspicions>(StatusCode::OK, "Newest first");
    api.add("/api/v2/audit", HttpMethod::Get, get(trail::<DB>), own)
        .add("/api/v2/admin/audit/patterns", HttpMethod::Get, get(self::patterns::<DB>), patterns)
        .add("/api/v2/admin/audit/suspicious", HttpMethod::Get, get(self::suspicious::<DB>), suspicious)
}

fn administered(id: &str, summary: &str) -> Described {
    // No pattern could say what is a letter behind the encoding, in every script.
    let reason = ObjectBuilder::new().schema_type(Type::String).min_length(Some(3)).examples(["support case 4711"]);
    let text = "Why you ask: it is committed to the record before anything is shown. At least three letters; \
                percent-encoded, where it is not ASCII.";
    Described::new(id, "admin", summary)
        .parameter(ParameterIn::Header, "Access-Reason", text, Required::True, reason.into())
        .problem(StatusCode::BAD_REQUEST, "No reason, or none that says something")
        .problem(StatusCode::FORBIDDEN, "You are no administrator")
}

/// How much of the trail.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Length {
    /// How many rows at most.
    #[param(nullable = false, minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

/// An access of one's own.
#[derive(Debug, Serialize, ToSchema)]
struct TrailEntry {
    entity_type: String,
    entity_id: Option<String>,
    operation: String,
    #[schema(format = DateTime)]
    timestamp: String,
    /// What is told beyond that, such as the columns that were changed.
    #[schema(value_type = Option<Object>)]
    details: Option<Box<RawValue>>,
}

impl From<TrailRow> for TrailEntry {
    fn from(row: TrailRow) -> Self {
        let TrailRow { entity_type, entity_id, operation, timestamp, details, .. } = row;
        let details = details.and_then(|details| RawValue::from_string(details).ok());
        Self { entity_type, entity_id, operation, timestamp, details }
    }
}

async fn trail<DB: AppDb>(
    caller: Caller,
    State(pool): State<ScopedPool<DB>>,
    uri: Uri,
) -> Result<Listed<TrailEntry>, Problem> {
    let Length { limit } = form(uri.query().unwrap_or_default().as_bytes())?;
    let limit = within("limit", limit.unwrap_or(50), 100)?;
    let rows = pool.audit_trail(&caller).limit(limit).all().await?;
    Ok(Listed { items: rows.into_iter().map(TrailEntry::from).collect(), next: None })
}

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Window {
    /// How many days, until now.
    #[param(nullable = false, minimum = 1, maximum = 366, default = 30)]
    days: Option<u32>,
}

/// Nothing can be asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn within(field: &'static str, number: u32, most: u32) -> Result<u32, Invalid> {
    if (1..=most).contains(&number) {
        return Ok(number);
    }
    Err(Invalid::new(field, format!("must be a number from 1 to {most}")))
}

/// Accesses by user and day, and the receipt that the asking left.
#[derive(Debug, Serialize, ToSchema)]
struct Patterns {
    receipt: Uuid,
    items: Vec<Pattern>,
}

/// Attempts, and the receipt that the asking left.
#[derive(Debug, Serialize, ToSchema)]
struct Suspicions {
    receipt: Uuid,
    items: Vec<Suspicion>,
}

async fn patterns<DB: AppDb>(admin: Administrator<DB>, uri: Uri) -> Result<Json<Patterns>, Problem> {
    let Window { days } = form(uri.query().unwrap_or_default().as_bytes())?;
    let days = within("days", days.unwrap_or(30), 366)?;
    let mut tx = admin.begin().await?;
    let items = DB::patterns(tx.unscoped_connection().await?, days).await.map_err(unavailable)?;
    tx.commit().await?;
    Ok(Json(Patterns { receipt: admin.receipt_id(), items }))
}

async fn suspicious<DB: AppDb>(admin: Administrator<DB>, uri: Uri) -> Result<Json<Suspicions>, Problem> {
    let Nothing {} = form(uri.query().unwrap_or_default().as_bytes())?;
    let mut tx = admin.begin().await?;
    let items = DB::suspicious(tx.unscoped_connection().await?).await.map_err(unavailable)?;
    tx.commit().await?;
    Ok(Json(Suspicions { receipt: admin.receipt_id(), items }))
}
