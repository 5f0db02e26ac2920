//! What `user-scope audit` takes, and its help.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use user_scope::Moment;

use crate::arguments::{DatabaseUrl, Output};

#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// The newest rows of the log
    #[command(after_help = "\
Examples:\n  \
  user-scope audit tail --as 0197c0de-… --reason \"ticket 4711\"\n  \
  user-scope audit tail --follow --json --as 0197c0de-… --reason \"on call\" | jq .operation")]
    Tail {
        #[command(flatten)]
        asking: Asking,
        /// Goes on, and shows each row as it appears, until it is ended
        #[arg(long, short)]
        follow: bool,
        #[command(flatten)]
        most: Most,
        /// Only one operation: create, read, list, update, upsert, delete, restore, transfer, purge, unauthorized_access,
        /// system_access or raw_sql
        #[arg(long, value_name = "WORD", conflicts_with = "follow")]
        operation: Option<String>,
        #[command(flatten)]
        form: Form,
    },

    /// How often who did what, by day (UTC)
    #[command(after_help = "Example:\n  user-scope audit patterns --days 7 --as 0197c0de-… --reason \"weekly look\"")]
    Patterns {
        #[command(flatten)]
        asking: Asking,
        /// How many days, the last of which is today
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: u32,
        /// Only what this user did
        #[arg(long, value_name = "ID")]
        user: Option<String>,
        /// Only what was done to this entity
        #[arg(long, value_name = "NAME")]
        entity: Option<String>,
        #[command(flatten)]
        most: Most,
        #[command(flatten)]
        form: Form,
    },

    /// What one user did
    OfUser {
        /// The user
        user: String,
        #[command(flatten)]
        asking: Asking,
        #[command(flatten)]
        most: Most,
        #[command(flatten)]
        form: Form,
    },

    /// The history of one row, with what each write changed where the entity records it
    #[command(
        after_help = "Example:\n  user-scope audit of-entity tasks 0197c0de-… --as 0197… --reason \"ticket 4711\""
    )]
    OfEntity {
        /// The entity's name, which is that of its table
        entity: String,
        /// The row's id
        id: String,
        #[command(flatten)]
        asking: Asking,
        #[command(flatten)]
        most: Most,
        #[command(flatten)]
        form: Form,
    },

    /// Who tried what he should not, and what is unlike what is usual
    ///
    /// Many denials of one user in a short while; many different rows of others that one user asks for; one row that many ask for;
    /// reading far above a user's own usual rate; system contexts at unusual hours, or for new reasons.
    #[command(
        after_help = "It ends with 0 if nothing is suspicious, with 1 if something is, and with 2 if it could not look."
    )]
    Suspicious {
        #[command(flatten)]
        asking: Asking,
        /// How many hours back
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=87_600))]
        hours: u32,
        #[command(flatten)]
        thresholds: Limits,
        #[command(flatten)]
        form: Form,
    },

    /// Copies out what was recorded within a time, as JSON lines or comma-separated values
    #[command(after_help = "\
Example:\n  \
  user-scope audit export --from 2026-01-01 --until 2026-04-01 --as 0197… --reason \"the auditors\" > quarter.jsonl")]
    Export {
        #[command(flatten)]
        asking: Asking,
        /// The first day (UTC)
        #[arg(long, value_name = "DAY", value_parser = day)]
        from: Moment,
        /// The day (UTC) behind the last
        #[arg(long, value_name = "DAY", value_parser = day)]
        until: Moment,
        /// Comma-separated values, instead of one JSON document a line
        #[arg(long)]
        csv: bool,
    },

    /// Lets go whole months that are old; shows what would go, unless --carry-out is given
    #[command(after_help = "\
Examples:\n  \
  user-scope audit purge --before 2025-11-01 --as 0197… --reason \"a year is kept\"\n  \
  user-scope audit purge --before 2025-11-01 --carry-out --key seal.key --as 0197… --reason \"a year is kept\"\n\n\
On PostgreSQL the log has to be partitioned, and the login owns it. What is sealed goes with the key alone, so that the rest\n\
still verifies.")]
    Purge {
        #[command(flatten)]
        asking: Asking,
        /// Everything before the month (UTC) of this day
        #[arg(long, value_name = "DAY", value_parser = day)]
        before: Moment,
        /// Does it
        #[arg(long)]
        carry_out: bool,
        /// The file with the secret key of the seals
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        #[command(flatten)]
        output: Output,
    },

    /// Keeps the log of PostgreSQL in partitions of a month, made ahead; a plain log is moved first, without losing a row
    ///
    /// To be run by the owner of the tables, once, and then each month.
    Partition {
        #[command(flatten)]
        database: DatabaseUrl,
        /// How many months ahead
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=120))]
        ahead: u32,
        #[command(flatten)]
        output: Output,
    },

    /// Seals what is new: proof that nobody changes it from now on
    #[command(after_help = "\
