//! Those who race, one beside the other.

use std::time::Duration;

use user_scope::{Enforcement, Uuid};

use super::audits;
use super::operation::Operation;
use crate::agreement;
#[cfg(feature = "peers")]
use crate::contestants::{Diesel, SeaOrm, Toasty, ToolkitDb};
use crate::contestants::{Reaches, Scoped};
use crate::databases::{Arena, Tuning};

pub(crate) enum Entrant<DB: Arena> {
    ByHand(&'static str, DB::ByHand),
    Scoped(&'static str, Scoped<DB>),
    #[cfg(feature = "peers")]
    SeaOrm(SeaOrm),
    #[cfg(feature = "peers")]
    Diesel(Diesel),
    #[cfg(feature = "peers")]
    Toasty(Toasty),
    #[cfg(feature = "peers")]
    ToolkitDb(ToolkitDb),
}

/// The same of each, whoever it is.
macro_rules! each {
    ($entrant:expr, |$who:ident| $work:expr) => {
        match $entrant {
            Entrant::ByHand(_, $who) => $work,
            Entrant::Scoped(_, $who) => $work,
            #[cfg(feature = "peers")]
            Entrant::SeaOrm($who) => $work,
            #[cfg(feature = "peers")]
            Entrant::Diesel($who) => $work,
            #[cfg(feature = "peers")]
            Entrant::Toasty($who) => $work,
            #[cfg(feature = "peers")]
            Entrant::ToolkitDb($who) => $work,
        }
    };
}

impl<DB: Arena> Entrant<DB> {
    /// Everybody; the first is whom the others are compared with.
    pub(super) async fn all(address: &str, isolated: Option<&str>) -> Vec<Self> {
        let scoped = async |address: &str, audit, enforcement| {
            Scoped::<DB>::connect(address, Reaches { audit, enforcement }).await
        };
        let [without, with] = audits();
        let mut all = vec![
            Self::ByHand("sqlx by hand", DB::by_hand(address, Tuning::Default, false).await),
            Self::ByHand("the same, pool tuned", DB::by_hand(address, Tuning::Tuned, false).await),
            Self::ByHand("the same, audited", DB::by_hand(address, Tuning::Tuned, true).await),
            Self::Scoped("user-scope, no audit", scoped(address, without, Enforcement::Predicate).await),
            Self::Scoped("user-scope", scoped(address, with.clone(), Enforcement::Predicate).await),
        ];
        all.push(Self::Scoped("user-scope, your pool", Scoped::around(address).await));
        if let Some(isolated) = isolated {
            all.push(Self::Scoped("user-scope, enforced", scoped(isolated, with, Enforcement::Database).await));
        }
        #[cfg(feature = "peers")]
        all.extend(DB::peers(address).await);
        all
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::ByHand(name, _) | Self::Scoped(name, _) => name,
            #[cfg(feature = "peers")]
            Self::SeaOrm(_) => "sea-orm",
            #[cfg(feature = "peers")]
            Self::Diesel(_) => "diesel-async",
            #[cfg(feature = "peers")]
            Self::Toasty(_) => "toasty",
            #[cfg(feature = "peers")]
            Self::ToolkitDb(_) => "toolkit-db",
        }
    }

    pub(super) async fn agrees_with(&self, other: &Self, user: Uuid) {
        each!(self, |ours| each!(other, |theirs| agreement::reads(ours, theirs, user).await));
    }

    pub(super) async fn writes_what_it_returns(&self, user: Uuid) {
        each!(self, |who| agreement::writes(who, user).await);
    }

    pub(super) async fn timed(&self, operation: Operation, round: usize) -> Duration {
        each!(self, |who| operation.timed(who, round).await)
    }

    /// Waits for what it does in the background.
    pub(super) async fn settle(&self) {
        if let Self::Scoped(_, scoped) = self {
            scoped.0.flush_audit().await;
        }
    }

    /// Those that work on in the background come to their end.
    pub(super) async fn close(self) {
        if let Self::Scoped(_, scoped) = self {
            scoped.0.close().await;
        }
    }
}
