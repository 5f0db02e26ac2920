-- What the log is asked, and how it is proven.
-- The history of one row.
CREATE INDEX IF NOT EXISTS user_access_log_entity ON user_access_log (entity_type, entity_id, id)
    WHERE entity_id IS NOT NULL;
-- Who was denied what, without a look at the table itself.
CREATE INDEX IF NOT EXISTS user_access_log_denied ON user_access_log (timestamp, user_id, entity_type, entity_id)
    WHERE operation = 'unauthorized_access';
DROP INDEX IF EXISTS user_access_log_denials;
CREATE INDEX IF NOT EXISTS user_access_log_receipts ON user_access_log (timestamp) WHERE operation = 'system_access';
-- How often a user did what to which entity on a day (UTC); added to afterwards.
CREATE TABLE IF NOT EXISTS user_access_daily (
    day         TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    operation   TEXT NOT NULL,
    accesses    INTEGER NOT NULL,
    -- Rows that were given or touched.
    rows        INTEGER NOT NULL,
    PRIMARY KEY (day, user_id, entity_type, operation)
) WITHOUT ROWID;
-- The same by user alone: what all users did on the days of a month is read from it.
CREATE TABLE IF NOT EXISTS user_access_by_user (
    day         TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    accesses    INTEGER NOT NULL,
    rows        INTEGER NOT NULL,
    denials     INTEGER NOT NULL,
    -- Those of the accesses and rows that were reads and lists.
    reads       INTEGER NOT NULL,
    read_rows   INTEGER NOT NULL,
    PRIMARY KEY (day, user_id)
) WITHOUT ROWID;
-- How far that has come, in one row: SQLite has one writer, so that ids are in the order in which rows appear, and
-- `position` is one.
CREATE TABLE IF NOT EXISTS user_access_rolled_up (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    epoch    TEXT NOT NULL,
    position INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    floor    INTEGER NOT NULL
);
INSERT INTO user_access_rolled_up (one, epoch, position, last_id, floor) VALUES (1, '', 0, 0, 0) ON CONFLICT DO NOTHING;
-- The chain of seals. Hashes and signatures are hexadecimal.
CREATE TABLE IF NOT EXISTS user_access_seals (
    number    INTEGER PRIMARY KEY,
    -- `rows`: that these rows were in the log. `purge`: that these were taken out of it by who has the key.
    kind      TEXT NOT NULL,
    -- The ids, ascending, as `1-500,502-510`.
    ids       TEXT NOT NULL,
    -- Of the rows, in the order of their ids.
    digest    TEXT NOT NULL,
    -- The times of the oldest and of the newest of the rows, and of the seal, in microseconds since 1970.
    oldest    INTEGER NOT NULL,
    newest    INTEGER NOT NULL,
    sealed_at INTEGER NOT NULL,
    -- As in `user_access_rolled_up`, behind this seal; `horizon`: what was to be the next id at `sealed_at`.
    epoch     TEXT NOT NULL,
    position  INTEGER NOT NULL,
    horizon   INTEGER NOT NULL,
    last_id   INTEGER NOT NULL,
    floor     INTEGER NOT NULL,
    -- The hash of the seal before.
    previous  TEXT NOT NULL,
    -- Of all the above.
    hash      TEXT NOT NULL,
    signature TEXT NOT NULL
);
