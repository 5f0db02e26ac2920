//! Telling denials from misses, after the fact and off the request's path.
//!
//! A caller who asks for a row that he does not have gets the same answer, at the same cost, whether it is
//! somebody else's or nobody's. Afterwards the writer asks, in the audit's own name and in batches, which of
//! the missed ids belong to somebody else. That is best effort: a row made after the miss accuses falsely, one
//! deleted before it is asked for is overlooked.

use std::collections::HashMap;

use uuid::Uuid;

use super::{AuditEvent, Details, Operation, SinkError};
use crate::backend::Backend;
use crate::connections::Connections;
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

/// The same misses, each entity's by themselves: what is wrong with one must not hide what is done to another.
pub(super) fn by_entity(misses: Vec<Miss>) -> Vec<Vec<Miss>> {
    let mut groups: Vec<Vec<Miss>> = Vec::new();
    for miss in misses {
        let same = |group: &&mut Vec<Miss>| group.first().is_some_and(|first| std::ptr::eq(first.entity, miss.entity));
        match groups.iter_mut().find(same) {
            Some(group) => group.push(miss),
            None => groups.push(vec![miss]),
        }
    }
    groups
}

/// The denials among `misses`, which are all of one entity.
pub(super) async fn denials<DB: Backend>(
    connections: &Connections<DB>,
    misses: &[Miss],
) -> Result<Vec<AuditEvent>, SinkError> {
    let Some(entity) = misses.first().map(|miss| miss.entity) else { return Ok(Vec::new()) };
    let ids: Vec<IdValue> = misses.iter().map(|miss| miss.id.clone()).collect();
    let query = sql::owners_of(entity, &ids)?;
    let mut lease = connections.lease_of(None).await.map_err(Cause::from)?;
    let rows = DB::fetch_all(lease.connection(), query).await.map_err(Cause::from)?;
    drop(lease);
    let (id_kind, owner_kind) = (entity.stored_id_kind(), entity.stored_owner_kind());
    let read = |row: &DB::Row| -> sqlx::Result<(String, String)> {
        Ok((DB::get_id(row, 0, id_kind)?.to_string(), DB::get_id(row, 1, owner_kind)?.to_string()))
    };
    // A row that cannot be read so, as one without an owner, belongs to nobody who could be robbed of it.
    let owners: HashMap<String, String> = rows.iter().filter_map(|row| read(row).ok()).collect();
    Ok(misses.iter().filter_map(|miss| denial(miss, &owners)).collect())
}

fn denial(miss: &Miss, owners: &HashMap<String, String>) -> Option<AuditEvent> {
    let id = miss.id.to_string();
    let owner = owners.get(&id).filter(|owner| !is(&miss.user, owner))?;
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

/// Whether a stored owner is this user. A UUID that is stored as text may be written in more than one way.
fn is(user: &IdValue, owner: &str) -> bool {
    match user {
        IdValue::Uuid(user) => owner.parse() == Ok(*user),
        IdValue::Integer(user) => owner.parse() == Ok(*user),
        IdValue::Text(user) => owner == user,
    }
}
