//! What is there, and whether an adoption can be carried out at all: everything that a person has to decide is said here,
//! before anything is changed.

use super::table::{AdoptedTable, Way, system, user};
use super::{Adoption, postgres, sqlite};
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::identifier::{IdKind, IdValue};
use crate::isolation::facts::{self, Facts, Key, Texts, ask, ask_text};
use crate::isolation::run::{failed, problem};
use crate::lease::Lease;
use crate::migration;
use crate::sql::adoption::backfill::{self, Source};
use crate::sql::adoption::callerless;
use crate::sql::isolation::{Parent, Table, TableName, doctor};

/// A table, as it is and as it is to be.
#[derive(Debug)]
pub(super) struct Surveyed {
    pub(super) given: TableName,
    pub(super) facts: Facts,
    pub(super) table: Table,
    pub(super) state: State,
    pub(super) source: Source,
    pub(super) owners: Vec<(String, IdValue)>,
}

/// What only one of the databases says of a table.
#[derive(Debug, Default)]
pub(super) struct State {
    /// About how many rows it has.
    pub(super) rows: i64,
    pub(super) default: Option<String>,
    /// The check that stands in for NOT NULL: whether it has looked at all rows.
    pub(super) check: Option<bool>,
    /// Triggers of others that an update fires.
    pub(super) triggers: Vec<String>,
    pub(super) rowid: Option<&'static str>,
    /// Whether there are rows without an owner.
    pub(super) has_orphans: bool,
}

impl Surveyed {
    pub(super) fn has_column(&self) -> bool {
        self.facts.column(&self.table.owner).is_some()
    }

    /// Whether it is noted who writes to it without a caller.
    pub(super) fn notes_callerless(&self) -> bool {
        self.facts.triggers.iter().any(|name| name == callerless::TRIGGER)
    }

    /// Keys to other tables of an adoption that do not name their rows by the id: nothing can prove there that both have the same owner.
    pub(super) fn loose_links(&self, tables: &[Self]) -> Vec<String> {
        let of_key = |key: &Key| {
            let ([column], [its]) = (key.columns.as_slice(), key.its_columns.as_slice()) else { return None };
            let there = tables.iter().find(|there| is_named(there, &key.table))?;
            let is_proven = its.is_empty() || *its == there.table.id || *its == there.table.owner;
            (!is_proven).then(|| {
                let (at, above) = (&self.facts.name, &there.facts.name);
                format!("{at}.{column} refers to {above}.{its}, which is not its key: nothing proves that both have the same owner")
            })
        };
        self.facts.keys.iter().filter_map(of_key).collect()
    }

    /// The key that says which owners there are.
    fn key_of_owners(&self) -> Option<&Key> {
        let is_it = |key: &&Key| {
            key.columns == [self.table.owner.as_str()] && key.its_columns.iter().all(|its| !its.is_empty())
        };
        self.facts.keys.iter().find(is_it)
    }

    /// A column that a configuration names, and that is not there, may be a slip.
    pub(super) fn is_a_new_name(&self) -> Option<String> {
        let (at, owner) = (&self.facts.name, &self.table.owner);
        (owner != "user_id").then(|| format!("{at} has no column {owner} yet: it is added"))
    }

    /// What is said behind the number of rows whose parent belongs to another.
    pub(super) fn is_at_odds_with(&self, parent: &Parent) -> String {
        let (child, column, parent) = (&self.facts.name, &parent.column, &parent.table);
        format!(
            "rows of {child} belong to another than the row of {parent} that they name in {column}: mend them, or say that \
             {column} is unlinked"
        )
    }

    /// Whether a row may have no owner.
    pub(super) fn is_nullable(&self) -> bool {
        self.facts.column(&self.table.owner).is_none_or(|owner| !owner.not_null)
    }
}

