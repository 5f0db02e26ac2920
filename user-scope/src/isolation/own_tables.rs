//! What may be done with the library's own tables on PostgreSQL: the log, written by everybody and changed by nobody, and those
//! beside it, which are of all users and system mode's alone.
//!
//! What is there is compared with what is allowed, and not with what was asked for alone: default privileges open a table to
//! others as it is made.

use super::Settings;
use super::facts::{self, Facts, Texts, ask};
use super::grants;
use super::plan::Plan;
use super::postgres::secured;
use super::run::{failed, problem};
use crate::backend::Backend;
use crate::error::Result;
use crate::lease::Lease;
use crate::migration;
use crate::sql::isolation::held::{self, Held};
use crate::sql::isolation::{TableName, postgres, roles};
use crate::sql::schema;

/// The log and the tables beside it.
pub(super) async fn plan<DB: Backend>(lease: &mut Lease<DB>, settings: &Settings, plan: &mut Plan) -> Result<()> {
    let name = TableName { schema: None, name: "user_access_log".to_owned() };
    let facts = facts::of(lease, &name).await.map_err(failed)?;
    let done = if facts.is_some() { migration::done(lease).await.map_err(failed)? } else { 0 };
    if done < schema::last(DB::DIALECT) {
        let why = "every access is recorded; it stays when all is taken back";
        plan.add(&name, why, schema::made::<DB>(settings.owner, done));
    }
    let facts = facts.unwrap_or_else(|| Facts { name, ..Facts::default() });
    policies(&facts, settings, plan);
    log(lease, &facts.name, settings, plan).await?;
    let beside = |name: &str| TableName { schema: facts.name.schema.clone(), name: name.to_owned() };
    for (name, privileges) in roles::BESIDE_THE_LOG {
        of_system_mode(lease, &beside(name), privileges, settings, plan).await?;
    }
    steps(lease, &beside("user_scope_schema"), settings, plan).await
}

fn policies(log: &Facts, settings: &Settings, plan: &mut Plan) {
    let at = &log.name;
    let lacks = |name: &str| !log.policies.iter().any(|policy| policy == name);
    if lacks(roles::LOG_WRITTEN_POLICY) {
        plan.add(at, "every access is recorded, whoever writes the batch", roles::log_insert_policy(at));
    }
    if lacks(postgres::OWNER_POLICY) {
        let change = roles::log_select_policy(at, settings.owner);
        plan.add(at, "a user reads his own trail, and no denials", change);
    }
    if lacks(postgres::SYSTEM_POLICY) {
        plan.add(at, "system mode reads all of it", roles::log_system_policy(at, &settings.system_role));
    }
    secured(at, log.row_security, log.forced, plan);
    for partition in &log.partitions {
        secured(&partition.name, partition.row_security, partition.forced, plan);
    }
}

/// Whoever may write to the log, or read his own of it, may do so by these columns. What takes a privilege on the whole of it
/// away takes it from the columns as well, so that it is given back there by the same step: by another the two would take turns.
async fn log<DB: Backend>(lease: &mut Lease<DB>, at: &TableName, settings: &Settings, plan: &mut Plan) -> Result<()> {
    const BY_COLUMN: [(&str, &[&str]); 2] = [("INSERT", &roles::LOG_WRITTEN), ("SELECT", &roles::LOG_READ)];
    let held = held(lease, at, settings).await?;
    for role in settings.applications.iter().chain([&settings.system_role]) {
        grants::schema(lease, at, role, plan).await?;
        for (privilege, columns) in BY_COLUMN {
            let has = |column: &str| {
                held.iter().any(|held| {
                    held.role.as_ref() == Some(role)
                        && held.privilege == privilege
                        && held.column.as_deref().is_none_or(|on| on == column)
                })
            };
            let missing: Vec<_> = columns.iter().copied().filter(|column| !has(column)).collect();
            if !missing.is_empty() {
                let change = roles::log_columns(privilege, &missing, at, role);
                plan.add(at, "ids and times of the log cannot be forged", change);
            }
        }
    }
    let is_allowed = |held: &Held| match held.column.as_deref() {
        Some(column) => held.privilege == "SELECT" || held.privilege == "INSERT" && !roles::LOG_MADE.contains(&column),
        None => false,
    };
    for (role, of_role) in by_role(held.iter().filter(|held| held.is_concerned)) {
        take(at, role, &of_role, is_allowed, &BY_COLUMN, "the log is written, and never changed", plan)?;
    }
    Ok(())
}

