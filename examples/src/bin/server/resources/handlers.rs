//! The six operations. Each takes its caller first: without one, nothing else about a request is told.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use user_scope::web::{Caller, Problem};
use user_scope::{Cursor, Error, ScopedPool, ScopedRepository, Stores, Uuid};

use super::etag::{IfMatch, etag};
use super::input::{Body, Common, Fields, Invalid, parameters};
use super::place::{Ids, Place, not_found};
use super::{Direction, Resource};
use crate::api::Listed;

/// How many rows can be made at once.
pub const BULK: usize = 500;

/// How often a change that rests on no version is tried, when somebody is faster each time.
const TRIES: usize = 5;

type Rows<'a, DB, R> = ScopedRepository<'a, R, DB>;

pub async fn list<DB, R, P>(
    caller: Caller,
    State(pool): State<ScopedPool<DB>>,
    ids: Ids,
    uri: Uri,
) -> Result<Response, Problem>
where
    DB: Stores<R>,
    R: Resource,
    P: Place<DB, R>,
{
    let place = P::find(&ids, &pool, &caller).await?;
    let (Common { limit, cursor, order }, filter) = parameters::<R::Filter>(&uri)?;
    let mut query = pool.repository::<R>(&caller).query().order_by(order_of::<R>(order.as_deref())?);
    for condition in R::conditions(filter).into_iter().chain(place.condition()) {
        query = query.filter(condition);
    }
    let page = query.page(limit, cursor).await?;
    Ok(Listed { items: page.rows, next: page.next }.into_response())
}

/// `-created_at` unless something else was asked for.
fn order_of<R: Resource>(asked: Option<&str>) -> Result<user_scope::Order<R>, Invalid> {
    let asked = asked.unwrap_or("-created_at");
    let (direction, name) = match asked.strip_prefix('-') {
        Some(name) => (Direction::Descending, name),
        None => (Direction::Ascending, asked),
    };
    match R::ORDERS.iter().find(|(known, _)| *known == name) {
        Some((_, order)) => Ok(order(direction)),
        None => {
            let names: Vec<_> = R::ORDERS.iter().map(|(name, _)| *name).collect();
            let message = format!("must be one of {}, with `-` before it for the greatest first", names.join(", "));
            Err(Invalid::new("order", message))
        }
    }
}

pub async fn create<DB, R, P>(
    caller: Caller,
    State(pool): State<ScopedPool<DB>>,
    ids: Ids,
    Body(Fields(mut new)): Body<Fields<R::New>>,
) -> Result<Response, Problem>
where
    DB: Stores<R>,
    R: Resource,
    P: Place<DB, R>,
{
    let place = P::find(&ids, &pool, &caller).await?;
    place.put(&mut new);
    if let Some(invalid) = R::refused(&new) {
        return Err(invalid.into());
    }
    let links = R::links(&new);
    let row = pool.repository::<R>(&caller).insert(new).await.map_err(|error| linked(error, &links))?;
    let address = place.address(&row);
    Ok((StatusCode::CREATED, [(header::LOCATION, address)], shown(&row)).into_response())
}

pub async fn create_many<DB, R, P>(
    caller: Caller,
    State(pool): State<ScopedPool<DB>>,
    ids: Ids,
    Body(new): Body<Vec<Fields<R::New>>>,
) -> Result<Response, Problem>
where
    DB: Stores<R>,
    R: Resource,
    P: Place<DB, R>,
{
    let place = P::find(&ids, &pool, &caller).await?;
    if !(1..=BULK).contains(&new.len()) {
        return Err(Invalid::new(".", format!("must have 1 to {BULK} items")).into());
    }
    let mut new: Vec<R::New> = new.into_iter().map(|Fields(new)| new).collect();
    new.iter_mut().for_each(|new| place.put(new));
    for (number, new) in new.iter().enumerate() {
        if let Some(Invalid { field, message }) = R::refused(new) {
            return Err(Invalid::new(format!("[{number}].{field}"), message).into());
        }
    }
    let links: BTreeSet<&str> = new.iter().flat_map(R::links).collect();
    let links: Vec<&str> = links.into_iter().collect();
    let rows = pool.repository::<R>(&caller).insert_many(new).await.map_err(|error| linked(error, &links))?;
    Ok((StatusCode::CREATED, Listed { items: rows, next: None::<Cursor> }).into_response())
}

