-- note: an INSERT into customer that names no columns is refused once it has one more
-- note: an INSERT into invoice that names no columns is refused once it has one more
-- note: an INSERT into pair that names no columns is refused once it has one more
-- expand: customer: each row has room for its owner
-- lock: the one writer's
ALTER TABLE `customer` ADD COLUMN `user_id` BLOB;
-- expand: invoice: each row has room for its owner
-- lock: the one writer's
ALTER TABLE `invoice` ADD COLUMN `user_id` BLOB;
-- expand: pair: each row has room for its owner
-- lock: the one writer's
ALTER TABLE `pair` ADD COLUMN `user_id` BLOB;
-- expand: customer: rows that are there get their owner
-- lock: the one writer's; 1 rows are written; writers wait for a batch of them, about 25 ms
UPDATE `customer` SET `user_id` = (unhex(printf('%032x', id))) WHERE `user_id` IS NULL AND (unhex(printf('%032x', id))) IS NOT NULL;
-- expand: invoice: rows that are there get their owner
-- lock: the one writer's; 1 rows are written; writers wait for a batch of them, about 25 ms
UPDATE `invoice` SET `user_id` = (SELECT user_scope_parent.`user_id` FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = `invoice`.`customer_id`) WHERE `user_id` IS NULL AND (SELECT user_scope_parent.`user_id` FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = `invoice`.`customer_id`) IS NOT NULL;
-- expand: pair: rows that are there get their owner
-- lock: the one writer's; 1 rows are written at once, for the table has no rowid; writers wait about 1 ms
UPDATE `pair` SET `user_id` = x'00000000000000000000000000000000' WHERE `user_id` IS NULL AND x'00000000000000000000000000000000' IS NOT NULL;
-- expand: user_scope_transfer: a transfer says here that it is under way
-- lock: the one writer's
CREATE TABLE user_scope_transfer (under_way INTEGER PRIMARY KEY CHECK (under_way = 1));
-- expand: customer: an owner's rows are found by him
-- lock: the one writer's; writers wait about 1 ms
CREATE INDEX `user_scope_customer_owner` ON `customer` (`user_id`, `id`);
-- expand: invoice: an owner's rows are found by him
-- lock: the one writer's; writers wait about 1 ms
CREATE INDEX `user_scope_invoice_owner` ON `invoice` (`user_id`, `id`);
-- expand: pair: an owner's rows are found by him
-- lock: the one writer's; writers wait about 1 ms
CREATE INDEX `user_scope_pair_owner` ON `pair` (`user_id`);
-- expand: user_access_log: every access is recorded; it stays when all is taken back
-- lock: the one writer's
CREATE TABLE IF NOT EXISTS user_scope_schema (step INTEGER PRIMARY KEY);
-- The audit table. Columns beyond the first seven are the library's own.
-- AUTOINCREMENT: the id of a removed row is never used again.
CREATE TABLE IF NOT EXISTS user_access_log (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id     TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    entity_id   TEXT,
    operation   TEXT NOT NULL,
    -- Of fixed width, so that it sorts as text.
    timestamp   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00'),
    details     TEXT CHECK (details IS NULL OR json_valid(details)),
    -- When the application says that it happened; `timestamp` is when it was stored.
    occurred_at TEXT,
    -- What the background writer sends twice is stored once.
    event_id    TEXT
);
CREATE INDEX IF NOT EXISTS user_access_log_user_id_timestamp ON user_access_log (user_id, timestamp);
CREATE INDEX IF NOT EXISTS user_access_log_denials ON user_access_log (timestamp DESC)
    WHERE operation = 'unauthorized_access';
CREATE UNIQUE INDEX IF NOT EXISTS user_access_log_event_id ON user_access_log (event_id)
    WHERE event_id IS NOT NULL;
