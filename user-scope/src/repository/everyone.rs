//! What only a system context may do: it crosses owners.

use super::ScopedRepository;
use crate::entity::{Stores, UserScoped};
use crate::error::{Error, Result};
use crate::identifier::{Identifier, RawIdentifier};
use crate::system::SystemContext;

impl<T, DB> ScopedRepository<'_, T, DB, SystemContext<DB, T::Owner>>
where
    T: UserScoped,
    DB: Stores<T>,
{
    /// Inserts a row that belongs to `owner`; its parents are proven to be his.
    ///
    /// # Errors
    ///
    /// [`Error::ReservedUser`] if nobody can be this user; otherwise as a user's own `insert`.
    pub async fn insert_for(&self, owner: &T::Owner, new: T::New) -> Result<T> {
        if owner.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        self.insert_owned(owner, new).await
    }
}
