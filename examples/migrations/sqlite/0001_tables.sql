-- The tables as an application would write them; that users are kept apart in them is for the isolation to say, which is
-- applied afterwards.
CREATE TABLE accounts (
    id            BLOB PRIMARY KEY,
    username      TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    administrator BOOLEAN NOT NULL DEFAULT false,
    created_at    TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX accounts_username ON accounts (lower(username));

CREATE TABLE projects (
    id          BLOB PRIMARY KEY,
    user_id     TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    version     INTEGER NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    UNIQUE (user_id, name)
);

CREATE TABLE agents (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL,
    project_id BLOB REFERENCES projects,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE tasks (
    id          BLOB PRIMARY KEY,
    user_id     BLOB NOT NULL,
    project_id  BLOB REFERENCES projects,
    agent_id    BLOB REFERENCES agents,
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('todo', 'in_progress', 'done')),
    priority    TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    due_on      TEXT,
    version     INTEGER NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
);
CREATE INDEX tasks_newest ON tasks (user_id, created_at);

CREATE TABLE subtasks (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL,
    task_id    BLOB NOT NULL REFERENCES tasks,
    title      TEXT NOT NULL,
    done       BOOLEAN NOT NULL,
    version    INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE task_dependencies (
    id            BLOB PRIMARY KEY,
    user_id       BLOB NOT NULL,
    task_id       BLOB NOT NULL REFERENCES tasks,
    depends_on_id BLOB NOT NULL REFERENCES tasks,
    note          TEXT,
    version       INTEGER NOT NULL,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    UNIQUE (user_id, task_id, depends_on_id),
    CHECK (task_id <> depends_on_id)
);

CREATE TABLE cursor_rules (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL,
    project_id BLOB REFERENCES projects,
    name       TEXT NOT NULL,
    content    TEXT NOT NULL,
    globs      TEXT NOT NULL,
    active     BOOLEAN NOT NULL,
    version    INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
