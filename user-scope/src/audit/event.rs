//! What is recorded: who did what to which row.

use std::fmt::{self, Write as _};

use uuid::Uuid;

use crate::context::{Accountable, Scope};
use crate::entity::{ColumnSet, Entity, Moment};
use crate::identifier::IdValue;

/// What was done, as the column `operation` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// A row was inserted.
    Create,
    /// A row was read by its id.
    Read,
    /// Rows were read, or counted, by a condition.
    List,
    /// A row was changed.
    Update,
    /// A row was inserted, or changed because it was there already.
    Upsert,
    /// A row was deleted, or marked as deleted.
    Delete,
    /// A row is not marked as deleted any more.
    Restore,
    /// A system context gave a row to another user.
    Transfer,
    /// A system context removed a row for good.
    Purge,
    /// A row of somebody else was asked for, and not given.
    UnauthorizedAccess,
    /// A system context was made: its receipt.
    SystemAccess,
    /// A connection was lent to SQL of the application's own; what that did is not known.
    RawSql,
}

impl Operation {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Create,
        Self::Read,
        Self::List,
        Self::Update,
        Self::Upsert,
        Self::Delete,
        Self::Restore,
        Self::Transfer,
        Self::Purge,
        Self::UnauthorizedAccess,
        Self::SystemAccess,
        Self::RawSql,
    ];

    /// The word that stands in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::List => "list",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Transfer => "transfer",
            Self::Purge => "purge",
            Self::UnauthorizedAccess => "unauthorized_access",
            Self::SystemAccess => "system_access",
            Self::RawSql => "raw_sql",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An access, on its way to an [`AuditSink`](super::AuditSink).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AuditEvent {
    /// Its own id, the same however often it is sent. Nil until the writer takes it up.
    pub id: Uuid,
    /// The user who answers for the access: the caller, or who asked for the system context.
    pub user: IdValue,
    /// The entity's name.
    pub entity_type: &'static str,
    /// The row's id, if the access was to one row.
    pub entity_id: Option<String>,
    /// What was done.
    pub operation: Operation,
    /// When, by the application's clock.
    pub occurred_at: Moment,
    /// The rest.
    pub details: Details,
}

impl AuditEvent {
    /// What `caller` does now.
    pub(crate) fn by(
        caller: &dyn Accountable,
        entity_type: &'static str,
        entity_id: Option<String>,
        operation: Operation,
        details: Details,
    ) -> Self {
        let (user, details) = (caller.actor(), details.signed(caller));
        Self { id: Uuid::nil(), user, entity_type, entity_id, operation, occurred_at: Moment::now(), details }
    }
}

/// What a log row says beyond its columns. Its [`Display`](fmt::Display) is the JSON object that is stored.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Details {
    /// The columns that were changed. A redacted one is named as any other: it is its value that is secret.
    pub changed: Vec<&'static str>,
    /// How many rows a list returned, or the write touched that this was part of: each of its rows says how many there were in
    /// all. 0 of what only counts or adds up: it gives no row.
    pub rows: Option<u64>,
    /// How many rows were counted or added up, and not given.
    pub counted: Option<u64>,
    /// What a denied access would have done.
    pub attempted: Option<Operation>,
    /// The receipt of the system context in which it was done.
    pub receipt: Option<Uuid>,
    /// Whose row it was, if not the user's own.
    pub owner: Option<String>,
    /// To whom the row was given.
    pub to: Option<String>,
    /// Why a system context was made.
    pub reason: Option<String>,
    /// The values before and after, if the entity records them.
    pub values: Option<Box<Values>>,
}

/// What a write did to the values of a row, as JSON objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Values {
    /// Those that it replaced.
    pub old: Option<String>,
    /// Those that it wrote.
    pub new: Option<String>,
}

impl Values {
    pub(crate) fn of(old: Option<String>, new: Option<String>) -> Option<Box<Self>> {
        (old.is_some() || new.is_some()).then(|| Box::new(Self { old, new }))
    }
}

impl Details {
    /// With what system mode adds: the receipt, and whose rows they are if it acts on one user's.
    #[must_use]
    pub(crate) fn signed(self, caller: &dyn Accountable) -> Self {
        let receipt = caller.receipt();
        let owner = match caller.whose() {
            Scope::User(owner) if receipt.is_some() => Some(owner.to_id_value().into_text()),
            _ => self.owner,
        };
        Self { receipt, owner, ..self }
    }

