//! To learn of what is somebody else's from what a key refuses.

use sqlx::Postgres;

use super::{Siege, Who};
use crate::databases::{TestDb as _, isolated};

/// Promise 5. A foreign parent is refused as an absent one is, to the letter.
#[tokio::test]
async fn a_foreign_parent_reads_as_an_absent_one() {
    isolated(async {
        let siege = Siege::begin().await;
        let mut connection = siege.connect().await;
        for child in [
            "INSERT INTO subtasks VALUES ('{new}', '{bob}', '{parent}', 'x')",
            // Its owner is stored otherwise: a trigger, not a key.
            "INSERT INTO projects VALUES ('{new}', '{bob}', 'x', '{parent}')",
        ] {
            let mut told = Vec::new();
            for parent in ["{hers}", "{new}"] {
                let parent = siege.told(parent);
                let loot = siege.attack(&mut connection, Who::Bob, &child.replace("{parent}", &parent)).await;
                assert!(loot.failed, "{child}");
                told.push(loot.text.replace(&parent, "THE PARENT"));
            }
            assert_eq!(told[0], told[1]);
            let own = siege.attack(&mut connection, Who::Bob, &child.replace("{parent}", "{his}")).await;
            assert!(!own.failed, "{}", own.text);
        }
    })
    .await;
}

/// Takes the wall away: with the key of the id alone the row goes below hers.
#[tokio::test]
async fn a_foreign_parent_is_taken_where_the_key_holds_no_owner() {
    isolated(async {
        let siege = Siege::begin().await;
        let (raw, mut connection) = (&siege.world.raw, siege.connect().await);
        let below = "INSERT INTO subtasks VALUES ('{new}', '{bob}', '{hers}', 'below hers')";
        assert!(siege.attack(&mut connection, Who::Bob, below).await.failed);
        let keys = "SELECT conname || '\u{1f}' || pg_get_constraintdef(oid) FROM pg_constraint \
                    WHERE conrelid = 'subtasks'::regclass AND contype = 'f'";
        let keys = Postgres::texts(raw, keys).await.unwrap();
        for key in &keys {
            let name = key.split_once('\u{1f}').unwrap().0;
            Postgres::run(raw, &format!("ALTER TABLE subtasks DROP CONSTRAINT {name}")).await.unwrap();
        }
        let alone = "ALTER TABLE subtasks ADD CONSTRAINT alone FOREIGN KEY (task_id) REFERENCES tasks (id)";
        Postgres::run(raw, alone).await.unwrap();
        let loot = siege.attack(&mut connection, Who::Bob, below).await;
        assert!(!loot.failed, "row-level security does not look at parents: {}", loot.text);
        Postgres::run(raw, "DELETE FROM subtasks WHERE title = 'below hers'").await.unwrap();
        Postgres::run(raw, "ALTER TABLE subtasks DROP CONSTRAINT alone").await.unwrap();
        for key in &keys {
            let (name, definition) = key.split_once('\u{1f}').unwrap();
            Postgres::run(raw, &format!("ALTER TABLE subtasks ADD CONSTRAINT {name} {definition}")).await.unwrap();
        }
        assert!(siege.attack(&mut connection, Who::Bob, below).await.failed);
    })
    .await;
}

/// A unique key that holds the owner tells nothing: the same value is taken, or refused, whoever else has it.
#[tokio::test]
async fn a_key_with_the_owner_tells_nothing_of_others() {
    isolated(async {
        let siege = Siege::begin().await;
        let mut connection = siege.connect().await;
        let setting = "INSERT INTO settings VALUES ('theme', '{alice}', 'xyzzy')";
        Postgres::run(&siege.world.raw, &siege.told(setting)).await.unwrap();
        for probe in [
            "INSERT INTO albums SELECT '{new}', '{bob}', 'xyzzy album', NULL, NULL, 1",
            "INSERT INTO settings VALUES ('theme', '{bob}', 'dark')",
            "INSERT INTO settings VALUES ('theme', '{bob}', 'light') ON CONFLICT (user_id, id) DO UPDATE SET value = 'light'",
        ] {
            let loot = siege.attack(&mut connection, Who::Bob, probe).await;
            assert!(!loot.failed, "{probe}: {}", loot.text);
            assert!(loot.text.contains("1 rows"), "{probe}: {}", loot.text);
        }
        let hers = siege.told("SELECT value FROM settings WHERE user_id = '{alice}'");
        assert_eq!(Postgres::texts(&siege.world.raw, &hers).await.unwrap(), ["xyzzy"]);
    })
    .await;
}

/// What belongs to one's own row goes with it, and nothing of others: a cascade is carried out as the owner of the tables, whom
/// nobody filters.
#[tokio::test]
async fn a_cascade_takes_nothing_of_others() {
    isolated(async {
        let siege = Siege::begin().await;
        let (raw, mut connection) = (&siege.world.raw, siege.connect().await);
        let keys = "SELECT conname FROM pg_constraint WHERE conrelid = 'subtasks'::regclass AND contype = 'f'";
        for name in Postgres::texts(raw, keys).await.unwrap() {
            Postgres::run(raw, &format!("ALTER TABLE subtasks DROP CONSTRAINT {name}")).await.unwrap();
        }
        let cascade = "ALTER TABLE subtasks ADD CONSTRAINT cascade FOREIGN KEY (user_id, task_id) REFERENCES tasks (user_id, id) \
                       ON DELETE CASCADE ON UPDATE CASCADE";
        Postgres::run(raw, cascade).await.unwrap();
        let below = "INSERT INTO subtasks VALUES ('{new}', '{bob}', '{his}', 'his own')";
        assert!(!siege.attack(&mut connection, Who::Bob, below).await.failed);
        for attack in ["DELETE FROM tasks", "UPDATE tasks SET id = '{new}'"] {
            let loot = siege.attack(&mut connection, Who::Nobody, attack).await;
            assert!(loot.failed || loot.text.contains("0 rows"), "{}", loot.text);
        }
        let loot = siege.attack(&mut connection, Who::Bob, "DELETE FROM tasks").await;
        assert!(loot.text.contains("1 rows"), "{}", loot.text);
        assert_eq!(siege.her_rows().await, siege.before);
        let left = Postgres::number(raw, "SELECT count(*) FROM subtasks").await;
        assert_eq!(left, 1, "his went along, hers did not");
    })
    .await;
}
