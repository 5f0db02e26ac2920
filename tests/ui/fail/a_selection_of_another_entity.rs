//! Rows are read as a selection of their own entity, and as nothing else.

use user_scope::{ScopedRepository, Select, Stores, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
}

#[derive(UserScoped)]
#[user_scoped(table = "notes")]
struct Note {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
}

#[derive(Select)]
#[user_scoped(from = Note)]
struct NoteId {
    id: Uuid,
}

struct Plain {
    id: Uuid,
}

fn read<DB: Stores<Task>>(tasks: ScopedRepository<'_, Task, DB>) {
    let _ = tasks.query().select::<NoteId>();
    let _ = tasks.query().select::<Plain>();
}

fn main() {}
