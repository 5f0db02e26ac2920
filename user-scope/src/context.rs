//! Who is asking.
//!
//! A [`UserContext`] is one user. The administrator's context is in `system`, since it cannot exist without a
//! pool that keeps its receipt.

use std::fmt;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::identifier::{AnyIdentifier, IdValue, Identifier, RawIdentifier};

/// One user, who sees and changes his own rows and no others.
///
/// It is made from what has been authenticated, such as the subject of a verified token, and from nothing else:
/// it has no `Default`, and no request's body can be deserialized into it.
///
/// ```
/// use user_scope::{UserContext, Uuid};
///
/// let alice = UserContext::new(Uuid::now_v7())?;
/// assert!(UserContext::new(Uuid::nil()).is_err());             // the system user acts for nobody
/// assert!(UserContext::new("system".to_owned()).is_err());
/// # Ok::<(), user_scope::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UserContext<Id = Uuid> {
    user: Id,
}

impl<Id: Identifier> UserContext<Id> {
    /// The context of `user`, who must have been authenticated.
    ///
    /// # Errors
    ///
    /// [`Error::ReservedUser`] for nil, 0, `""` and `"system"`: no magic id is a user.
    pub fn new(user: Id) -> Result<Self> {
        if user.as_raw().is_reserved() {
            return Err(Error::ReservedUser);
        }
        Ok(Self { user })
    }

    /// The user.
    pub const fn user(&self) -> &Id {
        &self.user
    }
}

impl<Id: Identifier> fmt::Debug for UserContext<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserContext({})", self.user.as_raw())
    }
}

/// Whose rows a statement may touch; with the table it is what every constructor of a statement takes.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "it never leaves the library")]
#[derive(Clone, Copy)]
pub enum Scope<'a> {
    /// Those of one user.
    User(&'a dyn AnyIdentifier),
    /// Those of all users; only a system context has this.
    Everyone,
}

impl Scope<'_> {
    pub(crate) const fn is_everyone(&self) -> bool {
        matches!(self, Self::Everyone)
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// Somebody in whose name rows are read and written: a [`UserContext`] or a
/// [`SystemContext`](crate::SystemContext). Sealed: there are these two.
pub trait Caller: Accountable + sealed::Sealed {
    /// The type that identifies users.
    type Owner: Identifier;
}

/// A caller, as the audit and the connections need to know him: of what type users are does not matter to them.
#[doc(hidden)]
pub trait Accountable: Send + Sync {
    /// Whose rows he may reach.
    fn whose(&self) -> Scope<'_>;

    /// Who answers for the access in the audit.
    fn actor(&self) -> IdValue;

    /// The receipt of system mode.
    fn receipt(&self) -> Option<Uuid>;

    /// Who it is for the database: a user, or the role of system mode, be it on the rows of one user, whom it may then take
    /// them from.
    fn asking(&self) -> Option<IdValue> {
        self.receipt().is_none().then(|| self.actor())
    }
}

/// A caller who may write: every one but a system context that was narrowed to reading.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may only read",
    label = "this context was narrowed to reading",
    note = "write with the system context itself, before `read_only()`"
)]
pub trait Writes: Caller {}

/// A caller whose new rows belong to one user: himself, or the one on whose rows a system context acts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say to whom a new row belongs",
    label = "this caller is not one user",
    note = "a system context says it by `insert_for(&user, …)`, or by `system.owned_by(&user)`"
)]
pub trait Inserts: Writes {
    #[doc(hidden)]
    fn inserts_for(&self) -> &Self::Owner;
}

/// A caller in system mode.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no system context",
    label = "only an administrator may do this",
    note = "ask for one by `pool.system(\"why\").requested_by(&admin)`"
)]
pub trait Administers: Caller {}

impl<Id: Identifier> Inserts for UserContext<Id> {
    fn inserts_for(&self) -> &Id {
        &self.user
    }
}

impl<Id: Identifier> sealed::Sealed for UserContext<Id> {}

impl<Id: Identifier> Caller for UserContext<Id> {
    type Owner = Id;
}

impl<Id: Identifier> Accountable for UserContext<Id> {
    fn whose(&self) -> Scope<'_> {
        Scope::User(&self.user)
    }

    fn actor(&self) -> IdValue {
        IdValue::of(&self.user)
    }

    fn receipt(&self) -> Option<Uuid> {
        None
    }
}

impl<Id: Identifier> Writes for UserContext<Id> {}
