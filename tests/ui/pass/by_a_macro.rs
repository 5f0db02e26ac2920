//! An entity may be written by a macro, which wraps types in invisible groups.

#![deny(warnings)]

use user_scope::{UserScoped, Uuid};

macro_rules! entity {
    ($vis:vis $name:ident, $table:literal, $value:ty) => {
        #[derive(Debug, UserScoped)]
        #[user_scoped(table = $table)]
        $vis struct $name {
            #[user_scoped(id)]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            pub value: $value,
        }
    };
}

entity!(pub Counter, "counters", i64);
entity!(pub Note, "notes", Option<String>);

fn main() {
    let _ = Counter::VALUE.eq(5);
    let _ = Note::VALUE.is_null();
}
