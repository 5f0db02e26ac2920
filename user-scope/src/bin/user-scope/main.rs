//! The command `user-scope`. It reads what it is told and shows what it is answered; all that it does, the library does.

mod adoption;
mod arguments;
mod audit;
mod configuration;
mod database;
mod doctor;
mod failure;
mod migrations;
mod output;
mod progress;
mod proposal;
mod shown;

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
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return unreadable(&error),
    };
    let is_for_a_machine = arguments.command.is_for_a_machine();
    let ended = match arguments.command {
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
        Command::Audit { question } => audit::ask(question).await,
    };
    match ended {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(failure) => {
            let failure: Failure = failure;
            let told = without_passwords(&shown::plain_lines(&failure.to_string()));
            output::beside(format_args!("user-scope: {told}"));
            if is_for_a_machine {
                // If that cannot be written either, the sentence beside it and the code say so.
                let _ = output::document(&serde_json::json!({ "error": told }));
            }
            ExitCode::from(2)
        }
    }
}

/// What clap says of arguments repeats them.
fn unreadable(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        output::beside(without_passwords(&shown::plain_lines(error.to_string().trim_end())));
        return ExitCode::from(2);
    }
    // Help, and the version.
    match output::answer(error.to_string().trim_end()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::beside(format_args!("user-scope: {failure}"));
            ExitCode::from(2)
        }
    }
}

/// Hides what stands between `://` and `@` in each word: a URL that was given in the wrong place may hold a password.
fn without_passwords(text: &str) -> String {
    let hidden = |word: &str| match (word.find("://"), word.rfind('@')) {
        (Some(begin), Some(end)) if begin + 3 < end => {
            format!("{}…{}", word.get(..begin + 3).unwrap_or_default(), word.get(end..).unwrap_or_default())
        }
        _ => word.to_owned(),
    };
    text.split_inclusive(char::is_whitespace).map(hidden).collect()
}
