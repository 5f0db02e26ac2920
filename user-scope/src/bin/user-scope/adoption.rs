//! `user-scope plan`, `apply`, `verify` and `rollback`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use comfy_table::{Table, presets};
use serde_json::json;
use user_scope::adoption::{AdoptionPlan, Phase, Verification};

use crate::Outcome;
use crate::arguments::{Consent, DatabaseUrl, Output, PhaseName, Target};
use crate::configuration::Configuration;
use crate::database::on_database;
use crate::doctor::finding_as_json;
use crate::failure::Failure;
use crate::output::{answer, beside, document};
use crate::progress::Progress;
use crate::proposal;
use crate::shown::plain_lines;

pub(crate) async fn plan(target: &Target, output: &Output) -> Result<Outcome, Failure> {
    if Configuration::is_absent(target)? {
        let found = on_database!(target.database, |pool| user_scope::adoption::propose(&pool).await?);
        match output.json {
            true => document(&proposal::as_json(&found))?,
            false => answer(proposal::as_toml(&found).trim_end())?,
        }
        return Ok(Outcome::Well);
    }
    let adoption = Configuration::of(target)?.adoption(target)?;
    let plan = on_database!(target.database, |pool| adoption.plan(&pool).await?);
    if output.json {
        document(&plan_as_json(&plan))?;
    } else {
        answer(plan.to_string().trim_end())?;
    }
    Ok(Outcome::Well)
}

pub(crate) async fn apply(
    target: &Target,
    phase: Option<PhaseName>,
    lock_bound: Duration,
    consent: &Consent,
    output: &Output,
) -> Result<Outcome, Failure> {
    let adoption = Configuration::of(target)?.adoption(target)?.lock_bound(lock_bound);
    let until = match phase {
        Some(PhaseName::Expand) => Phase::Expand,
        Some(PhaseName::Contract) | None => Phase::Contract,
    };
    let plan = on_database!(target.database, |pool| adoption.plan(&pool).await?);
    let steps = plan.steps().filter(|step| step.phase() <= until).count();
    if steps == 0 {
        told(output, "nothing to do", || json!({ "phase": until.to_string(), "steps": [] }))?;
        return Ok(Outcome::Well);
    }
    plan.notes().for_each(|note| beside(format_args!("note: {note}")));
    let question = format!("{steps} steps, which `user-scope plan` shows. Go on?");
    if !is_agreed(consent, &question)? {
        return Err(Failure::new("nothing was changed"));
    }
    let progress = Progress::new();
    let tell = |event: user_scope::adoption::Event<'_>| progress.tell(event);
    on_database!(target.database, |pool| adoption.apply(&pool, until, &tell).await?);
    let done = progress.end();
    told(output, &format!("done: {until}"), || json!({ "phase": until.to_string(), "steps": done }))?;
    Ok(Outcome::Well)
}

pub(crate) async fn verify(target: &Target, output: &Output) -> Result<Outcome, Failure> {
    let adoption = Configuration::of(target)?.adoption(target)?;
    let verification = on_database!(target.database, |pool| adoption.verify(&pool).await?);
    verification.missing().notes().for_each(|note| beside(format_args!("note: {note}")));
    if output.json {
        document(&verification_as_json(&verification))?;
    } else {
        show(&verification)?;
    }
    Ok(if verification.is_isolated() { Outcome::Well } else { Outcome::Found })
}

pub(crate) async fn rollback(
    database: &DatabaseUrl,
    drop_audit_log: bool,
    consent: &Consent,
    output: &Output,
) -> Result<Outcome, Failure> {
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
    let undone = on_database!(database, |pool| adoption.rollback(&pool, drop_audit_log).await?);
    let count = undone.steps().len();
    let log = if drop_audit_log { "" } else { "; the audit log stays, unless --drop-audit-log is given" };
    told(output, &format!("{count} changes were taken back{log}"), || {
        let steps = undone.steps().map(|step| json!({ "object": step.object(), "sql": step.sql() }));
        json!({ "taken_back": steps.collect::<Vec<_>>() })
    })?;
    Ok(Outcome::Well)
}

/// In words, or for a machine.
pub(crate) fn told(
    output: &Output,
    words: &str,
    of_machine: impl FnOnce() -> serde_json::Value,
) -> Result<(), Failure> {
    if output.json { document(&of_machine()) } else { answer(plain_lines(words)) }
}

/// Whether a person, or --yes, agrees.
fn is_agreed(consent: &Consent, question: &str) -> Result<bool, Failure> {
    if consent.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("nobody is here to be asked; say --yes"));
    }
    write!(std::io::stderr(), "{question} [y/N] ")?;
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn show(verification: &Verification) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header([
        "table",
        "is",
        "rows without an owner",
        "writers without a caller",
        "missing steps",
    ]);
    for state in verification.tables() {
        let is = match state.phase() {
            Some(Phase::Contract) => "isolated",
            Some(Phase::Expand) => "expanded",
            None => "not isolated",
        };
        let rows = state.rows_without_owner().map_or("all".to_owned(), |rows| rows.to_string());
        let writers: Vec<_> = state.callerless().map(ToString::to_string).collect();
        let of = |phase| state.missing().filter(|(missing, _)| *missing == phase).count();
        let counted = [Phase::Expand, Phase::Contract].map(|phase| (phase, of(phase)));
        let missing =
            counted.iter().filter(|(_, count)| *count > 0).map(|(phase, count)| format!("{count} of {phase}"));
        table.add_row([state.name(), is, &rows, &writers.join("\n"), &missing.collect::<Vec<_>>().join(", ")]);
    }
    answer(table)?;
    for finding in verification.findings() {
        answer(format_args!("{}: {}: {}", finding.severity(), finding.object(), finding.why()))?;
        if !finding.mend().is_empty() {
            answer(format_args!("    mend: {}", finding.mend()))?;
        }
    }
    let steps = verification.missing().steps().len();
    if steps > 0 {
        answer(format_args!(
            "{steps} steps are missing, those of roles and the log as well; `user-scope plan` shows them"
        ))?;
    }
    Ok(())
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
            "callerless": state.callerless().map(|writer| json!({
                "login": writer.login,
                "program": writer.program,
                "operations": writer.operations,
                "seconds_ago": writer.seconds_ago,
            })).collect::<Vec<_>>(),
            "missing": state.missing().map(|(phase, why)| json!({ "phase": phase.to_string(), "why": why })).collect::<Vec<_>>(),
        })
    });
    json!({
        "isolated": verification.is_isolated(),
        "tables": tables.collect::<Vec<_>>(),
        "missing": steps_as_json(verification.missing()),
        "findings": verification.findings().map(finding_as_json).collect::<Vec<_>>(),
    })
}