/// All tables, parents before the children that take their owners from them.
pub(super) async fn survey<DB: Backend>(lease: &mut Lease<DB>, adoption: &Adoption) -> Result<Vec<Surveyed>> {
    if adoption.tables.is_empty() {
        return Err(problem("no table was named".to_owned()));
    }
    if adoption.settings.applications.contains(&adoption.settings.system_role) {
        let role = &adoption.settings.system_role;
        return Err(problem(format!("{role} is the role of system mode: the application has a login of its own")));
    }
    migration::check(lease, adoption.settings.owner).await?;
    let mut tables: Vec<Surveyed> = Vec::with_capacity(adoption.tables.len());
    for adopted in &adoption.tables {
        let surveyed = one(lease, adoption, adopted).await?;
        if tables.iter().any(|known| known.facts.name == surveyed.facts.name) {
            return Err(problem(format!("{} was named twice", adopted.name)));
        }
        tables.push(surveyed);
    }
    let linked: Result<Vec<(Source, Vec<Parent>)>> =
        adoption.tables.iter().zip(&tables).map(|(adopted, this)| links(adoption, adopted, this, &tables)).collect();
    for (this, (source, parents)) in tables.iter_mut().zip(linked?) {
        this.source = source;
        this.table.parents = parents;
    }
    // Where every row has an owner, none is asked for; and the table may show none to its owner any more.
    for this in tables.iter().filter(|this| this.is_nullable()) {
        if let Source::Expression(expression) = &this.source {
            let tried = backfill::tried(DB::DIALECT, &this.table, &this.facts.name, expression);
            ask_text(lease, tried).await.map_err(|error| crate::Error::Isolation {
                problem: format!("{}: the expression for its owner cannot be used: {expression}", this.given),
                source: Some(error.into()),
            })?;
        }
    }
    for this in tables.iter().filter(|this| this.state.has_orphans) {
        if let (Source::Value(user), Some(key)) = (&this.source, this.key_of_owners()) {
            let question = backfill::is_there(DB::DIALECT, &key.table, &key.its_columns, user, this.table.owner_kind);
            if ask_text(lease, question).await.map_err(failed)? != "t" {
                return Err(problem(format!(
                    "{}.{} refers to {}, which has no row for {user}: insert it, or say where rows get their owner",
                    this.given, this.table.owner, key.table
                )));
            }
        }
    }
    in_order(tables)
}

async fn one<DB: Backend>(lease: &mut Lease<DB>, adoption: &Adoption, adopted: &AdoptedTable) -> Result<Surveyed> {
    let given = TableName::read(&adopted.name);
    let facts = facts::of(lease, &given).await.map_err(failed)?;
    // PostgreSQL cuts what is too long, and would find another.
    let is_it = |facts: &Facts| DB::DIALECT == Dialect::Sqlite || facts.name.name == given.name;
    let Some(facts) = facts.filter(is_it) else {
        let likely = match DB::DIALECT {
            Dialect::Postgres => postgres::likely(lease, &given).await?,
            Dialect::Sqlite => None,
        };
        let hint = likely.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        return Err(problem(format!("there is no table {}{hint}", adopted.name)));
    };
    if facts.name.name.starts_with("user_scope_") || facts.name.name == "user_access_log" {
        return Err(problem(format!("{} is a table of this library", adopted.name)));
    }
    // SQLite tells no upper from lower case in names.
    let is_owner = |name: &&String| DB::DIALECT == Dialect::Sqlite && name.eq_ignore_ascii_case(&adopted.owner);
    let owner = facts.columns.iter().map(|column| &column.name).find(is_owner).unwrap_or(&adopted.owner).clone();
    let adopted = &AdoptedTable { owner, ..adopted.clone() };
    let mut table = Table::named(&adopted.name, &adopted.owner);
    table.name = facts.name.clone();
    table.owner_kind = kind(adoption, adopted, &facts)?;
    let asked = match DB::DIALECT {
        Dialect::Postgres => facts.name.quoted(),
        Dialect::Sqlite => facts.name.name.clone(),
    };
    let mut key = Vec::new();
    for row in ask(lease, doctor::primary_key(DB::DIALECT), &[&asked]).await.map_err(failed)? {
        key.push(Texts(row).text());
    }
    table.keyed_by_owner = key.len() == 2 && key.contains(&table.owner);
    key.retain(|column| *column != table.owner);
    // A key that looks at the end of a transaction, or of a statement, is none that children could refer to with their owner.
    let looks_at_once = |id: &String| {
        facts.indexes.iter().any(|index| index.unique && index.whole && index.columns == [id.as_str()])
            || table.keyed_by_owner
    };
    if let [id] = key.as_slice()
        && (DB::DIALECT == Dialect::Sqlite || looks_at_once(id))
    {
        table.id.clone_from(id);
    }
    let mut state = match DB::DIALECT {
        Dialect::Postgres => postgres::state(lease, adopted, &facts).await?,
        Dialect::Sqlite => sqlite::state(lease, adopted, &facts).await?,
    };
    if facts.column(&table.owner).is_some_and(|owner| !owner.not_null) {
        let question = backfill::any_without_owner(DB::DIALECT, &table, &facts.name);
        state.has_orphans = ask_text(lease, question).await.map_err(failed)? == "t";
    }
    if DB::DIALECT == Dialect::Sqlite && facts.column(&table.owner).is_some() {
        let misshapen = ask_text(lease, backfill::misshapen(&table)).await.map_err(failed)?;
        if misshapen != "0" {
            let (at, owner, kind) = (&facts.name, &table.owner, table.owner_kind);
            return Err(problem(format!("{misshapen} rows of {at} have an owner in {owner} that is no {kind:?}")));
        }
    }
    let owners = owners(&table, adoption.settings.owner, adopted)?;
    Ok(Surveyed { given, facts, table, state, source: Source::Expression(String::new()), owners })
}

