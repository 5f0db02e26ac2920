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
