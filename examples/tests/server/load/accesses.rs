//! Which rows a request leaves in the log. This is the rule, by the server's own code: its handlers look for a row before they
//! change it, and for the task above before anything below it.

/// A row of the log, without whose and of which row it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    pub operation: String,
    pub entity: String,
    /// Of a denial, what was denied.
    pub attempted: Option<String>,
}

pub const DENIED: &str = "unauthorized_access";

/// What is asked of a row, or of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    List,
    /// So many rows.
    Make(usize),
    Get,
    Change,
    /// On a version that is not the row's.
    ChangeStale,
    Remove,
}

/// Where it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Where the rows have an address of their own.
    Top,
    /// Below a task.
    Task,
}

/// Whose the row is, or that above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Own,
    Nobodys,
    /// The row is another's, and so is the task above it, if there is one.
    Foreign,
    /// The row alone is another's, below a task of one's own.
    ForeignBelowOwn,
    /// The new row is to be one's own, of a project that is another's.
    ForeignProject,
}

/// What a request leaves in the log. `along` is what goes with a row that is removed, or loses it.
pub fn recorded(ask: Ask, at: At, entity: &str, whose: Whose, along: &[(&str, &str)]) -> Vec<Access> {
    let did =
        |operation: &str, entity: &str| Access { operation: operation.into(), entity: entity.into(), attempted: None };
    let denied = |attempted: &str, entity: &str| Access { attempted: Some(attempted.into()), ..did(DENIED, entity) };
    let above = (at == At::Task).then(|| did("read", "tasks"));
    // Who changes or removes looks for the row by a list, which is no attempt at anybody's, and lets the write itself miss.
    let looks = matches!(ask, Ask::Change | Ask::ChangeStale | Ask::Remove);
    let looked = looks.then(|| did("list", entity));
    let tried = match ask {
        Ask::Change | Ask::ChangeStale => "update",
        Ask::Remove => "delete",
        Ask::Make(_) => "create",
        Ask::List | Ask::Get => "read",
    };
    match (whose, at) {
        (Whose::Own, _) => {}
        (Whose::Nobodys, At::Task) => return Vec::new(),
        (Whose::Nobodys, At::Top) => return looked.into_iter().collect(),
        (Whose::Foreign, At::Task) => return vec![denied("read", "tasks")],
        (Whose::Foreign | Whose::ForeignBelowOwn, _) => {
            return above.into_iter().chain(looked).chain([denied(tried, entity)]).collect();
        }
        (Whose::ForeignProject, _) => return vec![denied(tried, "projects")],
    }
    let done = match ask {
        Ask::List => vec![did("list", entity)],
        Ask::Make(rows) => vec![did("create", entity); rows],
        Ask::Get => vec![did("read", entity)],
        Ask::ChangeStale => Vec::new(),
        Ask::Change => vec![did("update", entity)],
        Ask::Remove => {
            let along = along.iter().map(|(operation, entity)| did(operation, entity));
            [did("delete", entity)].into_iter().chain(along).collect()
        }
    };
    above.into_iter().chain(looked).chain(done).collect()
}
