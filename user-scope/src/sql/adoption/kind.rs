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

/// Whether a statement makes or changes a role of the server's, which not everybody may who owns a table.
pub(crate) fn changes_a_role(sql: &str) -> bool {
    let is_membership = sql.starts_with("GRANT ") && !sql.contains(" ON ");
    is_membership || sql.starts_with("CREATE ROLE ") || sql.starts_with("ALTER ROLE ")
}

/// A key that is made again looks at all rows while its writers wait. In two parts it looks while they go on: the key, and
/// then the look. None if the statement is no such thing.
pub(crate) fn in_two(undo: &str) -> Option<[String; 2]> {
    let behind_table = behind_name(undo.strip_prefix("ALTER TABLE ")?)?;
    let key = behind_table.strip_prefix(" ADD CONSTRAINT ")?;
    let definition = behind_name(key)?;
    if !definition.starts_with(" FOREIGN KEY ") || definition.ends_with(" NOT VALID") {
        return None;
    }
    let table = undo.strip_suffix(behind_table)?;
    let name = key.strip_suffix(definition)?;
    Some([format!("{undo} NOT VALID"), format!("{table} VALIDATE CONSTRAINT {name}")])
}

/// What follows a quoted name, which may have a schema.
fn behind_name(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix('"')?;
    loop {
        let (_, behind) = rest.split_once('"')?;
        // A quote in a name is doubled, and the name of the schema comes before a dot.
        rest = match (behind.strip_prefix('"'), behind.strip_prefix(".\"")) {
            (Some(more), _) | (None, Some(more)) => more,
            (None, None) => return Some(behind),
        };
    }
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
        let odd = "\"s\".\"a \"\" ADD CONSTRAINT \"\"x\"\" FOREIGN KEY \"";
        assert_eq!(in_two(&format!("ALTER TABLE {odd} NO FORCE ROW LEVEL SECURITY")), None);
        let key = format!("ALTER TABLE {odd} ADD CONSTRAINT \"k\" FOREIGN KEY (a) REFERENCES b(id)");
        let looked_at = format!("ALTER TABLE {odd} VALIDATE CONSTRAINT \"k\"");
        assert_eq!(in_two(&key), Some([format!("{key} NOT VALID"), looked_at]));
    }
}