pub async fn get<DB, R, P>(caller: Caller, State(pool): State<ScopedPool<DB>>, ids: Ids) -> Result<Response, Problem>
where
    DB: Stores<R>,
    R: Resource,
    P: Place<DB, R>,
{
    let (place, id) = (P::find(&ids, &pool, &caller).await?, P::row(&ids)?);
    let row = pool.repository::<R>(&caller).get(&id).await?;
    if place.has(&row) { Ok(shown(&row)) } else { Err(not_found::<R>()) }
}

pub async fn change<DB, R, P>(
    caller: Caller,
    State(pool): State<ScopedPool<DB>>,
    ids: Ids,
    if_match: IfMatch,
    Body(Fields(changes)): Body<Fields<R::Changes>>,
) -> Result<Response, Problem>
where
    DB: Stores<R>,
    R: Resource,
    P: Place<DB, R>,
{
    let (place, id) = (P::find(&ids, &pool, &caller).await?, P::row(&ids)?);
    let (rows, links) = (pool.repository::<R>(&caller), R::changed_links(&changes));
    for _ in 0..TRIES {
        let mut changes = changes.clone();
        let Some(row) = own(rows, id).await? else {
            // The write itself is to miss, so that the record says what was tried.
            R::rest_on(&mut changes, i64::MAX);
            rows.update(&id, changes).await?;
            return Err(not_found::<R>());
        };
        if !place.has(&row) {
            return Err(not_found::<R>());
        }
        let seen = row.version();
        if !if_match.allows(seen) {
            break;
        }
        R::rest_on(&mut changes, seen);
        match rows.update(&id, changes).await {
            // Somebody was faster. Who said on what he rests is told; who did not rests on what there is now.
            Err(Error::Stale { .. }) if if_match == IfMatch::Any => {}
            changed => return Ok(shown(&changed.map_err(|error| linked(error, &links))?)),
        }
    }
    Err(stale::<R>())
}

pub async fn remove<DB, R, P>(
    caller: Caller,
    State(pool): State<ScopedPool<DB>>,
    ids: Ids,
    if_match: IfMatch,
) -> Result<StatusCode, Problem>
where
    DB: Stores<R>,
    R: Resource,
    P: Place<DB, R>,
{
    let (place, id) = (P::find(&ids, &pool, &caller).await?, P::row(&ids)?);
    let rows = pool.repository::<R>(&caller);
    let row = own(rows, id).await?;
    if row.as_ref().is_some_and(|row| !place.has(row)) {
        return Err(not_found::<R>());
    }
    // If there is none, the write itself is to miss, so that the record says what was tried.
    let (IfMatch::Versions(_), Some(row)) = (&if_match, row) else {
        rows.delete(&id).await?;
        return Ok(StatusCode::NO_CONTENT);
    };
    let seen = row.version();
    // In the statement that deletes, so that nobody's change can come in between.
    let is_as_seen = R::ID.eq(id).and(R::VERSION.eq(seen));
    if !if_match.allows(seen) || rows.delete_where(is_as_seen).await? == 0 {
        return Err(stale::<R>());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A row that is named and is not there, or is somebody else's, with the fields that have named one.
fn linked(error: Error, links: &[&str]) -> Problem {
    let is_linked = matches!(error, Error::ParentNotFound { .. }) && !links.is_empty();
    let problem = Problem::from(error);
    if !is_linked {
        return problem;
    }
    let fields = links.iter().map(|field| json!({ "field": field, "message": "there is no such row" }));
    problem.with("errors", fields.collect::<Vec<_>>())
}

fn stale<R: Resource>() -> Problem {
    Error::Stale { entity: R::entity().name() }.into()
}

/// The caller's row, looked up by a list: that there is none is then no attempt at somebody else's yet.
async fn own<DB: Stores<R>, R: Resource>(rows: Rows<'_, DB, R>, id: Uuid) -> Result<Option<R>, Error> {
    rows.query().filter(R::ID.eq(id)).first().await
}

/// A row, with its version.
fn shown<R: Resource>(row: &R) -> Response {
    ([(header::ETAG, etag(row.version()))], axum::Json(row)).into_response()
}