INSERT INTO user_scope_schema (step) VALUES (1);;
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
INSERT INTO user_scope_schema (step) VALUES (2);
-- contract: customer: and those that came meanwhile
-- lock: the one writer's
UPDATE `customer` SET `user_id` = (unhex(printf('%032x', id))) WHERE `user_id` IS NULL AND (unhex(printf('%032x', id))) IS NOT NULL;
-- contract: invoice: and those that came meanwhile
-- lock: the one writer's
UPDATE `invoice` SET `user_id` = (SELECT user_scope_parent.`user_id` FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = `invoice`.`customer_id`) WHERE `user_id` IS NULL AND (SELECT user_scope_parent.`user_id` FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = `invoice`.`customer_id`) IS NOT NULL;
-- contract: pair: and those that came meanwhile
-- lock: the one writer's
UPDATE `pair` SET `user_id` = x'00000000000000000000000000000000' WHERE `user_id` IS NULL AND x'00000000000000000000000000000000' IS NOT NULL;
-- contract: invoice: no row has another's parent
-- lock: the one writer's
SELECT CAST(count(*) AS TEXT) FROM `invoice` AS user_scope_row JOIN `customer` AS user_scope_parent ON user_scope_parent.`id` = user_scope_row.`customer_id` WHERE user_scope_row.`user_id` <> user_scope_parent.`user_id`;
-- contract: customer: every row has an owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_customer_owner_insert` BEFORE INSERT ON `customer` WHEN NEW.`user_id` IS NULL BEGIN SELECT RAISE(ABORT, 'user_scope: a row of customer needs an owner'); END;
-- contract: invoice: every row has an owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_invoice_owner_insert` BEFORE INSERT ON `invoice` WHEN NEW.`user_id` IS NULL BEGIN SELECT RAISE(ABORT, 'user_scope: a row of invoice needs an owner'); END;
-- contract: pair: every row has an owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_pair_owner_insert` BEFORE INSERT ON `pair` WHEN NEW.`user_id` IS NULL BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pair needs an owner'); END;
-- contract: customer: and those that came meanwhile
-- lock: the one writer's
UPDATE `customer` SET `user_id` = (unhex(printf('%032x', id))) WHERE `user_id` IS NULL AND (unhex(printf('%032x', id))) IS NOT NULL;
-- contract: invoice: and those that came meanwhile
-- lock: the one writer's
UPDATE `invoice` SET `user_id` = (SELECT user_scope_parent.`user_id` FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = `invoice`.`customer_id`) WHERE `user_id` IS NULL AND (SELECT user_scope_parent.`user_id` FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = `invoice`.`customer_id`) IS NOT NULL;
-- contract: pair: and those that came meanwhile
-- lock: the one writer's
UPDATE `pair` SET `user_id` = x'00000000000000000000000000000000' WHERE `user_id` IS NULL AND x'00000000000000000000000000000000' IS NOT NULL;
-- contract: customer: REPLACE takes no foreign row's place
-- lock: the one writer's
CREATE TRIGGER `user_scope_customer_taken_0_insert` BEFORE INSERT ON `customer` WHEN EXISTS (SELECT 1 FROM `customer` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of customer with the same id exists already'); END;
-- contract: customer: every row has an owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_customer_owner_update` BEFORE UPDATE ON `customer` WHEN NEW.`user_id` IS NULL BEGIN SELECT RAISE(ABORT, 'user_scope: a row of customer needs an owner'); END;
-- contract: customer: REPLACE takes no foreign row's place
-- lock: the one writer's
CREATE TRIGGER `user_scope_customer_taken_0_update` BEFORE UPDATE ON `customer` WHEN EXISTS (SELECT 1 FROM `customer` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of customer with the same id exists already'); END;
-- contract: customer: an owner does not change
-- lock: the one writer's
CREATE TRIGGER `user_scope_customer_fixed_update` BEFORE UPDATE ON `customer` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of customer is fixed'); END;
-- contract: invoice: REPLACE takes no foreign row's place
-- lock: the one writer's
CREATE TRIGGER `user_scope_invoice_taken_0_insert` BEFORE INSERT ON `invoice` WHEN EXISTS (SELECT 1 FROM `invoice` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of invoice with the same id exists already'); END;
-- contract: invoice: a parent has the child's owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_invoice_parent_customer_id_insert` BEFORE INSERT ON `invoice` WHEN NEW.`customer_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`customer_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of invoice names a parent that does not exist'); END;
-- contract: invoice: every row has an owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_invoice_owner_update` BEFORE UPDATE ON `invoice` WHEN NEW.`user_id` IS NULL BEGIN SELECT RAISE(ABORT, 'user_scope: a row of invoice needs an owner'); END;
-- contract: invoice: REPLACE takes no foreign row's place
-- lock: the one writer's
CREATE TRIGGER `user_scope_invoice_taken_0_update` BEFORE UPDATE ON `invoice` WHEN EXISTS (SELECT 1 FROM `invoice` AS user_scope_other WHERE user_scope_other.`id` = NEW.`id` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`id` IS NEW.`id`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of invoice with the same id exists already'); END;
-- contract: invoice: a parent has the child's owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_invoice_parent_customer_id_update` BEFORE UPDATE ON `invoice` WHEN NEW.`customer_id` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `customer` AS user_scope_parent WHERE user_scope_parent.`id` = NEW.`customer_id` AND user_scope_parent.`user_id` = NEW.`user_id`) AND (NEW.`customer_id` IS NOT OLD.`customer_id` OR NEW.`user_id` IS NOT OLD.`user_id`) AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of invoice names a parent that does not exist'); END;
-- contract: invoice: an owner does not change
-- lock: the one writer's
CREATE TRIGGER `user_scope_invoice_fixed_update` BEFORE UPDATE ON `invoice` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of invoice is fixed'); END;
-- contract: pair: REPLACE takes no foreign row's place
-- lock: the one writer's
CREATE TRIGGER `user_scope_pair_taken_0_insert` BEFORE INSERT ON `pair` WHEN EXISTS (SELECT 1 FROM `pair` AS user_scope_other WHERE user_scope_other.`a` = NEW.`a` AND user_scope_other.`b` = NEW.`b` AND user_scope_other.`user_id` IS NOT NEW.`user_id`) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pair with the same a, b exists already'); END;
-- contract: pair: every row has an owner
-- lock: the one writer's
CREATE TRIGGER `user_scope_pair_owner_update` BEFORE UPDATE ON `pair` WHEN NEW.`user_id` IS NULL BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pair needs an owner'); END;
-- contract: pair: REPLACE takes no foreign row's place
-- lock: the one writer's
CREATE TRIGGER `user_scope_pair_taken_0_update` BEFORE UPDATE ON `pair` WHEN EXISTS (SELECT 1 FROM `pair` AS user_scope_other WHERE user_scope_other.`a` = NEW.`a` AND user_scope_other.`b` = NEW.`b` AND user_scope_other.`user_id` IS NOT NEW.`user_id` AND NOT (OLD.`a` IS NEW.`a` AND OLD.`b` IS NEW.`b`)) BEGIN SELECT RAISE(ABORT, 'user_scope: a row of pair with the same a, b exists already'); END;
-- contract: pair: an owner does not change
-- lock: the one writer's
CREATE TRIGGER `user_scope_pair_fixed_update` BEFORE UPDATE ON `pair` WHEN NEW.`user_id` IS NOT OLD.`user_id` AND NOT EXISTS (SELECT 1 FROM `user_scope_transfer`) BEGIN SELECT RAISE(ABORT, 'user_scope: the owner of a row of pair is fixed'); END;
-- 11 steps of expand, 24 of contract
