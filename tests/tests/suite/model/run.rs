//! Carries an operation out on the library.

use user_scope::{Administers, Inserts, OwnedBy, Query, Reaches, Result, Stores, SystemContext, Uuid, Writes};

use super::kinds::Kind;
use super::operations::{Many, One, Operation, Outcome, State};
use super::place::{Place, ReachesMost, of_every, of_most, of_pair, of_soft};
use super::rows::Row;
use super::subjects::Subject;
use crate::databases::TestDb;
use crate::shelf::Setting;

/// A system context on the rows of one user.
pub async fn by_owned<DB, P>(place: &P, operation: &Operation) -> Outcome
where
    DB: TestDb,
    P: Place<DB, Caller = OwnedBy<DB, Uuid>>,
{
    if let Operation::Transfer(Kind::Setting, id, to) = operation {
        return done(place.repository::<Setting>().transfer(id, to).await);
    }
    match by_administrator(place, operation).await {
        Some(outcome) => outcome,
        None => by_somebody(place, operation).await,
    }
}

/// A user, or a system context that does on the rows of one what he could do himself.
pub async fn by_somebody<DB, P>(place: &P, operation: &Operation) -> Outcome
where
    DB: TestDb,
    P: Place<DB, Caller: Inserts + ReachesMost + Reaches<Setting>>,
{
    match operation {
        Operation::Insert { kind, drafts, together, .. } => of_every!(kind, T => {
            let (repository, new) = (place.repository::<T>(), drafts.iter().map(T::new));
            if *together {
                all(repository.insert_many(new).await)
            } else {
                let new = T::new(drafts.last().expect("a draft"));
                all(repository.insert(new).await.map(|row| vec![row]))
            }
        }),
        Operation::Read(Kind::Setting, one, id) => read::<Setting, DB, P>(place, *one, id).await,
        Operation::Update(Kind::Setting, id, edit) => {
            all(place.repository::<Setting>().update(id, Setting::edit(edit)).await.map(|row| vec![row]))
        }
        Operation::Delete(Kind::Setting, id) => done(place.repository::<Setting>().delete(id).await),
        _ => by_id(place, operation).await,
    }
}

/// What a system context alone may do, on all rows or on those of one user.
async fn by_administrator<DB, P>(place: &P, operation: &Operation) -> Option<Outcome>
where
    DB: TestDb,
    P: Place<DB, Caller: Administers + Writes + ReachesMost>,
{
    Some(match operation {
        Operation::Transfer(kind, id, to) => {
            of_most!(kind, T => done(place.repository::<T>().transfer(&T::key(id), to).await))
        }
        Operation::Purge(kind, id) => {
            of_soft!(kind, T => done(place.repository::<T>().purge(&T::key(id)).await))
        }
        Operation::PurgeWhere(kind, filter) => {
            of_soft!(kind, T => count(place.repository::<T>().purge_where(filter.predicate()).await))
        }
        _ => return None,
    })
}

/// A system context on everybody's rows.
pub async fn by_everyone<DB, P>(place: &P, operation: &Operation) -> Outcome
where
    DB: TestDb,
    P: Place<DB, Caller = SystemContext<DB>>,
{
    if let Operation::Insert { kind, owner: Some(owner), drafts, together } = operation {
        return of_every!(kind, T => {
            let (repository, new) = (place.repository::<T>(), drafts.iter().map(T::new));
            if *together {
                all(repository.insert_many_for(owner, new).await)
            } else {
                let new = T::new(drafts.last().expect("a draft"));
                all(repository.insert_for(owner, new).await.map(|row| vec![row]))
            }
        });
    }
    match by_administrator(place, operation).await {
        Some(outcome) => outcome,
        None => by_id(place, operation).await,
    }
}

