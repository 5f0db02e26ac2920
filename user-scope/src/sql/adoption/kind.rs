//! What kinds of statements change a schema: which lock PostgreSQL takes for each, and which leave writers alone that know
//! nothing of owners. The locks are those of the documentation, "Explicit Locking" and each statement's own page.

/// Who has to wait for whom while a statement runs.
pub(crate) fn lock(sql: &str) -> &'static str {
    const NONE: &str = "none on tables";
    let locks = [
        ("CREATE UNIQUE INDEX CONCURRENTLY", "SHARE UPDATE EXCLUSIVE; nobody waits"),
        ("CREATE INDEX CONCURRENTLY", "SHARE UPDATE EXCLUSIVE; nobody waits"),
        ("CREATE TRIGGER", "SHARE ROW EXCLUSIVE, for a moment"),
        ("CREATE POLICY", "ACCESS EXCLUSIVE, for a moment"),
        ("CREATE", NONE),
        ("GRANT", NONE),
        ("REVOKE", NONE),
        ("ALTER ROLE", NONE),
        ("UPDATE", "rows of a batch, for a moment"),
    ];
    if sql.starts_with("ALTER TABLE") {
        return if sql.contains(" VALIDATE CONSTRAINT ") {
            "SHARE UPDATE EXCLUSIVE; nobody waits"
        } else if sql.contains(" FOREIGN KEY ") {
            "SHARE ROW EXCLUSIVE on both tables, for a moment"
        } else {
            "ACCESS EXCLUSIVE, for a moment"
        };
    }
    locks.iter().find(|(begins, _)| sql.starts_with(begins)).map_or(NONE, |(_, lock)| *lock)
}

/// Whether a writer that knows nothing of owners cannot notice the statement: roles, tables of the library, privileges on tables
/// that are given and not taken.
pub(crate) fn is_unnoticed(sql: &str) -> bool {
    let gives_privileges = sql.starts_with("GRANT ") && sql.contains(" ON ");
    gives_privileges || sql.starts_with("CREATE ROLE ") || sql.contains("CREATE TABLE IF NOT EXISTS user_access_log ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_becomes_a_member_of_a_role_may_notice_it_and_who_is_given_a_privilege_does_not() {
        assert!(is_unnoticed("GRANT SELECT ON \"t\" TO \"app\""));
        assert!(!is_unnoticed("GRANT \"user_scope_system\" TO \"app\""));
        assert!(!is_unnoticed("REVOKE TRUNCATE ON \"t\" FROM \"app\""));
    }
}