/// A table that system mode alone asks and adds to.
async fn of_system_mode<DB: Backend>(
    lease: &mut Lease<DB>,
    at: &TableName,
    privileges: &[&'static str],
    settings: &Settings,
    plan: &mut Plan,
) -> Result<()> {
    let system = &settings.system_role;
    let held = held(lease, at, settings).await?;
    let has = |privilege: &str| {
        let mut whole = held.iter().filter(|held| held.column.is_none());
        whole.any(|held| held.role.as_ref() == Some(system) && held.privilege == privilege)
    };
    let missing: Vec<_> = privileges.iter().copied().filter(|privilege| !has(privilege)).collect();
    if !missing.is_empty() {
        let change = roles::grant(&missing, at, system, &[]);
        plan.add(at, "system mode asks what is in the log, and seals it", change);
    }
    let is_allowed = |held: &Held| held.role.as_ref() == Some(system) && privileges.contains(&held.privilege);
    for (role, of_role) in by_role(&held) {
        take(at, role, &of_role, is_allowed, &[], "it is of all users, and no policy is asked for it", plan)?;
    }
    Ok(())
}

/// How far `migrate` has come: everybody may know, and the owner of the tables alone says.
async fn steps<DB: Backend>(lease: &mut Lease<DB>, at: &TableName, settings: &Settings, plan: &mut Plan) -> Result<()> {
    let held = held(lease, at, settings).await?;
    for role in &settings.applications {
        let reads =
            |held: &Held| held.role.as_ref() == Some(role) && held.privilege == "SELECT" && held.column.is_none();
        if !held.iter().any(reads) {
            plan.add(at, "`migrate` looks how far it has come", roles::grant(&["SELECT"], at, role, &[]));
        }
    }
    for (role, of_role) in by_role(&held) {
        let is_allowed = |held: &Held| held.privilege == "SELECT";
        take(at, role, &of_role, is_allowed, &[], "`migrate` would believe it", plan)?;
    }
    Ok(())
}

/// Takes from a role what it holds and is not allowed to.
fn take(
    at: &TableName,
    role: Option<&str>,
    of_role: &[&Held],
    is_allowed: impl Fn(&Held) -> bool,
    by_column: &[(&'static str, &[&'static str])],
    why: &str,
    plan: &mut Plan,
) -> Result<()> {
    let (kept, taken): (Vec<_>, Vec<_>) = of_role.iter().copied().partition(|held| is_allowed(held));
    if let Some((held, grantor)) = taken.iter().find_map(|held| held.by.as_ref().map(|by| (held, by))) {
        let (to, privilege) = (role.unwrap_or("PUBLIC"), held.privilege);
        return Err(problem(format!(
            "{grantor} has granted {privilege} on {at} to {to}, which only he can take back: have him do that first"
        )));
    }
    if !taken.is_empty() {
        plan.add(at, why, held::taken(&taken, &kept, by_column, at, role));
    }
    Ok(())
}

/// What each role holds; nobody stands for everybody.
fn by_role<'a>(held: impl IntoIterator<Item = &'a Held>) -> Vec<(Option<&'a str>, Vec<&'a Held>)> {
    let mut by_role: Vec<(Option<&str>, Vec<&Held>)> = Vec::new();
    for held in held {
        match by_role.iter_mut().find(|(role, _)| *role == held.role.as_deref()) {
            Some((_, of_role)) => of_role.push(held),
            None => by_role.push((held.role.as_deref(), vec![held])),
        }
    }
    by_role
}

/// Who holds what on a table, or will as soon as it is made.
async fn held<DB: Backend>(lease: &mut Lease<DB>, table: &TableName, settings: &Settings) -> Result<Vec<Held>> {
    let ours: Vec<&str> = settings.applications.iter().chain([&settings.system_role]).map(String::as_str).collect();
    let rows = ask(lease, held::HELD, &[&table.quoted(), &ours.join("\u{1f}")]).await.map_err(failed)?;
    let read = rows.into_iter().filter_map(|row| {
        let mut row = Texts(row);
        Some(Held {
            role: row.next(),
            privilege: held::known(&row.text())?,
            grantable: row.is_true(),
            column: row.next(),
            by: row.next(),
            is_concerned: row.is_true(),
        })
    });
    Ok(read.collect())
}
