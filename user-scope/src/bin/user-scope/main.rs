//! The command `user-scope`. It reads what it is told and shows what it is answered; all that it does, the library does.

mod adoption;
mod arguments;
mod configuration;
mod database;
mod doctor;
mod failure;
mod migrations;
mod output;
mod progress;
mod proposal;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Well,
    Found,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Plan { target, migrations: Some(folder), lock_bound, output } => {
            migrations::write(&target, &folder, Duration::from_millis(lock_bound), &output).await
        }
        Command::Plan { target, output, .. } => adoption::plan(&target, &output).await,
        Command::Apply { target, phase, lock_bound, consent, output } => {
            adoption::apply(&target, phase, Duration::from_millis(lock_bound), &consent, &output).await
        }
        Command::Verify { target, output } => adoption::verify(&target, &output).await,
        Command::Rollback { database, drop_audit_log, consent, output } => {
            adoption::rollback(&database, drop_audit_log, &consent, &output).await
        }
        Command::Doctor { target, output } => doctor::run(&target, &output).await,
    };
    match ended {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(failure) => {
            let failure: Failure = failure;
            output::beside(format_args!("user-scope: {failure}"));
            ExitCode::from(2)
        }
    }
}