Example, every five minutes:\n  \
  user-scope audit seal --key seal.key --last /mnt/elsewhere/last.seal --as 0197… --reason \"seals the log\"")]
    Seal {
        #[command(flatten)]
        asking: Asking,
        /// The file with the secret key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Keeps the last seal in this file, which a thief of the database must not reach: nothing is sealed if the one that is
        /// there is not in the log any more
        #[arg(long, value_name = "FILE")]
        last: Option<PathBuf>,
        #[command(flatten)]
        output: Output,
    },

    /// Whether the log is as it was sealed
    #[command(
        after_help = "It ends with 0 if nothing is found, with 1 if something is, and with 2 if it could not look."
    )]
    Verify {
        #[command(flatten)]
        asking: Asking,
        /// The public key, or several, the newest first, with commas between them
        #[arg(long, value_name = "KEY")]
        public_key: String,
        /// A file with seals that were kept, one a line; may be given several times. Without one nobody can tell that the end
        /// was cut off
        #[arg(long, value_name = "FILE")]
        last: Vec<PathBuf>,
        #[command(flatten)]
        output: Output,
    },

    /// Makes a key for seals: writes the secret one into a file, and shows the public one
    Key {
        /// The file, which must not be there yet
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}

fn day(text: &str) -> Result<Moment, String> {
    Moment::of_day(text).filter(|_| text.len() == 10).ok_or_else(|| "a day of the calendar, as 2026-01-31".to_owned())
}

/// Who asks whom, and why.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    #[command(flatten)]
    pub(crate) database: DatabaseUrl,
    /// Who asks: your own id among the users; it is recorded
    #[arg(long = "as", value_name = "ID", env = "USER_SCOPE_AS")]
    pub(crate) who: String,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The role of system mode on PostgreSQL
    #[arg(long, value_name = "ROLE", default_value = "user_scope_system")]
    pub(crate) system_role: String,
}

/// How many.
#[derive(Debug, Args)]
pub(crate) struct Most {
    /// How many lines at most
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,
}

/// From when on something is suspicious.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// Denials of one user within --within
    #[arg(long, default_value_t = 20)]
    pub(crate) denials: u64,
    /// A while, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=527_040))]
    pub(crate) within: u64,
    /// Different rows of others that one user asks for
    #[arg(long, value_name = "ROWS", default_value_t = 25)]
    pub(crate) distinct: u64,
    /// Users who ask for one row that is not theirs
    #[arg(long, value_name = "USERS", default_value_t = 3)]
    pub(crate) probing: u64,
    /// Rows that a user reads on a day, where that is …
    #[arg(long, value_name = "ROWS", default_value_t = 1_000)]
    pub(crate) excess: u64,
    /// … so many times what is usual for him
    #[arg(long, value_name = "FACTOR", default_value_t = 10)]
    pub(crate) times_usual: u64,
    /// The hours (UTC) at which system contexts are usual, as 6-20; without it, those of the weeks before
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    pub(crate) usual_hours: Option<std::ops::RangeInclusive<u8>>,
}

fn hours(text: &str) -> Result<std::ops::RangeInclusive<u8>, String> {
    let read = |part: &str| part.trim().parse::<u8>().ok().filter(|hour| *hour < 24);
    let (from, until) = text.split_once('-').ok_or("two hours with a dash between them, as 6-20")?;
    match (read(from), read(until)) {
        (Some(from), Some(until)) if from <= until => Ok(from..=until),
        _ => Err("hours are from 0 to 23, and the first is not after the second".to_owned()),
    }
}

/// How it is told.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Form {
    /// For a machine: one JSON document on the standard output; with --follow, one a line
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// For a spreadsheet: comma-separated values
    #[arg(long)]
    pub(crate) csv: bool,
}

impl Question {
    /// How it is told.
    pub(crate) const fn is_for_a_machine(&self) -> bool {
        match self {
            Self::Tail { form, .. }
            | Self::Patterns { form, .. }
            | Self::OfUser { form, .. }
            | Self::OfEntity { form, .. }
            | Self::Suspicious { form, .. } => form.json,
            Self::Export { .. } => false,
            Self::Purge { output, .. }
            | Self::Partition { output, .. }
            | Self::Seal { output, .. }
            | Self::Verify { output, .. }
            | Self::Key { output, .. } => output.json,
        }
    }
}
