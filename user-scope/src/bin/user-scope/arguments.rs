//! What the command line takes, and its help, which is its guide.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::audit::arguments::Question;

/// Brings an existing database under isolation by user, watches it, and takes it back; and asks what is on record.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    max_term_width = 110,
    arg_required_else_help = true,
    after_help = "\
Every command ends with 0 if all is well, with 1 if it found something that is not, and with 2 if it could not look.\n\
A file `user-scope.toml` in this folder is read if neither --config nor --table says otherwise."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows each step, its SQL, its lock and its cost; changes nothing
    ///
    /// Where neither --config nor --table nor a file user-scope.toml says which tables, it looks at the schema and proposes a
    /// configuration.
    #[command(after_help = "\
Examples:\n  \
  user-scope plan --database-url postgres://owner@localhost/app --config user-scope.toml --app-role my_app\n  \
  user-scope plan --database-url sqlite:app.db --table tasks --table subtasks\n  \
  user-scope plan --database-url sqlite:app.db > user-scope.toml     # a proposal to begin with\n  \
  user-scope plan --database-url sqlite:app.db --migrations migrations\n\n\
It ends with 0, whether there is something to do or not, and with 2 if it could not look, or something stands in the way.")]
    Plan {
        #[command(flatten)]
        target: Target,
        /// Writes the same as reversible migrations for sqlx into this folder, and shows their names
        #[arg(long, value_name = "DIR")]
        migrations: Option<PathBuf>,
        /// For how many milliseconds a writer may have to wait for a migration on PostgreSQL
        #[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(10..=60_000))]
        lock_bound: u64,
        #[command(flatten)]
        output: Output,
    },

    /// Does it: resumable, and safe under load
    ///
    /// Between the phases writers who know nothing of owners go on, and those who say who is asking go on, too. On PostgreSQL
    /// nobody waits longer than --lock-bound. If it is killed, run it again: it goes on where it was.
    #[command(after_help = "\
Examples:\n  \
  user-scope apply --database-url postgres://owner@localhost/app --app-role my_app --phase expand\n  \
  user-scope verify --database-url postgres://owner@localhost/app --app-role my_app     # until no rows come without an owner\n  \
  user-scope apply --database-url postgres://owner@localhost/app --app-role my_app --phase contract")]
    Apply {
        #[command(flatten)]
        target: Target,
        /// How far; without it, both phases, one after the other
        #[arg(long, value_enum)]
        phase: Option<PhaseName>,
        /// For how many milliseconds a writer may have to wait on PostgreSQL
        #[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(10..=60_000))]
        lock_bound: u64,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        output: Output,
    },

    /// Whether every table is isolated, and how many rows come without an owner; changes nothing
    #[command(
        after_help = "It ends with 0 only if every table is isolated, with 1 if one is not, and with 2 if it could not look."
    )]
    Verify {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        output: Output,
    },

    /// The exact reverse of all that was applied to the database
    ///
    /// It needs no configuration: what was applied is noted in the database. Interrupted, it goes on when it is run again.
    #[command(after_help = "Example:\n  user-scope rollback --database-url postgres://owner@localhost/app")]
    Rollback {
        #[command(flatten)]
        database: DatabaseUrl,
        /// The audit log is data, and stays unless this is given
        #[arg(long)]
        drop_audit_log: bool,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        output: Output,
    },

    /// Looks for whatever reaches around the isolation; changes nothing
    ///
    /// Give it the login of the application: what reaches around the isolation depends on who looks. It finds superusers and
    /// owners, policies that are missing or altered, views and functions that show rows of others, keys without the owner,
    /// grants that are too wide, and more; each with the SQL that mends it.
    #[command(after_help = "\
Examples:\n  \
  user-scope doctor --database-url postgres://my_app@localhost/app --table tasks --table subtasks\n  \
  DATABASE_URL=sqlite:app.db user-scope doctor --table tasks --json\n\n\
It ends with 0 if nothing is found, with 1 if something is, and with 2 if it could not look.")]
    Doctor {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        output: Output,
    },

    /// Who touched what, and who tried what he should not
    ///
    /// Each question is asked in system mode, and so recorded itself: with who asks (--as) and why (--reason).
    Audit {
        #[command(subcommand)]
        question: Question,
    },
}

impl Command {
    /// Whether a machine reads what it says.
    pub(crate) const fn is_for_a_machine(&self) -> bool {
        match self {
            Self::Plan { output, .. }
            | Self::Apply { output, .. }
            | Self::Verify { output, .. }
            | Self::Rollback { output, .. }
            | Self::Doctor { output, .. } => output.json,
            Self::Audit { question } => question.is_for_a_machine(),
        }
    }
}

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct DatabaseUrl {
    /// postgres://login@host/database, or sqlite:file.db; a password in it is never printed
    // Taken as it is: what clap cannot read, it would print.
    #[arg(long = "database-url", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) url: String,
}

/// Which tables of which database.
#[derive(Debug, Args)]
pub(crate) struct Target {
    #[command(flatten)]
    pub(crate) database: DatabaseUrl,

    /// A table, as `tasks` or `schema.tasks`; can be given several times, instead of a configuration
    #[arg(long = "table", value_name = "NAME", conflicts_with = "config")]
    pub(crate) tables: Vec<String>,

    /// The tables, their owners, and where existing rows get theirs
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The application's login on PostgreSQL, which is granted what it needs; can be given several times
    #[arg(long = "app-role", value_name = "ROLE")]
    pub(crate) app_roles: Vec<String>,

    /// The role of system mode on PostgreSQL: where several applications share a server, each has its own
    #[arg(long, value_name = "ROLE", default_value = "user_scope_system")]
    pub(crate) system_role: String,
}

/// Whether a person has to say yes.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Asks no question
    #[arg(long)]
    pub(crate) yes: bool,
}

/// How far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PhaseName {
    /// Everything is there, and nobody is refused
    Expand,
    /// The database refuses what has no owner, or another's
    Contract,
}

/// How it is told.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// For a machine: one JSON document on the standard output
    #[arg(long)]
    pub(crate) json: bool,
}
