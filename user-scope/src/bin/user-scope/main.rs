//! The command `user-scope`. It reads what it is told and shows what it is answered; all that it does, the library does.

mod arguments;
mod configuration;
mod database;
mod doctor;
mod failure;

use std::process::ExitCode;

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
        Command::Doctor { target, output } => doctor::run(&target, &output).await,
    };
    match ended {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(failure) => {
            let failure: Failure = failure;
            eprintln!("user-scope: {failure}");
            ExitCode::from(2)
        }
    }
}
