//! Reading one row.

use std::pin::pin;

use super::{Reaches, ScopedRepository};
use crate::audit::Operation;
use crate::backend::Query;
use crate::context::Caller;
use crate::entity::{Stores, UserScoped};
use crate::error::{Doing, Error, Result};
use crate::observe::observed;
use crate::sql;

impl<T, DB, C> ScopedRepository<'_, T, DB, C>
where
    T: UserScoped,
    DB: Stores<T>,
    C: Caller<Owner = T::Owner>,
{
    /// The row with this id.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such row, whoever else has one.
    pub async fn get(&self, id: &T::Id) -> Result<T>
    where
        C: Reaches<T>,
    {
        self.find(id).await?.ok_or(Error::NotFound { entity: T::entity().name() })
    }

    /// The row with this id, if the caller has one.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the row does not fit the struct, [`Error::Unavailable`] if the database is not there.
    pub async fn find(&self, id: &T::Id) -> Result<Option<T>>
    where
        C: Reaches<T>,
    {
        observed(
            T::entity().name(),
            "get",
            pin!(async {
                let query = sql::get::<T, DB>(&self.caller.scope(), id);
                self.one(id, query, |row| DB::decode(row)).await
            }),
        )
        .await
    }

    /// Whether the caller has a row with this id.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the database is not there.
    pub async fn exists(&self, id: &T::Id) -> Result<bool>
    where
        C: Reaches<T>,
    {
        observed(
            T::entity().name(),
            "exists",
            pin!(async {
                let query = sql::exists::<T, DB>(&self.caller.scope(), id);
                Ok(self.one(id, query, |_| Ok(())).await?.is_some())
            }),
        )
        .await
    }

    async fn one<R>(
        &self,
        id: &T::Id,
        query: Result<Query<DB>, sqlx::error::BoxDynError>,
        decode: impl FnOnce(&DB::Row) -> sqlx::Result<R>,
    ) -> Result<Option<R>> {
        let entity = T::entity().name();
        let query = query.map_err(|error| Error::unbindable(entity, error))?;
        let mut session = self.session().await?;
        let row = match DB::fetch_optional(session.connection(), query).await {
            Ok(row) => row,
            Err(error) => return Err(Self::failed(session, Doing::Reading, error)),
        };
        let found = row.as_ref().map(decode).transpose();
        let trace = match row {
            Some(_) => self.read(Operation::Read, Some(id), None),
            None => self.missed(Operation::Read, id),
        };
        session.conclude(trace, self.audit).await;
        found.map_err(|error| Error::from_sqlx(entity, Doing::Reading, Self::named(error)))
    }
}
