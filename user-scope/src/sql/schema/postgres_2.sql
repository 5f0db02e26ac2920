-- What the log is asked, and how it is proven. On a log that is large already, the indexes can be made beforehand by these
-- names, CONCURRENTLY: writers wait while they are made here.
-- The history of one row.
CREATE INDEX IF NOT EXISTS user_access_log_entity ON user_access_log (entity_type, entity_id, id)
    WHERE entity_id IS NOT NULL;
-- What has been written since the last look.
CREATE INDEX IF NOT EXISTS user_access_log_xid ON user_access_log (xid);
-- Who was denied what, without a look at the table itself.
CREATE INDEX IF NOT EXISTS user_access_log_denied ON user_access_log (timestamp)
    INCLUDE (user_id, entity_type, entity_id) WHERE operation = 'unauthorized_access';
DROP INDEX IF EXISTS user_access_log_denials;
CREATE INDEX IF NOT EXISTS user_access_log_receipts ON user_access_log (timestamp) WHERE operation = 'system_access';
-- How often a user did what to which entity on a day (UTC); added to afterwards, from rows that no transaction can precede
-- any more.
CREATE TABLE IF NOT EXISTS user_access_daily (
    day         date NOT NULL,
    user_id     {owner} NOT NULL,
    entity_type text NOT NULL,
    operation   text NOT NULL,
    accesses    bigint NOT NULL,
    -- Rows that were given or touched.
    rows        bigint NOT NULL,
    PRIMARY KEY (day, user_id, entity_type, operation)
);
-- The same by user alone: what all users did on the days of a month is read from it.
CREATE TABLE IF NOT EXISTS user_access_by_user (
    day         date NOT NULL,
    user_id     {owner} NOT NULL,
    accesses    bigint NOT NULL,
    rows        bigint NOT NULL,
    denials     bigint NOT NULL,
    -- Those of the accesses and rows that were reads and lists.
    reads       bigint NOT NULL,
    read_rows   bigint NOT NULL,
    PRIMARY KEY (day, user_id)
);
-- How far that has come, in one row: all transactions before `position`, of the cluster `epoch`. What came from a cluster
-- before it, by a dump, has ids up to `floor`.
CREATE TABLE IF NOT EXISTS user_access_rolled_up (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch    text NOT NULL,
    position bigint NOT NULL,
    last_id  bigint NOT NULL,
    floor    bigint NOT NULL
);
INSERT INTO user_access_rolled_up (epoch, position, last_id, floor) VALUES ('', 0, 0, 0) ON CONFLICT DO NOTHING;
-- The chain of seals. Hashes and signatures are hexadecimal.
CREATE TABLE IF NOT EXISTS user_access_seals (
    number    bigint PRIMARY KEY,
    -- `rows`: that these rows were in the log. `purge`: that these were taken out of it by who has the key.
    kind      text NOT NULL,
    -- The ids, ascending, as `1-500,502-510`.
    ids       text NOT NULL,
    -- Of the rows, in the order of their ids.
    digest    text NOT NULL,
    -- The times of the oldest and of the newest of the rows, and of the seal, in microseconds since 1970.
    oldest    bigint NOT NULL,
    newest    bigint NOT NULL,
    sealed_at bigint NOT NULL,
    -- As in `user_access_rolled_up`, behind this seal; `horizon`: what was to be the next transaction at `sealed_at`.
    epoch     text NOT NULL,
    position  bigint NOT NULL,
    horizon   bigint NOT NULL,
    last_id   bigint NOT NULL,
    floor     bigint NOT NULL,
    -- The hash of the seal before.
    previous  text NOT NULL,
    -- Of all the above.
    hash      text NOT NULL,
    signature text NOT NULL
);
