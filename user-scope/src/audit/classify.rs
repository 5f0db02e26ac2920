//! Telling denials from misses, after the fact and off the request's path.
//!
//! A caller who asks for a row that he does not have gets the same answer, at the same cost, whether it is
//! somebody else's or nobody's. Afterwards the writer asks, in the audit's own name and in batches, which of
//! the missed ids belong to somebody else. That is best effort: a row made after the miss accuses falsely, one
//! deleted before it is asked for is overlooked.

use std::collections::HashMap;

use sqlx::Pool;
use uuid::Uuid;

use super::{AuditEvent, Details, Operation, SinkError};
use crate::backend::Backend;
use crate::entity::{Entity, Moment};
use crate::error::Cause;
use crate::identifier::IdValue;
use crate::sql;

/// A user asked for a row that he does not have.
#[derive(Debug)]
pub(crate) struct Miss {
    pub(crate) user: IdValue,
    pub(crate) entity: &'static Entity,
    pub(crate) id: IdValue,
    pub(crate) attempted: Operation,
    pub(crate) occurred_at: Moment,
}

/// The denials among `misses`.
pub(super) async fn denials<DB: Backend>(pool: &Pool<DB>, misses: &[Miss]) -> Result<Vec<AuditEvent>, SinkError> {
    let mut by_entity: HashMap<&'static str, Vec<&Miss>> = HashMap::new();
    for miss in misses {
        by_entity.entry(miss.entity.name()).or_default().push(miss);
    }
    let mut denials = Vec::new();
    for misses in by_entity.values() {
        let Some(entity) = misses.first().map(|miss| miss.entity) else { continue };
        let owners = owners(pool, entity, misses.iter().map(|miss| miss.id.clone()).collect()).await?;
        denials.extend(misses.iter().filter_map(|miss| denial(miss, &owners)));
    }
    Ok(denials)
}

/// Owners by id, both as text: that is what a column's type and its Rust type have in common.
async fn owners<DB: Backend>(
    pool: &Pool<DB>,
    entity: &Entity,
    ids: Vec<IdValue>,
) -> Result<HashMap<String, String>, SinkError> {
    let mut connection = pool.acquire().await.map_err(Cause::from)?;
    let rows = DB::fetch_all(&mut connection, sql::owners_of(entity, &ids)?).await.map_err(Cause::from)?;
    let (id_kind, owner_kind) = (entity.stored_id_kind(), entity.stored_owner_kind());
    rows.iter()
        .map(|row| Ok((DB::get_id(row, 0, id_kind)?.to_string(), DB::get_id(row, 1, owner_kind)?.to_string())))
        .collect()
}

fn denial(miss: &Miss, owners: &HashMap<String, String>) -> Option<AuditEvent> {
    let id = miss.id.to_string();
    let owner = owners.get(&id).filter(|owner| **owner != miss.user.to_string())?;
    Some(AuditEvent {
        id: Uuid::nil(),
        user: miss.user.clone(),
        entity_type: miss.entity.name(),
        entity_id: Some(id),
        operation: Operation::UnauthorizedAccess,
        occurred_at: miss.occurred_at,
        details: Details { attempted: Some(miss.attempted), owner: Some(owner.clone()), ..Details::default() },
    })
}
