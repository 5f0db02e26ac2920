//! A configuration that a person can begin with: which tables belong to users, as far as a schema tells.

use std::pin::pin;

use sqlx::Pool;

use super::run::{self, NAME};
use crate::backend::{Backend, Dialect};
use crate::error::Result;
use crate::identifier::IdKind;
use crate::isolation::facts::{self, Column, Facts, Key, Texts, ask};
use crate::isolation::run::{failed, problem};
use crate::lease::Lease;
use crate::observe::observed;
use crate::sql::adoption::proposal as question;
use crate::sql::isolation::{TableName, doctor};

/// How tables of people are called, the likeliest first. Those of the first few hold whoever logs in.
const PEOPLE: [&str; 16] = [
    "users",
    "user",
    "app_users",
    "app_user",
    "accounts",
    "account",
    "members",
    "member",
    "customers",
    "customer",
    "clients",
    "client",
    "people",
    "persons",
    "person",
    "profiles",
];
/// Of these a user has a row that is about him, and that programs read before anybody has logged in.
const LOGINS: usize = 6;
/// How columns are called that hold the owner, the likeliest first.
const OWNERS: [&str; 8] =
    ["user_id", "owner_id", "account_id", "member_id", "customer_id", "client_id", "author_id", "created_by"];

/// What a schema tells of whose its rows are.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Proposal {
    /// The type of a user's id: `uuid`, `bigint` or `text`.
    pub owner_type: &'static str,
    /// Why, and what is unsure about it.
    pub because: String,
    /// Tables whose rows belong to users, parents first.
    pub tables: Vec<ProposedTable>,
    /// Tables of which the schema does not tell.
    pub others: Vec<String>,
}

/// A table whose rows belong to users.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProposedTable {
    /// Its name, as a configuration takes it.
    pub name: String,
    /// The column of the owner, where there is one already.
    pub owner: Option<String>,
    /// Where rows get their owner.
    pub origin: Origin,
    /// What a person should look at.
    pub unsure: Vec<String>,
    /// Whether a person should rather decide before it comes under isolation at all.
    pub is_doubtful: bool,
}

/// Where rows get their owner.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// They have one.
    Present,
    /// From the row that a column names.
    Parent {
        /// The parent's table.
        table: String,
        /// The column.
        through: String,
    },
}

/// A table as it is.
struct Candidate {
    facts: Facts,
    key: Vec<String>,
}

impl Candidate {
    /// As a configuration names it.
    fn name(&self) -> String {
        let TableName { schema, name } = &self.facts.name;
        let is_plain = |name: &str| !name.contains(['.', '"']);
        match schema.as_deref() {
            None | Some("public") if is_plain(name) => name.clone(),
            Some(schema) if is_plain(schema) && is_plain(name) => format!("{schema}.{name}"),
            _ => self.facts.name.quoted(),
        }
    }

    fn id(&self) -> Option<&Column> {
        match self.key.as_slice() {
            [id] => self.facts.column(id),
            _ => None,
        }
    }

    /// Keys of one column to the id of this table.
    fn keys_to(&self, there: &Self) -> Vec<&Key> {
        let is_id = |its: &[String]| its == there.key.as_slice() || its.is_empty() || its == [String::new()];
        let to_it = |key: &&Key| {
            let same = match there.facts.name.schema {
                Some(_) => key.table == there.facts.name,
                None => key.table.name.eq_ignore_ascii_case(&there.facts.name.name),
            };
            same && key.columns.len() == 1 && is_id(&key.its_columns)
        };
        self.facts.keys.iter().filter(to_it).collect()
    }
}

pub(super) async fn propose<DB: Backend>(pool: &Pool<DB>) -> Result<Proposal> {
    let mut found = None;
    let proposed = async {
        let mut lease = run::acquire(pool).await?;
        let candidates = candidates(&mut lease).await?;
        found = Some(among(&candidates)?);
        Ok(())
    };
    observed(NAME, "propose", pin!(proposed)).await?;
    found.ok_or_else(|| problem("nothing was found".to_owned()))
}

async fn candidates<DB: Backend>(lease: &mut Lease<DB>) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for row in ask(lease, question::tables(DB::DIALECT), &[]).await.map_err(failed)? {
        let name = Texts(row).table();
        let Some(facts) = facts::of(lease, &name).await.map_err(failed)? else { continue };
        let asked = match DB::DIALECT {
            Dialect::Postgres => facts.name.quoted(),
            Dialect::Sqlite => facts.name.name.clone(),
        };
        let rows = ask(lease, doctor::primary_key(DB::DIALECT), &[&asked]).await.map_err(failed)?;
        candidates.push(Candidate { facts, key: rows.into_iter().map(|row| Texts(row).text()).collect() });
    }
    Ok(candidates)
}