async fn by_id<DB, P>(place: &P, operation: &Operation) -> Outcome
where
    DB: TestDb,
    P: Place<DB, Caller: Writes + ReachesMost>,
{
    match operation {
        Operation::Update(kind, id, edit) => of_most!(kind, T => {
            all(place.repository::<T>().update(&T::key(id), T::edit(edit)).await.map(|row| vec![row]))
        }),
        Operation::UpdateWhere(kind, filter, edit) => of_every!(kind, T => {
            count(place.repository::<T>().update_where(filter.predicate(), T::edit(edit)).await)
        }),
        Operation::Delete(kind, id) => of_most!(kind, T => done(place.repository::<T>().delete(&T::key(id)).await)),
        Operation::DeleteWhere(kind, filter) => {
            of_every!(kind, T => count(place.repository::<T>().delete_where(filter.predicate()).await))
        }
        Operation::Restore(kind, id) => of_soft!(kind, T => done(place.repository::<T>().restore(&T::key(id)).await)),
        _ => by_reader(place, operation).await,
    }
}

/// Anybody, be it one who may only read.
pub async fn by_reader<DB, P>(place: &P, operation: &Operation) -> Outcome
where
    DB: TestDb,
    P: Place<DB, Caller: ReachesMost>,
{
    match operation {
        Operation::Read(kind, one, id) => of_most!(kind, T => read::<T, DB, P>(place, *one, id).await),
        Operation::List { kind, filter, state: State::Live, many } => of_every!(kind, T => {
            let query = place.repository::<T>().query().order_by(T::ID.asc()).order_by(T::USER_ID.asc());
            let query = if let Some(filter) = filter { query.filter(filter.predicate()) } else { query };
            list(query, *many).await
        }),
        Operation::List { kind, filter, state, many } => of_soft!(kind, T => {
            let query = place.repository::<T>().query().order_by(T::ID.asc());
            let query = if *state == State::Any { query.with_deleted() } else { query.only_deleted() };
            let query = if let Some(filter) = filter { query.filter(filter.predicate()) } else { query };
            list(query, *many).await
        }),
        Operation::Children { parent, child, id } => of_pair!(parent, child, P C => {
            let query = place.repository::<P>().children::<C>(&P::key(id));
            list(query.order_by(C::ID.asc()), Many::All { limit: None }).await
        }),
        Operation::ChildrenOf { parent, child, rows } => of_pair!(parent, child, P C => {
            let parents: Vec<P> = rows.iter().map(P::value).collect();
            match place.repository::<P>().children_of::<C>(&parents).await {
                Ok(families) => Outcome::Families(families.iter().map(|family| shown(family)).collect()),
                Err(error) => error.into(),
            }
        }),
        other => panic!("this caller cannot do that: {other:?}"),
    }
}

async fn read<T, DB, P>(place: &P, one: One, id: &str) -> Outcome
where
    T: Subject,
    DB: TestDb + Stores<T>,
    P: Place<DB, Caller: Reaches<T>>,
{
    let (repository, id) = (place.repository::<T>(), T::key(id));
    match one {
        One::Get => all(repository.get(&id).await.map(|row| vec![row])),
        One::Find => all(repository.find(&id).await.map(|row| row.into_iter().collect())),
        One::Exists => repository.exists(&id).await.map_or_else(Outcome::from, Outcome::Is),
    }
}

async fn list<T, DB, C>(query: Query<'_, T, DB, C>, many: Many) -> Outcome
where
    T: Subject,
    DB: TestDb + Stores<T>,
    C: user_scope::Caller<Owner = Uuid>,
{
    match many {
        Many::All { limit: None } => all(query.all().await),
        Many::All { limit: Some(limit) } => all(query.limit(limit).all().await),
        Many::First => all(query.first().await.map(|row| row.into_iter().collect())),
        Many::Count => count(query.count().await),
    }
}

fn shown<T: Subject>(rows: &[T]) -> Vec<Row> {
    rows.iter().map(|row| row.row().shown()).collect()
}

fn all<T: Subject>(rows: Result<Vec<T>>) -> Outcome {
    rows.map_or_else(Outcome::from, |rows| Outcome::Rows(shown(&rows)))
}

fn count(rows: Result<u64>) -> Outcome {
    rows.map_or_else(Outcome::from, Outcome::Count)
}

fn done(done: Result<()>) -> Outcome {
    done.map_or_else(Outcome::from, |()| Outcome::Done)
}
