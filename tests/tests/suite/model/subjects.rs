//! The entities of the shelf as the model's rows, and back.

use chrono::Utc;
use user_scope::{Change, Predicate, UserScoped, Uuid};

use super::filter::{Test, Tested};
use super::rows::{Cell, Draft, Edit, Field, Row, micros};
use crate::shelf::{
    Album, AlbumChanges, Badge, BadgeChanges, Folder, FolderChanges, Loan, LoanChanges, NewAlbum, NewBadge, NewFolder,
    NewLoan, NewPage, NewReview, NewSetting, NewTake, NewTrack, Page, PageChanges, Review, ReviewChanges, Setting,
    SettingChanges, Take, TakeChanges, Track, TrackChanges,
};

/// An entity that the model can hold.
pub trait Subject: UserScoped<Owner = Uuid> {
    fn key(id: &str) -> Self::Id;
    fn new(draft: &Draft) -> Self::New;
    fn edit(edit: &Edit) -> Self::Changes;
    fn row(&self) -> Row;
    /// A value that looks like this row, whoever holds it.
    fn value(row: &Row) -> Self;
    fn test(column: usize, test: &Test) -> Predicate<Self>;
    fn with_ids(ids: &[String]) -> Predicate<Self>;
    fn of_owner(owner: Uuid) -> Predicate<Self>;
}

macro_rules! subject {
    ($entity:ident, $new:ident, $changes:ident { $($field:ident $column:ident),* }
        $(version $version:ident)? $(updated $updated:ident)? $(deleted $deleted:ident)? $(named $named:ident)?) => {
        impl Subject for $entity {
            fn key(id: &str) -> Self::Id {
                id.parse().expect("an id")
            }

            fn new(draft: &Draft) -> Self::New {
                let mut cells = draft.cells.iter();
                $(let $field = Field::of(cells.next().expect("a cell"));)*
                $(let $named = draft.id.clone().expect("an id");)?
                $new { $($field,)* $($named,)? }
            }

            fn edit(edit: &Edit) -> Self::Changes {
                let mut cells = edit.cells.iter();
                $(let $field = change(cells.next().expect("a cell"));)*
                $(let $version = edit.version.try_into().expect("a version");)?
                $changes { $($field,)* $($version,)? }
            }

            fn row(&self) -> Row {
                Row {
                    id: self.id.to_string(),
                    owner: self.user_id,
                    cells: vec![$(self.$field.cell()),*],
                    version: [$(i64::from(self.$version))?].first().copied(),
                    deleted: [$(self.$deleted)?].first().copied().and_then(micros),
                }
            }

            fn value(row: &Row) -> Self {
                let mut cells = row.cells.iter();
                $(let $field = Field::of(cells.next().expect("a cell"));)*
                $(let $version = row.version.expect("a version").try_into().expect("a version");)?
                $(let $updated = Utc::now();)?
                $(let $deleted = None;)?
                Self { id: Self::key(&row.id), user_id: row.owner, $($field,)* $($version,)? $($updated,)? $($deleted,)? }
            }

            fn test(column: usize, test: &Test) -> Predicate<Self> {
                let tests: &[fn(&Test) -> Predicate<Self>] = &[$(|test| Self::$column.test(test)),*];
                tests[column](test)
            }

            fn with_ids(ids: &[String]) -> Predicate<Self> {
                Self::ID.is_in(ids.iter().map(|id| Self::key(id)))
            }

            fn of_owner(owner: Uuid) -> Predicate<Self> {
                Self::USER_ID.eq(owner)
            }
        }
    };
}

subject!(Album, NewAlbum, AlbumChanges { title TITLE, year YEAR, price PRICE } version version);
subject!(Track, NewTrack, TrackChanges { album_id ALBUM_ID, title TITLE });
subject!(Take, NewTake, TakeChanges { track_id TRACK_ID, seconds SECONDS });
subject!(Review, NewReview, ReviewChanges { album_id ALBUM_ID, text TEXT });
subject!(Loan, NewLoan, LoanChanges { album_id ALBUM_ID, to_whom TO_WHOM });
subject!(Folder, NewFolder, FolderChanges { inside INSIDE, name NAME } updated updated_at deleted deleted_at);
subject!(Page, NewPage, PageChanges { folder_id FOLDER_ID, text TEXT } version version deleted deleted_at);
subject!(Setting, NewSetting, SettingChanges { value VALUE } named id);
subject!(Badge, NewBadge, BadgeChanges { under UNDER, name NAME });

fn change<V: Field>(cell: &Option<Cell>) -> Change<V> {
    cell.as_ref().map_or(Change::Keep, |cell| Change::Set(V::of(cell)))
}
