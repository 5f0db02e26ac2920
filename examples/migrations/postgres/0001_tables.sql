-- The tables as an application would write them; that users are kept apart in them is for the isolation to say, which is
-- applied afterwards.
CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    username      text NOT NULL,
    password_hash text NOT NULL,
    administrator boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX accounts_username ON accounts (lower(username));

CREATE TABLE projects (
    id          uuid PRIMARY KEY,
    user_id     varchar(36) NOT NULL,
    name        text NOT NULL,
    description text NOT NULL,
    version     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    UNIQUE (user_id, name)
);

CREATE TABLE agents (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    project_id uuid REFERENCES projects,
    name       text NOT NULL,
    role       text NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE tasks (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    project_id  uuid REFERENCES projects,
    agent_id    uuid REFERENCES agents,
    title       text NOT NULL,
    description text NOT NULL,
    status      text NOT NULL CHECK (status IN ('todo', 'in_progress', 'done')),
    priority    text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    due_on      date,
    version     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX tasks_newest ON tasks (user_id, created_at);

CREATE TABLE subtasks (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    task_id    uuid NOT NULL REFERENCES tasks,
    title      text NOT NULL,
    done       boolean NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE task_dependencies (
    id            uuid PRIMARY KEY,
    user_id       uuid NOT NULL,
    task_id       uuid NOT NULL REFERENCES tasks,
    depends_on_id uuid NOT NULL REFERENCES tasks,
    note          text,
    version       bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    UNIQUE (user_id, task_id, depends_on_id),
    CHECK (task_id <> depends_on_id)
);

CREATE TABLE cursor_rules (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    project_id uuid REFERENCES projects,
    name       text NOT NULL,
    content    text NOT NULL,
    globs      text NOT NULL,
    active     boolean NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
