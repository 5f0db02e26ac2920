//! A second household of entities: versions, values in the audit, soft deletion, children of every kind, a tree, keys of
//! owner and id. Their tables are made beside those of `entities`.

use chrono::{DateTime, Utc};
use user_scope::{Isolation, Stores, UserScoped, Uuid};

/// Versioned, unique by title, its values recorded, with a child for each thing that a deletion can mean.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(
    table = "albums",
    new(derive(Debug, Clone)),
    changes(derive(Debug, Clone, Default)),
    unique(title),
    children(Track, Review, Loan),
    audit(values = "old_and_new")
)]
pub struct Album {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub title: String,
    pub year: Option<i32>,
    #[user_scoped(redact)]
    pub price: Option<i64>,
    #[user_scoped(version)]
    pub version: i64,
}

/// Deleted with its album.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "tracks", new(derive(Debug, Clone)), changes(derive(Default)), children(Take))]
pub struct Track {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Album, on_delete = "cascade")]
    pub album_id: Uuid,
    pub title: String,
}

/// Deleted with its track, and so with its album.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "takes", changes(derive(Default)))]
pub struct Take {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Track, on_delete = "cascade")]
    pub track_id: Uuid,
    pub seconds: i64,
}

/// Survives its album.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "reviews", changes(derive(Default)))]
pub struct Review {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Album, on_delete = "set_null")]
    pub album_id: Option<Uuid>,
    pub text: String,
}

/// Keeps its album from being deleted.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "loans", changes(derive(Default)))]
pub struct Loan {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Album, on_delete = "restrict")]
    pub album_id: Uuid,
    pub to_whom: String,
}

/// A tree whose rows are marked when they are deleted.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "folders", new(derive(Debug, Clone)), changes(derive(Debug, Clone, Default)), children(Page))]
pub struct Folder {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Self, on_delete = "cascade")]
    pub inside: Option<Uuid>,
    pub name: String,
    #[user_scoped(updated_at)]
    pub updated_at: DateTime<Utc>,
    #[user_scoped(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Marked together with its folder.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "pages", changes(derive(Default)))]
pub struct Page {
    #[user_scoped(id)]
    pub id: Uuid,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    #[user_scoped(parent = Folder, on_delete = "cascade")]
    pub folder_id: Uuid,
    pub text: String,
    #[user_scoped(version)]
    pub version: i32,
    #[user_scoped(deleted_at)]
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Its key is owner and id together: two users have a "theme" each.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "settings", new(derive(Debug, Clone)), changes(derive(Default)))]
pub struct Setting {
    #[user_scoped(id, key = "owner")]
    pub id: String,
    #[user_scoped(owner)]
    pub user_id: Uuid,
    pub value: String,
}

/// Ids and owners that the table holds as text.
#[derive(Debug, Clone, PartialEq, UserScoped)]
#[user_scoped(table = "badges", changes(derive(Default)))]
pub struct Badge {
    #[user_scoped(id, as = "text")]
    pub id: Uuid,
    #[user_scoped(owner, as = "text")]
    pub user_id: Uuid,
    #[user_scoped(parent = Self, as = "text", on_delete = "cascade")]
    pub under: Option<Uuid>,
    pub name: String,
}

/// What a database must be able to store for these.
pub trait ShelfDb:
    Stores<Album>
    + Stores<Track>
    + Stores<Take>
    + Stores<Review>
    + Stores<Loan>
    + Stores<Folder>
    + Stores<Page>
    + Stores<Setting>
    + Stores<Badge>
{
}

impl<DB> ShelfDb for DB where
    DB: Stores<Album>
        + Stores<Track>
        + Stores<Take>
        + Stores<Review>
        + Stores<Loan>
        + Stores<Folder>
        + Stores<Page>
        + Stores<Setting>
        + Stores<Badge>
{
}

/// All entities of the shelf.
pub fn isolated(isolation: Isolation) -> Isolation {
    let albums = isolation.with::<Album>().with::<Track>().with::<Take>().with::<Review>().with::<Loan>();
    albums.with::<Folder>().with::<Page>().with::<Setting>().with::<Badge>()
}

/// The tables. The composite keys refuse what the library must not do: a child that stays behind, or goes ahead.
pub const SCHEMA: &str = "
    CREATE TABLE albums (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, title TEXT NOT NULL, year INTEGER, price BIGINT,
        version BIGINT NOT NULL, UNIQUE (user_id, id), UNIQUE (user_id, title));
    CREATE TABLE tracks (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, album_id {uuid} NOT NULL, title TEXT NOT NULL,
        UNIQUE (user_id, id), FOREIGN KEY (user_id, album_id) REFERENCES albums (user_id, id));
    CREATE INDEX tracks_album_id ON tracks (album_id);
    CREATE TABLE takes (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, track_id {uuid} NOT NULL, seconds BIGINT NOT NULL,
        FOREIGN KEY (user_id, track_id) REFERENCES tracks (user_id, id));
    CREATE TABLE reviews (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, album_id {uuid}, text TEXT NOT NULL,
        FOREIGN KEY (user_id, album_id) REFERENCES albums (user_id, id));
    CREATE TABLE loans (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, album_id {uuid} NOT NULL, to_whom TEXT NOT NULL,
        FOREIGN KEY (user_id, album_id) REFERENCES albums (user_id, id));
    CREATE TABLE folders (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, inside {uuid}, name TEXT NOT NULL,
        updated_at {time} NOT NULL, deleted_at {time}, UNIQUE (user_id, id),
        FOREIGN KEY (user_id, inside) REFERENCES folders (user_id, id));
    CREATE TABLE pages (
        id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, folder_id {uuid} NOT NULL, text TEXT NOT NULL,
        version INTEGER NOT NULL, deleted_at {time},
        FOREIGN KEY (user_id, folder_id) REFERENCES folders (user_id, id));
    CREATE TABLE settings (
        id TEXT NOT NULL, user_id {uuid} NOT NULL, value TEXT NOT NULL, PRIMARY KEY (user_id, id));
    CREATE TABLE badges (
        id VARCHAR(36) PRIMARY KEY, user_id VARCHAR(36) NOT NULL, under VARCHAR(36), name TEXT NOT NULL,
        UNIQUE (user_id, id), FOREIGN KEY (user_id, under) REFERENCES badges (user_id, id));";
