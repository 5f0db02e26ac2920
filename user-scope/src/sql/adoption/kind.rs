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
        ("DROP TRIGGER", "ACCESS EXCLUSIVE, for a moment"),
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

/// Whether a writer that knows nothing of owners cannot notice the statement: roles, which have no privilege yet that anybody
/// inherits, tables and functions of the library, privileges on tables that are given and not taken.
pub(crate) fn is_unnoticed(sql: &str) -> bool {
    let begins = ["GRANT ", "CREATE ROLE ", "ALTER ROLE ", "CREATE OR REPLACE FUNCTION "];
    begins.iter().any(|word| sql.starts_with(word)) || sql.contains("CREATE TABLE IF NOT EXISTS user_access_log ")
}

/// A key that is made again looks at all rows while its writers wait. In two parts it looks while they go on: the key, and
/// then the look. None if the statement is no such thing.
pub(crate) fn in_two(undo: &str) -> Option<[String; 2]> {
    let (table, key) = undo.split_once(" ADD CONSTRAINT ")?;
    let (name, _) = key.split_once(" FOREIGN KEY ")?;
    let is_looked_at = undo.starts_with("ALTER TABLE ") && !undo.ends_with(" NOT VALID");
    is_looked_at.then(|| [format!("{undo} NOT VALID"), format!("{table} VALIDATE CONSTRAINT {name}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_given_a_privilege_does_not_notice_and_who_loses_one_may() {
        assert!(is_unnoticed("GRANT SELECT ON \"t\" TO \"app\""));
        assert!(is_unnoticed("GRANT \"user_scope_system\" TO \"app\""));
        assert!(!is_unnoticed("REVOKE TRUNCATE ON \"t\" FROM \"app\""));
    }

    #[test]
    fn a_key_is_made_again_in_two_parts_and_looks_in_the_second() {
        let made = "ALTER TABLE \"t\" ADD CONSTRAINT \"t_fkey\" FOREIGN KEY (a) REFERENCES b(id) ON DELETE CASCADE";
        let parts = [format!("{made} NOT VALID"), "ALTER TABLE \"t\" VALIDATE CONSTRAINT \"t_fkey\"".to_owned()];
        assert_eq!(in_two(made), Some(parts));
        assert_eq!(in_two(&format!("{made} NOT VALID")), None);
        assert_eq!(in_two("ALTER TABLE \"t\" ADD CONSTRAINT \"c\" CHECK (a > 0)"), None);
    }
}
