//! The rows that everybody works on: 200 users with 500 tasks each, the same in every run.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::FromRow;
use user_scope::{UserScoped, Uuid};

pub(crate) const USERS: usize = 200;
pub(crate) const TASKS: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub(crate) enum Status {
    Todo,
    Done,
}

/// One struct for all: user-scope reads it by its own derive, sqlx by hand with `FromRow`.
#[derive(Debug, Clone, PartialEq, FromRow, UserScoped)]
#[user_scoped(table = "tasks", changes(derive(Default)))]
pub(crate) struct Task {
    #[user_scoped(id)]
    pub(crate) id: Uuid,
    #[user_scoped(owner)]
    pub(crate) user_id: Uuid,
    pub(crate) title: String,
    pub(crate) status: Status,
    pub(crate) due_on: Option<NaiveDate>,
    #[user_scoped(created_at)]
    pub(crate) created_at: DateTime<Utc>,
    #[user_scoped(updated_at)]
    pub(crate) updated_at: DateTime<Utc>,
}

/// The table, with its types named as `database` names them: for UUIDs, dates and times.
pub(crate) fn table([uuid, date, time]: [&str; 3]) -> String {
    format!(
        "CREATE TABLE tasks (
            id {uuid} NOT NULL, user_id {uuid} NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL,
            due_on {date}, created_at {time} NOT NULL, updated_at {time} NOT NULL)"
    )
}

/// What finds its rows. The order of a page is by time and id.
pub(crate) fn indexes() -> String {
    "CREATE UNIQUE INDEX tasks_id ON tasks (id); CREATE INDEX tasks_user_id ON tasks (user_id, created_at, id)"
        .to_owned()
}

/// The id of user number `user`. It looks like a random one to an index.
pub(crate) fn user_id(user: usize) -> Uuid {
    scattered(1, user as u64)
}

/// The id of a user's task number `task`.
pub(crate) fn task_id(user: usize, task: usize) -> Uuid {
    scattered(2, (user * TASKS + task) as u64)
}

/// All tasks of a user, in the order in which he made them.
pub(crate) fn tasks_of(user: usize) -> impl Iterator<Item = Task> {
    (0..TASKS).map(move |task| {
        let created_at = at(1_700_000_000_000_000 + ((task * USERS + user) * 1_234_567) as i64);
        Task {
            id: task_id(user, task),
            user_id: user_id(user),
            title: format!("Task {task} of user {user}, with a title of ordinary length"),
            status: if task % 3 == 0 { Status::Done } else { Status::Todo },
            due_on: (task % 2 == 0).then(|| (created_at + TimeDelta::days(14)).date_naive()),
            created_at,
            updated_at: created_at,
        }
    })
}

/// User and task that step number `step` of a run works on: now this one, now that, and never in order.
pub(crate) fn target(step: usize) -> (usize, usize) {
    ((step * 7_919) % USERS, (step * 104_729) % TASKS)
}

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("a time of this millennium")
}

/// A UUID of version 4 that a number is stirred into (by splitmix64).
fn scattered(seed: u64, number: u64) -> Uuid {
    let stir = |mut word: u64| {
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    };
    let high = stir(number.wrapping_add(seed << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let bytes = (u128::from(high) << 64 | u128::from(stir(high))).to_be_bytes();
    let mut builder = bytes;
    builder[6] = builder[6] & 0x0f | 0x40;
    builder[8] = builder[8] & 0x3f | 0x80;
    Uuid::from_bytes(builder)
}
