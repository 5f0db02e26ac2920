//! Statements. Every constructor takes a [`Reach`], a table and whose rows of it are meant: a statement without an owner can only
//! be written by a system context. Of which type an entity is nothing here knows.
//!
//! All SQL of the library stands in this room, and nothing runs here. Texts are put together from what was
//! compiled ([`text`]); values are bound, never pasted.

#[cfg(feature = "adoption")]
pub(crate) mod adoption;
mod aggregate;
mod caller;
pub(crate) mod isolation;
mod keyset;
mod log;
mod parent;
mod predicate;
mod rows;
pub(crate) mod schema;
mod select;
mod text;
mod values;
mod write;

use sqlx::Arguments as _;

pub(crate) use aggregate::{count_by, sum};
pub(crate) use caller::{LEND, SETTING, begin, begin_as, begin_as_system, commit_lent, take_back};
pub(crate) use keyset::{filter, page};
#[cfg(feature = "seals")]
pub(crate) use log::delete_range;
#[cfg(not(feature = "seals"))]
pub(crate) use log::is_sealed;
pub(crate) use log::{
    Between, Days, Excess, FULL_BATCH, Horizon, LogEntry, Position, Record, Span, Wanted, activity, batches,
    begin_looking, bursts, days, enumerations, excesses, first_behind, horizon, insert_log_rows,
    insert_log_rows_beside, insert_receipt, log_standing, owners_of, patterns, probed, receipts, roll_up, rolled_up,
    rows_at_once, select_appeared, select_rows, select_trail, set_rolled_up,
};
pub(crate) use log::{
    LOG_KIND, LOG_OWNER, PARTITION_OF, PARTITIONS_BEFORE, Partition, WAIT_BRIEFLY, add_partition, become_owner,
    before_moving, count_before, delete_before, drop_partition, has_appeared_before, mark, move_log, select_export,
    take_back_moving,
};
#[cfg(feature = "seals")]
pub(crate) use log::{
    Link, NOT_AS_STORED_POSTGRES, NOT_AS_STORED_SQLITE, insert_seal, select_last_seal, select_seal, select_sealable,
    select_seals,
};
pub(crate) use parent::is_own_parent;
pub(crate) use rows::{OneRow, Reach, Rows, State, Target};
pub(crate) use select::{Selection, count, exists, get, is_there, list};
use text::SqlText;
pub(crate) use write::{
    Binding, Care, Locks, Outline, Part, Revision, Touch, Touching, defer_keys, index_for, insert, insert_many, look,
    most_rows, touch, update, upsert,
};

use crate::backend::Backend;

/// Room for so many values, of which most are as long as a UUID or a short text.
fn arguments<DB: Backend>(values: usize) -> DB::Arguments {
    let mut arguments = DB::Arguments::default();
    arguments.reserve(values, values * 32);
    arguments
}
