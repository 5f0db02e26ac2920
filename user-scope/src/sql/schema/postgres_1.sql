-- The audit table. Columns beyond the first seven are the library's own.
CREATE TABLE IF NOT EXISTS user_access_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     {owner} NOT NULL,
    entity_type text NOT NULL,
    entity_id   text,
    operation   text NOT NULL,
    timestamp   timestamptz NOT NULL DEFAULT clock_timestamp(),
    details     jsonb,
    -- When the application says that it happened; `timestamp` is the database's own clock.
    occurred_at timestamptz,
    -- What the background writer sends twice is stored once.
    event_id    uuid,
    -- Which transaction wrote the row: seals need to know when no earlier one can still appear.
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX IF NOT EXISTS user_access_log_user_id_timestamp ON user_access_log (user_id, timestamp);
CREATE INDEX IF NOT EXISTS user_access_log_denials ON user_access_log (timestamp DESC)
    WHERE operation = 'unauthorized_access';
CREATE UNIQUE INDEX IF NOT EXISTS user_access_log_event_id ON user_access_log (event_id)
    WHERE event_id IS NOT NULL;
