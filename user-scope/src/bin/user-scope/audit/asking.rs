//! What the commands of `user-scope audit` have in common: who asks whom, how many rows, from when on, and in which form.

use clap::Args;
use user_scope::Moment;

use crate::arguments::DatabaseUrl;

/// A day, as an argument.
pub(super) fn day(text: &str) -> Result<Moment, String> {
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
    #[arg(long, short = 'n', default_value_t = 50, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,
}

/// From when on something is suspicious.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// Denials of one user within --within
    #[arg(long, default_value_t = 20, allow_negative_numbers = true, value_parser = positive)]
    pub(crate) denials: u64,
    /// A while, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 60, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=527_040))]
    pub(crate) within: u32,
    /// Different rows of others that one user asks for
    #[arg(long, value_name = "ROWS", default_value_t = 25, allow_negative_numbers = true, value_parser = positive)]
    pub(crate) distinct: u64,
    /// Users who ask for one row that is not theirs
    #[arg(long, value_name = "USERS", default_value_t = 3, allow_negative_numbers = true, value_parser = positive)]
    pub(crate) probing: u64,
    /// Rows that a user reads on a day, where that is …
    #[arg(long, value_name = "ROWS", default_value_t = 1_000, allow_negative_numbers = true, value_parser = positive)]
    pub(crate) excess: u64,
    /// … so many times what is usual for him
    #[arg(long, value_name = "FACTOR", default_value_t = 10, allow_negative_numbers = true, value_parser = positive)]
    pub(crate) times_usual: u64,
    /// The hours (UTC) at which system contexts are usual, as 6-20; without it, those of the weeks before
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    pub(crate) usual_hours: Option<std::ops::RangeInclusive<u8>>,
    /// How many of each kind at most
    #[arg(long, short = 'n', default_value_t = 20, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) limit: u32,
}

/// From one on: where nothing is enough to be suspicious, everything is.
fn positive(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "a whole number from 1 on".to_owned())
}

fn hours(text: &str) -> Result<std::ops::RangeInclusive<u8>, String> {
    let read = |part: &str| part.trim().parse::<u8>().ok().filter(|hour| *hour < 24);
    let (from, until) = text.split_once('-').ok_or("two hours with a dash between them, as 6-20")?;
    match (read(from), read(until)) {
        (Some(from), Some(until)) if from <= until => Ok(from..=until),
        _ => {
            Err("hours are from 0 to 23, and the first is not after the second: they do not reach over midnight"
                .to_owned())
        }
    }
}

/// How it is told.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Form {
    /// For a machine: one JSON document on the standard output
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// For a spreadsheet: comma-separated values
    #[arg(long)]
    pub(crate) csv: bool,
}

impl Form {
    /// Whether a person reads it.
    pub(crate) const fn is_for_a_person(self) -> bool {
        !self.json && !self.csv
    }
}
