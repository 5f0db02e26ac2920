//! Numbers have a sum; numbers, texts and times have a least value.

use user_scope::{ScopedRepository, Stores, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "tasks")]
struct Task {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    done: Option<bool>,
}

fn sums<DB: Stores<Task>>(tasks: ScopedRepository<'_, Task, DB>) {
    let _ = tasks.query().sum(Task::TITLE);
    let _ = tasks.query().min(Task::DONE);
}

fn main() {}
