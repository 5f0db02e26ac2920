//! What `user-scope audit` takes, and its help.

use std::path::PathBuf;

use clap::Subcommand;
use user_scope::Moment;

use super::asking::{Asking, Form, Limits, Most, day};
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
        /// Goes on behind them, and shows each row as it appears, until it is ended; with --json one document a line
        #[arg(long, short)]
        follow: bool,
        #[command(flatten)]
        most: Most,
        /// Only one operation: create, read, list, update, upsert, delete, restore, transfer, purge, unauthorized_access,
        /// system_access or raw_sql
        #[arg(long, value_name = "WORD")]
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
        #[arg(long, default_value_t = 30, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=3_650))]
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
        #[arg(long, default_value_t = 24, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=87_600))]
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
        #[arg(long, default_value_t = 3, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=120))]
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
        /// The public key, or a file that holds it; or several, the newest first, with commas between them
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
    #[command(after_help = "\
Examples:\n  \
  user-scope audit key seal.key > seal.pub\n  \
  user-scope audit key --show seal.key     # the public key of one that was made before")]
    Key {
        /// The file, which must not be there yet, unless --show is given
        file: PathBuf,
        /// Makes none, and shows the public key of the secret one that is in the file
        #[arg(long)]
        show: bool,
        #[command(flatten)]
        output: Output,
    },
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