    /// Names the columns in `columns`.
    #[must_use]
    pub(crate) fn changing(mut self, entity: &Entity, columns: ColumnSet) -> Self {
        let named = entity.definition().columns.iter().enumerate();
        let named = named.filter(|(position, _)| columns.contains(*position));
        self.changed = named.map(|(_, column)| column.name).collect();
        self
    }

    /// The JSON object, or `None` if there is nothing to say.
    pub(crate) fn to_json(&self) -> Option<String> {
        let mut json = String::with_capacity(64);
        // Writing to a String cannot fail.
        let _ = write!(json, "{self}");
        Some(json).filter(|json| json != "{}")
    }
}

/// A JSON object; what is absent is left out.
impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut object = Object { f, empty: true };
        if !self.changed.is_empty() {
            object.key("changed")?;
            for (index, column) in self.changed.iter().enumerate() {
                // Nothing in the name of a column needs an escape: the derive checked it.
                object.f.write_str(if index == 0 { "[\"" } else { ",\"" })?;
                object.f.write_str(column)?;
                object.f.write_str("\"")?;
            }
            object.f.write_str("]")?;
        }
        if let Some(rows) = self.rows {
            object.key("rows")?;
            write!(object.f, "{rows}")?;
        }
        if let Some(counted) = self.counted {
            object.key("counted")?;
            write!(object.f, "{counted}")?;
        }
        object.text("attempted", self.attempted.map(Operation::as_str))?;
        object.text("receipt", self.receipt.map(|receipt| receipt.to_string()).as_deref())?;
        object.text("owner", self.owner.as_deref())?;
        object.text("to", self.to.as_deref())?;
        object.text("reason", self.reason.as_deref())?;
        if let Some(values) = &self.values {
            object.json("old", values.old.as_deref())?;
            object.json("new", values.new.as_deref())?;
        }
        object.end()
    }
}

/// A flat JSON object in the making: too little to ask every user of the library for a JSON crate.
struct Object<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    empty: bool,
}

impl Object<'_, '_> {
    fn key(&mut self, key: &str) -> fmt::Result {
        self.f.write_str(if self.empty { "{\"" } else { ",\"" })?;
        self.f.write_str(key)?;
        self.f.write_str("\":")?;
        self.empty = false;
        Ok(())
    }

    fn text(&mut self, key: &str, text: Option<&str>) -> fmt::Result {
        let Some(text) = text else { return Ok(()) };
        self.key(key)?;
        quoted(self.f, text)
    }

    /// What the database wrote as JSON.
    fn json(&mut self, key: &str, json: Option<&str>) -> fmt::Result {
        let Some(json) = json else { return Ok(()) };
        self.key(key)?;
        self.f.write_str(json)
    }

    fn end(self) -> fmt::Result {
        self.f.write_str(if self.empty { "{}" } else { "}" })
    }
}

/// A JSON string (RFC 8259, section 7).
fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    let mut rest = text;
    // What needs no escape is written in one piece.
    while let Some(at) = rest.find(|character| matches!(character, '"' | '\\') || character < ' ') {
        let (plain, escaped) = rest.split_at(at);
        f.write_str(plain)?;
        let mut characters = escaped.chars();
        match characters.next() {
            Some('"') => f.write_str("\\\"")?,
            Some('\\') => f.write_str("\\\\")?,
            control => write!(f, "\\u{:04x}", control.map_or(0, u32::from))?,
        }
        rest = characters.as_str();
    }
    f.write_str(rest)?;
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_a_json_object_whatever_they_hold() {
        assert_eq!(Details::default().to_string(), "{}");
        let details = Details {
            changed: vec!["title", "price"],
            rows: Some(2),
            reason: Some("say \"hi\"\n\\ \u{1} ☃".into()),
            ..Details::default()
        };
        assert_eq!(
            details.to_string(),
            r#"{"changed":["title","price"],"rows":2,"reason":"say \"hi\"\u000a\\ \u0001 ☃"}"#
        );
    }
}
