//! What an administrator asks of the log: its rows ([`LogRows`]), what appears in it ([`LogFollower`]), how often who did what
//! ([`Patterns`], [`Activity`]), and what is suspicious, afterwards ([`Suspicions`]) or as it happens ([`AuditWatch`]). Nothing that changes the log enters here.

mod activity;
mod follow;
mod patterns;
mod roll_up;
mod rows;
mod suspicious;
mod watch;
mod window;

pub use activity::{Activity, DayTotal, UserDay};
pub use follow::LogFollower;
pub use patterns::{Pattern, Patterns};
pub use rows::LogRows;
pub use suspicious::{Suspicion, SuspicionKind, Suspicions, Thresholds};
pub use watch::{AuditWatch, trace};
pub use window::Window;
