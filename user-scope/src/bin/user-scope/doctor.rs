//! `user-scope doctor`: what reaches around the isolation.

use serde_json::json;
use user_scope::{Backend, Finding, Identifier, Isolation, Report, Uuid};

use crate::Outcome;
use crate::arguments::{Output, Target};
use crate::configuration::{Configuration, Kind};
use crate::database::Database;
use crate::failure::Failure;
use crate::output::{answer, document};

pub(crate) async fn run(target: &Target, output: &Output) -> Result<Outcome, Failure> {
    let configuration = Configuration::of(target)?;
    let report = match Database::connect(&target.database.url).await? {
        Database::Postgres(pool) => by_owner(&pool, &configuration, target).await?,
        Database::Sqlite(pool) => by_owner(&pool, &configuration, target).await?,
    };
    if output.json {
        document(&as_json(&report))?;
    } else {
        answer(report.to_string().trim_end())?;
    }
    Ok(if report.is_healthy() { Outcome::Well } else { Outcome::Found })
}

async fn by_owner<DB: Backend>(
    pool: &sqlx::Pool<DB>,
    configuration: &Configuration,
    target: &Target,
) -> Result<Report, Failure> {
    match configuration.owner.kind {
        Kind::Uuid => examine::<DB, Uuid>(pool, configuration, target).await,
        Kind::Bigint => examine::<DB, i64>(pool, configuration, target).await,
        Kind::Text => examine::<DB, String>(pool, configuration, target).await,
    }
}

async fn examine<DB: Backend, Id: Identifier>(
    pool: &sqlx::Pool<DB>,
    configuration: &Configuration,
    target: &Target,
) -> Result<Report, Failure> {
    let mut isolation = Isolation::<Id>::default().system_role(&target.system_role);
    for table in &configuration.tables {
        isolation = isolation.with_table(&table.name, configuration.owner_of(table));
    }
    for role in &target.app_roles {
        isolation = isolation.application(role);
    }
    Ok(isolation.examine(pool).await?)
}

fn as_json(report: &Report) -> serde_json::Value {
    json!({ "healthy": report.is_healthy(), "findings": report.findings().map(finding_as_json).collect::<Vec<_>>() })
}

pub(crate) fn finding_as_json(finding: &Finding) -> serde_json::Value {
    json!({
        "name": finding.name(),
        "severity": finding.severity().to_string(),
        "object": finding.object(),
        "why": finding.why(),
        "mend": finding.mend(),
    })
}