fn among(candidates: &[Candidate]) -> Result<Proposal> {
    let ranked = |candidate: &&Candidate| {
        let name = candidate.facts.name.name.to_lowercase();
        let rank = PEOPLE.iter().position(|people| *people == name)?;
        candidate.id().and_then(Column::kind).map(|_| rank)
    };
    let mut people: Vec<_> = candidates.iter().filter(|candidate| ranked(candidate).is_some()).collect();
    people.sort_by_key(|candidate| ranked(candidate));
    let users = people.first().copied();
    let by_name = candidates.iter().flat_map(|table| table.facts.columns.iter().filter(|column| is_owner(column)));
    let (kind, because) = match (users.and_then(Candidate::id), by_name.clone().next()) {
        (Some(id), _) => {
            let table = users.map(Candidate::name).unwrap_or_default();
            let others: Vec<_> = people.iter().skip(1).map(|other| other.name()).collect();
            let mut because = format!("{table}.{} identifies users", id.name);
            if !others.is_empty() {
                because += &format!("; or is it {}?", others.join(" or "));
            }
            (id.kind(), because)
        }
        (None, Some(column)) => (column.kind(), format!("there is no table of users, but columns {}", column.name)),
        (None, None) => {
            return Err(problem(
                "neither a table of users nor a column of owners was found: name tables by --table, or write a configuration"
                    .to_owned(),
            ));
        }
    };
    let kind = kind.unwrap_or(IdKind::Uuid);
    let is_login = users.and_then(|users| ranked(&users)).is_some_and(|rank| rank < LOGINS);
    let mut tables: Vec<ProposedTable> = users.map(|users| of_users(users, is_login)).into_iter().collect();
    let mut known: Vec<&Candidate> = Vec::new();
    let mut rest: Vec<&Candidate> =
        candidates.iter().filter(|table| users.is_none_or(|users| users.facts.name != table.facts.name)).collect();
    rest.retain(|table| match directly(table, users, kind) {
        Some(proposed) => {
            tables.push(proposed);
            known.push(table);
            false
        }
        None => true,
    });
    // One step further from the users each time: the nearest parent is the likeliest, of those that a row cannot be without, and
    // else of those that it may lack.
    loop {
        let found = |surely| rest.iter().filter_map(|table| Some((*table, through(table, &known, surely)?))).collect();
        let mut ring: Vec<_> = found(true);
        if ring.is_empty() {
            ring = found(false);
        }
        if ring.is_empty() {
            break;
        }
        for (table, proposed) in ring {
            rest.retain(|other| other.facts.name != table.facts.name);
            known.push(table);
            tables.push(proposed);
        }
    }
    let owner_type = match kind {
        IdKind::Uuid => "uuid",
        IdKind::Integer => "bigint",
        IdKind::Text => "text",
    };
    Ok(Proposal { owner_type, because, tables, others: rest.into_iter().map(Candidate::name).collect() })
}

fn is_owner(column: &Column) -> bool {
    OWNERS.contains(&column.name.to_lowercase().as_str()) && column.kind().is_some()
}

/// Each row is a user.
fn of_users(users: &Candidate, is_doubtful: bool) -> ProposedTable {
    let why = "each row is a user: is it his alone, and is nothing read in it before he has logged in?";
    ProposedTable {
        name: users.name(),
        owner: users.key.first().cloned().filter(|id| id != "user_id"),
        origin: Origin::Present,
        unsure: vec![why.to_owned()],
        is_doubtful,
    }
}

/// A table that has a column for the owner.
fn directly(table: &Candidate, users: Option<&Candidate>, kind: IdKind) -> Option<ProposedTable> {
    let rank = |name: &str| OWNERS.iter().position(|owner| *owner == name.to_lowercase()).unwrap_or(OWNERS.len());
    let keys = users.map(|users| table.keys_to(users)).unwrap_or_default();
    let mut columns: Vec<_> = keys.iter().filter_map(|key| key.columns.first()).collect();
    columns.sort_by_key(|name| rank(name));
    let mut unsure = Vec::new();
    let owner = match columns.as_slice() {
        [only] => (*only).clone(),
        [first, others @ ..] => {
            let others: Vec<_> = others.iter().map(|name| name.as_str()).collect();
            unsure.push(format!("or is its owner in {}?", others.join(" or ")));
            (*first).clone()
        }
        [] => {
            let fits = |column: &&Column| is_owner(column) && column.kind() == Some(kind);
            let column = table.facts.columns.iter().filter(fits).min_by_key(|column| rank(&column.name))?;
            unsure.push(format!("no key says that {} names a user", column.name));
            column.name.clone()
        }
    };
    let column = table.facts.column(&owner)?;
    if !column.not_null {
        unsure.push(format!("rows without {owner} get the system user"));
    }
    Some(ProposedTable {
        name: table.name(),
        owner: (owner != "user_id").then_some(owner),
        origin: Origin::Present,
        unsure,
        is_doubtful: false,
    })
}

/// A table whose rows name rows of one that is known; surely, if each does.
fn through(table: &Candidate, known: &[&Candidate], surely: bool) -> Option<ProposedTable> {
    let links = known.iter().flat_map(|parent| table.keys_to(parent).into_iter().map(|key| (*parent, key)));
    let mut links: Vec<_> = links.filter(|(parent, _)| parent.facts.name != table.facts.name).collect();
    let may_lack =
        |key: &Key| key.columns.first().and_then(|name| table.facts.column(name)).is_none_or(|c| !c.not_null);
    links.sort_by_key(|(_, key)| may_lack(key));
    let ((parent, key), others) = links.split_first()?;
    if surely && may_lack(key) {
        return None;
    }
    let through = key.columns.first()?.clone();
    let mut unsure: Vec<_> = others
        .iter()
        .map(|(parent, key)| format!("or does it belong to its {} through {}?", parent.name(), key.columns.join(", ")))
        .collect();
    if may_lack(key) {
        unsure.push(format!("rows without {through} get no owner by it"));
    }
    if table.facts.column("user_id").is_some() {
        unsure.push("it has a column user_id, which may mean something else".to_owned());
    }
    let origin = Origin::Parent { table: parent.name(), through };
    Some(ProposedTable { name: table.name(), owner: None, origin, unsure, is_doubtful: false })
}
