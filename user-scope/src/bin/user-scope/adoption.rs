//! `user-scope plan`, `apply`, `verify` and `rollback`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use comfy_table::{Table, presets};
use serde_json::json;
use user_scope::adoption::{AdoptionPlan, Phase, Verification};

use crate::Outcome;
use crate::arguments::{Consent, Output, PhaseName, Target};
use crate::configuration::Configuration;
use crate::database::Database;
use crate::failure::Failure;
use crate::progress::Progress;

/// The same on each database.
macro_rules! on {
    ($target:expr, |$pool:ident| $work:expr) => {
        match Database::connect(&$target.database_url).await? {
            Database::Postgres($pool) => $work,
            Database::Sqlite($pool) => $work,
        }
    };
}

pub(crate) async fn plan(target: &Target, output: &Output) -> Result<Outcome, Failure> {
    let adoption = Configuration::of(target)?.adoption(target)?;
    let plan = on!(target, |pool| adoption.plan(&pool).await?);
    if output.json {
        println!("{:#}", plan_as_json(&plan));
    } else {
        print!("{plan}");
    }
    Ok(Outcome::Well)
}

pub(crate) async fn apply(
    target: &Target,
    phase: Option<PhaseName>,
    lock_bound: Duration,
    consent: &Consent,
) -> Result<Outcome, Failure> {
    let adoption = Configuration::of(target)?.adoption(target)?.lock_bound(lock_bound);
    let until = match phase {
        Some(PhaseName::Expand) => Phase::Expand,
        Some(PhaseName::Contract) | None => Phase::Contract,
    };
    let plan = on!(target, |pool| adoption.plan(&pool).await?);
    let steps = plan.steps().filter(|step| step.phase() <= until).count();
    if steps == 0 {
        println!("nothing to do");
        return Ok(Outcome::Well);
    }
    plan.notes().for_each(|note| eprintln!("note: {note}"));
    let question = format!("{steps} steps, which `user-scope plan` shows. Go on?");
    if !is_agreed(consent, &question)? {
        return Err(Failure::new("nothing was changed"));
    }
    let progress = Progress::new();
    let tell = |event: user_scope::adoption::Event<'_>| progress.tell(event);
    on!(target, |pool| adoption.apply(&pool, until, &tell).await?);
    println!("done: {until}");
    Ok(Outcome::Well)
}

pub(crate) async fn verify(target: &Target, output: &Output) -> Result<Outcome, Failure> {
    let adoption = Configuration::of(target)?.adoption(target)?;
    let verification = on!(target, |pool| adoption.verify(&pool).await?);
    if output.json {
        println!("{:#}", verification_as_json(&verification));
    } else {
        show(&verification);
    }
    Ok(if verification.is_isolated() { Outcome::Well } else { Outcome::Found })
}

pub(crate) async fn rollback(target: &Target, drop_audit_log: bool, consent: &Consent) -> Result<Outcome, Failure> {
    // All that was applied is taken back, whatever the tables are called now: the database itself knows what that was.
    let adoption = user_scope::adoption::Adoption::of::<user_scope::Uuid>();
    let question = if drop_audit_log {
        "All that was applied is taken back, and the audit log is dropped, which cannot be undone. Go on?"
    } else {
        "All that was applied is taken back; the audit log stays. Go on?"
    };
    if !is_agreed(consent, question)? {
        return Err(Failure::new("nothing was changed"));
    }
    let undone = on!(target, |pool| adoption.rollback(&pool, drop_audit_log).await?);
    println!("{} changes were taken back", undone.steps().len());
    Ok(Outcome::Well)
}

/// Whether a person, or --yes, agrees.
fn is_agreed(consent: &Consent, question: &str) -> Result<bool, Failure> {
    if consent.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("nobody is here to be asked; say --yes"));
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn show(verification: &Verification) {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(["table", "is", "rows without an owner", "missing"]);
    for state in verification.tables() {
        let is = match state.phase() {
            Some(Phase::Contract) => "isolated",
            Some(Phase::Expand) => "expanded",
            None => "not isolated",
        };
        let rows = state.rows_without_owner().map_or("all".to_owned(), |rows| rows.to_string());
        let missing: Vec<_> = state.missing().map(|(_, why)| why).collect();
        table.add_row([state.name(), is, &rows, &missing.join("\n")]);
    }
    println!("{table}");
    let of_tables: Vec<_> = verification.tables().map(user_scope::adoption::TableState::name).collect();
    for step in verification.missing().steps() {
        let name = step.object().rsplit('.').next().unwrap_or_default();
        if !of_tables.iter().any(|table| *table == step.object() || table.rsplit('.').next() == Some(name)) {
            println!("missing: {}: {}", step.object(), step.why());
        }
    }
}

fn plan_as_json(plan: &AdoptionPlan) -> serde_json::Value {
    json!({ "notes": plan.notes().collect::<Vec<_>>(), "steps": steps_as_json(plan) })
}

fn steps_as_json(plan: &AdoptionPlan) -> serde_json::Value {
    let steps = plan.steps().map(|step| {
        json!({
            "phase": step.phase().to_string(),
            "object": step.object(),
            "why": step.why(),
            "sql": step.sql(),
            "undo": step.undo(),
            "lock": step.lock(),
            "cost": step.cost(),
        })
    });
    steps.collect()
}

fn verification_as_json(verification: &Verification) -> serde_json::Value {
    let tables = verification.tables().map(|state| {
        json!({
            "name": state.name(),
            "phase": state.phase().map(|phase| phase.to_string()),
            "rows_without_owner": state.rows_without_owner(),
            "missing": state.missing().map(|(phase, why)| json!({ "phase": phase.to_string(), "why": why })).collect::<Vec<_>>(),
        })
    });
    json!({
        "isolated": verification.is_isolated(),
        "tables": tables.collect::<Vec<_>>(),
        "missing": steps_as_json(verification.missing()),
    })
}
