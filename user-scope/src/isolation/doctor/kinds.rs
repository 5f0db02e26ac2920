//! Every kind of finding: its name, how bad it is, and why it matters. `{}` stands for what the database said of it.

use super::report::Severity::{self, Advice, Fault, Leak, Weakness};
use crate::error::Result;
use crate::isolation::run::problem;

/// A kind of finding.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) severity: Severity,
    pub(super) why: &'static str,
}

macro_rules! kinds {
    ($($id:ident $name:literal $severity:ident $why:literal)+) => {
        $(pub(super) static $id: Kind = Kind { name: $name, severity: $severity, why: $why };)+
        pub(super) static ALL: &[&Kind] = &[$(&$id),+];
    };
}

kinds! {
    ROWS_WITHOUT_CALLER "rows-without-caller" Leak
        "a transaction that names no caller sees rows of it; mend what else was found, and look again"
    LOGIN_IS_SUPERUSER "login-is-superuser" Leak
        "the application logs in as a superuser, for whom no policy holds"
    LOGIN_BYPASSES "login-bypasses-row-security" Leak
        "the application logs in as a role with BYPASSRLS, for which no policy holds"
    LOGIN_CAN_BYPASS "login-can-bypass-row-security" Weakness
        "the application's login is a member of {}, for which no policy holds"
    LOGIN_OWNS_TABLE "login-owns-table" Weakness
        "the application's login may act as the owner of the table, and could switch its policies off; when the table has \
         another owner, apply the isolation again for the grants"
    LOGIN_CREATES_ROLES "login-creates-roles" Weakness
        "the application's login may create roles, and change who belongs to which"
    LOGIN_REPLICATES "login-replicates" Weakness
        "the application's login may copy the whole cluster, for which no policy holds"
    PREDEFINED_ROLE "predefined-role" Weakness
        "the application's login is a member of {}, which reaches what was never granted to it"
    SYSTEM_ROLE_INHERITED "system-role-inherited" Leak
        "the application's login inherits {}, whose policies show every row; it has to ask for it instead"
    SYSTEM_ROLE_SHARED "system-role-shared" Weakness
        "system mode has a login of its own, and yet this one may become {}"
    SYSTEM_ROLE_MISSING "system-role-missing" Fault
        "there is no such role, and system mode acts as it; apply the isolation"
    SYSTEM_ROLE_OUT_OF_REACH "system-role-out-of-reach" Fault
        "the login may not become {}, which system mode needs, and telling denials from misses"
    SYSTEM_ROLE_CAN_LOG_IN "system-role-can-log-in" Weakness
        "every row is visible to who logs in as it, without reason or receipt"
    SYSTEM_ROLE_AT_ODDS "system-role-at-odds" Fault
        "the pool takes this for the role of system mode, and the isolation {}; tell both the same"
    ENFORCEMENT_AT_ODDS "enforcement-at-odds" Fault
        "the pool tells the database by no statement who is asking, and the table then shows nothing; build the pool with \
         `Enforcement::Database`"
    PRESET_SETTING "preset-setting" Weakness
        "{} is set before anybody asks: who forgets to say who he is, is not stopped"
    TABLE_MISSING "table-missing" Fault
        "there is no such table"
    LOG_ENDS "log-ends" Fault
        "no partition of the log takes what is recorded next month, and then nothing can be written; let its owner call \
         `audit::partition`, or `user-scope audit partition`, each month"
    ROW_SECURITY_OFF "row-security-off" Leak
        "policies do not count: raw SQL sees every user's rows"
    ROW_SECURITY_NOT_FORCED "row-security-not-forced" Weakness
        "policies do not count for the table's owner, nor in his views and functions"
    POLICY_MISSING "policy-missing" Fault
        "the policy {} is missing: who it is for sees nothing"
    POLICY_ALTERED "policy-altered" Leak
        "the policy {} is not what the isolation would write"
    POLICY_BESIDE_OURS "policy-beside-ours" Leak
        "the policy {} shows rows beside those that are the caller's: permissive policies add up"
    POLICY_NARROWS "policy-narrows" Advice
        "the restrictive policy {} hides rows that their owner, or system mode, expects to see"
    TRIGGER_MISSING "trigger-missing" Weakness
        "the trigger {} is missing"
    TRIGGER_OFF "trigger-off" Weakness
        "the trigger {} is switched off"
    TRIGGER_ALTERED "trigger-altered" Weakness
        "the trigger {} is not what the isolation would write"
    FUNCTION_ALTERED "function-altered" Weakness
        "this function of the triggers is not what the isolation would write"
    PARTITION_REACHABLE "partition-reachable" Leak
        "who reads this part of {} directly passes by the policies of the whole"
    ANCESTOR_UNGUARDED "ancestor-unguarded" Leak
        "who reads this table reads {} as well, and passes by its policies"
    DANGEROUS_GRANT "dangerous-grant" Leak
        "the login, or a role that it can become, has {}: no policy is asked for these"
    LOG_GRANTED_TOO_MUCH "log-granted-too-much" Weakness
        "the login, or a role that it can become, has {}: the log is added to, never changed, and its ids and times are the \
         database's"
    OWN_TABLE_OPEN "own-table-open" Leak
        "this was granted, perhaps by default privileges: {}; what is in it is of all users, or proves the log, and no policy is \
         asked for it; apply the isolation again"
    LEDGER_OPEN "ledger-open" Weakness
        "what stands in the ledger is executed when the isolation is taken back, and others than its owner can write there"
    VIEW "view-without-security-invoker" Leak
        "the login can use this view, and it reads the tables as {}, not as who asks"
    MATERIALIZED_VIEW "materialized-view" Leak
        "the login can read this copy of everybody's rows, for which there are no policies"
    DEFINER_FUNCTION "security-definer-function" Weakness
        "the login can call it, it acts as {}, and it may reach the tables"
    LEAKPROOF_FUNCTION "leakproof-function" Weakness
        "it is said to be leakproof, and is therefore asked about rows before the policies are"
    FOREIGN_KEY "foreign-key-without-owner" Weakness
        "the key {} tells whether somebody else's row exists; let it hold the owner, or isolate this table as well"
    PARENT_KEY_MISSING "parent-key-missing" Weakness
        "nothing in the database keeps {} from naming another owner's row"
    PARENT_NOT_ISOLATED "parent-not-isolated" Weakness
        "its parent {} is not isolated with it; add it to the isolation"
    CHILD_NOT_LISTED "child-not-listed" Weakness
        "it does not list {} among its children, which therefore does not follow when a row is deleted or given away; write \
         `children(…)` above the struct"
    UNIQUE_KEY "unique-key-without-owner" Weakness
        "the key {} tells whether somebody else has the same value"
    OWNER_NULLABLE "owner-nullable" Weakness
        "a row of nobody passes by the keys that hold the owner"
    ROWS_WITHOUT_OWNER "rows-without-owner" Weakness
        "{} rows have no owner; give each one, or delete it"
    FOREIGN_PARENTS "rows-with-foreign-parent" Leak
        "{} rows name a parent that is nobody's or another's; mend them by hand"
    OWNER_TYPE "owner-type-at-odds" Fault
        "the owner is of type {}, and the entity stores it otherwise"
    ID_TYPE "id-type-at-odds" Fault
        "the id is of type {}, and the entity stores it otherwise"
    COLUMN_MISSING "column-missing" Fault
        "the entity has a column {}, and the table has none"
    COLUMN_TYPE "column-type-at-odds" Fault
        "the column {}: it is written, or not even that, and cannot be read"
    COLUMN_NOT_FILLED "column-not-filled" Fault
        "the column {} is NOT NULL without a default, and the entity does not know it: no row can be inserted"
    TRANSFER_TABLE_MISSING "transfer-table-missing" Fault
        "the triggers look there whether a transfer is under way, and refuse every update without it"
    TRANSFER_LEFT_OPEN "transfer-left-open" Leak
        "it says that a transfer is under way, so that anybody may change owners"
    FOREIGN_KEYS_OFF "foreign-keys-off" Weakness
        "the connections of this pool do not look at the table's foreign keys; connect with `foreign_keys(true)`"
    SERVER_TOO_OLD "server-too-old" Advice
        "this version lacks a fix of row-level security, {}; update the server"
    NO_BACKUP_ROLE "no-backup-role" Advice
        "pg_dump by the owner of the tables fails under row-level security, or comes out empty; no login with BYPASSRLS may \
         read all of them"
    OWNER_INDEX_MISSING "owner-index-missing" Advice
        "every statement asks for the rows of one owner, and no index begins with {}"
}

/// A kind, by the name that a question gives it.
pub(super) fn named(name: &str) -> Result<&'static Kind> {
    let found = ALL.iter().find(|kind| kind.name == name);
    found.copied().ok_or_else(|| problem(format!("the doctor does not know of {name}; this is a fault of the library")))
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_kind_stands_in_the_docs_of_the_doctor_and_no_other() {
        let docs = include_str!("mod.rs");
        let listed: Vec<_> = docs.lines().filter_map(|line| line.strip_prefix("/// | `")?.split_once('`')).collect();
        let mut listed: Vec<_> = listed.into_iter().map(|(name, _)| name).collect();
        let mut known: Vec<_> = ALL.iter().map(|kind| kind.name).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }
}
