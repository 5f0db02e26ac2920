//! An entity may be written by a macro, which wraps types in invisible groups.

#![deny(warnings)]

use user_scope::{Change, UserScoped, Uuid};

macro_rules! entity {
    (
        $vis:vis $name:ident, $table:literal, $value:ty, children($($child:ty),*),
        below $parent:ty, $on_delete:literal, $new:meta
    ) => {
        #[derive(Debug, UserScoped)]
        #[user_scoped(table = $table, children($($child),*), unique((value, other)), audit(values = "old_and_new"))]
        #[user_scoped(new(derive(serde::Deserialize)))]
        $vis struct $name {
            #[user_scoped(id, key = "owner")]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            #[user_scoped(parent = $parent, on_delete = $on_delete, new($new))]
            pub inside: Option<Uuid>,
            pub value: $value,
            pub other: $value,
            #[user_scoped(version)]
            pub version: i64,
        }
    };
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
entity!(pub Folder, "folders", String, children(File), below Folder, "cascade", serde(skip));
entity!(pub File, "files", String, children(), below Folder, "set_null", serde(default));

fn main() {
    let _ = Counter::VALUE.eq(5);
    let _ = Note::VALUE.is_null();
    let _ = (Folder::BY_ID, File::BY_VALUE_AND_OTHER);
    let _ = FileChanges { inside: Change::Set(None), value: Change::Keep, other: Change::Keep, version: 1 };
}
