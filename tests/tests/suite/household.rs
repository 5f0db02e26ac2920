//! Rows for the shelf, and what was recorded of them.

use user_scope::{UserContext, Uuid};

use super::databases::{TestDb, past_the_triggers};
use super::shelf::{
    Album, Badge, Folder, Loan, NewAlbum, NewBadge, NewFolder, NewLoan, NewPage, NewReview, NewTake, NewTrack, Page,
    Review, Take, Track,
};
use super::world::{Line, World};

impl<DB: TestDb> World<DB> {
    pub async fn album(&self, user: &UserContext, title: &str) -> Album {
        self.pool.repository::<Album>(user).insert(new_album(title)).await.expect("an album")
    }

    pub async fn track(&self, user: &UserContext, album_id: Uuid, title: &str) -> Track {
        let new = NewTrack { album_id, title: title.into() };
        self.pool.repository::<Track>(user).insert(new).await.expect("a track")
    }

    pub async fn take(&self, user: &UserContext, track_id: Uuid, seconds: i64) -> Take {
        self.pool.repository::<Take>(user).insert(NewTake { track_id, seconds }).await.expect("a take")
    }

    pub async fn review(&self, user: &UserContext, album_id: Uuid) -> Review {
        let new = NewReview { album_id: Some(album_id), text: "loud".into() };
        self.pool.repository::<Review>(user).insert(new).await.expect("a review")
    }

    pub async fn loan(&self, user: &UserContext, album_id: Uuid) -> Loan {
        let new = NewLoan { album_id, to_whom: "a friend".into() };
        self.pool.repository::<Loan>(user).insert(new).await.expect("a loan")
    }

    pub async fn folder(&self, user: &UserContext, inside: Option<Uuid>, name: &str) -> Folder {
        let new = NewFolder { inside, name: name.into() };
        self.pool.repository::<Folder>(user).insert(new).await.expect("a folder")
    }

    pub async fn page(&self, user: &UserContext, folder_id: Uuid, text: &str) -> Page {
        let new = NewPage { folder_id, text: text.into() };
        self.pool.repository::<Page>(user).insert(new).await.expect("a page")
    }

    pub async fn badge(&self, user: &UserContext, under: Option<Uuid>, name: &str) -> Badge {
        let new = NewBadge { under, name: name.into() };
        self.pool.repository::<Badge>(user).insert(new).await.expect("a badge")
    }

    /// Runs raw SQL that the foreign keys of `table` forbid.
    pub async fn against_the_keys(&self, table: &str, sql: &str) {
        let sql = if DB::UUID == "UUID" {
            format!(
                "DO $$ DECLARE key record; BEGIN
                    FOR key IN SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = '{table}'::regclass
                    AND conparentid = 0
                    LOOP EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', key.conname); END LOOP;
                END $$; {sql}"
            )
        } else {
            format!("PRAGMA foreign_keys = OFF; {}; PRAGMA foreign_keys = ON", past_the_triggers(sql))
        };
        DB::run(&self.raw, &sql).await.expect("raw SQL runs");
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        DB::number(&self.raw, &format!("SELECT count(*) FROM {table}")).await
    }

    /// What was recorded as `operation`.
    pub async fn lines(&self, operation: &str) -> Vec<Line> {
        self.log().await.into_iter().filter(|line| line.operation == operation).collect()
    }

    /// Of which rows it was recorded that they were deleted, say: entities and ids, in an order of their own.
    pub async fn recorded(&self, operation: &str) -> Vec<(String, Uuid)> {
        let row = |line: Line| (line.entity_type, line.entity_id.parse().expect("a UUID"));
        sorted(self.lines(operation).await.into_iter().map(row))
    }
}

pub fn new_album(title: &str) -> NewAlbum {
    NewAlbum { title: title.into(), year: None, price: None }
}

/// What `recorded` is compared with.
pub fn rows<const N: usize>(rows: [(&str, Uuid); N]) -> Vec<(String, Uuid)> {
    sorted(rows.into_iter().map(|(entity, id)| (entity.to_owned(), id)))
}

fn sorted(rows: impl Iterator<Item = (String, Uuid)>) -> Vec<(String, Uuid)> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

/// An id as raw SQL holds it.
pub fn literal<DB: TestDb>(id: &Uuid) -> String {
    if DB::UUID == "UUID" { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
}

/// The details of a line.
pub fn details(line: &Line) -> serde_json::Value {
    serde_json::from_str(&line.details).unwrap_or_else(|error| panic!("{error}: {}", line.details))
}
