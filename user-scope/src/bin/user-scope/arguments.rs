//! What the command line takes, and its help, which is its guide.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Brings an existing database under isolation by user, watches it, and takes it back.
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
}

/// Which tables of which database.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// postgres://login@host/database, or sqlite:file.db; a password in it is never printed
    // Taken as it is: what clap cannot read, it would print.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: String,

    /// A table, as `tasks` or `schema.tasks`; can be given several times, instead of a configuration
    #[arg(long = "table", value_name = "NAME", conflicts_with = "config")]
    pub(crate) tables: Vec<String>,

    /// The tables, their owners, and where existing rows get theirs
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The application's login on PostgreSQL, which is granted what it needs; can be given several times
    #[arg(long = "app-role", value_name = "ROLE")]
    pub(crate) app_roles: Vec<String>,
}

/// How it is told.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// For a machine: one JSON document on the standard output
    #[arg(long)]
    pub(crate) json: bool,
}