/// How the table stores owners, or will.
fn kind(adoption: &Adoption, adopted: &AdoptedTable, facts: &Facts) -> Result<IdKind> {
    let wanted = adopted.kind.unwrap_or(adoption.settings.owner);
    let Some(owner) = facts.column(&adopted.owner) else { return Ok(wanted) };
    let found = match owner.type_name.to_lowercase().as_str() {
        // On SQLite a column may hold anything.
        "blob" | "" => Some(wanted),
        _ => owner.kind(),
    };
    match found {
        Some(found) if found == wanted || (found == IdKind::Text && wanted == IdKind::Uuid) => Ok(found),
        _ => Err(problem(format!(
            "{}.{} is of type {}, which holds no {wanted:?} of a user: say the type of the owner, or another column",
            adopted.name, adopted.owner, owner.type_name
        ))),
    }
}

/// A mapping's owners, each a user.
fn owners(table: &Table, of: IdKind, adopted: &AdoptedTable) -> Result<Vec<(String, IdValue)>> {
    let Way::Mapping { owners, .. } = &adopted.backfill.0 else { return Ok(Vec::new()) };
    let mut seen = std::collections::HashSet::new();
    let read = owners.iter().map(|(id, owner)| {
        if !seen.insert(id) {
            return Err(problem(format!("{}: the mapping names the owner of {id} twice", adopted.name)));
        }
        user(table.owner_kind, of, owner).map(|owner| (id.clone(), owner)).ok_or_else(|| {
            problem(format!("{}: in the mapping the owner of {id} is no {:?}", adopted.name, table.owner_kind))
        })
    });
    read.collect()
}

