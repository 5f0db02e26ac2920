//! The changes of a schema that PostgreSQL is guarded by: keys that hold the owner, a trigger that keeps him fixed, and
//! row-level security.

use super::{Change, Parent, Table, TableName};
use crate::backend::Dialect;
use crate::identifier::IdKind;
use crate::sql::{SETTING, SqlText};

/// What a deletion of the parent does to a row, as the catalogue writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDeletion {
    Nothing,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl OnDeletion {
    pub(crate) fn of(letter: &str) -> Self {
        match letter {
            "r" => Self::Restrict,
            "c" => Self::Cascade,
            "n" => Self::SetNull,
            "d" => Self::SetDefault,
            _ => Self::Nothing,
        }
    }
}

/// When a key looks, as the catalogue writes its definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deferrable {
    No,
    Yes,
    Initially,
}

impl Deferrable {
    pub(crate) fn of(definition: &str) -> Self {
        match (definition.contains(" DEFERRABLE"), definition.contains(" INITIALLY DEFERRED")) {
            (true, true) => Self::Initially,
            (true, false) => Self::Yes,
            _ => Self::No,
        }
    }
}

/// The names of what the library adds to a table. They need be unique within it alone, but for the key, which is also the
/// name of an index.
pub(crate) const OWNER_POLICY: &str = "user_scope_owner";
pub(crate) const SYSTEM_POLICY: &str = "user_scope_system";
pub(crate) const FIXED_OWNER: &str = "user_scope_owner_is_fixed";
const OWN_PARENT: &str = "user_scope_parent_is_own";

/// The longest name that PostgreSQL keeps.
const LONGEST_NAME: usize = 63;

fn write(sql: impl FnOnce(&mut SqlText)) -> String {
    let mut text = SqlText::new(Dialect::Postgres);
    sql(&mut text);
    text.finish()
}

/// `ALTER TABLE t` and what follows.
pub(crate) fn alter(table: &TableName, what: impl FnOnce(&mut SqlText)) -> String {
    write(|text| {
        text.sql("ALTER TABLE ");
        table.write(text);
        text.sql(" ");
        what(text);
    })
}

/// Every row has an owner. First: a key of several columns does not look at a row in which one is NULL.
pub(crate) fn not_null(table: &TableName, column: &str) -> Change {
    let set = |word: &'static str| {
        alter(table, |text| {
            text.sql("ALTER COLUMN ").quoted_name(column).sql(word);
        })
    };
    Change { sql: set(" SET NOT NULL"), undo: set(" DROP NOT NULL") }
}

/// The key that children refer to, and the index by which an owner's rows are found.
pub(crate) fn owner_key(table: &TableName, owner: &str, id: &str) -> Change {
    let name = derived(&table.name, "_user_scope_key");
    let sql = alter(table, |text| {
        text.sql("ADD CONSTRAINT ").quoted_name(&name).sql(" UNIQUE (").quoted_name(owner).sql(", ");
        text.quoted_name(id).sql(")");
    });
    Change { sql, undo: drop_constraint(table, &name) }
}

/// An index by owner, where no key begins with him.
pub(crate) fn owner_index(table: &TableName, owner: &str) -> Change {
    let name = derived(&table.name, "_user_scope_owner");
    let sql = write(|text| {
        text.sql("CREATE INDEX ").quoted_name(&name).sql(" ON ");
        table.write(text);
        text.sql(" (").quoted_name(owner).sql(")");
    });
    let undo = write(|text| {
        text.sql("DROP INDEX ");
        TableName { schema: table.schema.clone(), name }.write(text);
    });
    Change { sql, undo }
}

/// A child's parent has the child's owner. What a deletion does is what the key did that it replaces. SET NULL would take
/// the owner as well, unless it is told.
pub(crate) fn parent_key(
    table: &Table,
    at: &TableName,
    parent: &Parent,
    on: OnDeletion,
    deferrable: Deferrable,
) -> Change {
    let name = parent_key_name(parent);
    let sql = alter(at, |text| {
        text.sql("ADD CONSTRAINT ").quoted_name(&name).sql(" FOREIGN KEY (");
        text.quoted_name(&table.owner).sql(", ").quoted_name(&parent.column).sql(") REFERENCES ");
        parent.table.write(text);
        text.sql(" (").quoted_name(&parent.owner).sql(", ").quoted_name(&parent.id).sql(")");
        text.sql(match on {
            OnDeletion::Nothing => "",
            OnDeletion::Restrict => " ON DELETE RESTRICT",
            OnDeletion::Cascade => " ON DELETE CASCADE",
            OnDeletion::SetNull => " ON DELETE SET NULL",
            OnDeletion::SetDefault => " ON DELETE SET DEFAULT",
        });
        if matches!(on, OnDeletion::SetNull | OnDeletion::SetDefault) {
            text.sql(" (").quoted_name(&parent.column).sql(")");
        }
        text.sql(match deferrable {
            Deferrable::No => "",
            Deferrable::Yes => " DEFERRABLE",
            Deferrable::Initially => " DEFERRABLE INITIALLY DEFERRED",
        });
    });
    Change { sql, undo: drop_constraint(at, &name) }
}

pub(crate) fn parent_key_name(parent: &Parent) -> String {
    derived("user_scope_", &parent.column)
}

/// Takes away a key whose place another has taken: beside it, it would answer a foreign parent and an absent one
/// differently.
pub(crate) fn replaced_key(table: &TableName, name: &str, definition: &str) -> Change {
    let undo = alter(table, |text| {
        text.sql("ADD CONSTRAINT ").quoted_name(name).sql(" ").as_the_catalogue_writes_it(definition);
    });
    Change { sql: drop_constraint(table, name), undo }
}

