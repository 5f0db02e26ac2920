//! Where an operation is carried out: on the pool or in a transaction, by each kind of caller.

use user_scope::{
    Caller, OwnedBy, Reaches, ScopedPool, ScopedRepository, ScopedTransaction, Stores, SystemContext, UserContext,
    UserScoped, Uuid,
};

use crate::databases::TestDb;
use crate::shelf::{Album, Badge, Folder, Loan, Page, Review, Take, Track};

pub trait Place<DB: TestDb> {
    type Caller: Caller<Owner = Uuid>;

    fn repository<T>(&self) -> ScopedRepository<'_, T, DB, Self::Caller>
    where
        T: UserScoped<Owner = Uuid>,
        DB: Stores<T>;
}

/// A user on the pool.
pub struct Own<'a, DB: TestDb>(pub &'a ScopedPool<DB>, pub &'a UserContext);

impl<DB: TestDb> Place<DB> for Own<'_, DB> {
    type Caller = UserContext;

    fn repository<T>(&self) -> ScopedRepository<'_, T, DB, UserContext>
    where
        T: UserScoped<Owner = Uuid>,
        DB: Stores<T>,
    {
        self.0.repository(self.1)
    }
}

macro_rules! places {
    ($($place:ty: $caller:ty $(, with $access:ident)?;)+) => {
        $(impl<DB: TestDb, $($access: 'static)?> Place<DB> for $place {
            type Caller = $caller;

            fn repository<T>(&self) -> ScopedRepository<'_, T, DB, $caller>
            where
                T: UserScoped<Owner = Uuid>,
                DB: Stores<T>,
            {
                <$place>::repository(self)
            }
        })+
    };
}

places! {
    SystemContext<DB, Uuid, Access>: SystemContext<DB, Uuid, Access>, with Access;
    OwnedBy<DB, Uuid>: OwnedBy<DB, Uuid>;
    ScopedTransaction<DB, UserContext>: UserContext;
    ScopedTransaction<DB, SystemContext<DB>>: SystemContext<DB>;
    ScopedTransaction<DB, OwnedBy<DB, Uuid>>: OwnedBy<DB, Uuid>;
}

/// A caller for whom an id names a row of each entity but `Setting`, whose key has the owner in it.
pub trait ReachesMost:
    Reaches<Album>
    + Reaches<Track>
    + Reaches<Take>
    + Reaches<Review>
    + Reaches<Loan>
    + Reaches<Folder>
    + Reaches<Page>
    + Reaches<Badge>
{
}

impl<C> ReachesMost for C where
    C: Reaches<Album>
        + Reaches<Track>
        + Reaches<Take>
        + Reaches<Review>
        + Reaches<Loan>
        + Reaches<Folder>
        + Reaches<Page>
        + Reaches<Badge>
{
}

/// `body` with `T` for the entity, whose id names a row.
macro_rules! of_most {
    ($kind:expr, $T:ident => $body:expr) => {
        of_every!($kind, $T => $body, panic!("a setting is reached by its owner alone"))
    };
}

/// `body` with `T` for the entity; another one for `Setting` if it is given.
macro_rules! of_every {
    ($kind:expr, $T:ident => $body:expr) => {
        of_every!($kind, $T => $body, { type $T = crate::shelf::Setting; $body })
    };
    ($kind:expr, $T:ident => $body:expr, $setting:expr) => {
        match $kind {
            Kind::Album => { type $T = crate::shelf::Album; $body }
            Kind::Track => { type $T = crate::shelf::Track; $body }
            Kind::Take => { type $T = crate::shelf::Take; $body }
            Kind::Review => { type $T = crate::shelf::Review; $body }
            Kind::Loan => { type $T = crate::shelf::Loan; $body }
            Kind::Folder => { type $T = crate::shelf::Folder; $body }
            Kind::Page => { type $T = crate::shelf::Page; $body }
            Kind::Badge => { type $T = crate::shelf::Badge; $body }
            Kind::Setting => $setting,
        }
    };
}

/// `body` with `T` for an entity of which rows are marked.
macro_rules! of_soft {
    ($kind:expr, $T:ident => $body:expr) => {
        match $kind {
            Kind::Folder => {
                type $T = crate::shelf::Folder;
                $body
            }
            Kind::Page => {
                type $T = crate::shelf::Page;
                $body
            }
            other => panic!("{other:?} has no mark"),
        }
    };
}

/// `body` with an entity and one that names it as its parent.
macro_rules! of_pair {
    ($parent:expr, $child:expr, $P:ident $C:ident => $body:expr) => {
        match ($parent, $child) {
            (Kind::Album, Kind::Track) => {
                type $P = crate::shelf::Album;
                type $C = crate::shelf::Track;
                $body
            }
            (Kind::Album, Kind::Review) => {
                type $P = crate::shelf::Album;
                type $C = crate::shelf::Review;
                $body
            }
            (Kind::Album, Kind::Loan) => {
                type $P = crate::shelf::Album;
                type $C = crate::shelf::Loan;
                $body
            }
            (Kind::Track, Kind::Take) => {
                type $P = crate::shelf::Track;
                type $C = crate::shelf::Take;
                $body
            }
            (Kind::Folder, Kind::Folder) => {
                type $P = crate::shelf::Folder;
                type $C = crate::shelf::Folder;
                $body
            }
            (Kind::Folder, Kind::Page) => {
                type $P = crate::shelf::Folder;
                type $C = crate::shelf::Page;
                $body
            }
            (Kind::Badge, Kind::Badge) => {
                type $P = crate::shelf::Badge;
                type $C = crate::shelf::Badge;
                $body
            }
            other => panic!("no such family: {other:?}"),
        }
    };
}

pub(super) use {of_every, of_most, of_pair, of_soft};