/// Where rows get their owner, and which other tables they refer to.
fn links(
    adoption: &Adoption,
    adopted: &AdoptedTable,
    this: &Surveyed,
    tables: &[Surveyed],
) -> Result<(Source, Vec<Parent>)> {
    let name = &adopted.name;
    let lacks = |column: &String| this.facts.column(column).is_none();
    let mut parents: Vec<Parent> = Vec::new();
    let source = match &adopted.backfill.0 {
        Way::System => Source::Value(system(this.table.owner_kind, adoption.settings.owner)),
        Way::Constant(text) => match user(this.table.owner_kind, adoption.settings.owner, text) {
            Some(user) => Source::Value(user),
            None => return Err(problem(format!("{name}: {text} is no {:?}", this.table.owner_kind))),
        },
        Way::Expression(expression) => Source::Expression(expression.clone()),
        Way::Mapping { key, .. } if lacks(key) => {
            return Err(problem(format!("{name} has no column {key}, by which the mapping names its rows")));
        }
        Way::Mapping { key, .. } => Source::Mapping(key.clone()),
        Way::Parent { table, through } => {
            let parent = parent(name, table, through, this, tables)?;
            if !adopted.unlinked.contains(through) {
                parents.push(parent.clone());
            }
            Source::Parent(parent)
        }
    };
    for key in &this.facts.keys {
        let ([column], [its]) = (key.columns.as_slice(), key.its_columns.as_slice()) else { continue };
        let Some(there) = tables.iter().find(|there| is_named(there, &key.table)) else { continue };
        let is_known = parents.iter().any(|parent| parent.column == *column);
        // Where the key does not say what it refers to, it is the primary one.
        let is_id = *its == there.table.id || its.is_empty();
        if is_id && !is_known && !adopted.unlinked.contains(column) && *column != this.table.owner {
            parents.push(linked(column, there));
        }
    }
    if let Some(column) = adopted.unlinked.iter().find(|column| lacks(column)) {
        return Err(problem(format!("{name} has no column {column}, which is to be unlinked")));
    }
    Ok((source, parents))
}

/// The parent of whom a row takes its owner.
fn parent(name: &str, table: &str, through: &str, this: &Surveyed, tables: &[Surveyed]) -> Result<Parent> {
    let asked = TableName::read(table);
    let Some(there) = tables.iter().find(|there| there.given == asked || is_named(there, &asked)) else {
        return Err(problem(format!("{table} is a parent of {name}: it has to come under isolation with it")));
    };
    if there.facts.name == this.facts.name {
        return Err(problem(format!("{name} cannot take its owners from itself")));
    }
    let Some(column) = this.facts.column(through) else {
        return Err(problem(format!("{name} has no column {through}, through which it would find its {table}")));
    };
    let Some(id) = there.facts.column(&there.table.id) else {
        return Err(problem(format!("{table} has no primary key of one column that {name}.{through} could name")));
    };
    let is_postgres = there.facts.name.schema.is_some();
    if is_postgres && column.type_name != id.type_name {
        let (one, other) = (&column.type_name, &id.type_name);
        return Err(problem(format!("{name}.{through} is {one}, and {table}.{} is {other}", there.table.id)));
    }
    if !is_postgres && this.table.owner_kind != there.table.owner_kind {
        return Err(problem(format!("{name} and {table} store owners differently, which SQLite cannot convert")));
    }
    Ok(linked(through, there))
}

fn linked(column: &str, there: &Surveyed) -> Parent {
    Parent {
        column: column.to_owned(),
        table: there.facts.name.clone(),
        id: there.table.id.clone(),
        owner: there.table.owner.clone(),
        owner_kind: there.table.owner_kind,
    }
}

fn is_named(there: &Surveyed, name: &TableName) -> bool {
    let same = match there.facts.name.schema {
        Some(_) => there.facts.name.name == name.name,
        None => there.facts.name.name.eq_ignore_ascii_case(&name.name),
    };
    same && (name.schema.is_none() || there.facts.name.schema == name.schema)
}

fn in_order(mut tables: Vec<Surveyed>) -> Result<Vec<Surveyed>> {
    let mut ordered: Vec<Surveyed> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let waits = |this: &Surveyed, rest: &[Surveyed]| match &this.source {
            Source::Parent(parent) => rest.iter().any(|other| other.facts.name == parent.table),
            _ => false,
        };
        let Some(next) = tables.iter().position(|this| !waits(this, &tables)) else {
            let names: Vec<_> = tables.iter().map(|table| table.given.to_string()).collect();
            return Err(problem(format!("{} take their owners from one another in a circle", names.join(", "))));
        };
        ordered.push(tables.remove(next));
    }
    Ok(ordered)
}