/// The same as a key, where parent and child store their owners otherwise.
pub(crate) fn parent_trigger(table: &Table, at: &TableName, parent: &Parent) -> Change {
    let name = parent_key_name(parent);
    let sql = write(|text| {
        text.sql("CREATE TRIGGER ").quoted_name(&name).sql(" BEFORE INSERT OR UPDATE ON ");
        at.write(text);
        text.sql(" FOR EACH ROW WHEN (NEW.").quoted_name(&parent.column).sql(" IS NOT NULL) EXECUTE FUNCTION ");
        text.sql(OWN_PARENT).sql("(").quoted_text(&write(|text| parent.table.write(text)));
        for name in [&parent.id, &parent.owner, &parent.column, &table.owner] {
            text.sql(", ").quoted_text(name);
        }
        text.sql(")");
    });
    Change { sql, undo: drop_trigger(at, &name) }
}

/// Nobody but system mode gives a row away.
pub(crate) fn fixed_owner(table: &TableName, owner: &str, system_role: &str) -> Change {
    let sql = write(|text| {
        text.sql("CREATE TRIGGER ").sql(FIXED_OWNER).sql(" BEFORE UPDATE ON ");
        table.write(text);
        text.sql(" FOR EACH ROW WHEN (OLD.").quoted_name(owner).sql(" IS DISTINCT FROM NEW.").quoted_name(owner);
        text.sql(") EXECUTE FUNCTION ").sql(FIXED_OWNER).sql("(").quoted_text(system_role).sql(")");
    });
    Change { sql, undo: drop_trigger(table, FIXED_OWNER) }
}

/// The functions of the triggers. Neither is SECURITY DEFINER: they see what the caller sees, and know him.
pub(crate) fn functions() -> Change {
    Change {
        sql: include_str!("functions.sql").to_owned(),
        undo: format!("DROP FUNCTION {FIXED_OWNER}(); DROP FUNCTION {OWN_PARENT}()"),
    }
}

/// A user's own rows, to read and to write. The setting is `''` after the transaction that said it, not NULL.
pub(crate) fn owner_policy(table: &Table, at: &TableName) -> Change {
    policy(at, OWNER_POLICY, |text| {
        text.sql(" USING (");
        is_the_callers(text, &table.owner, table.owner_kind);
        text.sql(") WITH CHECK (");
        is_the_callers(text, &table.owner, table.owner_kind);
        text.sql(")");
    })
}

/// Everybody's rows, for the role of system mode alone.
pub(crate) fn system_policy(table: &TableName, system_role: &str) -> Change {
    policy(table, SYSTEM_POLICY, |text| {
        text.sql(" TO ").quoted_name(system_role).sql(" USING (true) WITH CHECK (true)");
    })
}

/// `owner = nullif(current_setting('user_scope.user_id', true), '')::uuid`.
pub(super) fn is_the_callers(text: &mut SqlText, owner: &str, kind: IdKind) {
    text.quoted_name(owner).sql(" = ");
    the_callers(text, kind);
}

/// `nullif(current_setting('user_scope.user_id', true), '')::uuid`: NULL if there is none.
pub(crate) fn the_callers(text: &mut SqlText, kind: IdKind) {
    text.sql("nullif(current_setting(").literal(SETTING).sql(", true), '')");
    text.sql(match kind {
        IdKind::Uuid => "::uuid",
        IdKind::Integer => "::bigint",
        IdKind::Text => "",
    });
}

pub(super) fn policy(table: &TableName, name: &str, what: impl FnOnce(&mut SqlText)) -> Change {
    let sql = write(|text| {
        text.sql("CREATE POLICY ").quoted_name(name).sql(" ON ");
        table.write(text);
        what(text);
    });
    let undo = write(|text| {
        text.sql("DROP POLICY ").quoted_name(name).sql(" ON ");
        table.write(text);
    });
    Change { sql, undo }
}

/// Policies count for all but the table's owner …
pub(crate) fn row_security(table: &TableName) -> Change {
    switch(table, "ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY")
}

/// … and for him as well.
pub(crate) fn forced_row_security(table: &TableName) -> Change {
    switch(table, "FORCE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY")
}

fn switch(table: &TableName, on: &'static str, off: &'static str) -> Change {
    let to = |word| {
        alter(table, |text| {
            text.sql(word);
        })
    };
    Change { sql: to(on), undo: to(off) }
}

pub(crate) fn drop_constraint(table: &TableName, name: &str) -> String {
    alter(table, |text| {
        text.sql("DROP CONSTRAINT ").quoted_name(name);
    })
}

fn drop_trigger(table: &TableName, name: &str) -> String {
    write(|text| {
        text.sql("DROP TRIGGER ").quoted_name(name).sql(" ON ");
        table.write(text);
    })
}

/// Both parts in one name that PostgreSQL does not cut. What is cut here keeps a mark of the whole.
pub(crate) fn derived(first: &str, second: &str) -> String {
    let whole = format!("{first}{second}");
    if whole.len() <= LONGEST_NAME {
        return whole;
    }
    let mark = whole
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut kept = whole;
    let mut end = LONGEST_NAME - 17;
    while !kept.is_char_boundary(end) {
        end -= 1;
    }
    kept.truncate(end);
    format!("{kept}_{mark:016x}")
}
